"""JSON text -> value, quickly, by the standard library's reader; what that refuses or mistakes is left unread."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress

DEEPEST = 200
"""How many objects and arrays may stand in each other."""

UNREAD = object()
"""What stands for the value of a text that has to be read by the strict scan."""

PERHAPS_LONE = r"\\u[dD][89a-fA-F]|[\ud800-\udfff]"
"""The expression of what half of a surrogate pair could begin with."""


def quickly_read(text: str) -> object:
    """The value, or `UNREAD` if the text is no JSON, or is something that the reader is more lenient about."""
    value = UNREAD
    with suppress(ValueError, RecursionError):
        value = json.loads(text, object_pairs_hook=_distinct, parse_constant=_refused, parse_float=finite)
    is_whole = (text.isascii() and "\\u" not in text) or re.search(PERHAPS_LONE, text) is None
    return value if is_whole and not _is_deep(value) else UNREAD


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object of these members; refused if a key stands twice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _refused(word: str) -> object:
    """Refuse NaN and Infinity, which the standard library would take."""
    raise ValueError(word)


def finite(token: str) -> float:
    """The number that the token stands for; refused if no double can hold it."""
    number = float(token)
    if math.isinf(number):
        raise ValueError(token)
    return number


def _is_deep(value: object) -> bool:
    """Whether more objects and arrays stand in each other than are allowed."""
    level, depth = [value], 0
    while level := [holder for holder in level if isinstance(holder, dict | list)]:
        depth += 1
        level = [inner for holder in level for inner in (holder.values() if isinstance(holder, dict) else holder)]
    return depth > DEEPEST
