"""The plan of a job whose file cannot be used: it waits as it would have, and then fails."""

from __future__ import annotations

import pytest

from fakejobs.files import failing
from fakejobs.lifecycle import Overlay, Script, Step
from fakejobs.scenario.model import Fault, JobPlan, StepFault

LAST = Step(state="FAILED", phase="failed")
BODY = {"error": {"code": "X"}}
WAITING = (Step(state="A", phase="waiting", span=1), Step(state="B", phase="waiting", span=2))
RUNNING = (Step(state="C", phase="running", span=3), Step(state="D", phase="succeeded"))


def plan(*steps: Step, faults: tuple[int, ...] = ()) -> JobPlan:
    overlays = tuple(Overlay(before=before, looks=1) for before in faults)
    return JobPlan(
        id="7",
        tenant="t",
        app=None,
        pointer="/submissions/0",
        script=Script(steps=steps, overlays=overlays, retention=9),
        bodies=tuple({"step": number} for number in range(len(steps))),
        unlawful=(True,) * len(steps),
        faults=tuple(StepFault(fault=Fault(status=500), pointer=str(before), optional=False) for before in faults),
    )


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        (WAITING + RUNNING, 2),
        (WAITING[:1] + RUNNING, 1),
        (RUNNING, 0),
        ((WAITING[0], Step(state="B", phase="waiting")), 1),
    ],
)
def test_the_steps_that_wait_are_kept_and_then_it_fails(steps: tuple[Step, ...], kept: int) -> None:
    found = failing(plan(*steps), LAST, BODY)
    assert found.script.steps == (*steps[:kept], LAST)
    assert found.bodies == (*({"step": number} for number in range(kept)), BODY)
    assert found.unlawful == (True,) * kept + (False,)
    assert (found.id, found.script.retention) == ("7", 9)


def test_faults_beyond_the_failure_are_dropped_with_their_steps() -> None:
    found = failing(plan(*WAITING, *RUNNING, faults=(0, 2, 3)), LAST, BODY)
    assert [each.before for each in found.script.overlays] == [0, 2]
    assert [each.pointer for each in found.faults] == ["0", "2"]
