"""The clocks of fakejobs: what a clock can do, the one that a test owns, and real time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

from fakejobs.clock.instants import Amount, Move, datetime_of, instant_of, microseconds, span_text
from fakejobs.clock.system_clock import SystemClock
from fakejobs.clock.virtual_clock import VirtualClock

__all__ = [
    "Amount",
    "Clock",
    "Move",
    "SystemClock",
    "VirtualClock",
    "datetime_of",
    "instant_of",
    "microseconds",
    "span_text",
]


@runtime_checkable
class Clock(Protocol):
    """What the rest of fakejobs, and a client under test, may use of a clock; all of it from any thread."""

    def now(self) -> datetime:
        """The time as an aware UTC datetime."""

    def time(self) -> float:
        """The time as seconds since the epoch."""

    def instant(self) -> int:
        """The time as whole microseconds since the epoch: the truth, which the others derive from."""

    def sleep(self, seconds: float, /) -> None:
        """Blocks the thread until ``seconds`` later; ClockError if negative or not finite, or once closed."""

    async def asleep(self, seconds: float, /) -> None:
        """Suspends the task until ``seconds`` later, and lets the loop turn at least once."""

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Moves the clock on by the sum; ClockError if that is negative or not finite."""

    async def aadvance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Moves the clock on by the sum without blocking the running loop."""

    def advance_to_next_event(self) -> datetime:
        """Moves the clock to the next thing that happens, and returns the time; ClockError if nothing will."""

    def call_after(self, microseconds: int, callback: Callable[[], None], /) -> None:
        """Calls ``callback`` once, that many microseconds later, with no lock held."""

    def reply_after(self, microseconds: int, let_go: Callable[[], None], /, *, is_next: bool = False) -> None:
        """Lets a reply go, or the next piece of one, that many microseconds later; its client may act then."""

    def call_in_passing(self, instant: int, callback: Callable[[], None], /) -> None:
        """Calls ``callback`` once, when the clock comes to an instant; nothing goes there for its sake."""

    def request(self) -> AbstractContextManager[int]:
        """A request in flight at the fake while it is entered; gives the instant at which it was asked."""

    def watch(self, next_event: Callable[[int], int | None], /) -> None:
        """Adds a source: the first instant strictly after the given one when something happens there, or None."""

    def listen(self, heard: Callable[[Move], None], /) -> None:
        """Has ``heard`` told of each move of the clock, after it, with no lock held."""

    def drive(self, *names: str | ModuleType, datetime: bool = False) -> AbstractContextManager[Any]:
        """Has a client's own waiting and reading of time run on this clock; ClockError where that cannot be."""

    @property
    def is_driving(self) -> bool:
        """Whether a client's time is driven by this clock just now."""

    def clear(self) -> None:
        """Ends all sleeping that is under way with a ClockError, drops pending calls, ends a drive, and goes on."""

    def close(self) -> None:
        """Ends all sleeping, now and later, with a ClockError; the time can still be read."""
