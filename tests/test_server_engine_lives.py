"""The engine's life: it ends and starts again, alone or with others, whoever comes in between."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any

import pytest
from serving import GET, PATIENCE, Client, Deferring, Door, answer_to, echo, get
from turning import KINDS, engine_threads, fail, in_a_thread, pair, running, say_and_wait

from fakejobs.errors import UsageError
from fakejobs.server import Server
from fakejobs.server.engine import READ, Engine


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine on each way that this system has to wait for sockets."""
    monkeypatch.setattr(selectors, "DefaultSelector", getattr(selectors, request.param))
    engine = Engine()
    yield engine
    engine.close()


def test_an_engine_ends_more_than_once_and_starts_again(engine: Engine) -> None:
    engine.close()
    for _ in range(3):
        with running(engine):
            assert engine_threads()
            alarm = engine.do(lambda: engine.later(1000, lambda: None))
            assert alarm.work is not None
            before = set(threading.enumerate())
            engine.close()
            assert len(before - set(threading.enumerate())) == 1
            engine.close()
            engine.soon(lambda: fail(AssertionError("it has ended")))
    with running(engine):
        assert engine._alarms == []
        done = threading.Event()
        engine.soon(done.set)
        assert done.wait(PATIENCE)
    assert engine.failures == []


def test_what_one_life_has_not_done_is_forgotten_by_the_next(engine: Engine) -> None:
    told: Queue[str] = Queue()
    with running(engine):
        is_busy, may_end = threading.Event(), threading.Event()
        engine.do(lambda: engine.later(0.001, lambda: say_and_wait(is_busy, may_end)))
        assert is_busy.wait(PATIENCE)
        engine.soon(lambda: told.put("this life"))
        closing = in_a_thread(engine.close)
        may_end.set()
        closing.join(PATIENCE)
    engine._calls.append(lambda: told.put("a call that came while it ended"))
    with running(engine):
        engine.soon(lambda: told.put("next life"))
        assert told.get(timeout=PATIENCE) in ("this life", "next life")
        done = threading.Event()
        engine.soon(done.set)
        assert done.wait(PATIENCE)
    assert "a call that came while it ended" not in told.queue


def test_an_engine_is_not_closed_in_its_own_thread(engine: Engine) -> None:
    done = threading.Event()
    with running(engine):
        engine.soon(engine.close)
        engine.soon(done.set)
        assert done.wait(PATIENCE)
    (failure,) = engine.failures
    assert isinstance(failure, UsageError)
    assert "own thread" in str(failure)


def test_a_thread_that_cannot_be_had_leaves_nothing_open_and_the_next_may_be(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[socket.socket] = []
    make_pair = socket.socketpair

    def noted() -> tuple[socket.socket, socket.socket]:
        made = make_pair()
        opened.extend(made)
        return made

    with pair() as (_, theirs):
        with monkeypatch.context() as patch:
            patch.setattr(socket, "socketpair", noted)
            patch.setattr(threading.Thread, "start", lambda _: fail(RuntimeError("can't start new thread")))
            with pytest.raises(RuntimeError, match="new thread"):
                engine.do(lambda: engine.watch(theirs, READ, lambda _: None))
            with pytest.raises(RuntimeError, match="new thread"):
                engine.do(lambda: engine.watch(theirs, READ, lambda _: None))
        assert [each.fileno() for each in opened] == [-1] * 4
    with running(engine):
        assert engine_threads()


def test_a_thread_that_is_to_end_looks_at_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    # this way to wait fails when it is given a socket that was closed
    monkeypatch.setattr(selectors, "DefaultSelector", selectors.SelectSelector)
    engine = Engine()
    door = Door(engine)
    engine._next = door  # type: ignore[assignment]
    with running(engine):
        engine.soon(door.hold_up)
        assert door.has_come.wait(PATIENCE)
        door.is_passed.clear()
        closing = in_a_thread(engine.close)
        assert door.is_passed.wait(PATIENCE)
        engine.do(lambda: None)
    door.let_in()
    closing.join(PATIENCE)
    assert not closing.is_alive()


def test_threads_that_come_in_while_others_end_the_engine_all_get_their_turn(engine: Engine) -> None:
    def come_and_go(number: int) -> int:
        total = 0
        with pair() as (ours, theirs):
            for _ in range(60):
                engine.do(lambda: engine.watch(theirs, READ, lambda _: None))
                ours.send(b"x")
                engine.soon(lambda: None)
                total += engine.do(lambda: number)
                engine.do(lambda: engine.unwatch(theirs))
                if number == 0:
                    engine.close()
        return total

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(come_and_go, range(4))) == [60 * number for number in range(4)]
    engine.close()
    assert engine.failures == []


def test_one_engine_does_not_wait_for_another() -> None:
    one, two = Engine(), Engine()
    of_one, of_two, done = threading.Event(), threading.Event(), Queue[int]()
    with running(one), running(two):
        one.soon(lambda: say_and_wait(of_one, of_two))
        two.soon(lambda: say_and_wait(of_two, of_one))
        for engine in (one, two):
            engine.soon(lambda: done.put(1))
        assert [done.get(timeout=PATIENCE) for _ in range(2)] == [1, 1]
        one.close()
        assert two.do(lambda: 2) == 2
    two.close()


def test_a_server_answers_drops_and_stops_on_every_way_to_wait(engine: Engine) -> None:
    app = Deferring()
    for _ in range(3):
        server = Server(app, engine=engine)
        server.start()
        with Client(server) as idle, Client(server) as waiting:
            assert idle.ask(GET)[2] == b"GET / "
            waiting.send(get("/wait"))
            app.next_go()()
            assert waiting.reply()[2] == b"GET /wait "
            waiting.send(get("/wait"))
            go = app.next_go()
            server.drop_connections()
            assert waiting.is_closed()
            assert answer_to(server, GET)[0] == idle.ask(GET)[0] == "200 OK"
            server.stop()
            go()
            assert idle.is_closed()
        assert server.failures == []


def test_a_server_outlives_what_other_threads_do_to_it(engine: Engine) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/drop":
            server.drop_connections()
        return echo(environ, start_response)

    server = Server(app, engine=engine)
    server.start()
    is_over = threading.Event()

    def drop() -> None:
        for _ in range(40):
            server.drop_connections()
        is_over.set()

    def ask(path: str) -> int:
        answered = 0
        while not is_over.is_set():
            try:
                answered += answer_to(server, get(path))[2] == f"GET {path} ".encode()
            except (EOFError, ConnectionError):
                continue
        return answered

    with ThreadPoolExecutor(5) as pool:
        asking = [pool.submit(ask, path) for path in ("/", "/", "/drop")]
        dropping = [pool.submit(drop), pool.submit(drop)]
        assert [each.result(PATIENCE) for each in dropping] == [None, None]
        assert all(each.result(PATIENCE) >= 0 for each in asking)
    assert answer_to(server, GET)[0] == "200 OK"
    server.stop()
    assert server.failures == []
    assert server._service.connections == set()
