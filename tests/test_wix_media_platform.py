"""Wix Media Platform jobs, as its clients meet them: over a socket, with the standard library's client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asking import Answer, ask

from fakejobs import FakeJobs
from fakejobs.conformance import reply_problems
from fakejobs.scenario.search import shipped_folder

VENDOR = "wix-media-platform"
GROUP = "71f0d3fde7f348ea89aa1173299146f8"
JOB = f"{GROUP}_19e137e8221b4a709220280b432f947f"
IMPORT = {"sourceUrl": "https://www.example.com/a/clip.mp4", "destination": {"directory": "/clips", "acl": "public"}}
PLACE = {"directory": "/out", "acl": "public"}
DOCUMENTS = shipped_folder() / VENDOR / "documents"


def get(fake: FakeJobs, path: str, tenant: str | None = None, **more: Any) -> Answer:
    return ask(fake, "GET", f"/_api/{path}", fake.credentials(tenant, **more))


def post(fake: FakeJobs, path: str, body: Any, **more: Any) -> Answer:
    headers = {**fake.credentials(**more), "Content-Type": "application/json"}
    return ask(fake, "POST", f"/_api/{path}", headers, json.dumps(body).encode())


def payload(answer: Answer) -> Any:
    assert answer.status == 200, answer
    assert list(answer.json) == ["code", "message", "payload"]
    assert (answer.json["code"], answer.json["message"]) == (0, "OK")
    return answer.json["payload"]


def page(fake: FakeJobs, query: str = "") -> Any:
    return payload(get(fake, f"jobs{query}"))


def pages(fake: FakeJobs, query: str, token: str | None = None) -> list[str]:
    """The ids of all pages of a search, in order."""
    found = page(fake, f"?{query}" + (f"&nextPageToken={token}" if token else ""))
    more = pages(fake, query, found["nextPageToken"]) if found["nextPageToken"] else []
    return [job["id"] for job in found["jobs"]] + more


# ---------------------------------------------------------------------- a job, a group


@pytest.mark.fakejobs("wix-media-platform/happy-path")
def test_a_job_is_pending_works_and_has_a_result_at_its_end_alone(fakejobs: FakeJobs) -> None:
    seen = []
    for seconds in (0, 2, 9.999999, 0.000001):
        fakejobs.clock.advance(seconds=seconds)
        job = payload(get(fakejobs, f"jobs/{JOB}"))
        seen.append((job["status"], job["result"] is None, job["dateUpdated"]))
    assert seen == [
        ("pending", True, "2026-01-01T00:00:00Z"),
        ("working", True, "2026-01-01T00:00:02Z"),
        ("working", True, "2026-01-01T00:00:02Z"),
        ("success", False, "2026-01-01T00:00:12Z"),
    ]
    assert job["groupId"] == GROUP
    assert job["issuer"] == "urn:app:app-a"
    assert job["result"]["payload"]["path"] == "/photos/cat.jpg"
    assert job["result"]["payload"]["mimeType"] == "image/jpeg"


def documented(name: str) -> Any:
    return json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.fakejobs("wix-media-platform/documented-examples")
def test_what_the_vendor_prints_is_reproduced_field_by_field(fakejobs: FakeJobs) -> None:
    finished = "4837a5af4a224225b1b257b17ef22237_6ef414ff3e9143c49927777a0c518c0a"
    assert get(fakejobs, f"jobs/{finished}").json == documented("get-job")
    assert get(fakejobs, "jobs/groups/" + GROUP).json == documented("get-job-group")
    found = get(fakejobs, "jobs?orderDirection=asc&pageSize=2").json
    assert found["payload"].pop("nextPageToken")
    expected = documented("search-jobs")
    del expected["payload"]["nextPageToken"]
    assert found == expected
    job = payload(get(fakejobs, f"jobs/{finished}"))
    assert job["result"] == {"code": 0, "message": "OK", "payload": {}}  # as the page prints it
    assert (job["dateCreated"], job["dateUpdated"]) == ("2017-07-25T10:10:30Z", "2017-07-25T10:29:50Z")


@pytest.mark.fakejobs("wix-media-platform/failure")
def test_every_code_of_an_error_is_played_and_a_result_of_null(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(hours=2)
    results = [payload(get(fakejobs, f"jobs/{job.id}"))["result"] for job in fakejobs.jobs]
    assert [result and result["code"] for result in results] == [500, 1, 2, 3, 4, None]
    assert results[0]["payload"] is None


@pytest.mark.fakejobs("wix-media-platform/transcode-group", strict=False)
def test_a_group_is_a_bare_array_and_fares_as_its_jobs_do(fakejobs: FakeJobs) -> None:
    def statuses() -> list[str]:
        return [job["status"] for job in payload(get(fakejobs, "jobs/groups/aaaa"))]

    seen = []
    for seconds in (0, 10, 50, 60):
        fakejobs.clock.advance(seconds=seconds)
        seen.append((statuses(), fakejobs.journal[-1].state))
    assert seen == [
        (["pending", "pending", "pending"], "waiting"),
        (["success", "working", "pending"], "running"),
        (["success", "success", "working"], "running"),
        (["success", "success", "success"], "succeeded"),
    ]
    assert [job.polls for job in fakejobs.jobs] == [0, 0, 0]


@pytest.mark.fakejobs("wix-media-platform/transcode-group", strict=False)
def test_the_jobs_of_one_request_take_scripts_of_their_own_by_their_task(fakejobs: FakeJobs) -> None:
    spread = {"destination": PLACE, "qualityRange": {"minimum": "240p", "maximum": "480p"}}
    body = fakejobs.world.submissions[0].rule.when["body"]
    made = payload(post(fakejobs, "av/transcode", body))
    assert [job["specification"]["quality"] for job in made["jobs"]] == ["240p", "360p", "480p"]
    assert {job["groupId"] for job in made["jobs"]} == {made["groupId"]}
    assert all(job["id"].startswith(f"{made['groupId']}_") for job in made["jobs"])
    fakejobs.clock.advance(minutes=2)
    group = payload(get(fakejobs, f"jobs/groups/{made['groupId']}"))
    assert [job["status"] for job in group] == ["success", "success", "error"]
    assert fakejobs.journal[-1].state == "failed"
    other = {"sources": [{"path": "/a.mp4"}], "specifications": [spread]}
    assert post(fakejobs, "av/transcode", other).status == 501  # no submission takes it, and nothing is made
    assert len(fakejobs.jobs) == 6


# ---------------------------------------------------------------------- creators


VIDEO = {"sources": [{"path": "/a.mp4"}], "jobCallback": None}
FONT = {"source": {"path": "/a.ttf"}}
SINGLE = [
    ("import/file", IMPORT, "import.file", []),
    (
        "archive/create",
        {"sources": [{"path": "/a"}, {"fileId": "f"}], "destination": PLACE},
        "archive.create",
        ["/a", None],
    ),
    ("archive/extract", {"source": {"path": "/a.zip"}, "destination": PLACE}, "archive.extract", ["/a.zip"]),
    ("v2/archive/extract", {"source": {"path": "/a.zip"}, "destination": PLACE}, "archive.extract", ["/a.zip"]),
    (
        "av/extra-metadata",
        {
            "source": {"path": "/a.mp3"},
            "specification": {"destination": PLACE, "audioExtraMetadata": {"trackName": "A"}},
        },
        "av.replace_extra_metadata",
        ["/a.mp3"],
    ),
    ("visual_search/collections/c-1/index", {"source": {"path": "/a.png"}}, "visual-search.index-image", ["/a.png"]),
]
GROUPS = [
    ("av/transcode", {**VIDEO, "specifications": [{"destination": PLACE, "quality": "720p"}]}, "av.transcode", 1),
    (
        "av/package",
        {**VIDEO, "specification": {"destination": PLACE, "chunkDuration": 2, "packageType": "hls"}},
        "av.package",
        1,
    ),
    (
        "av/poster",
        {**VIDEO, "specifications": [{"destination": PLACE, "second": 1}, {"destination": PLACE}]},
        "av.poster",
        2,
    ),
    (
        "av/storyboard",
        {**VIDEO, "specifications": [{"destination": PLACE, "columns": 2, "rows": 2}]},
        "av.storyboard",
        1,
    ),
    ("fonts/convert", {**FONT, "specification": {"destination": PLACE, "fontType": "woff2"}}, "text.font.convert", 1),
    ("fonts/subset", {**FONT, "specification": {"destination": PLACE}}, "text.font.subset", 1),
    ("security/av/scan", {**FONT, "specification": None}, "av-scanner.scan", 1),
]


@pytest.mark.parametrize(("path", "body", "kind", "sources"), SINGLE, ids=[each[0] for each in SINGLE])
def test_a_creator_of_one_job_replies_with_it_and_it_lives_by_itself(
    path: str, body: Any, kind: str, sources: list[str | None]
) -> None:
    with FakeJobs().play({"dialect": VENDOR}) as fake:
        job = payload(post(fake, path, body))
        assert (job["type"], job["status"], job["result"]) == (f"urn:job:{kind}", "pending", None)
        assert [each["path"] for each in job["sources"]] == sources
        assert all(each["fileId"] for each in job["sources"])
        fake.clock.advance(seconds=12)
        assert payload(get(fake, f"jobs/{job['id']}"))["status"] == "success"
        assert all(reply_problems(fake.world.dialects[0], entry) == () for entry in fake.journal)


@pytest.mark.parametrize(("path", "body", "kind", "number"), GROUPS, ids=[each[0] for each in GROUPS])
def test_a_creator_of_a_group_replies_with_its_id_and_its_jobs(path: str, body: Any, kind: str, number: int) -> None:
    with FakeJobs().play({"dialect": VENDOR}) as fake:
        made = payload(post(fake, path, body))
        assert list(made) == ["groupId", "jobs"]
        assert [job["type"] for job in made["jobs"]] == [f"urn:job:{kind}"] * number
        assert payload(get(fake, f"jobs/groups/{made['groupId']}")) == made["jobs"]
        fake.clock.advance(seconds=12)
        assert {job["status"] for job in payload(get(fake, f"jobs/groups/{made['groupId']}"))} == {"success"}
        assert all(reply_problems(fake.world.dialects[0], entry) == () for entry in fake.journal)


def test_the_second_form_of_an_extraction_says_report_and_callback() -> None:
    report = {"destination": PLACE, "format": "json"}
    body = {
        "source": {"path": "/a.zip"},
        "destination": PLACE,
        "report": report,
        "callback": {"url": "http://127.0.0.1:9/"},
    }
    with FakeJobs().play({"dialect": VENDOR}) as fake:
        job = payload(post(fake, "v2/archive/extract", body))
        assert job["specification"]["extractedFilesReport"] == report
        assert job["callback"] == {"url": "http://127.0.0.1:9/"}


def test_a_quality_range_is_a_job_for_each_quality_and_source() -> None:
    spread = {"destination": PLACE, "qualityRange": {"minimum": "360p", "maximum": "720p"}}
    body = {"sources": [{"path": "/a.mp4"}, {"path": "/b.mp4"}], "specifications": [spread]}
    with FakeJobs().play({"dialect": VENDOR}) as fake:
        jobs = payload(post(fake, "av/transcode", body))["jobs"]
        assert [(job["sources"][0]["path"], job["specification"]["quality"]) for job in jobs] == [
            (source, quality) for source in ("/a.mp4", "/b.mp4") for quality in ("360p", "480p", "720p")
        ]


# ---------------------------------------------------------------------- bad input


def without(body: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != key}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("import/file", without(IMPORT, "sourceUrl"), "'sourceUrl'"),
        ("import/file", {**IMPORT, "sourceUrl": None}, "'sourceUrl'"),
        ("import/file", {**IMPORT, "sourceUrl": 7}, "sourceUrl must be a text"),
        ("import/file", without(IMPORT, "destination"), "'destination'"),
        ("import/file", {**IMPORT, "destination": {"acl": "public"}}, "'destination.path'"),
        ("import/file", {**IMPORT, "destination": {"path": "a"}}, "destination.path must be a text like ^/"),
        (
            "import/file",
            {**IMPORT, "destination": {**PLACE, "lifecycle": {"age": 29, "action": "delete"}}},
            "destination.lifecycle.age must be at least 30",
        ),
        ("import/file", {**IMPORT, "jobCallback": {"url": "x"}}, "jobCallback.url must be a text like ^https?://"),
        ("import/file", [], "body must be a JSON object"),
        ("archive/create", {"sources": [], "destination": PLACE}, "sources must have at least 1"),
        ("archive/create", {"sources": [{}], "destination": PLACE}, "'sources.0.path'"),
        (
            "av/transcode",
            {**VIDEO, "specifications": [{"destination": PLACE, "qualityRange": {"minimum": "1p", "maximum": "2p"}}]},
            "qualityRange must be of 144p, 240p, 360p, 480p, 720p, 1080p, 1440p, 2160p",
        ),
        (
            "av/transcode",
            {
                **VIDEO,
                "specifications": [{"destination": PLACE, "qualityRange": {"minimum": "720p", "maximum": "144p"}}],
            },
            "qualityRange must not have its minimum behind its maximum",
        ),
    ],
)
def test_a_body_that_lacks_something_is_refused_in_the_vendor_s_envelope_and_makes_nothing(
    path: str, body: Any, message: str
) -> None:
    with FakeJobs().play({"dialect": VENDOR}) as fake:
        one, again = post(fake, path, body), post(fake, path, body)
        assert one.status == 400
        assert one.json == {"code": 400, "message": message, "payload": None}
        assert one.without_date() == again.without_date()
        assert fake.jobs == []


@pytest.mark.fakejobs("wix-media-platform/paging")
@pytest.mark.parametrize(
    "query",
    [
        "pageSize=0",
        "pageSize=-1",
        "pageSize=1001",
        "pageSize=99999999999999999999",
        "pageSize=ten",
        "orderBy=size",
        "orderDirection=up",
        "type=urn:job:av.transcod",
        "status=done",
        "nextPageToken=abc",
        "nextPageToken=%00",
    ],
)
def test_a_search_that_is_none_is_refused_in_the_vendor_s_envelope(fakejobs: FakeJobs, query: str) -> None:
    one, again = get(fakejobs, f"jobs?{query}"), get(fakejobs, f"jobs?{query}")
    assert one.status == 400
    assert (one.json["code"], one.json["payload"]) == (400, None)
    assert one.json["message"].startswith(query.partition("=")[0])
    assert one.without_date() == again.without_date()
    assert len(fakejobs.jobs) == 45


@pytest.mark.fakejobs("wix-media-platform/happy-path")
def test_an_unknown_job_and_an_unknown_group_are_not_there(fakejobs: FakeJobs) -> None:
    unknown = get(fakejobs, "jobs/a_b")
    assert unknown.status == 404
    assert unknown.json == {"code": 404, "message": "job not found", "payload": None}
    assert get(fakejobs, "jobs/groups/a").without_date() == unknown.without_date()
    assert page(fakejobs, "?groupId=a") == {"nextPageToken": None, "jobs": []}


def test_with_an_option_an_unknown_group_is_an_empty_array() -> None:
    with FakeJobs().play({"dialect": VENDOR, "options": {"emptyGroups": True}}) as fake:
        assert payload(get(fake, "jobs/groups/a")) == []


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
def test_what_another_project_holds_does_not_exist(fakejobs: FakeJobs) -> None:
    foreign, unknown = get(fakejobs, "jobs/bbbb_1", "project-a"), get(fakejobs, "jobs/bbbb_2", "project-a")
    assert foreign.without_date() == unknown.without_date()
    assert get(fakejobs, "jobs/groups/b-group", "project-a").status == 404
    assert len(payload(get(fakejobs, "jobs", "project-a"))["jobs"]) == 2
    fakejobs.clock.advance(seconds=12)
    assert [payload(get(fakejobs, f"jobs/{JOB}", project))["status"] for project in ("project-a", "project-b")] == [
        "success",
        "error",
    ]


@pytest.mark.fakejobs("wix-media-platform/expiry")
def test_a_job_expires_only_as_the_scenario_has_it(fakejobs: FakeJobs) -> None:
    assert len(page(fakejobs)["jobs"]) == 2
    fakejobs.clock.advance(days=30, seconds=12)
    assert page(fakejobs)["jobs"] == []
    assert get(fakejobs, f"jobs/{JOB}").without_date() == get(fakejobs, "jobs/a_b").without_date()
    assert get(fakejobs, f"jobs/groups/{GROUP}").status == 404


# ---------------------------------------------------------------------- search


@pytest.mark.fakejobs("wix-media-platform/paging")
def test_pages_are_of_twenty_newest_first_and_lead_through_all_jobs_once(fakejobs: FakeJobs) -> None:
    first = page(fakejobs)
    assert len(first["jobs"]) == 20
    newest_first = [job.id for job in reversed(fakejobs.jobs)]
    assert pages(fakejobs, "") == newest_first
    assert pages(fakejobs, "orderDirection=acs&pageSize=7") == newest_first[::-1]
    empty = "pageSize=&orderBy=&orderDirection=&issuer=&type=&status=&groupId=&fileId=&path="
    assert pages(fakejobs, empty) == newest_first  # as an older client sends what is unset


@pytest.mark.fakejobs("wix-media-platform/paging")
@pytest.mark.parametrize("spelling", ["asc", "acs", "des", "desc"])
@pytest.mark.parametrize("by", ["date", "dateCreated", "dateUpdated", "name"])
def test_every_spelling_of_an_order_is_taken(fakejobs: FakeJobs, by: str, spelling: str) -> None:
    key = {"date": "dateCreated", "name": "id"}.get(by, by)
    jobs = page(fakejobs, f"?pageSize=45&orderBy={by}&orderDirection={spelling}")["jobs"]
    found = [job[key] for job in jobs]
    assert found == sorted(found, reverse=spelling.startswith("des"))
    assert len(found) == 45
    assert pages(fakejobs, f"pageSize=8&orderBy={by}&orderDirection={spelling}") == [job["id"] for job in jobs]


@pytest.mark.fakejobs("wix-media-platform/paging")
def test_filters_are_joined_and_compare_to_what_the_document_shows(fakejobs: FakeJobs) -> None:
    jobs = page(fakejobs, "?pageSize=45")["jobs"]
    for query, fits in (
        ("type=urn%3Ajob%3Aav.poster", lambda job: job["type"] == "urn:job:av.poster"),
        (
            "type=urn:job:av.poster&status=error",
            lambda job: job["type"] == "urn:job:av.poster" and job["status"] == "error",
        ),
        ("groupId=group-3", lambda job: job["groupId"] == "group-3"),
        ("groupId=group-3&status=success", lambda job: job["groupId"] == "group-3" and job["status"] == "success"),
        ("issuer=urn:app:default-app", lambda _: True),
        ("issuer=default-app", lambda _: True),
        ("issuer=urn:app:another", lambda _: False),
        ("path=/jobs/", lambda _: True),
        ("path=/jobs", lambda _: True),
        ("path=/job", lambda _: False),
        ("fileId=f", lambda _: False),
    ):
        assert page(fakejobs, f"?pageSize=45&{query}")["jobs"] == [job for job in jobs if fits(job)], query


@pytest.mark.fakejobs("wix-media-platform/transcode", strict=False)
def test_jobs_are_found_by_their_sources(fakejobs: FakeJobs) -> None:
    job = fakejobs.jobs[0].document
    (source,) = job["sources"]
    for query in (f"fileId={source['fileId']}", f"path={quote(source['path'])}", "path=/demo/upload/", "path=/test/"):
        assert [each["id"] for each in page(fakejobs, f"?{query}")["jobs"]] == [job["id"]], query
    for query in ("fileId=x", "path=/demo/uploa/", "path=/demo/upload"):
        assert page(fakejobs, f"?{query}")["jobs"] == [], query


@pytest.mark.fakejobs("wix-media-platform/paging")
def test_a_token_goes_with_the_parameters_that_it_was_given_out_for(fakejobs: FakeJobs) -> None:
    token = page(fakejobs, "?pageSize=2&type=urn:job:av.poster")["nextPageToken"]
    for query in (
        "",
        "&type=urn:job:import.file",
        "&type=urn:job:av.poster&status=error",
        "&type=urn:job:av.poster&orderBy=name",
    ):
        refused = get(fakejobs, f"jobs?pageSize=2&nextPageToken={token}{query}")
        assert (refused.status, refused.json["code"]) == (400, 400), query
    same = f"?nextPageToken={token}&type=urn:job:av.poster"
    for query in ("&orderDirection=des", "&pageSize=3", "&orderBy=date", "&path="):
        assert page(fakejobs, same + query)["jobs"], query


def test_a_job_that_is_held_keeps_its_status_in_searches_and_in_its_group() -> None:
    job = {"id": "g_1", "steps": [{"state": "pending", "for": {"seconds": 5}}, {"state": "success"}]}
    with FakeJobs().play({"dialect": VENDOR, "jobs": [job]}) as fake:
        fake.job("g_1").hold()
        fake.clock.advance(minutes=1)
        assert [each["status"] for each in page(fake, "?status=pending")["jobs"]] == ["pending"]
        fake.job("g_1").release()
        fake.clock.advance(seconds=5)
        assert page(fake, "?status=pending")["jobs"] == []
        assert [each["status"] for each in payload(get(fake, "jobs/groups/g"))] == ["success"]


def test_every_document_comes_along() -> None:
    assert {file.stem for file in Path(DOCUMENTS).glob("*.json")} == {
        "get-job",
        "get-job-group",
        "search-jobs",
        "transcode",
    }
