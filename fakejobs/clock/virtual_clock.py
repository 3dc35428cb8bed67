"""The clock that a test owns: it counts whole microseconds, and moves only when asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from threading import current_thread
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING

from fakejobs.clock.clockwork import Clockwork
from fakejobs.clock.instants import (
    SECOND,
    Move,
    Why,
    datetime_of,
    in_units,
    instant_of,
    later,
    microseconds,
    next_of,
    seconds_to_sleep,
    text_of,
    whole_microseconds,
)
from fakejobs.clock.quiet import LAST_GLANCE
from fakejobs.clock.sleepers import DuePiece, DueReply, PassingCall
from fakejobs.errors import ClockError

if TYPE_CHECKING:
    from fakejobs.clock.driving import Drive
    from fakejobs.clock.driving.loops import DrivenLoop

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST_INSTANT = instant_of(NEW_YEAR)


class VirtualClock:
    """A clock of whole microseconds that moves when somebody sleeps on it or advances it, and never else.

    ``start`` is an aware datetime, 2026-01-01T00:00:00Z if left out. ``settle`` is how many real seconds
    nobody may have asked, slept or woken before the clock moves on with several asleep.

    A sleeper wakes at exactly the instant of its call plus its seconds. One that is alone goes there at once.
    With several, and with threads that may be about to sleep, the clock waits for quiet, then goes to the
    earliest wake-up; a daemon thread sees to that for as long as somebody sleeps. A thread that is blocked
    elsewhere never holds the clock, a request in flight does. Every method is safe in every thread; callbacks
    and listeners are called with no lock held, and may sleep, advance and ask in their turn.
    """

    def __init__(self, start: datetime | None = None, *, settle: float = 0.003) -> None:
        if not isfinite(settle) or settle <= 0:
            raise ClockError(f"found settle={settle!r}; give a finite number of real seconds above 0")
        self._start = NEW_YEAR if start is None else start
        self._work = Clockwork(_FIRST_INSTANT if start is None else instant_of(start), settle)
        self._sources: tuple[Callable[[int], int | None], ...] = ()
        self._drive: Drive | None = None

    def __repr__(self) -> str:
        return f"<VirtualClock {text_of(self._work.instant)}>"

    def now(self) -> datetime:
        """The time as an aware UTC datetime."""
        return datetime_of(self._work.instant)

    def time(self) -> float:
        """The time as seconds since the epoch."""
        return self._work.instant / SECOND

    def instant(self) -> int:
        """The time as whole microseconds since the epoch."""
        return self._work.instant

    @property
    def sleeping(self) -> int:
        """How many sleep on the clock just now: threads, tasks and calls to come."""
        return self._work.sleeping()

    def sleep(self, seconds: float, /) -> None:
        """Blocks the thread until the clock stands ``seconds`` later; ClockError if they are no span of time."""
        span = seconds_to_sleep(seconds)
        if not span:
            self._work.check_open()
        elif self._work.is_moved_by(me := current_thread()):
            self._advance(lambda: later(self._work.instant, span), "sleep")
        elif sleeper := self._work.hop_or_lie_down(me, span):
            try:
                sleeper.wait()
            finally:
                self._work.get_up(sleeper)

    async def asleep(self, seconds: float, /) -> None:
        """Suspends the task until the clock stands ``seconds`` later; the loop turns at least once."""
        from fakejobs.clock.tasks import is_only_task, really_asleep  # noqa: PLC0415 - as that module says

        span = seconds_to_sleep(seconds)
        if not span:
            self._work.check_open()
            await really_asleep(0)
            return
        if loop := self._running_loop():
            await loop.doze(span)
            return
        sleeper, is_solo = self._work.lie_down_as_task(span)
        try:
            await really_asleep(0)
            self._work.hop_or_leave_it(sleeper, may_hop=is_solo and is_only_task())
            await sleeper.wait()
        finally:
            self._work.get_up(sleeper)

    @in_units
    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Moves the clock on by the sum, stopping at each wake-up and each call on the way.

        At each stop those who wake have their turn: the clock goes on when they sleep again, have ended, or
        nothing has stirred for ``settle``. Called inside an event loop it blocks that loop, so the tasks of
        that loop are woken at their instants but act only afterwards: use ``aadvance`` there. ClockError if
        the sum is negative or not finite.
        """
        span = microseconds(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if span:
            self._advance(lambda: later(self._work.instant, span), "advance")

    @in_units
    async def aadvance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Moves the clock on as ``advance`` does; at each stop the tasks of the running loop have their turn."""
        from fakejobs.clock.tasks import really_asleep, running_task, settle  # noqa: PLC0415 - likewise

        span = microseconds(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if span and (loop := self._running_loop()):
            await loop.doze(span)
            return
        await really_asleep(0)
        if not span:
            return
        advancer = (current_thread(), running_task())
        while not self._work.claim(advancer, wait=False):
            await really_asleep(LAST_GLANCE)
        try:
            for _ in self._work.stops(lambda: later(self._work.instant, span), "advance"):
                await settle(self._work)
        finally:
            self._work.release()

    def advance_to_next_event(self) -> datetime:
        """Moves the clock to the next wake-up, call or event of a watched source, and returns the time there.

        Raises ClockError if nothing is scheduled.
        """
        self._advance(self._next_event, "advance")
        return self.now()

    def call_after(self, microseconds: int, callback: Callable[[], None], /) -> None:
        """Calls ``callback`` once, that many microseconds later, in whichever thread takes the clock there.

        If nobody else sleeps, or may be about to, the clock goes there at once and the call is over on return.
        What the callback raises reaches whoever moved the clock. ClockError if the span is no whole number
        from 0 on.
        """
        self._work.call_after(whole_microseconds(microseconds), callback)

    def reply_after(self, microseconds: int, let_go: Callable[[], None], /, *, is_next: bool = False) -> None:
        """Lets a reply go, that many microseconds later, as ``call_after`` does, or the next piece of one.

        With several asleep the clock stands until who gets it has slept or waits for a reply again, or had time to.
        """
        self._work.call_after(whole_microseconds(microseconds), let_go, DuePiece if is_next else DueReply)

    def call_in_passing(self, instant: int, callback: Callable[[], None], /) -> None:
        """Calls ``callback`` once, when the clock comes to an instant on its way, before whoever wakes there.

        The clock stops there for it, but does not go there for its sake. It is called by whoever moves the clock, in
        an event loop too. An instant that has come already is one at which the clock stops next.
        """
        span = max(1, instant - self._work.instant)
        self._work.call_after(span, callback, lambda _due, call: PassingCall(instant, call))

    def request(self) -> RequestInFlight:
        """A request in flight, to be entered: it holds the clock until it ends, and gives the instant it began.

        It does not hold it for the thread that entered it, while that thread itself sleeps or advances.
        """
        return RequestInFlight(self._work)

    def watch(self, next_event: Callable[[int], int | None], /) -> None:
        """Adds a source of events: given an instant, the first one after it when something happens, or None."""
        self._sources += (next_event,)

    def listen(self, heard: Callable[[Move], None], /) -> None:
        """Has ``heard`` called after each move of the clock, in the thread that moved it."""
        self._work.listeners += (heard,)

    def drive(self, *names: str | ModuleType, datetime: bool = False) -> Drive:
        """Has the client's own waiting and reading of time run on this clock, until the drive ends or the clock does.

        ``names`` are modules or packages, by name or themselves, whose calls are driven; without any it is the calling
        thread with the threads and tasks that it starts. Driven are ``sleep``, ``time``, ``monotonic`` and
        ``perf_counter`` of ``time``, the timeouts of conditions and of what waits with them, and the timers of
        asyncio's loops; ``datetime.now`` and ``utcnow`` with ``datetime`` or the name "datetime". The drive is a
        context manager that ends itself. ClockError if time is driven already, or a name has nothing to drive.
        """
        from fakejobs.clock.driving import Drive  # noqa: PLC0415 - few tests ask for it

        self._work.check_open()
        self._drive = Drive(self, self._work, names, is_with_dates=datetime)
        return self._drive

    @property
    def is_driving(self) -> bool:
        """Whether a client's time is driven by this clock just now."""
        return self._drive is not None and self._drive.is_on

    def clear(self) -> None:
        """Ends all sleeping that is under way: whoever sleeps gets a ClockError, pending calls are dropped.

        A drive ends. The clock goes on where it stands.
        """
        self._end_drive()
        self._work.refuse_all()

    def close(self) -> None:
        """Ends all sleeping: whoever sleeps now or later gets a ClockError, and no pending call is made."""
        self._end_drive()
        self._work.refuse_all(is_end=True)

    def restart(self, start: datetime | None = None) -> None:
        """Sets the clock to ``start``, or to where it first started, for a test that begins anew.

        Whoever sleeps gets a ClockError, pending calls are dropped, listeners and sources stay. It is no move:
        no listener is told. Not for a clock that is being advanced. A drive ends.
        """
        self._end_drive()
        self._work.refuse_all(restart_at=instant_of(self._start if start is None else start))

    def keep(self) -> Callable[[], None]:
        """What takes the clock back to this instant, as often as it is called, and no listener is told.

        It raises ClockError while anybody sleeps on the clock, a request is in flight, the clock is advanced, or it
        drives a client, whose monotonic clocks cannot go back.
        """
        back = self._work.keep()

        def restore() -> None:
            if self.is_driving:
                raise ClockError(
                    "the clock drives a client, whose time cannot go back; restore it outside of the drive"
                )
            back()

        return restore

    def _running_loop(self) -> DrivenLoop | None:
        """The loop of the running task, if its timers are this clock's: what sleeps there sleeps by a timer."""
        return None if self._drive is None else self._drive.running_loop()

    def _end_drive(self) -> None:
        if self._drive is not None:
            self._drive.end()

    def _advance(self, goal: Callable[[], int], why: Why) -> None:
        """Moves the clock to ``goal()``, stop by stop, blocking the thread."""
        is_claimed = self._work.claim((current_thread(), None), wait=True)
        try:
            for _ in self._work.stops(goal, why):
                self._work.settle()
        finally:
            if is_claimed:
                self._work.release()

    def _next_event(self) -> int:
        """The first instant from now on at which anything happens."""
        instant = self._work.instant
        return later(instant, next_of(self._work.next_wake_up(), self._sources, instant) - instant)


class RequestInFlight:
    """A request in flight at the fake; a context manager that gives the instant at which it was asked."""

    __slots__ = ("_work",)

    def __init__(self, work: Clockwork) -> None:
        self._work = work

    def __enter__(self) -> int:
        return self._work.asks(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._work.is_answered(self)
