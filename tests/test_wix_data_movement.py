"""Wix Data Movement Jobs, as its clients meet them: got, submitted, terminated, logged; tenants and refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from asking import ask
from moving import COPY, JOB, JOBS, PREFIXES, get, packed, post, problem, query

from fakejobs import FakeJobs, UsageError, check_document

SITE_A, SITE_B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
ACCOUNT_1, ACCOUNT_2 = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


# ---------------------------------------------------------------------- the job


@pytest.mark.fakejobs("wix-data-movement/documented-examples")
def test_a_job_is_the_same_under_all_prefixes_with_and_without_its_id_in_the_query(fakejobs: FakeJobs) -> None:
    answers = [get(fakejobs, f"{prefix}/jobs/{JOB}{more}") for prefix in PREFIXES for more in ("", f"?jobId={JOB}")]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    job = answers[0].json["job"]
    assert job == {
        "id": JOB,
        "startedAt": "2025-03-04T09:30:00.250Z",
        "status": "COMPLETED",
        "source": {"wixDataCollection": {"collectionId": "Products"}},
        "destination": {"file": {"format": "CSV", "fileName": "out.csv", "url": "https://www.example.com/out.csv"}},
        "name": "check",
        "progress": {"current": 40, "total": 40, "itemsRejected": 0, "itemsSuccessful": 40},
        "finishedAt": "2025-03-04T09:30:33.250Z",
        "logsRecorded": 0,
    }


@pytest.mark.fakejobs("wix-data-movement/documented-examples")
def test_the_requests_of_the_javascript_sdk_are_answered_as_they_stand_on_the_wire(fakejobs: FakeJobs) -> None:
    bi = "environment=js-sdk,package-name=@wix/auto_sdk_data_movement-jobs,entity=wix.hub.v1.job"
    sent = {"accept": "*/*", "user-agent": "node", "x-wix-bi-gateway": bi}
    failed = (
        ".r=eyJxdWVyeSI6eyJmaWx0ZXIiOnsic3RhdHVzIjoiRkFJTEVEIn0sInNvcnQiOlt7ImZpZWxkTmFtZSI6ImZpbmlzaGVkQXQiLCJvcmRl"
        "ciI6IkRFU0MifV19fQ"
    )
    one = get(fakejobs, f"{JOBS}/{JOB}?jobId={JOB}", **sent)
    found = get(fakejobs, f"{JOBS}/query?{failed}", **sent)
    all_of_them = get(fakejobs, f"{JOBS}/query", **sent)
    first = get(fakejobs, f"{JOBS}?.r=eyJwYWdpbmciOnsibGltaXQiOjV9fQ", **sent)
    elsewhere = get(fakejobs, f"/_api/wix-data-hub-fs2/v1/jobs/{JOB}?jobId={JOB}", **sent)
    assert one.body == elsewhere.body
    assert [job["status"] for job in found.json["jobs"]] == ["FAILED"]
    assert found.json["pagingMetadata"] == {"count": 1, "cursors": {}, "hasNext": False}
    assert all_of_them.json == first.json
    for answer in (one, found, all_of_them, first):
        assert answer.status == 200
        for job in [answer.json["job"]] if "job" in answer.json else answer.json["jobs"]:
            check_document(job, dialect="wix-data-movement")


@pytest.mark.fakejobs("wix-data-movement/rejected-items")
def test_progress_moves_with_the_clock_between_the_totals_and_begins_with_the_work(fakejobs: FakeJobs) -> None:
    seen = []
    for seconds in (0, 2.999999, 0.000001, 50, 49.999999, 0.000001):
        fakejobs.clock.advance(seconds=seconds)
        job = get(fakejobs, f"{JOBS}/{JOB}").json["job"]
        progress = job.get("progress")
        seen.append((job["status"], progress and (progress["current"], progress["itemsRejected"]), "finishedAt" in job))
    assert seen == [
        ("UNINITIALIZED", None, False),
        ("INITIALIZING", None, False),
        ("IN_PROGRESS", (0, 0), False),
        ("IN_PROGRESS", (100, 3), False),
        ("IN_PROGRESS", (199, 5), False),
        ("COMPLETED", (200, 7), True),
    ]


@pytest.mark.fakejobs("wix-data-movement/partial-success", "wix-data-movement/error-codes")
def test_what_goes_with_a_state_is_there_just_then(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(hours=2)
    by_status: dict[str, list[Any]] = {}
    for job in query(fakejobs, {}):
        by_status.setdefault(job["status"], []).append(job)
    (partial,) = by_status["PARTIALLY_SUCCESSFUL"]
    assert set(partial["partiallySuccessfulOptions"]) == {"cause"}
    assert "error" not in partial
    assert {"WDH0000", "WDH0001", "WDH0002", "WDH0003"} <= {job["error"]["code"] for job in by_status["FAILED"]}
    assert all("partiallySuccessfulOptions" not in job for job in by_status["FAILED"])
    assert all("finishedAt" in job for jobs in by_status.values() for job in jobs)


# ---------------------------------------------------------------------- submit and terminate


@pytest.mark.fakejobs({"dialect": "wix-data-movement"})
def test_a_submitted_job_has_what_was_asked_for_and_the_vendors_defaults(fakejobs: FakeJobs) -> None:
    answer = post(fakejobs, JOBS, COPY)
    assert answer.status == 200
    job = answer.json["job"]
    assert (job["status"], job["name"], job["source"]) == ("UNINITIALIZED", "check", COPY["source"])
    assert job["destination"] == COPY["destination"]
    fakejobs.clock.advance(hours=1)
    done = get(fakejobs, f"{JOBS}/{job['id']}").json["job"]
    path = done["destination"]["file"]["url"].removeprefix(fakejobs.url)
    download = ask(fakejobs, "GET", path)
    assert (download.status, dict(download.headers)["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert download.body.count(b"\n") > 1


@pytest.mark.fakejobs({"dialect": "wix-data-movement"})
def test_a_collection_is_overwritten_unless_another_policy_is_asked_for(fakejobs: FakeJobs) -> None:
    asked: list[dict[str, Any]] = [
        {"wixDataCollection": {"collectionId": "Backup"}},
        {"wixDataCollection": {"collectionId": "Backup", "writePolicy": "SKIP_EXISTING"}},
        {"localization": {"languages": ["en", "de"]}},
    ]
    given = [post(fakejobs, JOBS, {**COPY, "destination": each}).json["job"]["destination"] for each in asked]
    assert given == [
        {"wixDataCollection": {"collectionId": "Backup", "writePolicy": "OVERWRITE"}},
        {"wixDataCollection": {"collectionId": "Backup", "writePolicy": "SKIP_EXISTING"}},
        {"localization": {"languages": ["en", "de"]}},
    ]


@pytest.mark.fakejobs({"dialect": "wix-data-movement"})
@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"source": None}, "source", "must be given"),
        ({"source": {}}, "source.wixDataCollection", "must be given"),
        ({"source": {**COPY["source"], "file": {"fileId": "a"}}}, "source.file", "must not stand beside wixDataCollec"),  # type: ignore[dict-item]
        ({"source": {"file": {"format": "XML", "fileId": "a"}}}, "source.file.format", "must be one of UNKNOWN, CSV"),
        ({"source": {"file": {}}}, "source.file.fileId", "must be given"),
        ({"source": {"file": {"fileId": ""}}}, "source.file.fileId", "must have at least 1"),
        (
            {"destination": {"wixDataCollection": {"collectionId": ""}}},
            "destination.wixDataCollection.collectionId",
            "must have at least 1",
        ),
        (
            {"source": {"wixDataCollection": {"collectionId": ""}}},
            "source.wixDataCollection.collectionId",
            "must have at",
        ),
        ({"source": {"localization": {"languages": ["en"]}}}, "source.localization.languages", "must have at least 2"),
        ({"destination": {"file": {}}}, "destination.file.format", "must be given"),
        (
            {"destination": {"file": {"format": "CSV"}, "localization": {"languages": ["en", "de"]}}},
            "destination.file",
            "mu",
        ),
        ({"name": "n" * 1025}, "name", "must have at most 1024 characters"),
        ({"sourceSiteId": "a"}, "sourceSiteId", "must be a text like"),
        (
            {"sourceSiteId": SITE_A, "destinationSiteId": SITE_B},
            "destinationSiteId",
            "must not stand beside sourceSiteId",
        ),
    ],
)
def test_a_submission_that_is_wrong_is_refused_by_its_field_and_makes_nothing(
    fakejobs: FakeJobs, change: dict[str, Any], field: str, says: str
) -> None:
    answers = [post(fakejobs, JOBS, {**COPY, **change}) for _ in range(2)]
    status, found, description = problem(answers[0])
    assert (status, found) == (400, field)
    assert description.startswith(says)
    assert answers[0].without_date() == answers[1].without_date()
    assert fakejobs.jobs == []


@pytest.mark.fakejobs("wix-data-movement/terminated")
def test_a_job_is_terminated_at_that_instant_and_once(fakejobs: FakeJobs) -> None:
    job = fakejobs.job("00000002-58f3-4d78-b3ab-6a63a5a46400")
    fakejobs.clock.advance(seconds=363)
    answers = [post(fakejobs, f"{prefix}/jobs/{job.id}/terminate", {"jobId": job.id}) for prefix in PREFIXES]
    fakejobs.clock.advance(hours=3)
    answers.append(get(fakejobs, f"{JOBS}/{job.id}"))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    shown = answers[0].json["job"]
    assert (shown["status"], shown["finishedAt"], "error" in shown) == ("FAILED", "2026-01-01T00:06:03.000Z", False)
    assert shown["progress"]["current"] == 100
    assert (job.state, job.phase, job.polls) == ("TERMINATED", "cancelled", 1)


@pytest.mark.fakejobs("wix-data-movement/terminated-is-deleted")
def test_a_job_may_be_gone_once_it_is_terminated(fakejobs: FakeJobs) -> None:
    assert post(fakejobs, f"{JOBS}/{JOB}/terminate", {}).status == 200
    again = post(fakejobs, f"{JOBS}/{JOB}/terminate", {})
    unknown = get(fakejobs, f"{JOBS}/{UNKNOWN}")
    assert get(fakejobs, f"{JOBS}/{JOB}").without_date() == again.without_date() == unknown.without_date()
    assert query(fakejobs, {}) == []


@pytest.mark.fakejobs("wix-data-movement/logs")
def test_as_many_logs_are_recorded_as_the_logs_have_at_every_instant(fakejobs: FakeJobs) -> None:
    counts = []
    for _ in range(8):
        recorded = get(fakejobs, f"{JOBS}/{JOB}").json["job"]["logsRecorded"]
        logs = get(fakejobs, f"{JOBS}/{JOB}/logs?jobId={JOB}").json
        assert recorded == len(logs["logs"]) == logs["pagingMetadata"]["count"]
        counts.append(recorded)
        fakejobs.clock.advance(seconds=5)
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 12)


@pytest.mark.fakejobs("wix-data-movement/logs")
def test_logs_are_paged_by_flat_parameters_each_log_once(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(hours=1)
    everything = get(fakejobs, f"{JOBS}/{JOB}/logs").json["logs"]
    seen: list[Any] = []
    at = f"{JOBS}/{JOB}/logs?paging.limit=5"
    while at:
        page = get(fakejobs, at).json
        seen += page["logs"]
        onward = page["pagingMetadata"]["cursors"].get("next")
        assert page["pagingMetadata"]["hasNext"] is (onward is not None)
        at = f"{JOBS}/{JOB}/logs?paging.limit=5&paging.cursor={onward}" if onward else ""
    assert seen == everything
    assert problem(get(fakejobs, f"{JOBS}/{JOB}/logs?paging.limit=101"))[:2] == (400, "paging.limit")


# ---------------------------------------------------------------------- who may see what


@pytest.mark.fakejobs("wix-data-movement/one-account")
def test_a_key_of_an_account_speaks_for_the_site_that_goes_with_it(fakejobs: FakeJobs) -> None:
    of = {site: fakejobs.credentials(site) for site in ("site-a", "site-b", "site-c")}
    assert of["site-a"]["Authorization"] == of["site-b"]["Authorization"] != of["site-c"]["Authorization"]
    seen = {site: [job["id"][:8] for job in query(fakejobs, {}, site)] for site in of}
    assert seen == {"site-a": ["00000001"], "site-b": ["00000002"], "site-c": ["00000003"]}


@pytest.mark.fakejobs("wix-data-movement/one-account")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"wix-site-id": SITE_A}, 200),
        ({"wix-site-id": SITE_A.upper()}, 200),
        ({"wix-site-id": SITE_A, "wix-account-id": ACCOUNT_1}, 200),
        ({"wix-site-id": SITE_A, "wix-account-id": ACCOUNT_2}, 403),
        ({"wix-account-id": ACCOUNT_1}, 403),
        ({"wix-site-id": UNKNOWN}, 403),
        ({}, 403),
        ({"Authorization": "Bearer IST.account-1", "wix-site-id": SITE_A}, 401),
        ({"Authorization": "IST.nobody", "wix-site-id": SITE_A}, 401),
    ],
)
def test_the_site_has_to_stand_beside_the_key_and_the_account_may(
    fakejobs: FakeJobs, headers: dict[str, str], status: int
) -> None:
    answer = ask(fakejobs, "GET", f"{JOBS}/query", {"Authorization": "IST.account-1", **headers})
    assert answer.status == status
    assert ask(fakejobs, "GET", f"{JOBS}/query").status == 401


@pytest.mark.fakejobs("wix-data-movement/app-tokens")
def test_an_apps_token_is_bound_to_its_site_and_needs_the_permission(fakejobs: FakeJobs) -> None:
    assert [job["id"][:8] for job in get(fakejobs, JOBS, "site-a", "mover").json["jobs"]] == ["00000001", "00000002"]
    assert [job["id"][:8] for job in get(fakejobs, JOBS, "site-b", "mover").json["jobs"]] == ["00000003"]
    for path in (JOBS, f"{JOBS}/query", f"{JOBS}/{JOB}", f"{JOBS}/{JOB}/logs"):
        assert problem(get(fakejobs, path, "site-a", "reader"))[:2] == (403, "PERMISSION_DENIED")
    for path in (f"{JOBS}/list", JOBS, f"{JOBS}/{JOB}/terminate", "/data-mover/v1/temporary-files/upload-url"):
        assert problem(post(fakejobs, path, COPY, "site-a", "reader"))[:2] == (403, "PERMISSION_DENIED")


@pytest.mark.fakejobs("wix-data-movement/two-tenants")
def test_another_sites_job_is_as_one_that_does_not_exist_whatever_is_asked_of_it(fakejobs: FakeJobs) -> None:
    mine, theirs = fakejobs.jobs[0].tenant, next(job for job in fakejobs.jobs if job.tenant != fakejobs.jobs[0].tenant)
    id = next(job.id for job in fakejobs.jobs if job.tenant != mine and job.id not in _ids_of(fakejobs, mine))
    for path in ("", "/logs"):
        foreign, unknown = (get(fakejobs, f"{JOBS}/{each}{path}", mine) for each in (id, UNKNOWN))
        assert foreign.status == 404
        assert foreign.without_date() == unknown.without_date()
    foreign, unknown = (post(fakejobs, f"{JOBS}/{each}/terminate", {}, mine) for each in (id, UNKNOWN))
    assert foreign.without_date() == unknown.without_date()
    assert foreign.status == 404
    assert query(fakejobs, {"filter": {"id": id}}, mine) == []
    assert id not in {job["id"] for job in get(fakejobs, JOBS, mine).json["jobs"]}
    assert theirs.phase != "cancelled"
    assert "another tenant" in fakejobs.journal[0].reason


def _ids_of(fake: FakeJobs, tenant: str) -> set[str]:
    return {job.id for job in fake.jobs if job.tenant == tenant}


# ---------------------------------------------------------------------- the SDK's form


@pytest.mark.fakejobs("wix-data-movement/documented-examples")
def test_the_sdk_document_is_the_job_with_the_sdks_names_and_dates(fakejobs: FakeJobs) -> None:
    job = fakejobs.job(JOB)
    shown = job.sdk_document
    assert shown["_id"] == JOB
    assert shown["startedAt"] == datetime(2025, 3, 4, 9, 30, 0, 250_000, tzinfo=UTC)
    assert shown["finishedAt"] == datetime(2025, 3, 4, 9, 30, 33, 250_000, tzinfo=UTC)
    dated = ("id", "startedAt", "finishedAt")
    assert {name: held for name, held in shown.items() if name != "_id" and name not in dated} == {
        name: held for name, held in job.document.items() if name not in dated
    }


@pytest.mark.fakejobs("wix-async-jobs/new-job")
def test_the_sdk_document_of_an_async_job_has_underscores_and_dates_too(fakejobs: FakeJobs) -> None:
    shown = fakejobs.jobs[0].sdk_document
    assert shown["_createdDate"] == shown["_updatedDate"] == datetime(2025, 3, 4, 9, 30, 0, 250_000, tzinfo=UTC)
    assert not {"id", "createdDate", "updatedDate"} & set(shown)


@pytest.mark.fakejobs("conversio/happy-path")
def test_a_vendor_without_such_an_sdk_has_no_sdk_document(fakejobs: FakeJobs) -> None:
    with pytest.raises(UsageError, match="no SDK is known that renames conversio's documents; `document` is the wire"):
        _ = fakejobs.jobs[0].sdk_document


# ---------------------------------------------------------------------- what cannot be read


@pytest.mark.fakejobs("wix-data-movement/paging")
@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{JOBS}/query?.r=%21%21", ".r"),
        (f"{JOBS}/query?.r={packed('no object')}", ".r"),
        (f"{JOBS}?.r=e30x", ".r"),
        (f"{JOBS}/query?query.cursorPaging.limit=ten", "query.cursorPaging.limit"),
        (f"{JOBS}/query?query.cursorPaging.limit=0", "query.cursorPaging.limit"),
        (f"{JOBS}/query?query.cursorPaging.limit=-1", "query.cursorPaging.limit"),
        (f"{JOBS}/query?.r={packed({'query': {'cursorPaging': {'limit': 101}}})}", "query.cursorPaging.limit"),
        (f"{JOBS}?paging.limit=101", "paging.limit"),
        (f"{JOBS}/query?query.sort=%5B%5D&query.sort.fieldName=id", "query.sort.fieldName"),
    ],
)
def test_a_query_string_that_cannot_be_read_is_refused_by_what_is_wrong(
    fakejobs: FakeJobs, path: str, field: str
) -> None:
    assert problem(get(fakejobs, path))[:2] == (400, field)
