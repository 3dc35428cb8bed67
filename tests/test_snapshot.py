"""Snapshots: one past, run into several futures."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from playing import DONE, LIFE, A, B, C, conversio, create, get, look, read
from test_callbacks import STILL, Receiver, playing, receiver  # noqa: F401 - the last is a fixture
from werkzeug.test import Client

from fakejobs import ExpectationError, FakeJobs, SystemClock, UsageError, VirtualClock
from fakejobs.errors import ClockError
from fakejobs.keeping import attributes
from fakejobs.population import Job
from fakejobs.world import World

COUNTING: list[Any] = [
    {"state": "queued", "for": {"polls": 2}},
    LIFE[1],
    {"fault": {"status": 503}, "for": {"polls": 2}},
    LIFE[2],
]
HELD: list[Any] = [{"state": "queued", "for": "release"}, LIFE[1], LIFE[2]]
PAST = conversio(
    {"id": A, "retention": {"minutes": 10}},
    {"id": B, "steps": COUNTING},
    {"id": C, "steps": HELD, "created": {"minutes": 1}},
    submissions=[
        {"when": {"operation": "export-newsletter-recipients"}, "steps": COUNTING, "times": 2},
        {"steps": [*LIFE[:2], {**DONE, "body": {"result": {"$fake": "url"}}}]},
    ],
    rates=[{"requests": 6, "per": {"minutes": 5}, "of": "tenant"}],
    idempotency={"header": "Idempotency-Key", "same": "replay", "other": "refuse", "keeps": {"minutes": 5}},
    lag={"list": {"seconds": 40}},
    faults=[{"on": "look", "nth": 3, "times": 2, "fault": {"status": 500, "delay": {"seconds": 5}}}],
)
DEEDS = st.one_of(
    st.tuples(st.just("advance"), st.integers(0, 900)),
    st.tuples(st.just("sleep"), st.integers(0, 900)),
    st.tuples(st.sampled_from(["look", "hold", "release", "finish", "fail"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["create", "list"]), st.integers(0, 3)),
)
ROWS = st.lists(DEEDS, max_size=12)


def done(fake: FakeJobs, kind: str, number: int) -> object:
    """Do one thing, and return what is seen of it."""
    if kind in ("advance", "sleep"):
        fake.clock.advance(seconds=number) if kind == "advance" else fake.clock.sleep(number)
        return fake.clock.instant()
    if kind == "create":
        headers = {**fake.credentials(), "Idempotency-Key": f"k-{number % 2}"}
        what = ("newsletters/n-1/recipients", "newsletters/n-1/emails")[number // 2]
        reply = Client(fake.app).post(f"/api/v1/{what}/async-export", headers=headers)
        return reply.status_code, reply.data
    if kind == "list":
        return get(fake, "/api/v1/async-jobs").data
    job = fake.jobs[number % len(fake.jobs)]
    if kind == "look":
        reply = look(fake, job.id)
        return reply.status_code, reply.data, dict(reply.headers)
    try:
        getattr(job, kind)()
    except UsageError as error:
        return str(error)
    return job.state


def ran(fake: FakeJobs, row: list[tuple[str, int]]) -> list[object]:
    """Run a row of deeds, and return all that can be seen of them, and in the end."""
    seen: list[object] = [done(fake, kind, number) for kind, number in row]
    jobs = [(job.document, job.seen, job.polls, job.phase) for job in fake.jobs if job.state]
    return [*seen, jobs, list(fake.world.journal.records), fake.timeline(), fake.findings(("faults", "submissions"))]


def shape(value: Any) -> Any:
    """All that a world holds, as plain values; but for what is found anew, or is never put back."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list | deque):
        return [shape(each) for each in value]
    if isinstance(value, Job):
        return [value.id, *(shape(each) for name, each in attributes(value).items() if name != "laid")]
    if hasattr(value, "keep") or type(value).__name__ == "Row":
        return {name: shape(each) for name, each in attributes(value).items() if name not in ("strays", "_by_key")}
    return value


@given(past=ROWS, future=ROWS, other=ROWS)
def test_a_past_that_is_restored_has_the_same_futures(past: Any, future: Any, other: Any) -> None:
    with FakeJobs(strict=False).play(PAST) as fake:
        ran(fake, past)
        snapshot, before = fake.snapshot(), shape(fake.world)
        first = ran(fake, future)
        fake.restore(snapshot)
        assert shape(fake.world) == before
        ran(fake, other)
        fake.restore(snapshot)
        assert shape(fake.world) == before
        assert ran(fake, future) == first


def test_a_snapshot_says_when_it_was_taken_and_of_how_much() -> None:
    with FakeJobs(strict=False).play(PAST) as fake:
        fake.clock.advance(minutes=2)
        look(fake, A)
        snapshot = fake.snapshot()
        assert repr(snapshot) == "<snapshot at 2026-01-01 00:02:00.000000 UTC: jobs 3, journal entries 1>"
        assert snapshot.at == datetime(2026, 1, 1, 0, 2, tzinfo=UTC)
        with pytest.raises(AttributeError):
            snapshot.jobs = 4  # type: ignore[misc] # it is frozen


def test_jobs_that_a_walk_along_the_list_has_dropped_are_listed_again() -> None:
    many = [{"created": {"seconds": number}, "retention": {"days": 1}} for number in range(60)]
    with FakeJobs().play(conversio(*many)) as fake:
        fake.clock.advance(hours=1)
        listed, snapshot = get(fake, "/api/v1/async-jobs").data, fake.snapshot()
        fake.clock.advance(days=2)
        assert get(fake, "/api/v1/async-jobs").json == {"data": []}
        fake.restore(snapshot)
        assert get(fake, "/api/v1/async-jobs").data == listed


def test_a_job_that_is_not_made_yet_is_gone_until_it_is_made_again() -> None:
    with FakeJobs(strict=False).play(PAST) as fake:
        old, snapshot = fake.job(A), fake.snapshot()
        create(fake)
        new = fake.jobs[-1]
        fake.clock.advance(minutes=2)
        fake.restore(snapshot)
        assert (old.state, new.id, new.tenant, new.app) == ("queued", new.id, "default", None)
        assert repr(new) == f"<job {new.id} of default: gone>"
        with pytest.raises(UsageError, match=f"job {new.id} of default is not made yet in the past that was restored"):
            new.state  # noqa: B018 - it is the question that fails
        create(fake)
        assert new.state == "queued"
        assert new.id == fake.jobs[-1].id


def test_a_handle_does_not_take_another_job_of_its_number_for_its_own() -> None:
    with FakeJobs().play({"dialect": "conversio", "tenants": {"one": {}, "two": {}}}) as fake:
        snapshot = fake.snapshot()
        create(fake, tenant="one")
        job = fake.jobs[0]
        fake.restore(snapshot)
        create(fake, tenant="two")
        with pytest.raises(UsageError, match="is not made yet"):
            job.hold()


def test_clients_over_the_socket_meet_the_past_too() -> None:
    with FakeJobs().play(conversio({"id": A})) as fake, requests.Session() as session:
        words = []
        url, headers, snapshot = f"{fake.url}/api/v1/async-jobs/{A}", fake.credentials(), fake.snapshot()
        for _ in range(2):
            words.append(session.get(url, headers=headers, timeout=STILL).json()["data"]["status"])
            fake.clock.advance(minutes=6)
            words.append(session.get(url, headers=headers, timeout=STILL).json()["data"]["status"])
            fake.restore(snapshot)
        assert words == ["pending", "done"] * 2
        assert fake.journal == []


def test_credentials_that_were_given_out_since_stay_good() -> None:
    with FakeJobs(strict=False).play("conversio/two-tenants") as fake:
        snapshot = fake.snapshot()
        headers = fake.credentials("shop-a", "app-1", ["read_async_job"])
        fake.restore(snapshot)
        id = fake.jobs[0].id
        assert Client(fake.app).get(f"/api/v1/async-jobs/{id}", headers=headers).status_code != 401


def test_what_nobody_expected_in_one_future_is_held_against_the_test_in_another() -> None:
    fake = FakeJobs().play(conversio({"id": A}))
    snapshot = fake.snapshot()
    get(fake, "/nowhere")
    fake.restore(snapshot)
    assert fake.journal == []
    assert len(fake.findings(since=0)) == 1
    assert fake.findings(since=1) == ()
    taken_back = r"unexpected request: GET /nowhere \(at 2026-01-01 00:00:00, which a restore\(\) has taken back\): "
    with pytest.raises(ExpectationError, match=taken_back):
        fake.check()
    get(fake, "/elsewhere")
    assert "unexpected request: GET /elsewhere: no route" in fake.findings()[1]
    fake.close()


def test_files_are_as_they_were() -> None:
    world = World()
    scenario = read({"dialect": "wix-data-movement"})
    world.play(scenario, 0)
    back = world.keep()
    file = world.files.offer(scenario.dialect, "default", "a.csv", 0)
    again = world.keep()
    world.files.put(file, b"x", 1)
    again()
    assert world.files.all == [file]
    back()
    assert world.files.all == []


# ---------------------------------------------------------------------- callbacks


def test_an_end_is_told_once_in_each_future(receiver: Receiver) -> None:  # noqa: F811 - the fixture
    with playing(receiver, {}, {"steps": [{"state": "working", "for": "release"}, {"state": "success"}]}) as fake:
        fake.clock.advance(seconds=5)
        snapshot = fake.snapshot()
        for _ in range(2):
            fake.clock.advance(hours=1)
            fake.jobs[1].release()
            after = fake.snapshot()
            assert [delivery.status for delivery in fake.world.journal.deliveries] == [200, 200]
            assert receiver.came.qsize() == 2
            fake.restore(after)
            fake.clock.advance(hours=1)
            assert receiver.came.qsize() == 2
            fake.restore(snapshot)
            assert fake.world.journal.deliveries == []
            while not receiver.came.empty():
                receiver.came.get_nowait()


def test_in_an_event_loop_a_callback_that_is_under_way_has_to_end_first(receiver: Receiver) -> None:  # noqa: F811
    with playing(receiver, {"steps": [{"state": "working", "for": "release"}, {"state": "success"}]}) as fake:
        receiver.may_answer.clear()

        async def work() -> None:
            fake.jobs[0].release()
            with pytest.raises(ClockError, match="a callback is under way"):
                fake.snapshot()

        asyncio.run(work())
        receiver.may_answer.set()
        fake.snapshot()
        assert len(fake.world.journal.deliveries) == 1


# ---------------------------------------------------------------------- what cannot be


def test_a_snapshot_of_another_fake_is_refused_and_so_is_what_is_none() -> None:
    wrong: Any = 5
    with FakeJobs() as one, FakeJobs() as other:
        with pytest.raises(UsageError, match="this snapshot is of another fake"):
            other.restore(one.snapshot())
        with pytest.raises(UsageError, match=r"restore takes what snapshot\(\) has returned; found int 5"):
            one.restore(wrong)


def test_a_snapshot_from_before_a_reset_is_refused() -> None:
    with FakeJobs() as fake:
        snapshot = fake.snapshot()
        fake.reset()
        with pytest.raises(UsageError, match="the fake was reset since"):
            fake.restore(snapshot)


def test_a_snapshot_from_before_another_play_is_refused() -> None:
    with FakeJobs().play(conversio({"id": A})) as fake:
        snapshot = fake.snapshot()
        fake.play("wix-async-jobs/happy-path")
        with pytest.raises(UsageError, match="wix-async-jobs/happy-path was played since this snapshot was taken"):
            fake.restore(snapshot)


@pytest.mark.parametrize("clock", [VirtualClock, SystemClock])
def test_a_clock_of_ones_own_and_real_time_cannot_be_taken_back(clock: Callable[[], Any]) -> None:
    with FakeJobs(clock=clock()) as fake:
        with pytest.raises(UsageError, match="a clock of the test's own, or real time, cannot be taken back"):
            fake.snapshot()
        with pytest.raises(UsageError, match="a clock of the test's own, or real time, cannot be taken back"):
            fake.restore(FakeJobs().snapshot())


def test_while_anybody_sleeps_or_asks_nothing_is_taken_back() -> None:
    with FakeJobs().play(conversio({"id": A})) as fake:
        snapshot = fake.snapshot()
        fake.clock.advance(hours=1)
        clock = fake.clock
        assert isinstance(clock, VirtualClock)
        with clock.request():  # so that the sleeper stays asleep
            thread = threading.Thread(target=clock.sleep, args=[5])
            thread.start()
            while not clock.sleeping:
                thread.join(0.001)
            with pytest.raises(ClockError, match="just now: 1 asleep on it, 1 in flight at the fake; wait until"):
                fake.restore(snapshot)
        thread.join(STILL)
        assert clock.instant() == snapshot.instant + 3_605_000_000
        fake.restore(snapshot)
        assert clock.instant() == snapshot.instant


def test_while_the_clock_is_advanced_it_is_not_taken_back() -> None:
    with FakeJobs().play(conversio({"id": A})) as fake:
        snapshot, told = fake.snapshot(), []

        def back() -> None:
            try:
                fake.restore(snapshot)
            except ClockError as error:
                told.append(str(error))

        fake.clock.call_in_passing(snapshot.instant + 1, back)
        fake.clock.advance(seconds=1)
        assert told == ["the clock cannot be taken back just now: it is being advanced; wait until that is over"]


def test_while_the_clock_drives_a_client_it_is_not_taken_back_for_monotonic_clocks_never_are() -> None:
    with FakeJobs().play({"dialect": "conversio", "jobs": [{"steps": [{"state": "done"}]}]}) as fake:
        with fake.clock.drive():
            past = fake.snapshot()
            fake.clock.advance(seconds=5)
            with pytest.raises(ClockError, match="the clock drives a client, whose time cannot go back"):
                fake.restore(past)
            assert fake.clock.time() == past.at.timestamp() + 5
        fake.restore(past)
        assert fake.clock.time() == past.at.timestamp()


def test_a_call_in_passing_that_was_to_come_comes_again() -> None:
    with FakeJobs() as fake:
        came: list[int] = []
        fake.clock.call_in_passing(fake.clock.instant() + 5, lambda: came.append(fake.clock.instant()))
        snapshot = fake.snapshot()
        for _ in range(2):
            fake.clock.advance(seconds=1)
            fake.restore(snapshot)
        assert came == [snapshot.instant + 5] * 2


def test_a_clock_that_is_closed_is_not_taken_back() -> None:
    with FakeJobs() as fake:
        snapshot = fake.snapshot()
    with pytest.raises(ClockError, match="the clock was closed"):
        fake.restore(snapshot)
