"""Documents: what they hold, where it stands, and how files become them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.documents import Document, Schema, from_value, parse, pointer, read
from fakejobs.errors import DocumentError, Problem, UsageError

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
TEXT = """{
  "jobs": [
    {"id": "a", "steps": []},
    {"id": "b"}
  ]
}
"""


@given(JSON, st.integers(0, 4))
def test_every_place_points_at_the_text_of_its_value(value: Any, indent: int) -> None:
    text = json.dumps(value, indent=indent)
    lines = text.split("\n")
    document = parse(text, "x.json")

    def check(path: tuple[str | int, ...], part: Any) -> None:
        line, column = document.place(path)
        at = sum(len(before) + 1 for before in lines[: line - 1]) + column - 1
        assert json.dumps(json.JSONDecoder().raw_decode(text, at)[0]) == json.dumps(part)
        assert json.dumps(document.at(path)) == json.dumps(part)
        for step in part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ():
            check((*path, step), part[step])

    check((), value)


@given(JSON)
def test_a_document_of_a_value_holds_the_value_and_has_no_places(value: Any) -> None:
    document = from_value(value, "the scenario")
    assert json.dumps(document.value) == json.dumps(value)
    assert document.place(("a", 0)) == (0, 0)
    assert str(document.problem(("a", 0), "found it")) == "the scenario: found it (at /a/0)"


def test_places_are_those_of_values_of_keys_and_of_the_nearest_ancestor() -> None:
    document = parse(TEXT, "x.json")
    assert document.place(()) == (1, 1)
    assert document.place(("jobs",)) == (2, 11)
    assert document.place(("jobs",), key=True) == (2, 3)
    assert document.place(("jobs", 1, "id")) == (4, 12)
    assert document.place(("jobs", 1), key=True) == (4, 5)
    assert document.place(("jobs", 1, "steps", 0), key=True) == (4, 5)
    assert document.place(("jobs", 7)) == (2, 11)


def test_a_problem_says_file_line_column_message_and_pointer() -> None:
    problem = parse(TEXT, "x.json").problem(("jobs", 0, "id"), "found it", key=True)
    assert problem == Problem(file="x.json", line=3, column=6, message="found it", pointer="/jobs/0/id")
    assert str(problem) == "x.json:3:6: found it (at /jobs/0/id)"


def test_a_problem_of_the_whole_has_no_pointer_to_tell() -> None:
    assert str(from_value({}, "x").problem((), "found it")) == "x: found it"


@given(st.lists(st.text() | st.integers(0, 99)))
def test_a_pointer_says_each_step_so_that_it_can_be_read_back(path: list[str | int]) -> None:
    steps = pointer(tuple(path)).split("/")[1:]
    assert [step.replace("~1", "/").replace("~0", "~") for step in steps] == [str(step) for step in path]


def test_bytes_are_read_as_utf_8_with_or_without_a_mark() -> None:
    assert parse('["é"]'.encode(), "x").value == ["é"]
    assert parse('["é"]'.encode("utf-8-sig"), "x").value == ["é"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{\n"\xc3\xa9": "\xff"}', "x:2:7: found the byte 0xFF, which is not UTF-8; right would be UTF-8 text"),
        ("{}".encode("utf-16"), "x:1:1: found UTF-16; right would be UTF-8 text"),
    ],
)
def test_bytes_that_are_not_utf_8_are_refused_where_they_stand(content: bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(content, "x")
    assert str(caught.value) == message


@given(st.binary())
def test_any_bytes_are_read_or_refused_with_one_problem(content: bytes) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        document = parse(content, "x")
    except DocumentError as error:
        problems = error.problems
    else:
        assert document.value == json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    assert len(problems) <= 1


def test_a_file_is_named_relative_to_the_working_directory_if_it_lies_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "x.json").write_text("[]")
    monkeypatch.chdir(tmp_path)
    assert read(tmp_path / "x.json").file == "x.json"
    assert read("./x.json").file == "./x.json"
    monkeypatch.chdir(tmp_path / "below")
    assert read(tmp_path / "x.json").file == str(tmp_path / "x.json")
    assert read(Path("..") / "x.json").file == str(Path("..") / "x.json")


def test_a_file_is_named_as_given_where_there_is_no_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Path:
        raise FileNotFoundError

    (tmp_path / "x.json").write_text("[]")
    monkeypatch.setattr(Path, "cwd", gone)
    assert read(tmp_path / "x.json").file == str(tmp_path / "x.json")


def test_a_mistake_in_a_file_is_told_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[1,]")
    with pytest.raises(DocumentError, match=r"x\.json:1:3: found a comma"):
        read(tmp_path / "x.json")


def test_a_missing_file_is_told_with_the_name_of_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text("[]")
    with pytest.raises(UsageError, match=r"exprot\.json: there is no such file; did you mean `export\.json`\?"):
        read(tmp_path / "exprot.json")
    with pytest.raises(UsageError, match=r"zebra: there is no such file; there is `export\.json`$"):
        read(tmp_path / "zebra")


def test_a_file_in_a_folder_that_is_missing_too_is_told_the_nearest_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "export.json").write_text("[]")
    with pytest.raises(UsageError, match=r"export\.json: there is no such file; did you mean `scenarios/export\.json`"):
        read(tmp_path / "scenario" / "export.json")
    with pytest.raises(UsageError, match=r"zebra\.json: there is no such file$"):  # of strangers' files none is listed
        read(tmp_path / "elsewhere" / "zebra.json")
    monkeypatch.setattr(Path, "is_dir", lambda _: False)
    with pytest.raises(UsageError, match=r"export\.json: there is no such file$"):
        read(tmp_path / "scenario" / "export.json")


def test_what_is_no_file_or_cannot_be_read_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="found a folder; right would be a JSON file"):
        read(tmp_path)
    with pytest.raises(UsageError, match=r"the file cannot be read: .*null"):
        read("a\0b")

    def locked(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", locked)
    with pytest.raises(UsageError, match="the file cannot be read: Permission denied"):
        read(os.fspath(tmp_path / "x.json"))


def test_a_schema_judges_a_part_or_a_value_in_its_place_and_sorts_by_place() -> None:
    schema = Schema({"additionalProperties": {"type": "string"}, "required": ["id"]}, "s.json")
    document = parse('{"jobs": [{"z": 1,\n "a": 2}]}', "x.json")
    assert [str(problem) for problem in schema.problems(document, ("jobs", 0))] == [
        "x.json:1:11: `id` is missing (at /jobs/0)",
        "x.json:1:17: found a number (1); right would be a string (at /jobs/0/z)",
        "x.json:2:7: found a number (2); right would be a string (at /jobs/0/a)",
    ]
    (problem,) = schema.problems(document, ("jobs", 0), {"id": "a", "new": None})
    assert str(problem) == "x.json:1:11: found `null`; right would be a string (at /jobs/0/new)".replace("`", "")
    assert schema.problems(document, ("jobs",), None) == ()
    assert schema.problems(document, ("jobs", 0), {"id": "a"}) == ()


def test_documents_are_values_of_their_own_and_show_no_text() -> None:
    assert Document(file="x", value=1) != Document(file="x", value=1)
    assert repr(parse(TEXT, "x")).startswith("Document(file='x', value={")
    assert "\\n" not in repr(parse(TEXT, "x"))
