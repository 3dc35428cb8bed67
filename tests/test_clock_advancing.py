"""Advancing the clock that a test owns, while threads and tasks sleep on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from queue import Queue
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sleeping import NEVER, PATIENCE, await_sleepers, bystander, join_all, started

from fakejobs.clock import Move, VirtualClock
from fakejobs.errors import ClockError

START = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
UNHURRIED = 0.05
"""A ``settle`` that a loaded machine does not outlast, between two steps of one that is awake."""


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_one_advance_shows_threads_what_many_small_ones_show(naps: list[int], parts: list[int]) -> None:
    assert seen_by_threads(naps, parts) == seen_by_threads(naps, [sum(parts)])


def test_an_advance_of_an_hour_shows_a_thread_each_of_3600_naps() -> None:
    assert seen_by_threads([1], [3600]) == [(nap, nap * SECOND) for nap in range(1, 3601)]


def seen_by_threads(naps: list[int], parts: list[int]) -> list[tuple[int, int]]:
    """Which nap of any thread ended at which instant, while the clock was advanced part by part."""
    clock = VirtualClock(START, settle=NEVER)
    seen: list[tuple[int, int]] = []

    def doze(span: int) -> None:
        for nap in range(1, 4000):
            try:
                clock.sleep(span)
            except ClockError:
                return
            seen.append((nap, clock.instant()))

    with bystander():
        sleepers = [started(partial(doze, span)) for span in naps]
        await_sleepers(clock, len(sleepers))
        for part in parts:
            clock.advance(seconds=part)
        assert clock.instant() == sum(parts) * SECOND
        clock.close()
        join_all(*sleepers)
    return sorted(seen)


def test_an_advance_goes_on_when_the_woken_have_ended() -> None:
    clock = VirtualClock(START, settle=NEVER)
    seen: list[int] = []

    def doze(span: int) -> None:
        clock.sleep(span)
        seen.append(clock.instant())

    with bystander():
        sleepers = [started(partial(doze, span)) for span in (1, 2, 2, 3)]
        await_sleepers(clock, 4)
        clock.advance(seconds=10)
        assert seen == [SECOND, 2 * SECOND, 2 * SECOND, 3 * SECOND]
        join_all(*sleepers)


def test_an_advance_goes_on_when_the_woken_are_blocked_elsewhere() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    release = Event()

    def doze() -> None:
        clock.sleep(1)
        release.wait(PATIENCE)

    with clock.request():
        sleeper = started(doze)
        await_sleepers(clock, 1)
        clock.advance(seconds=10)
    assert clock.instant() == 10 * SECOND
    release.set()
    join_all(sleeper)


def test_an_advance_lets_the_woken_finish_their_requests() -> None:
    clock = VirtualClock(START, settle=NEVER)
    answered: list[int] = []

    def poll() -> None:
        clock.sleep(1)
        with clock.request() as asked:
            Event().wait(0.01)
            answered.append(asked)
        clock.sleep(60)

    with bystander():
        poller = started(lambda: error_of(poll))
        await_sleepers(clock, 1)
        clock.advance(seconds=10)
        assert answered == [SECOND]
        clock.close()
        join_all(poller)


def test_advances_of_two_threads_take_their_turns() -> None:
    clock = VirtualClock(START, settle=NEVER)
    moves: list[Move] = []
    clock.listen(moves.append)
    first_is_under_way, go_on = Event(), Event()

    def call() -> None:
        first_is_under_way.set()
        go_on.wait(PATIENCE)

    with bystander():
        clock.call_after(SECOND, call)
        first = started(lambda: clock.advance(seconds=10))
        assert first_is_under_way.wait(PATIENCE)
        second = started(lambda: clock.advance(seconds=100))
        go_on.set()
        join_all(first, second)
    assert [(move.before, move.after) for move in moves] == [
        (0, SECOND),
        (SECOND, 10 * SECOND),
        (10 * SECOND, 110 * SECOND),
    ]


def test_who_advances_may_have_been_woken_itself() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)

    def doze() -> None:
        clock.sleep(1)
        clock.advance(seconds=2)

    with clock.request():
        dozers = [started(doze), started(doze)]
        await_sleepers(clock, 2)
    join_all(*dozers)
    assert clock.instant() == 5 * SECOND


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_one_advance_shows_tasks_what_many_small_ones_show(naps: list[int], parts: list[int]) -> None:
    assert seen_by_tasks(naps, parts) == seen_by_tasks(naps, [sum(parts)])


def test_an_advance_of_an_hour_shows_a_task_each_of_3600_naps() -> None:
    assert seen_by_tasks([1], [3600]) == [(0, nap * SECOND) for nap in range(1, 3601)]


def seen_by_tasks(naps: list[int], parts: list[int]) -> list[tuple[int, int]]:
    """Which task woke at which instant, while the clock was advanced part by part."""
    clock = VirtualClock(START, settle=NEVER)
    seen: list[tuple[int, int]] = []

    async def doze(number: int, span: int) -> None:
        while True:
            await clock.asleep(span)
            seen.append((number, clock.instant()))

    async def watch() -> None:
        tasks = [asyncio.create_task(doze(number, span)) for number, span in enumerate(naps)]
        for part in parts:
            await clock.aadvance(seconds=part)
        assert clock.instant() == sum(parts) * SECOND
        for task in tasks:
            task.cancel()

    asyncio.run(watch())
    return seen if len(naps) == 1 else sorted(seen)


def test_an_advance_lets_woken_tasks_await_other_things_for_a_while() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def doze() -> None:
        await clock.asleep(1)
        for _ in range(50):
            await asyncio.sleep(0)
        assert clock.instant() == SECOND

    async def watch() -> None:
        task = asyncio.create_task(doze())
        await clock.aadvance(seconds=5)
        assert task.done()
        await task

    asyncio.run(watch())


def test_an_advance_goes_on_when_a_woken_task_awaits_what_does_not_come() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)

    async def block() -> None:
        await clock.asleep(1)
        await asyncio.Event().wait()

    async def watch() -> None:
        task = asyncio.create_task(block())
        await clock.aadvance(seconds=5)
        assert not task.done()
        task.cancel()

    asyncio.run(watch())
    assert clock.instant() == 5 * SECOND


def test_advances_of_two_tasks_take_their_turns() -> None:
    clock = VirtualClock(START, settle=NEVER)
    moves: list[int] = []
    clock.listen(lambda move: moves.append(move.after))

    async def doze() -> None:
        await clock.asleep(1)
        for _ in range(5):
            await asyncio.sleep(0)

    async def watch() -> None:
        await asyncio.gather(doze(), clock.aadvance(seconds=10), clock.aadvance(seconds=100))

    asyncio.run(watch())
    assert moves == [SECOND, 10 * SECOND, 110 * SECOND]


def test_a_blocking_advance_inside_a_loop_wakes_its_tasks_and_does_not_wait_for_them() -> None:
    clock = VirtualClock(START, settle=NEVER)
    woken: list[int] = []

    async def doze(span: int) -> None:
        await clock.asleep(span)
        woken.append(span)

    async def watch() -> None:
        tasks = [asyncio.create_task(doze(span)) for span in (2, 1)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        clock.advance(seconds=10)
        assert woken == []
        await asyncio.gather(*tasks)

    asyncio.run(watch())
    assert woken == [1, 2]
    assert clock.instant() == 10 * SECOND


def test_a_blocking_sleep_inside_a_task_that_an_advance_woke_moves_the_clock_on() -> None:
    clock = VirtualClock(START, settle=NEVER)
    woken: list[int] = []

    async def doze() -> None:
        await clock.asleep(1)
        clock.sleep(1)
        woken.append(clock.instant())

    async def watch() -> None:
        task = asyncio.create_task(doze())
        await clock.aadvance(seconds=10)
        await task

    asyncio.run(watch())
    assert woken == [2 * SECOND]
    assert clock.instant() == 10 * SECOND


def test_a_thread_may_advance_while_a_loop_sleeps() -> None:
    clock = VirtualClock(START, settle=NEVER)
    woken: list[Move] = []
    is_done = Event()

    async def doze() -> None:
        keeper = asyncio.create_task(asyncio.to_thread(is_done.wait, PATIENCE))
        for _ in range(3):
            await clock.asleep(2)
            woken.append(Move(before=0, after=clock.instant(), why="sleep"))
        is_done.set()
        await keeper

    dozer = started(lambda: asyncio.run(doze()))
    await_sleepers(clock, 1)
    clock.advance(seconds=10)
    join_all(dozer)
    assert [move.after for move in woken] == [2 * SECOND, 4 * SECOND, 6 * SECOND]
    assert clock.instant() == 10 * SECOND


def error_of(work: Callable[[], object]) -> None:
    """Does work that is to end in the error of a closed clock."""
    with pytest.raises(ClockError, match="the clock was closed"):
        work()


def test_a_call_in_passing_is_made_on_the_way_and_before_whoever_wakes_there() -> None:
    clock = VirtualClock(START, settle=NEVER)
    told: list[tuple[str, int]] = []
    for due in (7_000_000, 3_000_000):
        clock.call_in_passing(due, lambda due=due: told.append((f"due {due}", clock.instant())))  # type: ignore[misc]
    clock.call_in_passing(0, lambda: told.append(("late", clock.instant())))
    assert clock.sleeping == 0
    with pytest.raises(ClockError, match="nothing is scheduled"):
        clock.advance_to_next_event()
    clock.advance(seconds=5)
    clock.advance(seconds=5)
    assert told[1:] == [("due 3000000", 3_000_000), ("due 7000000", 7_000_000)]
    assert told[0][0] == "late"
    clock.call_in_passing(99_000_000, lambda: told.append(("never", 0)))
    clock.restart()
    clock.advance(seconds=100)
    assert len(told) == 3


def test_a_call_that_is_due_at_once_is_made_also_behind_one_in_passing_that_was_due_before() -> None:
    clock = VirtualClock()
    made: Queue[str] = Queue()
    clock.call_in_passing(clock.instant() - 5, lambda: made.put("passing"))
    clock.call_after(0, lambda: made.put("call"))
    assert [made.get(timeout=30) for _ in range(2)] == ["passing", "call"]


def test_a_clock_stays_as_it_is_where_the_next_event_is_past_all_dates() -> None:
    end = datetime(9999, 12, 31, 23, tzinfo=UTC)
    clock = VirtualClock(end)
    clock.watch(lambda after: after + 2 * 3_600_000_000)
    with pytest.raises(ClockError, match="past the year 9999"):
        clock.advance_to_next_event()
    assert clock.now() == end


def test_a_sleep_and_a_call_stop_at_a_call_in_passing_too() -> None:
    clock = VirtualClock(START)
    told: list[tuple[str, int]] = []
    clock.call_in_passing(2_000_000, lambda: told.append(("passing", clock.instant())))
    clock.sleep(2)
    told.append(("awake", clock.instant()))
    clock.call_in_passing(3_000_000, lambda: told.append(("passing", clock.instant())))
    called = Event()
    clock.call_after(2_000_000, called.set)
    assert called.wait(10)
    assert told == [("passing", 2_000_000), ("awake", 2_000_000), ("passing", 3_000_000)]
    assert clock.instant() == 4_000_000
