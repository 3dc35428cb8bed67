"""Waiting for sockets: what is watched is told when it is ready, and what is not, never."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from serving import PATIENCE
from turning import KINDS, pair

from fakejobs.server.waiting import READ, WRITE, Waiting, waiting


@pytest.fixture(params=KINDS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Waiting]:
    """Each way that this system has."""
    monkeypatch.setattr(selectors, "DefaultSelector", getattr(selectors, request.param))
    with closing(waiting()) as way:
        yield way


def first(events: int) -> object: ...


def second(events: int) -> object: ...


def test_a_socket_is_told_with_those_events_that_are_waited_for(way: Waiting) -> None:
    with pair() as (ours, theirs):
        way.watch(theirs, READ, first)
        assert way.wait(0) == []
        ours.send(b"a")
        assert way.wait(PATIENCE) == [(first, READ)]
        way.watch(theirs, READ | WRITE, second)
        assert way.wait(PATIENCE) == [(second, READ | WRITE)]
        way.watch(theirs, WRITE, second)
        assert way.wait(PATIENCE) == [(second, WRITE)]
        way.unwatch(theirs)


def test_what_is_not_watched_any_more_or_never_was_is_not_told(way: Waiting) -> None:
    with pair() as (ours, theirs):
        way.unwatch(theirs)
        ours.send(b"a")
        way.watch(theirs, READ, first)
        way.unwatch(theirs)
        way.unwatch(theirs)
        assert way.wait(0) == []


def test_an_end_is_told_to_who_waits_to_read_and_to_who_waits_to_write(way: Waiting) -> None:
    for events in (READ, WRITE):
        with pair() as (ours, theirs):
            way.watch(theirs, events, first)
            ours.shutdown(socket.SHUT_RDWR)
            assert way.wait(PATIENCE) == [(first, events)]
            way.unwatch(theirs)


@pytest.mark.skipif("EpollSelector" not in KINDS, reason="this system has no epoll")
def test_what_another_thread_unwatches_when_it_is_ready_already_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ready:
        """An epoll that has seen a socket of which nobody knows any more."""

        def poll(self, seconds: float | None) -> list[tuple[int, int]]:
            return [(10**6, 1)]

    with closing(waiting()) as way:
        monkeypatch.setattr(way, "_poll", Ready())
        assert way.wait(0) == []
