"""Scenarios as text."""

from __future__ import annotations

import json
from typing import Any

from playing import DONE, LIFE, QUEUED, STARTED, WIX_LIFE, A, complaints, conversio, read, wix

from fakejobs.dialect.loader import dialect, dialect_names
from fakejobs.show import lifecycle_text, starter


def text(value: Any, *, documents: bool = False) -> list[str]:
    return lifecycle_text(read(value, "mine"), documents=documents).splitlines()


def shown(value: Any) -> list[Any]:
    """The documents that are shown of a scenario's steps."""
    lines, found = [line[14:] for line in text(value, documents=True)], []
    while "{" in lines:
        begin, end = lines.index("{"), lines.index("}")
        found.append(json.loads("\n".join(lines[begin : end + 1])))
        lines = lines[end + 1 :]
    return found


def test_how_late_a_job_is_seen_and_which_requests_a_fault_is_for_are_told() -> None:
    steps = [QUEUED, {"fault": {"stale": {"minutes": 1}}, "for": {"polls": 1}}, STARTED, DONE]
    faults = [{"on": "look", "when": {"path": {"id": A}}, "fault": {"status": 503}}]
    lag = {"get": {"seconds": 2}}
    told = text(conversio({"id": A, "steps": steps, "lag": lag}, faults=faults))
    assert told[3] == f"  {'':<12}seen 2s late by its id"
    assert told[5] == f"  {'':<12}fault for 1 look: as it was 60 s before"
    assert f'request 1 on look where {{"path": {{"id": "{A}"}}}}: 503' in told


def test_a_job_is_told_step_by_step_with_its_faults() -> None:
    steps = [
        QUEUED,
        {"fault": {"status": 503}, "for": {"polls": 1}},
        {"fault": {"delay": {"seconds": 2}}, "for": {"minutes": 1}},
        STARTED,
        DONE,
    ]
    tenants: dict[str, Any] = {"shop-a": {"apps": {"app-1": {}}}}
    scenario = conversio({"id": A, "app": "app-1", "steps": steps}, tenants=tenants, submissions=[{"steps": LIFE}])
    assert text(scenario)[:9] == [
        "mine: Conversio Async Jobs",
        "",
        f"job {A} of shop-a/app-1",
        "  +0s         queued (reads pending), for 30s",
        "              fault for 1 look: 503",
        "              fault for 1m: delayed by 2 s",
        "  +30s        started (reads pending), for 5m",
        "  +5m30s      done",
        "              out of view 7d after it ended",
    ]


def test_what_hangs_on_looks_or_on_a_release_comes_later() -> None:
    steps = [
        {"state": "queued", "for": "release"},
        {"fault": {"status": 503}, "for": {"polls": 2}},
        {"state": "started", "for": {"polls": 1}},
        {"state": "started", "for": {"polls": 2}},
        DONE,
    ]
    assert text(conversio({"steps": steps}, retention=None))[2:8] == [
        "job (id made up) of default",
        "  +0s         queued (reads pending), until it is released",
        "              fault for 2 looks: 503",
        "  later       started (reads pending), for 1 look",
        "  later       started (reads pending), for 2 looks",
        "  later       done",
    ]


def test_a_job_that_never_ends_is_never_out_of_view() -> None:
    assert "out of view" not in "\n".join(
        text({"dialect": "conversio", "jobs": [{"steps": [QUEUED, {"state": "started"}]}]})[:5]
    )


def test_submissions_and_faults_of_requests_are_told() -> None:
    submissions = [{"when": {"kind": "segments-export"}, "times": 1, "steps": LIFE}, {"times": 2, "steps": LIFE}]
    faults = [
        {"on": "create", "fault": {"status": 500}},
        {"on": "look", "nth": 2, "times": 3, "fault": {"status": 502}},
    ]
    lines = text(conversio(submissions=[*submissions, {"steps": LIFE}], faults=faults))
    assert 'a created job where {"kind": "segments-export"}, at most 1 time' in lines
    assert "a created job, at most 2 times" in lines
    assert "a created job" in lines
    assert lines[-3:] == ["request 1 on create: 500", "", "requests 2 to 4 on look: 502"]


def test_what_becomes_of_created_jobs_by_default_is_told() -> None:
    lines = text(wix())
    assert lines[2] == "a created job (the dialect's own script)"
    assert lines[3:] == [
        "  +0s         INITIALIZED, for 2s",
        "  +2s         PROCESSING, for 30s",
        "  +32s        FINISHED",
    ]


def test_the_documents_of_the_steps_are_shown_as_the_owner_sees_them() -> None:
    tenants: dict[str, Any] = {"shop-a": {"apps": {"app-1": {"id": "app-id"}}}}
    job = {"id": A, "app": "app-1", "body": {"kind": "segments-export"}}
    queued, started, done = shown(conversio(job, tenants=tenants))
    assert queued == {"id": A, "kind": "segments-export", "status": "pending", "partnerApp": "app-id"}
    assert started["startedAt"] == "2026-01-01T00:00:30.000Z"
    assert (done["completedAt"], done["result"]) == ("2026-01-01T00:05:30.000Z", f"http://127.0.0.1/async-jobs/{A}.csv")


def test_the_documents_of_a_submission_are_those_of_the_first_tenant() -> None:
    owner = "77777777-7777-4777-8777-777777777777"
    scenario = wix(tenants={"site-a": {"ownerId": owner}}, submissions=[{"steps": WIX_LIFE}])
    assert shown(scenario)[0]["createdBy"]["wixUserIdOptions"] == {"wixUserId": owner}


def test_faked_values_are_shown_and_not_how_they_are_made() -> None:
    item = {"success": False, "error": {"code": {"$fake": "word"}}}
    finished = shown(wix({"items": [item]}))[2]
    ((code, number),) = finished["counts"]["errorByCodeCount"].items()
    assert code.isalpha()
    assert number == 1


def test_the_scenario_to_begin_with_passes_the_check_in_every_dialect() -> None:
    for name in dialect_names():
        assert complaints(starter(dialect(name))) == []


def test_rates_and_how_keys_are_taken_are_told() -> None:
    rates = [{"requests": 10, "per": {"seconds": 60}, "of": "tenant"}]
    told = text(conversio({"id": A}, rates=rates, idempotency={"keeps": {"hours": 24}}))
    assert "at most 10 requests per 1m of a tenant: 429" in told
    assert "creations with Idempotency-Key: replay the same, refuse another, known for 1d" in told
