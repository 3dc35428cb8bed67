"""The group of a scenario's job."""

from __future__ import annotations

from typing import Any

import pytest
from playing import complaints, read

STEPS: list[dict[str, Any]] = [{"state": "pending", "for": {"seconds": 1}}, {"state": "success"}]
SAID = "`groupId` is the group that the job is in; right would be `group`, beside `steps`"


def media(**job: Any) -> dict[str, Any]:
    return {"dialect": "wix-media-platform", "jobs": [{"steps": STEPS, **job}]}


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({"body": {"groupId": "g"}}, f"{SAID} (at /jobs/0/body/groupId)"),
        (
            {"steps": [{**STEPS[0], "body": {"groupId": "g"}}, STEPS[1]]},
            f"{SAID} (at /jobs/0/steps/0/body/groupId)",
        ),
        (
            {"group": "a_b"},
            "found 'a_b'; `_` joins a group's id and a job's own: right would be a group without it, or an `id` "
            "beside it (at /jobs/0/group)",
        ),
    ],
)
def test_a_group_is_said_in_one_place_and_can_be_told_from_an_id(job: dict[str, Any], said: str) -> None:
    assert complaints(media(**job)) == [said]


def test_a_job_s_group_is_its_own_key_and_a_dialect_without_groups_has_none() -> None:
    (plan,) = read(media(group="a_b", id="a_b_c")).jobs
    assert plan.group == "a_b"
    (said,) = complaints({"dialect": "conversio", "jobs": [{"group": "g", "steps": [{"state": "done"}]}]})
    assert said.startswith("unknown key `group`")
