"""The axis of time: instants that matter become places, gaps between them as wide as the logarithm of their length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import log2

SECOND = 1_000_000


class Axis:
    """Places between ``left`` and ``right`` for instants in microseconds; the first and the last lie at the ends."""

    def __init__(self, instants: Iterable[int], left: float, right: float) -> None:
        row = sorted(set(instants))
        widths = [log2(1 + (later - earlier) / SECOND) for earlier, later in pairwise(row)]
        scale = (right - left) / (sum(widths) or 1.0)
        self.start = row[0]
        self._places = {self.start: left}
        at = left
        for instant, width in zip(row[1:], widths, strict=True):
            at += width * scale
            self._places[instant] = at

    def at(self, instant: int) -> float:
        """Return the place of an instant that the axis was made with."""
        return self._places[instant]

    def ticks(self, apart: float) -> Iterator[tuple[int, float]]:
        """Yield instants with their places, from the left, none nearer to the one before it than ``apart``."""
        last = float("-inf")
        for instant, place in self._places.items():
            if place - last >= apart:
                last = place
                yield instant, place
