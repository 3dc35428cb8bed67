"""The waiting of driven threads on conditions, which is what events, queues, semaphores and futures wait with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from threading import TIMEOUT_MAX, Condition, Lock, Thread, current_thread
from typing import Any

from fakejobs.clock.driving.crowd import Crowd
from fakejobs.clock.driving.readings import DrivenTime, Moved
from fakejobs.clock.instants import later, seconds_to_sleep
from fakejobs.clock.sleepers import closed
from fakejobs.clock.waits import Waits, is_alone


class Waiter:
    """The calling thread, waiting on a condition: until it is notified, or until an instant if it is timed."""

    __slots__ = ("_first", "_gate", "_waits", "due", "home", "is_roused", "is_timed", "refused")

    def __init__(self, waits: Waits, due: int | None) -> None:
        self.due = due or 0
        self.is_timed = due is not None
        self.home = current_thread()
        self.is_roused = False
        self.refused = False
        self._waits = waits
        self._first = Lock()  # taken by the first of those who wake it
        self._gate = Lock()
        self._gate.acquire()

    @property
    def actor(self) -> Thread:
        """The thread itself."""
        return self.home

    def release(self) -> None:
        """Open the gate: what a condition calls, with its lock held, to notify."""
        self.is_roused = True
        if self._first.acquire(blocking=False):
            self._waits.rouse(self)  # before it can be up and asleep again
            self._gate.release()

    def wake(self) -> None:
        """Open the gate, unless it was notified."""
        if self._first.acquire(blocking=False):
            self._gate.release()

    def refuse(self) -> None:
        """Open the gate to an error."""
        self.refused = True
        self.wake()

    def wait(self) -> None:
        """Block the thread until the gate is open."""
        try:
            if self._lies_down() or not self._first.acquire(blocking=False):
                self._gate.acquire()
        finally:
            self._waits.get_up(self)

    def _lies_down(self) -> bool:
        """Have the clock take note of it; whether there is anything to wait for."""
        return self._waits.lie_down(self, may_hop=is_alone(self.home)) if self.is_timed else self._waits.rest(self)

    def check(self) -> None:
        """Raise ClockError if it was woken because the clock was closed."""
        if self.refused:
            raise closed(f"the thread {self.home.name}", self.due)


def driven_wait(
    crowd: Crowd, time: DrivenTime, clock: Moved, waits: Waits
) -> Callable[[Condition, float | None], bool]:
    """What stands in for ``Condition.wait``: the waiting of who takes part ends with the clock, and moves it."""
    original = Condition.wait

    def wait(self: Condition, timeout: float | None = None) -> bool:
        condition: Any = self
        if not (crowd.takes_part(sys._getframe(1)) and condition._is_owned()):
            return original(self, timeout)
        if timeout is None:
            return wait_on(condition, Waiter(waits, None))
        if not 0 < timeout <= TIMEOUT_MAX:
            return original(self, timeout)
        seconds = float(timeout)
        if time.is_rest(seconds):
            time.pass_rest(seconds)
            return original(self, 0)
        return wait_on(condition, Waiter(waits, later(clock.instant(), seconds_to_sleep(seconds))))

    return wait


def wait_on(condition: Any, waiter: Waiter) -> bool:
    """Wait on a condition whose lock is held, and whose lock is let go meanwhile; return whether it was notified."""
    condition._waiters.append(waiter)
    state = condition._release_save()
    try:
        waiter.wait()
    finally:
        condition._acquire_restore(state)
        if not waiter.is_roused:
            with suppress(ValueError):
                condition._waiters.remove(waiter)
    waiter.check()
    return waiter.is_roused
