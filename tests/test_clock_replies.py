"""Replies that a clock lets go: who gets one acts at that instant, however long it takes to read, as one who woke."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import Event, Thread

import pytest
import requests
from sleeping import NEVER, PATIENCE, await_sleepers, bystander, join_all, started

from fakejobs import FakeJobs
from fakejobs.clock import Move, VirtualClock

START = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
SETTLE = 0.001


class Mail:
    """What brings one reply, which is read slowly: the clock sees nothing of either.

    Once it has come, whoever does not have to be waited for until a turn is over had better not be.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._is_there = Event()
        self._patch = patch

    def come(self) -> None:
        self._patch.setattr("fakejobs.clock.quiet.TURN", NEVER)
        self._is_there.set()

    def has_come(self) -> bool:
        return self._is_there.wait(PATIENCE)

    def read(self) -> None:
        assert self.has_come()
        Event().wait(20 * SETTLE)


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Mail:
    return Mail(monkeypatch)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START, settle=SETTLE)


@contextmanager
def another_asleep(clock: VirtualClock) -> Iterator[Thread]:
    """A thread that sleeps until 5, on a clock that stands while more is arranged."""
    with clock.request():
        other = started(lambda: clock.sleep(5))
        await_sleepers(clock, 1)
        yield other


def reader(clock: VirtualClock, mail: Mail, seen: list[int], *, after: Event | None = None) -> Callable[[], None]:
    """A client that reads its reply, notes the instant, and sleeps; after something else, if that is given."""

    def client() -> None:
        assert after is None or after.wait(PATIENCE)
        mail.read()
        seen.append(clock.instant())
        clock.sleep(1)

    return client


def ask(clock: VirtualClock) -> None:
    with clock.request():
        pass


def ask_for_a_reply_that_waits(clock: VirtualClock) -> None:
    with clock.request():
        clock.reply_after(10 * SECOND, lambda: None)


@pytest.mark.parametrize(
    "wait", [lambda clock: clock.sleep(1), ask_for_a_reply_that_waits], ids=["by sleeping", "by asking"]
)
def test_a_clock_with_others_asleep_stands_until_who_got_a_reply_waits_for_it_again(
    clock: VirtualClock, mail: Mail, wait: Callable[[VirtualClock], None]
) -> None:
    seen: list[int] = []

    def client() -> None:
        mail.read()
        ask(clock)
        seen.append(clock.instant())
        wait(clock)

    moves: list[Move] = []
    clock.listen(moves.append)
    with bystander():
        with another_asleep(clock) as other:
            clock.reply_after(2 * SECOND, mail.come)
            asking = started(client)
        join_all(asking, other)
    assert seen == [2 * SECOND]
    assert [(move.after, move.why) for move in moves[:1]] == [(2 * SECOND, "delay")]
    assert clock.instant() >= 5 * SECOND


def test_one_who_asks_and_sleeps_at_once_does_not_end_the_turn_of_another_who_reads_more_slowly(
    clock: VirtualClock, mail: Mail
) -> None:
    seen: list[int] = []
    is_there, is_asleep = Event(), Event()

    def quick() -> None:
        assert is_there.wait(PATIENCE)
        ask(clock)
        is_asleep.set()
        clock.sleep(1)

    with bystander():
        with another_asleep(clock) as other:
            clock.reply_after(2 * SECOND, is_there.set)
            clock.reply_after(2 * SECOND, mail.come)
            clients = started(quick), started(reader(clock, mail, seen, after=is_asleep))
        join_all(*clients, other)
    assert seen == [2 * SECOND]


def test_one_who_advances_the_clock_waits_for_who_gets_a_reply_as_well(clock: VirtualClock, mail: Mail) -> None:
    seen: list[int] = []
    with bystander():
        with another_asleep(clock) as other:
            clock.reply_after(2 * SECOND, mail.come)
            asking = started(reader(clock, mail, seen))
        assert mail.has_come(), "the thread that moves the clock has let it go"
        clock.advance(seconds=50)
        join_all(asking, other)
    assert seen == [2 * SECOND]
    assert clock.instant() == 52 * SECOND


def test_a_reply_that_goes_at_once_to_one_who_is_alone_holds_nobody_up(clock: VirtualClock) -> None:
    called: list[int] = []
    clock.reply_after(SECOND, lambda: called.append(clock.instant()))
    clock.reply_after(SECOND, lambda: called.append(clock.instant()))
    clock.call_after(SECOND, lambda: called.append(clock.instant()))
    assert called == [SECOND, 2 * SECOND, 3 * SECOND]


def test_a_clock_with_others_asleep_stands_until_a_task_that_got_a_reply_sleeps(
    clock: VirtualClock, mail: Mail
) -> None:
    seen: list[int] = []

    async def client() -> None:
        await asyncio.to_thread(mail.read)
        seen.append(clock.instant())
        await clock.asleep(1)

    with bystander():
        with another_asleep(clock) as other:
            clock.reply_after(2 * SECOND, mail.come)
        asyncio.run(client())
        join_all(other)
    assert seen == [2 * SECOND]


def test_one_who_wakes_at_the_instant_of_a_reply_and_goes_on_is_not_taken_for_who_gets_it(
    clock: VirtualClock, mail: Mail
) -> None:
    seen: list[int] = []
    has_gone_on = Event()

    def sleeper() -> None:
        clock.sleep(2)
        ask(clock)
        has_gone_on.set()
        clock.sleep(5)

    with bystander():
        with clock.request():
            other = started(sleeper)
            await_sleepers(clock, 1)
            clock.reply_after(2 * SECOND, mail.come)
            asking = started(reader(clock, mail, seen, after=has_gone_on))
        join_all(asking, other)
    assert seen == [2 * SECOND]


def test_a_reply_that_nobody_reads_holds_the_clock_for_a_turn() -> None:
    clock = VirtualClock(START)
    with bystander():
        with another_asleep(clock) as other:
            clock.reply_after(2 * SECOND, lambda: None)
        join_all(other)
    assert clock.instant() == 5 * SECOND


def test_who_advances_a_clock_stops_where_a_reply_goes_until_its_client_sleeps(clock: VirtualClock, mail: Mail) -> None:
    seen: list[int] = []

    def client() -> None:
        mail.read()
        seen.append(clock.instant())
        clock.sleep(3)
        seen.append(clock.instant())

    with bystander():
        with clock.request():
            clock.reply_after(2 * SECOND, mail.come)
            asking = started(client)
        clock.advance(seconds=10)
        join_all(asking)
    assert seen == [2 * SECOND, 5 * SECOND]
    assert clock.instant() == 10 * SECOND


@pytest.mark.parametrize(
    "fault",
    [{"delay": {"seconds": 2}}, {"connection": "drip", "after": 5, "every": {"seconds": 1}}],
    ids=["delayed", "dripping"],
)
def test_clients_that_are_slow_to_read_see_the_instant_of_their_replies(
    fault: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fakejobs.clock.quiet.TURN", 100 * SETTLE)
    clock = VirtualClock(START, settle=SETTLE)
    seen: list[int] = []
    slow = {"dialect": "conversio", "faults": [{"on": "list", "times": 6, "fault": fault}]}
    with FakeJobs(clock=clock).play(slow) as fake:
        url, headers = f"{fake.url}/api/v1/async-jobs", fake.credentials()

        def poll(pause: float) -> None:
            with requests.Session() as session:
                for _ in range(2):
                    clock.sleep(pause)
                    body = session.get(url, headers=headers, timeout=PATIENCE).content
                    Event().wait(5 * SETTLE)
                    late = len(body) - 5 if "every" in fault else 2
                    seen.append(clock.instant() - late * SECOND)
                clock.sleep(pause)

        with clock.request():
            pollers = [started(partial(poll, pause)) for pause in (1.13, 1.37, 1.74)]
            await_sleepers(clock, len(pollers))
        join_all(*pollers)
        assert sorted(seen) == sorted(entry.asked for entry in fake.journal)
    assert len(seen) == 6
