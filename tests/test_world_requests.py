"""What a scenario scripts of requests: submissions that take creates, and faults of the nth request."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from playing import LIFE, SECOND, START, A, B, conversio, look, principal, wix, world_of

from fakejobs import FakeJobs
from fakejobs.commands import Create, Look
from fakejobs.dialect.loader import dialect
from fakejobs.dialect.overlays import covers
from fakejobs.outcomes import Outcome
from fakejobs.world import World

CONVERSIO = dialect("conversio")
WIX = dialect("wix-async-jobs")
ME = principal()


def states(world: World, id: str, *instants: int) -> list[str]:
    """The states that looks show so many seconds after the start."""
    outcomes = [world.do(CONVERSIO, ME, Look(id=id), START + each * SECOND) for each in instants]
    return [outcome.views[0].state for outcome in outcomes]


def create(world: World, later: float = 0, **facts: Any) -> Outcome:
    """What a create with these facts brings."""
    command = Create(facts=facts, mint=lambda seed: CONVERSIO.ids.mint(f"conversio:{seed}"))
    return world.do(CONVERSIO, ME, command, START + int(later * SECOND))


def route(operation: str) -> Any:
    return next(each for each in CONVERSIO.routes if each.operation == operation)


# ------------------------------------------------------------------ submissions

KINDS = st.sampled_from(["newsletter-recipients", "newsletter-emails"])
PATHS = st.fixed_dictionaries({}, optional={"newsletter": st.sampled_from("abc")})
WHENS = st.fixed_dictionaries({}, optional={"kind": KINDS, "path": PATHS})
FACTS = st.lists(st.tuples(KINDS, st.sampled_from("abc")), max_size=8)


def fits(when: dict[str, Any], kind: str, newsletter: str) -> bool:
    path = when.get("path", {})
    return bool(when.get("kind", kind) == kind and path.get("newsletter", newsletter) == newsletter)


@st.composite
def rules_of_submissions(draw: st.DrawFn) -> list[tuple[dict[str, Any], int | None]]:
    """What submissions take, and how often; none is behind one that takes the same without end."""
    rules: list[tuple[dict[str, Any], int | None]] = []
    for when, times in draw(st.lists(st.tuples(WHENS, st.none() | st.integers(1, 2)), min_size=1, max_size=4)):
        if not any(limit is None and covers(when, before) for before, limit in rules):
            rules.append((when, times))
    return rules


@given(rules_of_submissions(), FACTS)
def test_a_create_is_taken_by_the_first_submission_that_fits_and_has_times_left(
    rules: list[tuple[dict[str, Any], int | None]], asked: list[tuple[str, str]]
) -> None:
    submissions = [
        {"when": when, **({} if times is None else {"times": times}), "steps": [{"state": "queued"}]}
        for when, times in rules
    ]
    world = world_of(conversio(submissions=submissions))
    left = [len(asked) if times is None else times for _, times in rules]
    for kind, newsletter in asked:
        fitting = [n for n, (when, _) in enumerate(rules) if left[n] and fits(when, kind, newsletter)]
        outcome = create(world, kind=kind, path={"newsletter": newsletter}, tenant="default")
        if not fitting:
            assert (outcome.is_unscripted, outcome.views) == (True, ())
            assert outcome.reason == "no submission of the scenario takes it"
            continue
        left[fitting[0]] -= 1
        assert world.jobs[-1].plan is world.submissions[fitting[0]].rule.plan
        assert outcome.views[0].id == world.jobs[-1].id
    assert len({job.id for job in world.jobs}) == len(world.jobs)
    for counted, (_, times), remaining in zip(world.submissions, rules, left, strict=True):
        assert counted.taken == (len(asked) if times is None else times) - remaining


def test_a_submission_tells_what_it_takes_and_how_often_it_has() -> None:
    submissions = [{"when": {"kind": "segments-export"}, "times": 2, "steps": LIFE}, {"steps": LIFE}]
    world = world_of(conversio(submissions=submissions))
    create(world, kind="segments-export")
    assert [str(each) for each in world.submissions] == [
        '/submissions/0 {"kind": "segments-export"} (1 of 2 used)',
        "/submissions/1 {} (any number of times)",
    ]


def test_a_created_job_has_its_creator_its_facts_and_its_own_life() -> None:
    world = world_of(
        conversio(submissions=[{"id": A, "times": 1, "steps": LIFE}], tenants={"default": {"apps": {"x": {}}}})
    )
    who = principal("default", "x")
    outcome = world.do(CONVERSIO, who, Create(facts={"kind": "k"}, mint=lambda _: "never"), START + SECOND)
    (job,) = world.jobs
    assert (job.id, job.tenant, job.app, job.created) == (A, "default", "x", START + SECOND)
    assert outcome.views[0].facts == {"kind": "k"}
    assert states(world, A, 30, 31) == ["queued", "started"]


def test_without_submissions_a_create_runs_the_dialect_s_own_script() -> None:
    world = world_of(conversio())
    one, other = create(world).views[0], create(world).views[0]
    assert one.id != other.id
    assert states(world, one.id, 4, 5, 35) == ["queued", "started", "done"]


def test_submissions_of_another_dialect_take_nothing() -> None:
    world = world_of(wix(submissions=[{"steps": [{"state": "FINISHED"}]}]), conversio())
    assert create(world).views[0].dialect == "conversio"


# ------------------------------------------------------------------ faults of requests

FAULTS = st.lists(
    st.tuples(st.sampled_from(["look", "list", "get-async-job"]), st.integers(1, 4), st.integers(1, 3)), max_size=4
)


@given(FAULTS, st.lists(st.sampled_from(["get-async-job", "list-async-jobs", "export-segment"]), max_size=10))
def test_a_fault_fires_on_exactly_the_nth_request_and_so_many_after_it_and_the_first_fault_wins(
    faults: list[tuple[str, int, int]], operations: list[str]
) -> None:
    entries = [{"on": on, "nth": nth, "times": times, "fault": {"status": 500}} for on, nth, times in faults]
    world = world_of(wix(), conversio(faults=entries))
    asked, fired = [0] * len(faults), [0] * len(faults)
    for operation in operations:
        verb = route(operation).do
        due = None
        for number, (on, nth, times) in enumerate(faults):
            if on in (operation, verb) and due is None:  # what one answers does not count for those behind it
                asked[number] += 1
                if nth <= asked[number] < nth + times:
                    due = number
                    fired[number] += 1
        met = world.fault_of(CONVERSIO, route(operation))
        assert met is (None if due is None else world.faults[due])
    assert [counted.asked for counted in world.faults] == asked
    assert [counted.taken for counted in world.faults] == fired
    assert world.fault_of(WIX, WIX.routes[0]) is None


@given(st.lists(st.sampled_from("abc"), max_size=8), st.integers(1, 3))
def test_a_fault_counts_those_requests_alone_that_it_waits_for(asked: list[str], nth: int) -> None:
    fault = {"on": "look", "when": {"path": {"id": "a"}}, "nth": nth, "fault": {"status": 500}}
    behind = {"on": "look", "when": {"tenant": "default"}, "fault": {"status": 502}}
    world = world_of(conversio(faults=[fault, behind]))
    calls = []
    for id in asked:

        def facts(id: str = id) -> dict[str, Any]:
            calls.append(id)
            return {"path": {"id": id}, "tenant": "default"}

        world.fault_of(CONVERSIO, route("get-async-job"), facts)
    assert world.faults[0].asked == asked.count("a")
    assert world.faults[0].taken == (asked.count("a") >= nth)
    assert world.faults[1].asked == len(asked) - world.faults[0].taken
    assert calls == asked  # a request is read once for all faults


def test_a_fault_that_waits_for_nothing_reads_no_request() -> None:
    def facts() -> dict[str, Any]:
        raise AssertionError

    world = world_of(conversio(faults=[{"on": "look", "fault": {"status": 500}}]))
    assert world.fault_of(CONVERSIO, route("get-async-job"), facts) is world.faults[0]


def test_a_fault_meets_the_second_look_of_one_tenant_at_one_job() -> None:
    when = {"tenant": "shop-b", "path": {"id": A}}
    fault = {"on": "look", "when": when, "nth": 2, "fault": {"status": 429}}
    jobs = [{"id": id, "tenant": tenant} for tenant in ("shop-a", "shop-b") for id in (A, B)]
    fake = FakeJobs().play(conversio(*jobs, tenants={"shop-a": {}, "shop-b": {}}, faults=[fault]))
    asked = [(A, "shop-a"), (A, "shop-b"), (B, "shop-b"), (A, "shop-a"), (A, "shop-b"), (A, "shop-b")]
    assert [look(fake, id, tenant).status_code for id, tenant in asked] == [200, 200, 200, 200, 429, 200]
    assert str(fake.world.faults[0]) == f"/faults/0 on look where {json.dumps(when)}: 429"


def test_a_fault_that_waited_in_vain_says_for_what() -> None:
    fault = {"on": "look", "when": {"path": {"id": B}}, "fault": {"status": 500}}
    fake = FakeJobs().play(conversio({"id": A}, faults=[fault]))
    look(fake, A)
    said = f'/faults/0 (500): request 1 on `look` that fits {{"path": {{"id": "{B}"}}}} never came; there were 0'
    assert fake.findings() == (f"fault that never fired: {said}",)


def test_a_fault_of_requests_tells_what_it_is_on() -> None:
    world = world_of(conversio(faults=[{"on": "create", "fault": {"status": 500}}]))
    assert str(world.faults[0]) == "/faults/0 on create: 500"
