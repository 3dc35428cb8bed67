"""What of a scenario is used up, and which plans a client's request takes."""

from __future__ import annotations

from typing import Any

from playing import LIFE, read

from fakejobs.counting import CountedSubmission, chosen_plans, group_for, joined
from fakejobs.dialect.loader import dialect

MEDIA, CONVERSIO = dialect("wix-media-platform"), dialect("conversio")
DONE = [{"state": "success"}]


def counted(*submissions: dict[str, Any]) -> list[CountedSubmission]:
    value = {"dialect": "wix-media-platform", "submissions": [{"steps": DONE, **each} for each in submissions]}
    scenario = read(value)
    return [CountedSubmission(scenario=scenario, rule=rule) for rule in scenario.submissions]


def test_each_job_of_a_request_takes_the_first_submission_that_fits_it_and_is_left() -> None:
    rules = counted({"times": 1}, {"when": {"type": "urn:job:av.poster"}, "times": 2}, {})
    requests = [{"type": "urn:job:av.poster"}] * 4
    plans = chosen_plans(rules, MEDIA, requests, None)
    assert plans is not None
    assert [plan.pointer for _, plan in plans] == [
        "/submissions/0",
        "/submissions/1",
        "/submissions/1",
        "/submissions/2",
    ]
    assert [rule.taken for rule in rules] == [1, 2, 1]


def test_where_one_job_is_taken_by_none_nothing_is_used_up() -> None:
    rules = counted({"times": 1})
    scenario = rules[0].scenario
    default = (scenario, scenario.submissions[0].plan)
    assert chosen_plans(rules, MEDIA, [{}, {}], default) is None
    assert rules[0].taken == 0


def test_without_submissions_of_the_dialect_every_job_has_the_default() -> None:
    scenario = read({"dialect": "wix-media-platform"})
    assert scenario.default is not None
    default = (scenario, scenario.default)
    assert chosen_plans([], MEDIA, [{}, {}], default) == [default, default]
    assert chosen_plans(counted({}), CONVERSIO, [{}], None) is None


def plan(**more: Any) -> Any:
    return read({"dialect": "wix-media-platform", "jobs": [{"steps": DONE, **more}]}).jobs[0]


def test_a_group_is_what_is_said_else_the_head_of_an_id_else_made_up_and_the_same_again() -> None:
    assert group_for([plan(), plan(id="g_1"), plan(group="h", id="i_1")], "t", MEDIA, 1) == "h"
    assert group_for([plan(), plan(id="g_1")], "t", MEDIA, 1) == "g"
    made = group_for([plan()], "t", MEDIA, 1)
    assert made is not None
    assert len(made) == 32
    assert made == group_for([plan()], "t", MEDIA, 1) != group_for([plan()], "t", MEDIA, 2)
    assert joined(MEDIA, made, "k") == f"{made}_k"


def test_a_dialect_without_groups_has_none() -> None:
    alone = read({"dialect": "conversio", "jobs": [{"steps": LIFE}]}).jobs[0]
    assert group_for([alone], "t", CONVERSIO, 1) is None
    assert joined(CONVERSIO, None, "k") == "k"
