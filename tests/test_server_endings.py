"""Connections that end: dropped by a test, closed by a stop, or left by every rude client."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest
from serving import EXPECTING, GET, PATIENCE, Client, Deferring, Door, HeldUp, answer_to, echo, get, serving

from fakejobs.server import Server
from fakejobs.server.engine import Engine


def test_dropped_connections_are_closed_with_their_waiting_replies_and_new_ones_are_taken() -> None:
    app = Deferring()
    with serving(app) as server, Client(server) as waiting:
        waiting.send(get("/wait") + get("/behind"))
        go = app.next_go()
        server.drop_connections()
        go()
        assert waiting.is_closed()
        assert answer_to(server, get("/new"))[2] == b"GET /new "
        assert [app.paths.get(timeout=PATIENCE) for _ in range(2)] == ["/wait", "/new"]
    assert server.failures == []


def test_a_client_whose_connection_is_idle_when_they_are_dropped_sends_its_next_request_on_it() -> None:
    with serving() as server, Client(server) as idle:
        for path in ("/one", "/two", "/three"):
            assert idle.ask(get(path))[2] == f"GET {path} ".encode()
            server.drop_connections()
    assert server.failures == []


@pytest.mark.parametrize("part", [GET[:1], GET[:-1], EXPECTING, EXPECTING[:-4] + b"\r\n12"])
def test_a_connection_with_part_of_a_request_is_dropped(part: bytes) -> None:
    app = Deferring()
    with serving(app) as server, Client(server) as known, Client(server) as other:
        known.ask(get("/known"))
        known.send(part)
        other.ask(get("/other"))  # by now the part was read
        server.drop_connections()
        if part is EXPECTING:
            assert known.head()[0] == "100 Continue"
        assert known.is_closed()
    assert list(app.paths.queue) == ["/known", "/other"]
    assert server.failures == []


class Busy:
    """A server whose app is kept busy by one request until it is freed; it notes the paths it was asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._held_up = HeldUp()
        self.server = Server(self.app)
        self._door = Door(self.server._engine)
        self.server._engine._next = self._door  # type: ignore[assignment]
        self.server.start()

    def app(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.paths.append(environ["PATH_INFO"])
        return self._held_up(environ, start_response)

    def keep_busy(self, client: Client) -> None:
        client.send(get("/busy"))
        assert self._held_up.has_come.wait(PATIENCE)

    def free_after(self, call: Callable[[], None]) -> None:
        """Make ``call`` in a thread, free the app once it waits for its turn, and wait for its return."""
        self._door.is_passed.clear()
        calling = threading.Thread(target=call)
        calling.start()
        assert self._door.is_passed.wait(PATIENCE)
        self._held_up.may_go.set()
        calling.join(PATIENCE)
        assert not calling.is_alive()


def test_a_request_that_nobody_has_read_yet_is_dropped_too() -> None:
    busy = Busy()
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


def test_a_client_that_nobody_has_accepted_yet_is_closed_by_the_stop() -> None:
    busy = Busy()
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
        assert other.ask(GET)[0] == "200 OK"
    assert server.failures == []


@pytest.mark.parametrize("is_stopped", [False, True])
def test_what_the_engine_saw_before_a_drop_or_a_stop_meets_nobody_after_it(*, is_stopped: bool) -> None:
    app, engine = Deferring(), Engine()
    door = Door(engine)
    engine._next = door  # type: ignore[assignment]
    server, other = Server(app, engine=engine), Server(app, engine=engine)
    server.start()
    other.start()
    with Client(server) as known, Client(other) as beside:
        known.ask(get("/known"))
        beside.ask(get("/beside"))
        door.hold_up()
        known.send(get("/seen"))
        assert door.has_come.wait(PATIENCE)
        with Client(server) as late:
            late.send(get("/late"))
            (server.stop if is_stopped else server.drop_connections)()
            door.let_in()
            assert known.is_closed()
            assert late.is_closed()
        assert beside.ask(get("/after"))[0] == "200 OK"
    server.stop()
    other.stop()
    engine.close()
    assert list(app.paths.queue) == ["/known", "/beside", "/after"]
    assert server.failures == []


def test_a_stop_while_replies_wait_leaves_nobody_to_send_them_to() -> None:
    app = Deferring()
    with serving(app) as server, Client(server) as client:
        client.send(get("/wait") + get("/behind"))
        go = app.next_go()
        server.stop()
        go()
        assert client.is_closed()
        server.start()
        go()
        assert answer_to(server, GET)[2] == b"GET / "
    assert server.failures == []


def test_an_app_that_drops_and_defers_still_answers_and_answers_no_more() -> None:
    goes: Queue[Callable[[], None]] = Queue()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/drop":
            environ["fakejobs.defer"](goes.put)
            server.drop_connections()
        return echo(environ, start_response)

    with serving(app) as server, Client(server) as client:
        client.send(get("/drop"))
        go = goes.get(timeout=PATIENCE)
        client.send(get("/behind"))
        go()
        assert client.reply()[2] == b"GET /drop "
        assert client.is_closed()
    assert server.failures == []


def test_what_fails_behind_a_reply_that_waited_ends_the_connection_and_is_the_servers_own() -> None:
    class UnshownError(Exception):
        def __repr__(self) -> str:
            raise LookupError("no words")

    app, engine = Deferring(), Engine()

    def failing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/fail":
            raise UnshownError
        return app(environ, start_response)

    with serving(echo, engine=engine) as other, serving(failing, engine=engine) as server, Client(server) as client:
        client.send(get("/wait") + get("/fail"))
        app.next_go()()
        assert client.reply()[2] == b"GET /wait "
        assert client.is_closed()
        with Client(server) as next_client:
            next_client.send(get("/fail"))
            assert next_client.is_closed()
        assert [type(failure) for failure in server.failures] == [UnshownError, LookupError] * 2
        assert other.failures == []
    engine.close()
