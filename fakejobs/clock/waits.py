"""The part of a clock's work that is about whom others may wake: who waits until an instant, or for somebody else.

It shares its lock and its books with the `Clockwork`, and stands in a file of its own because only who drives a
client's own waiting needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from threading import enumerate as living_threads
from typing import TypeVar

from fakejobs.clock.clockwork import Clockwork
from fakejobs.clock.quiet import SERVICE
from fakejobs.clock.sleepers import DueCall, Sleeper, carry_out

T = TypeVar("T")


class Waits:
    """What those do on a clock who are woken by it or by others, whichever comes first; safe in every thread."""

    def __init__(self, work: Clockwork) -> None:
        self._work = work

    def lie_down(self, sleeper: Sleeper, home: Thread, *, may_hop: bool) -> bool:
        """Enters a sleeper of the calling thread, and returns whether it has to be waited for.

        It has not if it is due; nor if it ``may_hop`` and sleeps alone, for then the clock goes there at once.
        ClockError once the clock was closed.
        """
        work = self._work
        with work._lock:
            work.check_open()
            if sleeper.due <= work.instant:
                return False
            is_solo = work._is_solo(home)
            if not (may_hop and is_solo and work._is_free(home)) or work._agenda.has_call_by(sleeper.due):
                work._enter(sleeper)
                work._see_to_it()
                return True
            works = work._step(sleeper.due, "sleep")
        carry_out(works)
        return False

    def enter(self, sleeper: Sleeper) -> None:
        """Enters one that slept elsewhere until now."""
        with self._work._lock:
            self._work._enter(sleeper)
            self._work._see_to_it()

    def rouse(self, sleeper: Sleeper, home: Thread) -> None:
        """Notes that somebody else wakes a sleeper before the clock does, if it sleeps: it is its turn."""
        work = self._work
        with work._lock:
            if self.is_asleep(sleeper):
                work._agenda.remove(sleeper)
                work._stir.acts(home)
                work._see_to_it()

    def get_up(self, sleeper: Sleeper) -> None:
        """Notes that a sleeper is awake, woken or not."""
        self._work.get_up(sleeper)

    def rest(self, thread: Thread) -> None:
        """Notes that a thread waits for others without an end in time: it has had its turn."""
        with self._work._lock:
            if self._work._stir.passes(thread):
                self._tell()

    def act(self, thread: Thread) -> None:
        """Notes that such a thread goes on: it is its turn."""
        with self._work._lock:
            self._work._stir.acts(thread)

    def hand_over(self, errand: object) -> None:
        """Notes work that is handed to another thread."""
        with self._work._lock:
            self._work._stir.note()
            self._work._stir.errands[errand] = None

    def carry_out_errand(self, errand: object, thread: Thread, work: Callable[[], T]) -> T:
        """Does such work in its thread, whose turn it is until it sleeps or has done it."""
        stir = self._work._stir
        with self._work._lock:
            stir.note()
            stir.errands[errand] = thread
        try:
            return work()
        finally:
            with self._work._lock:
                stir.note()
                stir.errands.pop(errand, None)
                self._tell()

    def _tell(self) -> None:
        """Have those look who wait for others to have had their turn."""
        self._work._floor.notify_all()
        self._work._bell.notify_all()

    @property
    def asked(self) -> int:
        """How many requests the fake has had so far."""
        return self._work._stir.asked

    def is_asleep(self, sleeper: Sleeper) -> bool:
        """Whether a sleeper is neither awake nor being woken; for who holds the lock."""
        return any(each is sleeper for each in self._work._agenda)

    def calls(self) -> frozenset[Sleeper]:
        """The calls to come, such as those of delayed replies; for who holds the lock, or need not be sure."""
        return frozenset(sleeper for sleeper in list(self._work._agenda) if isinstance(sleeper, DueCall))

    def is_idle(self, thread: Thread) -> bool:
        """Whether a thread waits for nothing but the clock."""
        return thread in self._work._stir.idle

    def heed(self, caution: Callable[[float | None], float]) -> None:
        """Asks ``caution`` from now on how many real seconds of quiet are needed before the clock may move by itself.

        It is called with the lock held, and with the instant at which anything last stirred, or None if the question is
        whether the clock may go on at once.
        """
        self._work._stir.caution = caution


def is_alone(me: Thread) -> bool:
    """Whether no thread is there that could wake another, but the calling one and those that serve the fake."""
    return all(thread is me or thread.name.startswith(SERVICE) for thread in living_threads())
