"""HTTP/1.1 as bytes: requests, read out of the bytes of a connection, however they are cut."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

HEAD_LIMIT = 64 * 1024
"""The bytes that a request's target and headers may take together; more is answered with 431."""


class Request(NamedTuple):
    """One request as it came: ``target`` is raw, text is latin-1, ``body`` is whole and without its chunking.

    ``is_body_refused`` says that the body is longer than the reader allows; ``body`` is then empty.
    """

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_body_refused: bool
    keeps_alive: bool
    size: int


class Unreadable(NamedTuple):
    """Bytes that are no request: the status line to answer them with, and what could not be read."""

    status: str
    reason: str
    size: int = 0


class RequestReader:
    """Turns the bytes of one connection into requests, in bounded memory, however the bytes are cut.

    ``wants_continue``: the client waits for 100 before it sends its body. ``is_finished``: no later byte is
    read, because the last request ends the connection or cannot be read. ``is_amid_request``: bytes of a
    request that has begun are still to come.
    """

    # what is so with every reader at first costs nothing to say here
    wants_continue = False
    is_finished = False
    is_amid_request = False
    _refusal: Unreadable | None = None
    _unfinished_head = 0
    _last: tuple[bytes, Request | Unreadable] | None = None
    _replayed: list[tuple[str, str]] | None = None
    _is_in_head = True

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        self._read: list[Request | Unreadable] = []
        self._parser = HttpRequestParser(self)

    def feed(self, data: bytes) -> list[Request | Unreadable]:
        """Return what became complete with ``data``, in order; an ``Unreadable`` is always the last."""
        is_between = self._is_between()
        if is_between and self._last is not None and self._last[0] == data:
            return [self._last[1]]  # who polls sends the same bytes each time
        for start in range(0, len(data), HEAD_LIMIT):
            if not self.is_finished:
                self._feed_piece(data[start : start + HEAD_LIMIT])
        read, self._read = self._read, []
        is_whole = is_between and self._is_between() and len(read) == 1
        self._last = (data, read[0]) if is_whole else None
        return read

    def close(self) -> None:
        """Read nothing more, and let go of the parser, which holds this: the two are gone at once."""
        del self._parser

    def _is_between(self) -> bool:
        """Whether the next byte begins a request."""
        return not (self.is_amid_request or self.is_finished)

    def _feed_piece(self, piece: bytes) -> None:
        """Parse at most ``HEAD_LIMIT`` bytes, so that a head that never ends is noticed soon enough."""
        self._has_begun_now = False
        try:
            self._parser.feed_data(piece)
        except HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(piece[upgrade.args[0] :])
        except HttpParserError as error:
            if not self.is_finished:
                part = "head" if self._is_in_head else "body"
                reason = f"{error} (in the {part} of the request)"
                self._give_up(self._refusal or Unreadable(status="400 Bad Request", reason=reason))
        else:
            if self.is_amid_request and self._is_in_head and not self._has_begun_now:
                self._unfinished_head += len(piece)
                if self._unfinished_head > HEAD_LIMIT:
                    self._give_up(_TOO_LONG)

    def _give_up(self, unreadable: Unreadable) -> None:
        """End the reading: after bytes that make no sense nobody knows where the next request begins."""
        self._read.append(unreadable)
        self.is_finished = True
        self.is_amid_request = True
        self.wants_continue = False

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Read the head again without its Upgrade field: the parser takes no body after one that has it."""
        if self.is_finished:
            return
        self._replayed = self._headers
        kept = [f"{name}: {value}" for name, value in self._headers if name.lower() != "upgrade"]
        method = self._parser.get_method().decode("latin-1")
        first = f"{method} {self._target.decode('latin-1')} HTTP/{self._parser.get_http_version()}"
        self._parser = HttpRequestParser(self)
        self._feed_piece("\r\n".join([first, *kept, "\r\n"]).encode("latin-1") + rest)

    def _begin(self) -> None:
        """Forget the last request, so that nothing of it (such as its trailers) reaches the next."""
        self._target = b""
        self._fields: list[tuple[bytes, bytes | None]] = []
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self._head_size = 0
        self._is_in_head = True
        self._is_body_refused = False
        self._expects_continue = False
        self._announced_length = 0

    def on_message_begin(self) -> None:
        """A request begins, which stops the parser if no other was to come."""
        if self.is_finished:
            raise ValueError("a request after the last")
        self._begin()
        self._unfinished_head = 0
        self._has_begun_now = True
        self.is_amid_request = True

    def on_url(self, part: bytes) -> None:
        """The target, or the next part of it."""
        self._target += part
        self._head_size += len(part)

    def on_header(self, name: bytes, value: bytes | None) -> None:
        """One header field; those after the body (trailers) are let go."""
        if self._is_in_head:
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole: judge it before its body comes."""
        self._read_fields()
        version = self._parser.get_http_version()
        if self._head_size > HEAD_LIMIT:
            self._refusal = _TOO_LONG
        elif version not in ("1.0", "1.1"):
            reason = f"the version is HTTP/{version}, where HTTP/1.0 or HTTP/1.1 would be right"
            self._refusal = Unreadable(status="400 Bad Request", reason=reason)
        if self._refusal is not None:
            raise ValueError(self._refusal.reason)
        if self._parser.should_upgrade():
            return
        self._is_in_head = False
        if self._replayed:
            self._headers, self._replayed = self._replayed, None
        if self._announced_length > self._max_body:
            self._refuse_body()
        else:
            self.wants_continue = self._expects_continue and version == "1.1"

    def _read_fields(self) -> None:
        """Make text of the header fields, and note what the reading itself has to know of them."""
        for name, raw in self._fields:
            field = _field(name, raw)
            self._head_size += field.size
            self._headers.append(field.text)
            if field.is_noted:
                self._note(*field.text)

    def _note(self, name: str, value: str) -> None:
        if name.lower() == "expect":
            self._expects_continue = value.lower() == "100-continue"
        else:
            self._announced_length = int(value)

    def on_body(self, part: bytes) -> None:
        """The body, or the next part of it, without its chunking."""
        self.wants_continue = False
        if self._is_body_refused:
            return
        self._body += part
        if len(self._body) > self._max_body:
            self._refuse_body()

    def on_message_complete(self) -> None:
        """The request is whole, and delivered unless it already was because of its long body."""
        if self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT":
            return
        self.is_amid_request = False
        self.wants_continue = False
        if not self._is_body_refused:
            self._deliver()

    def _refuse_body(self) -> None:
        """Deliver the request now: its body may be endless, and what comes of it is let go."""
        self._is_body_refused = True
        self._body = bytearray()
        self._deliver()

    def _deliver(self) -> None:
        """Put the request among those read."""
        method = self._parser.get_method()
        version = self._parser.get_http_version()
        keeps_alive = (
            version == "1.1" and self._parser.should_keep_alive() and method != b"CONNECT" and not self._is_body_refused
        )
        request = Request(
            method=method.decode("latin-1"),
            target=self._target.decode("latin-1"),
            version=version,
            headers=tuple(self._headers),
            body=bytes(self._body),
            is_body_refused=self._is_body_refused,
            keeps_alive=keeps_alive,
            size=self._head_size + len(self._body),
        )
        self._body = bytearray()
        self._read.append(request)
        self.is_finished = not keeps_alive


class _Field(NamedTuple):
    """A header field as text, the bytes that it took, and whether the reading itself has to know of it."""

    text: tuple[str, str]
    size: int
    is_noted: bool


@lru_cache(maxsize=128)
def _field(name: bytes, raw: bytes | None) -> _Field:
    """Return a header field as the parser has it: clients send most of theirs again with each request."""
    # the parser leaves the space after a value, which is no part of it
    value = raw.rstrip(b" \t") if raw else b""
    text = (name.decode("latin-1"), value.decode("latin-1"))
    return _Field(text, len(name) + len(value) + 4, name.lower() in (b"content-length", b"expect"))


_TOO_LONG = Unreadable(
    status="431 Request Header Fields Too Large",
    reason=f"its target and headers take more than {HEAD_LIMIT} bytes",
)
