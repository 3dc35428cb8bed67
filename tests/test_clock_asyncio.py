"""The clock that a test owns, as asyncio tasks see it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sleeping import NEVER, join_all, started

from fakejobs.clock import VirtualClock
from fakejobs.errors import ClockError

START = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
UNHURRIED = 0.05
"""A ``settle`` that a loaded machine does not outlast, between two steps of a task that is awake."""


def test_a_task_that_is_alone_goes_there_at_once() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def poll() -> None:
        for _ in range(10):
            await clock.asleep(1.5)

    asyncio.run(poll())
    assert clock.instant() == 15 * SECOND


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), True, "1"])
def test_a_sleep_that_is_no_span_of_time_is_refused(wrong: Any) -> None:
    with pytest.raises(ClockError, match="found seconds="):
        asyncio.run(VirtualClock().asleep(wrong))


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_sleep_lets_the_loop_turn_at_least_once(seconds: int) -> None:
    clock = VirtualClock(START, settle=NEVER)
    turned: list[bool] = []

    async def sleep() -> None:
        asyncio.get_running_loop().call_soon(turned.append, True)
        await clock.asleep(seconds)
        assert turned

    asyncio.run(sleep())
    assert clock.instant() == seconds * SECOND


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_tasks_overlap_each_wakes_at_its_call_plus_its_seconds(seconds: list[int]) -> None:
    clock = VirtualClock(START, settle=0.02)
    woken: list[tuple[int, int]] = []

    async def sleep(span: int) -> None:
        await clock.asleep(span)
        woken.append((span * SECOND, clock.instant()))

    async def all_of_them() -> None:
        await asyncio.gather(*[sleep(span) for span in seconds])

    asyncio.run(all_of_them())
    assert woken == sorted(woken)
    assert all(due == instant for due, instant in woken)
    assert clock.instant() == max(seconds) * SECOND


def test_tasks_and_threads_overlap() -> None:
    clock = VirtualClock(START, settle=UNHURRIED)
    woken: list[tuple[str, int]] = []

    def in_thread() -> None:
        clock.sleep(2)
        woken.append(("thread", clock.instant()))

    async def in_task() -> None:
        await clock.asleep(3)
        woken.append(("task", clock.instant()))

    async def both() -> None:
        await asyncio.gather(asyncio.to_thread(in_thread), in_task())

    asyncio.run(both())
    assert woken == [("thread", 2 * SECOND), ("task", 3 * SECOND)]


def test_a_task_that_is_cancelled_in_its_sleep_is_forgotten() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def cancel() -> None:
        task = asyncio.create_task(clock.asleep(5))
        await asyncio.sleep(0)
        assert clock.sleeping == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert clock.sleeping == 0
        await clock.asleep(7)

    asyncio.run(cancel())
    assert clock.instant() == 7 * SECOND


def test_a_task_that_is_cancelled_as_it_wakes_is_forgotten_too() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def cancel() -> None:
        task = asyncio.create_task(clock.asleep(5))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        clock.listen(lambda move: cancel_now(task))
        await clock.aadvance(seconds=9)
        assert task.cancelled()

    asyncio.run(cancel())
    assert (clock.instant(), clock.sleeping) == (9 * SECOND, 0)


def test_a_loop_that_is_blocked_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakejobs.clock.quiet.PATIENCE", 0.02)
    clock = VirtualClock(START)

    async def watch() -> None:
        task = asyncio.create_task(clock.asleep(1))
        await asyncio.sleep(0)
        join_all(started(lambda: clock.sleep(5)))  # blocks the loop whose task wakes first
        await task

    asyncio.run(watch())
    assert clock.instant() == 5 * SECOND


def test_a_loop_that_was_closed_over_a_sleeping_task_holds_nobody() -> None:
    clock = VirtualClock(START, settle=NEVER)
    loop = asyncio.new_event_loop()
    task = loop.create_task(clock.asleep(1))

    def turn_twice() -> None:
        for _ in range(2):
            loop.call_soon(loop.stop)
            loop.run_forever()
        loop.close()

    join_all(started(turn_twice))
    assert clock.sleeping == 1
    clock.advance(seconds=5)
    assert (clock.instant(), clock.sleeping) == (5 * SECOND, 0)
    assert not task.done()
    task.get_coro().close()
    del task


def test_closing_refuses_the_tasks_that_sleep() -> None:
    clock = VirtualClock(START, settle=NEVER)

    async def watch() -> None:
        task = asyncio.create_task(clock.asleep(5), name="poller")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        clock.close()
        with pytest.raises(ClockError, match=r"closed while the task poller slept until 1970-01-01T00:00:05Z"):
            await task
        for seconds in (0, 1):
            with pytest.raises(ClockError, match="the clock was closed"):
                await clock.asleep(seconds)

    asyncio.run(watch())


def cancel_now(task: asyncio.Task[None]) -> None:
    """Cancels a task."""
    task.cancel()


def test_a_client_whose_asyncio_sleep_is_the_clock_s_own_does_not_turn_the_clock_on_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = VirtualClock()
    monkeypatch.setattr(asyncio, "sleep", clock.asleep)

    async def nap() -> None:
        await asyncio.sleep(10)

    asyncio.run(nap())
    assert clock.now() == VirtualClock().now() + timedelta(seconds=10)
