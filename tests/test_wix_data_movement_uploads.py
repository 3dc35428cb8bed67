"""Uploads of Wix Data Movement Jobs: a place for a file, for fifteen minutes, and what becomes of jobs that use it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asking import Answer, ask
from moving import JOBS, PREFIXES, get, post, problem

from fakejobs import FakeJobs

START = datetime(2026, 1, 1, tzinfo=UTC)
BARE = pytest.mark.fakejobs({"dialect": "wix-data-movement"})
TWO_SITES = pytest.mark.fakejobs({"dialect": "wix-data-movement", "tenants": {"a": {}, "b": {}}})
OFFER = "/temporary-files/upload-url"


def offer(fake: FakeJobs, tenant: str | None = None, **message: Any) -> Any:
    answer = post(fake, f"/data-mover/v1{OFFER}", message, tenant)
    assert answer.status == 200
    return answer.json


def put(fake: FakeJobs, place: Any, content: bytes) -> Answer:
    """An upload as curl makes it: to the URL alone, without a credential."""
    return ask(fake, "PUT", place["uploadUrl"].removeprefix(fake.url), body=content)


def submit(fake: FakeJobs, file: str, tenant: str | None = None, **more: Any) -> str:
    """The id of an import of a file."""
    message = {
        "source": {"file": {"fileId": file, **more}},
        "destination": {"wixDataCollection": {"collectionId": "Products"}},
    }
    answer = post(fake, JOBS, message, tenant)
    assert answer.status == 200, answer
    id: str = answer.json["job"]["id"]
    return id


def end_of(fake: FakeJobs, id: str, tenant: str | None = None) -> Any:
    fake.clock.advance(hours=1)
    return get(fake, f"{JOBS}/{id}", tenant).json["job"]


@BARE
def test_a_place_is_made_under_all_prefixes_with_and_without_a_name(fakejobs: FakeJobs) -> None:
    places = [
        post(fakejobs, prefix + OFFER, message).json for prefix in PREFIXES for message in ({}, {"fileName": "a"})
    ]
    assert len({place["fileId"] for place in places}) == 6
    assert [file.name for file in fakejobs.files] == [None, "a"] * 3
    assert all(place["uploadUrl"] == f"{fakejobs.url}/data-mover/uploads/{place['fileId']}" for place in places)
    assert problem(post(fakejobs, f"/v1{OFFER}", {"fileName": "n" * 513}))[:2] == (400, "fileName")
    assert len(fakejobs.files) == 6


@BARE
def test_what_is_uploaded_is_kept_for_the_test_to_look_at_and_the_last_upload_counts(fakejobs: FakeJobs) -> None:
    place = offer(fakejobs, fileName="rows.csv")
    (file,) = fakejobs.files
    assert (file.id, file.tenant, file.name, file.offered) == (place["fileId"], "default", "rows.csv", START)
    assert (file.content, file.uploaded) == (None, None)
    fakejobs.clock.advance(minutes=1)
    assert put(fakejobs, place, b"id\n1\n").status == 200
    fakejobs.clock.advance(minutes=1)
    assert put(fakejobs, place, b"id\n2\n").status == 200
    (file,) = fakejobs.files
    assert (file.content, file.uploaded) == (b"id\n2\n", START + timedelta(minutes=2))


@BARE
def test_a_place_takes_a_file_for_fifteen_minutes_to_the_microsecond(fakejobs: FakeJobs) -> None:
    place = offer(fakejobs)
    fakejobs.clock.advance(minutes=14, seconds=59.999999)
    assert put(fakejobs, place, b"in time").status == 200
    fakejobs.clock.advance(seconds=0.000001)
    assert problem(put(fakejobs, place, b"too late"))[:2] == (403, "PERMISSION_DENIED")
    assert fakejobs.files[0].content == b"in time"
    assert fakejobs.journal[-1].reason == "its upload URL expired at 2026-01-01 00:15:00"
    assert ask(fakejobs, "PUT", "/data-mover/uploads/nobody").status == 404


@BARE
@pytest.mark.parametrize(
    ("content", "name", "format", "why"),
    [
        (b"_id,title\n1,Mug\n", None, "CSV", ""),
        (b'{"_id": "1"}\n{"_id": "2"}\n', None, "JSONL", ""),
        (b'{"_id": "1"}\n', "rows.jsonl", "UNKNOWN", ""),
        (b"_id,title\n1\n", None, "CSV", "line 2 of the CSV file has 1 cells, the first has 2"),
        (b"_id,title\n1,Mug\n", None, "JSONL", "line 1 of the JSONL file is not JSON: _id,title"),
        (b"_id,title\n1,Mug\n", "rows.jsonl", None, "line 1 of the JSONL file is not JSON: _id,title"),
        (b'[{"_id": "1"}]\n', "rows.json", None, 'line 1 of the JSONL file is no JSON object: [{"_id": "1"}]'),
        (b"", None, "CSV", "the file is empty"),
    ],
)
def test_a_job_fails_while_it_is_initialized_if_its_file_cannot_be_read(
    fakejobs: FakeJobs, content: bytes, name: str | None, format: str | None, why: str
) -> None:
    place = offer(fakejobs, **{} if name is None else {"fileName": name})
    assert put(fakejobs, place, content).status == 200
    id = submit(fakejobs, place["fileId"], **{} if format is None else {"format": format})
    fakejobs.clock.advance(seconds=2.999999)
    assert get(fakejobs, f"{JOBS}/{id}").json["job"]["status"] == "INITIALIZING"
    fakejobs.clock.advance(seconds=0.000001)
    assert get(fakejobs, f"{JOBS}/{id}").json["job"]["status"] == ("FAILED" if why else "IN_PROGRESS")
    job = end_of(fakejobs, id)
    assert job["status"] == ("FAILED" if why else "COMPLETED")
    assert job.get("error") == ({"code": "WDH0003", "description": why, "data": {}} if why else None)
    assert job["source"]["file"]["format"] == (format or "UNKNOWN")


@TWO_SITES
def test_a_file_that_was_not_uploaded_or_is_another_sites_is_as_good_as_none(fakejobs: FakeJobs) -> None:
    theirs, mine = offer(fakejobs, "b"), offer(fakejobs, "a")
    assert put(fakejobs, theirs, b"id\n1\n").status == 200
    ids = {
        submit(fakejobs, theirs["fileId"], "a"): f"no file has the id {theirs['fileId']}",
        submit(fakejobs, "made up", "a"): "no file has the id made up",
        submit(fakejobs, mine["fileId"], "a"): f"the file {mine['fileId']} was never uploaded",
    }
    assert put(fakejobs, mine, b"id\n1\n").status == 200  # too late for the job, which was judged when it was submitted
    for id, why in ids.items():
        assert end_of(fakejobs, id, "a")["error"] == {"code": "WDH0001", "description": why, "data": {}}
    assert end_of(fakejobs, submit(fakejobs, mine["fileId"], "a"), "a")["status"] == "COMPLETED"


@pytest.mark.fakejobs("wix-data-movement/submitted-import")
def test_what_is_scripted_for_an_import_is_played_once_its_file_is_there(fakejobs: FakeJobs) -> None:
    place = offer(fakejobs, fileName="products.csv")
    assert put(fakejobs, place, b"_id,title\n1,Mug\n").status == 200
    job = end_of(fakejobs, submit(fakejobs, place["fileId"], format="CSV"))
    assert (job["status"], job["logsRecorded"]) == ("PARTIALLY_SUCCESSFUL", 2)
    assert job["progress"] == {"current": 10, "total": 10, "itemsRejected": 2, "itemsSuccessful": 8}


@BARE
def test_a_file_beyond_what_the_fake_takes_is_refused_and_not_kept(fakejobs: FakeJobs) -> None:
    place = offer(fakejobs)
    assert problem(put(fakejobs, place, b"x" * (1 << 20) + b"x"))[:2] == (400, "body")
    assert fakejobs.files[0].content is None
    assert put(fakejobs, place, b"x" * (1 << 20)).status == 200
