"""Uploaded files: what a vendor finds wrong with bytes that are meant to be CSV or JSON lines."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.dialect.files import fault_of_file

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_whatever_a_csv_writer_writes_can_be_read(rows: list[tuple[str, str]], ends: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator=ends)
    writer.writerows([("id", "title"), *rows])
    assert fault_of_file(file.getvalue().encode(), "CSV") == ""


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text()), min_size=1, max_size=5), st.booleans())
def test_whatever_is_an_object_a_line_can_be_read(rows: list[dict[str, Any]], ascii: bool) -> None:
    text = "\n".join(json.dumps(row, ensure_ascii=ascii) for row in rows)
    assert fault_of_file(text.encode("utf-8", "replace"), "JSONL") == ""


@pytest.mark.parametrize(
    ("content", "format", "name", "fault"),
    [
        (b"", None, None, "the file is empty"),
        (b" \r\n", "CSV", None, "the file is empty"),
        (b"id\n\xff", "CSV", None, "the file is not UTF-8: byte 3 is 0xff"),
        (b"\xef\xbb\xbfid,title\n1,a\n\n2,b", "CSV", None, ""),
        (b"id,title\n1\n", "CSV", None, "line 2 of the CSV file has 1 cells, the first has 2"),
        (b'id,title\n1,"a\n', "CSV", None, "line 2 of the CSV file cannot be read: unexpected end of data"),
        (b'id\n"a"b\n', "CSV", None, "line 2 of the CSV file cannot be read: ',' expected after '\"'"),
        (b"id\na\0\n", "CSV", None, "line 2 of the CSV file holds a NUL character"),
        (b"id,title,id\n", "CSV", None, "the CSV file names two columns `id`"),
        (b'{"a": 1}\n\n{"a": 2}\n', "JSONL", None, ""),
        (b'{"a": 1}\nb\n', "JSONL", None, "line 2 of the JSONL file is not JSON: b"),
        (b'{"a": NaN}\n', "JSONL", None, 'line 1 of the JSONL file is not JSON: {"a": NaN}'),
        (b"[1]\n", "JSONL", None, "line 1 of the JSONL file is no JSON object: [1]"),
        (b'{"a": 1}\n', None, None, ""),
        (b'[\n{"a": 1}\n]\n', None, "rows.json", "line 1 of the JSONL file is not JSON: ["),
        (b'{"a": 1}\nb\n', None, None, "line 2 of the JSONL file is not JSON: b"),
        (b'{"a": 1}\nb\n', "UNKNOWN", "rows.csv", ""),
        (b"a,b\n", None, "rows.jsonl", "line 1 of the JSONL file is not JSON: a,b"),
        (b"a,b\n1,2\n", "UNKNOWN", "rows.txt", ""),
    ],
)
def test_a_file_is_read_in_the_format_that_is_said_or_that_it_looks_like(
    content: bytes, format: str | None, name: str | None, fault: str
) -> None:
    assert fault_of_file(content, format, name) == fault
