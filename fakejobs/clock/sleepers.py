"""Who sleeps on a clock: threads, and calls that need none; and when each is due. Tasks are `fakejobs.clock.tasks`.

Nothing here locks: a clock calls it with its own lock held, but for ``wake`` and ``wait``, which take none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from heapq import heapify, heappop, heappush
from threading import ExceptHookArgs, Lock, Thread, current_thread, excepthook
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from fakejobs.clock.instants import Move, Why, text_of
from fakejobs.errors import ClockError

if TYPE_CHECKING:
    import asyncio

Actor: TypeAlias = "Thread | asyncio.Task[Any]"
"""What can act once it is awake."""

Work = Callable[[], None]
"""A piece of what a move of the clock entails."""


class Sleeper(Protocol):
    """One that is asleep until an instant."""

    @property
    def due(self) -> int:
        """The instant at which it is to wake, in microseconds since the epoch."""

    @property
    def home(self) -> Thread | None:
        """The thread in which it acts when it is awake; None while that is not known."""

    @property
    def actor(self) -> Actor | None:
        """The thread or the task that sleeps; None for a call."""

    def wake(self) -> None:
        """Wakes it, from any thread; called once."""

    def refuse(self) -> None:
        """Wakes it into an error, or drops it, because the clock was closed."""


class SleepingThread:
    """The calling thread, asleep on a gate of its own."""

    __slots__ = ("_gate", "due", "home", "refused")

    def __init__(self, due: int) -> None:
        self.due = due
        self.home = current_thread()
        self.refused = False
        self._gate = Lock()
        self._gate.acquire()

    @property
    def actor(self) -> Thread:
        """The thread itself."""
        return self.home

    def wake(self) -> None:
        """Opens the gate."""
        self._gate.release()

    def refuse(self) -> None:
        """Opens the gate to an error."""
        self.refused = True
        self.wake()

    def wait(self) -> None:
        """Blocks the thread until it is woken; ClockError if that is because the clock was closed."""
        self._gate.acquire()
        if self.refused:
            raise closed(f"the thread {self.home.name}", self.due)


class DueCall:
    """A callback that is to be called at an instant, by whoever takes the clock there."""

    __slots__ = ("actor", "callback", "due", "home")

    def __init__(self, due: int, callback: Work) -> None:
        self.due = due
        self.callback = callback
        self.home: Thread | None = None
        self.actor = None

    def wake(self) -> None:
        """Calls back."""
        self.callback()

    def refuse(self) -> None:
        """Drops the callback: nobody waits for its return."""


class DueReply(DueCall):
    """A callback that lets a reply go; whoever gets it acts out of the clock's sight until it waits for it again."""

    __slots__ = ()


class DuePiece(DueReply):
    """Likewise, for a piece of a reply that follows one which the clock let go: the client waits on."""

    __slots__ = ()


class PassingCall(DueCall):
    """A callback for when the clock comes to an instant on its way: nobody goes there for its sake."""

    __slots__ = ()


class Agenda:
    """The sleepers of a clock in the order in which they are due; at one instant, in the order they came.

    Calls in passing count for nothing here until the clock moves, and come before all else at their instant.
    """

    __slots__ = ("_count", "_heap", "_passing")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Sleeper]] = []
        self._passing: list[tuple[int, int, Sleeper]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Sleeper]:
        return (entry[2] for entry in self._heap)

    def add(self, sleeper: Sleeper) -> None:
        """Enters a sleeper."""
        self._count += 1
        heap = self._passing if isinstance(sleeper, PassingCall) else self._heap
        heappush(heap, (sleeper.due, self._count, sleeper))

    def remove(self, sleeper: Sleeper) -> None:
        """Strikes out a sleeper, if it is there."""
        kept = [entry for entry in self._heap if entry[2] is not sleeper]
        if len(kept) < len(self._heap):
            self._heap = kept
            heapify(kept)

    def holds_only(self, sleeper: Sleeper) -> bool:
        """Whether a sleeper is there, nobody else, and no call in passing before it."""
        return len(self._heap) == 1 and self._heap[0][2] is sleeper and not self.has_call_by(sleeper.due)

    def earliest(self) -> int | None:
        """The instant of the next stop on the way to whoever sleeps, if anybody does."""
        return self.next_stop() if self._heap else None

    def next_stop(self) -> int | None:
        """The instant at which a clock that moves would stop first, if at all."""
        return min((heap[0][0] for heap in (self._heap, self._passing) if heap), default=None)

    def has_call_by(self, instant: int) -> bool:
        """Whether a clock that moves to ``instant`` comes by a call in passing."""
        return bool(self._passing) and self._passing[0][0] <= instant

    def take(self, instant: int) -> list[Sleeper]:
        """Strikes out and returns whoever is due at ``instant`` or before; calls in passing first, and alone."""
        heap = self._passing if self.has_call_by(instant) else self._heap
        due = []
        while heap and heap[0][0] <= instant:
            due.append(heappop(heap)[2])
        return due

    @property
    def passing(self) -> list[tuple[int, int, Sleeper]]:
        """The calls in passing, with what puts them in order."""
        return list(self._passing)

    @passing.setter
    def passing(self, calls: list[tuple[int, int, Sleeper]]) -> None:
        self._passing = list(calls)

    def clear(self) -> list[Sleeper]:
        """Strikes out and returns everybody."""
        everybody = list(self)
        self._heap = []
        self._passing = []
        return everybody


def has_ended(actor: Actor | None) -> bool:
    """Whether an actor can never act again; a call has not, as long as somebody is at it."""
    if isinstance(actor, Thread):
        return not actor.is_alive()
    return actor is not None and (actor.done() or actor.get_loop().is_closed())


def carry_out(works: Iterable[Work]) -> None:
    """Does every piece of work, in order, and only then raises what was raised on the way."""
    errors: list[Exception] = []
    for work in works:
        try:
            work()
        except Exception as error:  # whatever it is, the sleepers behind it must still wake
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup("several callbacks of the clock failed at one instant", errors)


def carry_out_unasked(works: Iterable[Work]) -> None:
    """Does every piece of work for nobody who could be told what was raised on the way: it is reported."""
    try:
        carry_out(works)
    except Exception as error:  # the clock goes on
        report(error)


def report(error: Exception) -> None:
    """Tells of an error in a thread that has no caller, as the interpreter would at the thread's end."""
    excepthook(ExceptHookArgs((type(error), error, error.__traceback__, current_thread())))


def cause_of(due: Iterable[Sleeper]) -> Why:
    """Why a clock goes to where these are due: for a sleeper or by the way, unless it is for calls alone."""
    return "delay" if all(isinstance(each, DueCall) and not isinstance(each, PassingCall) for each in due) else "sleep"


def tell(listeners: Iterable[Callable[[Move], None]], before: int, after: int, why: Why) -> list[Work]:
    """The work of telling each listener of a move."""
    return [partial(heard, Move(before=before, after=after, why=why)) for heard in listeners]


def closed(who: str, due: int) -> ClockError:
    """The error of a sleeper whose clock was closed."""
    return ClockError(f"the clock was closed while {who} slept until {text_of(due)}; end what sleeps on it first")
