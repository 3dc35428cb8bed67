"""The time as a driven client reads it, its sleep, and what stands in for the functions of ``time``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import ceil
from operator import index
from threading import TIMEOUT_MAX
from time import monotonic, monotonic_ns, perf_counter, perf_counter_ns, sleep, time, time_ns
from types import FrameType
from typing import Any, Protocol

from fakejobs.clock.instants import SECOND, seconds_to_sleep

NANO = 1_000_000_000


class Moved(Protocol):
    """What the driven time is read from."""

    def instant(self) -> int:
        """The time in microseconds since the epoch."""

    def sleep(self, seconds: float, /) -> None:
        """Blocks the thread until ``seconds`` later."""


class DrivenTime:
    """What the functions of ``time`` give where they are driven.

    Its monotonic clocks go on from where the real ones stood when the drive began. A rest of less than half a
    microsecond, which roundings leave over and a client waits for, passes on the readings alone, so that the clock
    itself is exact and the client gets on.
    """

    def __init__(self, clock: Moved) -> None:
        self._clock = clock
        self._began = clock.instant()
        self._monotonic = monotonic_ns()
        self._perf_counter = perf_counter_ns()
        self._rest = (self._began, 0)

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.time_ns() / NANO

    def time_ns(self) -> int:
        """Nanoseconds since the epoch."""
        instant = self._clock.instant()
        return instant * 1000 + self._rest_at(instant)

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        return self.monotonic_ns() / NANO

    def monotonic_ns(self) -> int:
        """Nanoseconds of that clock."""
        return self._monotonic + self._passed()

    def monotonic_at(self, instant: int) -> float:
        """What that clock shows in seconds at an instant of the test's."""
        return (self._monotonic + (instant - self._began) * 1000) / NANO

    def perf_counter(self) -> float:
        """Seconds of the clock for short times."""
        return self.perf_counter_ns() / NANO

    def perf_counter_ns(self) -> int:
        """Nanoseconds of that clock."""
        return self._perf_counter + self._passed()

    def sleep(self, seconds: float) -> None:
        """Sleep on the clock; what is no time to sleep for is refused as the original refuses it."""
        span = seconds if isinstance(seconds, float) else index(seconds) + 0  # which makes 1 of True
        if not 0 < span <= TIMEOUT_MAX:
            sleep(seconds)
        elif self.is_rest(span):
            self.pass_rest(span)
        else:
            self._clock.sleep(span)

    def is_rest(self, seconds: float) -> bool:
        """Whether a time is too short for the clock to tell."""
        return seconds_to_sleep(seconds) == 0

    def pass_rest(self, seconds: float) -> None:
        """Let so short a time pass on the readings; once they amount to a microsecond, on the clock."""
        instant = self._clock.instant()
        rest = self._rest_at(instant) + ceil(seconds * NANO)
        if rest < 1000:
            self._rest = (instant, rest)
        else:
            self._clock.sleep(1 / SECOND)

    def _passed(self) -> int:
        """The nanoseconds since the drive began."""
        instant = self._clock.instant()
        return (instant - self._began) * 1000 + self._rest_at(instant)

    def _rest_at(self, instant: int) -> int:
        """The nanoseconds that the readings are ahead of the clock; none any more once it has moved."""
        at, rest = self._rest
        return rest if at == instant else 0


class StandIn:
    """Stands in for a function: it gives the driven one's answer to who takes part, and the original's to all others.

    It is an object, since a function that a library keeps as an attribute of a class would become its method.
    """

    def __init__(
        self,
        original: Callable[..., Any],
        driven: Callable[..., Any],
        takes_part: Callable[[FrameType], bool],
        *,
        arguments: int,
    ) -> None:
        self.original = original
        self._driven = driven
        self._takes_part = takes_part
        self._arguments = arguments
        self.__name__ = self.__qualname__ = original.__name__
        self.__module__ = original.__module__
        self.__doc__ = original.__doc__
        self.__wrapped__ = original

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The answer; what the original would refuse, it refuses itself."""
        if named or len(args) != self._arguments or not self._takes_part(sys._getframe(1)):
            return self.original(*args, **named)
        return self._driven(*args)

    def __repr__(self) -> str:
        return f"<{self.original!r}, driven>"

    def __reduce__(self) -> str:
        return self.__name__  # a copy is itself, as it is of a function


def stand_ins(driven: DrivenTime, takes_part: Callable[[FrameType], bool]) -> list[tuple[object, StandIn]]:
    """Each function of ``time`` that is driven, and what stands in for it."""
    answers: list[tuple[Callable[..., Any], Callable[..., Any], int]] = [
        (sleep, driven.sleep, 1),
        (time, driven.time, 0),
        (time_ns, driven.time_ns, 0),
        (monotonic, driven.monotonic, 0),
        (monotonic_ns, driven.monotonic_ns, 0),
        (perf_counter, driven.perf_counter, 0),
        (perf_counter_ns, driven.perf_counter_ns, 0),
    ]
    return [(original, StandIn(original, answer, takes_part, arguments=count)) for original, answer, count in answers]
