"""The vendor's own JavaScript client, unmodified but for its documented `fetch` option, which points it at the fake.

It needs Node.js, and what `npm install` makes of tests/javascript/package.json: FAKEJOBS_NODE_MODULES names the folder
in which that was done.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from asking import ask
from moving import JOB

from fakejobs import FakeJobs
from fakejobs.scenario.search import shipped_names

MODULES = os.environ.get("FAKEJOBS_NODE_MODULES")
NODE = shutil.which("node")
CLIENT = Path(__file__).parent / "javascript" / "client.cjs"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
WITHOUT_JOBS_TO_SHOW = ("submitted-export", "submitted-import", "submitted-translations", "expiry", "flapping-503")
MINE = [
    name
    for name in shipped_names()
    if name.startswith("wix-data-movement/") and name.partition("/")[2] not in WITHOUT_JOBS_TO_SHOW
]

pytestmark = pytest.mark.skipif(
    MODULES is None or NODE is None,
    reason="needs Node.js, and FAKEJOBS_NODE_MODULES: see tests/javascript/package.json",
)


def told(fake: FakeJobs, *calls: Any, tenant: str | None = None, host: str | None = None) -> list[Any]:
    """What comes of some calls of the client, as JSON has it: a value or an error for each."""
    assert NODE is not None
    assert MODULES is not None
    keys = fake.world.directory("wix-data-movement").holder(tenant or fake.jobs[0].tenant)
    assert keys is not None
    auth = {"apiKey": keys.keys["apiKey"], "siteId": keys.keys["siteId"]}
    told = json.dumps({"url": fake.url, "auth": auth, "host": host, "calls": calls})
    done = subprocess.run(
        [NODE, str(CLIENT), MODULES], input=told, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    results: list[Any] = json.loads(done.stdout)
    return results


def values(results: list[Any]) -> list[Any]:
    """The values of calls that all went well."""
    assert [each for each in results if "value" not in each] == []
    return [each["value"] for each in results]


def as_javascript(value: Any) -> Any:
    """A document of the SDK as JSON.stringify writes it: dates as texts, with milliseconds."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, dict):
        return {name: as_javascript(held) for name, held in value.items()}
    return [as_javascript(held) for held in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", MINE)
def test_the_sdk_shows_each_job_as_its_sdk_document(name: str) -> None:
    fake = FakeJobs(strict=False).play(name)
    with fake:
        fake.clock.advance(seconds=20)
        jobs = [job for job in fake.jobs if job.tenant == fake.jobs[0].tenant]
        assert fake.url  # it is in the documents
        shown = values(told(fake, *(["getJob", job.id] for job in jobs)))
        assert shown == [as_javascript(job.sdk_document) for job in jobs]


@pytest.mark.fakejobs("wix-data-movement/paging")
@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_its_query_builder_walks_all_pages_and_back_each_job_once_in_order(fakejobs: FakeJobs, limit: int) -> None:
    asked = [["ne", "status", "FAILED"], ["descending", "finishedAt"], ["limit", limit]]
    (found,) = values(told(fakejobs, ["query", asked]))
    assert found["pages"] == found["back"]
    shown = [job for page in found["pages"] for job in page]
    wanted = [job for job in fakejobs.jobs if job.document["status"] != "FAILED"]
    assert {job["_id"] for job in shown} == {job.id for job in wanted}
    assert len(shown) == len(wanted)
    ends = [job.get("finishedAt", "") for job in shown]
    assert ends == sorted(ends, reverse=True)
    assert [len(page) for page in found["pages"][:-1]] == [limit] * (len(found["pages"]) - 1)


@pytest.mark.fakejobs("wix-data-movement/paging")
def test_each_condition_of_its_builder_is_understood(fakejobs: FakeJobs) -> None:
    id, at = fakejobs.jobs[3].id, fakejobs.jobs[3].document["startedAt"]
    rows = [
        [["eq", "id", id]],
        [["in", "id", [id, UNKNOWN]]],
        [["startsWith", "name", "translations"]],
        [["ge", "startedAt", at], ["le", "startedAt", at]],
        [["gt", "startedAt", at], ["exists", "finishedAt", True]],
        [["lt", "startedAt", at]],
        [["exists", "scheduleId", True]],
    ]
    found = [
        {job["_id"] for page in each["pages"] for job in page}
        for each in values(told(fakejobs, *(["query", row] for row in rows)))
    ]
    documents = [job.document for job in fakejobs.jobs]
    assert found == [
        {id},
        {id},
        {each["id"] for each in documents if each["name"].lower().startswith("translations")},
        {id},
        {each["id"] for each in documents if each["startedAt"] > at and "finishedAt" in each},
        {each["id"] for each in documents if each["startedAt"] < at},
        {each["id"] for each in documents if "scheduleId" in each},
    ]


@pytest.mark.fakejobs("wix-data-movement/paging")
def test_a_query_too_long_for_a_url_comes_as_a_post(fakejobs: FakeJobs) -> None:
    ids = [f"{number:08x}-1111-4111-8111-111111111111" for number in range(200)]
    asked = {"filter": {"id": {"$in": [*ids, fakejobs.jobs[0].id]}}}
    (found,) = values(told(fakejobs, ["queryJobs", asked]))
    assert [job["_id"] for job in found["jobs"]] == [fakejobs.jobs[0].id]
    assert fakejobs.journal[-1].request.method == "POST"


@pytest.mark.fakejobs("wix-data-movement/terminated")
def test_it_lists_submits_terminates_logs_and_makes_a_place_for_a_file(fakejobs: FakeJobs) -> None:
    source, destination = {"wixDataCollection": {"collectionId": "Products"}}, {"file": {"format": "CSV"}}
    long = "00000002-58f3-4d78-b3ab-6a63a5a46400"
    listed, submitted, ended, logs, place = values(
        told(
            fakejobs,
            ["listJobs", {"paging": {"limit": 2}}],
            ["submitJob", source, destination, {"name": "check"}],
            ["terminateJob", long],
            ["listMovementLogs", long, {"paging": {"limit": 5}}],
            ["createFileUploadUrl", {"fileName": "rows.csv"}],
        )
    )
    assert (len(listed["jobs"]), listed["pagingMetadata"]["hasNext"]) == (2, True)
    assert submitted["job"] == as_javascript(fakejobs.job(submitted["job"]["_id"]).sdk_document)
    assert (submitted["job"]["status"], submitted["job"]["name"]) == ("UNINITIALIZED", "check")
    assert ended["job"] == as_javascript(fakejobs.job(long).sdk_document)
    assert fakejobs.job(long).phase == "cancelled"
    assert logs == {"logs": [], "pagingMetadata": {"count": 0, "cursors": {}, "hasNext": False}}
    assert ask(fakejobs, "PUT", place["uploadUrl"].removeprefix(fakejobs.url), body=b"id\n1\n").status == 200
    assert fakejobs.files[0].id == place["fileId"]


@pytest.mark.fakejobs("wix-data-movement/two-tenants")
def test_what_it_may_not_see_what_does_not_exist_and_what_is_wrong_reach_it_as_its_errors(fakejobs: FakeJobs) -> None:
    mine = fakejobs.jobs[0].tenant
    known = {job.id for job in fakejobs.jobs if job.tenant == mine}
    theirs = next(job.id for job in fakejobs.jobs if job.id not in known)
    calls: list[Any] = [
        ["getJob", theirs],
        ["getJob", UNKNOWN],
        ["terminateJob", theirs],
        ["queryJobs", {"cursorPaging": {"limit": 101}}],
        ["queryJobs", {"filter": {"createdBy": 1}}],
        ["queryJobs", {"cursorPaging": {"cursor": "forged"}}],
    ]
    errors = [each["error"] for each in told(fakejobs, *calls)]
    assert errors[0] == errors[1] == errors[2]
    assert [error["status"] for error in errors] == [404, 404, 404, 400, 400, 400]
    assert errors[0]["details"]["applicationError"]["code"] == "NOT_FOUND"
    (violation,) = errors[3]["details"]["validationError"]["fieldViolations"]
    assert violation["field"] == "query.cursorPaging.limit"
    assert errors[4]["details"]["applicationError"]["data"] == {"unknownField": {"fieldPath": "createdBy"}}
    assert errors[5]["details"]["applicationError"]["code"] == "INVALID_CURSOR"


@pytest.mark.fakejobs("wix-data-movement/happy-path")
def test_it_takes_another_prefix_where_it_believes_in_another_host(fakejobs: FakeJobs) -> None:
    (job,) = values(told(fakejobs, ["getJob", JOB], host="127.0.0.1:1"))
    assert job["_id"] == JOB
    assert fakejobs.journal[-1].request.target == f"/_api/wix-data-hub-fs2/v1/jobs/{JOB}?jobId={JOB}"
