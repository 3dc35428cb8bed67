"""The WSGI application: an environ becomes a request that the dialect reads, an exchange becomes a response."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wsgi import get_input_stream

from fakejobs.clock import Clock
from fakejobs.commands import Ask, Reply
from fakejobs.dialect.formats import http_date
from fakejobs.exchange import exchange
from fakejobs.journal import Entry, Request, Response
from fakejobs.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY = 1 << 20
"""Larger request bodies are refused (bytes)."""


class App:
    """Answers for the world that ``world()`` names at the time; a reset puts another there."""

    def __init__(self, world: Callable[[], World], clock: Clock) -> None:
        self._world = world
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI request.

        A reply that has to wait is handed to the server, which calls ``environ["fakejobs.defer"]``; without such a
        server the calling thread sleeps on the clock.
        """
        clock = self._clock
        with clock.request() as now:
            ask = _ask(environ, now)
            reply = _recorded(self._world(), ask, environ)
        if reply.delay:
            defer = environ.get("fakejobs.defer")
            if defer is None:
                clock.sleep(reply.delay / 1_000_000)
            else:
                defer(lambda go: clock.call_after(reply.delay, go))
        start_response(f"{reply.status} {HTTP_STATUS_CODES.get(reply.status, 'Unknown')}", list(reply.headers))
        return [] if ask.method == "HEAD" else [reply.body]


def _ask(environ: WSGIEnvironment, now: int) -> Ask:
    """Return a WSGI request as the dialect reads it.

    Every poll comes through here, so the environ is read by hand where Werkzeug's Request would read it four times
    as slowly; what is delicate, a body of unknown length on any server, is Werkzeug's.
    """
    headers = {
        key[5:].replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_") and isinstance(value, str)
    }
    length = environ.get("CONTENT_LENGTH")
    if length:
        headers["content-length"] = length
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    body, is_refused = _body(environ) if length or "transfer-encoding" in headers else (b"", False)
    path = environ.get("PATH_INFO", "")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    host = headers.get("host") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return Ask(
        method=environ["REQUEST_METHOD"],
        path=path if path.isascii() else path.encode("latin-1").decode("utf-8", "replace"),
        query={name: tuple(values) for name, values in query.items()},
        headers=headers,
        body=body,
        body_refused=is_refused,
        at=now,
        real=time.time_ns() // 1000,
        base=f"{environ['wsgi.url_scheme']}://{host}",
    )


def _body(environ: WSGIEnvironment) -> tuple[bytes, bool]:
    """Return a request's body, and whether it was refused for its size."""
    if environ.get("fakejobs.body_refused"):
        return b"", True
    try:
        return get_input_stream(environ, max_content_length=MAX_BODY).read(), False
    except RequestEntityTooLarge:
        return b"", True


def _target(environ: WSGIEnvironment, ask: Ask) -> str:
    """Return the request's target as it came, as far as the server tells."""
    raw: str | None = environ.get("RAW_URI")
    query = environ.get("QUERY_STRING")
    return raw or ask.path + (f"?{query}" if query else "")


def _recorded(world: World, ask: Ask, environ: WSGIEnvironment) -> Reply:
    """Answer a request in a world, and write it into that world's journal."""
    request = Request(
        method=ask.method, target=_target(environ, ask), headers=tuple(ask.headers.items()), body=ask.body
    )
    with world.lock:
        result = exchange(world, ask)
        reply = _dated(result.reply, ask.at)
        if result.shown and 200 <= reply.status < 300:
            world.shown(result.shown)
        world.journal.write(
            Entry(
                asked=ask.at,
                answered=ask.at + reply.delay,
                request=request,
                response=Response(status=reply.status, headers=reply.headers, body=reply.body),
                connection=environ.get("fakejobs.connection"),
                **result.entry,
            )
        )
    return reply


def _dated(reply: Reply, now: int) -> Reply:
    """Return a reply with the headers that every reply has; those that a fault has set stay."""
    given = [name.lower() for name, _ in reply.headers]
    headers = reply.headers
    if "date" not in given:
        headers = (*headers, ("Date", http_date(now + reply.delay)))
    if "content-length" not in given:
        headers = (*headers, ("Content-Length", str(len(reply.body))))
    return Reply(status=reply.status, headers=headers, body=reply.body, delay=reply.delay)
