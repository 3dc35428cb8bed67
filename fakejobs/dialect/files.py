"""What a vendor finds wrong with a file that was uploaded for a job: bytes that are no CSV, or no JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from itertools import islice

from fakejobs.commands import Json
from fakejobs.dialect.formats import MADE_UP
from fakejobs.dialect.queries import strict_json
from fakejobs.dialect.scope import Render
from fakejobs.structs import struct

_SHOWN = 60
"""So much of a line is shown in a message (characters)."""


@struct
class Uploads:
    """How files get to the vendor: a request makes a place for one, whose id a job's request then names.

    ``lifetime`` is how long the place takes a file, in microseconds. ``name`` is where that request's body names the
    file; ``used_at`` and ``format_at`` are where a job's body names the id and the format. A job whose file is not
    there, or cannot be read, ends in ``state`` once it has waited, with ``failed`` laid over its document: a template
    over the roots ``why`` and ``is_uploaded``, which says whether there is a file at all.
    """

    shape: str
    lifetime: int
    name: str
    used_at: str
    format_at: str
    state: str
    failed: Render

    def mint(self, seed: str) -> str:
        """Return the id of a file that a seed makes."""
        return MADE_UP[self.shape](seed, 36)


def fault_of_file(content: bytes, format: str | None, name: str | None = None) -> str:
    """Return what is wrong with a file's bytes, or nothing.

    The format is as said, else what the name ends in, else what the first character looks like. UTF-8 is meant, with
    or without a byte order mark.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"the file is not UTF-8: byte {error.start} is {content[error.start]:#04x}"
    if not text.strip():
        return "the file is empty"
    return _READERS[_format_of(format, name or "", text)](text)


def _format_of(said: str | None, name: str, text: str) -> str:
    if said is not None and said in _READERS:
        return said
    ending = name.rpartition(".")[2].upper()
    return ending if ending in _READERS else "JSONL" if text.lstrip()[0] in "{[" else "CSV"


def _of_csv(text: str) -> str:
    """Return what is wrong with a CSV text, or nothing: each row has the cells that its first row names."""
    if "\0" in text:
        return f"line {text[: text.index(chr(0))].count(chr(10)) + 1} of the CSV file holds a NUL character"
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = next(rows)
        for row in rows:
            if row and len(row) != len(names):
                return f"line {rows.line_num} of the CSV file has {len(row)} cells, the first has {len(names)}"
    except csv.Error as error:
        return f"line {rows.line_num} of the CSV file cannot be read: {error}"
    repeated = next((name for number, name in enumerate(names) if name in islice(names, number)), None)
    return "" if repeated is None else f"the CSV file names two columns `{repeated[:_SHOWN]}`"


def _of_json_lines(text: str) -> str:
    """Return what is wrong with a text of JSON lines, or nothing: each that is not blank is an object."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value: Json = strict_json(line)
        except (ValueError, RecursionError):
            return f"line {number} of the JSONL file is not JSON: {line.strip()[:_SHOWN]}"
        if not isinstance(value, dict):
            return f"line {number} of the JSONL file is no JSON object: {line.strip()[:_SHOWN]}"
    return ""


_READERS: Mapping[str, Callable[[str], str]] = {"CSV": _of_csv, "JSONL": _of_json_lines}
"""What says what is wrong, by format."""
