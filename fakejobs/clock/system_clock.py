"""Real time as a clock of fakejobs, at its own pace or sped up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from threading import Condition, Thread
from time import monotonic_ns, time_ns
from types import ModuleType
from typing import NoReturn

from fakejobs.clock.instants import (
    MOST,
    SECOND,
    Move,
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
from fakejobs.clock.sleepers import (
    Agenda,
    DueCall,
    Sleeper,
    SleepingThread,
    Work,
    carry_out,
    report,
    tell,
)
from fakejobs.errors import ClockError
from fakejobs.threads import background

LONGEST_WAIT = 3600.0
"""Real seconds after which the waker looks at the time anew: far below what a lock can wait for."""


class SystemClock:
    """Real time, ``speed`` times as fast, from ``start`` (an aware datetime; the real now if left out).

    Sleeping takes real time; advancing jumps, wakes whoever is due by then, and makes the calls that are. A
    daemon thread wakes the others, for as long as anybody sleeps.
    """

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed <= MOST:
            raise ClockError(f"found speed={speed!r}; give a finite number above 0, 1 for real time")
        self._speed = speed
        self._began = time_ns() // 1000 if start is None else instant_of(start)
        self._began_really = monotonic_ns()
        self._bell = Condition()
        self._agenda = Agenda()
        self._waker: Thread | None = None
        self._listeners: tuple[Callable[[Move], None], ...] = ()
        self._sources: tuple[Callable[[int], int | None], ...] = ()
        self._closed = False

    def __repr__(self) -> str:
        return f"<SystemClock {text_of(self.instant())}, {self._speed:g} times as fast as real time>"

    def now(self) -> datetime:
        """The time as an aware UTC datetime."""
        return datetime_of(self.instant())

    def time(self) -> float:
        """The time as seconds since the epoch."""
        return self.instant() / SECOND

    def instant(self) -> int:
        """The time as whole microseconds since the epoch."""
        passed = monotonic_ns() - self._began_really
        return self._began + (passed if self._speed == 1 else int(passed * self._speed)) // 1000

    @property
    def sleeping(self) -> int:
        """How many sleep on the clock just now: threads, tasks and calls to come."""
        return len(self._agenda)

    def sleep(self, seconds: float, /) -> None:
        """Blocks the thread for ``seconds`` of this clock; ClockError if they are no span of time."""
        sleeper = SleepingThread(self._due(seconds_to_sleep(seconds)))
        self._enter(sleeper)
        try:
            sleeper.wait()
        finally:
            self._get_up(sleeper)

    async def asleep(self, seconds: float, /) -> None:
        """Suspends the task for ``seconds`` of this clock; the loop turns at least once."""
        from fakejobs.clock.tasks import SleepingTask, really_asleep  # noqa: PLC0415 - as that module says

        sleeper = SleepingTask(self._due(seconds_to_sleep(seconds)))
        self._enter(sleeper)
        try:
            await really_asleep(0)
            await sleeper.wait()
        finally:
            self._get_up(sleeper)

    @in_units
    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Jumps ahead by the sum and wakes whoever is due by then; ClockError if it is no span of time."""
        self._jump(microseconds(seconds=seconds, minutes=minutes, hours=hours, days=days))

    @in_units
    async def aadvance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Jumps as ``advance`` does, and lets the loop turn."""
        from fakejobs.clock.tasks import really_asleep  # noqa: PLC0415 - likewise

        self.advance(seconds=seconds, minutes=minutes, hours=hours, days=days)
        await really_asleep(0)

    def advance_to_next_event(self) -> datetime:
        """Jumps to the next wake-up, call or event of a watched source; ClockError if nothing is scheduled."""
        with self._bell:
            wake_up = self._agenda.earliest()
        now = self.instant()
        self._jump(max(0, next_of(wake_up, self._sources, now) - now))
        return self.now()

    def call_after(self, microseconds: int, callback: Work, /) -> None:
        """Calls ``callback`` once, that many microseconds of this clock later, in another thread."""
        self._enter(DueCall(self._due(whole_microseconds(microseconds)), callback))

    def reply_after(self, microseconds: int, let_go: Work, /, *, is_next: bool = False) -> None:  # noqa: ARG002 - likewise
        """Lets a reply go, that many microseconds of this clock later."""
        self.call_after(microseconds, let_go)

    def call_in_passing(self, instant: int, callback: Work, /) -> None:
        """Calls ``callback`` once, when the clock reads an instant, in a thread of its own."""
        self._enter(DueCall(instant, background(callback, "fakejobs-call").start))

    def request(self) -> nullcontext[int]:
        """A request in flight, which holds nothing here; gives the instant."""
        return nullcontext(self.instant())

    def watch(self, next_event: Callable[[int], int | None], /) -> None:
        """Adds a source of events: given an instant, the first one after it when something happens, or None."""
        self._sources += (next_event,)

    def listen(self, heard: Callable[[Move], None], /) -> None:
        """Has ``heard`` called after each jump, in the thread that jumped."""
        self._listeners += (heard,)

    def drive(self, *names: str | ModuleType, datetime: bool = False) -> NoReturn:  # noqa: ARG002 - as a clock's is
        """Refuses: ClockError."""
        raise ClockError(
            "a SystemClock cannot drive a client's time: it is real time, which nobody's waiting moves; drive a "
            "VirtualClock, or hand the client this clock's sleep"
        )

    @property
    def is_driving(self) -> bool:
        """Whether a client's time is driven by this clock: never."""
        return False

    def clear(self) -> None:
        """Ends all sleeping that is under way: whoever sleeps gets a ClockError, pending calls are dropped."""
        with self._bell:
            sleepers = self._agenda.clear()
            self._bell.notify_all()
        carry_out(sleeper.refuse for sleeper in sleepers)

    def close(self) -> None:
        """Ends all sleeping: whoever sleeps now or later gets a ClockError, and no pending call is made."""
        with self._bell:
            self._closed = True
        self.clear()

    def _due(self, span: int) -> int:
        """The instant ``span`` from now."""
        return later(self.instant(), span)

    def _enter(self, sleeper: Sleeper) -> None:
        """Lets a sleeper fall asleep, and has a daemon thread see to it that it wakes."""
        with self._bell:
            if self._closed:
                raise ClockError("the clock was closed, and nothing sleeps on it any more; make a new one")
            self._agenda.add(sleeper)
            self._bell.notify_all()
            if self._waker is None:
                self._waker = background(self._wake_when_due, "fakejobs-clock")
                self._waker.start()

    def _wake_when_due(self) -> None:
        """What that thread does."""
        while (works := self._await_due()) is not None:
            try:
                carry_out(works)
            except Exception as error:  # told as the interpreter tells of it; the clock goes on
                report(error)

    def _await_due(self) -> list[Work] | None:
        """Waits for the next wake-up; None, and no waker any more, once nobody sleeps."""
        with self._bell:
            while (due := self._agenda.earliest()) is not None:
                instant = self.instant()
                if due <= instant:
                    return [sleeper.wake for sleeper in self._agenda.take(instant)]
                self._bell.wait(min((due - instant) / SECOND / self._speed, LONGEST_WAIT))
            self._waker = None
            return None

    def _get_up(self, sleeper: Sleeper) -> None:
        """Strikes out one that was interrupted in its sleep."""
        with self._bell:
            self._agenda.remove(sleeper)
            self._bell.notify_all()

    def _jump(self, span: int) -> None:
        """Moves the clock ahead of real time, and wakes whoever is due by then."""
        with self._bell:
            before = self.instant()
            self._began = later(self._began, span)
            after = before + span
            works = tell(self._listeners, before, after, "advance") if span else []
            works += [sleeper.wake for sleeper in self._agenda.take(self.instant())]
            self._bell.notify_all()
        carry_out(works)
