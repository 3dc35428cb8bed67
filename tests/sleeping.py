"""What the tests of the clocks share: threads that sleep, and a way to wait until they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from fakejobs.clock import SystemClock, VirtualClock

PATIENCE = 30.0
"""Real seconds after which a test gives up: only a clock that hangs takes that long."""

NEVER = 60.0
"""A ``settle`` so long that within a test the clock does not move by itself."""


def started(work: Callable[[], object]) -> Thread:
    """A thread that does the work."""
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def join_all(*threads: Thread) -> None:
    """Waits until the threads have ended."""
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def await_sleepers(clock: VirtualClock | SystemClock, count: int) -> None:
    """Waits until so many sleep on the clock."""
    tick = Event()
    for _ in range(int(PATIENCE / 0.001)):
        if clock.sleeping >= count:
            return
        tick.wait(0.001)
    raise AssertionError(f"{clock.sleeping} sleep, not {count}")


@contextmanager
def bystander() -> Iterator[None]:
    """A thread that the clock does not know, and that might sleep at any moment, but does not."""
    done = Event()
    thread = started(lambda: done.wait(PATIENCE))
    try:
        yield
    finally:
        done.set()
        join_all(thread)
