"""Laying one JSON value over another: how a scenario's ``body`` changes the document that a dialect renders.

Objects merge, everything else replaces, null is null, and ``ABSENT`` removes.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from fakejobs.commands import Json


class Mark(Enum):
    """Values that stand for something JSON has no word for."""

    ABSENT = "absent"


ABSENT: Final = Mark.ABSENT
"""Not there: as an overlay it removes a key; as a rendered value it leaves the key out."""


_SIMPLE = frozenset((str, int, float, bool, type(None)))
"""The types of values that hold no others: most of what a document holds."""


class Default:
    """A rendered value that gives way as a whole to whatever an overlay says in its place."""

    __slots__ = ("value",)

    def __init__(self, value: Json) -> None:
        self.value = value

    def get(self, name: str) -> Json:
        """Return what it holds under a name, or None."""
        return self.value.get(name) if isinstance(self.value, dict) else None


def overlaid(under: Json, over: Json) -> Json:
    """Return ``under`` with ``over`` laid over it; neither is changed.

    Laying one over the other in turn is the same as laying over what they make together, as long as nothing is
    removed and what is an object in one is an object in all.
    """
    if not isinstance(over, dict):
        return over
    if not isinstance(under, dict):
        under = {}
    merged = dict(under)
    for key, value in over.items():
        if value is ABSENT:
            merged.pop(key, None)
        else:
            merged[key] = overlaid(merged.get(key), value)
    return merged


def filled(under: Json, over: Json) -> Json:
    """Return ``under`` with what ``over`` says in its place: as `overlaid`, but a null says nothing."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: filled(under.get(key), held) for key, held in over.items()}}
    return under if over is None else over


def settled(value: Json) -> Json:
    """Return a rendered value without marks: defaults that nothing replaced become what they hold."""
    kind = type(value)
    if kind is dict:
        return {
            key: held if type(held) in _SIMPLE else settled(held) for key, held in value.items() if held is not ABSENT
        }
    if kind is list:
        return [settled(held) for held in value if held is not ABSENT]
    return settled(value.value) if kind is Default else value


def covers(value: Json, pattern: Json) -> bool:
    """Say whether ``pattern`` is a subset of ``value``: each key it names is there and covers, the rest is equal.

    As JSON has it, 1 equals 1.0, and true does not equal 1.
    """
    if isinstance(pattern, dict) and isinstance(value, dict):
        return all(key in value and covers(value[key], pattern[key]) for key in pattern)
    return _equals(value, pattern)


def _equals(one: Json, other: Json) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equals, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equals(one[key], other[key]) for key in one)
    return bool(one == other)
