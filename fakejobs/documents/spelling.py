"""Words as complaints show them: values shortened, choices listed, the nearest right spelling found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

_MOST_SHOWN = 60
_LONGEST_COMPARED = 64
_MOST_SLIPS = 4
_SHORTEST_STEM = 3
_UNHEARD = str.maketrans("", "", "_-. ")
_NOUNS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "object": "an object",
    "array": "an array",
    "boolean": "`true` or `false`",
    "null": "`null`",
}


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that ``word`` was most likely meant to be, or None if nothing is near.

    Case, ``_``, ``-``, ``.`` and spaces are not heard; a third of the letters may be wrong, missing, added or
    swapped with a neighbour. Failing that, a stem of three letters or more will do (``wait`` for ``waiting``).
    """
    ranked = _ranked(word, choices)
    return min(ranked)[2] if ranked else None


def slip_of(word: str, choices: Iterable[str], *, most: int = _MOST_SLIPS) -> str | None:
    """The choice that ``word`` is a slip of the pen for: as `nearest`, but by ``most`` letters, and never by a stem."""
    ranked = [each for each in _ranked(word, choices) if each[0] <= most]
    return min(ranked)[2] if ranked else None


def listed(words: Iterable[str]) -> str:
    """The words as alternatives: ```a`, `b` or `c```."""
    return either([quoted(word) for word in words])


def either(phrases: Sequence[str]) -> str:
    """The phrases as alternatives: ``a, b or c``."""
    *most, last = phrases
    return f"{', '.join(most)} or {last}" if most else last


def quoted(word: str) -> str:
    """A key or a choice between backticks, escaped and shortened."""
    return f"`{shortened(json.dumps(word, ensure_ascii=False)[1:-1])}`"


def shown(value: object) -> str:
    """A value as JSON of at most 60 characters; only as much of it is rendered as is shown."""
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > _MOST_SHOWN:
            break
    return shortened(text)


def kind(value: object) -> str:
    """The name of a JSON value's type, with its article: ``a string``, ``an object``."""
    if value is None or isinstance(value, bool):
        return f"`{shown(value)}`"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return "a string" if isinstance(value, str) else "a number"


def noun(name: str) -> str:
    """A JSON Schema type as it is spoken of: ``string`` is ``a string``."""
    return _NOUNS.get(name, quoted(name))


def shortened(text: str) -> str:
    """The text, or its beginning and an ellipsis if it is too long to be shown."""
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"


def counted(number: float, word: str) -> str:
    """A number with its word in singular or plural: ``1 item``, ``3 items``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _pieces(value: object) -> Iterator[str]:
    """The value's JSON, piece by piece."""
    return json.JSONEncoder(ensure_ascii=False).iterencode(value)


def _heard(word: str) -> str:
    """The word without what the ear does not tell apart."""
    return word.casefold().translate(_UNHEARD)


def _ranked(word: str, choices: Iterable[str]) -> list[tuple[int, int, str]]:
    """The choices that are near a word, each behind its slips and its place among them."""
    heard = _heard(word)
    counted = ((_slips(heard, _heard(choice)), order, choice) for order, choice in enumerate(choices))
    return [(slips, order, choice) for slips, order, choice in counted if slips is not None]


def _slips(one: str, other: str) -> int | None:
    """How many slips lie between two words; None if they are too many to be slips."""
    shorter, longer = sorted((one, other), key=len)
    if len(longer) > _LONGEST_COMPARED:
        return 0 if one == other else None
    allowed = min(len(longer) // 3, _MOST_SLIPS)
    if len(longer) - len(shorter) <= allowed:
        slips = _distance(one, other)
        if slips <= allowed:
            return slips
    if len(shorter) >= _SHORTEST_STEM and longer.startswith(shorter):
        return _MOST_SLIPS + len(longer) - len(shorter)
    return None


def _distance(one: str, other: str) -> int:
    """Letters to insert, drop, replace or swap with their neighbour (optimal string alignment)."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, goal in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != goal))
            if before and j > 1 and letter == other[j - 2] and one[i - 2] == goal:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
