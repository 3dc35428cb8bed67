"""The doors by which threads and their work are followed: who is started takes part, what is handed over is awaited."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Thread, current_thread
from typing import Any

from fakejobs.clock.driving.crowd import Crowd
from fakejobs.clock.driving.places import Place
from fakejobs.clock.waits import Waits


def doors(crowd: Crowd, waits: Waits) -> Iterator[Place]:
    """The methods that start a thread, and that hand work to one that may have been there before."""
    yield Place(Thread, "start", _start(crowd))
    yield Place(ThreadPoolExecutor, "submit", _submit(crowd, waits))


def _start(crowd: Crowd) -> Callable[[Thread], None]:
    original = Thread.start

    def start(self: Thread) -> None:
        crowd.starts(self, sys._getframe(1))
        original(self)

    return start


def _submit(crowd: Crowd, waits: Waits) -> Callable[..., Future[Any]]:
    original = ThreadPoolExecutor.submit

    def submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        if not crowd.has_member():
            return original(self, fn, *args, **named)
        errand = object()

        def work(*args: Any, **named: Any) -> Any:
            return waits.carry_out_errand(errand, current_thread(), partial(fn, *args, **named))

        waits.hand_over(errand)  # so that no deadline passes while nobody has begun with it
        return original(self, work, *args, **named)

    return submit
