"""Faults between steps that can never fire are refused; what some look can meet never is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import DONE, LIFE, QUEUED, STARTED, complaints, conversio, read

from fakejobs import lifecycle
from fakejobs.lifecycle import Overlay, Script, Step
from fakejobs.scenario.futile import complain_of_futile

ONCE = {"fault": {"status": 503}, "for": {"polls": 1}}
FAILED = {"state": "failed"}


def briefly(seconds: int, **more: Any) -> dict[str, Any]:
    """A fault that answers all looks for so long."""
    return {"fault": {"status": 503}, "for": {"seconds": seconds}, **more}


def said(*steps: Any, **job: Any) -> list[str]:
    return complaints(conversio({"steps": list(steps), **job}))


NEVER = "this fault never fires: "
GONE = f"{NEVER}the job is out of view 1m after its end, and it begins later"
HIDDEN = f"{NEVER}/jobs/0/steps/0 answers all looks until it is over; right would be that one behind it"


@pytest.mark.parametrize(
    ("steps", "job", "message"),
    [
        (
            [QUEUED, STARTED, {**FAILED, "for": {"minutes": 1}}, ONCE, FAILED],
            {"retention": {"minutes": 1}},
            f"{GONE} (at /jobs/0/steps/3)",
        ),
        (
            [QUEUED, STARTED, {**FAILED, "for": {"polls": 1}}, {**FAILED, "for": {"hours": 1}}, ONCE, FAILED],
            {"retention": {"minutes": 1}},
            f"{GONE} (at /jobs/0/steps/4)",
        ),
        (
            [briefly(10), *LIFE],
            {"lag": {"get": {"seconds": 10}}},
            f"{NEVER}it is over 10s after the job is made, and nobody sees the job in the first 10s "
            "(at /jobs/0/steps/0)",
        ),
        (
            [QUEUED, briefly(10), STARTED, DONE],
            {"created": {"seconds": -40}},
            f"{NEVER}it is over 40s after the job is made, and nobody sees the job in the first 40s "
            "(at /jobs/0/steps/1)",
        ),
        (
            [QUEUED, STARTED, ONCE, DONE],
            {"created": {"days": -8}},
            f"{NEVER}the job is out of view 7d5m30s after the job is made, and nobody sees the job in the first 8d "
            "(at /jobs/0/steps/2)",
        ),
        ([briefly(10), briefly(10), *LIFE], {}, f"{HIDDEN} (at /jobs/0/steps/1)"),
        ([briefly(40), QUEUED, briefly(10), STARTED, DONE], {}, f"{HIDDEN} (at /jobs/0/steps/2)"),
    ],
)
def test_a_fault_that_no_look_can_meet_is_told_why(steps: list[Any], job: dict[str, Any], message: str) -> None:
    assert said(*steps, **job) == [message]


@pytest.mark.parametrize(
    ("steps", "job"),
    [
        ([QUEUED, STARTED, {**FAILED, "for": {"seconds": 59}}, ONCE, FAILED], {"retention": {"minutes": 1}}),
        ([QUEUED, STARTED, {**FAILED, "for": {"polls": 9}}, ONCE, FAILED], {"retention": {"minutes": 1}}),
        ([QUEUED, STARTED, {**FAILED, "for": {"days": 9}}, ONCE, FAILED], {"retention": None}),
        ([QUEUED, ONCE, {"state": "started", "for": "release"}, DONE], {"created": {"days": -9}}),
        ([briefly(11), *LIFE], {"lag": {"get": {"seconds": 10}}}),
        ([briefly(10), *LIFE], {"lag": {"list": {"seconds": 10}}}),
        ([briefly(10), *LIFE], {"created": {"seconds": 10}}),
        ([briefly(10), *LIFE], {"created": "2020-01-01T00:00:00Z"}),
        ([{"state": "queued", "for": {"polls": 1}}, briefly(1), STARTED, DONE], {"created": {"days": -1}}),
        ([briefly(10), briefly(11), *LIFE], {}),
        ([briefly(10), ONCE, *LIFE], {}),
        ([ONCE, briefly(10), *LIFE], {}),
        ([briefly(99), {"state": "queued", "for": {"polls": 1}}, briefly(1), STARTED, DONE], {}),
        ([briefly(10), briefly(5, optional=True), *LIFE], {}),
    ],
)
def test_a_fault_that_some_look_can_meet_is_well(steps: list[Any], job: dict[str, Any]) -> None:
    assert said(*steps, **job) == []


def test_a_fault_over_a_life_without_an_end_is_well() -> None:
    assert said(QUEUED, ONCE, {"state": "started"}, created={"days": -90}) == []


def test_what_becomes_of_submissions_is_held_to_the_same() -> None:
    (found,) = complaints(conversio(submissions=[{"steps": [briefly(10), briefly(5), *LIFE]}]))
    assert found.endswith("(at /submissions/0/steps/1)")
    assert read(conversio(submissions=[{"steps": [briefly(5), briefly(10), *LIFE]}])).submissions


@st.composite
def faulty(draw: st.DrawFn) -> tuple[Script, list[dict[str, Any]]]:
    """A script of time alone with faults over it, and the entries that it was read from."""
    lives = st.builds(Step, state=st.just("a"), phase=st.sampled_from(("running", "failed")), span=st.integers(1, 8))
    steps = (*draw(st.lists(lives, max_size=3)), Step(state="end", phase="failed"))
    lengths = st.builds(dict, span=st.integers(1, 9)) | st.builds(dict, looks=st.integers(1, 2))
    rows = [draw(st.lists(lengths, max_size=2)) for _ in steps]
    overlays = tuple(Overlay(before=before, **each) for before, row in enumerate(rows) for each in row)
    entries: list[dict[str, Any]] = []
    for row in rows:
        entries += [*({"fault": {}} for _ in row), {"state": "a"}]
    return Script(steps=steps, overlays=overlays, retention=draw(st.none() | st.integers(1, 12))), entries


def meets(script: Script, unseen: int) -> set[int]:
    """The numbers of the faults that some look meets, where there are two a fault at every instant."""
    position, met = lifecycle.begin(script, 0), set()
    for now in range(60):
        position = lifecycle.advance(script, position, now)
        expires = lifecycle.expires_at(script, position)
        if now < unseen or (expires is not None and now >= expires):
            continue
        for _ in range(2 * len(script.overlays)):
            number = lifecycle.standing_fault(script, position, now)
            if number is not None:
                met.add(number)
                position = lifecycle.fire(position, number)
    return met


@given(faulty(), st.integers(0, 12))
def test_no_fault_that_a_look_would_meet_is_refused(
    given_script: tuple[Script, list[dict[str, Any]]], unseen: int
) -> None:
    script, entries = given_script
    refused: list[Any] = []
    complain_of_futile(script, entries, unseen, (), lambda path, _: refused.append(path[-1]))
    places = [number for number, entry in enumerate(entries) if "fault" in entry]
    assert {places.index(place) for place in refused}.isdisjoint(meets(script, unseen))
