"""The world: commands, faults, submissions, and the law that time alone moves a job, whoever looks."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playing import DONE, GUID, QUEUED, SECOND, START, STARTED, A, B, conversio, principal, read, wix, world_of

from fakejobs.commands import Create, List, Look, Principal
from fakejobs.dialect.loader import dialect
from fakejobs.lifecycle import Step
from fakejobs.outcomes import Outcome
from fakejobs.world import World

CONVERSIO = dialect("conversio")
WIX = dialect("wix-async-jobs")
ME = principal()


def look(world: World, later: float = 0, *, id: str = A, who: Principal | None = ME, counts: bool = True) -> Outcome:
    """What a look brings so many seconds after the start."""
    return world.do(CONVERSIO, who, Look(id=id, counts=counts), START + int(later * SECOND))


def seen(world: World, later: float = 0, **more: Any) -> str:
    """The state that a look shows, or why it shows none."""
    outcome = look(world, later, **more)
    return outcome.views[0].state if outcome.views else outcome.reason


# ------------------------------------------------------------------ law 1

SPANS = st.lists(st.integers(1, 10 * SECOND), min_size=2, max_size=2)
ACTS = st.lists(
    st.tuples(st.sampled_from(["look", "list", "view", "event", "pass"]), st.integers(0, 8 * SECOND)), max_size=12
)


def timed(spans: list[int], faults: int) -> dict[str, Any]:
    fault = {"fault": {"status": 503}, "for": {"polls": faults}}
    first, second = ({"seconds": span / SECOND} for span in spans)
    steps = [{"state": "queued", "for": first}, {"state": "started", "for": second}, DONE]
    return conversio({"id": A, "steps": [*([fault] if faults else []), *steps]})


@given(SPANS, st.integers(0, 2), ACTS)
def test_the_history_of_a_timed_job_is_the_same_however_pollers_and_time_take_turns(
    spans: list[int], faults: int, acts: list[tuple[str, int]]
) -> None:
    watched, alone, now = world_of(timed(spans, faults)), world_of(timed(spans, faults)), START
    for act, span in acts:
        now = (watched.next_event(now) or now) if act == "event" else now + span
        if act == "look":
            watched.do(CONVERSIO, ME, Look(id=A), now)
        elif act == "list":
            watched.do(CONVERSIO, ME, List(), now)
        elif act == "view":
            watched.view(watched.jobs[0], now)
    histories = [world.view(world.jobs[0], now).position.entered for world in (watched, alone)]
    assert histories[0] == histories[1]
    begins = [START, START + spans[0], START + sum(spans)]
    assert histories[0] == tuple(begin for begin in begins if begin <= now)


@settings(max_examples=50)
@given(SPANS, st.integers(1, 5 * SECOND), st.integers(0, 3 * SECOND), st.integers(0, 30 * SECOND))
def test_between_two_events_nothing_changes_and_at_each_something_does(
    spans: list[int], kept: int, created: int, later: int
) -> None:
    fault = {"fault": {"status": 503}, "for": {"seconds": 1.5}}
    scenario = timed(spans, 0)
    scenario["jobs"][0]["steps"].insert(1, fault)
    scenario["jobs"][0] |= {"created": {"seconds": created / SECOND}, "retention": {"seconds": kept / SECOND}}
    now = START + later

    def shown(at: int) -> object:
        world = world_of(scenario)
        outcome = world.do(CONVERSIO, ME, Look(id=A), at)
        return outcome.reason if not outcome.views else (outcome.views[0].state, outcome.fault)

    event = world_of(scenario).next_event(now)
    if event is None:
        assert shown(now) == shown(now + 86_400 * SECOND)
    else:
        assert event > now
        assert shown(now) == shown(event - 1)
        assert world_of(scenario).next_event(event - 1) == event


def test_the_history_is_the_same_where_pollers_and_time_really_run_side_by_side() -> None:
    world, now, may_begin = world_of(timed([SECOND, 2 * SECOND], 2)), [START], threading.Barrier(5)

    def poll() -> None:
        may_begin.wait(30)
        for number in range(200):
            world.do(CONVERSIO, ME, List() if number % 3 == 0 else Look(id=A), now[0])

    pollers = [threading.Thread(target=poll) for _ in range(4)]
    for poller in pollers:
        poller.start()
    may_begin.wait(30)
    for _ in range(400):
        now[0] += 10_000
        world.next_event(now[0])
    for poller in pollers:
        poller.join(30)
    assert world.view(world.jobs[0], now[0]).position.entered == (START, START + SECOND, START + 3 * SECOND)
    assert world.jobs[0].position.fired == (2,)


def test_a_job_is_in_the_next_step_at_the_instant_at_which_one_ends() -> None:
    world = world_of(conversio({"id": A}))
    assert [seen(world, at) for at in (0, 29.999999, 30, 329.999999, 330)] == [
        "queued",
        "queued",
        "started",
        "started",
        "done",
    ]


def test_nothing_is_the_next_event_where_time_alone_changes_nothing() -> None:
    assert World().next_event(START) is None
    assert (
        world_of(conversio({"steps": [{"state": "queued", "for": "release"}, STARTED, DONE]})).next_event(START) is None
    )


def test_a_job_that_is_yet_to_be_made_is_the_next_event() -> None:
    world = world_of(conversio({"created": {"hours": 2}, "steps": [DONE]}, {"created": {"hours": 1}, "steps": [DONE]}))
    assert world.next_event(START) == START + 3600 * SECOND
    assert world.next_event(START + 3600 * SECOND) == START + 2 * 3600 * SECOND


# ------------------------------------------------------------------ looks


def test_a_step_that_counts_looks_ends_with_the_last_of_them() -> None:
    steps = [{"state": "queued", "for": {"polls": 2}}, {"state": "started", "for": {"polls": 1}}, DONE]
    world = world_of(conversio({"id": A, "steps": steps}))
    assert seen(world, counts=False) == "queued"
    world.do(CONVERSIO, ME, List(), START)
    assert seen(world, who=principal("another")) == "it is a job of another tenant, default"
    assert [seen(world, at) for at in (0, 1, 1, 2)] == ["queued", "queued", "started", "done"]
    assert world.jobs[0].position.entered == (START, START + SECOND, START + SECOND)
    assert world.jobs[0].polls == 4


def test_a_look_meets_the_fault_that_lies_over_the_step() -> None:
    fault = {"fault": {"status": 503}, "for": {"polls": 2}}
    world = world_of(conversio({"id": A, "steps": [QUEUED, fault, STARTED, DONE]}))
    outcomes = [look(world, at) for at in (0, 30, 30, 30)]
    assert [each.fault is not None for each in outcomes] == [False, True, True, False]
    assert outcomes[1].reason == "fault at /jobs/0/steps/1: 503"
    assert outcomes[1].views[0].state == "started"
    assert look(world, 30, counts=False).fault is None


def test_a_fault_over_a_step_that_counts_looks_takes_none_of_them() -> None:
    steps = [{"fault": {"status": 503}, "for": {"polls": 1}}, {"state": "queued", "for": {"polls": 1}}, STARTED, DONE]
    world = world_of(conversio({"id": A, "steps": steps}))
    assert [seen(world) for _ in range(3)] == ["queued", "queued", "started"]


def test_a_job_that_has_expired_is_gone_and_a_look_at_it_still_counts() -> None:
    world = world_of(conversio({"id": A}))
    week = 7 * 86_400
    assert seen(world, 330 + week - 1) == "done"
    assert seen(world, 330 + week) == "it expired at 2026-01-08 00:05:30"
    assert seen(world, 330 + week, counts=False) == "it expired at 2026-01-08 00:05:30"
    assert world.jobs[0].polls == 2
    assert world.do(CONVERSIO, ME, List(), START + (330 + week) * SECOND).views == ()


def test_a_look_that_is_answered_without_looking_counts_where_the_job_is_in_view() -> None:
    world = world_of(conversio({"id": A}))
    for who, id in ((ME, A), (ME, B), (principal("another"), A)):
        world.count_poll(CONVERSIO, who, id, START)
    assert world.jobs[0].polls == 1


def test_a_list_shows_all_jobs_in_view_in_the_order_of_their_making() -> None:
    world = world_of(conversio({"id": B}, {"id": A, "created": {"days": -1}}, {"created": {"days": 1}}), wix({}))
    assert [view.id for view in world.do(CONVERSIO, ME, List(), START).views] == [B, A]


def test_a_job_that_is_yet_to_be_made_is_not_there_and_the_reason_says_since_when_it_will_be() -> None:
    world = world_of(conversio({"id": A, "created": {"days": 1}}))
    outcome = world.do(CONVERSIO, ME, Look(id=A), START)
    assert (outcome.views, outcome.reason) == ((), "it is made only at 2026-01-02 00:00:00")
    assert world.do(CONVERSIO, ME, Look(id=B), START).reason == "no job has this id"


def test_the_words_that_replies_showed_are_kept_and_repeats_are_one() -> None:
    world = world_of(conversio({"id": A}))
    for word in ("pending", "pending", "done", "done"):
        world.shown([(1, word)])
    assert world.jobs[0].seen == ["pending", "done"]


# ------------------------------------------------------------------ jobs, moved by hand


@given(st.integers(0, 29), st.integers(1, 1000))
def test_a_held_job_loses_no_time_of_its_own(held_at: int, span: int) -> None:
    world = world_of(conversio({"id": A}))
    (job,) = world.jobs
    world.hold(job, START + held_at * SECOND)
    assert seen(world, held_at + span) == "queued"
    assert world.next_event(START + (held_at + span) * SECOND) is None
    assert world.release(job, START + (held_at + span) * SECOND)
    assert [seen(world, 30 + span - 0.000001), seen(world, 30 + span)] == ["queued", "started"]


def test_release_ends_a_step_that_awaits_it_and_says_whether_anything_was_kept() -> None:
    world = world_of(conversio({"id": A, "steps": [{"state": "queued", "for": "release"}, STARTED, DONE]}))
    (job,) = world.jobs
    assert seen(world, 1000) == "queued"
    assert world.release(job, START + 1000 * SECOND)
    assert not world.release(job, START + 1000 * SECOND)
    assert seen(world, 1000) == "started"


def test_finish_brings_a_job_to_its_end_with_a_body() -> None:
    world = world_of(conversio({"id": A}))
    (job,) = world.jobs
    world.view(job, START)
    world.finish(job, Step(state="failed", phase="failed"), {"error": "x"}, START + SECOND)
    view = world.view(job, START + 1000 * SECOND)
    assert (view.state, view.overlays) == ("failed", ({"error": "x"},))
    assert seen(world, 1 + 7 * 86_400).startswith("it expired")


def test_the_same_scenario_makes_the_same_ids_in_every_world() -> None:
    scenario = conversio({}, {}, {"tenant": "default"})
    once, again = world_of(scenario), world_of(scenario)
    assert [job.id for job in once.jobs] == [job.id for job in again.jobs]
    assert len({job.id for job in once.jobs}) == 3


@settings(max_examples=20)
@given(st.integers(-(10**6), 10**6))
def test_a_job_is_created_at_its_offset_from_the_play_or_at_its_instant(offset: int) -> None:
    world = World()
    job = {"created": {"seconds": offset}}
    world.play(read(conversio(job, {"created": "2026-01-01T00:00:00Z"})), START + 7)
    assert [each.created for each in world.jobs] == [START + 7 + offset * SECOND, START]


@pytest.mark.parametrize("command", [Look(id=A), List(), Create(facts={}, mint=lambda _: B)])
def test_what_a_command_returns_does_not_change_afterwards(command: Any) -> None:
    world = world_of(conversio({"id": A}))
    (view,) = world.do(CONVERSIO, ME, command, START).views
    before = (view.state, view.position)
    look(world, 1000)
    assert (view.state, view.position) == before


def test_what_was_kept_of_documents_is_made_anew_once_options_are_set() -> None:
    world = world_of(wix({"id": GUID}))
    (job,) = world.jobs
    world.view(job, START)
    assert list(job.laid) == [0]
    world.play(read({"dialect": "wix-async-jobs", "options": {"legacyCounters": True}}), START)
    assert job.laid == {}
