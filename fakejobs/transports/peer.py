"""The fake as the peer of clients that reach it without a socket: a request's bytes go in, an answer comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from fakejobs.app import MAX_BODY
from fakejobs.breaks import Break
from fakejobs.clock import Clock
from fakejobs.errors import UsageError
from fakejobs.server.http_replies import Reply, reply_of
from fakejobs.server.http_requests import HEAD_LIMIT, Request
from fakejobs.server.wsgi_gateway import base_environ, environ_of, response_of
from fakejobs.structs import struct

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

PORTS = {"http": 80, "https": 443}
_BASES = {
    scheme: base_environ(scheme=scheme, server=("127.0.0.1", port), client=("127.0.0.1", 0))
    for scheme, port in PORTS.items()
}

# what the libraries and the server read and write in one way only; whatever else there is goes through their own hands
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_FRAMING = frozenset(("transfer-encoding", "expect", "upgrade"))
_TOKEN, _VALUE = "[A-Za-z0-9!#$%&'*+.^_`|~-]+", "[!-~](?:[ -~]*[!-~])?"
_PLAIN_REQUEST = re.compile(rf"/[!\"$-~]*(?:\n{_TOKEN}: {_VALUE})+")
_PLAIN_REPLY = re.compile(rf"HTTP/1\.1 [2-5][0-9][0-9] {_VALUE}\r\n(?:{_TOKEN}: {_VALUE}\r\n)+\r\n".encode())
_CHUNKED, _LENGTH = b"\r\ntransfer-encoding:", b"\r\ncontent-length:"


@runtime_checkable
class Fake(Protocol):
    """What a transport needs of a fake."""

    @property
    def is_closed(self) -> bool:
        """Whether it answers nobody any more."""

    @property
    def clock(self) -> Clock:
        """The clock of the test."""

    @property
    def app(self) -> WSGIApplication:
        """What answers; where a reply waits, it tells the instant in ``fakejobs.due`` of the environ."""


@struct
class Answer:
    """A reply on its way: ``head`` with its empty line, and ``body``, as they would stand on a wire.

    ``closes`` says that the connection ends with it, ``due`` is the instant at which it leaves (0 is at once),
    ``broken`` what befalls it.
    """

    head: bytes
    body: bytes
    closes: bool
    due: int = 0
    broken: Break | None = None

    @property
    def is_plain(self) -> bool:
        """Whether any client reads it in one way only: it comes at once and whole, and is framed by one length."""
        if self.closes or self.due or self.broken or _PLAIN_REPLY.fullmatch(self.head) is None:
            return False
        lowered = self.head.lower()
        return _CHUNKED not in lowered and lowered.count(_LENGTH) <= 1

    def parts(self) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        """Return the status, the reason phrase and the header fields of a plain head."""
        first, *lines = self.head[:-4].split(b"\r\n")
        fields = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
        return int(first[9:12]), first[13:], fields


def answer_of(reply: Reply, *, due: int = 0, broken: Break | None = None) -> Answer:
    """Return a reply of the server as an answer on its way."""
    head, mark, body = reply.payload.partition(b"\r\n\r\n")
    return Answer(head=head + mark, body=body, closes=reply.closes, due=due, broken=broken)


class Peer:
    """Answers requests for a fake, in the thread that asks; safe in every thread."""

    def __init__(self, fake: Fake) -> None:
        if not isinstance(fake, Fake):
            raise UsageError(
                f"a transport takes a fake, as FakeJobs() or the fixture `fakejobs` is one; found {fake!r}"
            )
        self.clock = fake.clock
        self._fake = fake

    def exchange(
        self, method: str, target: str, fields: Sequence[tuple[str, str]], body: bytes, scheme: str
    ) -> Answer | None:
        """Carry out a request, whose fields have names in small letters; None, and nothing done, unless it is plain.

        `UsageError` if the fake is closed.
        """
        given = dict(fields)
        try:
            text = "\n".join([target, *map(": ".join, fields)])
        except TypeError:  # not all of it is text
            return None
        if (
            method not in _METHODS
            or len(given) < len(fields)
            or not _FRAMING.isdisjoint(given)
            or given.get("content-length", "0") != str(len(body))
            or given.get("connection", "keep-alive") != "keep-alive"
            or len(text) > HEAD_LIMIT // 2
            or len(body) > MAX_BODY
            or _PLAIN_REQUEST.fullmatch(text) is None
        ):
            return None
        request = Request(
            method=method,
            target=target,
            version="1.1",
            headers=tuple(fields),
            body=body,
            is_body_refused=False,
            keeps_alive=True,
            size=len(text),
        )
        return self.answer(request, scheme)

    def answer(self, request: Request, scheme: str) -> Answer:
        """Carry out a request and return what comes of it; what the app raises is the caller's.

        `UsageError` if the fake is closed.
        """
        if self._fake.is_closed:
            raise UsageError(
                f"the fake is closed, and answers no more: {request.method} {request.target} came too late; "
                "end the client first, or make it for each test"
            )
        held: list[object] = []
        breaks: list[Break] = []
        environ = environ_of(request, _BASES[scheme])
        # a reply that waits does so on the client's side, where it is known how long the client is willing to wait
        environ["fakejobs.defer"] = held.append
        environ["fakejobs.break"] = breaks.append
        status, headers, whole = response_of(self._fake.app, environ)
        reply = reply_of(status, headers, whole, method=request.method, keeps_alive=request.keeps_alive)
        due = environ["fakejobs.due"] if held else 0
        return answer_of(reply, due=due, broken=breaks[-1] if breaks else None)


_carried_out: ContextVar[Answer | None] = ContextVar("carried_out", default=None)


@contextmanager
def carried_out(answer: Answer | None) -> Iterator[None]:
    """Say that the request which the calling thread or task sends next has been carried out, and has this answer."""
    before = _carried_out.set(answer)
    try:
        yield
    finally:
        _carried_out.reset(before)


def take_carried_out() -> Answer | None:
    """Return the answer that the request has already, once."""
    answer = _carried_out.get()
    if answer is not None:
        _carried_out.set(None)
    return answer
