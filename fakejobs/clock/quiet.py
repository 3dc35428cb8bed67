"""When a clock that the test owns may move on by itself: who may still act, and for how long nobody has.

Nothing here locks: the clock calls it with its own lock held. All seconds here are real ones.
"""

from __future__ import annotations

from collections.abc import Collection, MutableMapping
from threading import Condition, RLock, Thread, current_thread
from time import monotonic
from typing import Protocol
from weakref import WeakKeyDictionary

from fakejobs.clock.sleepers import Actor, DuePiece, DueReply, Sleeper, has_ended
from fakejobs.errors import ClockError

TURN = 0.05
"""Real seconds of quiet that one who was woken has, before it is taken to be blocked elsewhere: longer than the
interpreter may keep it from running, since what it does until it sleeps again belongs to the instant it woke at."""

FIRST_GLANCE, LAST_GLANCE = 0.00003, 0.001
"""Real seconds between looks at whether the threads that were woken have ended; doubling from first to last."""

GLANCE = 0.005
"""Real seconds after which whoever waits for quiet looks up, to see whether the machine lets him."""

PATIENCE = 1.0
"""Real seconds after which one that was woken and does not stir is passed over: its loop is blocked."""

SERVICE = "fakejobs"
"""How the names of threads begin that serve the fake: they never sleep on a client's behalf."""

MOVER = "fakejobs-clock"
"""The name of a thread that moves a clock, or wakes who sleeps on one."""


class Bell:
    """What is rung for those who wait for others to have had their turn: the mover, and who advances or waits to.

    A condition of the clock's lock, which is made when somebody waits; with most clocks nobody ever does.
    """

    __slots__ = ("_condition", "_lock")

    def __init__(self, lock: RLock) -> None:
        self._lock = lock
        self._condition: Condition | None = None

    def ring(self) -> None:
        """Has everybody look who waits."""
        if self._condition is not None:
            self._condition.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Waits until it is rung, at most so many seconds; whether it was."""
        if self._condition is None:
            self._condition = Condition(self._lock)
        return self._condition.wait(seconds)


class Lookout(Protocol):
    """What tells of those who may act out of the clock's sight; it is asked with the clock's lock held."""

    def is_clear(self) -> bool:
        """Whether nothing is there for whose sake the clock may not go on at once with the calling thread."""

    def is_owed(self) -> bool:
        """Whether something that was sent may be on its way."""

    def quiet(self, stirred: float) -> float:
        """The real seconds of quiet that are needed since anything last stirred, at ``stirred``."""


class _Nobody:
    """The lookout where nobody is on the look-out."""

    def is_clear(self) -> bool:
        return True

    def is_owed(self) -> bool:
        return False

    def quiet(self, stirred: float) -> float:  # noqa: ARG002 - whenever
        return 0.0


NOBODY: Lookout = _Nobody()


class Stir:
    """What goes on around a clock: requests in flight, sleepers just woken, and when anything last stirred.

    ``idle`` holds the threads that wait for the clock itself, asleep or advancing it: nothing that such a thread
    has under way can go on before the clock does, so it does not hold the clock.
    """

    def __init__(self, settle: float) -> None:
        self.settle = settle
        self.flights: dict[object, Thread] = {}
        self.asked = 0
        """How many requests there have been."""
        self.errands: dict[object, Thread | None] = {}
        """Work that was handed to other threads, and the thread that is at it and has not slept since it began."""
        self.under_way = 0
        """Replies that the clock let go while others slept, whose clients have not waited for it again since."""
        self.lookout: Lookout = NOBODY
        self.waking: dict[Sleeper, float] = {}
        self.idle: set[Thread] = set()
        self._acting: MutableMapping[Actor, Thread] = {}  # a weak one from the first that is woken on
        self._is_settled = True
        self._last = monotonic() - settle
        self._lost = 0.0

    def note(self) -> None:
        """Notes that somebody asked, slept or woke just now."""
        self._last = monotonic()
        self._lost = 0.0

    def asks(self, request: object) -> None:
        """Notes a request in flight, of the calling thread."""
        self.note()
        self.asked += 1
        self.flights[request] = current_thread()

    def is_recent(self) -> bool:
        """Whether somebody did so within ``settle``."""
        return monotonic() - self._last < self.settle

    def is_free_for(self, caller: Thread) -> bool:
        """Whether nobody is being woken or on an errand, and no request is in flight but the caller's own."""
        if self.waking or self.errands or self.under_way or not self.lookout.is_clear():
            return False
        return not self.flights or {*self.flights.values()} == {caller}

    def waits(self, actor: Actor | None) -> None:
        """Notes that an actor waits for the clock: one who was not woken has had its turn by a reply."""
        if self.under_way and actor not in self._acting:
            self.under_way -= 1

    def waits_for(self, reply: DueReply) -> None:
        """Notes that whoever asked waits for a reply; with others awake that were woken it may be one of these."""
        if self.under_way and (isinstance(reply, DuePiece) or not self._acting):
            self.under_way -= 1

    def falls_asleep(self, sleeper: Sleeper) -> bool:
        """Notes one that falls asleep; whether it was the last whose turn it was."""
        self.note()
        if sleeper.actor is sleeper.home is not None:
            self.idle.add(sleeper.home)
        if isinstance(sleeper, DueReply):
            self.waits_for(sleeper)
        return self.passes(sleeper.actor)

    def passes(self, actor: Actor | None) -> bool:
        """Notes that an actor has had its turn; whether it was the last whose turn it was."""
        if actor is None:
            return False
        if self.errands:
            self.errands = {errand: thread for errand, thread in self.errands.items() if thread is not actor}
        return self._acting.pop(actor, None) is not None and not self._acting

    def is_waking(self, sleepers: Collection[Sleeper]) -> None:
        """Notes who is being woken: until they are up, and then until they sleep again, it is their turn."""
        self.note()
        self._is_settled = self._is_settled and not sleepers
        self.waking.update(dict.fromkeys(sleepers, self._last))
        self.under_way += sum(isinstance(sleeper, DueReply) for sleeper in sleepers)
        if not self._acting:
            self._acting = WeakKeyDictionary()
        self._acting.update({s.actor: s.home for s in sleepers if s.actor and s.home})
        self.idle.difference_update(s.home for s in sleepers if s.actor is s.home is not None)

    def is_up(self, sleeper: Sleeper) -> bool:
        """Notes that one is awake, or a call over, and whether it had been woken; safe without the lock."""
        self.note()
        return self.waking.pop(sleeper, None) is not None

    def is_interrupted(self, sleeper: Sleeper) -> None:
        """Notes that one is awake that nobody woke."""
        if sleeper.actor is sleeper.home is not None:
            self.idle.discard(sleeper.home)

    def check_idle(self, sleeping: int, *, is_advanced: bool) -> None:
        """Raises ClockError where somebody waits for what a clock that is taken back would not bring."""
        waking = sum(each.actor is not None for each in list(self.waking))
        counts = ((sleeping + waking, "asleep on it"), (len(self.flights), "in flight at the fake"))
        busy = [f"{number} {what}" for number, what in counts if number]
        if is_advanced:
            busy.append("it is being advanced")
        if busy:
            raise ClockError(f"the clock cannot be taken back just now: {', '.join(busy)}; wait until that is over")

    def until_quiet(self, *, expecting: bool = False) -> float:
        """Seconds until quiet if nothing stirs before; 0 when it is quiet. ``expecting`` waits for newcomers too."""
        now = monotonic()
        if self._is_held(now):
            return self.settle
        self._dismiss_those_who_ended()
        least = TURN if self._acting or self.errands or self.under_way or expecting else 0.0
        quiet = max(self._lost + max(self.settle, least), self.lookout.quiet(self._last))
        pause = max(0.0, self._last + quiet - now)
        if not pause:
            self._clear_turns()
        return pause

    def watch(self, bell: Bell, pause: float) -> None:
        """Waits until the bell is rung, at most so many seconds, with the clock's lock let go meanwhile.

        It looks up now and then. What that takes longer than it should the machine had for others, and from whoever
        may act here it was kept like from the one who waits: it is no quiet.
        """
        pause = min(pause, GLANCE)
        began = monotonic()
        if not bell.wait(pause):
            self._lost += max(0.0, monotonic() - began - pause)

    def until_settled(self) -> float:
        """Seconds until those who were woken have had their turn, if nothing stirs before; 0 when they have."""
        if self._is_settled:
            return 0.0  # a request that came from elsewhere holds nobody's turn
        self._dismiss_those_who_ended()
        is_anybody_at_it = self._acting or self.errands or self.under_way
        is_anything_left = is_anybody_at_it or self.lookout.is_owed() or self._is_held(monotonic())
        pause = self.until_quiet() if is_anything_left else 0.0
        if not pause:
            self._clear_turns()
            self._is_settled = True
        return pause

    def _clear_turns(self) -> None:
        """Ends all turns: whoever is left is blocked elsewhere, and had the time to say otherwise."""
        self._acting.clear()
        self.errands.clear()
        self.under_way = 0

    def _dismiss_those_who_ended(self) -> None:
        """Forget those of whom nothing more is to be expected before the clock moves."""
        for actor, home in list(self._acting.items()):
            if home in self.idle or has_ended(actor):
                del self._acting[actor]

    def _is_held(self, now: float) -> bool:
        """Whether a request is in flight, or somebody who was woken is not up yet."""
        if any(home not in self.idle for home in self.flights.values()):
            return True
        oldest: dict[Thread | None, float] = {}
        for sleeper, since in self.waking.copy().items():
            if sleeper.home not in self.idle and not has_ended(sleeper.actor):
                oldest[sleeper.home] = min(since, oldest.get(sleeper.home, since))
        return any(now - since < PATIENCE for since in oldest.values())
