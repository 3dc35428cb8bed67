"""The server's life: one thread with one loop that answers for one WSGI application until it is stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from typing import TYPE_CHECKING

from fakejobs.errors import UsageError
from fakejobs.server.connection import Connection, Service
from fakejobs.server.engine import Engine

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

    What the app raises is answered with 500 and kept in ``failures``. ``engine`` is the thread to run in, with other
    servers; without it the server has one of its own, which ends with it.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        max_body: int = 1 << 20,
        engine: Engine | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._ssl_context = ssl_context
        self._service = Service(app, max_body=max_body, scheme="https" if ssl_context else "http")
        self._lock = threading.Lock()
        self._is_own_engine = engine is None
        self._engine = engine or Engine()
        self._accepting: dict[asyncio.Task[object], socket.socket] = {}
        self._listening: socket.socket | None = None

    @property
    def failures(self) -> list[BaseException]:
        """What the app, or the server itself, has raised so far, each with its traceback."""
        return [*self._service.failures, *self._engine.failures]

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
        """Listen, then serve in the engine's thread; connections are taken from the moment this returns.

        Raises ``UsageError`` if it runs already, or if the address cannot be had.
        """
        with self._lock:
            if self._listening is not None:
                raise UsageError(f"the server runs already, at {self.url}: stop() it first")
            self._listening = _listen(self._host, self._port)
            self._service.address = self._listening.getsockname()[:2]
            # nobody waits for this: the system takes connections already, and they are accepted when it is done
            self._engine.run(self._attend(self._listening))

    def stop(self) -> None:
        """Close the socket and every connection, and wait until nothing is left. May be repeated.

        Raises ``UsageError`` inside the app, whose thread cannot wait for its own end.
        """
        if self._engine.is_here:
            raise UsageError("stop() was called inside the app: call it from the thread that owns the server")
        with self._lock:
            if self._listening is not None:
                self._engine.run(self._end(self._listening)).result()
                self._listening = None
                if self._is_own_engine:
                    self._engine.close()

    def drop_connections(self) -> None:
        """Close every connection now, also those whose reply still waits; new ones are taken as before.

        No request that was sent before meets the app after this has returned, so it waits for an app call
        that is under way: hold no lock that the app needs. Inside the app it does not wait, and the
        request that is being answered still gets its reply.
        """
        if self._engine.is_here:
            self._service.drop_connections()
            return
        with self._lock:
            if self._listening is not None:
                done = threading.Event()
                # at once, before the loop looks again at what clients have sent
                self._engine.loop.call_soon_threadsafe(self._drop, TURNS_TO_ACCEPT, done)
                done.wait()

    async def _attend(self, listening: socket.socket) -> None:
        """Let the loop accept connections."""
        asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        """Take the connections that wait; each becomes a `Connection` in a task of its own."""
        while True:
            try:
                taken, _ = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # too many files are open: who waits may be taken in a later turn
                self._service.failures.append(error)
                return
            task: asyncio.Task[object] = self._engine.loop.create_task(self._connect(taken))
            self._accepting[task] = taken
            task.add_done_callback(self._accepted)

    async def _connect(self, taken: socket.socket) -> None:
        """Make a connection of a socket that was accepted."""
        taken.settimeout(0)
        loop = self._engine.loop
        await loop.connect_accepted_socket(lambda: Connection(self._service, loop), taken, ssl=self._ssl_context)

    def _accepted(self, task: asyncio.Task[object]) -> None:
        """Forget a task that has made its connection, or has not: a client that fails a handshake is its own matter."""
        taken = self._accepting.pop(task)
        if task.cancelled() or task.exception() is not None:
            taken.close()

    async def _end(self, listening: socket.socket) -> None:
        """Leave nothing open."""
        asyncio.get_running_loop().remove_reader(listening)
        for task in tuple(self._accepting):
            task.cancel()
        self._service.drop_connections()
        while self._service.connections or self._accepting:
            await asyncio.sleep(0)
        listening.close()

    def _drop(self, turns: int, done: threading.Event) -> None:
        """Close the connections that are open, now and again after each of ``turns`` turns of the loop."""
        self._service.drop_connections()
        if turns:
            self._engine.loop.call_soon(self._drop, turns - 1, done)
        else:
            done.set()


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
