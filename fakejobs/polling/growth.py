"""How intervals grow between the polls of a client that backs off."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

from fakejobs.clock import span_text
from fakejobs.clock.instants import NUMBERS, SECOND, Amount
from fakejobs.door import found
from fakejobs.errors import UsageError
from fakejobs.structs import struct

_HALF = Fraction(1, 2)


@struct
class Growth:
    """How long an interval has to be, given the one before it; all in microseconds.

    ``factor`` is how many times as long it is at least, None for longer by however little; from ``most`` on it need
    not grow any more. ``jitter`` is the share by which a client's intervals may lie beside its marks, either way.
    """

    factor: Fraction | None = None
    most: int | None = None
    jitter: Fraction = Fraction(0)

    def least(self, before: int) -> int:
        """Return the shortest lawful interval after one of ``before``; it is never 0.

        A client's intervals are rounded to whole microseconds: half of one is granted to each of the two.
        """
        slack = (1 - self.jitter) / (1 + self.jitter)
        if self.factor is None:
            least = floor(before * slack) + 1
        else:
            least = ceil(self.factor * slack * (before - _HALF) - _HALF)
            if not self.jitter:
                least = max(least, before + (self.factor > 1))
        if self.most is not None:
            least = min(least, ceil(self.most * (1 - self.jitter)))
        return max(least, 1)

    def demand(self, before: int) -> str:
        """Return what is asked of the interval after one of ``before``, in words, and as if nothing were rounded."""
        least = self.least(before)
        if least == before + 1:
            return f"more than {span_text(before)}"
        if self.factor is not None and not self.jitter:
            whole = round(self.factor * before)
            least = max(least, whole if self.most is None else min(whole, self.most))
        return f"{span_text(least)} or more"


def growth_from(min_factor: Any, max_interval: Any, jitter: Any) -> Growth:
    """Return how intervals are to grow, as a test has asked for it; `UsageError` for what is no such demand."""
    factor = None if min_factor is None else _ratio(min_factor)
    if min_factor is not None and (factor is None or factor < 1):
        raise UsageError(f"min_factor is a number from 1 on, like 2; found {found(min_factor)}")
    most = None if max_interval is None else _ratio(max_interval)
    if max_interval is not None and (most is None or most * SECOND < 1):
        raise UsageError(f"max_interval is a number of seconds above 0, like 60; found {found(max_interval)}")
    share = _ratio(jitter)
    if share is None or not 0 <= share < 1:
        raise UsageError(f"jitter is a share from 0 to below 1, like 0.1; found {found(jitter)}")
    return Growth(factor=factor, most=None if most is None else round(most * SECOND), jitter=share)


def _ratio(number: Amount) -> Fraction | None:
    """Return a number as it is written, so that 1.1 is eleven tenths; None if it is no finite number."""
    if isinstance(number, bool) or not isinstance(number, NUMBERS):
        return None
    try:
        return Fraction(str(number))
    except ValueError:
        return None
