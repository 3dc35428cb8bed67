"""A server for which there are no more files, no threads or too many clients at once, goes on as soon as it can."""

from __future__ import annotations

import gc
import socket
import threading
from contextlib import ExitStack
from typing import Any

import pytest
from serving import GET, PATIENCE, Client, answer_to, echo, open_descriptors, serving

from fakejobs import server as server_module
from fakejobs.server import Server
from fakejobs.server.engine import Engine


class Refusing:
    """Makes the next accepts of the process fail, as many as are asked for; it counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failures: list[OSError] = []
        self.count = 0
        accept = socket.socket.accept

        def accept_or_fail(listening: socket.socket) -> tuple[socket.socket, Any]:
            if self.failures:
                self.count += 1
                raise self.failures.pop(0)
            return accept(listening)

        monkeypatch.setattr(socket.socket, "accept", accept_or_fail)


def test_when_too_many_files_are_open_who_comes_waits_while_who_is_there_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "REST_SECONDS", 1000)
    refusing = Refusing(monkeypatch)
    with serving(echo) as server, Client(server) as early:
        early.ask(GET)
        refusing.failures = [OSError(24, "Too many open files") for _ in range(1000)]
        with Client(server) as late:
            late.send(GET)
            for _ in range(50):
                assert early.ask(GET)[0] == "200 OK"
            assert refusing.count <= 1
            server.drop_connections()
            assert early.ask(GET)[0] == "200 OK"
            assert refusing.count == 2
            # who has left meanwhile is not the last of those who wait
            refusing.failures[:] = [ConnectionAbortedError()]
            server.drop_connections()
            assert late.is_closed()
    assert [str(failure) for failure in server.failures] == ["[Errno 24] Too many open files"]


def test_when_too_many_files_were_open_who_waited_is_answered_and_each_time_is_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "REST_SECONDS", 0.001)
    refusing = Refusing(monkeypatch)
    with serving(echo) as server:
        for turn in (1, 2):
            refusing.failures = [OSError(24, "Too many open files") for _ in range(5)]
            assert answer_to(server, GET)[0] == "200 OK"
            assert refusing.count == 5 * turn
            assert len(server.failures) == turn


def test_a_server_that_waits_for_files_is_stopped_and_started_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "REST_SECONDS", 0.001)
    refusing = Refusing(monkeypatch)
    engine = Engine()
    server, other = Server(echo, engine=engine), Server(echo, engine=engine)
    other.start()
    for _ in range(3):
        server.start()
        refusing.failures = [OSError(24, "Too many open files") for _ in range(1000)]
        server.drop_connections()
        server.stop()
        refusing.failures.clear()
        assert answer_to(other, GET)[0] == "200 OK"
        over = threading.Event()
        engine.do(lambda over=over: engine.later(0.002, over.set))  # type: ignore[misc]
        assert over.wait(PATIENCE)
    other.stop()
    engine.close()
    assert engine.failures == []


def test_more_clients_than_are_taken_at_once_are_taken_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "ACCEPTED_AT_ONCE", 1)
    with serving(echo) as server, ExitStack() as opened:
        clients = [opened.enter_context(Client(server)) for _ in range(5)]
        for client in clients:
            client.send(GET)
        assert [client.reply()[0] for client in clients] == ["200 OK"] * 5


def test_who_leaves_before_being_taken_keeps_nobody_else_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = Refusing(monkeypatch)
    with serving(echo) as server:
        refusing.failures = [ConnectionAbortedError() for _ in range(3)]
        assert answer_to(server, GET)[0] == "200 OK"
        assert (refusing.count, server.failures) == (3, [])


def test_who_has_left_when_being_taken_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(echo) as server:
        with monkeypatch.context() as patch:

            def has_left(self: Server, taken: socket.socket, _: object) -> Any:
                raise OSError(22, "Invalid argument")

            patch.setattr(Server, "_line", has_left)
            with Client(server) as client:
                assert client.is_closed()
        assert answer_to(server, GET)[0] == "200 OK"
        assert server.failures == []
    gc.collect()


def test_a_server_that_gets_no_thread_leaves_nothing_open_and_may_be_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    server = Server(echo)
    descriptors = open_descriptors()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            server.start()
    gc.collect()
    assert open_descriptors() <= descriptors
    server.drop_connections()
    server.start()
    assert answer_to(server, GET)[0] == "200 OK"
    server.stop()
