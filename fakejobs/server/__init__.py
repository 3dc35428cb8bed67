"""The server's life: one thread with one loop that answers for one WSGI application until it is stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

from fakejobs.errors import UsageError
from fakejobs.server.connection import Connection, Service

if TYPE_CHECKING:
    import ssl
    from wsgiref.types import WSGIApplication

BACKLOG = 128
PORT_TRIES = 50
TURNS_TO_ACCEPT = 3
"""The loop accepts in one turn, makes the protocol in the next, and hands it its transport in a third.

Only in a later one does it read the connection's first byte.
"""

_used_ports: set[int] = set()
_used_ports_lock = threading.Lock()


class Server:
    """Serves ``app`` on a socket of its own, called inline in the server's one thread.

    ``port`` 0 takes a free port that no earlier server of this process had, so that a late request of an
    earlier test meets nobody. ``ssl_context`` makes it HTTPS. Bodies over ``max_body`` bytes reach the app
    empty, with ``fakejobs.body_refused`` true. In the environ, ``fakejobs.connection`` numbers the connection
    from 1, and ``fakejobs.defer(arrange)`` holds the reply back: once it is complete, ``arrange(go)`` is
    called in the server's thread, and ``go()`` sends it, from any thread.

    What the app raises is answered with 500 and kept in ``failures``.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        max_body: int = 1 << 20,
    ) -> None:
        self._host = host
        self._port = port
        self._ssl_context = ssl_context
        self._service = Service(app, max_body=max_body, scheme="https" if ssl_context else "http")
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._listening: socket.socket
        self._end: asyncio.Future[None]

    @property
    def failures(self) -> list[BaseException]:
        """What the app, or the server itself, has raised so far, each with its traceback."""
        return self._service.failures

    @property
    def address(self) -> tuple[str, int]:
        """The host and port where it listens, or last did; ``UsageError`` before the first start."""
        if not self._service.address[1]:
            raise UsageError("the server has no address yet: call start() first")
        return self._service.address

    @property
    def url(self) -> str:
        """The root of the app, such as ``http://127.0.0.1:54321``, without a slash at its end."""
        host, port = self.address
        return f"{self._service.scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def start(self) -> None:
        """Listen, then serve in a thread; connections are taken from the moment this returns.

        Raises ``UsageError`` if it runs already, or if the address cannot be had.
        """
        with self._lock:
            if self._thread is not None:
                raise UsageError(f"the server runs already, at {self.url}: stop() it first")
            self._listening = _listen(self._host, self._port)
            self._service.address = self._listening.getsockname()[:2]
            self._loop = asyncio.SelectorEventLoop()
            self._loop.set_debug(False)
            self._loop.set_exception_handler(self._keep_failure)
            self._end = self._loop.create_future()
            self._thread = threading.Thread(target=self._run, name="fakejobs-server", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Close the socket and every connection, and wait for the thread; nothing is left. May be repeated.

        Raises ``UsageError`` inside the app, whose thread cannot wait for its own end.
        """
        if self._is_own_thread():
            raise UsageError("stop() was called inside the app: call it from the thread that owns the server")
        with self._lock:
            if self._thread is not None:
                self._loop.call_soon_threadsafe(self._end.set_result, None)
                self._thread.join()
                self._thread = None

    def drop_connections(self) -> None:
        """Close every connection now, also those whose reply still waits; new ones are taken as before.

        No request that was sent before meets the app after this has returned, so it waits for an app call
        that is under way: hold no lock that the app needs. Inside the app it does not wait, and the
        request that is being answered still gets its reply.
        """
        if self._is_own_thread():
            self._service.drop_connections()
            return
        with self._lock:
            if self._thread is not None:
                done = threading.Event()
                self._loop.call_soon_threadsafe(self._drop, TURNS_TO_ACCEPT, done)
                done.wait()

    def _is_own_thread(self) -> bool:
        """Whether the caller is the server's thread, which means that the app calls."""
        return self._thread is threading.current_thread()

    def _run(self) -> None:
        """Be the server's thread."""
        try:
            self._loop.run_until_complete(self._live())
        finally:
            self._loop.close()

    async def _live(self) -> None:
        """Serve until the end is asked for, then leave nothing open."""
        server = await self._loop.create_server(
            lambda: Connection(self._service, self._loop),
            sock=self._listening,
            ssl=self._ssl_context,
            backlog=BACKLOG,
        )
        await self._end
        # asyncio loses a socket that it has accepted when its server is closed before that has a transport:
        # so accept no more, give those a turn to get one, and close the server last
        self._loop.remove_reader(self._listening)
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        self._service.drop_connections()
        while self._service.connections or len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        server.close()

    def _drop(self, turns: int, done: threading.Event) -> None:
        """Close the connections that are open, at once and again after each of ``turns`` turns of the loop."""
        self._service.drop_connections()
        if turns:
            self._loop.call_soon(self._drop, turns - 1, done)
        else:
            done.set()

    def _keep_failure(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep what went wrong in the loop itself, where the tests look, in place of a log."""
        self.failures.append(context.get("exception") or RuntimeError(context["message"]))


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at ``host`` and ``port``; 0 is a port that this process has not used.

    Raises ``UsageError`` with the address and the system's reason.
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"cannot listen at {host}:{port}: a port is a number from 0 to 65535")
    bound: list[socket.socket] = []
    try:
        with _used_ports_lock:
            bound.append(_bind(host, port))
            # those passed over stay bound meanwhile, so that the system does not offer them again
            while port == 0 and _port_of(bound[-1]) in _used_ports and len(bound) < PORT_TRIES:
                bound.append(_bind(host, port))
            _used_ports.add(_port_of(bound[-1]))
        bound[-1].listen(BACKLOG)
        return bound.pop()
    except OSError as error:
        raise UsageError(f"cannot listen at {host}:{port}: {error}") from error
    finally:
        for unused in bound:
            unused.close()


def _port_of(bound: socket.socket) -> int:
    """Return the port that a socket is bound to."""
    return int(bound.getsockname()[1])


def _bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to ``host`` and ``port`` that never blocks."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.settimeout(0)
        # elsewhere this option would let two servers share one port
        if port and os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound
