"""The clock that a test owns, as one thread sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from threading import get_ident
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sleeping import NEVER, await_sleepers, bystander, join_all, started

from fakejobs.clock import Clock, Move, SystemClock, VirtualClock, datetime_of
from fakejobs.errors import ClockError

HOUR = 3_600_000_000


def test_both_clocks_do_what_a_clock_does() -> None:
    clocks: list[Clock] = [VirtualClock(), SystemClock()]
    assert all(isinstance(clock, Clock) for clock in clocks)


def test_a_clock_starts_at_the_new_year_of_2026_unless_told_otherwise() -> None:
    assert VirtualClock().now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert VirtualClock(datetime(1970, 1, 1, tzinfo=UTC)).instant() == 0
    with pytest.raises(ClockError, match="zone"):
        VirtualClock(datetime(2026, 1, 1))


def test_now_and_time_and_the_text_derive_from_the_instant() -> None:
    clock = VirtualClock()
    clock.sleep(0.25)
    assert clock.now() == datetime_of(clock.instant())
    assert clock.time() == clock.instant() / 1_000_000
    assert repr(clock) == "<VirtualClock 2026-01-01T00:00:00.250000Z>"


@pytest.mark.parametrize("settle", [0, -1, float("nan"), float("inf")])
def test_a_clock_cannot_settle_in_no_time_or_never(settle: float) -> None:
    with pytest.raises(ClockError, match="settle="):
        VirtualClock(settle=settle)


@given(st.lists(st.one_of(st.integers(0, 10**6), st.floats(0, 1e6)), max_size=20))
def test_sleeping_alone_moves_the_clock_by_each_sleep_and_nothing_else_does(naps: list[float]) -> None:
    clock = VirtualClock(settle=NEVER)
    for nap in naps:
        before = clock.instant()
        clock.sleep(nap)
        assert clock.instant() - before == round(Fraction(nap) * 1_000_000)


@pytest.mark.parametrize("wrong", [-1, -0.001, float("nan"), float("inf"), True, "1", None])
def test_a_sleep_that_is_no_span_of_time_is_refused(wrong: Any) -> None:
    clock = VirtualClock()
    with pytest.raises(ValueError, match="found seconds="):
        clock.sleep(wrong)
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)


def test_nothing_sleeps_or_advances_past_the_year_9999() -> None:
    clock = VirtualClock()
    for go in (clock.sleep, lambda seconds: clock.advance(seconds=seconds)):
        with pytest.raises(ClockError, match="past the year 9999"):
            go(1e12)
    clock.sleep(1)


@given(st.integers(0, 5000), st.integers(0, 100), st.integers(0, 48), st.integers(0, 9))
def test_advancing_moves_by_the_sum_and_at_once_if_nobody_sleeps(s: int, m: int, h: int, d: int) -> None:
    clock = VirtualClock(settle=NEVER)
    before = clock.instant()
    clock.advance(seconds=s, minutes=m, hours=h, days=d)
    assert clock.instant() - before == 1_000_000 * (s + 60 * m) + HOUR * (h + 24 * d)


def test_advancing_by_nothing_moves_nothing_and_backwards_is_refused() -> None:
    clock, moves = heard(VirtualClock())
    clock.advance(hours=0)
    with pytest.raises(ClockError, match="backwards"):
        clock.advance(seconds=-1)
    with pytest.raises(ClockError, match="days=nan"):
        clock.advance(days=float("nan"))
    assert moves == []


def test_each_move_is_told_with_its_reason() -> None:
    clock, moves = heard(VirtualClock(datetime(1970, 1, 1, tzinfo=UTC)))
    clock.sleep(1)
    clock.advance(seconds=1)
    clock.call_after(5, lambda: None)
    assert moves == [
        Move(before=0, after=1_000_000, why="sleep"),
        Move(before=1_000_000, after=2_000_000, why="advance"),
        Move(before=2_000_000, after=2_000_005, why="delay"),
    ]


def test_a_listener_may_use_the_clock_since_no_lock_is_held() -> None:
    clock = VirtualClock(datetime(1970, 1, 1, tzinfo=UTC), settle=NEVER)

    def once_more(move: Move) -> None:
        if move.after == 1_000_000:
            clock.sleep(1)
            clock.advance(seconds=1)

    clock.listen(once_more)
    clock.sleep(1)
    assert clock.instant() == 3_000_000
    clock.advance(seconds=1)
    assert clock.instant() == 4_000_000


def test_a_request_gives_the_instant_and_does_not_hold_the_thread_that_asks_it() -> None:
    clock = VirtualClock(settle=NEVER)
    with clock.request() as asked:
        assert asked == clock.instant()
        clock.sleep(1)
        clock.advance(seconds=1)
    assert clock.instant() == asked + 2_000_000


def test_a_call_that_is_alone_is_over_when_call_after_returns() -> None:
    clock = VirtualClock(settle=NEVER)
    before = clock.instant()
    called: list[int] = []
    clock.call_after(7, lambda: called.append(clock.instant()))
    clock.call_after(0, lambda: called.append(clock.instant()))
    assert called == [before + 7, before + 7]


@pytest.mark.parametrize("wrong", [-1, 1.5, True, None, "1"])
def test_a_call_after_no_whole_number_of_microseconds_is_refused(wrong: Any) -> None:
    with pytest.raises(ClockError, match="give a whole number, 0 or more"):
        VirtualClock().call_after(wrong, lambda: None)


def test_a_call_in_company_waits_and_is_made_by_whoever_advances_at_its_instant() -> None:
    clock = VirtualClock(datetime(1970, 1, 1, tzinfo=UTC), settle=NEVER)
    called: list[tuple[int, int]] = []
    with bystander():
        for span in (30, 10, 20, 10):
            clock.call_after(span, lambda: called.append((clock.instant(), get_ident())))
        assert (clock.sleeping, called) == (4, [])
        clock.advance(seconds=1)
    assert called == [(instant, get_ident()) for instant in (10, 10, 20, 30)]


def test_a_call_may_sleep_and_advance_and_enter_calls_itself() -> None:
    clock = VirtualClock(datetime(1970, 1, 1, tzinfo=UTC), settle=NEVER)
    seen: list[int] = []

    def outer() -> None:
        clock.call_after(5, lambda: seen.append(clock.instant()))
        clock.sleep(0.000_020)
        seen.append(clock.instant())
        clock.advance(seconds=0.000_010)
        seen.append(clock.instant())

    with bystander():
        clock.call_after(10, outer)
        clock.advance(seconds=0.000_025)
    assert seen == [15, 30, 40]
    assert clock.instant() == 40


def test_a_call_that_fails_reaches_the_mover_after_everything_else_due_was_done() -> None:
    clock = VirtualClock(datetime(1970, 1, 1, tzinfo=UTC), settle=NEVER)
    called: list[int] = []
    with pytest.raises(ZeroDivisionError):
        clock.call_after(5, lambda: called.append(1 // 0))
    with bystander():
        clock.call_after(5, lambda: called.append(1 // 0))
        clock.call_after(5, lambda: called.append(clock.instant()))
        with pytest.raises(ZeroDivisionError):
            clock.advance(seconds=1)
        assert called == [clock.instant()] == [10]
        for _ in range(2):
            clock.call_after(5, lambda: called.append(1 // 0))
        with pytest.raises(ExceptionGroup, match="several callbacks") as caught:
            clock.advance(seconds=1)
        assert len(caught.value.exceptions) == 2
        clock.advance(seconds=1)
    assert clock.instant() == 1_000_015


def test_the_next_event_is_the_first_of_wake_ups_calls_and_watched_sources() -> None:
    clock = VirtualClock(datetime(1970, 1, 1, tzinfo=UTC), settle=NEVER)
    clock.watch(lambda instant: 25 if instant < 25 else None)
    clock.watch(lambda instant: None)
    with bystander():
        clock.call_after(30, lambda: None)
        sleeper = started(lambda: clock.sleep(0.000_010))
        await_sleepers(clock, 2)
        assert [clock.advance_to_next_event() for _ in range(3)] == [datetime_of(n) for n in (10, 25, 30)]
        join_all(sleeper)
    with pytest.raises(ClockError, match="nothing is scheduled: no sleeper, and no job that time alone will move"):
        clock.advance_to_next_event()


def test_closing_refuses_who_sleeps_and_drops_who_is_to_be_called() -> None:
    clock = VirtualClock(settle=NEVER)
    errors: list[ClockError] = []
    called: list[int] = []
    with bystander():
        clock.call_after(5, lambda: called.append(1))
        sleepers = [started(lambda: errors.append(error_of(lambda: clock.sleep(60)))) for _ in range(3)]
        await_sleepers(clock, 4)
        clock.close()
        join_all(*sleepers)
    clock.advance(days=1)
    assert called == []
    assert all(
        "the clock was closed while the thread" in str(error) and "slept until 2026-01-01T00:01:00Z" in str(error)
        for error in errors
    )
    assert len(errors) == 3


def test_a_closed_clock_tells_the_time_but_nothing_sleeps_on_it() -> None:
    clock = VirtualClock()
    clock.close()
    clock.close()
    for use in (partial(clock.sleep, 0), partial(clock.sleep, 1), partial(clock.call_after, 0, clock.close)):
        assert "the clock was closed" in str(error_of(use))
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert clock.time() == clock.instant() / 1_000_000


def test_a_clock_that_restarts_refuses_who_sleeps_and_begins_anew() -> None:
    clock, moves = heard(VirtualClock(settle=NEVER))
    errors: list[ClockError] = []
    with bystander():
        sleeper = started(lambda: errors.append(error_of(lambda: clock.sleep(60))))
        await_sleepers(clock, 1)
        clock.advance(seconds=5)
        clock.restart()
        join_all(sleeper)
    assert (len(errors), len(moves), clock.now()) == (1, 1, datetime(2026, 1, 1, tzinfo=UTC))
    clock.restart(datetime(1970, 1, 1, tzinfo=UTC))
    clock.sleep(1)
    assert clock.instant() == 1_000_000
    clock.close()
    with pytest.raises(ClockError, match="closed"):
        clock.restart()


def heard(clock: VirtualClock) -> tuple[VirtualClock, list[Move]]:
    moves: list[Move] = []
    clock.listen(moves.append)
    return clock, moves


def error_of(work: Callable[[], object]) -> ClockError:
    with pytest.raises(ClockError) as caught:
        work()
    return caught.value
