"""A connection in memory, for what only a client library's own reading and writing can tell: the long way.

A wire takes the bytes that a library sends and gives those that it reads, when they are due on the test's clock, or
what befalls the connection; what the client makes of that is the library's own.
"""

from __future__ import annotations

import errno
import os
from asyncio import sleep as really_asleep

from fakejobs.app import MAX_BODY
from fakejobs.breaks import Kind
from fakejobs.errors import UsageError
from fakejobs.server.http_replies import CONTINUE, reply_of
from fakejobs.server.http_requests import Request, RequestReader, Unreadable
from fakejobs.transports.peer import Answer, Peer, answer_of, take_carried_out

SECOND = 1_000_000
NOTHING = memoryview(b"")


class Wire:
    """One connection of a client to the fake; one thread or task uses it at a time.

    ``scheme`` is what the client believes to speak.
    """

    def __init__(self, peer: Peer, scheme: str) -> None:
        self.scheme = scheme
        self._peer = peer
        self._reader = RequestReader(MAX_BODY)
        self._whole = NOTHING
        self._dripping = NOTHING
        self._every = 0
        self._due = 0
        self._ending: Kind | None = None
        self._silence = "the request is not whole, so that no reply comes"

    @property
    def has_ended(self) -> bool:
        """Whether the fake has ended the connection, and nothing is left to be read."""
        return not (self._whole or self._dripping) and self._ending in ("close", "reset")

    def send(self, data: bytes) -> None:
        """Take what the client sends, and have the fake answer each request that is whole with it."""
        for read in self._reader.feed(data):
            if isinstance(read, Unreadable):
                self._take(_refusal(read))
            else:
                self._answer(read)
        if self._reader.wants_continue:
            self._reader.wants_continue = False
            self._whole = memoryview(CONTINUE)

    def _answer(self, request: Request) -> None:
        """Have the fake answer a request, unless it was answered on another way."""
        answer = take_carried_out() or self._peer.answer(request, self.scheme)
        self._silence = f"the reply to {request.method} {request.target} never comes, as a fault of the scenario has it"
        self._take(answer)

    def _take(self, answer: Answer) -> None:
        """Note what is to come: some bytes as they are, some one by one, and then perhaps an end."""
        reply, broken = answer.head + answer.body, answer.broken
        whole = reply if broken is None else broken.undisturbed(answer.head, answer.body)
        self._whole = memoryview(bytes(self._whole) + whole)
        self._due = answer.due or self._peer.clock.instant()
        self._ending = "close" if answer.closes else None
        if broken is not None and broken.kind == "drip":
            self._dripping, self._every = memoryview(reply)[len(whole) :], broken.every
        elif broken is not None:
            self._ending = broken.kind

    def receive(self, limit: int, timeout: float | None) -> bytes:
        """Return what the client reads next, at most ``limit`` bytes; it sleeps on the clock until it comes.

        No bytes are the end of the connection. TimeoutError after ``timeout`` seconds without any; what comes at the
        very instant is in time. ConnectionResetError. `UsageError` if nothing ever comes and there is no timeout.
        """
        wait, what = self._next(limit, timeout)
        if wait:
            self._peer.clock.sleep(wait / SECOND)
        return _bytes_or_raise(what)

    async def areceive(self, limit: int, timeout: float | None) -> bytes:
        """Return what the client reads next, as `receive` does; the loop turns at least once."""
        wait, what = self._next(limit, timeout)
        await (self._peer.clock.asleep(wait / SECOND) if wait else really_asleep(0))
        return _bytes_or_raise(what)

    def _next(self, limit: int, timeout: float | None) -> tuple[int, bytes | OSError]:
        """Return how many microseconds the client has to wait, and what it gets then."""
        due = self._due + (self._every if self._dripping and not self._whole else 0)
        wait = max(0, due - self._peer.clock.instant())
        is_silent = not (self._whole or self._dripping) and self._ending in (None, "never")
        if timeout is None:
            if is_silent:
                raise UsageError(f"{self._silence}, and the client would wait for it for ever: give it a read timeout")
        elif is_silent or wait > round(timeout * SECOND):
            return round(timeout * SECOND), TimeoutError("timed out")
        self._due = due
        if self._whole:
            data, self._whole = bytes(self._whole[:limit]), self._whole[limit:]
            return wait, data
        if self._dripping:
            data, self._dripping = bytes(self._dripping[:1]), self._dripping[1:]
            return wait, data
        if self._ending == "reset":
            return wait, ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        return wait, b""


def _bytes_or_raise(what: bytes | OSError) -> bytes:
    """Return bytes, or raise what came in their place."""
    if isinstance(what, OSError):
        raise what
    return what


def _refusal(unreadable: Unreadable) -> Answer:
    """Return the answer to bytes that are no request, in the server's words."""
    body = f"This is no request that can be read: {unreadable.reason}.\n".encode("utf-8", "backslashreplace")
    fields = [("Content-Type", "text/plain; charset=utf-8")]
    return answer_of(reply_of(unreadable.status, fields, body, method="GET", keeps_alive=False))
