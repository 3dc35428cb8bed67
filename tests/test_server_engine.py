"""The engine: what is watched is called in its thread, others come in while it waits, and it ends and starts again."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from functools import partial
from itertools import count
from queue import Queue

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import PATIENCE, Door
from turning import KINDS, fail, in_a_thread, pair, running, say_and_wait, watched

from fakejobs.server import engine as engine_module
from fakejobs.server.engine import READ, WRITE, Engine


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine on each way that this system has to wait for sockets."""
    monkeypatch.setattr(selectors, "DefaultSelector", getattr(selectors, request.param))
    engine = Engine()
    yield engine
    engine.close()


def test_a_socket_that_is_ready_is_told_in_the_engines_thread(engine: Engine) -> None:
    heard: Queue[tuple[int, bool, bytes]] = Queue()
    with pair() as (ours, theirs):
        engine.do(
            lambda: engine.watch(theirs, READ, lambda events: heard.put((events, engine.is_here, theirs.recv(9))))
        )
        for word in (b"one", b"two"):
            ours.send(word)
            assert heard.get(timeout=PATIENCE) == (READ, True, word)
        engine.do(lambda: engine.unwatch(theirs))
    assert not engine.is_here
    assert engine.failures == []


def test_what_a_socket_is_watched_for_can_be_changed_while_the_engine_waits(engine: Engine) -> None:
    heard: Queue[int] = Queue()
    with pair() as (ours, theirs):

        def once(events: int) -> None:
            heard.put(events)
            engine.unwatch(theirs)

        ours.send(b"unread")
        engine.do(lambda: engine.watch(theirs, WRITE, once))
        assert heard.get(timeout=PATIENCE) == WRITE
        engine.do(lambda: engine.watch(theirs, READ, lambda _: heard.put(0)))
        assert heard.get(timeout=PATIENCE) == 0
        engine.do(lambda: engine.watch(theirs, READ | WRITE, heard.put))
        # first comes what it was ready for before
        assert READ | WRITE in iter(lambda: heard.get(timeout=PATIENCE), None)
        engine.do(lambda: engine.unwatch(theirs))


def test_what_is_watched_no_more_is_not_told(engine: Engine) -> None:
    heard: Queue[str] = Queue()
    with pair() as (ours, theirs), watched(engine, lambda _: heard.put("other")) as other:
        engine.do(lambda: engine.watch(theirs, READ, lambda _: heard.put("gone")))
        engine.do(lambda: engine.unwatch(theirs))
        ours.send(b"x")
        other.send(b"x")
        assert heard.get(timeout=PATIENCE) == "other"
    assert set(heard.queue) <= {"other"}


def test_work_is_done_in_the_calling_thread_which_gets_what_comes_of_it(engine: Engine) -> None:
    with running(engine):
        assert engine.do(threading.current_thread) is threading.current_thread()
        assert engine.do(lambda: engine.is_here) is False
        with pytest.raises(LookupError, match="nothing"):
            engine.do(lambda: fail(LookupError("nothing")))
        inner: Queue[tuple[bool, bool]] = Queue()
        engine.soon(lambda: inner.put((engine.is_here, engine.do(lambda: engine.is_here))))
        assert inner.get(timeout=PATIENCE) == (True, True)
    assert engine.failures == []


def test_without_anything_to_watch_there_is_no_thread(engine: Engine) -> None:
    before = set(threading.enumerate())
    assert engine.do(lambda: 1) == 1
    engine.soon(lambda: fail(AssertionError("nobody is there to do it")))
    engine.later(0, lambda: fail(AssertionError("nor this")))
    assert set(threading.enumerate()) == before
    with running(engine):
        (thread,) = set(threading.enumerate()) - before
        assert (thread.name, thread.daemon) == ("fakejobs-server", True)
        done = threading.Event()
        engine.soon(done.set)
        assert done.wait(PATIENCE)
    assert engine.failures == []


def test_who_waits_goes_before_the_next_work(engine: Engine) -> None:
    door = Door(engine)
    engine._next = door  # type: ignore[assignment]
    told: list[str] = []
    is_busy, may_end, is_done = threading.Event(), threading.Event(), threading.Event()

    with pair() as (one, its_end), pair() as (two, other_end):

        def first(_: int) -> None:
            is_busy.set()
            assert may_end.wait(PATIENCE)
            told.append("first")
            engine.unwatch(its_end)

        def last(_: int) -> None:
            told.append("last")
            engine.unwatch(other_end)
            is_done.set()

        engine.do(lambda: engine.watch(its_end, READ, first))
        engine.do(lambda: engine.watch(other_end, READ, last))
        one.send(b"x")
        assert is_busy.wait(PATIENCE)
        two.send(b"x")
        door.is_passed.clear()
        calling = in_a_thread(lambda: engine.do(lambda: told.append("between")))
        assert door.is_passed.wait(PATIENCE)
        may_end.set()
        calling.join(PATIENCE)
        assert is_done.wait(PATIENCE)
    assert told == ["first", "between", "last"]


def test_calls_are_done_in_their_order_whoever_makes_them(engine: Engine) -> None:
    told: Queue[int] = Queue()

    def tell(*numbers: int) -> None:
        for number in numbers:
            engine.soon(partial(told.put, number))

    with running(engine):
        engine.soon(lambda: tell(0, 1, 2))
        assert [told.get(timeout=PATIENCE) for _ in range(3)] == [0, 1, 2]
        tell(*range(50))
        assert [told.get(timeout=PATIENCE) for _ in range(50)] == list(range(50))


def test_more_calls_than_the_waking_can_carry_are_all_done(engine: Engine) -> None:
    is_busy, may_end, is_last = threading.Event(), threading.Event(), threading.Event()
    numbers = count()
    with running(engine):
        engine.soon(lambda: say_and_wait(is_busy, may_end))
        assert is_busy.wait(PATIENCE)
        assert engine._waker is not None
        engine._waker.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        for _ in range(3000):
            engine.soon(lambda: next(numbers))
        engine.soon(is_last.set)
        may_end.set()
        assert is_last.wait(PATIENCE)
    assert next(numbers) == 3000


def test_work_for_later_is_done_unless_it_is_cancelled(engine: Engine) -> None:
    told: Queue[str] = Queue()
    with running(engine):
        never = engine.do(lambda: engine.later(0.001, lambda: told.put("never")))
        never.cancel()
        engine.do(lambda: engine.later(1000, lambda: told.put("not today")))
        engine.do(lambda: engine.later(0.001, lambda: told.put("later")))
        assert told.get(timeout=PATIENCE) == "later"
        # what an alarm asks for soon is not left until the next time something comes
        engine.do(lambda: engine.later(0, lambda: engine.soon(lambda: told.put("soon"))))
        assert told.get(timeout=PATIENCE) == "soon"
    assert told.empty()


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30))
def test_alarms_go_off_at_their_times_in_the_order_of_their_calls(alarms: list[tuple[int, bool]]) -> None:
    engine = Engine()
    now = [0.0]
    rung: list[tuple[float, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "monotonic", lambda: now[0])
        made = [
            engine.later(seconds, partial(lambda number: rung.append((now[0], number)), number))
            for number, (seconds, _) in enumerate(alarms)
        ]
        for alarm, (_, is_cancelled) in zip(made, alarms, strict=True):
            if is_cancelled:
                alarm.cancel()
        while (pause := engine._work([])) is not None:
            assert pause > 0
            now[0] += pause
    kept = [(float(seconds), number) for number, (seconds, is_cancelled) in enumerate(alarms) if not is_cancelled]
    assert rung == sorted(kept)


def test_what_fails_is_kept_and_keeps_nothing_else_from_being_done(engine: Engine) -> None:
    class Odd(BaseException):
        """A failed assertion of a test's runner is no Exception either."""

    done = threading.Event()
    with pair() as (ours, theirs):

        def fail_once(_: int) -> None:
            engine.unwatch(theirs)
            raise Odd("ready")

        engine.do(lambda: engine.watch(theirs, READ, fail_once))
        ours.send(b"x")
        engine.soon(lambda: fail(Odd("soon")))
        engine.do(lambda: engine.later(0, lambda: fail(Odd("later"))))
        engine.do(lambda: engine.later(0.001, done.set))
        assert done.wait(PATIENCE)
    assert sorted(str(failure) for failure in engine.failures) == ["later", "ready", "soon"]
