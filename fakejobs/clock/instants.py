"""Instants and spans of time as whole microseconds, so that no sum of them is ever off by a rounding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import wraps
from math import isfinite
from typing import Literal, NamedTuple, ParamSpec, TypeVar

from fakejobs.errors import ClockError

P = ParamSpec("P")
R = TypeVar("R")
Amount = float | Fraction | Decimal
"""What a span may be written as: any finite number; bool is none."""

NUMBERS = (float, int, Fraction, Decimal)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UNITS = ("seconds", "minutes", "hours", "days")
"""The units in which a clock is advanced."""

SECOND = 1_000_000
"""Microseconds in a second."""

LAST_INSTANT = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
"""The last microsecond of the year 9999: the end of what a datetime can say, and so of every clock."""

MOST = 10**300
"""No amount is larger, in whatever unit: what is made of it can still be told as a float."""

Why = Literal["sleep", "advance", "delay"]
"""What can ask for a move of a clock."""


class Move(NamedTuple):
    """One move of a clock, in microseconds since the epoch, and what asked for it."""

    before: int
    after: int
    why: Why


def microseconds(
    *,
    seconds: Amount = 0,
    minutes: Amount = 0,
    hours: Amount = 0,
    days: Amount = 0,
    milliseconds: Amount = 0,
) -> int:
    """The whole microseconds in the sum of the parts, which is exact and rounded once (half to even).

    Raises ClockError for a part that is no finite number, and for a sum below zero.
    """
    parts = (
        ("seconds", seconds, SECOND),
        ("minutes", minutes, 60 * SECOND),
        ("hours", hours, 3600 * SECOND),
        ("days", days, 86400 * SECOND),
        ("milliseconds", milliseconds, 1000),
    )
    numerator, denominator = 0, 1
    for name, amount, unit in parts:
        upper, lower = _ratio_of(name, amount)
        numerator, denominator = numerator * lower + upper * unit * denominator, denominator * lower
    if numerator < 0:
        found = ", ".join(f"{name}={amount!r}" for name, amount, _ in parts if amount)
        raise ClockError(f"time does not run backwards: found {found}; give 0 or more in all")
    return _rounded(numerator, denominator)


def in_units(advance: Callable[P, R]) -> Callable[P, R]:
    """The same method of a clock, but what its signature would refuse is a ClockError that says what is right."""

    @wraps(advance)
    def told(*given: P.args, **units: P.kwargs) -> R:
        name = getattr(advance, "__name__", "advance")
        if len(given) > 1:
            found = given[1]
            seconds = found.total_seconds() if isinstance(found, timedelta) else found
            number = f"{seconds:.12g}" if isinstance(seconds, (int, float)) else "3600"
            raise ClockError(f"found {name}({found!r}); name the unit, say {name}(seconds={number})")
        if not units:
            raise ClockError(f"found {name}(), which goes nowhere; say how far, as in {name}(seconds=1)")
        for unit, amount in units.items():
            if unit not in UNITS:
                # milliseconds are like seconds to the letter, and are not meant to be
                near = [each for each in get_close_matches(unit, UNITS, 1) if not unit.endswith(each)]
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(UNITS)}"
                raise ClockError(f"found {name}({unit}={amount!r}); {hint}")
        return advance(*given, **units)

    return told


def seconds_to_sleep(seconds: Amount) -> int:
    """The whole microseconds in ``seconds``: ``microseconds(seconds=...)`` for the path that must be fast."""
    if type(seconds) is int and 0 <= seconds <= LAST_INSTANT:
        return seconds * SECOND
    numerator, denominator = _ratio_of("seconds", seconds)
    if numerator < 0:
        raise ClockError(f"a sleep does not run backwards: found seconds={seconds!r}; give 0 or more")
    return _rounded(numerator * SECOND, denominator)


def whole_microseconds(span: int) -> int:
    """``span`` itself if it is a whole number of microseconds from 0 on, else a ClockError."""
    if type(span) is not int or span < 0:
        raise ClockError(f"found {span!r} microseconds; give a whole number, 0 or more")
    return span


def datetime_of(instant: int) -> datetime:
    """The aware UTC datetime of an instant in microseconds since the epoch; ClockError past the year 9999."""
    try:
        return EPOCH + timedelta(microseconds=instant)
    except OverflowError:
        raise ClockError(f"the instant {instant} lies outside the years 1 to 9999") from None


def instant_of(moment: datetime) -> int:
    """The microseconds since the epoch of an aware datetime in any zone; ClockError if it is naive, or none."""
    if not isinstance(moment, datetime):
        raise ClockError(f"found {moment!r}, which is no datetime; give an aware one, say {_moment_meant(moment)!r}")
    if moment.utcoffset() is None:
        raise ClockError(
            f"found {moment!r}, which is no instant without a zone; "
            f"give an aware datetime, say {moment.replace(tzinfo=UTC)!r}"
        )
    return (moment - EPOCH) // MICROSECOND


def later(instant: int, span: int) -> int:
    """The instant ``span`` microseconds after ``instant``; ClockError if it is past the year 9999."""
    if instant + span > LAST_INSTANT:
        raise ClockError(
            f"{span / SECOND:g} seconds after {text_of(instant)} is past the year 9999, where dates end; "
            f"give at most {(LAST_INSTANT - instant) // SECOND} seconds"
        )
    return instant + span


def text_of(instant: int) -> str:
    """An instant as RFC 3339 text that ends in Z."""
    return datetime_of(instant).isoformat().removesuffix("+00:00") + "Z"


def next_of(wake_up: int | None, sources: Iterable[Callable[[int], int | None]], instant: int) -> int:
    """The first of a wake-up and of what happens at the sources after ``instant``; ClockError if nothing does."""
    events = [wake_up, *(next_event(instant) for next_event in sources)]
    ahead = [event for event in events if event is not None]
    if not ahead:
        raise ClockError("nothing is scheduled: no sleeper, and no job that time alone will move")
    return min(ahead)


def span_text(span: int) -> str:
    """Return a span of microseconds as text: ``30s``, ``5m30s``, ``8d``, ``1.5s``."""
    if span < 0:
        return "-" + span_text(-span)
    minutes, rest = divmod(span, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    seconds = f"{rest / 1_000_000:.6f}".rstrip("0").rstrip(".")
    parts = [f"{number}{unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if number]
    return "".join(parts) + (f"{seconds}s" if rest or not parts else "")


def _ratio_of(name: str, amount: Amount) -> tuple[int, int]:
    """The amount as an exact numerator and denominator; ClockError if it is no finite number, or beyond all dates."""
    if not isinstance(amount, NUMBERS) or amount is True or amount is False or not _is_finite(amount):
        raise ClockError(f"found {name}={amount!r}; give a finite number, {_amount_meant(name, amount)}")
    if not -MOST <= amount <= MOST:
        raise ClockError(f"found {name}={amount!r}; that leads past the year 9999, where dates end")
    return amount.as_integer_ratio()


def _is_finite(amount: Amount) -> bool:
    """Whether a number is neither infinite nor NaN; it may be too large for a float."""
    try:
        return isfinite(amount)
    except OverflowError:
        return True
    except ValueError:  # NaN that signals
        return False


def _amount_meant(name: str, amount: object) -> str:
    """The number that was perhaps meant by something else: by a text that reads as one, or by a timedelta."""
    if isinstance(amount, timedelta) and amount >= timedelta():
        return f"say {amount / timedelta(**{name: 1}):.12g}"
    is_number = isinstance(amount, str) and amount.replace(".", "", 1).isdecimal()
    return f"say {amount}" if is_number else "0 or more"


def _moment_meant(found: object) -> datetime:
    """The aware datetime that was perhaps meant by something else: by ISO text, a date or seconds since the epoch."""
    moment = None
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(found, (date, str)):
            moment = datetime.fromisoformat(str(found))
        elif isinstance(found, (int, float)):
            moment = datetime.fromtimestamp(found, UTC)
    if moment is None:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rounded(numerator: int, denominator: int) -> int:
    """The whole number nearest to a ratio, half to even, in integers alone."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))
