"""Files that were perhaps meant: found near at hand, and never sought for long."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakejobs.documents.neighbours import MOST_LISTED, json_files_below, meant


def written(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")


def test_json_files_are_found_from_the_top_down_and_named_from_there(tmp_path: Path) -> None:
    written(tmp_path, "z.json", "a/b/deep.json", "a/x.json", "a/notes.txt", "b.json")
    (tmp_path / "folder.json").mkdir()
    assert json_files_below(tmp_path) == ["b.json", "z.json", "a/x.json", "a/b/deep.json"]


@pytest.mark.parametrize("folder", [".hidden", "node_modules", "__pycache__", "env"])
def test_folders_that_tools_have_made_are_left_out(tmp_path: Path, folder: str) -> None:
    written(tmp_path, "mine.json", f"{folder}/theirs.json", f"{folder}/deep/theirs.json", "env/pyvenv.cfg")
    assert json_files_below(tmp_path) == ["mine.json"]


def test_a_folder_that_somebody_named_is_searched_whatever_made_it(tmp_path: Path) -> None:
    written(tmp_path, "pyvenv.cfg", "mine.json")
    assert json_files_below(tmp_path) == ["mine.json"]


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    written(tmp_path, "a/mine.json")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert json_files_below(tmp_path) == ["a/mine.json"]


def test_the_search_ends_after_so_many_entries(tmp_path: Path) -> None:
    written(tmp_path, *(f"{number}/{name}.json" for number in range(5) for name in "abc"))
    assert len(json_files_below(tmp_path, most=11)) == 6
    assert len(json_files_below(tmp_path, most=3)) == 0
    assert len(json_files_below(tmp_path)) == 15


def test_a_folder_that_cannot_be_read_holds_nothing(tmp_path: Path) -> None:
    assert json_files_below(tmp_path / "no") == []
    assert json_files_below(Path("a\0b")) == []


@pytest.mark.parametrize(
    ("name", "files", "hint"),
    [
        ("happy.jsn", ["happy.json", "sad.json"], "; did you mean `happy.json`?"),
        ("exprot.json", ["a/b/export.json"], "; did you mean `a/b/export.json`?"),
        ("scenario/export.json", ["scenarios/export.json"], "; did you mean `scenarios/export.json`?"),
        ("zebra.json", ["alpha-beta.json"], "; there is `alpha-beta.json`"),
        ("zebra.json", ["alpha-beta.json", "b/gamma-ray.json"], "; there are `alpha-beta.json` or `b/gamma-ray.json`"),
        ("zebra.json", [], ""),
        ("zebra.json", ["alpha-beta.json"] * (MOST_LISTED + 1), ""),
    ],
)
def test_a_name_is_told_the_nearest_file_or_the_few_that_there_are(name: str, files: list[str], hint: str) -> None:
    assert meant(name, files) == hint


def test_what_is_no_file_may_be_meant_too() -> None:
    assert meant("happy-pat", ["other.json"], ["conversio/happy-path"]) == "; there is `other.json`"
    assert meant("conversio/hapy", ["other.json"], ["conversio/happy"]) == "; did you mean `conversio/happy`?"
