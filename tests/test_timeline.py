"""The timeline: what happened, why, and how it stands, in 80 columns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import DONE, LIFE, QUEUED, SECOND, START, STARTED, A, B, C, conversio, create, get, look, wix, world_of
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.clock import span_text
from fakejobs.journal import Entry, Request, Response
from fakejobs.timeline import WIDTH, Mark, timeline

TENANTS: dict[str, Any] = {"shop-a": {"apps": {"app-1": {}, "app-2": {}}}, "shop-b": {}}
NAMES = st.text(min_size=1, max_size=60) | st.text("abc", min_size=30, max_size=120)
SPANS = st.integers(0, 3 * 10**15)


def lines(fake: FakeJobs) -> list[str]:
    return fake.timeline().splitlines()


def one(*jobs: Any, **more: Any) -> FakeJobs:
    return FakeJobs().play(conversio(*(jobs or ({"id": A},)), **more))


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0, "0s"),
        (30 * SECOND, "30s"),
        (330 * SECOND, "5m30s"),
        (8 * 86_400 * SECOND, "8d"),
        (90_061 * SECOND, "1d1h1m1s"),
        (1_500_000, "1.5s"),
        (1, "0.000001s"),
        (-90 * SECOND, "-1m30s"),
    ],
)
def test_a_span_is_told_in_the_units_that_it_has(span: int, text: str) -> None:
    assert span_text(span) == text


@given(st.integers(0, 10**17))
def test_a_span_that_is_told_can_be_read_back(span: int) -> None:
    units = {"d": 86_400 * SECOND, "h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND}
    total, number = 0, ""
    for each in span_text(span):
        if each in units:
            whole, _, part = number.partition(".")
            total += int(whole) * units[each] + int(f"{part:0<6}") * (units[each] // SECOND)
            number = ""
        else:
            number += each
    assert total == span


# ------------------------------------------------------------------ what happened


def test_a_fake_that_plays_nothing_says_so() -> None:
    assert lines(FakeJobs()) == [
        "timeline of nothing (no scenario is played), from 2026-01-01 00:00:00 UTC",
        "no request came",
    ]


def test_requests_and_moves_of_the_clock_stand_in_order() -> None:
    fake = one({"id": A})
    look(fake, A)
    fake.clock.advance(seconds=10)
    fake.clock.advance(seconds=20)
    fake.clock.sleep(300)
    get(fake, "/api/v1/async-jobs")
    assert lines(fake) == [
        "timeline of <scenario>, from 2026-01-01 00:00:00 UTC",
        "at           who           request                            reply",
        f"+0s          default       GET …jobs/{A} 200 queued",
        "             -- clock +30s (advance)",
        "             -- clock +5m (sleep)",
        "+5m30s       default       GET /api/v1/async-jobs             200",
        "at the end, +5m30s:",
        f"  job {A} of default: in `done` (succeeded); expires in 7d;",
        "    polled 1 time; seen as pending, done",
    ]


def test_each_of_the_four_reasons_for_a_404_is_told() -> None:
    jobs = [{"id": A, "tenant": "shop-a", "app": "app-1"}, {"id": B, "tenant": "shop-a", "steps": [DONE]}]
    fake = one(*jobs, tenants=TENANTS)
    replies = [
        look(fake, C, "shop-a"),
        look(fake, A, "shop-b"),
        look(fake, A, "shop-a", "app-2"),
        look(fake, B, "shop-a", "app-1"),
    ]
    fake.clock.advance(days=7)
    replies.append(look(fake, B, "shop-a"))
    assert {reply.status_code for reply in replies} == {404}
    assert len({reply.data for reply in replies}) == 1
    assert [line.strip() for line in lines(fake) if "^ " in line] == [
        "^ no job has this id",
        "^ it is a job of another tenant, shop-a",
        "^ it is a job of another app, app-1",
        "^ it is a job of the tenant, not of this app",
        "^ it expired at 2026-01-08 00:00:00",
    ]


def test_a_request_of_nobody_known_is_told_with_why() -> None:
    fake = one()
    Client(fake.app).get(f"/api/v1/async-jobs/{A}", headers={"X-ApiKey": "wrong"})
    text = fake.timeline()
    assert "+0s          ?             GET " in text
    assert "^ nobody holds the apiKey in the header X-ApiKey" in text


def test_a_request_that_the_fake_does_not_know_is_marked() -> None:
    fake = one()
    get(fake, "/api/v2/async-jobs")
    assert "             ^ UNEXPECTED: no route takes it; nearest: GET /api/v1/async-jobs" in fake.timeline()


def test_a_request_after_the_test_was_over_is_marked() -> None:
    fake = one()
    fake.world.journal.is_over = True
    look(fake, A)
    get(fake, "/nowhere")
    look(fake, B)
    marks = [line.strip() for line in lines(fake) if "^ " in line]
    assert marks[0] == "^ AFTER THE TEST WAS OVER"
    assert marks[1].startswith("^ AFTER THE TEST WAS OVER: UNEXPECTED: no route takes it;")
    assert marks[2] == "^ AFTER THE TEST WAS OVER: no job has this id"


def test_a_delayed_reply_is_told_with_its_delay_and_as_a_move_of_the_clock() -> None:
    fake = one(faults=[{"on": "look", "fault": {"delay": {"seconds": 4}}}])
    look(fake, A)
    text = fake.timeline()
    assert "^ fault at /faults/0: delayed by 4 s; answered after 4s" in text
    assert "-- clock +4s" in text
    assert "fault /faults/0 on look: delayed by 4 s: fired 1 time" in text


def test_a_reply_that_is_delayed_by_nothing_else_is_told_so() -> None:
    world = world_of(conversio())
    request = Request(method="GET", target="/a", headers=(), body=b"")
    world.journal.write(
        Entry(
            asked=START, answered=START + SECOND, request=request, response=Response(status=200, headers=(), body=b"")
        )
    )
    assert "             ^ answered after 1s" in timeline(world, START)


# ------------------------------------------------------------------ how it stands


def standing(fake: FakeJobs) -> str:
    """How it stands at the end, on one line."""
    text = fake.timeline().partition("at the end, ")[2]
    return " ".join(text.split())


def test_a_fault_that_never_fired_is_told_loudly() -> None:
    fault = {"fault": {"status": 503}, "for": {"polls": 3}}
    fake = one({"id": A, "steps": [QUEUED, fault, STARTED, DONE]}, faults=[{"on": "create", "fault": {"status": 500}}])
    assert "fault /jobs/0/steps/1 (503): NEVER FIRED" in standing(fake)
    assert "fault /faults/0 on create: 500: NEVER FIRED" in standing(fake)
    fake.clock.advance(seconds=30)
    for _ in range(2):
        look(fake, A)
    assert "fault /jobs/0/steps/1 (503): fired 2 times" in standing(fake)
    assert "503 (started)" in fake.timeline()


def test_submissions_are_told_even_where_there_are_no_jobs() -> None:
    fake = FakeJobs().play({"dialect": "conversio", "submissions": [{"steps": LIFE}]})
    assert standing(fake) == "+0s: submission /submissions/0 {} (any number of times): NEVER CAME"
    create(fake)
    assert standing(fake).endswith("(any number of times): came 1 time")


@pytest.mark.parametrize(
    ("job", "seconds", "told"),
    [
        ({}, 10, "in `queued` (waiting); 20s left of this step; nobody asked for it by its id"),
        (
            {"steps": [{"state": "queued", "for": {"polls": 2}}, STARTED, DONE]},
            0,
            "(waiting); 2 looks left of this step;",
        ),
        (
            {"steps": [{"state": "queued", "for": {"polls": 1}}, STARTED, DONE]},
            0,
            "(waiting); 1 look left of this step;",
        ),
        (
            {"steps": [{"state": "queued", "for": "release"}, STARTED, DONE]},
            0,
            "in `queued` (waiting); awaits release;",
        ),
        ({"steps": [{"state": "queued"}]}, 0, "in `queued` (waiting); nobody asked for it by its id"),
        ({}, 330, "in `done` (succeeded); expires in 7d;"),
        ({}, 330 + 7 * 86_400, "in `done` (succeeded); expired;"),
        ({"retention": None}, 330, "in `done` (succeeded); nobody asked"),
        ({"created": {"days": 1}}, 0, "made only at 2026-01-02 00:00:00"),
        ({"steps": [QUEUED, {**DONE, "unlawful": True}]}, 0, "with steps that are unlawful on purpose"),
    ],
)
def test_a_job_is_told_as_it_stands(job: dict[str, Any], seconds: int, told: str) -> None:
    fake = one({"id": A, **job})
    fake.clock.advance(seconds=seconds)
    assert told in standing(fake)


def test_a_held_job_is_told_so_and_an_app_s_job_is_its_own() -> None:
    fake = one({"id": A, "tenant": "shop-a", "app": "app-1"}, tenants=TENANTS)
    fake.job(A).hold()
    assert f"job {A} of shop-a/app-1: in `queued` (waiting); held; nobody asked" in standing(fake)


def test_several_scenarios_are_named() -> None:
    fake = one({"id": A}).play(wix({}, tenants={"site": {}})).play(conversio())
    assert lines(fake)[0].startswith("timeline of <scenario>, <scenario>, <scenario>, from")


def test_telling_changes_nothing() -> None:
    fake = one({"id": A})
    fake.clock.advance(seconds=31)
    assert fake.timeline() == fake.timeline()
    assert fake.world.jobs[0].position.index == 0


def test_a_run_of_polls_that_differ_in_nothing_but_time_is_told_by_its_ends() -> None:
    fake = FakeJobs().play("conversio/happy-path")
    client = Client(fake.app)
    for _ in range(40):
        client.get("/api/v1/async-jobs/57b5aa3b046abfb053d80b52", headers=fake.credentials())
        fake.clock.sleep(0.5)
    lines = [line.strip() for line in fake.timeline().splitlines()]
    assert "… the same 38 times more" in lines
    assert len([line for line in lines if "200 queued" in line]) == 2
    assert any(line.startswith("+19.5s") for line in lines)
    fake.close()


def test_a_client_that_waits_in_real_time_is_asked_about_its_sleep() -> None:
    fake = FakeJobs().play("conversio/happy-path")
    client = Client(fake.app)
    for _ in range(5):
        client.get("/api/v1/async-jobs/57b5aa3b046abfb053d80b52", headers=fake.credentials())
    assert "the clock never moved: does the client sleep by the fake's clock?" in fake.timeline()
    fake.close()


# ------------------------------------------------------------------ what is pointed at


def polled(seconds: list[float]) -> FakeJobs:
    """A fake whose only job was looked at so many seconds after the start."""
    fake = one({"id": A})
    now = 0.0
    for each in seconds:
        fake.clock.advance(seconds=each - now)
        now = each
        look(fake, A)
    return fake


def test_what_broke_an_assertion_is_pointed_at_and_what_led_to_it_is_noted() -> None:
    fake = polled([0, 1, 1.5])
    marks = [Mark(number=1, text="poll 2", breaks=False), Mark(number=2, text="0.5s after the reply to poll 2")]
    assert timeline(fake.world, fake.clock.instant(), marks).splitlines()[1:9] == [
        "at           who           request                            reply",
        f"+0s          default       GET …jobs/{A} 200 queued",
        "             -- clock +1s (advance)",
        f"+1s          default       GET …jobs/{A} 200 queued",
        "             ^ poll 2",
        "             -- clock +0.5s (advance)",
        f"> +1.5s      default       GET …jobs/{A} 200 queued",
        "  <-- here: 0.5s after the reply to poll 2",
    ]
    assert fake.timeline() == timeline(fake.world, fake.clock.instant())


@given(st.integers(1, 60), st.data())
def test_what_is_pointed_at_is_shown_however_long_the_run_of_its_like(polls: int, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, polls - 1), min_size=1, max_size=3, unique=True))
    breaks = data.draw(st.booleans())
    fake = FakeJobs().play(conversio({"id": A, "steps": [{"state": "queued"}]}))
    client, headers = Client(fake.app), fake.credentials()
    for _ in range(polls):
        client.get(f"/api/v1/async-jobs/{A}", headers=headers)
        fake.clock.advance(seconds=1)
    marks = [Mark(number=number, text=f"this is {number}", breaks=breaks) for number in numbers]
    found = timeline(fake.world, fake.clock.instant(), marks).splitlines()
    for number in numbers:
        row = next(place for place, line in enumerate(found) if line.endswith(f"this is {number}")) - 1
        assert found[row].startswith(f"{'> ' if breaks else ''}+{span_text(number * SECOND)} ")
    assert sum(line.startswith("> ") for line in found) == (len(numbers) if breaks else 0)
    fake.close()


def test_what_is_said_at_a_mark_is_broken_at_80_columns_and_has_a_line_of_its_own() -> None:
    fake = one({"id": A})
    fake.clock.advance(days=400, hours=3, seconds=0.5)
    look(fake, A)
    fake.clock.advance(days=400, seconds=1.25)
    look(fake, A)
    marks = [Mark(number=1, text="word " * 40), Mark(number=1, text="\n" * 90, breaks=False), Mark(number=7, text="no")]
    found = timeline(fake.world, fake.clock.instant(), marks).splitlines()
    assert all(len(line) <= WIDTH for line in found)
    row = found.index("> +800d3h1.75s")
    assert found[row + 1].startswith("             default       GET")
    assert found[row + 2].startswith("             ^ it expired at")
    assert found[row + 3].startswith("  <-- here: word word")
    assert found[row + 4].startswith("            word")
