"""Reads that are not up to date: what lags is shown as it was, a look steps back, and only the truth ever moves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moving import JOB, JOBS
from playing import (
    DONE,
    LIFE,
    QUEUED,
    SECOND,
    START,
    STARTED,
    A,
    B,
    conversio,
    create,
    data_of,
    get,
    look,
    wix,
    world_of,
)

from fakejobs import FakeJobs
from fakejobs.commands import Principal
from fakejobs.dialect.replies import document
from fakejobs.lifecycle import Step

END = 45
DEEDS = st.dictionaries(st.integers(0, END), st.sampled_from(["look", "hold", "release", "finish", "list"]), max_size=8)
LAGS = st.integers(1, 20)
MOVING = [
    {"state": "UNINITIALIZED", "for": {"seconds": 3}},
    {"state": "INITIALIZING", "for": "release"},
    {"state": "IN_PROGRESS", "for": {"seconds": 20}, "body": {"name": "on its way"}},
    {"state": "COMPLETED"},
]


def moving(created: int, lag: int | None = None) -> FakeJobs:
    """A fake with two jobs that move items, of which the second is made so many seconds after the start."""
    jobs: list[dict[str, Any]] = [
        {"id": JOB, "counts": {"total": 40}, "steps": MOVING},
        {"counts": {"total": 7}, "steps": MOVING[2:], "created": {"seconds": created}},
    ]
    lags = {} if lag is None else {"lag": {"get": {"seconds": lag}, "list": {"seconds": lag}}}
    return FakeJobs().play({"dialect": "wix-data-movement", "retention": None, "jobs": jobs, **lags})


def told(fake: FakeJobs, deeds: dict[int, str]) -> list[list[bytes]]:
    """What a look and two lists show at each second, of jobs with which that is done at these seconds."""
    shown = []
    for now in range(END + 1):
        deed = deeds.get(now, "")
        job = fake.job(JOB)
        if deed == "hold":
            job.hold()
        elif deed == "release":
            fake.world.release(fake.world.jobs[0], fake.clock.instant())
        elif deed == "finish" and job.phase in ("waiting", "running"):
            job.fail()
        elif deed in ("look", "list"):
            get(fake, f"{JOBS}/{JOB}" if deed == "look" else JOBS)
        later = "?.r=eyJwYWdpbmciOnsibGltaXQiOjV9fQ"
        shown.append([get(fake, path).data for path in (f"{JOBS}/{JOB}", JOBS, f"{JOBS}{later}")])
        fake.clock.advance(seconds=1)
    return shown


@settings(max_examples=12, deadline=None)
@given(LAGS, st.integers(0, 20), DEEDS)
def test_what_lags_is_shown_as_it_is_shown_without_a_lag_so_much_earlier(
    lag: int, created: int, deeds: dict[int, str]
) -> None:
    at_once, late = told(moving(created), deeds), told(moving(created, lag), deeds)
    assert late[lag:] == at_once[: END + 1 - lag]
    for one, *lists in late[:lag]:
        assert b"NOT_FOUND" in one
        assert all(b'"jobs":[]' in each for each in lists)


@settings(max_examples=12, deadline=None)
@given(LAGS, DEEDS, DEEDS)
def test_whoever_looks_at_what_lags_leaves_no_trace(lag: int, ones: dict[int, str], others: dict[int, str]) -> None:
    moved = {now: deed for now, deed in ones.items() if deed not in ("look", "list")}
    looked = {now: deed for now, deed in others.items() if deed in ("look", "list")}
    assert told(moving(5, lag), {**looked, **moved}) == told(moving(5, lag), moved)


# ---------------------------------------------------------------------- lags

LAG = {"get": {"seconds": 2}, "list": {"seconds": 30}}


def statuses(fake: FakeJobs, *instants: int) -> list[str | None]:
    """What looks show at so many seconds after the start; None where the job is not found."""
    shown = []
    for at in instants:
        fake.clock.advance(seconds=START // SECOND + at - fake.clock.time())
        reply = look(fake, A)
        shown.append(data_of(reply)["status"] if reply.status_code == 200 else None)
    return shown


def listed(fake: FakeJobs) -> list[tuple[str, str]]:
    """The jobs of a list, each with its word."""
    return [(each["id"], each["status"]) for each in data_of(get(fake, "/api/v1/async-jobs"))]


def test_a_job_is_not_there_yet_and_then_a_list_and_a_look_disagree() -> None:
    fake = FakeJobs().play(conversio({"id": A, "steps": [STARTED, DONE]}, lag=LAG))
    assert statuses(fake, 0, 1, 2) == [None, None, "pending"]
    assert listed(fake) == []
    assert statuses(fake, 30) == ["pending"]
    assert listed(fake) == [(A, "pending")]
    assert fake.job(A).state == "started"
    assert statuses(fake, 301, 302) == ["pending", "done"]
    assert listed(fake) == [(A, "pending")]
    assert fake.job(A).state == "done"
    assert statuses(fake, 330) == ["done"]
    assert listed(fake) == [(A, "done")]


def test_a_job_s_own_lag_goes_before_that_of_the_scenario_and_nothing_is_no_lag() -> None:
    own = {"list": {"seconds": 0}}
    fake = FakeJobs().play(conversio({"id": A, "lag": own}, {"id": B, "lag": {"get": {"hours": 1}}}, lag=LAG))
    assert [job.plan.lag.spans for job in fake.world.jobs] == [{2 * SECOND}, {3600 * SECOND, 30 * SECOND}]
    assert listed(fake) == [(A, "pending")]
    assert look(fake, A).status_code == 404


def test_what_a_client_makes_lags_as_well_with_or_without_a_submission() -> None:
    submissions = [{"lag": {"get": {"seconds": 1}}, "steps": LIFE}]
    for more in ({"submissions": submissions}, {}):
        fake = FakeJobs().play(conversio(lag={"get": {"seconds": 1}}, **more))
        made = create(fake)
        id = data_of(made)["id"]
        assert data_of(made)["status"] == "pending"
        assert look(fake, id).status_code == 404
        assert listed(fake) == [(id, "pending")]
        fake.clock.advance(seconds=1)
        assert look(fake, id).status_code == 200


def test_a_step_that_counts_looks_counts_those_that_see_the_job_and_moves_before_they_see_it() -> None:
    steps = [{"state": "queued", "for": {"polls": 1}}, {"state": "failed", "unlawful": True}]
    fake = FakeJobs().play(conversio({"id": A, "steps": steps, "lag": {"get": {"seconds": 5}}}))
    assert statuses(fake, 0, 4) == [None, None]
    assert fake.job(A).state == "queued"
    assert statuses(fake, 5) == ["pending"]
    assert fake.job(A).state == "failed"
    assert statuses(fake, 9, 10) == ["pending", "failed"]


def test_a_look_before_a_job_is_shown_is_a_poll_of_it() -> None:
    fake = FakeJobs().play(conversio({"id": A}, lag=LAG))
    assert statuses(fake, 0, 1, 3) == [None, None, "pending"]
    job = fake.job(A)
    assert job.polls == len(job.polling.polls) == 3
    assert job.seen == ["pending"]


def test_a_job_goes_out_of_view_by_the_clock_however_late_it_is_seen() -> None:
    fake = FakeJobs().play(conversio({"id": A, "steps": [QUEUED, STARTED, DONE]}, lag=LAG, retention={"minutes": 1}))
    assert statuses(fake, 389, 390) == ["done", None]
    assert listed(fake) == []


def test_what_fetches_a_result_and_what_fetches_a_part_are_as_late_as_the_look() -> None:
    life = [{"state": "PROCESSING", "for": {"seconds": 4}}, {"state": "FINISHED"}]
    items = [{"data": {"number": number}} for number in range(4)]
    fake = FakeJobs().play(wix({"id": JOB, "steps": life, "items": items}, lag={"get": {"seconds": 3}}))
    counts = []
    for _ in range(8):
        reply = get(fake, f"/async-jobs/v1/async-jobs/{JOB}/items")
        counts.append(None if reply.status_code == 404 else len((reply.json or {})["results"]))
        fake.clock.advance(seconds=1)
    assert counts == [None, None, None, 0, 1, 2, 3, 4]


def test_the_timeline_says_how_late_and_what_is_true() -> None:
    fake = FakeJobs().play(conversio({"id": A, "steps": [QUEUED, STARTED, DONE]}, lag=LAG))
    statuses(fake, 1, 31, 40)
    assert [entry.reason for entry in fake.journal] == [
        "it is not shown before 2026-01-01 00:00:02, 2s late",
        "shown 2s late: it is in `started`",
        "",
    ]
    assert [entry.state for entry in fake.journal] == [None, "queued", "started"]
    assert "to be seen 2s late by its id and 30s late in lists" in " ".join(fake.timeline().split())


def test_the_clock_goes_to_where_something_comes_to_be_seen() -> None:
    fake = FakeJobs().play(conversio({"id": A, "steps": [QUEUED, STARTED, DONE]}, lag=LAG))
    stops = []
    for _ in range(8):
        fake.clock.advance_to_next_event()
        stops.append(round(fake.clock.time()) - START // SECOND)
    assert stops == [2, 30, 32, 60, 330, 332, 360, 330 + 7 * 86_400]


def test_the_vendor_that_ends_a_job_otherwise_has_done_so_from_its_end_on() -> None:
    world = world_of(conversio({"id": A, "steps": [QUEUED, STARTED, DONE]}, lag=LAG))
    (job,) = world.jobs
    ended = START + 330 * SECOND
    assert world.view(job, ended).state == "done"
    world.end_otherwise(job, Step(state="failed", phase="failed"), {"error": "no answer"})
    views = [job.shown(ended + later * SECOND, 2 * SECOND) for later in (0, 1, 2)]
    assert [view and view.state for view in views] == ["started", "started", "failed"]


# ---------------------------------------------------------------------- looks that step back


def stepping_back(seconds: int, *, polls: int = 1, **more: Any) -> FakeJobs:
    fault = {"fault": {"stale": {"seconds": seconds}}, "for": {"polls": polls}, "optional": True}
    return FakeJobs().play(conversio({"id": A, "steps": [STARTED, fault, DONE]}, **more))


def test_a_look_shows_what_was_and_the_next_one_what_is() -> None:
    fake = stepping_back(60)
    assert statuses(fake, 299, 300, 301) == ["pending", "pending", "done"]
    entry = fake.journal[1]
    assert (entry.state, entry.step) == ("started", 0)
    assert entry.reason == "fault at /jobs/0/steps/1: as it was 60 s before; it is in `done`"
    assert fake.job(A).seen == ["pending", "done"]
    assert fake.job(A).polls == 3


def test_a_look_steps_back_to_the_making_of_the_job_at_most() -> None:
    fake = stepping_back(86_400)
    assert statuses(fake, 300) == ["pending"]
    born = "but it was made only 5m before, and is shown as it was then; it is in `done`"
    assert fake.journal[0].reason == f"fault at /jobs/0/steps/1: as it was 86400 s before, {born}"
    document = look(fake, A)
    assert data_of(document)["status"] == "done"


@given(st.integers(1, 400), st.integers(0, 50), st.integers(300, 400))
def test_a_stale_look_shows_the_document_of_that_instant(stale: int, lag: int, at: int) -> None:
    fake, honest = stepping_back(stale, lag={"get": {"seconds": lag}}), stepping_back(stale)
    fake.clock.advance(seconds=at)
    honest.clock.advance(seconds=max(0, at - lag - stale))
    earlier = document_of(honest)
    assert look(fake, A).json == {"data": earlier}


def document_of(fake: FakeJobs) -> Any:
    """The document of the job as it truly is."""
    (job,) = fake.world.jobs
    who = Principal(tenant="default", credential="api-key")
    view = fake.world.view(job, fake.clock.instant())
    return document(fake.world.dialects[0], view, who, "http://localhost", {})


def test_looks_that_step_back_take_no_looks_of_a_step_and_lists_do_not_step_back() -> None:
    steps = [STARTED, {"fault": {"stale": {"minutes": 1}}, "for": {"polls": 2}}, DONE]
    fake = FakeJobs().play(conversio({"id": A, "steps": steps}))
    fake.clock.advance(minutes=5)
    assert listed(fake) == [(A, "done")]
    assert statuses(fake, 301, 302, 303) == ["pending", "pending", "done"]


def test_a_stale_reply_may_come_slowly_and_with_headers_of_its_own() -> None:
    fault = {"stale": {"minutes": 1}, "headers": {"Age": "60"}, "delay": {"seconds": 3}}
    steps = [STARTED, {"fault": fault, "for": {"polls": 1}}, DONE]
    fake = FakeJobs().play(conversio({"id": A, "steps": steps}))
    fake.clock.advance(minutes=5)
    reply = look(fake, A)
    assert (data_of(reply)["status"], reply.headers["Age"]) == ("pending", "60")
    assert fake.journal[-1].answered - fake.journal[-1].asked == 3 * SECOND


@pytest.mark.parametrize("times", [1, 2])
def test_a_reply_that_is_kept_for_a_position_is_not_shown_for_another(times: int) -> None:
    scenario = conversio({"id": A, "steps": [STARTED, {"fault": {"stale": {"seconds": 1}}, "for": {"polls": 1}}, DONE]})
    for _ in range(times):
        fake = FakeJobs().play(scenario)
        fake.clock.advance(minutes=5)
        assert [data_of(look(fake, A))["status"] for _ in range(3)] == ["pending", "done", "done"]
