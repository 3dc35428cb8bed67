"""Threads of fakejobs' own, and the CPUs that they run on."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from os import getpid
from threading import Thread

# a test may put its own in their place, which is for the code under test
_allowed = getattr(os, "sched_getaffinity", None)
_restrict = getattr(os, "sched_setaffinity", None)

KNOWS_CPUS = _restrict is not None
"""Whether this system lets a thread say on which CPUs it runs."""


def background(work: Callable[[], object], name: str) -> Thread:
    """Return a daemon thread, yet to be started, that runs on whatever CPU the process may have.

    Of itself it would run where the thread that starts it does: of a server's, that may be but one.
    """

    def run() -> None:
        run_on(None)
        work()

    return Thread(target=run, name=name, daemon=True)


def run_on(cpu: int | None) -> None:
    """Have the calling thread run on one CPU from now on; on any that the process's main thread may have if None.

    So it is too if the main thread may not have that one. Where the system allows none of this, nothing happens.
    """
    if _allowed is not None and _restrict is not None:
        with suppress(OSError):
            allowed = _allowed(getpid())
            _restrict(0, {cpu} if cpu in allowed else allowed)
