"""Whether anybody who takes part is at work just now, as the system tells: for whom no deadline is to pass meanwhile.

A thread that computes, imports or waits for its turn on a loaded machine stirs nothing that the clock sees, and may do
so for longer than the clock is quiet. Linux tells of each thread how long it ran and whether it would run; where the
system does not tell, the clock's quiet has to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Thread
from time import monotonic

REST = 0.01
"""Real seconds for which a thread that was at work must not have run: longer than it waits for the interpreter."""

LOOK = 0.001
"""Real seconds between the first look and the second, which tells who ran in between."""

BOUND = 10.0
"""Real seconds of work without anything else that stirs, after which the clock goes on all the same."""

Load = tuple[bytes, bool]


class Busy:
    """Looks at some threads while the clock waits for quiet; what they did before that counts for nothing."""

    def __init__(self, threads: Callable[[], Iterable[Thread]], load_of: Callable[[Thread], Load | None]) -> None:
        self._threads = threads
        self._load_of = load_of
        self._stirred = -1.0
        self._loads: dict[Thread, Load] = {}
        self._busy_at = 0.0

    def caution(self, stirred: float) -> float:
        """The real seconds of quiet that are needed since anything last stirred, at ``stirred``."""
        loads = {thread: load for thread in self._threads() if (load := self._load_of(thread)) is not None}
        if not loads:
            return 0.0
        now = monotonic()
        before, self._loads = self._loads, loads
        if self._stirred != stirred:
            self._stirred, self._busy_at = stirred, 0.0
            return now - stirred + LOOK
        if any(load[1] or load != before.get(thread, load) for thread, load in loads.items()):
            self._busy_at = now
        needed = self._busy_at - stirred + REST
        return needed if needed < BOUND else 0.0


def load_of(thread: Thread) -> Load | None:
    """What a thread has run until now, and whether it would run just now; None if the system does not tell."""
    files = f"/proc/self/task/{thread.native_id}"
    try:
        with open(f"{files}/schedstat", "rb", buffering=0) as file:  # noqa: PTH123 - a Path takes three times as long
            ran = file.read(100)
        with open(f"{files}/stat", "rb", buffering=0) as file:  # noqa: PTH123 - likewise
            return ran, file.read(1000).rpartition(b") ")[2].startswith(b"R")
    except OSError:
        return None
