"""Engines on each way to wait for sockets, and what they are kept busy with."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from serving import PATIENCE

from fakejobs.server.engine import READ, Engine

NAMES = ("EpollSelector", "KqueueSelector", "DevpollSelector", "PollSelector", "SelectSelector")
KINDS = [name for name in NAMES if hasattr(selectors, name)]
"""The ways that this system has."""


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(PATIENCE)
        theirs.settimeout(0)
        yield ours, theirs


@contextmanager
def watched(engine: Engine, ready: Callable[[int], object]) -> Iterator[socket.socket]:
    """The other end of a socket that is watched."""
    with pair() as (ours, theirs):
        engine.do(lambda: engine.watch(theirs, READ, ready))
        try:
            yield ours
        finally:
            engine.do(lambda: engine.unwatch(theirs))


@contextmanager
def running(engine: Engine) -> Iterator[None]:
    with watched(engine, lambda _: None):
        yield


def fail(failure: BaseException) -> None:
    raise failure


def say_and_wait(said: threading.Event, awaited: threading.Event) -> None:
    said.set()
    assert awaited.wait(PATIENCE)


def engine_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "fakejobs-server"]


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread
