"""HTTPS for clients as they should not be: slow, silent, gone, or not even speaking TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from securing import client_context, server_context
from serving import GET, PATIENCE, Client, Deferring, Guests, get, serving

from fakejobs.server import Server


@pytest.fixture(scope="module")
def context() -> ssl.SSLContext:
    """The server's."""
    return server_context()


@pytest.fixture(scope="module")
def trusting() -> ssl.SSLContext:
    """A client's."""
    return client_context()


def hello(trusting: ssl.SSLContext) -> bytes:
    """The first bytes of a client."""
    sent = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        trusting.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="127.0.0.1").do_handshake()
    return sent.read()


def test_a_slow_handshake_holds_up_nobody_else_and_comes_to_its_end(
    context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    slow = trusting.wrap_bio(received, sent, server_hostname="127.0.0.1")
    reply = b""
    with serving(ssl_context=context) as server, Client(server) as raw:

        def step(work: Callable[[], Any]) -> Any:
            """Do some work of TLS, with its bytes carried one by one."""
            while True:
                try:
                    return work()
                except ssl.SSLWantReadError:
                    for number in sent.read():
                        raw.send(bytes([number]))
                        if number % 100 == 0:
                            with Client(server, trusting) as other:
                                assert other.ask(GET)[0] == "200 OK"
                    received.write(raw.socket.recv(7))

        step(slow.do_handshake)
        slow.write(GET)
        while not reply.endswith(b"GET / "):
            reply += step(lambda: slow.read(65536))
        assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
    assert server.failures == []


def say_nothing(server: Server, trusting: ssl.SSLContext) -> None:
    Client(server).socket.close()


def speak_plain_http(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server) as client:
        client.send(GET)
        with suppress(ConnectionError):  # what comes, if anything, is no reply
            assert b"HTTP/1.1 200" not in client.socket.recv(65536)


def speak_nonsense(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server) as client:
        client.send(bytes(range(256)) * 100)
        with suppress(ConnectionError):
            client.socket.recv(65536)


def leave_amid_the_handshake(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server) as client:
        client.send(hello(trusting)[:50])


def leave_after_hello(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server) as client:
        client.send(hello(trusting))


def trust_nobody(server: Server, trusting: ssl.SSLContext) -> None:
    with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection(server.address) as client:
        ssl.create_default_context().wrap_socket(client, server_hostname="127.0.0.1")


def leave_without_a_word(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server, trusting) as client:
        client.ask(GET)


def leave_with_a_request_unanswered(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server, trusting) as client:
        client.send(get("/wait") + GET)


def leave_with_a_word(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server, trusting) as client:
        client.ask(GET)
        assert isinstance(client.socket, ssl.SSLSocket)
        client.socket.unwrap().close()


def leave_with_a_word_and_a_request_unanswered(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server, trusting) as client:
        client.send(get("/wait") + GET)
        assert isinstance(client.socket, ssl.SSLSocket)
        client.socket.unwrap().close()


def end_its_side(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server, trusting) as client:
        client.ask(GET)
        client.socket.shutdown(socket.SHUT_WR)
        client.is_closed()


def break_the_code(server: Server, trusting: ssl.SSLContext) -> None:
    with Client(server, trusting) as client:
        client.ask(GET)
        with socket.socket(fileno=client.socket.detach()) as raw:
            raw.settimeout(PATIENCE)
            raw.sendall(b"\x17\x03\x03\x00\x20" + b"?" * 32)
            with suppress(ConnectionError):
                while raw.recv(65536):
                    pass


@pytest.mark.parametrize(
    "behave",
    [
        say_nothing,
        speak_plain_http,
        speak_nonsense,
        leave_amid_the_handshake,
        leave_after_hello,
        trust_nobody,
        leave_without_a_word,
        leave_with_a_request_unanswered,
        leave_with_a_word,
        leave_with_a_word_and_a_request_unanswered,
        end_its_side,
        break_the_code,
    ],
)
def test_a_client_that_behaves_badly_is_gone_and_the_next_is_answered(
    context: ssl.SSLContext, trusting: ssl.SSLContext, behave: Callable[[Server, ssl.SSLContext], None]
) -> None:
    app = Deferring()
    with serving(app, ssl_context=context) as server:
        guests = Guests(server)
        behave(server, trusting)
        assert guests.are_gone()
        with Client(server, trusting) as client:
            assert client.ask(GET)[0] == "200 OK"
    while not app.goes.empty():
        app.next_go()()
    assert server.failures == []
