"""HTTPS: whatever a server does, it does over TLS too, and no client that speaks it badly does any harm."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from hearing import Ear
from hypothesis import example, given, settings
from hypothesis import strategies as st
from securing import BIG, authority, client_context, numbered, server_context
from serving import EXPECTING, GET, PATIENCE, Client, Deferring, Guests, get, serving

from fakejobs.server.engine import Engine
from fakejobs.server.line import Line
from fakejobs.server.tls import TlsLine


@pytest.fixture(scope="module")
def context() -> ssl.SSLContext:
    """The server's."""
    return server_context()


@pytest.fixture(scope="module")
def trusting() -> ssl.SSLContext:
    """A client's."""
    return client_context()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()
    assert engine.failures == []


@contextmanager
def encrypted(
    engine: Engine, ear: Ear, context: ssl.SSLContext, trusting: ssl.SSLContext
) -> Iterator[tuple[ssl.SSLSocket, TlsLine]]:
    """A client's socket, and the line at its other end that has heard a first byte; nothing is to go wrong on it."""
    failures: list[BaseException] = []
    tls = TlsLine(context, ear)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname(), timeout=PATIENCE)
        taken, _ = listening.accept()
    engine.do(lambda: tls.runs_over(Line(engine, taken, tls, failures)))
    with trusting.wrap_socket(client, server_hostname="127.0.0.1") as spoken:
        spoken.sendall(b"!")
        assert ear.has_heard.wait(PATIENCE)
        try:
            yield spoken, tls
        finally:
            engine.do(tls.abort)
    assert failures == []


@pytest.fixture(scope="module", params=["TLSv1_2", "TLSv1_3"])
def version(request: pytest.FixtureRequest) -> ssl.SSLContext:
    """A client's context that speaks one version only."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[request.param]
    return context


STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 60_000)), max_size=12)


@settings(deadline=None, max_examples=40)
@given(steps=STEPS)
@example(steps=[(True, 60_000), (False, 10)] * 3)
def test_bytes_written_in_any_cuts_are_read_in_order_and_whole_whatever_the_receivers_pace(
    engine: Engine, context: ssl.SSLContext, version: ssl.SSLContext, steps: list[tuple[bool, int]]
) -> None:
    whole = bytes(range(251)) * 3000
    with encrypted(engine, Ear(), context, version) as (client, tls):
        written, received = 0, b""
        for is_written, size in steps:
            if is_written:
                piece = whole[written : written + size]
                engine.do(lambda piece=piece: tls.write(piece))  # type: ignore[misc]
                written += len(piece)
            elif len(received) < written and size:
                received += client.recv(size)
        engine.do(tls.close)
        assert tls.is_closing()
        received += b"".join(iter(lambda: client.recv(65536), b""))
        assert received == whole[:written]


@settings(deadline=None, max_examples=40)
@given(sizes=st.lists(st.integers(1, 100_000), max_size=8))
@example(sizes=[1, 3])
def test_bytes_sent_in_any_cuts_are_handed_on_in_order_and_whole(
    engine: Engine, context: ssl.SSLContext, version: ssl.SSLContext, sizes: list[int]
) -> None:
    ear = Ear()
    whole = bytes(range(251)) * 4000
    with encrypted(engine, ear, context, version) as (client, tls):
        sent = 0
        for size in sizes:
            client.sendall(whole[sent : sent + size])
            sent += size
            engine.do(tls.pause_reading if size % 3 else tls.resume_reading)
            engine.do(tls.resume_reading)
        with client.unwrap():
            assert ear.has_lost.wait(PATIENCE)
        assert ear.heard == b"!" + whole[:sent]


def test_requests_sent_at_once_are_answered_in_order_and_the_end_is_said(
    context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    with serving(ssl_context=context) as server, Client(server, trusting) as client:
        client.send(b"".join(get(f"/{number}") for number in range(50)))
        assert [client.reply()[2] for _ in range(50)] == [f"GET /{number} ".encode() for number in range(50)]
        client.send(EXPECTING)
        assert client.head() == ("100 Continue", {})
        assert client.ask(b"abc")[2] == b"POST / abc"
        client.ask(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        # without the server's word this would be an error
        cast(Any, client.socket).suppress_ragged_eofs = False
        assert client.socket.recv(1) == b""


def test_a_body_that_is_too_long_is_answered_and_the_rest_is_let_go(
    context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    with serving(max_body=10, ssl_context=context) as server:
        guests = Guests(server)
        with Client(server, trusting) as client:
            client.send(b"POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n" + b"a" * 3_000_000)
            status, headers, _ = client.reply()
            assert (status, headers["connection"]) == ("200 OK", "close")
        assert guests.are_gone()


def test_drop_and_stop_end_connections_with_their_waiting_replies(
    context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    app = Deferring()
    with serving(app, ssl_context=context) as server, Client(server, trusting) as idle:
        idle.ask(GET)
        with Client(server, trusting) as waiting:
            waiting.send(get("/wait"))
            go = app.next_go()
            server.drop_connections()
            go()
            assert waiting.is_closed()
            assert idle.is_closed()
        with Client(server, trusting) as last:
            last.send(get("/wait"))
            go = app.next_go()
            server.stop()
            go()
            assert last.is_closed()
    assert server.failures == []


def test_a_client_that_asks_on_and_never_reads_is_answered_once_it_reads(
    context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    with serving(numbered, ssl_context=context) as server, Client(server, trusting) as client:
        client.send(get("/big") * 9)
        client.head()
        (connection,) = server._service.connections
        # the rest waits, and so does the server
        assert server._engine.do(lambda: connection._is_choked and len(connection._queue))
        client.socket.recv(len(BIG))
        with Client(server, trusting) as other:
            assert other.ask(GET)[2] == b"https 2 "
        client.send(GET)
        last = b""
        while not last.endswith(b"https 1 "):
            last = last[-10:] + client.socket.recv(1 << 20)
    assert server.failures == []


def test_a_line_that_is_reset_under_tls_takes_no_more(context: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    engine, ear = Engine(), Ear()
    with encrypted(engine, ear, context, trusting) as (_, tls):
        engine.do(tls.abort)
        assert ear.has_lost.is_set()
        for _ in range(2):
            engine.do(lambda: tls.write(b"nobody is there"))
            engine.do(tls.write_eof)
            engine.do(tls.close)
        assert tls.is_closing()
    engine.close()
