"""How connections come to be: many at once, and of clients that say nothing, at first or at all."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from serving import GET, PATIENCE, Client, Guests, HeldUp, answer_to, get, serving

CROWD = 300
"""More clients than servers usually let wait."""

_LIMIT = Path("/proc/sys/net/core/somaxconn")


def most_that_may_wait() -> int:
    """The system's own limit, as far as it tells."""
    return int(_LIMIT.read_text()) if _LIMIT.is_file() else 0


@pytest.mark.skipif(most_that_may_wait() < CROWD, reason="this system lets fewer wait, or does not tell")
def test_a_crowd_connects_at_once_though_the_app_is_busy() -> None:
    app = HeldUp()
    with serving(app) as server, Client(server) as busy, ExitStack() as crowd:
        busy.send(get("/busy"))
        assert app.has_come.wait(PATIENCE)
        clients = []
        for _ in range(CROWD):  # the system turns away who finds no place, and nobody leaves meanwhile
            client = crowd.enter_context(Client(server))
            client.send(GET)
            clients.append(client)
        app.may_go.set()
        assert {client.reply()[0] for client in clients} == {"200 OK"}


def test_a_client_that_is_silent_at_first_is_answered_when_it_speaks() -> None:
    with serving() as server:
        guests = Guests(server)
        with Client(server) as silent:
            assert guests.have_come(1)  # a second later
            assert silent.ask(GET)[0] == "200 OK"


def test_a_client_that_connects_and_leaves_without_a_word_leaves_nothing() -> None:
    with serving() as server:
        guests = Guests(server)
        with Client(server):
            pass
        assert guests.are_gone()
        assert answer_to(server, GET)[0] == "200 OK"
        assert server.failures == []


@pytest.mark.skipif(not hasattr(socket, "TCP_DEFER_ACCEPT"), reason="this system hands over connections at once")
def test_a_client_that_has_not_spoken_when_connections_are_dropped_has_none_that_could_be() -> None:
    with serving() as server, Client(server) as silent:
        server.drop_connections()
        assert silent.ask(GET)[0] == "200 OK"


def test_a_system_that_hands_over_connections_at_once_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "TCP_DEFER_ACCEPT", raising=False)
    with serving() as server:
        guests = Guests(server)
        with Client(server) as silent:
            assert guests.have_come(1)
            assert silent.ask(GET)[0] == "200 OK"
