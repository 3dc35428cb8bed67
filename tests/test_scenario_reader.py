"""Scenario documents: what they are read into, and what they are told when they cannot be."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from playing import DONE, LIFE, QUEUED, SECOND, START, STARTED, A, B, complaints, conversio, read, wix

from fakejobs.dialect.overlays import ABSENT
from fakejobs.documents import parse
from fakejobs.errors import DocumentError
from fakejobs.scenario.model import Fault
from fakejobs.scenario.reader import read_scenario
from fakejobs.scenario.search import Search, find_scenario

DAY = 86_400 * SECOND
TWO: dict[str, Any] = {"shop-a": {"apps": {"app-1": {}, "app-2": {}}}, "shop-b": {}}


def test_the_least_scenario_has_a_tenant_and_a_job_whose_id_is_made_up() -> None:
    scenario = read({"dialect": "conversio", "jobs": [{"steps": [DONE]}]})
    (job,) = scenario.jobs
    assert (job.id, job.tenant, job.app, job.pointer) == (None, "default", None, "/jobs/0")
    assert (job.created, job.created_absolute, job.body, job.bodies) == (0, False, None, (None,))
    assert (scenario.clock, scenario.options, scenario.submissions, scenario.faults) == (None, {}, (), ())


def test_a_scenario_without_jobs_is_one_where_clients_make_them() -> None:
    scenario = read({"dialect": "conversio"})
    assert scenario.jobs == ()
    assert scenario.default is not None
    assert [step.state for step in scenario.default.script.steps] == ["queued", "started", "done"]


def test_a_job_has_what_the_dialect_declares_for_it() -> None:
    (export,) = read(conversio({"file": "email\n"})).jobs
    assert export.given == {"file": "email\n"}
    update, items = read(
        wix({"counts": {"total": 3}}, {"items": [{"entityId": "p"}, {"data": {"$absent": True}}]})
    ).jobs
    assert update.given == {"counts": {"total": 3}}
    assert items.collections == {"items": ({"entityId": "p"}, {"data": ABSENT})}


def test_bodies_belong_to_all_steps_or_to_one() -> None:
    job = {"body": {"kind": "segments-export"}, "steps": [QUEUED, STARTED, {**DONE, "body": {"result": "r"}}]}
    (plan,) = read(conversio(job)).jobs
    assert plan.body == {"kind": "segments-export"}
    assert plan.bodies == (None, None, {"result": "r"})


@pytest.mark.parametrize(
    ("created", "at", "is_absolute"),
    [
        ("2026-01-01T00:00:00Z", START, True),
        ("2026-01-01T01:00:00+01:00", START, True),
        ({"days": -6}, -6 * DAY, False),
        ({"seconds": 1.5}, 1_500_000, False),
    ],
)
def test_a_job_is_created_at_an_instant_or_at_an_offset(created: Any, at: int, is_absolute: bool) -> None:
    (job,) = read(conversio({"created": created})).jobs
    assert (job.created, job.created_absolute) == (at, is_absolute)


@pytest.mark.parametrize(
    ("text", "lack"),
    [
        ("2026-01-01", ", which names no zone"),
        ("2026-01-01T00:00:00", ", which names no zone"),
        ("2026-02-30T00:00:00Z", ""),
        ("soon", ""),
        ("0001-01-01T00:00:00+01:00", ""),
        ("", ""),
    ],
)
def test_an_instant_is_told_its_form(text: str, lack: str) -> None:
    said = f'found "{text}"{lack}; right would be an instant like "2026-01-01T00:00:00Z"'
    either = f'{said}, or a span from the start like {{"days": -6}}'
    assert complaints(conversio({"created": text})) == [f"{either} (at /jobs/0/created)"]
    assert complaints(conversio(clock=text)) == [f"{said} (at /clock)"]


def test_the_clock_starts_at_an_instant_now_or_where_it_likes() -> None:
    assert read(conversio(clock="2026-01-01T00:00:00Z")).clock == START
    assert read(conversio(clock="now")).clock == "now"


@pytest.mark.parametrize(
    ("job", "whole", "retention"),
    [
        ({}, {}, 7 * DAY),
        ({}, {"retention": {"days": 1}}, DAY),
        ({"retention": {"hours": 1}}, {"retention": {"days": 1}}, 3600 * SECOND),
        ({"retention": None}, {"retention": {"days": 1}}, None),
        ({}, {"retention": None}, None),
    ],
)
def test_a_job_is_kept_as_long_as_it_says_else_the_scenario_else_the_vendor(
    job: dict[str, Any], whole: dict[str, Any], retention: int | None
) -> None:
    scenario = read(conversio(job, **whole))
    assert scenario.jobs[0].script.retention == retention
    if not job:
        assert scenario.default is not None
        assert scenario.default.script.retention == retention


def test_a_retention_that_cannot_be_is_told_once_for_all_jobs() -> None:
    assert len(complaints(conversio({}, {}, {}, retention={"days": 0}))) == 1


def test_a_job_is_of_a_tenant_and_perhaps_of_an_app() -> None:
    jobs = read(conversio({"tenant": "shop-a", "app": "app-2"}, {"tenant": "shop-b"}, tenants=TWO)).jobs
    assert [(job.tenant, job.app) for job in jobs] == [("shop-a", "app-2"), ("shop-b", None)]


@pytest.mark.parametrize(
    ("job", "tenants", "said"),
    [
        ({}, TWO, "`tenant` is missing: say whose job it is, `shop-a` or `shop-b` (at /jobs/0)"),
        ({"tenant": "shop-c"}, TWO, "no tenant is called `shop-c`; did you mean `shop-a`? (at /jobs/0/tenant)"),
        ({"tenant": "x"}, TWO, "no tenant is called `x`; declared are `shop-a` or `shop-b` (at /jobs/0/tenant)"),
        (
            {"tenant": "shop-a", "app": "app-3"},
            TWO,
            "no app of `shop-a` is called `app-3`; did you mean `app-1`? (at /jobs/0/app)",
        ),
        (
            {"tenant": "shop-a", "app": "x"},
            TWO,
            "no app of `shop-a` is called `x`; it has `app-1` or `app-2` (at /jobs/0/app)",
        ),
        ({"tenant": "shop-b", "app": "x"}, TWO, "no app of `shop-b` is called `x`; it has none (at /jobs/0/app)"),
        (
            {"tenant": "shop-a"},
            None,
            "no tenant is called `shop-a`; the scenario declares no `tenants` (at /jobs/0/tenant)",
        ),
    ],
)
def test_an_owner_that_is_not_there_is_told_who_is(job: dict[str, Any], tenants: Any, said: str) -> None:
    more = {} if tenants is None else {"tenants": tenants}
    assert complaints(conversio(job, **more)) == [said]


def test_an_id_is_one_job_s_of_a_tenant() -> None:
    same = {"id": A, "tenant": "shop-a"}
    said = f"`shop-a` has a job `{A}` already, at /jobs/0"
    assert complaints(
        conversio(same, {**same, "tenant": "shop-b"}, {}, same, tenants={"shop-a": {}, "shop-b": {}})
    ) == [
        "`tenant` is missing: say whose job it is, `shop-a` or `shop-b` (at /jobs/2)",
        f"{said} (at /jobs/3/id)",
    ]
    broken = {"id": A, "tenant": "shop-a", "steps": [{"state": "nope"}]}
    assert len(complaints(conversio(broken, broken, tenants={"shop-a": {}}))) == 2


def submission(**more: Any) -> dict[str, Any]:
    return {"id": A, "times": 1, "steps": LIFE, **more}


@pytest.mark.parametrize(
    ("jobs", "submissions", "clashes"),
    [
        ([], [submission()], 0),
        ([], [submission(), submission(id=B)], 0),
        ([], [submission(), submission()], 1),
        ([{"id": A, "tenant": "shop-a"}], [submission()], 1),
        ([{"id": A, "tenant": "shop-a"}], [submission(when={"tenant": "shop-a"})], 1),
        ([{"id": A, "tenant": "shop-a"}], [submission(when={"tenant": "shop-b"})], 0),
        ([], [submission(when={"tenant": "shop-a"}), submission(when={"tenant": "shop-b"})], 0),
        ([], [submission(when={"tenant": "shop-a"}), submission()], 1),
        ([], [submission(), submission(when={"tenant": "shop-a"})], 1),
    ],
)
def test_an_id_of_a_submission_is_no_other_s_of_the_same_tenant(jobs: Any, submissions: Any, clashes: int) -> None:
    scenario = conversio(*jobs, submissions=submissions, tenants={"shop-a": {}, "shop-b": {}})
    said = complaints(scenario)
    assert len(said) == clashes
    assert all("may be the same tenant's; right would be an id of its own" in each for each in said)


def test_a_submission_has_a_plan_and_says_whom_it_takes() -> None:
    when = {"kind": "segments-export", "body": {"a": 1}}
    scenario = read(
        conversio(submissions=[{"when": when, "times": 2, "optional": True, "steps": LIFE}, {"steps": LIFE}])
    )
    one, other = scenario.submissions
    assert (one.when, one.times, one.optional, one.pointer) == (when, 2, True, "/submissions/0")
    assert (other.when, other.times, other.optional, other.plan.tenant) == ({}, None, False, "")
    assert scenario.default is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"id": A}, 'an id is for one job: say "times": 1 beside it, or leave it to the fake (at /submissions/0/id)'),
        (
            {"when": {"knd": "x"}},
            "a request that creates a job has no `knd`; did you mean `kind`? (at /submissions/0/when/knd)",
        ),
        (
            {"when": {"zzz": "x"}},
            "a request that creates a job has no `zzz`; known are `operation`, `kind`, `path`, `query`, `body`, "
            "`tenant` or `app` (at /submissions/0/when/zzz)",
        ),
        (
            {"when": {"operation": "export"}},
            "no operation of conversio is called `export`; did you mean `export-segment`? "
            "(at /submissions/0/when/operation)",
        ),
        (
            {"steps": [{"state": "queud"}]},
            "`queud` is no state of conversio; did you mean `queued`? (at /submissions/0/",
        ),
    ],
)
def test_a_submission_that_cannot_be_is_told_why(more: dict[str, Any], said: str) -> None:
    (found,) = complaints(conversio(submissions=[{"steps": LIFE, **more}]))
    assert found.startswith(said)


def test_an_operation_that_is_no_name_is_told_all_there_are() -> None:
    (said,) = complaints(conversio(submissions=[{"when": {"operation": 7}, "steps": LIFE}]))
    assert said.startswith("no operation of conversio is called `7`; there are `export-newsletter-recipients`, ")
    (said,) = complaints(conversio(faults=[{"on": "zzz", "fault": {"status": 500}}]))
    assert said.startswith("no operation of conversio is called `zzz`; there are `create`, `list`, `look`, `get-async-")


@pytest.mark.parametrize(
    ("on", "near"),
    [
        ("GET /api/v1/async-jobs", "list-async-jobs"),
        ("/api/v1/async-jobs/57b5aa3b046abfb053d80b52", "get-async-job"),
        ("DELETE /api/v1/customer-lists/x/subscribers", "delete-subscribers"),
        ("get-async-jobs", "get-async-job"),
    ],
)
def test_a_request_in_place_of_an_operation_is_told_the_operation(on: str, near: str) -> None:
    (said,) = complaints(conversio(faults=[{"on": on, "fault": {"status": 500}}]))
    assert said == f"no operation of conversio is called `{on}`; did you mean `{near}`? (at /faults/0/on)"


def test_a_fault_of_requests_is_on_an_operation_or_on_a_verb() -> None:
    faults = [
        {"on": "create", "fault": {"status": 500}},
        {"on": "get-async-job", "nth": 3, "times": 2, "optional": True, "fault": {"delay": {"seconds": 1}}},
    ]
    one, other = read(conversio(faults=faults)).faults
    assert (one.on, one.nth, one.times, one.optional, one.pointer) == ("create", 1, 1, False, "/faults/0")
    assert (other.nth, other.times, other.optional, other.fault) == (3, 2, True, Fault(delay=SECOND))


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({"counts": {"total": 4}, "items": []}, "`counts` follow from `items`; give one of them (at /jobs/0/counts)"),
        ({"counts": {"total": 4, "processed": 5}}, "5 are processed, of 4 in all (at /jobs/0/counts/processed)"),
        (
            {"counts": {"total": 4, "errors": {"A": 3, "B": 2}}},
            "5 fail, of 4 that are processed (at /jobs/0/counts/err",
        ),
        ({"counts": {"total": None, "errors": {"A": 1}}}, "1 fail, of 0 that are processed (at /jobs/0/counts/errors)"),
    ],
)
def test_counts_that_do_not_add_up_are_told_so(job: dict[str, Any], said: str) -> None:
    (found,) = complaints(wix(job))
    assert found.startswith(said)


@pytest.mark.parametrize("counts", [{"total": 4, "processed": 4, "errors": {"A": 4}}, {"total": None, "processed": 9}])
def test_counts_that_add_up_are_taken(counts: dict[str, Any]) -> None:
    assert complaints(wix({"counts": counts})) == []


THERE = "`conversio`, `wix-async-jobs`, `wix-data-movement` or `wix-media-platform`"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "found []; a scenario is an object with the keys `dialect` and `jobs`"),
        (
            {},
            f"`dialect` is missing: name one of {THERE}",
        ),
        ({"dialct": "conversio"}, "`dialect` is missing (is `dialct` meant to be it?): name one of `conversio`"),
        ({"dialect": "conversion"}, "there is no dialect `conversion`; did you mean `conversio`? (at /dialect)"),
        (
            {"dialect": "stripe"},
            f"there is no dialect `stripe`; there are {THERE} (at /dialect)",
        ),
        ({"dialect": 7}, f"found 7; right would be the name of one, {THERE} (at /dialect)"),
    ],
)
def test_what_names_no_dialect_is_told_which_there_are(value: Any, said: str) -> None:
    (found,) = complaints(value)
    assert found.startswith(said)


def test_a_folder_that_was_set_for_dialects_and_holds_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        find_scenario({"dialect": "stripe"}, Search(dialects=(tmp_path / "a", tmp_path)))
    assert str(caught.value).endswith(
        f"`wix-media-platform`; there is no NAME/dialect.json in {tmp_path / 'a'} or {tmp_path} (at /dialect)"
    )


def test_every_mistake_is_told_in_the_order_of_the_file_and_once() -> None:
    text = json.dumps(conversio({"created": "x", "tenant": "y"}, {"created": "x"}, clock="z"), indent=1)
    with pytest.raises(DocumentError) as caught:
        read_scenario(parse(text, "x.json"), "x")
    places = [(problem.line, problem.column) for problem in caught.value.problems]
    assert len(places) == len(set(places)) == 4
    assert places == sorted(places)


def test_mistakes_of_form_are_told_before_those_of_meaning() -> None:
    said = complaints({"dialect": "conversio", "jbs": [], "jobs": [{"steps": [{"state": "nope"}]}]})
    assert said == ["unknown key `jbs`; did you mean `jobs`? (at /jbs)"]


def test_what_is_said_does_not_hang_on_the_order_of_sets() -> None:
    tenants: dict[str, Any] = {
        name: {"apps": {"app-1": {}, "app-2": {}}} for name in map("".join, itertools.permutations("abc"))
    }
    wanted = complaints(conversio({"tenant": "abd", "app": "app-3"}, tenants=tenants))
    assert wanted == ["no tenant is called `abd`; did you mean `abc`? (at /jobs/0/tenant)"]
