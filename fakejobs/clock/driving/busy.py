"""Whether anybody is at work just now, as the system tells: no deadline of who waits for it is to pass meanwhile.

A thread that computes, imports or waits for its turn on a loaded machine stirs nothing that the clock sees, and may do
so for longer than the clock is quiet. Linux tells of each thread whether it would run and how often it did; if at two
looks nobody would and nobody has, then only the clock, or the world outside, can set anything going. Where the system
does not tell, the clock's quiet has to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Thread
from time import monotonic
from weakref import WeakSet

REST = 0.01
"""Real seconds for which a thread that was at work must not have run: longer than it waits for the interpreter."""

LOOK = 0.001
"""Real seconds between the first look and the second, which tells who ran in between."""

BOUND = 2.0
"""Real seconds of work without anything else that stirs, after which the clock goes on all the same."""

Load = tuple[bytes, bool]
"""How often a thread has run until now, and whether it would run just now."""

STARTING: Load = (b"", True)
"""The load of one that was started and has not begun."""


class Busy:
    """Looks at some threads while the clock waits for quiet; what they did before that counts for nothing.

    One that works on and on, though nothing stirs, is waited for once, and not again until it was seen at rest.
    """

    def __init__(self, threads: Callable[[], Iterable[Thread]], load_of: Callable[[Thread], Load | None]) -> None:
        self._threads = threads
        self._load_of = load_of
        self._stirred = -1.0
        self._loads: dict[Thread, Load] = {}
        self._busy_at = 0.0
        self._tireless: WeakSet[Thread] = WeakSet()

    def quiet(self, stirred: float) -> float:
        """The real seconds of quiet that are needed since anything last stirred, at ``stirred``."""
        loads = {thread: load for thread in self._threads() if (load := self._load_of(thread)) is not None}
        if not loads:
            return 0.0
        now = monotonic()
        before, self._loads = self._loads, loads
        if self._stirred != stirred:
            self._stirred, self._busy_at = stirred, 0.0
            return now - stirred + LOOK
        at_work = {thread for thread, load in loads.items() if load[1] or load != before.get(thread)}
        self._tireless.intersection_update(at_work)
        if not at_work.issubset(self._tireless):
            self._busy_at = now
        needed = self._busy_at - stirred + REST
        if needed < BOUND:
            return needed
        self._tireless.update(at_work)
        return 0.0


def load_of(thread: Thread) -> Load | None:
    """The load of a thread; None if the system does not tell."""
    if thread.native_id is None:
        return STARTING
    try:
        # a Path would take three times as long
        with open(f"/proc/self/task/{thread.native_id}/status", "rb", buffering=0) as file:  # noqa: PTH123
            told = file.read(8192)
    except OSError:
        return None
    _, _, state = told.partition(b"\nState:\t")
    _, _, turns = state.partition(b"\nvoluntary_ctxt_switches:")
    return turns, state[:1] in (b"R", b"D")
