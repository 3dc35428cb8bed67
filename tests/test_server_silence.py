"""Clients that connect and say nothing, at first or at all."""

from __future__ import annotations

import socket

import pytest
from serving import GET, Client, Guests, answer_to, serving


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
