"""The server's life: it answers for one WSGI application, in the thread of its engine, until it is stopped."""

from __future__ import annotations

import os
import socket
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakejobs.errors import UsageError
from fakejobs.server.connection import Connection
from fakejobs.server.engine import READ, Engine
from fakejobs.server.line import End, Line, Transport
from fakejobs.server.service import Service

if TYPE_CHECKING:
    import ssl
    from wsgiref.types import WSGIApplication

BACKLOG = 1024
"""So many connections may wait to be taken, if the system lets them. A client beyond would try again a second later."""

ACCEPTED_AT_ONCE = 2 * BACKLOG
"""No more connections than this are taken to be dropped: more than can wait."""

REST_SECONDS = 0.1
"""How long, in real seconds, none is taken after one could not be."""

PORT_TRIES = 50
_used_ports: set[int] = set()
_used_ports_lock = threading.Lock()


class Server:
    """Serves ``app`` on a socket of its own, called inline in the server's one thread.

    A connection is taken when its client has spoken, or has not for a second; where the system cannot wait for that,
    at once. ``port`` 0 takes a free port that no earlier server of this process had, so that a late request of an
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
        self._listening: socket.socket | None = None
        self._is_short_of_files = False

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

        Raises ``UsageError`` if it runs already, if the address cannot be had, or if the SSL context is a client's.
        """
        with self._lock:
            if self._listening is not None:
                raise UsageError(f"the server runs already, at {self.url}: stop() it first")
            if self._ssl_context is not None:
                from fakejobs.server.tls import ensure_it_serves  # noqa: PLC0415 - few servers need it, and it is slow

                ensure_it_serves(self._ssl_context)
            listening, self._service.address = _listen(self._host, self._port)
            try:
                self._engine.do(lambda: self._attend(listening))
            except BaseException:  # such as no new thread to be had
                self._engine.do(lambda: self._end(listening))
                raise
            self._listening = listening

    def stop(self) -> None:
        """Close the socket and every connection, and wait until nothing is left. May be repeated.

        Raises ``UsageError`` inside the app, whose thread cannot wait for its own end.
        """
        if self._engine.is_here:
            raise UsageError("stop() was called inside the app: call it from the thread that owns the server")
        with self._lock:
            listening, self._listening = self._listening, None
            if listening is not None:
                self._engine.do(lambda: self._end(listening))
                if self._is_own_engine:
                    self._engine.close()

    def drop_connections(self) -> None:
        """Close every connection now on which anything is under way, be it a reply that waits; others stay.

        A client that keeps an idle connection would be right to send its next request on it, and may not be able to
        send it again. Over TLS, where part of a request is nothing that can be seen, every connection is closed.
        New ones are taken as before.
        No request that was sent before meets the app after this has returned, so it waits for an app call that is
        under way: hold no lock that the app needs. Inside the app it does not wait, and the request that is being
        answered still gets its reply.
        """
        listening = self._listening
        if listening is not None:
            self._engine.do(lambda: self._drop(listening))

    def _attend(self, listening: socket.socket) -> None:
        """Let the engine accept connections, unless it was stopped before it could."""
        if listening.fileno() >= 0:
            self._engine.watch(listening, READ, lambda _: self._accept(listening, 1, hears=True))

    def _accept(self, listening: socket.socket, most: int, *, hears: bool = False) -> None:
        """Take so many connections of those that wait; the engine soon sees those that are left.

        It ``hears`` what a client has said by then, where that is asked for.
        """
        for _ in range(most):
            try:
                taken, peer = listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                self._rest(listening, error)
                return
            self._is_short_of_files = False
            self._connect(taken, peer, hears=hears)

    def _rest(self, listening: socket.socket, error: OSError) -> None:
        """Take no connections for a while: there are too many open files, and to try again at once would never end."""
        if listening.fileno() < 0:  # a stop came between the engine's look and this
            return
        if not self._is_short_of_files:
            self._is_short_of_files = True
            self._service.failures.append(error)
        self._engine.unwatch(listening)
        self._engine.later(REST_SECONDS, lambda: self._attend(listening))

    def _connect(self, taken: socket.socket, peer: tuple[str, int], *, hears: bool) -> None:
        """Make a connection of a socket that was accepted."""
        connection = Connection(self._service, self._engine)
        transport: Transport
        try:
            if self._ssl_context is None:
                transport = self._line(taken, connection)
            else:
                transport = self._tls_line(taken, connection, self._ssl_context)
        except OSError:  # the client has gone already, which some systems tell here
            taken.close()
        else:
            connection.connection_made(transport, peer)
            if hears and isinstance(transport, Line):
                transport.hear()

    def _line(self, taken: socket.socket, end: End) -> Line:
        """Return a line over a socket."""
        return Line(self._engine, taken, end, self._service.failures)

    def _tls_line(self, taken: socket.socket, end: End, context: ssl.SSLContext) -> Transport:
        """Return TLS over a socket."""
        from fakejobs.server.tls import TlsLine  # noqa: PLC0415 - likewise

        tls = TlsLine(context, end)
        tls.runs_over(self._line(taken, tls))
        return tls

    def _end(self, listening: socket.socket) -> None:
        """Leave nothing open."""
        self._engine.unwatch(listening)
        self._service.drop_connections()
        listening.close()  # by which the system turns away those that wait

    def _drop(self, listening: socket.socket) -> None:
        """End the connections that are open, or wait to be, but for those that are idle."""
        self._accept(listening, ACCEPTED_AT_ONCE)
        self._service.drop_connections(keeps_idle=True)


def _listen(host: str, port: int) -> tuple[socket.socket, tuple[str, int]]:
    """Return a socket that listens at ``host`` and ``port``, and where; 0 is a port that this process has not used.

    Raises ``UsageError`` with the address and the system's reason.
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"cannot listen at {host}:{port}: a port is a number from 0 to 65535")
    bound: list[socket.socket] = []
    try:
        with _used_ports_lock:
            is_found = False
            while not is_found:
                # those passed over stay bound meanwhile, so that the system does not offer them again
                bound.append(_bind(host, port))
                address = bound[-1].getsockname()[:2]
                is_found = port != 0 or address[1] not in _used_ports or len(bound) == PORT_TRIES
            _used_ports.add(address[1])
        bound[-1].listen(BACKLOG)
        _take_who_speaks(bound[-1])
        return bound.pop(), address
    except OSError as error:
        raise UsageError(f"cannot listen at {host}:{port}: {error}") from error
    finally:
        for unused in bound:
            unused.close()


def _take_who_speaks(listening: socket.socket) -> None:
    """Have the system hand over a connection with its first bytes, or a second later, where it knows how to do that.

    Else the engine's thread would wake for a connection that has nothing to be read, just as its client goes on.
    """
    option = getattr(socket, "TCP_DEFER_ACCEPT", None)
    if option is not None:
        listening.setsockopt(socket.IPPROTO_TCP, option, 1)


@lru_cache(maxsize=16)
def _address_of(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """Return the family and the address of a host's name, which is looked up once."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return family, address


def _bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to ``host`` and ``port`` that never blocks."""
    family, address = _address_of(host, port)
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
