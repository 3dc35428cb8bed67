"""Clients that leave in any moment, never read or talk nonsense: none of them does any harm."""

from __future__ import annotations

import gc
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import EXPECTING, GET, PATIENCE, Client, Guests, HeldUp, answer_to, echo, get, serving

from fakejobs.breaks import Break
from fakejobs.server import Server
from fakejobs.server.connection import QUEUE_LIMIT
from fakejobs.server.engine import BUFFER_SIZE
from fakejobs.server.line import HIGH_WATER, Line


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


def big(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with 3 MB at /big."""
    start_response("200 OK", [])
    return [b"a" * 3_000_000 if environ["PATH_INFO"] == "/big" else b"small"]


def test_a_client_that_asks_on_and_never_reads_is_made_to_wait_and_keeps_nothing_of_the_rest() -> None:
    asked = 0

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        nonlocal asked
        asked += 1
        start_response("200 OK", [])
        return [b"a" * 1_000_000]

    with serving(app, max_body=100_000) as server, Client(server) as client:
        client.ask(GET)
        (connection,) = server._service.connections
        line = cast(Line, connection._transport)
        client.socket.setblocking(False)
        # the system takes what the server does not read, up to its own limit
        while not server._engine.do(lambda: line._is_paused):
            with suppress(BlockingIOError):
                client.socket.send(GET * 500)
        assert len(connection._queue) <= QUEUE_LIMIT + BUFFER_SIZE // len(GET)
        assert HIGH_WATER < len(line._unsent) <= HIGH_WATER + 1_001_000
        before = asked
        assert answer_to(server, GET)[0] == "200 OK"
        assert asked == before + 1
        server.drop_connections()
    assert server.failures == []


def test_a_client_that_never_reads_its_last_reply_is_let_go_by_the_stop() -> None:
    with serving(big) as server:
        guests = Guests(server)
        with Client(server) as client:
            client.send(b"GET /big HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert client.head()[0] == "200 OK"
            server.stop()
            assert not guests
    assert server.failures == []


@pytest.mark.parametrize("moment", ["idle", "amid a reply", "after the last", "amid a request", "amid a refused body"])
def test_a_client_that_resets_its_connection_in_any_moment_is_forgotten(moment: str) -> None:
    said = {
        "idle": b"",
        "amid a reply": get("/big") * 3,
        "after the last": b"GET /big HTTP/1.1\r\nConnection: close\r\n\r\n",
        "amid a request": b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf",
        "amid a refused body": b"POST /big HTTP/1.1\r\nContent-Length: 999\r\n\r\nhalf",
    }[moment]
    with serving(big, max_body=100) as server:
        guests = Guests(server)
        for turn in range(1, 4):
            with Client(server) as client:
                client.ask(GET)
                client.send(said)
                if b"/big" in said:
                    client.head()
                reset(client)
            assert guests.are_gone(turn)
        assert answer_to(server, GET)[0] == "200 OK"
    assert server.failures == []


def test_a_client_that_resets_its_connection_while_the_app_works_is_forgotten() -> None:
    # the last is refused, so that more of it could come
    for said in (get("/busy") * 3, b"POST /busy HTTP/1.1\r\nContent-Length: 999\r\n\r\n"):
        app = HeldUp()
        with serving(app, max_body=100) as server:
            guests = Guests(server)
            with Client(server) as client:
                client.send(said)
                assert app.has_come.wait(PATIENCE)
                reset(client)
                app.may_go.set()
            assert guests.are_gone()
            assert [alarm for alarm in server._engine._alarms if alarm.work is not None] == []
        assert server.failures == []


def silent(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    environ["fakejobs.after"] = None
    environ["fakejobs.break"](Break(kind="never", after=2))
    return echo(environ, start_response)


@pytest.mark.parametrize("leave", [leave_at_once, end_its_side, reset])
@pytest.mark.parametrize("said", [GET, GET * 3])
def test_a_client_that_gives_up_on_a_reply_that_never_comes_leaves_nothing_behind(
    said: bytes, leave: Callable[[Client], None]
) -> None:
    with serving(silent) as server:
        guests = Guests(server)
        for _ in range(5):
            with Client(server) as client:
                client.send(said)
                assert client.head()[0] == "200 OK"
                leave(client)
        assert guests.are_gone(5)
    assert server.failures == []
