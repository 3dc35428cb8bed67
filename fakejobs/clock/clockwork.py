"""What moves a clock that the test owns: the sleepers it wakes, in which order, and when it may go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from threading import RLock, Thread, current_thread
from typing import TYPE_CHECKING, Any, TypeAlias

from fakejobs.clock.company import Company
from fakejobs.clock.instants import Move, Why, later
from fakejobs.clock.quiet import FIRST_GLANCE, LAST_GLANCE, MOVER, Bell, Stir
from fakejobs.clock.sleepers import (
    Agenda,
    DueCall,
    Sleeper,
    SleepingThread,
    Work,
    carry_out,
    carry_out_unasked,
    cause_of,
    tell,
)
from fakejobs.errors import ClockError
from fakejobs.threads import background

if TYPE_CHECKING:
    import asyncio

    from fakejobs.clock.tasks import SleepingTask

Advancer: TypeAlias = "tuple[Thread, asyncio.Task[Any] | None]"
"""Who advances a clock; the task is None for one that blocks its thread."""


class Clockwork:
    """The instant of a clock, and everything that may change it; safe in every thread.

    Whoever moves the instant does so under the lock, with ``_step``, and gets the work that follows from it:
    listeners to be told, sleepers to be woken, calls to be made. That is carried out with no lock held.
    """

    def __init__(self, instant: int, settle: float) -> None:
        self.instant = instant
        self.listeners: tuple[Callable[[Move], None], ...] = ()
        self._lock = RLock()
        self.bell = Bell(self._lock)
        self._agenda = Agenda()
        self._company = Company()
        self._stir = Stir(settle)
        self._mover: Thread | None = None
        self._advancer: Advancer | None = None
        self._closed = False

    def is_moved_by(self, thread: Thread) -> bool:
        """Whether a thread is moving the clock just now: a callback that sleeps there moves it further."""
        advancer = self._advancer
        return thread is self._mover or (advancer is not None and thread is advancer[0])

    def check_open(self) -> None:
        """Raises ClockError if the clock was closed."""
        if self._closed:
            raise ClockError("the clock was closed, and nothing sleeps on it any more; make a new one")

    def hop_or_lie_down(self, me: Thread, span: int) -> SleepingThread | None:
        """Takes the clock on at once if the calling thread is alone, else enters it as a sleeper, to wait."""
        with self._lock:
            self.check_open()
            due = later(self.instant, span)
            is_solo = self._company.joins_solo(me, me, self._stir)
            if not (is_solo and self._is_free(me)) or self._agenda.has_call_by(due):
                sleeper = SleepingThread(due)
                self._enter(sleeper)
                self._see_to_it()
                return sleeper
            works = self._glide(due, "sleep")
        carry_out(works)
        return None

    def lie_down_as_task(self, span: int) -> tuple[SleepingTask, bool]:
        """Enters the running task as a sleeper, and says whether its thread is the only one in sight."""
        from fakejobs.clock.tasks import SleepingTask  # noqa: PLC0415 - as that module says

        with self._lock:
            self.check_open()
            sleeper = SleepingTask(later(self.instant, span))
            solo = self._company.joins_solo(sleeper.home, sleeper.actor, self._stir)
            self._enter(sleeper)
            return sleeper, solo

    def hop_or_leave_it(self, sleeper: SleepingTask, *, may_hop: bool) -> None:
        """Takes the clock to the wake-up of a task, if it may and still sleeps alone; else it has to wait."""
        works: list[Work] = []
        with self._lock:
            if may_hop and self._is_free(sleeper.home, sleeper):
                works = self._step(sleeper.due, "sleep")
            else:
                self._see_to_it()
        carry_out(works)

    def get_up(self, sleeper: Sleeper) -> None:
        """Notes that a sleeper is awake, woken or not, or that a call has returned."""
        if self._stir.is_up(sleeper):
            return  # without the lock, so that a crowd that wakes at one instant does not queue for it
        with self._lock:
            self._stir.is_interrupted(sleeper)
            self._agenda.remove(sleeper)
            self._see_to_it()

    def call_after(self, span: int, callback: Work, kind: Callable[[int, Work], DueCall] = DueCall) -> None:
        """Enters a call; makes it at once if it is due, or nobody but the caller is in sight."""
        works: list[Work] = []
        with self._lock:
            self.check_open()
            call = kind(later(self.instant, span), callback)
            is_solo = self._company.is_solo(self._stir)
            self._enter(call)
            if not span or (self._is_free(current_thread(), call) and is_solo):
                works = self._step(call.due)
                self._stir.under_way = 0  # who gets it is alone
            self._see_to_it()  # a call in passing that was due before may have gone first
        carry_out(works)

    def asks(self, request: object) -> int:
        """Notes a request in flight, of the calling thread, and returns the instant."""
        with self._lock:
            self._stir.asks(request)
            return self.instant

    def is_answered(self, request: object) -> None:
        """Notes that a request is in flight no longer."""
        with self._lock:
            self._stir.note()
            del self._stir.flights[request]
            if self._advancer is not None:  # else nobody is there
                self.bell.ring()

    def claim(self, advancer: Advancer, *, wait: bool) -> bool:
        """Makes somebody the one who advances the clock, once nobody else does; whether it came to that.

        It does not for a thread within its own advance, nor, without ``wait``, while another is at it.
        """
        with self._lock:
            while wait and self._advancer and self._advancer[0] is not advancer[0]:
                self.bell.wait()
            if self._advancer:
                return False
            self._advancer = advancer
            return True

    def release(self) -> None:
        """Ends an advance: those who still sleep are left to the mover, once it is quiet."""
        with self._lock:
            self._stir.note()
            self._advancer = None
            self.bell.ring()
            self._see_to_it()

    def stops(self, goal: Callable[[], int], why: Why) -> Iterator[None]:
        """Moves to the instant ``goal()``, and yields whenever others are to have their turn: first of all, too.

        ``goal`` is called with no lock held, after that first turn.
        """
        yield
        target = goal()
        while self._reach(target, why):
            yield

    def settle(self) -> None:
        """Blocks the thread until those who were woken have had their turn."""
        me, glance = current_thread(), FIRST_GLANCE
        with self._lock:
            self._stir.idle.add(me)
            try:
                while pause := self._stir.until_settled():
                    self._stir.watch(self.bell, min(pause, glance))
                    glance = min(2 * glance, LAST_GLANCE)
            finally:
                self._stir.idle.discard(me)

    def until_settled(self, task: asyncio.Task[Any] | None) -> float:
        """Real seconds until those who were woken have had their turn, if nothing stirs; a task has had its own."""
        with self._lock:
            self._stir.passes(task)
            return self._stir.until_settled()

    def sleeping(self) -> int:
        """How many sleep just now."""
        return len(self._agenda)

    def next_wake_up(self) -> int | None:
        """The instant of the next wake-up or call, if there is any."""
        with self._lock:
            return self._agenda.earliest()

    def refuse_all(self, *, restart_at: int | None = None, is_end: bool = False) -> None:
        """Refuses whoever sleeps; then the clock begins anew at an instant, is closed for good, or goes on."""
        with self._lock:
            if is_end:
                self._closed = True
            elif restart_at is not None:
                self.check_open()
                self.instant = restart_at
                self._company, self._stir.under_way = Company(), 0
            sleepers = self._agenda.clear()
            self.bell.ring()
        carry_out(sleeper.refuse for sleeper in sleepers)

    def keep(self) -> Work:
        """Returns what takes the clock back to here, with its calls in passing; ClockError then unless all is idle."""
        with self._lock:
            instant, passing = self.instant, self._agenda.passing

        def back() -> None:
            with self._lock:
                self.check_open()
                self._stir.check_idle(len(self._agenda), is_advanced=self._advancer is not None)
                self.instant, self._agenda.passing = instant, passing

        return back

    def _is_free(self, caller: Thread, asleep: Sleeper | None = None) -> bool:
        """Whether the caller may move the clock: nobody else than ``asleep`` sleeps, wakes, asks or advances."""
        is_alone = not self._agenda if asleep is None else self._agenda.holds_only(asleep)
        return is_alone and self._advancer is None and self._stir.is_free_for(caller)

    def _enter(self, sleeper: Sleeper) -> None:
        """Lets a sleeper fall asleep."""
        self._agenda.add(sleeper)
        if self._stir.falls_asleep(sleeper):
            self.bell.ring()

    def _step(self, instant: int, why: Why | None = None) -> list[Work]:
        """Sets the clock; returns the work of telling of it and waking who is due. ``why`` is theirs if None."""
        before, instant = self.instant, max(self.instant, instant)
        due = self._agenda.take(instant)
        if not due:
            return self._glide(instant, why or "delay")
        self.instant = instant
        calls = [sleeper for sleeper in due if isinstance(sleeper, DueCall)]
        for call in calls:
            call.home = current_thread()
        self._stir.is_waking(due)
        works: list[Work] = []
        if self.instant > before:
            works = tell(self.listeners, before, self.instant, why or cause_of(due))
        works += [sleeper.wake for sleeper in due if not isinstance(sleeper, DueCall)]
        return works + [partial(self._call, call) for call in calls]

    def _glide(self, instant: int, why: Why) -> list[Work]:
        """Sets the clock to an instant at which nobody is due, nor on the way; returns the work of telling of it."""
        before, self.instant = self.instant, instant
        self._stir.note()
        return tell(self.listeners, before, instant, why) if instant > before else []

    def _call(self, call: DueCall) -> None:
        """Makes a call that is due."""
        try:
            call.wake()
        finally:
            self.get_up(call)

    def _reach(self, target: int, why: Why) -> bool:
        """Moves to the next stop before ``target`` or at it, else to ``target``; whether it was a stop."""
        with self._lock:
            stop = self._agenda.next_stop()
            is_stop = stop is not None and stop <= target
            works = self._step(stop if stop is not None and is_stop else target, why)
        carry_out(works)
        return is_stop

    def _see_to_it(self) -> None:
        """Has a daemon thread move the clock whenever it is quiet, for as long as anybody sleeps."""
        if not self._agenda:
            self.bell.ring()
        elif self._mover is None and self._advancer is None:
            self._mover = background(self._move_when_quiet, MOVER)
            self._mover.start()

    def _move_when_quiet(self) -> None:
        """What that thread does; should it fail itself, those who sleep are refused rather than left asleep."""
        try:
            while (works := self._await_step()) is not None:
                carry_out_unasked(works)
        except BaseException:
            self.refuse_all(is_end=True)
            raise

    def _await_step(self) -> list[Work] | None:
        """Waits for quiet, and moves to the earliest wake-up; None, and no mover any more, once nobody sleeps."""
        with self._lock:
            while (instant := self._agenda.earliest()) is not None:
                expecting = self._company.expects_somebody()
                pause = self._stir.settle if self._advancer else self._stir.until_quiet(expecting=expecting)
                if not pause:
                    self._company.has_been_quiet(list(self._agenda))
                    return self._step(instant)
                self._stir.watch(self.bell, pause)
            self._mover = None
            return None
