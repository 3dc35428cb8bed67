"""httpx without a socket: transports that have the fake answer, and leave the rest to httpcore."""

from __future__ import annotations

import ssl
from asyncio import sleep as really_asleep
from functools import lru_cache
from typing import Any, NoReturn

import httpcore
import httpx

from fakejobs.errors import UsageError
from fakejobs.transports.peer import PORTS, Answer, Fake, Peer, carried_out
from fakejobs.transports.wire import Wire


class HttpxTransport(httpx.HTTPTransport):
    """What a client of httpx takes to reach a fake without a socket, in the calling thread.

    ``httpx.Client(transport=HttpxTransport(fake), base_url="http://fake")``: any host will do, ``https`` too; what
    stands in the request's own URL is the base of the links in replies. Replies wait on the test's clock: one that
    takes longer than the read timeout raises ReadTimeout at once, with the clock moved by the timeout. `UsageError`
    once the fake is closed, and for a reply that never comes to a client that has no timeout.
    """

    def __init__(self, fake: Fake) -> None:
        # httpx's own would make a pool that reads certificates and opens sockets, in place of this one
        self._peer = Peer(fake)
        self._pool = httpcore.ConnectionPool(ssl_context=_unused(), network_backend=_Backend(self._peer))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response.

        What is plain is answered at once; whatever waits, breaks or is written in an unusual way goes through httpcore,
        which makes of it what it would make of the like on a socket.
        """
        answer = _exchange(self._peer, request)
        if answer is not None and answer.is_plain:
            return _response(answer)
        with carried_out(answer):
            return super().handle_request(request)

    async def __aenter__(self) -> NoReturn:
        """Refuse: UsageError."""
        _refuse_client("AsyncClient", "AsyncHttpxTransport")

    async def handle_async_request(self, _: httpx.Request) -> NoReturn:
        """Refuse: UsageError."""
        _refuse_client("AsyncClient", "AsyncHttpxTransport")


class AsyncHttpxTransport(httpx.AsyncHTTPTransport):
    """What an asynchronous client of httpx takes to reach a fake without a socket, in the running loop of asyncio.

    It does as `HttpxTransport` does; while a reply waits, the loop goes on.
    """

    def __init__(self, fake: Fake) -> None:
        self._peer = Peer(fake)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=_unused(), network_backend=_AsyncBackend(self._peer))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, in the two ways that `HttpxTransport` has."""
        answer = _exchange(self._peer, request)
        if answer is not None and answer.is_plain:
            await really_asleep(0)  # a client that asks without a pause lets the others have their turn, as on a socket
            return _response(answer)
        with carried_out(answer):
            return await super().handle_async_request(request)

    def __enter__(self) -> NoReturn:
        """Refuse: UsageError."""
        _refuse_client("Client", "HttpxTransport")

    def handle_request(self, _: httpx.Request) -> NoReturn:
        """Refuse: UsageError."""
        _refuse_client("Client", "HttpxTransport")


def _refuse_client(client: str, right: str) -> NoReturn:
    raise UsageError(f"this transport is not for httpx.{client}, which takes {right}(fake)")


def _exchange(peer: Peer, request: httpx.Request) -> Answer | None:
    """Have the fake answer a request that h11 would write in no other way; else None, and nothing done."""
    fields = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw]
    if (
        not isinstance(request.stream, httpx.ByteStream)
        or not request.extensions.keys() <= {"timeout"}
        or request.url.scheme not in PORTS
        or fields[0][0] != "host"
    ):
        return None
    target = request.url.raw_path.decode("latin-1")
    return peer.exchange(request.method, target, fields, request.content, request.url.scheme)


def _response(answer: Answer) -> httpx.Response:
    """Return a plain answer as a response."""
    status, reason, fields = answer.parts()
    return httpx.Response(
        status_code=status,
        headers=fields,
        stream=httpx.ByteStream(answer.body),
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason},
    )


@lru_cache
def _unused() -> ssl.SSLContext:
    """Return what httpcore wants to have for https; without it, it would read all the system's certificates."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


# ---------------------------------------------------------------------- httpcore's own way


class _Stream(httpcore.NetworkStream):
    """A wire as httpcore reads and writes it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what comes next."""
        try:
            return self._wire.receive(max_bytes, timeout)
        except OSError as error:
            raise _error(error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - nothing waits to be sent
        """Send bytes."""
        self._wire.send(buffer)

    def close(self) -> None:
        """Do nothing: what comes late goes nowhere."""

    def start_tls(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Speak https from here on, with nobody to hide it from."""
        self._wire.scheme = "https"
        return self

    def get_extra_info(self, info: str) -> Any:
        """Return whether a read would return at once; nothing else is known of a wire."""
        return self._wire.has_ended if info == "is_readable" else None


class _Backend(httpcore.NetworkBackend):
    """Connects to the fake, whatever the host."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def connect_tcp(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Return a new wire."""
        return _Stream(Wire(self._peer, "http"))


class _AsyncStream(httpcore.AsyncNetworkStream):
    """A wire as httpcore reads and writes it in a loop."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what comes next."""
        try:
            return await self._wire.areceive(max_bytes, timeout)
        except OSError as error:
            raise _error(error) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - nothing waits
        """Send bytes."""
        self._wire.send(buffer)

    async def aclose(self) -> None:
        """Do nothing: what comes late goes nowhere."""

    async def start_tls(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Speak https from here on, with nobody to hide it from."""
        self._wire.scheme = "https"
        return self

    def get_extra_info(self, info: str) -> Any:
        """Return whether a read would return at once; nothing else is known of a wire."""
        return self._wire.has_ended if info == "is_readable" else None


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connects to the fake in a loop, whatever the host."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def connect_tcp(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Return a new wire."""
        return _AsyncStream(Wire(self._peer, "http"))


def _error(error: OSError) -> Exception:
    """Return httpcore's own error for one of a socket."""
    return (httpcore.ReadTimeout if isinstance(error, TimeoutError) else httpcore.ReadError)(error)
