"""The WSGI application: an environ becomes a request that the dialect reads, an exchange becomes a response."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from fakejobs.breaks import Break
from fakejobs.clock import Clock
from fakejobs.commands import Ask
from fakejobs.dialect.formats import http_date
from fakejobs.errors import UsageError
from fakejobs.exchange import Exchange, exchange, exchange_again
from fakejobs.journal import Entry, Headers, Request, Response
from fakejobs.looking_again import SameLook
from fakejobs.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY = 1 << 20
"""Larger request bodies are refused (bytes)."""

_STATUSES = frozenset(status.value for status in HTTPStatus)


class App:
    """Answers for the world that ``world()`` names at the time; a reset puts another there."""

    def __init__(self, world: Callable[[], World], clock: Clock) -> None:
        self._world = world
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI request.

        A reply that has to wait tells the instant at which it is due in ``environ["fakejobs.due"]``, and is handed to
        the server by ``environ["fakejobs.defer"]``; without such a server the calling thread sleeps on the clock. What
        befalls the connection is told by ``environ["fakejobs.break"]``, with `Clock.reply_after` for the next piece in
        ``fakejobs.after``; a server without the former cannot do it: `UsageError`.
        """
        clock = self._clock
        with clock.request():
            body, is_refused = _body(environ)
            world = self._world()
            with world.lock:
                # the instant is read under the world's lock, so that no reply is older than the job that it shows
                request = _request(environ, body, is_refused)
                real = None if clock.is_driving else time.time_ns() // 1000
                ask = request.ask._replace(at=clock.instant(), real=real, kept=environ.get("fakejobs.same"))
                result = exchange(world, ask)
                connection = environ.get("fakejobs.connection")
                entry = _recorded(world, result, ask.at, request.written, connection)
        if result.look is not None and ask.kept is not None:
            ask.kept["again"] = partial(self._again, result.look, request.written, connection)
        if result.reply.broken is not None:
            self._break(environ, result.reply.broken)
        delay = entry.answered - entry.asked
        if delay:
            environ["fakejobs.due"] = entry.answered  # the instant, for who waits on the client's side
            defer = environ.get("fakejobs.defer")
            if defer is None:
                clock.sleep(delay / 1_000_000)
            else:
                defer(lambda go: clock.reply_after(delay, go))
        response = entry.response
        start_response(_status_line(response.status), list(response.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    def _again(self, look: SameLook, written: Request, connection: int | None) -> tuple[str, Headers, bytes] | None:
        """Return status line, headers and body for a look that comes again; None if it is to be asked in full."""
        clock = self._clock
        with clock.request():
            world = self._world()
            with world.lock:
                now = clock.instant()
                result = exchange_again(world, look, now)
                if result is None:
                    return None
                response = _recorded(world, result, now, written, connection).response
        return _status_line(response.status), response.headers, response.body

    def _break(self, environ: WSGIEnvironment, broken: Break) -> None:
        """Have the server do what befalls the connection."""
        if "fakejobs.break" not in environ:
            raise UsageError(f"this server breaks no connections ({broken}): use the fake's own `url`, or a transport")
        pieces = count()
        reply_after = self._clock.reply_after
        environ["fakejobs.after"] = lambda span, go: reply_after(span, go, is_next=next(pieces) > 0)
        environ["fakejobs.break"](broken)


@lru_cache(maxsize=64)
def _status_line(status: int) -> str:
    phrase = HTTPStatus(status).phrase if status in _STATUSES else "Unknown"
    return f"{status} {phrase}"


class _Request(NamedTuple):
    """A request as the dialect reads it, but for when it was asked, and as the journal has it."""

    ask: Ask
    written: Request


def _request(environ: WSGIEnvironment, body: bytes, is_refused: bool) -> _Request:  # noqa: FBT001 - as `_body`
    """Return a WSGI request, which is read once where the server says that it is the same as the last.

    Every poll comes through here, so the environ is read by hand where Werkzeug's Request would read it four times
    as slowly; what is delicate, a body of unknown length on any server, is Werkzeug's.
    """
    same: dict[str, Any] = environ.get("fakejobs.same", {})
    known: _Request | None = same.get("request")
    if known is not None:
        return known
    headers: dict[str, str] = environ.get("fakejobs.headers") or _headers(environ)
    path = environ.get("PATH_INFO", "")
    query = environ.get("QUERY_STRING")
    host = headers.get("host") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    ask = Ask(
        method=environ["REQUEST_METHOD"],
        path=path if path.isascii() else path.encode("latin-1").decode("utf-8", "replace"),
        query=_query(query) if query else {},
        headers=headers,
        body=body,
        body_refused=is_refused,
        base=f"{environ['wsgi.url_scheme']}://{host}",
    )
    # the target as it came, as far as the server tells
    target: str = environ.get("RAW_URI") or ask.path + (f"?{query}" if query else "")
    written = Request(method=ask.method, target=target, headers=tuple(headers.items()), body=body)
    known = same["request"] = _Request(ask, written)
    return known


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """Return the headers of a request by their lower-case names."""
    headers = {
        _header_of(key): value for key, value in environ.items() if key[:5] == "HTTP_" and isinstance(value, str)
    }
    for key in ("CONTENT_LENGTH", "CONTENT_TYPE"):
        value = environ.get(key)
        if value:
            headers[key.replace("_", "-").lower()] = value
    return headers


@lru_cache(maxsize=256)
def _header_of(key: str) -> str:
    """Return the name of the header that an environ holds under a key."""
    return key[5:].replace("_", "-").lower()


def _query(text: str) -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in parse_qs(text, keep_blank_values=True).items()}


def _body(environ: WSGIEnvironment) -> tuple[bytes, bool]:
    """Return a request's body, and whether it was refused for its size."""
    if environ.get("fakejobs.body_refused"):
        return b"", True
    if not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" not in environ:
        return b"", False
    from werkzeug.exceptions import RequestEntityTooLarge  # noqa: PLC0415 - it takes a while
    from werkzeug.wsgi import get_input_stream  # noqa: PLC0415

    try:
        return get_input_stream(environ, max_content_length=MAX_BODY).read(), False
    except RequestEntityTooLarge:
        return b"", True


def _recorded(world: World, result: Exchange, asked: int, request: Request, connection: int | None) -> Entry:
    """Note in a world, whose lock is held, what came of a request, and return what the journal has of it."""
    reply = result.reply
    answered = asked + reply.delay
    if reply.shows and 200 <= reply.status < 300 and request.method != "HEAD":
        world.shown(reply.shows)
    entry = Entry(
        asked=asked,
        answered=answered,
        request=request,
        response=Response(
            status=reply.status,
            headers=_completed(reply.headers, answered // 1_000_000, len(reply.body)),
            body=reply.body,
        ),
        connection=connection,
        **result.entry,
    )
    world.journal.write(entry)
    return entry


@lru_cache(maxsize=256)
def _completed(headers: Headers, second: int, length: int) -> Headers:
    """Return a reply's headers with those that every reply has; what a fault has set stays."""
    given = [name.lower() for name, _ in headers]
    date = () if "date" in given else (("Date", http_date(second * 1_000_000)),)
    size = () if "content-length" in given else (("Content-Length", str(length)),)
    return (*headers, *date, *size)
