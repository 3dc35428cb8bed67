"""Real time as a clock: sped up here, so that nothing takes long."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, get_ident
from typing import Any

import pytest
import requests
from sleeping import PATIENCE, join_all, started

from fakejobs import FakeJobs
from fakejobs.clock import Move, SystemClock
from fakejobs.errors import ClockError

START = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
FAST = 10_000


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), 10**400, True, "1", None])
def test_a_speed_that_is_no_finite_number_above_0_is_refused(wrong: Any) -> None:
    with pytest.raises(ClockError, match="found speed="):
        SystemClock(wrong)


def test_it_starts_at_the_real_now_or_as_told() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before - timedelta(seconds=1) < now < datetime.now(UTC) + timedelta(seconds=1)
    assert SystemClock(start=START).now() - START < timedelta(seconds=PATIENCE)


def test_time_never_runs_backwards() -> None:
    clock = SystemClock(FAST, START)
    instants = [clock.instant() for _ in range(100)]
    assert instants == sorted(instants)
    assert clock.time() >= instants[-1] / SECOND
    assert repr(clock).endswith("10000 times as fast as real time>")


def test_a_sleep_takes_at_least_its_time_on_the_clock() -> None:
    clock = SystemClock(FAST, START)
    clock.sleep(100)
    assert clock.instant() >= 100 * SECOND
    asyncio.run(clock.asleep(100))
    assert clock.instant() >= 200 * SECOND
    clock.sleep(0)


def test_sleeps_overlap_and_wake_in_the_order_in_which_they_are_due() -> None:
    clock = SystemClock(FAST, START)
    woken: list[int] = []

    async def sleep(span: int) -> None:
        await clock.asleep(span)
        woken.append(span)

    async def both() -> None:
        await asyncio.gather(sleep(900), sleep(300))

    asyncio.run(both())
    assert woken == [300, 900]


@pytest.mark.parametrize("wrong", [-1, float("nan"), True])
def test_a_sleep_that_is_no_span_of_time_is_refused(wrong: Any) -> None:
    with pytest.raises(ClockError, match="found seconds="):
        SystemClock().sleep(wrong)


def test_advancing_jumps_tells_of_it_and_wakes_who_is_due() -> None:
    clock = SystemClock(start=START)
    moves: list[Move] = []
    clock.listen(moves.append)
    called: list[int] = []
    clock.call_after(3600 * SECOND, lambda: called.append(get_ident()))
    sleeper = started(lambda: clock.sleep(3600))
    while clock.sleeping < 2:
        Event().wait(0.001)
    clock.advance(seconds=0)
    clock.advance(hours=2)
    join_all(sleeper)
    assert called == [get_ident()]
    assert [(move.after - move.before, move.why) for move in moves] == [(7200 * SECOND, "advance")]
    asyncio.run(clock.aadvance(days=1))
    assert clock.instant() >= (7200 + 86400) * SECOND


def test_a_call_is_made_once_it_is_due_and_one_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[type[BaseException]] = []
    monkeypatch.setattr("fakejobs.clock.sleepers.excepthook", lambda args: reported.append(args.exc_type))
    clock = SystemClock(FAST, START)
    called = Event()
    clock.call_after(SECOND, fail)
    clock.call_after(100 * SECOND, called.set)
    assert called.wait(PATIENCE)
    assert reported == [ZeroDivisionError]


@pytest.mark.parametrize(
    "fault",
    [{"delay": {"seconds": 2}}, {"connection": "drip", "after": 9, "every": {"seconds": 1}}],
    ids=["waits", "drips"],
)
def test_a_reply_that_waits_or_drips_comes_in_its_time(fault: dict[str, Any]) -> None:
    clock = SystemClock(100, START)
    with FakeJobs(clock=clock).play({"dialect": "conversio", "faults": [{"on": "list", "fault": fault}]}) as fake:
        began = clock.instant()
        reply = requests.get(f"{fake.url}/api/v1/async-jobs", headers=fake.credentials(), timeout=PATIENCE)
        took = clock.instant() - began
        assert reply.json() == {"data": []}
        assert len(reply.content) == 11
        assert took >= 2 * SECOND


def test_the_next_event_is_jumped_to() -> None:
    clock = SystemClock(start=START)
    clock.watch(lambda instant: 7200 * SECOND if instant < 7200 * SECOND else None)
    called = Event()
    clock.call_after(3600 * SECOND, called.set)
    assert clock.advance_to_next_event() >= START + timedelta(hours=1)
    assert called.wait(PATIENCE)
    assert clock.advance_to_next_event() >= START + timedelta(hours=2)
    with pytest.raises(ClockError, match="nothing is scheduled"):
        clock.advance_to_next_event()


def test_a_request_gives_the_instant_and_holds_nothing() -> None:
    clock = SystemClock(FAST, START)
    with clock.request() as asked:
        clock.sleep(1)
    assert asked < clock.instant()


def test_a_cancelled_sleep_is_forgotten() -> None:
    clock = SystemClock(start=START)

    async def cancel() -> None:
        task = asyncio.create_task(clock.asleep(3600))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert clock.sleeping == 0


def test_closing_refuses_who_sleeps_and_drops_who_is_to_be_called() -> None:
    clock = SystemClock(start=START)
    called: list[int] = []
    errors: list[str] = []
    clock.call_after(3600 * SECOND, partial(called.append, 1))

    def sleep() -> None:
        with pytest.raises(ClockError) as caught:
            clock.sleep(3600)
        errors.append(str(caught.value))

    sleeper = started(sleep)
    while clock.sleeping < 2:
        Event().wait(0.001)
    clock.close()
    clock.close()
    join_all(sleeper)
    clock.advance(days=1)
    assert called == []
    assert "the clock was closed while the thread" in errors[0]
    with pytest.raises(ClockError, match="the clock was closed"):
        clock.sleep(1)


def fail() -> None:
    """What a callback does that has a mistake in it."""
    raise ZeroDivisionError
