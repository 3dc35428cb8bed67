"""What a scenario scripts of requests: submissions that take creates, and faults of the nth request."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from playing import LIFE, SECOND, START, A, conversio, principal, wix, world_of

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


def test_a_fault_of_requests_tells_what_it_is_on() -> None:
    world = world_of(conversio(faults=[{"on": "create", "fault": {"status": 500}}]))
    assert str(world.faults[0]) == "/faults/0 on create: 500"
