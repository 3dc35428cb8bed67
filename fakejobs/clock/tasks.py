"""Asyncio tasks that sleep on a clock: imported by who meets one, since asyncio takes long to import.

What is imported from asyncio is what it was when this module was: a test that puts ``clock.asleep`` in the place of
``asyncio.sleep`` means its client, not the clock.
"""

from __future__ import annotations

import asyncio
from asyncio.tasks import sleep as really_asleep
from contextlib import suppress
from threading import current_thread
from typing import TYPE_CHECKING

from fakejobs.clock.quiet import FIRST_GLANCE, LAST_GLANCE
from fakejobs.clock.sleepers import closed

if TYPE_CHECKING:
    from fakejobs.clock.clockwork import Clockwork

__all__ = ["SleepingTask", "is_only_task", "really_asleep", "running_task", "settle"]

TURNS = 16
"""Turns of an event loop that its tasks get at a stop before real time is spent on waiting for them."""

running_task = asyncio.current_task


class SleepingTask:
    """The running asyncio task, asleep on a future of its loop."""

    __slots__ = ("_future", "_loop", "actor", "due", "home", "refused")

    def __init__(self, due: int) -> None:
        self.due = due
        self.home = current_thread()
        self.refused = False
        self._loop = asyncio.get_running_loop()
        self._future = self._loop.create_future()
        self.actor = asyncio.current_task()

    def wake(self) -> None:
        """Resolves the future, at once in the loop's own thread, else through the loop."""
        if current_thread() is self.home:
            self._resolve()
            return
        with suppress(RuntimeError):  # the loop was closed over its head: there is nobody left to wake
            self._loop.call_soon_threadsafe(self._resolve)

    def refuse(self) -> None:
        """Resolves the future to an error."""
        self.refused = True
        self.wake()

    async def wait(self) -> None:
        """Suspends the task until it is woken; ClockError if that is because the clock was closed."""
        await self._future
        if self.refused:
            raise closed(f"the task {self.actor.get_name() if self.actor else '?'}", self.due)

    def _resolve(self) -> None:
        """Lets the task go on, unless it was cancelled in the meantime."""
        if not self._future.done():
            self._future.set_result(None)


def is_only_task() -> bool:
    """Whether the running task is the only one of its loop."""
    return len(asyncio.all_tasks()) == 1


async def settle(work: Clockwork) -> None:
    """Suspends the running task until those who were woken have had their turn."""
    task = running_task()
    glance = 0.0
    turn = 0
    while pause := work.until_settled(task):
        await really_asleep(min(pause, glance))
        turn += 1
        if turn > TURNS:
            glance = min(2 * glance + FIRST_GLANCE, LAST_GLANCE)
