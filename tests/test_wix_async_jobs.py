"""Wix Async Jobs, as its clients meet it: over a socket, with the standard library's client."""

from __future__ import annotations

import re
from typing import Any

import pytest
from asking import Answer, ask

from fakejobs import FakeJobs

JOB = "076e0505-6944-4645-a248-80b197ee9cfd"
UNKNOWN = "076e0505-6944-4645-a248-80b197ee9cff"
LONG, SHORT = "/async-jobs/v1/async-jobs", "/v1/async-jobs"


def look(fake: FakeJobs, job: str = JOB, tenant: str | None = None, app: str | None = None, **more: Any) -> Answer:
    return ask(fake, "GET", f"{LONG}/{job}", fake.credentials(tenant, app, **more))


def items(fake: FakeJobs, query: str = "", job: str = JOB, tenant: str | None = None) -> Answer:
    return ask(fake, "GET", f"{LONG}/{job}/items{query}", fake.credentials(tenant))


# ---------------------------------------------------------------------- the job


@pytest.mark.fakejobs("wix-async-jobs/new-job")
def test_a_new_job_looks_as_the_vendors_page_has_it(fakejobs: FakeJobs) -> None:
    job = look(fakejobs).json["job"]
    assert job.pop("counters") == {
        "itemsToProcess": None,
        "itemsSucceeded": 0,
        "itemsFailed": 0,
        "errorCountByCode": {},
    }
    creator = job.pop("createdBy")
    assert creator["type"] == "WIX_USER_ID"
    assert list(creator) == ["type", "wixUserIdOptions"]
    assert job == {
        "id": JOB,
        "status": "INITIALIZED",
        "createdDate": "2025-03-04T09:30:00.250Z",
        "updatedDate": "2025-03-04T09:30:00.250Z",
        "counts": {"total": None, "successCount": 0, "failCount": 0, "errorByCodeCount": {}},
    }


@pytest.mark.fakejobs("wix-async-jobs/new-job")
def test_each_kind_of_creator_has_the_options_that_go_with_it_and_no_others(fakejobs: FakeJobs) -> None:
    creators = [job.document["createdBy"] for job in fakejobs.jobs]
    assert [(creator["type"], *(key for key in creator if key != "type")) for creator in creators] == [
        ("WIX_USER_ID", "wixUserIdOptions"),
        ("MEMBER_ID", "memberIdOptions"),
        ("ANONYMOUS_VISITOR_ID", "anonymousVisitorIdOptions"),
        ("APP_ID", "appIdOptions"),
    ]
    assert fakejobs.jobs[3].document["status"] == "UNKNOWN"
    assert fakejobs.jobs[3].document["metadata"] is None


@pytest.mark.fakejobs("wix-async-jobs/happy-path")
def test_the_counts_move_with_the_clock_linearly_and_rounded_down(fakejobs: FakeJobs) -> None:
    seen = []
    for seconds in (0, 1.999999, 0.000001, 2.4, 0.1, 47.5, 49.999999, 0.000001):
        fakejobs.clock.advance(seconds=seconds)
        job = look(fakejobs).json["job"]
        seen.append((job["status"], job["counts"]["total"], job["counts"]["successCount"]))
    assert seen == [
        ("INITIALIZED", 40, 0),
        ("INITIALIZED", 40, 0),
        ("PROCESSING", 40, 0),
        ("PROCESSING", 40, 0),
        ("PROCESSING", 40, 1),
        ("PROCESSING", 40, 20),
        ("PROCESSING", 40, 39),
        ("FINISHED", 40, 40),
    ]


@pytest.mark.fakejobs("wix-async-jobs/failure")
def test_a_failed_job_stops_at_what_was_processed_and_counts_errors_by_code(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(seconds=52)
    half = look(fakejobs).json["job"]["counts"]
    assert half == {"total": 40, "successCount": 5, "failCount": 1, "errorByCodeCount": {"PRODUCT_NOT_FOUND": 1}}
    fakejobs.clock.advance(seconds=50)
    job = look(fakejobs).json["job"]
    assert job["status"] == "FAILED"
    assert job["updatedDate"] == "2026-01-01T00:01:42.000Z"
    assert job["counts"] == {
        "total": 40,
        "successCount": 10,
        "failCount": 2,
        "errorByCodeCount": {"PRODUCT_NOT_FOUND": 2},
    }


@pytest.mark.fakejobs("wix-async-jobs/happy-path")
def test_the_short_path_is_an_alias_of_the_long_one(fakejobs: FakeJobs) -> None:
    auth = fakejobs.credentials()
    assert ask(fakejobs, "GET", f"{SHORT}/{JOB}", auth).json == look(fakejobs).json
    assert ask(fakejobs, "GET", f"{SHORT}/{JOB}/items", auth).json == items(fakejobs).json


@pytest.mark.fakejobs("wix-async-jobs/happy-path")
def test_metadata_is_what_the_scenario_says(fakejobs: FakeJobs) -> None:
    assert look(fakejobs).json["job"]["metadata"] == {"operation": "bulk-update"}


@pytest.mark.fakejobs("wix-async-jobs/expiry")
def test_a_job_expires_only_as_the_scenario_has_it(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(seconds=102, days=1)
    expired, unknown = look(fakejobs), look(fakejobs, UNKNOWN)
    assert expired.without_date() == unknown.without_date()
    assert expired.status == 404
    assert items(fakejobs).status == 404


@pytest.mark.fakejobs("wix-async-jobs/happy-path")
def test_without_a_retention_of_the_scenarios_own_a_job_is_kept(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(days=4000)
    assert look(fakejobs).json["job"]["status"] == "FINISHED"


# ---------------------------------------------------------------------- its items


@pytest.mark.fakejobs("wix-async-jobs/partial-success")
def test_items_appear_as_they_are_processed_and_the_counts_agree(fakejobs: FakeJobs) -> None:
    seen = []
    for seconds in (0, 2, 17, 34, 49):
        fakejobs.clock.advance(seconds=seconds)
        page = items(fakejobs).json
        counts = look(fakejobs).json["job"]["counts"]
        assert page["pagingMetadata"]["count"] == len(page["results"]) == counts["successCount"] + counts["failCount"]
        seen.append(len(page["results"]))
    assert seen == [0, 0, 1, 3, 6]
    assert counts == {
        "total": 6,
        "successCount": 3,
        "failCount": 3,
        "errorByCodeCount": {"INVALID_PRICE": 1, "PRODUCT_NOT_FOUND": 2},
    }
    assert page["pagingMetadata"]["cursors"] == {}


@pytest.mark.fakejobs("wix-async-jobs/partial-success")
@pytest.mark.parametrize(
    ("query", "entities"),
    [
        ("", "123456"),
        ("?statusFilter=ALL", "123456"),
        ("?statusFilter=FAILED_ONLY", "356"),
        ("?statusFilter=SUCCESSFUL_ONLY", "124"),
        ("?statusFilter=", "123456"),
        ("?hasError=true", "356"),
        ("?hasError=false", "124"),
    ],
)
def test_items_are_filtered_by_how_they_fared(fakejobs: FakeJobs, query: str, entities: str) -> None:
    fakejobs.clock.advance(minutes=5)
    found = items(fakejobs, query).json["results"]
    assert "".join(item["entityId"].removeprefix("p-") for item in found) == entities
    assert len({item["id"] for item in found}) == len(found)
    assert all(("error" in item) is not item["success"] for item in found)


def walk(fake: FakeJobs, query: str, direction: str = "next", start: str = "") -> tuple[list[str], str]:
    found, cursor, last = [], start, ""
    while True:
        page = items(fake, f"{query}{f'&paging.cursor={cursor}' if cursor else ''}").json
        found.append("".join(item["entityId"][-1] for item in page["results"]))
        last = cursor
        cursor = page["pagingMetadata"]["cursors"].get(direction, "")
        if not cursor:
            return found, last


@pytest.mark.fakejobs("wix-async-jobs/partial-success")
def test_pages_lead_to_each_other_both_ways(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(minutes=5)
    forth, last = walk(fakejobs, "?paging.limit=2")
    assert forth == ["12", "34", "56"]
    back, _ = walk(fakejobs, "?paging.limit=2", "prev", last)
    assert back == ["56", "34", "12"]
    assert walk(fakejobs, "?paging.limit=1&statusFilter=FAILED_ONLY")[0] == ["3", "5", "6"]
    assert walk(fakejobs, "?paging.limit=100")[0] == ["123456"]


@pytest.mark.fakejobs("wix-async-jobs/two-tenants", "wix-async-jobs/partial-success")
def test_scenarios_of_one_dialect_with_other_tenants_add_up(fakejobs: FakeJobs) -> None:
    assert {job.tenant for job in fakejobs.jobs} == {"site-a", "site-b", "site-c", "default"}


@pytest.mark.fakejobs("wix-async-jobs/partial-success")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?paging.limit=0", "paging.limit"),
        ("?paging.limit=-1", "paging.limit"),
        ("?paging.limit=101", "paging.limit"),
        ("?paging.limit=ten", "paging.limit"),
        ("?paging.limit=" + "9" * 400, "paging.limit"),
        ("?statusFilter=failed_only", "statusFilter"),
        ("?hasError=maybe", "hasError"),
    ],
)
def test_a_wrong_parameter_is_400_and_names_the_field(fakejobs: FakeJobs, query: str, field: str) -> None:
    reply = items(fakejobs, query)
    assert reply.status == 400
    violation = reply.json["details"]["validationError"]["fieldViolations"][0]
    assert violation["field"] == field
    assert violation["description"].startswith("must be")


@pytest.mark.fakejobs("wix-async-jobs/partial-success")
@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "x" * 20_000, "%C3%A9", "bm90IGEgY3Vyc29y"])
def test_a_cursor_that_was_not_given_out_is_refused(fakejobs: FakeJobs, cursor: str) -> None:
    reply = items(fakejobs, f"?paging.cursor={cursor}")
    assert reply.status == 400
    assert reply.json["details"]["applicationError"]["code"] == "INVALID_CURSOR"


@pytest.mark.fakejobs("wix-async-jobs/partial-success")
def test_a_cursor_is_sent_alone_and_carries_its_filter(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(minutes=5)
    first = items(fakejobs, "?paging.limit=2&statusFilter=FAILED_ONLY").json
    cursor = first["pagingMetadata"]["cursors"]["next"]
    alone = items(fakejobs, f"?paging.limit=1&paging.cursor={cursor}")
    assert [item["entityId"] for item in alone.json["results"]] == ["p-6"]
    assert items(fakejobs, f"?statusFilter=FAILED_ONLY&paging.cursor={cursor}").json == alone.json
    assert items(fakejobs, f"?statusFilter=ALL&paging.cursor={cursor}").status == 400


# ---------------------------------------------------------------------- who sees what


@pytest.mark.fakejobs("wix-async-jobs/two-tenants")
def test_an_api_key_speaks_for_the_site_that_its_header_names(fakejobs: FakeJobs) -> None:
    a = fakejobs.credentials("site-a")
    assert a == {"Authorization": "IST.account-1", "wix-site-id": "11111111-1111-4111-8111-111111111111"}
    assert ask(fakejobs, "GET", f"{LONG}/{JOB}", a).json["job"]["createdBy"]["type"] == "APP_ID"
    of_b = {**a, "wix-site-id": fakejobs.credentials("site-b")["wix-site-id"]}
    assert ask(fakejobs, "GET", f"{LONG}/{JOB}", of_b).status == 404
    assert fakejobs.journal[-1].reason == "it is a job of another tenant, site-a"


@pytest.mark.fakejobs("wix-async-jobs/two-tenants")
@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"Authorization": None}, 401, "UNAUTHENTICATED"),
        ({"Authorization": "IST.wrong"}, 401, "UNAUTHENTICATED"),
        ({"Authorization": "Bearer IST.account-1"}, 401, "UNAUTHENTICATED"),
        ({"wix-site-id": None}, 403, "PERMISSION_DENIED"),
        ({"wix-site-id": None, "wix-account-id": "99999999-9999-4999-8999-999999999999"}, 403, "PERMISSION_DENIED"),
        ({"wix-site-id": "33333333-3333-4333-8333-333333333333"}, 403, "PERMISSION_DENIED"),
        ({"wix-site-id": "not a guid"}, 403, "PERMISSION_DENIED"),
    ],
)
def test_a_credential_that_is_missing_wrong_or_of_another_account_is_refused(
    fakejobs: FakeJobs, change: dict[str, str | None], status: int, code: str
) -> None:
    headers = {**fakejobs.credentials("site-a"), **change}
    reply = ask(fakejobs, "GET", f"{LONG}/{JOB}", {name: value for name, value in headers.items() if value})
    assert (reply.status, reply.json["details"]["applicationError"]["code"]) == (status, code)
    assert fakejobs.journal[0].reason
    assert fakejobs.job(JOB, "site-a").polls == 0


@pytest.mark.fakejobs("wix-async-jobs/two-tenants")
def test_an_app_token_is_bound_to_its_site_and_needs_no_header(fakejobs: FakeJobs) -> None:
    token = fakejobs.credentials("site-a", "app-1")
    assert list(token) == ["Authorization"]
    assert ask(fakejobs, "GET", f"{LONG}/{JOB}", token).status == 200
    site_a, site_b = (fakejobs.credentials(name)["wix-site-id"] for name in ("site-a", "site-b"))
    assert ask(fakejobs, "GET", f"{LONG}/{JOB}", {**token, "wix-site-id": site_a.upper()}).status == 200
    assert ask(fakejobs, "GET", f"{LONG}/{JOB}", {**token, "wix-site-id": site_b}).status == 403


@pytest.mark.fakejobs("wix-async-jobs/two-tenants")
def test_another_sites_job_answers_byte_for_byte_as_an_unknown_one(fakejobs: FakeJobs) -> None:
    other = "176e0505-6944-4645-a248-80b197ee9cfd"
    assert look(fakejobs, other, "site-a").without_date() == look(fakejobs, UNKNOWN, "site-a").without_date()
    foreign, unknown = items(fakejobs, "", other, "site-a"), items(fakejobs, "", UNKNOWN, "site-a")
    assert foreign.without_date() == unknown.without_date()
    assert foreign.status == 404


@pytest.mark.fakejobs("wix-async-jobs/two-tenants")
@pytest.mark.parametrize("app", [None, "app-1"])
def test_reading_needs_the_documented_scope(fakejobs: FakeJobs, app: str | None) -> None:
    assert look(fakejobs, tenant="site-a", app=app, scopes=["SCOPE.ASYNC_JOB.READ"]).status == 200
    assert look(fakejobs, tenant="site-a", app=app, scopes=[]).status == 403


# ---------------------------------------------------------------------- creation and refusals

BULK = "/stores/v3/bulk/products/update-by-filter"


@pytest.mark.fakejobs("wix-async-jobs/bulk-update")
def test_a_bulk_update_answers_with_the_id_of_a_job_that_can_be_followed(fakejobs: FakeJobs) -> None:
    auth = fakejobs.credentials("site-a", "app-1")
    reply = ask(fakejobs, "POST", BULK, auth, b'{"filter": {}, "product": {"visible": false}}')
    assert reply.status == 200
    id = reply.json["jobId"]
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id)
    fakejobs.clock.advance(minutes=2)
    job = look(fakejobs, id, "site-a", "app-1").json["job"]
    assert (job["status"], job["counts"]["failCount"]) == ("FINISHED", 3)
    assert job["createdBy"] == {
        "type": "APP_ID",
        "appIdOptions": {"appId": "a1a1a1a1-a1a1-4a1a-8a1a-a1a1a1a1a1a1"},
    }


@pytest.mark.fakejobs("wix-async-jobs/bulk-update", strict=False)
@pytest.mark.parametrize("body", [b"", b"{broken", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_400_and_makes_no_job(fakejobs: FakeJobs, body: bytes) -> None:
    reply = ask(fakejobs, "POST", BULK, fakejobs.credentials("site-a"), body)
    assert (reply.status, fakejobs.jobs) == (400, [])
    assert reply.json["details"]["validationError"]["fieldViolations"][0]["field"] == "body"


@pytest.mark.fakejobs("wix-async-jobs/happy-path")
def test_a_wrong_method_is_405_and_a_large_body_413_in_the_vendors_envelope(fakejobs: FakeJobs) -> None:
    auth = fakejobs.credentials()
    assert ask(fakejobs, "POST", f"{LONG}/{JOB}", auth).json["message"] == "METHOD_NOT_ALLOWED"
    assert ask(fakejobs, "POST", BULK, auth, b" " * (2 << 20)).json["message"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.fakejobs("wix-async-jobs/flapping-503")
def test_a_fault_before_the_first_step_and_one_for_a_while(fakejobs: FakeJobs) -> None:
    assert [look(fakejobs).status, look(fakejobs).status] == [503, 200]
    fakejobs.clock.advance(seconds=10)
    limited = look(fakejobs)
    assert (limited.status, limited.json["message"]) == (429, "RESOURCE_EXHAUSTED")
    fakejobs.clock.advance(seconds=10)
    assert look(fakejobs).json["job"]["status"] == "PROCESSING"
