"""JSON text -> value and the place of every key and value, by a strict scan without recursion (RFC 8259).

What the quick way to the value alone leaves to it is read here, and every complaint is worded.
"""

from __future__ import annotations

import json
import re
import sys

from fakejobs.documents.json_quickly import DEEPEST, PERHAPS_LONE, finite
from fakejobs.documents.json_slips import slip_in_string, stray
from fakejobs.documents.json_text import Mark, Text
from fakejobs.documents.spelling import quoted, shortened
from fakejobs.errors import DocumentError

_SPACE = re.compile(r"[ \t\n\r]*+")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![-+.\w])", re.ASCII)
_LITERAL = re.compile(r"(?:true|false|null)(?![\w$])")
_LITERALS = {"true": True, "false": False, "null": None}
_BEGINNING = re.compile(r'["{\[\w-]')
_SURROGATES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F]|[\ud800-\udfff])|\\."
)


def scan(text: Text) -> tuple[object, Mark]:
    """The value and the places of all that is in it; raises DocumentError with the first mistake."""
    return _Scan(text).run()


class _Open:
    """An object or array that the scan is inside of."""

    __slots__ = ("mark", "step", "value")

    def __init__(self, value: dict[str, object] | list[object], mark: Mark) -> None:
        self.value = value
        self.mark = mark
        self.step: str | int = ""


class _Scan:
    """One pass over a text, with the objects and arrays open at the moment on a stack."""

    def __init__(self, text: Text) -> None:
        self.source = text
        self.text = text.text
        self.at = 0
        self.end = 0
        self.open: list[_Open] = []

    def run(self) -> tuple[object, Mark]:
        """The value and the root of its marks."""
        self.skip_space()
        if self.at == len(self.text):
            raise self.source.error(0, "found nothing; right would be a JSON document")
        value, mark = self.value(-1)
        while self.open:
            self.step()
        self.skip_space()
        if self.at < len(self.text):
            raise self.unexpected("nothing more: a file holds one document")
        return value, mark

    def step(self) -> None:
        """Read one more member of the innermost open object or array, or its end."""
        frame = self.open[-1]
        is_object = isinstance(frame.value, dict)
        closer = "}" if is_object else "]"
        self.skip_space()
        if self.text.startswith(closer, self.at):
            self.at = self.end = self.at + 1
            self.open.pop()
            return
        if frame.value:
            self.comma(closer)
        key_at = self.at if is_object else -1
        frame.step = self.key(frame) if isinstance(frame.value, dict) else len(frame.value)
        value, mark = self.value(key_at)
        frame.mark.inside[frame.step] = mark
        if isinstance(frame.value, dict):
            frame.value[str(frame.step)] = value
        else:
            frame.value.append(value)

    def comma(self, closer: str) -> None:
        """Read the comma between two members."""
        comma = self.at
        if not self.text.startswith(",", comma):
            if _BEGINNING.match(self.text, comma):
                raise self.error(self.end, "a comma is missing here")
            raise self.unexpected(f"`,` or `{closer}`")
        self.at += 1
        self.skip_space()
        if self.text.startswith(closer, self.at):
            raise self.error(comma, f"found a comma before `{closer}`; right would be none after the last")

    def key(self, frame: _Open) -> str:
        """Read a key and its colon."""
        key_at = self.at
        if not self.text.startswith('"', key_at):
            wanted = "a key in double quotes" if frame.value else "a key in double quotes or `}`"
            raise self.unexpected(wanted, key=True)
        key = self.string()
        first = frame.mark.inside.get(key)
        if first is not None:
            line, _ = self.source.line_and_column(first.key)
            raise self.error(key_at, f"the key {quoted(key)} stands here again; it stands on line {line} already")
        frame.step = key
        self.skip_space()
        if not self.text.startswith(":", self.at):
            raise self.unexpected(f"`:` after the key {quoted(key)}")
        self.at += 1
        self.skip_space()
        return key

    def value(self, key_at: int) -> tuple[object, Mark]:
        """Read a string, number or literal whole; of an object or array its opening, and step inside."""
        mark = Mark(start=self.at, key=key_at)
        opening = self.text[self.at : self.at + 1]
        value: object
        if opening in ("{", "["):
            if len(self.open) == DEEPEST:
                raise self.source.error(self.at, f"this is nested too deeply; right would be {DEEPEST} levels at most")
            holder: dict[str, object] | list[object] = {} if opening == "{" else []
            self.open.append(_Open(holder, mark))
            value = holder
            self.at += 1
        elif opening == '"':
            value = self.string()
        elif literal := _LITERAL.match(self.text, self.at):
            value = _LITERALS[literal.group()]
            self.at = literal.end()
        elif number := _NUMBER.match(self.text, self.at):
            value = self.number(number.group())
            self.at = number.end()
        else:
            raise self.unexpected("a value", value=True)
        self.end = self.at
        return value, mark

    def string(self) -> str:
        """Read a string."""
        found = _STRING.match(self.text, self.at)
        if found is None:
            offset, message = slip_in_string(self.text, self.at)
            raise self.error(offset, message)
        token = found.group()
        for pair in _SURROGATES.finditer(token) if re.search(PERHAPS_LONE, token) else ():
            if pair["lone"]:
                raise self.error(
                    self.at + pair.start(), "found half of a surrogate pair; right would be a whole character"
                )
        self.at = self.end = found.end()
        return str(json.loads(token)) if "\\" in token else token[1:-1]

    def number(self, token: str) -> int | float:
        """The number that a token of the right form stands for."""
        try:
            return finite(token) if re.search("[.eE]", token) else int(token)
        except ValueError:
            limit = f"a number of at most {sys.get_int_max_str_digits()} digits and below 1.8e308"
            raise self.error(self.at, f"found {shortened(token)}; right would be {limit}") from None

    def skip_space(self) -> None:
        """Step over white space."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def error(self, offset: int, message: str) -> DocumentError:
        """The error at this offset; its pointer is that of the innermost open object or array."""
        return self.source.error(offset, message, tuple(frame.step for frame in self.open[:-1]))

    def unexpected(self, wanted: str, *, value: bool = False, key: bool = False) -> DocumentError:
        """The error that what stands here is not what is wanted: a value, a key, or punctuation."""
        if self.at < len(self.text):
            return self.error(self.at, stray(self.text, self.at, wanted, value=value, key=key))
        frame = self.open[-1]
        name = "object" if isinstance(frame.value, dict) else "array"
        line, _ = self.source.line_and_column(frame.mark.start)
        end = len(self.text.rstrip(" \t\n\r"))
        return self.error(end, f"the text ends here, inside the {name} of line {line}; right would be {wanted}")
