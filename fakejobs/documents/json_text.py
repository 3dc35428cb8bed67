"""A JSON text under the name that the user knows it by: offsets as lines and columns, paths as pointers."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field

from fakejobs.errors import DocumentError, Problem
from fakejobs.structs import struct

Path = tuple[str | int, ...]
"""Where a value stands in its document: ``("jobs", 0, "steps", 2)``; ``()`` is the whole."""

_LINE_END = r"\r\n?|\n"


@struct
class Mark:
    """Where a value begins, where the key naming it begins (-1: none does), and the marks inside it."""

    start: int
    key: int
    inside: dict[str | int, Mark] = field(default_factory=dict)


def pointer(path: Path) -> str:
    """The JSON pointer of a path: ``/jobs/0``, with ``~`` and ``/`` in keys escaped; ``""`` is the whole."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


class Text:
    """A document's text under the name that the user knows it by."""

    __slots__ = ("_lines", "file", "text")

    def __init__(self, text: str, file: str) -> None:
        self.text = text.removeprefix("\ufeff")
        self.file = file
        self._lines: list[int] | None = None

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """The line and the column, in characters, of an offset; both from 1."""
        if self._lines is None:
            self._lines = [0, *(end.end() for end in re.finditer(_LINE_END, self.text))]
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def error(self, offset: int, message: str, path: Path = ()) -> DocumentError:
        """The error that says ``message`` of the text at this offset."""
        line, column = self.line_and_column(offset)
        problem = Problem(file=self.file, line=line, column=column, message=message, pointer=pointer(path))
        return DocumentError((problem,))
