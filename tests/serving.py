"""Servers, raw clients and apps that the tests of the server have in common."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, cast

from fakejobs.server import Server
from fakejobs.server.connection import Connection
from fakejobs.server.engine import Engine
from fakejobs.server.seat import Seat
from fakejobs.server.service import Service

PATIENCE = 30.0
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
EXPECTING = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    text = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} "
    return [text.encode("latin-1"), environ["wsgi.input"].read()]


class HeldUp:
    """An echo whose thread a request for /busy holds up, until it may go."""

    def __init__(self) -> None:
        self.has_come, self.may_go = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/busy":
            self.has_come.set()
            assert self.may_go.wait(PATIENCE)
        return echo(environ, start_response)


@contextmanager
def serving(app: Any = echo, **options: Any) -> Iterator[Server]:
    server = Server(app, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Client:
    """A raw client that reads one reply at a time; with a context it speaks TLS."""

    def __init__(self, server: Server, context: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(server.address, timeout=PATIENCE)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname=server.address[0])
        self._unread = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(self._unread)
        self._unread += data

    def head(self) -> tuple[str, dict[str, str]]:
        while b"\r\n\r\n" not in self._unread:
            self._more()
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        return status.partition(" ")[2], {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }

    def reply(self) -> tuple[str, dict[str, str], bytes]:
        status, headers = self.head()
        length = int(headers.get("content-length", "0"))
        while len(self._unread) < length:
            self._more()
        body, self._unread = self._unread[:length], self._unread[length:]
        return status, headers, body

    def ask(self, data: bytes) -> tuple[str, dict[str, str], bytes]:
        self.send(data)
        return self.reply()

    def is_closed(self) -> bool:
        """Whether the server ends the connection; waits until it does or says something else."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True


def answer_to(server: Server, data: bytes) -> tuple[str, dict[str, str], bytes]:
    with Client(server) as client:
        return client.ask(data)


def open_descriptors() -> int:
    """The number of open file descriptors, where the system tells; elsewhere 0."""
    for place in (Path("/proc/self/fd"), Path("/dev/fd")):
        if place.is_dir():
            return len(list(place.iterdir()))
    return 0


class Deferring:
    """An app that holds back the reply to each path that begins with /wait, and tells what it saw."""

    def __init__(self) -> None:
        self.paths: Queue[str] = Queue()
        self.goes: Queue[Callable[[], None]] = Queue()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/wait"):
            environ["fakejobs.defer"](self.goes.put)
        self.paths.put(path)
        return echo(environ, start_response)

    def next_go(self) -> Callable[[], None]:
        return self.goes.get(timeout=PATIENCE)


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


class Guests(set[Connection]):
    """The open connections of a server, which can be waited for to come and to leave."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._change = threading.Condition()
        self._came = 0
        server._service.connections = self

    def add(self, connection: Connection) -> None:
        with self._change:
            super().add(connection)
            self._came += 1
            self._change.notify_all()

    def discard(self, connection: object) -> None:
        with self._change:
            super().discard(cast(Connection, connection))
            self._change.notify_all()

    def have_come(self, number: int) -> bool:
        """Whether so many come, while they are waited for."""
        with self._change:
            return self._change.wait_for(lambda: self._came >= number, PATIENCE)

    def are_gone(self, came: int = 1) -> bool:
        """Whether so many come and all leave, while they are waited for."""
        with self._change:
            return self._change.wait_for(lambda: self._came >= came and not self, PATIENCE)


class Door:
    """A lock in the place of an engine's turnstile: it tells who comes, and can hold the engine's thread up.

    ``is_passed`` is set when another thread has come, which the engine's then lets go first. After `hold_up` the
    engine's thread waits before the lock, without it, until `let_in`; ``has_come`` is set when it is there.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._is_open = threading.Event()
        self._is_open.set()
        self.has_come = threading.Event()
        self.is_passed = threading.Event()

    def hold_up(self) -> None:
        self.has_come.clear()
        self._is_open.clear()

    def let_in(self) -> None:
        self._is_open.set()

    def __enter__(self) -> None:
        if self._engine.is_here and not self._is_open.is_set():
            self.has_come.set()
            assert self._is_open.wait(PATIENCE)
        self._lock.acquire()
        if not self._engine.is_here:
            self.is_passed.set()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Wire:
    """A line and an engine in one, which note what is asked of them and do work at once."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.done: list[str] = []
        self.seat = Seat()
        self.connection = Connection(service, cast(Any, self))
        self.connection.connection_made(self, ("", 0))

    def is_closing(self) -> bool:
        return "abort" in self.done

    def write(self, data: bytes) -> None:
        self.done.append(data.decode().rpartition("\r\n\r\n")[2])

    def write_eof(self) -> None:
        self.done.append("eof")

    def pause_reading(self) -> None:
        self.done.append("pause")

    def resume_reading(self) -> None:
        self.done.append("resume")

    def abort(self) -> None:
        self.done.append("abort")

    def close(self) -> None:
        self.done.append("close")

    def soon(self, work: Callable[[], object]) -> None:
        work()
