"""A line: bytes arrive in order and whole at any pace, and it ends once, however the other side leaves."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from hearing import Ear, all_of, connected, counted, reset
from hypothesis import example, given, settings
from hypothesis import strategies as st
from serving import PATIENCE

from fakejobs.server.engine import Engine
from fakejobs.server.line import HIGH_WATER, LOW_WATER, Line


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()
    assert engine.failures == []


@contextmanager
def lined(engine: Engine, ear: Ear, *, room: int | None = None) -> Iterator[tuple[socket.socket, Line]]:
    """A client's socket and the line at its other end, on which nothing is to go wrong."""
    failures: list[BaseException] = []
    with connected(room=room) as (client, taken):
        line = engine.do(lambda: Line(engine, taken, ear, failures))
        try:
            yield client, line
        finally:
            engine.do(line.abort)
    assert failures == []


STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 60_000)), max_size=14)


@settings(deadline=None)
@given(steps=STEPS, room=st.sampled_from([None, 1, 30_000]))
@example(steps=[(True, 60_000)] * 10, room=1)
def test_bytes_written_in_any_cuts_arrive_in_order_and_whole_whatever_the_receivers_pace(
    engine: Engine, steps: list[tuple[bool, int]], room: int | None
) -> None:
    ear = Ear()
    whole = counted(sum(size for is_written, size in steps if is_written))
    with lined(engine, ear, room=room) as (client, line):
        written, received = 0, b""
        for is_written, size in steps:
            if is_written:
                piece = whole[written : written + size]
                engine.do(lambda piece=piece: line.write(piece))  # type: ignore[misc]
                written += size
            elif len(received) < written and size:
                received += client.recv(size)
        engine.do(line.close)
        assert line.is_closing()
        received += all_of(client)
        assert received == whole
        assert ear.has_lost.wait(PATIENCE)
    assert ear.told == ["pause", "resume"] * (len(ear.told) // 2) + ["pause"] * (len(ear.told) % 2)


@settings(deadline=None)
@given(steps=st.lists(st.one_of(st.integers(0, 100_000), st.sampled_from(["pause", "resume"])), max_size=14))
def test_bytes_sent_in_any_cuts_are_handed_on_in_order_and_whole_and_none_while_reading_is_paused(
    engine: Engine, steps: list[int | str]
) -> None:
    ear = Ear()
    sizes = [step for step in steps if isinstance(step, int)]
    whole = counted(sum(sizes))

    def send() -> None:
        sent = 0
        for size in sizes:
            client.sendall(whole[sent : sent + size])
            sent += size
        client.shutdown(socket.SHUT_WR)

    with lined(engine, ear) as (client, line), ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        held: int | None = None
        for step in steps:
            if step == "pause":
                engine.do(line.pause_reading)
                held = len(ear.heard)
            elif step == "resume":
                assert held in (None, len(ear.heard))
                held = None
                engine.do(line.resume_reading)
        assert held in (None, len(ear.heard))
        engine.do(line.resume_reading)
        assert ear.has_heard_end.wait(PATIENCE)
        sending.result(PATIENCE)
        assert ear.heard == whole
        assert ear.has_lost.wait(PATIENCE)


@settings(deadline=None, max_examples=20)
@given(sizes=st.lists(st.integers(1, 50_000), min_size=1, max_size=8))
def test_a_writer_that_pauses_when_asked_never_leaves_more_unsent_than_the_mark_and_one_write(
    engine: Engine, sizes: list[int]
) -> None:
    class Writer(Ear):
        """Writes what is left, as long as it may."""

        line: Line

        def __init__(self) -> None:
            super().__init__()
            self.left = [counted(size) for size in sizes * 10]
            self.most = 0

        def write_on(self) -> None:
            while self.left and self.told[-1:] != ["pause"]:
                self.line.write(self.left.pop(0))
                self.most = max(self.most, len(self.line._unsent))
            if not self.left:
                self.line.close()

        def resume_writing(self) -> None:
            super().resume_writing()
            assert len(self.line._unsent) <= LOW_WATER
            self.write_on()

    writer = Writer()
    with lined(engine, writer, room=30_000) as (client, line):
        writer.line = line
        engine.do(writer.write_on)
        assert all_of(client) == b"".join(counted(size) for size in sizes * 10)
        assert writer.has_lost.wait(PATIENCE)
    assert writer.most <= HIGH_WATER + max(sizes)


def test_a_line_stays_open_after_the_other_sides_end_if_something_is_still_to_be_sent(engine: Engine) -> None:
    ear = Ear(stays=True)
    with lined(engine, ear) as (client, line):
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        assert ear.has_heard_end.wait(PATIENCE)
        engine.do(lambda: line.write(b"answer"))
        engine.do(line.close)
        assert all_of(client) == b"answer"
        assert ear.heard == b"question"


def test_after_its_own_end_is_sent_a_line_still_reads(engine: Engine) -> None:
    ear = Ear()
    with lined(engine, ear, room=1) as (client, line):
        engine.do(lambda: line.write(b"a" * 200_000))
        engine.do(line.write_eof)
        assert all_of(client) == b"a" * 200_000
        engine.do(line.write_eof)
        assert not line.is_closing()
        client.sendall(b"more")
        client.shutdown(socket.SHUT_WR)
        assert ear.has_lost.wait(PATIENCE)
        assert ear.heard == b"more"


@pytest.mark.parametrize("moment", ["idle", "unsent", "closing", "ended"])
def test_a_reset_in_any_moment_ends_the_line_once(engine: Engine, moment: str) -> None:
    ear = Ear()
    with lined(engine, ear, room=1) as (client, line):
        if moment != "idle":
            engine.do(lambda: line.write(b"a" * 500_000))
        if moment == "closing":
            engine.do(line.close)
        if moment == "ended":
            engine.do(line.write_eof)
        reset(client)
        assert ear.has_lost.wait(PATIENCE)
        for call in (line.abort, line.close, line.write_eof, line.pause_reading, line.resume_reading):
            engine.do(call)
        engine.do(lambda: line.write(b"nobody is there"))
        assert line._unsent == b""


def test_what_fails_at_the_end_is_kept_and_ends_the_line(engine: Engine) -> None:
    class Odd(BaseException):
        """A failed assertion of a test's runner is no Exception either."""

    class Deaf(Ear):
        def data_received(self, data: bytes) -> None:
            raise Odd(data)

    ear, failures = Deaf(), list[BaseException]()
    with connected() as (client, taken):
        engine.do(lambda: Line(engine, taken, ear, failures))
        client.sendall(b"x")
        assert all_of(client) == b""
        assert ear.has_lost.wait(PATIENCE)
    (failure,) = failures
    assert isinstance(failure, Odd)


def say_something(client: socket.socket) -> None:
    client.sendall(b"x")


@pytest.mark.parametrize("what_comes", [say_something, socket.socket.close, reset])
def test_a_line_is_idle_until_anything_comes_be_it_the_other_sides_end(
    engine: Engine, what_comes: Callable[[socket.socket], object]
) -> None:
    with lined(engine, Ear()) as (client, line):
        engine.do(line.pause_reading)
        assert engine.do(line.is_idle)
        what_comes(client)
        assert not engine.do(line.is_idle)


def test_a_line_is_not_idle_while_something_is_unsent_nor_once_it_was_closed(engine: Engine) -> None:
    with lined(engine, Ear(), room=1) as (_, line):
        engine.do(lambda: line.write(bytes(8 << 20)))
        assert not engine.do(line.is_idle)
    with lined(engine, Ear()) as (_, line):
        engine.do(line.close)
        assert not engine.do(line.is_idle)
