"""Waiting by epoll, without the keys that the standard library makes for each socket and each event."""

from __future__ import annotations

import select
import socket

from fakejobs.server.waiting import READ, WRITE, Ready

_EVENTS = {select.EPOLLIN: READ, select.EPOLLOUT: WRITE}


class Epoll:
    """The sockets that are watched, and what is called for each."""

    sees_changes = True

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._watched: dict[int, tuple[int, Ready]] = {}
        self.close = self._poll.close

    def watch(self, what: socket.socket, events: int, ready: Ready) -> None:
        """Wait for these events of a socket, and no others."""
        number = what.fileno()
        enter = self._poll.modify if number in self._watched else self._poll.register
        enter(number, (select.EPOLLIN if events & READ else 0) | (select.EPOLLOUT if events & WRITE else 0))
        self._watched[number] = (events, ready)

    def unwatch(self, what: socket.socket) -> None:
        """Wait for nothing of a socket any more."""
        if self._watched.pop(what.fileno(), None) is not None:
            self._poll.unregister(what)

    def wait(self, seconds: float | None) -> list[tuple[Ready, int]]:
        """Return what is to be called, with the events; an error or an end is both of them."""
        found = []
        for number, event in self._poll.poll(seconds):
            watched = self._watched.get(number)
            if watched is not None:  # else another thread has unwatched it a moment ago
                found.append((watched[1], watched[0] & _EVENTS.get(event, READ | WRITE)))
        return found
