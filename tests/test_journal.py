"""The journal: exchanges in order, and the moves of the clock between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import START

from fakejobs.clock import Move, datetime_of
from fakejobs.journal import Delivery, Entry, Journal, Record, Request, Response, first_instant, last_instant

WHYS = st.sampled_from(["sleep", "advance", "delay"])


def request(target: str = "/a", body: bytes = b"") -> Request:
    return Request(method="GET", target=target, headers=(("X-One", "1"), ("x-one", "2")), body=body)


def entry(at: int = START) -> Entry:
    return Entry(
        asked=at,
        answered=at,
        request=request(),
        response=Response(status=200, headers=(("Retry-After", "2"),), body=b'{"a":[1]}'),
    )


def test_a_request_tells_its_path_and_its_query() -> None:
    asked = request("/a%2Fb?x=1&x=2&y=%C3%A9&z=")
    assert asked.path == "/a%2Fb"
    assert asked.query == {"x": ["1", "2"], "y": ["é"], "z": [""]}
    assert request("/a").query == {}


def test_headers_are_found_whatever_their_case_and_the_first_is_taken() -> None:
    assert request().header("X-ONE") == "1"
    assert request().header("X-Two") is None
    assert entry().response.header("retry-after") == "2"
    assert entry().response.header("Date") is None


def test_bodies_are_read_as_json_or_refused() -> None:
    assert request(body=b'{"a": 1}').json() == {"a": 1}
    assert entry().response.json() == {"a": [1]}
    with pytest.raises(ValueError, match="Expecting value"):
        request(body=b"<html>").json()


def test_an_entry_tells_when_it_was_asked() -> None:
    assert entry().at == datetime_of(START)


def test_entries_are_kept_in_order_and_those_after_the_test_are_late() -> None:
    journal = Journal()
    journal.write(entry(1))
    journal.is_over = True
    journal.write(entry(2))
    assert [(each.asked, each.late) for each in journal.entries] == [(1, False), (2, True)]


@given(st.lists(st.tuples(WHYS, st.integers(1, 5), st.integers(0, 1), st.booleans())))
def test_moves_that_nothing_comes_between_are_one(steps: list[tuple[str, int, int, bool]]) -> None:
    journal, now = Journal(), 0
    moves: list[Move] = []
    for why, span, gap, is_asked in steps:
        now += gap  # as where two moves are told out of order
        move = Move(before=now, after=now + span, why=why)  # type: ignore[arg-type]
        journal.moved(move)
        moves.append(move)
        now += span
        if is_asked:
            journal.write(entry(now))
    told = [record for record in journal.records if isinstance(record, Move)]
    assert sum(move.after - move.before for move in told) == sum(move.after - move.before for move in moves)
    for one, other in zip(journal.records, journal.records[1:], strict=False):
        if isinstance(one, Move) and isinstance(other, Move):
            assert one.why != other.why or one.after != other.before


@given(st.lists(st.integers(0, 100), max_size=200))
def test_a_journal_that_is_written_in_order_starts_with_its_first_record(instants: list[int]) -> None:
    journal = Journal()
    for at in sorted(instants):
        journal.write(entry(at))
    assert journal.start(1000) == first_instant(journal.records, 1000) == min(instants, default=1000)


@pytest.mark.parametrize(
    ("record", "begins", "ends"),
    [
        (entry(START + 5), START + 5, START + 5),
        (Move(why="sleep", before=START + 5, after=START + 9), START + 5, START + 9),
        (Delivery(START + 5, "t", None, "g_1", request()), START + 5, START + 5),
    ],
)
def test_records_begin_and_end_and_so_does_what_is_told_of_them(record: Record, begins: int, ends: int) -> None:
    assert (first_instant([record], START), last_instant([record], START)) == (begins, ends)
    assert last_instant([record], START + 20) == START + 20
    assert (first_instant([], START), last_instant([], START)) == (START, START)
