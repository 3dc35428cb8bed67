"""Where scenarios are found, what is read only once, and what is said where there is none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import acme
import pytest
from playing import A, B, conversio

from fakejobs.dialect.loader import dialect
from fakejobs.errors import DocumentError, UsageError
from fakejobs.scenario import search as module
from fakejobs.scenario.search import Search, find_scenario, shipped_folder, shipped_names


def written(file: Path, **job: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(conversio(job)))
    return file


def said(reference: str, *folders: Path) -> str:
    with pytest.raises(UsageError) as caught:
        find_scenario(reference, Search(folders=folders))
    return str(caught.value)


def test_a_mapping_is_a_scenario() -> None:
    found = find_scenario(conversio({"id": A}))
    assert (found.name, found.file, found.jobs[0].id) == ("<scenario>", "<scenario>", A)
    assert find_scenario(conversio({"id": A})) is found


def test_mappings_whose_keys_stand_in_another_order_are_not_the_same() -> None:
    one = find_scenario(conversio({"body": {"kind": "segments-export", "partnerApp": "p"}}))
    other = find_scenario(conversio({"body": {"partnerApp": "p", "kind": "segments-export"}}))
    assert list(one.jobs[0].body) == ["kind", "partnerApp"]
    assert list(other.jobs[0].body) == ["partnerApp", "kind"]


def test_a_path_is_taken_as_it_is_and_its_name_is_the_scenario_s(tmp_path: Path) -> None:
    file = written(tmp_path / "export.json", id=A)
    assert find_scenario(file).name == "export"


def test_a_file_is_read_once_as_long_as_it_stays_as_it_is(tmp_path: Path) -> None:
    file = written(tmp_path / "export.json")
    found = find_scenario(file)
    assert find_scenario(file) is found
    written(file, id=A)
    os.utime(file, ns=(1, 1))
    assert find_scenario(file) is not found
    assert find_scenario(file).jobs[0].id == A


def test_a_file_that_is_called_by_two_names_is_two_scenarios_whoever_was_first() -> None:
    by_path = find_scenario(shipped_folder() / "conversio" / "scenarios" / "faked-results.json")
    by_name = find_scenario("conversio/faked-results")
    assert (by_path.name, by_name.name) == ("faked-results", "conversio/faked-results")


def test_what_is_wrong_with_a_file_is_told_each_time(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text("{")
    for _ in range(2):
        with pytest.raises(DocumentError):
            find_scenario(file)


def test_a_path_that_leads_to_nothing_is_told_so(tmp_path: Path) -> None:
    written(tmp_path / "export.json")
    with pytest.raises(UsageError, match=r"exprt\.json: there is no such file; did you mean `export\.json`\?"):
        find_scenario(tmp_path / "exprt.json")
    with pytest.raises(UsageError):
        find_scenario(Path("a\0b.json"))


def test_a_name_that_ends_in_json_is_looked_for_in_the_folders_in_their_order(tmp_path: Path) -> None:
    written(tmp_path / "one" / "a.json")
    written(tmp_path / "two" / "a.json", id=A)
    written(tmp_path / "two" / "deep" / "b.json", id=A)
    search = Search(folders=(tmp_path / "one", tmp_path / "two"))
    assert find_scenario("a.json", search).jobs[0].id is None
    assert find_scenario("deep/b.json", search).name == "b"


def test_a_name_may_not_leave_its_folder(tmp_path: Path) -> None:
    written(tmp_path / "out.json")
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("../out.json", str(tmp_path / "out.json")):
        assert said(name, folder) == (
            f"`{name}` leads out of {folder}; pass a pathlib.Path for a scenario that is elsewhere"
        )


def test_a_name_that_is_in_no_folder_is_told_the_nearest(tmp_path: Path) -> None:
    written(tmp_path / "deep" / "export.json")
    assert said("deep/exprt.json", tmp_path) == (
        f"there is no scenario `deep/exprt.json` in {tmp_path}; did you mean `deep/export.json`?"
    )
    assert said("exprt.json", tmp_path, tmp_path / "no") == (
        f"there is no scenario `exprt.json` in {tmp_path} or {tmp_path / 'no'} (no such folder); "
        "did you mean `deep/export.json`?"
    )
    assert said("zzz.json", tmp_path) == f"there is no scenario `zzz.json` in {tmp_path}; there is `deep/export.json`"
    assert said("conversio/happy-path.json", tmp_path).endswith("; did you mean `conversio/happy-path`?")


def test_a_name_where_no_folder_is_set_is_told_the_nearest_that_comes_along() -> None:
    assert said("conversio/happy-path.json") == (
        "no folder is set in which `conversio/happy-path.json` could be; did you mean `conversio/happy-path`?"
    )
    assert said("zzz.json") == "no folder is set in which `zzz.json` could be; pass a pathlib.Path for a file"


@pytest.mark.parametrize("name", ["export.yaml", "export.yml"])
def test_yaml_is_told_to_become_json(name: str) -> None:
    assert said(name) == f"{name}: scenarios are read from JSON; write export.json"


def test_any_other_name_is_one_that_comes_along() -> None:
    for name in shipped_names():
        assert find_scenario(name).name == name
    assert "conversio/happy-path" in shipped_names()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("conversio/happy-pat", "did you mean `conversio/happy-path`?"),
        ("conversion/happy-path", "did you mean `conversio/happy-path`?"),
        ("what", "`fakejobs dialects` lists them; a file's name ends in .json"),
        ("../pyproject", "`fakejobs dialects` lists them; a file's name ends in .json"),
        ("conversio/../happy-path", "did you mean `conversio/happy-path`?"),
    ],
)
def test_a_name_that_does_not_come_along_is_told_the_nearest(name: str, hint: str) -> None:
    assert said(name) == f"no scenario called `{name}` comes along; {hint}"


@pytest.mark.parametrize("name", ["export", "export.jsn", "export.JSON"])
def test_a_file_s_name_without_its_ending_is_told_the_file(tmp_path: Path, name: str) -> None:
    written(tmp_path / "export.json")
    assert said(name, tmp_path) == f"no scenario called `{name}` comes along; did you mean `export.json`?"


def test_a_search_does_not_look_into_what_tools_have_made(tmp_path: Path) -> None:
    for folder in (".venv", "node_modules", "environment"):
        written(tmp_path / folder / "lib" / "export.json")
    (tmp_path / "environment" / "pyvenv.cfg").touch()
    assert said("exprot.json", tmp_path) == f"there is no scenario `exprot.json` in {tmp_path}"


def test_what_comes_along_lies_in_the_package_or_in_a_checkout_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "fakejobs"
    package.mkdir()
    monkeypatch.setattr(module, "_PACKAGE", package)
    assert shipped_folder() == tmp_path / "fixtures"
    (package / "fixtures").mkdir()
    assert shipped_folder() == package / "fixtures"


def test_a_file_that_was_found_is_found_again_and_sought_anew_when_it_is_gone(tmp_path: Path) -> None:
    folders = (tmp_path / "near", tmp_path / "far")
    for folder in folders:
        folder.mkdir()
        (folder / "one.json").write_text(json.dumps({"dialect": "conversio", "about": folder.name}), encoding="utf-8")
    search = Search(folders=folders)
    assert find_scenario("one.json", search) is find_scenario("one.json", search)
    (folders[0] / "one.json").unlink()
    assert find_scenario("one.json", search).file.endswith("far/one.json")


def test_a_path_from_here_means_another_file_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, id in (("one", A), ("two", B)):
        file = tmp_path / name / "export.json"
        written(file, id=id)
        os.utime(file, ns=(0, 0))
    found = []
    for name in ("one", "two", "one"):
        monkeypatch.chdir(tmp_path / name)
        found.append(find_scenario(Path("export.json")).jobs[0].id)
    assert found == [A, B, A]


def test_a_dialect_is_read_again_once_it_has_changed_and_one_elsewhere_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Search(dialects=(Path("dialects"),))
    for name in ("one", "two"):
        acme.write(tmp_path / name / "dialects", lambda file: file.update(docs=f"https://{name}.example/"))  # noqa: B023 - it is called here
    monkeypatch.chdir(tmp_path / "one")
    first = find_scenario({"dialect": "acme-exports"}, search)
    assert find_scenario({"dialect": "acme-exports"}, search) is first
    assert dialect("acme-exports", search.dialects) is first.dialect
    monkeypatch.chdir(tmp_path / "two")
    second = find_scenario({"dialect": "acme-exports"}, search)
    acme.write(tmp_path / "two" / "dialects", lambda file: file.update(docs="https://two.example/again"))
    third = find_scenario({"dialect": "acme-exports"}, search)
    told = [each.dialect.source.value["docs"] for each in (first, second, third)]  # type: ignore[call-overload, index]
    assert told == ["https://one.example/", "https://two.example/", "https://two.example/again"]


def test_of_mappings_the_last_are_known_and_no_more() -> None:
    def scenario(number: int) -> dict[str, Any]:
        return {"dialect": "conversio", "jobs": [{"id": f"{number:024x}", "steps": [{"state": "queued"}]}]}

    first = find_scenario(scenario(0))
    assert find_scenario(scenario(0)) is first
    for number in range(1, 300):
        last = find_scenario(scenario(number))
    assert find_scenario(scenario(299)) is last
    assert find_scenario(scenario(0)) is not first
