"""Secrets that expire: each holds for a span of time, and then the next of its row does, for as long.

The first is the one that is declared; the n-th after it is written as the first with ``.n`` behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_LONGEST = 12
"""No number of more digits than this stands behind a secret: no clock gets there."""


class Lapse(NamedTuple):
    """Why a secret does not hold now: it did until an instant or, where it is not over, will from one on."""

    instant: int
    is_over: bool


def turn_at(begun: int, span: int, at: int) -> int:
    """Return whose turn it is in a row of secrets: how many have expired by then."""
    return max(0, (at - begun) // span)


def secret_of(first: str, turn: int) -> str:
    """Return the secret of a turn in the row that begins with ``first``."""
    return f"{first}.{turn}" if turn else first


def turns_of(secret: str) -> Iterator[tuple[str, int]]:
    """Yield the rows in which a secret may stand, each by its first one, and whose turn it is there."""
    yield secret, 0
    first, dot, number = secret.rpartition(".")
    if dot and number.isascii() and number.isdigit() and number[0] != "0" and len(number) <= _LONGEST:
        yield first, int(number)


def lapse_of(begun: int, span: int, turn: int, at: int) -> Lapse | None:
    """Return why the secret of a turn does not hold at an instant, or None if it does."""
    now = turn_at(begun, span, at)
    if turn == now:
        return None
    return Lapse(begun + (turn + 1) * span, is_over=True) if turn < now else Lapse(begun + turn * span, is_over=False)
