"""What the tests of the transports share: the three clients as one callable, canned fakes, and a wire that breaks."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import requests
from requests.adapters import HTTPAdapter

from fakejobs import FakeJobs, VirtualClock
from fakejobs.breaks import Break
from fakejobs.server.http_replies import reply_of
from fakejobs.transports import AsyncHttpxTransport, HttpxTransport, RequestsAdapter

PATIENCE = 30.0
"""Seconds that nothing is expected to take."""

FIELDS = [("Content-Type", "text/plain"), ("X-Of", "the reply")]
BODY = b"0123456789"
PAYLOAD = reply_of("200 OK", FIELDS, BODY, method="GET", keeps_alive=True).payload
HEAD = PAYLOAD[: -len(BODY)]

LIBRARIES = ("requests", "httpx", "asynchronous httpx")
each_library = pytest.mark.parametrize("library", LIBRARIES)

Seen = tuple[int, str, list[tuple[str, str]], bytes]
"""A reply as a client saw it: status, phrase, headers in order, body."""

Call = Callable[..., Seen]


def seen_by_requests(reply: requests.Response) -> Seen:
    return reply.status_code, reply.reason, list(reply.raw.headers.items()), reply.content


def seen_by_httpx(reply: httpx.Response) -> Seen:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers.raw]
    return reply.status_code, reply.reason_phrase, headers, reply.content


def session_with(adapter: HTTPAdapter) -> requests.Session:
    """A session that knows no other way than an adapter, and nothing of where it runs."""
    session = requests.Session()
    session.trust_env = False
    session.adapters.clear()
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


@contextmanager
def client(library: str, fake: Any = None, change: Callable[[Any], object] = lambda transport: None) -> Iterator[Call]:
    """A client of a library, as ``call(method, url, **options)``; without a fake it goes to the network."""
    if library == "requests":
        adapter = HTTPAdapter() if fake is None else RequestsAdapter(fake)
        change(adapter)
        with session_with(adapter) as session:

            def ask(method: str, url: str, content: Any = None, **options: Any) -> Seen:
                return seen_by_requests(session.request(method, url, **({"data": content} | options)))

            yield ask
    elif library == "httpx":
        transport = httpx.HTTPTransport(verify=False) if fake is None else HttpxTransport(fake)
        change(transport)
        with httpx.Client(transport=transport) as of_httpx:
            yield lambda method, url, **options: seen_by_httpx(of_httpx.request(method, url, **options))
    else:
        yield from _asynchronous(fake, change)


def _asynchronous(fake: Any, change: Callable[[Any], object]) -> Iterator[Call]:
    transport = httpx.AsyncHTTPTransport(verify=False) if fake is None else AsyncHttpxTransport(fake)
    change(transport)
    with asyncio.Runner() as runner:
        of_httpx = httpx.AsyncClient(transport=transport)

        async def ask(method: str, url: str, **options: Any) -> Seen:
            return seen_by_httpx(await of_httpx.request(method, url, **options))

        try:
            yield lambda method, url, **options: runner.run(ask(method, url, **options))
        finally:
            runner.run(of_httpx.aclose())


def only_the_long_way(transport: Any) -> None:
    """Have a transport leave every request to its library."""
    transport._peer.exchange = lambda *_: None


def told(fake: FakeJobs) -> list[list[Any]]:
    """The journal, but for which connection each request came by."""
    fields = [name for name in type(fake.journal[0]).__annotations__ if name != "connection"]
    return [[getattr(entry, name) for name in fields] for entry in fake.journal]


class Canned:
    """A fake of one reply, which notes what it was asked."""

    def __init__(
        self,
        status: str = "200 OK",
        headers: list[tuple[str, str]] = FIELDS,
        body: bytes = BODY,
        broken: Break | None = None,
        delay: int = 0,
    ) -> None:
        self.is_closed = False
        self.clock = VirtualClock()
        self.asked: list[dict[str, Any]] = []
        self._reply = (status, headers, body)
        self._broken = broken
        self._delay = delay

    def app(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        status, headers, body = self._reply
        kept = ("REQUEST_METHOD", "RAW_URI", "QUERY_STRING", "SERVER_PROTOCOL", "wsgi.url_scheme", "CONTENT_LENGTH")
        noted = {key: value for key, value in environ.items() if key in kept or key.startswith("HTTP_")}
        self.asked.append({**noted, "body": environ["wsgi.input"].read()})
        if self._broken is not None:
            environ["fakejobs.break"](self._broken)
        if self._delay:
            environ["fakejobs.due"] = self.clock.instant() + self._delay
            environ["fakejobs.defer"](lambda go: self.clock.call_after(self._delay, go))
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@contextmanager
def breaking_wire(broken: Break) -> Iterator[str]:
    """The URL of a server that breaks every connection in one way, once a request has come."""
    listening = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            taken.append(connection)
            with connection.makefile("rb") as lines:
                while lines.readline() not in (b"\r\n", b""):
                    pass
            _break(connection, broken)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(PATIENCE)
    for connection in taken:
        connection.close()


def _break(connection: socket.socket, broken: Break) -> None:
    whole = broken.undisturbed(HEAD, BODY)
    connection.sendall(whole)
    if broken.kind == "drip":
        for at in range(len(whole), len(PAYLOAD)):
            connection.sendall(PAYLOAD[at : at + 1])
    if broken.kind == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if broken.kind in ("reset", "close"):
        connection.close()
