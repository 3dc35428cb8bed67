"""Python values that stand for JSON -> plain JSON values: dict, list, str, int, float, bool and None, all new."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence

from fakejobs.documents.json_quickly import DEEPEST
from fakejobs.documents.json_text import Path, pointer
from fakejobs.documents.spelling import quoted, shortened
from fakejobs.errors import DocumentError, Problem

_SAFE_BITS = 1024
_JSON = "a mapping, a sequence, a str, a number, a bool or None"


def plain(value: object, name: str) -> object:
    """A deep copy of ``value`` as plain JSON; DocumentError, under this name, for what JSON cannot say."""
    return _Copying(name).copy(value, ())


class _Copying:
    """One copying, with the mappings and sequences that it is inside of."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.open: set[int] = set()

    def copy(self, value: object, path: Path) -> object:
        """The plain copy of the value at this path."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value, path)
        if isinstance(value, int | float):
            return self.number(value, path)
        if isinstance(value, Mapping | Sequence) and not isinstance(value, bytes | bytearray | memoryview):
            return self.holder(value, path)
        raise self.error(path, f"found {_python(value)}; right would be {_JSON}")

    def holder(self, value: Mapping[object, object] | Sequence[object], path: Path) -> object:
        """The dict or list of a mapping or sequence."""
        if id(value) in self.open:
            raise self.error(path, "found a value that contains itself; right would be one that ends")
        if len(path) == DEEPEST:
            raise self.error((), f"this is nested too deeply; right would be {DEEPEST} levels at most")
        self.open.add(id(value))
        copied: object
        if isinstance(value, Mapping):
            copied = {(word := self.key(key, path)): self.copy(value[key], (*path, word)) for key in value}
        else:
            copied = [self.copy(item, (*path, index)) for index, item in enumerate(value)]
        self.open.discard(id(value))
        return copied

    def key(self, key: object, path: Path) -> str:
        """The plain copy of a key of the mapping at this path."""
        if isinstance(key, str):
            return self.text(key, path)
        right = f" such as {quoted(str(key))}" if isinstance(key, int | float) else ""
        raise self.error(path, f"found {_python(key)} as a key; right would be a str{right}")

    def text(self, value: str, path: Path) -> str:
        """The plain copy of a str."""
        if re.search("[\ud800-\udfff]", value):
            right = "right would be whole characters"
            raise self.error(path, f"found half of a surrogate pair in {shortened(ascii(value))}; {right}")
        return str.__str__(value)

    def number(self, value: int | float, path: Path) -> int | float:
        """The plain copy of an int or float."""
        if isinstance(value, float):
            if not math.isfinite(value):
                raise self.error(path, f"found {value}; right would be a finite number")
            return float.__float__(value)
        digits = sys.get_int_max_str_digits()
        if digits and value.bit_length() > _SAFE_BITS and abs(value) >= 10**digits:
            raise self.error(path, f"found a number too large to be written; right would be {digits} digits at most")
        return int.__int__(value)

    def error(self, path: Path, message: str) -> DocumentError:
        """The error that says ``message`` of the value at this path."""
        problem = Problem(file=self.name, line=0, column=0, message=message, pointer=pointer(path))
        return DocumentError((problem,))


def _python(value: object) -> str:
    """A value that is no JSON, with its type, as Python shows it."""
    try:
        text = repr(value)
    except Exception:
        text = "…"
    return f"the {type(value).__name__} {shortened(text)}"
