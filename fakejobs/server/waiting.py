"""Waiting for sockets: by the system's epoll where Python would take that too, else by whatever it would take."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

Ready = Callable[[int], object]
"""What is called when a socket is ready, with ``READ``, ``WRITE`` or both."""


class Waiting(Protocol):
    """The sockets that are watched, and what is called for each."""

    sees_changes: bool
    """Whether what is changed by others while a thread waits is seen by it."""

    def watch(self, what: socket.socket, events: int, ready: Ready) -> None:
        """Wait for these events of a socket, and no others."""

    def unwatch(self, what: socket.socket) -> None:
        """Wait for nothing of a socket any more; it must still be open, and need not be watched."""

    def wait(self, seconds: float | None) -> list[tuple[Ready, int]]:
        """Return what is to be called, with the events, as soon as there is any; so many seconds later, if None."""

    def close(self) -> None:
        """Forget all."""


class Selecting:
    """Waiting as the standard library does."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        # without a file of its own, a selector does not see what changes while it waits
        self.sees_changes = hasattr(self._selector, "fileno")
        self.close = self._selector.close

    def watch(self, what: socket.socket, events: int, ready: Ready) -> None:
        """Wait for these events of a socket, and no others."""
        try:
            self._selector.register(what, events, ready)
        except KeyError:  # it is watched already
            self._selector.modify(what, events, ready)

    def unwatch(self, what: socket.socket) -> None:
        """Wait for nothing of a socket any more."""
        with suppress(KeyError):
            self._selector.unregister(what)

    def wait(self, seconds: float | None) -> list[tuple[Ready, int]]:
        """Return what is to be called, with the events."""
        return [(key.data, events) for key, events in self._selector.select(seconds)]


def waiting() -> Waiting:
    """Return a way to wait for sockets: the best that there is."""
    if selectors.DefaultSelector is getattr(selectors, "EpollSelector", None):
        from fakejobs.server.epoll import Epoll  # noqa: PLC0415 - other systems have none

        return Epoll()
    return Selecting()
