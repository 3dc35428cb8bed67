"""Law 4: what was scripted and did not happen, and what happened and was not scripted, each with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from playing import DONE, LIFE, QUEUED, STARTED, A, B, conversio, create, get, look

from fakejobs import ExpectationError, FakeJobs, UsageError
from fakejobs.expectations import ALL, findings, late_requests, strictness

FAULT = {"fault": {"status": 503}, "for": {"polls": 1}}
SLOW = {"fault": {"delay": {"seconds": 1}}, "for": {"minutes": 1}}


def found(fake: FakeJobs) -> list[str]:
    return list(fake.findings())


def with_fault(*before: Any, fault: Any = FAULT) -> FakeJobs:
    """A fake with one job, whose fault lies over the step that follows ``before``."""
    return FakeJobs().play(conversio({"id": A, "steps": [*before, fault, STARTED, DONE]}))


@pytest.mark.parametrize(
    ("strict", "held"),
    [
        (True, ALL),
        (False, frozenset()),
        (set(), frozenset()),
        ({"faults"}, {"faults"}),
        (["requests", "submissions"], {"requests", "submissions"}),
    ],
)
def test_strict_is_all_nothing_or_what_a_set_names(strict: Any, held: Any) -> None:
    assert strictness(strict) == held


@pytest.mark.parametrize(
    ("strict", "what"),
    [
        ("faults", "'faults'; did you mean {'faults'}?"),
        ("all", "'all'"),
        (None, "None"),
        (1, "1"),
        ({"fault"}, "'fault'"),
        ([1, "jobs"], "'jobs', 1"),
    ],
)
def test_strict_of_another_kind_is_told_what_it_takes(strict: Any, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        strictness(strict)
    assert str(caught.value) == f"strict takes True, False or a set of faults, requests, submissions; found {what}"


def test_a_test_in_which_all_happened_has_nothing_to_answer_for() -> None:
    fake = with_fault(QUEUED)
    fake.clock.advance(seconds=30)
    assert look(fake, A).status_code == 503
    assert found(fake) == []
    fake.check()


def test_a_job_that_nobody_asked_for_is_no_finding() -> None:
    assert found(FakeJobs().play(conversio({"id": A}))) == []


def test_a_request_that_the_fake_does_not_know_is_a_finding() -> None:
    fake = FakeJobs().play(conversio())
    get(fake, "/api/v2/async-jobs")
    (said,) = found(fake)
    assert said.startswith("unexpected request: GET /api/v2/async-jobs: no route takes it; nearest: GET /api/v1/async-")


def test_a_create_that_no_submission_takes_is_a_finding() -> None:
    fake = FakeJobs().play(
        conversio(submissions=[{"when": {"kind": "segments-export"}, "optional": True, "steps": LIFE}])
    )
    create(fake)
    (said,) = found(fake)
    assert said.startswith(
        "unexpected request: POST /api/v1/newsletters/n-1/recipients/async-export: no submission takes"
    )


def test_a_fault_over_a_job_that_nobody_asked_for_says_so() -> None:
    fake = with_fault(QUEUED)
    said = (
        f"fault that never fired: /jobs/0/steps/1 (503) of job {A}: nobody who may see the job asked for it by its id"
    )
    assert found(fake) == [said]
    fake.clock.advance(hours=1)
    get(fake, "/api/v1/async-jobs")
    assert found(fake) == [said]


def test_a_fault_to_whose_step_the_job_did_not_come_says_so() -> None:
    fake = with_fault(QUEUED)
    look(fake, A)
    (said,) = found(fake)
    assert said.endswith(f"of job {A}: the job did not come to `started` by the last look at it")


def test_a_fault_that_no_look_reached_says_since_when() -> None:
    fake = with_fault(QUEUED)
    look(fake, A)
    fake.clock.advance(seconds=30)
    get(fake, "/api/v1/async-jobs")
    assert found(fake)[0].endswith("no look at the job reached it from 2026-01-01 00:00:30 on")


def test_a_fault_of_a_span_that_no_look_reached_says_between_when() -> None:
    fake = with_fault(QUEUED, fault=SLOW)
    look(fake, A)
    fake.clock.advance(hours=1)
    look(fake, A)
    assert found(fake)[0].endswith("no look at the job reached it between 2026-01-01 00:00:30 and 2026-01-01 00:01:30")


def test_a_fault_behind_another_that_took_all_looks_was_not_reached() -> None:
    fake = with_fault(FAULT, QUEUED, FAULT)
    look(fake, A)
    fake.clock.advance(seconds=30)
    look(fake, A)
    (said,) = found(fake)
    assert said.startswith("fault that never fired: /jobs/0/steps/3 (503)")
    assert said.endswith("no look at the job reached it from 2026-01-01 00:00:30 on")


def test_a_fault_of_requests_that_never_came_says_how_many_did() -> None:
    faults = [{"on": "create", "nth": 2, "fault": {"status": 500}}, {"on": "look", "fault": {"status": 502}}]
    fake = FakeJobs().play(conversio(faults=faults))
    create(fake)
    assert found(fake) == [
        "fault that never fired: /faults/0 (500): request 2 on `create` never came; there was 1",
        "fault that never fired: /faults/1 (502): request 1 on `look` never came; there were 0",
    ]


def test_a_submission_that_never_came_is_a_finding() -> None:
    fake = FakeJobs().play(conversio(submissions=[{"times": 2, "steps": LIFE}]))
    assert found(fake) == ["submission that never came: /submissions/0 {} (0 of 2 used)"]
    create(fake)
    assert found(fake) == []


def test_what_is_optional_need_not_happen() -> None:
    fault = {**FAULT, "optional": True}
    more = {
        "submissions": [{"optional": True, "steps": LIFE}],
        "faults": [{"on": "create", "optional": True, "fault": {"status": 500}}],
    }
    assert found(FakeJobs().play(conversio({"steps": [fault, QUEUED, STARTED, DONE]}, **more))) == []


def test_only_what_strict_names_is_held_against_a_test() -> None:
    fake = FakeJobs().play(conversio({"id": B, "steps": [FAULT, *LIFE]}, submissions=[{"steps": LIFE}]))
    get(fake, "/nowhere")
    kinds = {name: [line.partition(":")[0] for line in findings(fake.world, frozenset((name,)))] for name in ALL}
    assert kinds == {
        "requests": ["unexpected request"],
        "faults": ["fault that never fired"],
        "submissions": ["submission that never came"],
    }
    assert len(findings(fake.world, ALL)) == 3


def test_check_raises_with_the_findings_and_the_timeline() -> None:
    fake = with_fault(QUEUED)
    with pytest.raises(ExpectationError) as caught:
        fake.check()
    assert caught.value.findings == fake.findings()
    assert caught.value.timeline == fake.timeline()


def test_requests_after_the_test_was_over_are_told() -> None:
    fake = FakeJobs().play(conversio({"id": A}))
    look(fake, A)
    assert late_requests(fake.world) == ()
    fake.world.journal.is_over = True
    look(fake, A)
    assert late_requests(fake.world) == (f"request after the test was over: GET /api/v1/async-jobs/{A} (200)",)
