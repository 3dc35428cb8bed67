"""Which threads sleep on a clock, or may be about to: whether one of them is alone, and may have the clock hop."""

from __future__ import annotations

from collections.abc import Collection
from threading import Thread, current_thread
from threading import enumerate as living_threads
from weakref import ref

from fakejobs.clock.quiet import SERVICE, Stir
from fakejobs.clock.sleepers import Actor, Sleeper


class Company:
    """The threads that sleep on a clock, or may be about to.

    A thread sleeps solo while it alone has slept since the clock last waited for quiet, and no thread was
    started since: a new one may be on its way to its first sleep, which is to overlap. The thread that made
    the clock starts as the soloist.
    """

    def __init__(self) -> None:
        self._known = set(map(ref, living_threads()))
        self._members: set[ref[Thread]] = set()
        self._soloist: ref[Thread] | None = ref(current_thread())

    def joins_solo(self, thread: Thread, actor: Actor | None, stir: Stir) -> bool:
        """Notes that somebody sleeps in a thread, and says whether that is solo.

        If it is not the soloist, there is none any more.
        """
        stir.waits(actor)
        member = ref(thread)
        if member != self._soloist:
            self._soloist = None
        self._members.add(member)
        return self.is_solo(stir)

    def is_solo(self, stir: Stir) -> bool:
        """Whether there is a soloist and nobody else in sight.

        Unless somebody stirred recently, a living thread that slept earlier counts as somebody: the threads
        of a pool start their next round together, and a wait for quiet costs no more than the pause did.
        """
        if self._soloist is None or self._soloist() is None:
            return False
        if len(self._members) > 1 and not stir.is_recent() and any(map(self._is_other, self._members)):
            return False
        return not self.expects_somebody()

    def _is_other(self, member: ref[Thread]) -> bool:
        """Whether a thread that slept earlier lives, and is not the soloist."""
        thread = member()
        return member != self._soloist and thread is not None and thread.is_alive()

    def expects_somebody(self) -> bool:
        """Whether a thread was started since the last quiet, and may be on its way to its first sleep."""
        threads = living_threads()
        return not self._known.issuperset(map(ref, threads)) and any(map(self._is_new, threads))

    def _is_new(self, thread: Thread) -> bool:
        """Whether a thread may be on its way to its first sleep."""
        return not (ref(thread) in self._known or thread is current_thread() or thread.name.startswith(SERVICE))

    def has_been_quiet(self, asleep: Collection[Sleeper]) -> None:
        """Notes that everybody had the time to sleep, and who did; a call alone makes nobody a soloist."""
        self._known = {ref(thread) for thread in living_threads()}
        self._members = {member for member in self._members if member() is not None}
        homes = {sleeper.home for sleeper in asleep}
        if homes != {None}:
            alone = homes.pop() if len(homes) == 1 else None
            self._soloist = ref(alone) if alone else None
