"""Connections that end: dropped by a test, closed by a stop, or left by every rude client."""

from __future__ import annotations

import gc
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import EXPECTING, GET, PATIENCE, Client, Deferring, Wire, answer_to, echo, get, serving

from fakejobs.server import Server
from fakejobs.server.connection import Connection, Service


def test_dropped_connections_are_closed_with_their_waiting_replies_and_new_ones_are_taken() -> None:
    app = Deferring()
    with serving(app) as server, Client(server) as idle, Client(server) as waiting:
        idle.ask(GET)
        waiting.send(get("/wait") + get("/behind"))
        go = app.next_go()
        server.drop_connections()
        go()
        assert idle.is_closed()
        assert waiting.is_closed()
        assert answer_to(server, get("/new"))[2] == b"GET /new "
        assert [app.paths.get(timeout=PATIENCE) for _ in range(3)] == ["/", "/wait", "/new"]
    assert server.failures == []


class Busy:
    """A server whose app is kept busy by one request until it is freed; it notes the paths it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        self._entered, self._asked, self._leave = threading.Event(), threading.Event(), threading.Event()
        self.server = Server(self.app)
        self.server.start()
        tell_the_loop = self.server._engine.loop.call_soon_threadsafe

        def telling(*arguments: Any) -> object:
            handle = tell_the_loop(*arguments)
            self._asked.set()
            return handle

        monkeypatch.setattr(self.server._engine.loop, "call_soon_threadsafe", telling)

    def app(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.paths.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/busy":
            self._entered.set()
            assert self._leave.wait(PATIENCE)
        return echo(environ, start_response)

    def keep_busy(self, client: Client) -> None:
        client.send(get("/busy"))
        assert self._entered.wait(PATIENCE)

    def free_after(self, call: Callable[[], None]) -> None:
        """Make ``call`` in a thread, free the app once the loop was told of it, and wait for its return."""
        calling = threading.Thread(target=call)
        calling.start()
        assert self._asked.wait(PATIENCE)
        self._leave.set()
        calling.join(PATIENCE)
        assert not calling.is_alive()


def test_a_request_that_nobody_has_read_yet_is_dropped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busy(monkeypatch)
    with Client(busy.server) as one, Client(busy.server) as known:
        known.ask(get("/known"))
        busy.keep_busy(one)
        with Client(busy.server) as late:
            late.send(get("/late"))
            known.send(get("/late"))
            busy.free_after(busy.server.drop_connections)
            assert late.is_closed()
        assert answer_to(busy.server, get("/new"))[0] == "200 OK"
    busy.server.stop()
    assert busy.paths == ["/known", "/busy", "/new"]


def test_a_client_that_nobody_has_accepted_yet_is_closed_by_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busy(monkeypatch)
    with Client(busy.server) as one:
        busy.keep_busy(one)
        with Client(busy.server) as late:
            late.send(get("/late"))
            busy.free_after(busy.server.stop)
            assert late.is_closed()
    gc.collect()
    assert busy.paths == ["/busy"]


def test_the_request_that_has_connections_dropped_still_gets_its_reply() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/drop":
            server.drop_connections()
        return echo(environ, start_response)

    with serving(app) as server, Client(server) as other, Client(server) as client:
        other.ask(GET)
        client.send(get("/drop") + get("/behind"))
        status, headers, _ = client.reply()
        assert (status, headers["connection"]) == ("200 OK", "close")
        assert client.is_closed()
        assert other.is_closed()
        assert answer_to(server, GET)[0] == "200 OK"
    assert server.failures == []


def test_a_connection_accepted_before_the_drop_and_made_after_it_is_dropped() -> None:
    service = Service(echo, max_body=1, scheme="http")
    wire = Wire(service)
    accepted_before = Connection(service, cast(Any, wire))
    service.drop_connections()
    wire.done.clear()
    accepted_before.connection_made(cast(Any, wire))
    assert wire.done == ["abort"]
    accepted_before.connection_lost(None)
    assert service.connections == {wire.connection}


def leave_at_once(client: Client) -> None:
    client.socket.close()


def end_its_side(client: Client) -> None:
    client.socket.shutdown(socket.SHUT_WR)
    client.is_closed()


def reset(client: Client) -> None:
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


@pytest.mark.parametrize("leave", [leave_at_once, end_its_side, reset])
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HT",
        GET,
        GET * 10,
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf",
        b"nonsense\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        EXPECTING,
    ],
)
def test_a_client_that_leaves_in_any_way_leaves_nothing_behind(
    said: bytes, leave: Callable[[Client], None], capfd: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        for _ in range(5):
            with Client(server) as client:
                client.send(said)
                leave(client)
        assert answer_to(server, GET)[0] == "200 OK"
    assert server.failures == []
    gc.collect()
    assert capfd.readouterr() == ("", "")


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Server]:
    with serving(max_body=100) as server:
        yield server


BITS = [GET, b"POST / HTTP/1.1\r\n", b"Content-Length: 3\r\n", b"\r\n", b"Transfer-Encoding: chunked\r\n", b"3\r\n"]
BITS += [EXPECTING, b"Upgrade: x\r\nConnection: upgrade\r\n", b"Content-Length: 999\r\n", b"0\r\n\r\n"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=20), st.sampled_from(BITS)), max_size=8))
def test_no_bytes_keep_the_server_from_answering_the_next_client(fuzzed: Server, pieces: list[bytes]) -> None:
    with Client(fuzzed) as client:
        try:
            for piece in pieces:
                client.send(piece)
            client.socket.shutdown(socket.SHUT_WR)
            said = b"".join(iter(lambda: client.socket.recv(65536), b""))
        except (ConnectionError, OSError):
            said = b""
    assert said == b"" or said.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 ", b"HTTP/1.1 100 "))
    assert answer_to(fuzzed, GET)[2] == b"GET / "
    assert fuzzed.failures == []
