"""The life of a server: where it listens, how it starts, and that it leaves nothing when it stops."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from serving import GET, PATIENCE, Client, answer_to, echo, get, open_descriptors, serving

from fakejobs import server as server_module
from fakejobs.errors import UsageError
from fakejobs.server import Server
from fakejobs.server.engine import Engine


def test_a_server_answers_at_its_url_between_start_and_stop() -> None:
    with serving() as server:
        assert server.url == f"http://127.0.0.1:{server.address[1]}"
        assert answer_to(server, get("/a%20b")) == (
            "200 OK",
            {"content-type": "text/plain", "content-length": "9"},
            b"GET /a b ",
        )
    with pytest.raises(OSError, match=r"."):
        socket.create_connection(server.address, timeout=PATIENCE)


def test_the_scheme_is_https_with_an_ssl_context() -> None:
    server = Server(echo, ssl_context=cast(Any, object()))
    server._service.address = ("::1", 443)
    assert server.url == "https://[::1]:443"


def test_a_server_that_was_never_started_has_no_address_and_may_be_stopped() -> None:
    server = Server(echo)
    server.stop()
    server.drop_connections()
    with pytest.raises(UsageError, match=r"start\(\) first"):
        assert server.url


def test_stop_may_be_repeated_and_start_again_takes_another_port() -> None:
    server = Server(echo)
    server.start()
    first = server.address
    server.stop()
    server.stop()
    server.start()
    try:
        assert server.address != first
        assert answer_to(server, GET)[0] == "200 OK"
    finally:
        server.stop()


def test_a_server_that_runs_does_not_start_again() -> None:
    with serving() as server, pytest.raises(UsageError, match=r"stop\(\) it first"):
        server.start()


def test_a_stop_right_after_the_start_is_clean() -> None:
    for _ in range(20):
        server = Server(echo)
        server.start()
        server.stop()


def test_an_address_in_use_is_a_usage_error_in_the_callers_thread() -> None:
    with serving() as server:
        port = server.address[1]
        with pytest.raises(UsageError, match=f"cannot listen at 127.0.0.1:{port}: "):
            Server(echo, port=port).start()


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("no such host", 0), ("192.0.2.1", 0)])
def test_an_address_that_cannot_be_had_is_a_usage_error(host: str, port: int) -> None:
    with pytest.raises(UsageError, match=f"cannot listen at {host}:{port}: "):
        Server(echo, host=host, port=port).start()


def test_an_explicit_port_is_taken_again_at_once() -> None:
    with serving() as first:
        port = first.address[1]
        with Client(first) as client:
            client.ask(GET)
    with serving(port=port) as second:
        assert second.address == ("127.0.0.1", port)
        assert answer_to(second, GET)[0] == "200 OK"


def test_no_port_is_given_out_twice() -> None:
    ports = []
    for _ in range(50):
        with serving() as server:
            ports.append(server.address[1])
    assert len(set(ports)) == 50


def test_a_port_that_was_used_is_passed_over_while_others_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    class FirstAsked(set[int]):
        def __contains__(self, port: object) -> bool:
            if not self:
                self.add(cast(int, port))
                return True
            return super().__contains__(port)

    used = FirstAsked()
    monkeypatch.setattr(server_module, "_used_ports", used)
    with serving() as server:
        assert len(used) == 2
        assert server.address[1] in used


def test_a_used_port_is_taken_when_there_seems_to_be_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    class Everything(set[int]):
        def __contains__(self, port: object) -> bool:
            return True

    monkeypatch.setattr(server_module, "_used_ports", Everything())
    with serving() as server:
        assert answer_to(server, GET)[0] == "200 OK"


def test_two_hundred_lives_leave_no_thread_and_no_descriptor() -> None:
    gc.collect()
    descriptors, threads = open_descriptors(), set(threading.enumerate())
    for turn in range(200):
        with serving() as server:
            if turn % 4 == 0:
                client = Client(server)
                client.ask(GET)
                client.send(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf")
        if turn % 4 == 0:
            assert client.is_closed()
            client.socket.close()
        assert server.failures == []
    gc.collect()
    # fewer where a server of another test was still closing a connection
    assert open_descriptors() <= descriptors
    assert set(threading.enumerate()) == threads


def test_the_thread_is_a_daemon_with_a_name() -> None:
    before = set(threading.enumerate())
    with serving():
        (thread,) = set(threading.enumerate()) - before
        assert thread.name == "fakejobs-server"
        assert thread.daemon


def test_stop_inside_the_app_is_refused_and_told() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        server.stop()
        raise AssertionError("not reached")

    with serving(app) as server:
        assert answer_to(server, GET)[0].startswith("500 ")
        assert isinstance(server.failures[0], UsageError)


def test_servers_may_share_an_engine_and_each_ends_alone() -> None:
    engine = Engine()
    first, second = Server(echo, engine=engine), Server(echo, engine=engine)
    for _ in range(3):
        first.start()
        second.start()
        assert [answer_to(server, GET)[0] for server in (first, second)] == ["200 OK"] * 2
        with Client(second) as still_there:
            first.stop()
            assert still_there.ask(GET)[0] == "200 OK"
            second.stop()
            assert still_there.is_closed()
    names = [thread.name for thread in threading.enumerate()]
    assert "fakejobs-server" in names
    before = threading.active_count()
    engine.close()
    engine.close()
    assert threading.active_count() == before - 1


def test_an_app_call_that_stops_another_server_of_its_engine_is_told_that_it_cannot() -> None:
    engine = Engine()
    other = Server(echo, engine=engine)

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        other.stop()
        return echo(environ, start_response)

    server = Server(app, engine=engine)
    other.start()
    server.start()
    assert answer_to(server, GET)[0] == "500 Internal Server Error"
    assert isinstance(server.failures[0], UsageError)
    for each in (server, other):
        each.stop()
    engine.close()


@pytest.mark.parametrize("is_used_again", [False, True])
def test_a_server_whose_engine_ended_before_it_still_leaves_nothing_open(*, is_used_again: bool) -> None:
    engine = Engine()
    server, other = Server(echo, engine=engine), Server(echo, engine=engine)
    server.start()
    with Client(server) as client, Client(server) as late:
        client.ask(GET)
        engine.close()
        late.send(GET)
        if is_used_again:
            other.start()
        server.stop()
        assert client.is_closed()
        assert late.is_closed()
        if is_used_again:
            assert answer_to(other, GET)[0] == "200 OK"
            other.stop()
    engine.close()
    gc.collect()
    assert (server.failures, server._service.connections) == ([], set())


def test_a_drop_that_comes_after_the_stop_starts_nothing() -> None:
    before = set(threading.enumerate())
    with serving(echo) as server:
        listening = server._listening
    server._listening = listening  # as a drop sees it that began before the stop
    server.drop_connections()
    assert set(threading.enumerate()) == before
    assert server.failures == []


def test_servers_on_engines_of_their_own_are_started_and_stopped_by_many_threads_at_once() -> None:
    def live(_: int) -> list[BaseException]:
        server = Server(echo)
        for _ in range(10):
            server.start()
            with Client(server) as client:
                client.ask(GET)
                server.drop_connections()
                client.ask(GET)
                server.stop()
                assert client.is_closed()
        return server.failures

    before = set(threading.enumerate())
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(live, range(4))) == [[]] * 4
    assert set(threading.enumerate()) == before


def test_a_server_without_tls_loads_neither_ssl_nor_asyncio() -> None:
    script = (
        "import sys; from fakejobs.server import Server; server = Server(None); server.start(); server.stop();"
        "print([name for name in ('ssl', 'asyncio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
