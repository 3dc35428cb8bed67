"""The part of a clock's work that is about whom others may wake: who waits until an instant, or for somebody else.

It shares its lock and its books with the `Clockwork`, and stands in a file of its own because only who drives a
client's own waiting needs it.
"""

from __future__ import annotations

from threading import Thread, _DummyThread, current_thread
from threading import enumerate as living_threads
from typing import Protocol

from fakejobs.clock.clockwork import Clockwork
from fakejobs.clock.quiet import NOBODY, SERVICE, Lookout
from fakejobs.clock.sleepers import DueCall, Sleeper, carry_out


class Roused(Sleeper, Protocol):
    """One that others may wake before the clock does."""

    @property
    def home(self) -> Thread:
        """The thread in which it waits."""

    @property
    def is_roused(self) -> bool:
        """Whether somebody has; it says so before it is told to `Waits`."""


class Waits:
    """What those do on a clock who are woken by it or by others, whichever comes first; safe in every thread."""

    def __init__(self, work: Clockwork) -> None:
        self._work = work

    def lie_down(self, sleeper: Roused, *, may_hop: bool) -> bool:
        """Enters a sleeper of the calling thread, and returns whether it has to be waited for.

        It has not if it is due, or was roused already; nor if it ``may_hop`` and sleeps alone, for then the clock goes
        there at once. ClockError once the clock was closed.
        """
        work = self._work
        with work._lock:
            work.check_open()
            if sleeper.due <= work.instant or sleeper.is_roused:
                return False
            is_solo = work._company.joins_solo(sleeper.home, sleeper.actor, work._stir)
            if not (may_hop and is_solo and work._is_free(sleeper.home)) or work._agenda.has_call_by(sleeper.due):
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

    def rest(self, sleeper: Roused) -> bool:
        """Notes that a thread waits for others without an end in time, if it was not roused already; whether it does.

        It has had its turn.
        """
        with self._work._lock:
            if not sleeper.is_roused and self._work._stir.passes(sleeper.home):
                self._work.bell.ring()
            return not sleeper.is_roused

    def rouse(self, sleeper: Roused) -> None:
        """Notes that others wake a sleeper, or one who rests: it is its turn, and the clock stands until it is up."""
        work = self._work
        with work._lock:
            work._agenda.remove(sleeper)
            work._stir.is_waking([sleeper])
            work._see_to_it()

    def get_up(self, sleeper: Sleeper) -> None:
        """Notes that a sleeper is awake, woken or not."""
        self._work.get_up(sleeper)

    def hand_over(self, errand: object) -> None:
        """Notes work that is handed to another thread."""
        with self._work._lock:
            self._work._stir.note()
            self._work._stir.errands[errand] = None

    def take_up(self, errand: object) -> None:
        """Notes that the calling thread begins such work: it is its turn until it sleeps or has done it."""
        with self._work._lock:
            self._work._stir.note()
            self._work._stir.errands[errand] = current_thread()

    def has_done(self, errand: object) -> None:
        """Notes that the calling thread has done such work, and told those who wait for it: it has had its turn."""
        with self._work._lock:
            self._work._stir.note()
            self._work._stir.errands.pop(errand, None)
            self._work._stir.passes(current_thread())
            self._work.bell.ring()

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

    def heed(self, lookout: Lookout | None) -> None:
        """Asks ``lookout`` from now on, or nobody any more, who may act out of the clock's sight."""
        self._work._stir.lookout = lookout or NOBODY


def is_alone(me: Thread) -> bool:
    """Whether no thread is there that could wake another, but the calling one and those that serve the fake.

    Threads that are not Python's own are not counted: they are known only if something happened to ask for them.
    """
    others = (thread for thread in living_threads() if thread is not me and not isinstance(thread, _DummyThread))
    return all(thread.name.startswith(SERVICE) for thread in others)
