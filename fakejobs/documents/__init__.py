"""JSON documents that know where everything stands, and the schemas that they are held against.

A `Document` comes from text (`parse`), from a file (`read`) or from a mapping that a test passed (`from_value`). A
`Schema` answers with problems: located, worded, sorted by place. Words for other complaints are at hand here too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from itertools import islice
from pathlib import Path as FilePath
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from fakejobs.documents.gate import Passes, gate_of
from fakejobs.documents.json_quickly import UNREAD, quickly_read
from fakejobs.documents.json_text import Mark, Path, Text, pointer
from fakejobs.documents.neighbours import MOST_ENTRIES, json_files_below, meant
from fakejobs.documents.plain_values import plain
from fakejobs.documents.spelling import listed, nearest
from fakejobs.errors import Problem, UsageError
from fakejobs.structs import struct

if TYPE_CHECKING:
    from fakejobs.documents.complaints import Rules

__all__ = ["Document", "Path", "Schema", "from_value", "listed", "nearest", "parse", "pointer", "read"]


@struct(eq=False)
class Document:
    """A JSON value, the name that the user knows it by, and the text that it was read from, if there is one."""

    file: str
    value: Any
    text: Text | None = None
    _marks: list[Mark] = field(default_factory=list)

    def place(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at ``path``, or of the key naming it.

        Of the nearest ancestor if there is no such value; (0, 0) if the document has no text.
        """
        if self.text is None:
            return 0, 0
        if not self._marks:
            from fakejobs.documents.json_scan import scan  # noqa: PLC0415 - most documents are right

            self._marks.append(scan(self.text)[1])
        mark = self._marks[0]
        for step in path:
            if step not in mark.inside:
                return self.text.line_and_column(mark.start)
            mark = mark.inside[step]
        return self.text.line_and_column(mark.key if key and mark.key >= 0 else mark.start)

    def problem(self, path: Path, message: str, *, key: bool = False) -> Problem:
        """The problem that ``message`` is true of the value at ``path``, or of the key naming it."""
        line, column = self.place(path, key=key)
        return Problem(file=self.file, line=line, column=column, message=message, pointer=pointer(path))

    def at(self, path: Path) -> Any:
        """The value at ``path``; LookupError or TypeError if there is none."""
        value = self.value
        for step in path:
            value = value[step]
        return value


class Schema:
    """A JSON Schema (2020-12, referring to itself only), compiled when it is first held against something."""

    __slots__ = ("_gate", "_rules", "file", "value")

    def __init__(self, value: Mapping[str, object], file: str) -> None:
        self.value = value
        self.file = file
        self._gate: list[Passes | None] = []
        self._rules: Rules | None = None

    def problems(self, document: Document, path: Path = (), value: object | EllipsisType = ...) -> tuple[Problem, ...]:
        """What the schema finds wrong with the document's value at ``path``, sorted by place; () if nothing.

        With ``value`` that value is judged as if it stood at ``path``. UsageError if the schema itself is broken.
        """
        judged = document.at(path) if value is ... else value
        if self._lets_through(judged):
            return ()
        if self._rules is None:
            # jsonschema takes a tenth of a second to import, which a test that has made no mistake should not pay.
            from fakejobs.documents.complaints import Rules  # noqa: PLC0415  (see above)

            self._rules = Rules(self.value, self.file)
        found = self._rules.complaints(judged)
        problems = {
            (document.place(whole, key=said.of_key), whole, said.message): document.problem(
                whole, said.message, key=said.of_key
            )
            for said in found
            for whole in [path + said.path]
        }
        return tuple(problems[place] for place in sorted(problems))

    def _lets_through(self, value: object) -> bool:
        """Whether the value is quickly seen to fit."""
        if not self._gate:
            self._gate.append(gate_of(self.value))
        gate = self._gate[0]
        try:
            return gate is not None and gate(value)
        except RecursionError:
            return False


def parse(text: str | bytes, file: str) -> Document:
    """The document that a text holds; ``file`` is its name in messages. DocumentError with the first mistake."""
    source = Text(_decoded(text, file) if isinstance(text, bytes) else text, file)
    value = quickly_read(source.text)
    if value is UNREAD:
        from fakejobs.documents.json_scan import scan  # noqa: PLC0415 - likewise

        value = scan(source)[0]
    return Document(file=file, value=value, text=source)


def read(path: str | os.PathLike[str]) -> Document:
    """The document in a file, named as given, or relative to the working directory if it lies below it.

    UsageError if there is no such file or it cannot be read, DocumentError with the first mistake in it.
    """
    shown = _shown(path)
    try:
        content = FilePath(path).read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{shown}: there is no such file{_neighbour(FilePath(path))}") from None
    except IsADirectoryError:
        raise UsageError(f"{shown}: found a folder; right would be a JSON file") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{shown}: the file cannot be read: {why}") from None
    return parse(content, shown)


def from_value(value: object, name: str) -> Document:
    """The document that a Python value stands for: a deep copy in plain JSON values, without text.

    Mappings and sequences count as objects and arrays. DocumentError for what JSON cannot say: keys that are no str,
    NaN, values that contain themselves.
    """
    return Document(file=name, value=plain(value, name))


def _decoded(content: bytes, file: str) -> str:
    """The text of UTF-8 bytes."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = Text(content[: error.start].decode(), file)
        utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        found = "UTF-16" if utf16 else f"the byte 0x{content[error.start]:02X}, which is not UTF-8"
        raise before.error(len(before.text), f"found {found}; right would be UTF-8 text") from None


def _shown(path: str | os.PathLike[str]) -> str:
    """The path as the user knows it."""
    given = FilePath(path)
    try:
        here = FilePath.cwd()
    except OSError:
        return os.fspath(path)
    return str(given.relative_to(here)) if given.is_absolute() and given.is_relative_to(here) else os.fspath(path)


def _neighbour(path: FilePath) -> str:
    """The suggestion of a file near the missing one that has almost its name, or of the few that there are."""
    try:
        home = next(folder for folder in path.parents if folder.is_dir())
        beside = sorted(file.name for file in islice(home.iterdir(), MOST_ENTRIES) if file.is_file())
    except (OSError, StopIteration):
        return ""
    return meant(path.relative_to(home).as_posix(), json_files_below(home), beside, lists=home == path.parent)
