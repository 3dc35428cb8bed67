"""The rehearsal: what the vendor would never send is found before the first request, and where it comes from."""

from __future__ import annotations

from typing import Any

import pytest
from playing import DONE, GUID, LIFE, QUEUED, STARTED, WIX_LIFE, A, B, complaints, conversio, wix

FAILED = {"state": "failed"}


def places(*said: str) -> list[str]:
    return [each.rpartition(" (at ")[2].removesuffix(")") for each in said]


def test_what_the_vendor_sends_is_not_complained_of() -> None:
    assert complaints(conversio({"id": A, "body": {"partnerApp": "p"}}, {}, {"steps": [QUEUED, STARTED, FAILED]})) == []
    assert complaints(wix({"id": GUID, "counts": {"total": 3}}, {"items": [{}, {"success": False}]})) == []


@pytest.mark.parametrize(
    ("job", "place"),
    [
        ({"id": "job-1"}, "/jobs/0/id"),
        ({"body": {"kind": 7}}, "/jobs/0/body/kind"),
        ({"body": {"kind": 7}, "steps": [{"state": "queued", "body": {"kind": 8}}]}, "/jobs/0/steps/0/body/kind"),
        ({"steps": [QUEUED, STARTED, {"state": "done", "body": {"result": 7}}]}, "/jobs/0/steps/2/body/result"),
        (
            {"steps": [QUEUED, STARTED, {"state": "done", "body": {"result": {"$absent": True}}}]},
            "/jobs/0/steps/2/state",
        ),
    ],
)
def test_a_complaint_stands_where_the_scenario_says_what_is_wrong(job: dict[str, Any], place: str) -> None:
    assert places(*complaints(conversio(job))) == [place]


def test_a_complaint_stands_at_the_innermost_place_that_says_it_whoever_lies_over_it() -> None:
    job = {
        "body": {"counts": {"total": "forty"}},
        "steps": [{"state": "FINISHED", "body": {"counts": {"failCount": 0}}}],
    }
    assert places(*complaints(wix(job))) == ["/jobs/0/body/counts/total"]


def test_a_complaint_about_what_a_literal_holds_stands_at_what_holds_it() -> None:
    literal = {"$literal": {"type": "MEMBER_ID", "memberIdOptions": {"memberId": 7}}}
    job = {"body": {"createdBy": "nobody"}, "steps": [{"state": "FINISHED", "body": {"createdBy": literal}}]}
    assert places(*complaints(wix(job))) == ["/jobs/0/steps/0/body/createdBy"]


def test_a_complaint_in_a_list_stands_at_the_entry_and_at_an_escaped_key() -> None:
    job = {"body": {"counts": {"total": 1, "errorByCodeCount": {"A/B~C": "x"}}}}
    assert places(*complaints(wix(job)))[0] == "/jobs/0/body/counts/errorByCodeCount/A~1B~0C"
    (only,) = complaints(wix({"items": [{}, {"sucess": True}]}))
    assert only == "unknown key `sucess`; did you mean `success`? (at /jobs/0/items/1/sucess)"


def test_a_complaint_names_the_schema_and_the_state() -> None:
    (said,) = complaints(conversio({"body": {"kind": 7}}))
    assert said.endswith("[async-job.schema.json, state `queued`] (at /jobs/0/body/kind)")


def test_what_every_step_and_every_credential_shows_is_complained_of_once() -> None:
    tenants: dict[str, Any] = {"shop-a": {"apps": {"app-1": {}}}}
    assert len(complaints(conversio({"app": "app-1", "body": {"kind": 7}}, tenants=tenants))) == 1


def test_a_document_that_reads_as_another_state_is_complained_of() -> None:
    early = {"state": "queued", "body": {"startedAt": "2026-01-01T00:00:00.000Z"}, "for": {"seconds": 1}}
    assert complaints(conversio({"steps": [early, STARTED, DONE]})) == [
        "the document of state `queued` reads as `started` (at /jobs/0/steps/0/state)"
    ]
    assert complaints(conversio({"steps": [{"state": "failed", "body": {"status": "done"}}]})) != []


def test_a_document_whose_word_is_of_no_state_is_complained_of() -> None:
    job = {"steps": [{"state": "INITIALIZED", "body": {"status": {"$absent": True}}}]}
    assert places(*complaints(wix(job))) == ["/jobs/0/steps/0/state"]
    unheard = {"steps": [{"state": "PROCESSING", "body": {"status": "UNKNOWN"}}]}
    assert complaints(wix(unheard)) == [
        "the document of state `PROCESSING` reads as `UNKNOWN` (at /jobs/0/steps/0/state)"
    ]


def test_a_step_that_is_unlawful_on_purpose_is_not_rehearsed() -> None:
    odd = {"state": "started", "for": {"minutes": 1}, "body": {"status": "archiving"}}
    assert complaints(conversio({"steps": [odd, DONE]})) != []
    assert complaints(conversio({"steps": [{**odd, "unlawful": True}, DONE]})) == []


def test_submissions_are_rehearsed_too() -> None:
    scenario = {"dialect": "conversio", "submissions": [{"body": {"kind": 7}, "steps": LIFE}]}
    assert places(*complaints(scenario)) == ["/submissions/0/body/kind"]


def test_jobs_that_differ_in_their_ids_alone_are_rehearsed_once_but_for_the_id() -> None:
    wrong = {"body": {"kind": 7}}
    assert places(*complaints(conversio(wrong, wrong, wrong))) == ["/jobs/0/body/kind"]
    assert places(*complaints(conversio({"id": A}, {"id": "b"}, {"id": B}, {"id": "c"}))) == [
        "/jobs/1/id",
        "/jobs/3/id",
    ]


def test_items_that_are_wrong_are_told_and_the_figures_made_of_them_are_not_tried() -> None:
    job = {"items": [{"success": False, "error": "x"}], "steps": [*WIX_LIFE[:1], {"state": "FAILED"}]}
    assert any("found a string" in each for each in complaints(wix({**job, "steps": WIX_LIFE})))


def test_no_step_begins_after_the_year_9999() -> None:
    job = {"created": "9999-12-31T23:59:00Z"}
    assert complaints(conversio(job)) == [
        "this step would begin after the year 9999, where dates end (at /jobs/0/steps/2)"
    ]
    assert complaints(conversio({**job, "steps": [QUEUED, {"state": "started"}]})) == []
