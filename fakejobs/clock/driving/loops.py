"""The asyncio loops of driven threads: their timers are the clock's, their sockets and threads are real.

A loop waits in the ``select`` of its selector, for its next timer or for what comes from outside. A driven one sleeps
on the clock there, as a thread does, and what comes wakes it before its time.
"""

from __future__ import annotations

import asyncio
from asyncio import BaseEventLoop, selector_events
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import ulp
from selectors import EVENT_READ, DefaultSelector
from threading import Thread, current_thread
from typing import Any

from fakejobs.clock.driving.crowd import Crowd
from fakejobs.clock.driving.places import Filled, Place
from fakejobs.clock.driving.readings import DrivenTime, Moved
from fakejobs.clock.driving.replies import Events, Replies
from fakejobs.clock.instants import SECOND, later
from fakejobs.clock.quiet import PATIENCE
from fakejobs.clock.tasks import SleepingTask
from fakejobs.clock.waits import Waits, is_alone
from fakejobs.errors import ClockError

RESOLUTION = 0.6 / SECOND
"""Seconds by which a timer may be early: the clock counts whole microseconds, and no timer is to fall between two."""

FAR = 2.0**32
"""Seconds from where on floats are too far apart for that, which leaves a loop for ever short of its next timer."""


class SleepingLoop:
    """A loop in its ``select``, asleep on the clock until its next timer is due; or without an end, if it has none."""

    __slots__ = ("_loop", "due", "home", "is_woken")

    is_roused = False
    """What comes from outside is still there when it asks for it: nothing is missed by who has not lain down yet."""

    def __init__(self, loop: BaseEventLoop, due: int = 0) -> None:
        self.due = due
        self.home = current_thread()
        self.is_woken = False
        self._loop = loop

    @property
    def actor(self) -> Thread:
        """The thread that the loop runs in."""
        return self.home

    def wake(self) -> None:
        """Let the select return."""
        self.is_woken = True
        self.refuse()

    def refuse(self) -> None:
        """Let it return too: the loop goes on in real time."""
        with suppress(RuntimeError):  # the loop was closed over its head
            self._loop.call_soon_threadsafe(_nothing)


class DrivenLoop:
    """A loop whose time and whose waiting are driven, until it is let go."""

    def __init__(self, loop: BaseEventLoop, crowd: Crowd, time: DrivenTime, clock: Moved, waits: Waits) -> None:
        selector: Any = getattr(loop, "_selector", None)
        if selector is None:
            raise ClockError(no_timers_of(loop))
        self._loop = loop
        self._crowd = crowd
        self._time = time
        self._clock = clock
        self._waits = waits
        self._real_time = loop.time
        self._real_select: Callable[[float | None], Events] = selector.select
        self._selector = selector
        self._news = DefaultSelector()
        if hasattr(selector, "fileno"):
            self._news.register(selector, EVENT_READ)
        self._read_at = clock.instant()
        self.replies = Replies(waits)
        self._sleeper: SleepingLoop | None = None
        self._is_resting = False
        self._dozing: set[SleepingTask] = set()
        self._places = Filled()
        self._places.fill([Place(loop, "time", self.time), Place(selector, "select", self.select)])
        self._real_resolution = self._set_resolution(RESOLUTION)

    def time(self) -> float:
        """The loop's time."""
        self._read_at = self._clock.instant()
        now = self._time.monotonic_at(self._read_at)
        if now > FAR:
            self._set_resolution(2 * ulp(now))
        return now

    def select(self, timeout: float | None = None) -> Events:
        """Wait for what comes from outside, or until so many seconds after the time was last read."""
        if not self._crowd.is_on or (timeout is not None and timeout <= 0):
            return self.replies.heard(self._real_select(timeout))
        events = self._real_select(0)
        if events:
            return self.replies.heard(events)
        if timeout is None:
            return self._rest()
        return self._sleep(SleepingLoop(self._loop, self._read_at + round(timeout * SECOND)))

    async def doze(self, span: int) -> None:
        """Suspend the running task for so many microseconds of the clock, also if the loop is let go meanwhile."""
        sleeper = SleepingTask(later(self._clock.instant(), span))
        timer = self._loop.call_later(span / SECOND, sleeper.wake)
        self._dozing.add(sleeper)
        try:
            await sleeper.wait()
        finally:
            timer.cancel()
            self._dozing.discard(sleeper)
            self._waits.get_up(sleeper)

    def stops(self) -> None:
        """Note that it runs no more: nobody is there to take a reply."""
        self.replies.forget()

    def quiet(self) -> float:
        """The real seconds of quiet that this loop needs before the clock may move past what is on its way."""
        is_down = self._is_down()
        return PATIENCE if is_down and self._has_news() else self.replies.quiet(is_down=is_down)

    def is_owed(self) -> bool:
        """Whether a reply may be on its way, and the clock is not to go on before it."""
        return self.replies.are_owed(is_down=self._is_down())

    def _is_down(self) -> bool:
        """Whether it is in its ``select`` to wait."""
        return self._is_resting or (self._sleeper is not None and self._waits.is_asleep(self._sleeper))

    def let_go(self) -> None:
        """Give the loop its own time back; what is left of its timers passes there."""
        self._places.restore()
        self._news.close()
        self._set_resolution(self._real_resolution)
        for sleeper in list(self._dozing):
            self._waits.enter(sleeper)
        behind = self._real_time() - self._time.monotonic_at(self._clock.instant())
        if asyncio._get_running_loop() is self._loop or not self._loop.is_running():
            self._shift(behind)
        else:
            with suppress(RuntimeError):  # it was closed just now
                self._loop.call_soon_threadsafe(self._shift, behind)

    def _shift(self, seconds: float) -> None:
        """Put off all timers, which leaves them in their order."""
        timers: list[Any] = getattr(self._loop, "_scheduled", [])
        for timer in timers:
            timer._when += seconds

    def _rest(self) -> Events:
        """Wait for what comes from outside alone."""
        resting = SleepingLoop(self._loop)
        self._waits.rest(resting)
        self._is_resting = True
        try:
            events = self._real_select(None)
        finally:
            self._waits.rouse(resting)
            self._is_resting = False
            self._waits.get_up(resting)
        return self.replies.heard(events)

    def _sleep(self, sleeper: SleepingLoop) -> Events:
        """Wait for what comes from outside, the clock among it; not at all if the clock goes there at once."""
        self._sleeper = sleeper
        if not self._waits.lie_down(sleeper, may_hop=self._is_by_itself(sleeper.home)):
            return self.replies.heard(self._real_select(0))
        try:
            events = self._real_select(None)
            self._waits.rouse(sleeper)  # first, since what is owed holds the clock until then
        finally:
            self._waits.get_up(sleeper)
        if sleeper.is_woken:
            self.replies.are_late()
        return self.replies.heard(events)

    def _is_by_itself(self, me: Thread) -> bool:
        """Whether nothing from outside can come: no file is watched but the one by which the loop is woken."""
        files = getattr(self._selector, "get_map", None)
        return files is not None and len(files()) < 2 and is_alone(me)

    def _has_news(self) -> bool:
        """Whether something has come that the loop has not taken yet, as another thread may ask."""
        with suppress(OSError, ValueError):  # it was closed just now
            return bool(self._news.select(0))
        return False

    def _set_resolution(self, seconds: float) -> float:
        """Set how close to its time a timer is due, and return what that was."""
        loop: Any = self._loop
        was: float = loop._clock_resolution
        loop._clock_resolution = seconds
        return was


class Loops:
    """The loops that a drive has met, and the doors by which it meets them."""

    def __init__(self, crowd: Crowd, time: DrivenTime, clock: Moved, waits: Waits) -> None:
        self._parts = (crowd, time, clock, waits)
        self._crowd = crowd
        self._driven: dict[asyncio.AbstractEventLoop, DrivenLoop] = {}

    def places(self) -> Iterator[Place]:
        """The methods of asyncio that tell when a loop runs, and when something is sent."""
        original = BaseEventLoop.run_forever

        def run_forever(loop: BaseEventLoop) -> None:
            if self._crowd.has_member():
                self.meet(loop)
            try:
                original(loop)
            finally:
                if loop in self._driven:
                    self._driven[loop].stops()

        yield Place(BaseEventLoop, "run_forever", run_forever)
        transport = getattr(selector_events, "_SelectorSocketTransport", type)
        for name in {"write", "writelines"} & vars(transport).keys():
            yield Place(transport, name, self._telling(vars(transport)[name]))

    def meet(self, loop: asyncio.AbstractEventLoop) -> None:
        """Drive a loop from now on; ClockError for one whose timers are not Python's."""
        if not isinstance(loop, BaseEventLoop):
            raise ClockError(no_timers_of(loop))
        if loop not in self._driven:
            self._driven[loop] = DrivenLoop(loop, *self._parts)

    def running(self) -> DrivenLoop | None:
        """The driven loop that the running thread is within, if it is within one."""
        loop = asyncio._get_running_loop()
        return None if loop is None else self._driven.get(loop)

    def is_owed(self) -> bool:
        """Whether a reply to any may be on its way."""
        return True in [driven.is_owed() for driven in list(self._driven.values())]  # each takes note of it

    def quiet(self) -> float:
        """The real seconds of quiet that are needed on account of all loops."""
        return max([driven.quiet() for driven in list(self._driven.values())], default=0.0)

    def let_go(self) -> None:
        """Give each loop its own time back."""
        while self._driven:
            self._driven.popitem()[1].let_go()

    def _telling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """The same method of a transport, which also tells the loop that something was sent."""

        def write(transport: asyncio.Transport, data: Any) -> None:
            loop = self.running()
            file = transport.get_extra_info("socket").fileno()
            # who is a server itself is owed no reply
            if loop is not None and file >= 0 and getattr(transport, "_server", None) is None:
                loop.replies.expect(file)  # before the fake can have had it
            original(transport, data)

        return write


def no_timers_of(loop: object) -> str:
    """What is said of a loop that cannot be driven."""
    name = f"{type(loop).__module__}.{type(loop).__qualname__}"
    return f"the timers of {name} cannot be driven; run the client on asyncio's own loop (asyncio.SelectorEventLoop)"


def _nothing() -> None:
    """Nothing: it is the waking that counts."""
