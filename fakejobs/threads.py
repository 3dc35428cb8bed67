"""Threads of fakejobs' own, and the CPUs that they run on."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

KNOWS_CPUS = hasattr(os, "sched_setaffinity")
"""Whether this system lets a thread say on which CPUs it runs."""


def background(work: Callable[[], object], name: str) -> Thread:
    """Return a daemon thread, yet to be started, that runs on whatever CPU the process may have.

    Of itself it would run where the thread that starts it does: of a server's, that is but one.
    """

    def run() -> None:
        run_on(None)
        work()

    return Thread(target=run, name=name, daemon=True)


def run_on(cpu: int | None) -> None:
    """Have the calling thread run on one CPU from now on; on any that the process's main thread may have if None.

    So it is too if the main thread may not have that one. Where the system allows none of this, nothing happens.
    """
    if KNOWS_CPUS:
        with suppress(OSError):
            allowed = os.sched_getaffinity(os.getpid())
            os.sched_setaffinity(0, {cpu} if cpu in allowed else allowed)
