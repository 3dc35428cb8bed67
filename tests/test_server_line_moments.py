"""A line at a socket that does what a script says: every moment in which it may take less, or fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

import pytest
from hearing import Ear, counted
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.server.engine import READ, WRITE
from fakejobs.server.line import HIGH_WATER, LOW_WATER, Line
from fakejobs.server.seat import Seat


class Scripted:
    """A socket whose every call gives what a script says, and an engine that notes what is watched, in one."""

    def __init__(self, *script: int | BaseException) -> None:
        self.script = list(script)
        self.sent = b""
        self.is_closed = False
        self.watched = 0
        self.buffer = memoryview(bytearray(100))
        self.seat = Seat()
        self.is_at_work = False
        self.last: list[Callable[[], object]] = []

    def settimeout(self, seconds: float) -> None: ...

    def setsockopt(self, *option: int) -> None: ...

    def getsockopt(self, *option: int) -> int:
        raise OSError  # as where the system does not tell

    def _next(self) -> int:
        given = self.script.pop(0)
        if isinstance(given, BaseException):
            raise given
        return given

    def send(self, data: bytes) -> int:
        size = self._next()
        self.sent += bytes(data[:size])
        return size

    def recv_into(self, buffer: memoryview) -> int:
        return self._next()

    def shutdown(self, how: int) -> None:
        self._next()

    def close(self) -> None:
        self.is_closed = True

    def watch(self, what: object, events: int, ready: object) -> None:
        self.watched = events

    def unwatch(self, what: object) -> None:
        self.watched = 0

    def at_last(self, work: Callable[[], object]) -> None:
        assert self.is_at_work
        self.last.append(work)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Let the engine be at work meanwhile."""
        self.is_at_work = True
        yield
        self.is_at_work = False
        while self.last:
            self.last.pop()()


@contextmanager
def scripted(*script: int | BaseException) -> Iterator[tuple[Scripted, Line, Ear]]:
    """A line, with what is below it and the end above; all that the script says is to be asked for."""
    wire, ear, failures = Scripted(*script), Ear(stays=True), list[BaseException]()
    yield wire, Line(cast(Any, wire), cast(Any, wire), ear, failures), ear
    assert failures == []
    assert wire.script == []


def test_what_the_system_does_not_take_at_once_is_sent_when_it_does() -> None:
    with scripted(2, BlockingIOError(), 1, 3) as (wire, line, _):
        line.write(b"abcdef")
        assert (wire.sent, wire.watched) == (b"ab", READ | WRITE)
        line.write(b"")
        for _ in range(3):
            line._ready(WRITE)
        assert (wire.sent, wire.watched) == (b"abcdef", READ)


def test_a_write_for_which_there_is_no_room_waits_for_some() -> None:
    with scripted(BlockingIOError(), 3) as (wire, line, _):
        line.write(b"abc")
        assert wire.watched == READ | WRITE
        line._ready(WRITE)
        assert (wire.sent, wire.watched) == (b"abc", READ)


@pytest.mark.parametrize("script", [(BrokenPipeError(),), (BlockingIOError(), ConnectionResetError())])
def test_a_line_that_cannot_be_sent_on_has_ended(script: tuple[BaseException, ...]) -> None:
    with scripted(*script) as (wire, line, ear):
        line.write(b"abc")
        line._ready(WRITE)
        assert (wire.is_closed, wire.watched, ear.has_lost.is_set()) == (True, 0, True)
        line.write(b"def")
        assert wire.sent == b""


def test_a_reset_that_is_read_ends_the_line() -> None:
    with scripted(ConnectionResetError()) as (wire, line, ear):
        line._ready(READ)
        assert (wire.is_closed, ear.has_lost.is_set(), ear.has_heard_end.is_set()) == (True, True, False)


def test_what_was_true_when_the_engine_looked_need_not_be_so_any_more() -> None:
    with scripted(BlockingIOError()) as (wire, line, ear):
        line._ready(WRITE)
        line._ready(READ)
        line.pause_reading()
        line.pause_reading()
        assert wire.watched == 0
        line._ready(READ)
        line.abort()
        line._ready(READ | WRITE)
        assert (wire.script, bytes(ear.heard)) == ([], b"")


def test_an_end_that_both_sides_have_said_is_waited_for_no_more() -> None:
    with scripted(0, OSError("not connected")) as (wire, line, ear):
        line._ready(READ)
        assert (wire.watched, ear.has_heard_end.is_set(), ear.has_lost.is_set()) == (0, True, False)
        line.write_eof()
        line.close()
        assert ear.has_lost.is_set()


def test_a_line_asks_once_for_a_pause_and_once_for_more() -> None:
    with scripted(BlockingIOError(), HIGH_WATER, 1, LOW_WATER) as (wire, line, ear):
        for _ in range(2):
            line.write(b"a" * (HIGH_WATER // 2))
        assert ear.told == []
        line.write(b"a" * (LOW_WATER + 1))
        line.write(b"")
        assert ear.told == ["pause"]
        line._ready(WRITE)
        assert ear.told == ["pause"]
        line._ready(WRITE)
        assert ear.told == ["pause", "resume"]
        line._ready(WRITE)
        assert (ear.told, wire.watched) == (["pause", "resume"], READ)


def test_what_is_written_at_work_is_sent_once_all_else_of_it_is_done() -> None:
    with scripted(5, 1) as (wire, line, _):
        with wire.work():
            line.write(b"abc")
            line.write(b"def")
            assert (wire.sent, wire.watched, len(wire.last)) == (b"", READ, 1)
        assert (wire.sent, wire.watched) == (b"abcde", READ | WRITE)
        line._ready(WRITE)
        assert (wire.sent, wire.watched) == (b"abcdef", READ)


def test_what_is_much_is_sent_amid_the_work_so_that_a_client_that_does_not_read_holds_it_up() -> None:
    with scripted(HIGH_WATER, BlockingIOError(), BlockingIOError()) as (wire, line, ear), wire.work():
        line.write(b"a" * (HIGH_WATER + 1))
        assert (len(wire.sent), ear.told) == (HIGH_WATER, [])
        line._ready(WRITE)
        line.write(b"a" * HIGH_WATER)
        assert ear.told == ["pause"]
        line._ready(WRITE)


class Taking(Scripted):
    """A socket that takes so many bytes, or none, and all once nothing more is said."""

    def send(self, data: bytes) -> int:
        if not self.script:
            self.script = [len(data)]
        if self.script[0] == 0:
            self.script[0] = BlockingIOError()
        return super().send(data)


SIZES = st.sampled_from([1, LOW_WATER - 1, LOW_WATER + 1, HIGH_WATER // 2, HIGH_WATER + 1, 2 * HIGH_WATER])
TURNS = st.lists(st.tuples(st.booleans(), st.lists(SIZES, max_size=4)), min_size=1, max_size=8)


@given(TURNS, st.lists(st.one_of(st.just(0), SIZES), max_size=20))
def test_whenever_the_engine_waits_what_is_unsent_is_watched_and_who_was_to_pause_has_much_unsent(
    turns: list[tuple[bool, list[int]]], takes: list[int | BaseException]
) -> None:
    wire, ear, failures = Taking(*takes), Ear(), list[BaseException]()
    line = Line(cast(Any, wire), cast(Any, wire), ear, failures)
    written = b""
    for is_at_work, sizes in turns:
        with wire.work() if is_at_work else nullcontext():
            if is_at_work and wire.watched & WRITE:
                line._ready(WRITE)
            for size in sizes:
                data = counted(size)
                line.write(data)
                written += data
        assert wire.sent + line._unsent == written
        assert (wire.watched & WRITE != 0) == bool(line._unsent)
        assert ear.told[-1:] != ["pause"] or len(line._unsent) > LOW_WATER
    assert failures == []
    assert ear.told == ["pause", "resume"] * (len(ear.told) // 2) + ["pause"] * (len(ear.told) % 2)


@pytest.mark.parametrize("end", [Line.abort, Line.reset, Line.close])
def test_a_line_that_ends_at_work_has_sent_what_was_just_written(end: Callable[[Line], None]) -> None:
    with scripted(3) as (wire, line, ear):
        with wire.work():
            line.write(b"abc")
            end(line)
            line.write(b"def")
        assert (wire.sent, wire.is_closed, ear.has_lost.is_set()) == (b"abc", True, True)


def test_a_line_that_ends_at_work_minds_no_client_that_has_gone() -> None:
    with scripted(BrokenPipeError()) as (wire, line, ear):
        with wire.work():
            line.write(b"abc")
            line.abort()
        assert (wire.is_closed, ear.has_lost.is_set()) == (True, True)
