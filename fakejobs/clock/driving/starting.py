"""The doors by which threads and their work are followed: who is started takes part, what is handed over is awaited."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures.thread import _WorkItem
from threading import Thread
from typing import Any
from weakref import WeakSet

from fakejobs.clock.driving.crowd import Crowd
from fakejobs.clock.driving.places import Place
from fakejobs.clock.waits import Waits

Errand = _WorkItem[Any]


def doors(crowd: Crowd, waits: Waits) -> Iterator[Place]:
    """The methods that start a thread, and that hand work to one of a pool, which may have been there before."""
    yield Place(Thread, "start", _start(crowd))
    handed_over: WeakSet[Errand] = WeakSet()
    yield Place(_WorkItem, "__init__", _hand_over(crowd, waits, handed_over))
    yield Place(_WorkItem, "run", _run(waits, handed_over))


def _start(crowd: Crowd) -> Callable[[Thread], None]:
    original = Thread.start

    def start(self: Thread) -> None:
        crowd.starts(self, sys._getframe(1))
        original(self)

    return start


def _hand_over(crowd: Crowd, waits: Waits, handed_over: WeakSet[Errand]) -> Callable[..., None]:
    original = _WorkItem.__init__

    def __init__(self: Errand, *args: Any) -> None:  # noqa: N807 - it stands in for one
        original(self, *args)
        if crowd.has_member():
            handed_over.add(self)
            waits.hand_over(self)  # so that no deadline passes while nobody has begun with it

    return __init__


def _run(waits: Waits, handed_over: WeakSet[Errand]) -> Callable[..., None]:
    """It is done only when whoever waits for its outcome was told."""
    original = _WorkItem.run

    def run(self: Errand, *args: Any) -> None:
        if self not in handed_over:
            original(self, *args)
            return
        waits.take_up(self)
        try:
            original(self, *args)
        finally:
            waits.has_done(self)

    return run
