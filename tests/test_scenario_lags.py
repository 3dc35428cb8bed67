"""Lags as scenarios write them, and what is complained of one that contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest
from playing import LIFE, SECOND, complaints, conversio, read, wix

from fakejobs.scenario.model import NO_LAG, Lag


def lags(*own: Any, **more: Any) -> list[Lag]:
    """How late jobs are seen that have these lags, or none where it is None."""
    jobs = ({} if each is None else {"lag": each} for each in own)
    return [plan.lag for plan in read(conversio(*jobs, **more)).jobs]


def test_a_job_without_a_lag_is_seen_at_once() -> None:
    assert lags(None) == [NO_LAG]
    assert not NO_LAG.spans
    assert str(NO_LAG) == ""


def test_what_a_job_says_goes_before_what_the_scenario_says_and_each_for_itself() -> None:
    over = {"get": {"seconds": 1}, "list": {"minutes": 1}}
    found = lags(None, {"get": {"seconds": 5}}, {"list": {"seconds": 0}}, lag=over)
    assert found == [
        Lag(get=SECOND, list=60 * SECOND),
        Lag(get=5 * SECOND, list=60 * SECOND),
        Lag(get=SECOND),
    ]
    assert [str(each) for each in found] == [
        "1s late by its id and 1m late in lists",
        "5s late by its id and 1m late in lists",
        "1s late by its id",
    ]


def test_a_created_job_lags_like_all_others() -> None:
    submissions = [{"steps": LIFE}, {"when": {"app": None}, "steps": LIFE, "lag": {"list": {"seconds": 2}}}]
    over = {"list": {"seconds": 1}}
    found = read(conversio(lag=over, submissions=submissions[::-1]))
    assert [each.plan.lag for each in found.submissions] == [Lag(list=2 * SECOND), Lag(list=SECOND)]
    default = read(conversio(lag=over)).default
    assert default is not None
    assert default.lag == Lag(list=SECOND)


NEVER = "found 1m, but a job is out of view 1m after its end, which is never shown so; right would be less"


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        (conversio({"lag": {"get": {"minutes": 1}}, "retention": {"minutes": 1}}), [f"{NEVER} (at /jobs/0/lag/get)"]),
        (conversio({}, {}, lag={"list": {"minutes": 1}}, retention={"minutes": 1}), [f"{NEVER} (at /lag/list)"]),
        (conversio({"lag": {"get": {"minutes": 1}}, "retention": {"seconds": 61}}), []),
        (conversio({"lag": {"get": {"days": 900}}, "retention": None}), []),
        (
            wix({}, lag={"list": {"seconds": 1}, "get": {"seconds": 1}}),
            ["nothing of wix-async-jobs shows jobs by `list`; right would be to leave it out (at /lag/list)"],
        ),
        (
            conversio({"lag": {"get": {"seconds": -1}}}),
            ["found -1 seconds; right would be 0 or more (at /jobs/0/lag/get)"],
        ),
        (conversio({"lag": {}}), ["`lag` says what lags: `get`, `list` or both (at /jobs/0/lag)"]),
        (
            conversio({}, lag=[]),
            ['found []; `lag` says what lags by how much, like {"list": {"seconds": 30}} (at /lag)'],
        ),
    ],
)
def test_a_lag_that_cannot_be_is_told_why(scenario: dict[str, Any], said: list[str]) -> None:
    assert complaints(scenario) == said
