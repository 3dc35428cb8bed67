"""The clock that a test owns, as several threads see it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial
from threading import Barrier, Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sleeping import NEVER, PATIENCE, await_sleepers, bystander, join_all, started

from fakejobs.clock import Move, VirtualClock
from fakejobs.errors import ClockError

START = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
UNHURRIED = 0.05
"""A ``settle`` that a loaded machine does not outlast, between two steps of a thread that is awake."""

spans = st.lists(st.integers(1, 5), min_size=1, max_size=5)


@settings(max_examples=15, deadline=None)
@given(spans)
def test_sleeps_overlap_each_wakes_at_its_call_plus_its_seconds_and_the_clock_ends_at_the_last(
    seconds: list[int],
) -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    woken: list[tuple[int, int]] = []

    def sleep(span: int) -> None:
        clock.sleep(span)
        woken.append((span * SECOND, clock.instant()))

    with clock.request():
        sleepers = [started(partial(sleep, span)) for span in seconds]
        await_sleepers(clock, len(seconds))
    join_all(*sleepers)
    assert sorted(woken) == [(span * SECOND, span * SECOND) for span in sorted(seconds)]
    assert clock.instant() == max(seconds) * SECOND


def test_two_new_threads_that_sleep_10_and_5_end_at_10() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    moves: list[Move] = []
    clock.listen(moves.append)
    join_all(started(lambda: clock.sleep(10)), started(lambda: clock.sleep(5)))
    assert [(move.after, move.why) for move in moves] == [(5 * SECOND, "sleep"), (10 * SECOND, "sleep")]


def test_the_main_thread_overlaps_with_a_thread_that_it_has_just_started() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    clock.sleep(1)
    other = started(lambda: clock.sleep(5))
    clock.sleep(10)
    join_all(other)
    assert clock.instant() == 11 * SECOND


def test_threads_that_slept_before_overlap_again_after_a_pause() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    rounds = Barrier(3)

    def work(span: int) -> None:
        clock.sleep(span)
        rounds.wait(PATIENCE)
        pause.wait(PATIENCE)
        clock.sleep(span)

    pause = Event()
    threads = [started(partial(work, span)) for span in (10, 5)]
    rounds.wait(PATIENCE)
    Event().wait(2 * UNHURRIED)
    pause.set()
    join_all(*threads)
    assert clock.instant() == 20 * SECOND


def test_a_thread_that_slept_alone_overlaps_with_an_older_sleeper_after_a_pause() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    clock.sleep(1)
    together = Barrier(2)

    def work() -> None:
        clock.sleep(1)
        clock.sleep(1)
        Event().wait(2 * UNHURRIED)
        together.wait(PATIENCE)
        clock.sleep(10)

    other = started(work)
    together.wait(PATIENCE)
    clock.sleep(5)
    join_all(other)
    assert clock.instant() == 13 * SECOND


def test_a_thread_that_is_blocked_in_join_does_not_hold_the_clock() -> None:
    clock = VirtualClock(START)
    clock.sleep(1)

    def poll() -> None:
        for _ in range(50):
            clock.sleep(2)

    join_all(started(poll))
    assert clock.instant() == 101 * SECOND


def test_threads_that_poll_side_by_side_each_keep_their_own_pace() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    gaps: list[tuple[int, int]] = []

    def poll(span: int) -> None:
        for _ in range(3):
            called = clock.instant()
            clock.sleep(span)
            gaps.append((span, clock.instant() - called))

    join_all(*[started(partial(poll, span)) for span in (2, 3, 7)])
    assert all(gap == span * SECOND for span, gap in gaps)
    assert clock.instant() == 21 * SECOND


def test_a_thread_that_serves_the_fake_does_not_make_a_lone_sleeper_wait() -> None:
    clock = VirtualClock(START, settle=NEVER)
    done = Event()
    server = Thread(target=done.wait, args=(PATIENCE,), name="fakejobs-server", daemon=True)
    server.start()
    clock.sleep(1)
    assert clock.instant() == SECOND
    done.set()
    join_all(server)


def test_a_request_in_flight_holds_the_clock_until_it_ends() -> None:
    clock = VirtualClock(START)
    asked, answered, woken = Event(), Event(), Event()

    def ask() -> None:
        with clock.request():
            asked.set()
            answered.wait(PATIENCE)

    def sleep() -> None:
        clock.sleep(5)
        woken.set()

    client = started(ask)
    asked.wait(PATIENCE)
    sleepers = [started(sleep), started(sleep)]
    await_sleepers(clock, 2)
    assert not woken.wait(0.05)
    assert clock.instant() == 0
    answered.set()
    join_all(client, *sleepers)
    assert clock.instant() == 5 * SECOND


def test_a_request_of_a_thread_that_itself_sleeps_does_not_hold_the_clock() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)

    def handle() -> None:
        with clock.request():
            clock.sleep(5)

    with clock.request():
        handlers = [started(handle), started(handle)]
        await_sleepers(clock, 2)
    join_all(*handlers)
    assert clock.instant() == 5 * SECOND


def test_threads_and_calls_share_one_order_of_events() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    order: list[tuple[str, int]] = []
    moves: list[Move] = []
    clock.listen(moves.append)
    called = Event()

    def sleep() -> None:
        clock.sleep(2)
        order.append(("thread", clock.instant()))

    def call(name: str) -> None:
        order.append((name, clock.instant()))
        called.set()

    with clock.request():
        sleeper = started(sleep)
        await_sleepers(clock, 1)
        clock.call_after(3 * SECOND, partial(call, "later"))
        clock.call_after(SECOND, partial(order.append, ("sooner", SECOND)))
    join_all(sleeper)
    assert called.wait(PATIENCE)
    assert order == [("sooner", SECOND), ("thread", 2 * SECOND), ("later", 3 * SECOND)]
    assert [move.why for move in moves] == ["delay", "sleep", "delay"]


def test_a_call_that_fails_in_the_mover_is_reported_and_the_clock_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported: list[type[BaseException]] = []
    monkeypatch.setattr("fakejobs.clock.sleepers.excepthook", lambda args: reported.append(args.exc_type))
    clock = VirtualClock(START, settle=UNHURRIED)
    with bystander():
        clock.call_after(SECOND, fail)
        clock.sleep(1)
        clock.sleep(1)
    assert reported == [ZeroDivisionError]
    assert clock.instant() == 2 * SECOND


def test_a_call_in_the_mover_may_sleep() -> None:
    clock = VirtualClock(START)
    called = Event()

    def call() -> None:
        clock.sleep(4)
        called.set()

    with bystander():
        clock.call_after(SECOND, call)
        assert called.wait(PATIENCE)
    assert clock.instant() == 5 * SECOND


def test_an_interrupted_sleeper_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock(START, settle=NEVER)

    def interrupt(sleeper: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fakejobs.clock.sleepers.SleepingThread.wait", interrupt)
    with bystander():
        with pytest.raises(KeyboardInterrupt):
            clock.sleep(1)
        assert clock.sleeping == 0
        clock.advance(seconds=5)
    clock.sleep(1)
    assert clock.instant() == 6 * SECOND


def test_no_thread_of_the_clock_is_left_once_nobody_sleeps() -> None:
    clock = VirtualClock(START)
    before = movers()
    join_all(*[started(lambda: clock.sleep(1)) for _ in range(3)])
    join_all(*(movers() - before))
    with bystander():
        clock.call_after(SECOND, lambda: None)
        clock.close()
        join_all(*(movers() - before))


def test_should_the_thread_that_moves_a_clock_fail_those_who_sleep_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported: list[type[BaseException]] = []
    complaints: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_type))
    clock = VirtualClock(START)
    monkeypatch.setattr(clock._work, "_await_step", fail)

    def nap() -> None:
        with pytest.raises(ClockError) as caught:
            clock.sleep(5)
        complaints.append(str(caught.value))

    with bystander():
        join_all(started(nap))
    assert len(complaints) == 1
    assert complaints[0].startswith("the clock was closed while the thread ")
    join_all(*movers())
    assert reported == [ZeroDivisionError]


def test_ended_threads_are_forgotten() -> None:
    clock = VirtualClock(START)
    join_all(*[started(lambda: clock.sleep(1)) for _ in range(3)])
    clock.advance(seconds=1)
    clock.sleep(1)
    assert clock.sleeping == 0
    assert clock.instant() >= 3 * SECOND


def movers() -> set[Thread]:
    """The threads that move clocks just now."""
    return {thread for thread in threading.enumerate() if thread.name == "fakejobs-clock"}


def fail() -> None:
    """What a callback does that has a mistake in it."""
    raise ZeroDivisionError
