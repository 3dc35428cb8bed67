"""Queries of Wix Data Movement Jobs: what they find, in which order, page by page, and what is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from asking import ask
from hypothesis import given, settings
from hypothesis import strategies as st
from moving import JOBS, PREFIXES, get, packed, post, problem, query
from naively import FIELDS, FILTERS, SORTS, fits, ordered
from werkzeug.test import Client

from fakejobs import FakeJobs

STEPS = [
    {"state": "UNINITIALIZED", "for": {"seconds": 1}},
    {"state": "INITIALIZING", "for": {"seconds": 1}},
    {"state": "IN_PROGRESS", "for": {"seconds": 60}},
]
WORDS = st.sampled_from(["", "a", "A", "ab", "Abc", "b"])
GUIDS = st.sampled_from(["c0c0c0c0-0000-4000-8000-000000000001", "d0d0d0d0-0000-4000-8000-000000000002"])
BODIES = st.fixed_dictionaries({}, optional={"name": WORDS, "scheduleId": GUIDS, "workflowId": GUIDS})
JOB_SETS = st.lists(
    st.builds(
        lambda end, minutes, body: {"created": {"minutes": -minutes}, "body": body, "steps": [*STEPS, {"state": end}]},
        st.sampled_from(["COMPLETED", "FAILED", "PARTIALLY_SUCCESSFUL", "TERMINATED"]),
        st.integers(0, 3),
        BODIES,
    ),
    max_size=8,
)


class Site:
    """A site with jobs, asked without a socket; one more site has the same."""

    def __init__(self, jobs: list[dict[str, Any]]) -> None:
        both = [{**job, "tenant": site} for site in ("a", "b") for job in jobs]
        self.fake = FakeJobs().play({"dialect": "wix-data-movement", "tenants": {"a": {}, "b": {}}, "jobs": both})
        self.client = Client(self.fake.app)
        self.headers = self.fake.credentials("a")

    def ask(self, message: Any, *, packs: bool = True) -> Any:
        """The reply to a query, by GET or by POST."""
        if packs:
            reply = self.client.get(f"{JOBS}/query?.r={packed({'query': message})}", headers=self.headers)
        else:
            reply = self.client.post(f"{JOBS}/query", json={"query": message}, headers=self.headers)
        assert reply.status_code == 200, reply.text
        return reply.json

    def documents(self) -> list[Any]:
        """The documents of its jobs, by their ids."""
        return sorted((job.document for job in self.fake.jobs if job.tenant == "a"), key=lambda job: job["id"])

    def walk(self, message: Any, limit: int) -> list[list[Any]]:
        """The pages of a query from the first to the last."""
        reply = self.ask({**message, "cursorPaging": {"limit": limit}})
        pages = [reply]
        while "next" in reply["pagingMetadata"]["cursors"]:
            onward = {"cursor": reply["pagingMetadata"]["cursors"]["next"], "limit": limit}
            reply = self.ask({"cursorPaging": onward})
            pages.append(reply)
        for number, page in enumerate(pages):
            assert page["pagingMetadata"]["count"] == len(page["jobs"]) <= limit
            assert page["pagingMetadata"]["hasNext"] is (number < len(pages) - 1)
            assert ("prev" in page["pagingMetadata"]["cursors"]) is (number > 0)
        back = pages[-1]
        for earlier in reversed(pages[:-1]):
            onward = {"cursor": back["pagingMetadata"]["cursors"]["prev"], "limit": limit}
            back = self.ask({"cursorPaging": onward})
            assert back["jobs"] == earlier["jobs"]
        return [page["jobs"] for page in pages]


# ---------------------------------------------------------------------- laws


@settings(max_examples=60)
@given(JOB_SETS, FILTERS, SORTS, st.booleans())
def test_a_query_finds_what_a_naive_reading_of_it_finds_in_that_order(
    jobs: list[dict[str, Any]],
    filter: dict[str, Any],
    sort: list[dict[str, Any]],
    packs: bool,
) -> None:
    site = Site(jobs)
    documents = site.documents()
    if sort:  # else by their ids, as they are
        documents = sorted(documents, key=lambda job: [each.id for each in site.fake.jobs].index(job["id"]))
    wanted = ordered(sort, [job for job in documents if fits(filter, job)])
    found = site.ask({"filter": filter, "sort": sort}, packs=packs)["jobs"]
    assert [job["id"] for job in found] == [job["id"] for job in wanted]


@settings(max_examples=40)
@given(JOB_SETS, FILTERS, SORTS, st.integers(1, 5))
def test_pages_of_any_size_show_each_job_that_fits_once_in_order_and_lead_back(
    jobs: list[dict[str, Any]], filter: dict[str, Any], sort: list[dict[str, Any]], limit: int
) -> None:
    site = Site(jobs)
    message = {"filter": filter, "sort": sort}
    whole = site.ask({**message, "cursorPaging": {"limit": 100}})["jobs"]
    pages = site.walk(message, limit)
    assert [job for page in pages for job in page] == whole
    assert all(len(page) == limit for page in pages[:-1])


@settings(max_examples=20)
@given(st.integers(1, 4), st.lists(st.integers(0, 3), max_size=4), SORTS)
def test_jobs_that_are_submitted_between_pages_neither_repeat_a_job_nor_hide_one(
    limit: int, between: list[int], sort: list[dict[str, Any]]
) -> None:
    site = Site([{"created": {"minutes": -n}, "steps": [*STEPS, {"state": "COMPLETED"}]} for n in range(6)])
    site.fake.clock.advance(hours=1)
    before = {job["id"] for job in site.documents()}
    order = {"sort": sort} if sort else {}
    reply = site.ask({**order, "cursorPaging": {"limit": limit}})
    seen = [job["id"] for job in reply["jobs"]]
    for count in [*between, *[0] * 9]:
        for _ in range(count):
            source, destination = ({"wixDataCollection": {"collectionId": name}} for name in "ab")
            message = {"source": source, "destination": destination}
            assert site.client.post(JOBS, json=message, headers=site.headers).status_code == 200
        onward = reply["pagingMetadata"]["cursors"].get("next")
        if onward is None:
            break
        reply = site.ask({"cursorPaging": {"cursor": onward, "limit": limit}})
        seen += [job["id"] for job in reply["jobs"]]
    assert len(set(seen)) == len(seen)
    assert onward is not None or before <= set(seen)


DEEDS = st.lists(st.tuples(st.sampled_from(["advance", "terminate", "finish", "fail"]), st.integers(0, 40)), max_size=6)


@settings(max_examples=40)
@given(JOB_SETS, DEEDS, FILTERS, SORTS)
def test_a_query_follows_its_jobs_wherever_time_clients_and_the_test_bring_them(
    jobs: list[dict[str, Any]], deeds: list[tuple[str, int]], filter: dict[str, Any], sort: list[dict[str, Any]]
) -> None:
    site = Site([{**job, "created": {"seconds": 0}} for job in jobs])
    for deed, number in (("advance", 0), *deeds):
        mine = [job for job in site.fake.jobs if job.tenant == "a" and job.phase in ("waiting", "running")]
        if deed == "advance":
            site.fake.clock.advance(seconds=number)
        elif deed == "terminate" and mine:
            job = mine[number % len(mine)]
            assert site.client.post(f"{JOBS}/{job.id}/terminate", headers=site.headers).status_code == 200
        elif mine:
            getattr(mine[number % len(mine)], deed)(body={"name": "moved by hand"})
        order = sort or [{"fieldName": "id"}]
        kept = [job.document for job in site.fake.jobs if job.tenant == "a" and fits(filter, job.document)]
        found = site.ask({"filter": filter, "sort": sort})["jobs"]
        assert [job["id"] for job in found] == [job["id"] for job in ordered(order, kept)]


# ---------------------------------------------------------------------- by hand


@pytest.mark.fakejobs("wix-data-movement/failed-newest-first")
def test_the_vendors_own_example_finds_the_failed_jobs_of_this_site_newest_first(fakejobs: FakeJobs) -> None:
    message = {"query": {"filter": {"status": "FAILED"}, "sort": [{"fieldName": "finishedAt", "order": "DESC"}]}}
    flat = "query.filter.status=FAILED&query.sort.fieldName=finishedAt&query.sort.order=DESC"
    answers = [post(fakejobs, f"{prefix}/jobs/query", message, "site-a") for prefix in PREFIXES]
    answers += [get(fakejobs, f"{prefix}/jobs/query?.r={packed(message)}", "site-a") for prefix in PREFIXES]
    answers.append(get(fakejobs, f"{JOBS}/query?{flat}", "site-a"))
    assert len({answer.body for answer in answers}) == 1
    jobs = answers[0].json["jobs"]
    assert [job["name"] for job in jobs] == [
        "submitted first, failed last",
        "failed third",
        "failed second",
        "failed first",
    ]


@pytest.mark.fakejobs("wix-data-movement/paging")
def test_a_list_is_by_id_and_fifty_long_unless_another_limit_is_given(fakejobs: FakeJobs) -> None:
    whole = get(fakejobs, JOBS).json
    ids = [job["id"] for job in whole["jobs"]]
    assert ids == sorted(job.id for job in fakejobs.jobs)
    assert post(fakejobs, f"{JOBS}/list", {}).json == whole == get(fakejobs, f"{JOBS}/query").json
    assert ask(fakejobs, "POST", f"{JOBS}/list", fakejobs.credentials()).json == whole  # without a body
    first = get(fakejobs, f"{JOBS}?.r={packed({'paging': {'limit': 5}})}").json
    cursor = first["pagingMetadata"]["cursors"]["next"]
    second = post(fakejobs, f"{JOBS}/list", {"paging": {"limit": 5, "cursor": cursor}}).json
    third = get(fakejobs, f"{JOBS}?paging.limit=5&paging.cursor={second['pagingMetadata']['cursors']['next']}").json
    assert [job["id"] for page in (first, second, third) for job in page["jobs"]] == ids
    assert third["pagingMetadata"]["cursors"].keys() == {"prev"}


@pytest.mark.fakejobs("wix-data-movement/strict-filters")
def test_a_strict_service_takes_one_operator_for_a_field(fakejobs: FakeJobs) -> None:
    both = {"startedAt": {"$gte": "2025-01-01T00:00:00Z", "$lt": "2027-01-01T00:00:00Z"}}
    refused = get(fakejobs, f"{JOBS}/query?.r={packed({'query': {'filter': both}})}")
    data = {"unknownOperator": {"fieldPath": "startedAt", "operator": "$lt"}}
    assert problem(refused) == (400, "INVALID_FILTER", data)
    joined = {"$and": [{"startedAt": {name: value}} for name, value in both["startedAt"].items()]}
    assert len(query(fakejobs, {"filter": joined})) == len(fakejobs.jobs)


# ---------------------------------------------------------------------- what is refused


def deep(levels: int) -> Any:
    value: Any = {"status": "FAILED"}
    for _ in range(levels):
        value = {"$not": value}
    return value


@pytest.mark.fakejobs("wix-data-movement/paging")
@pytest.mark.parametrize(
    ("message", "named"),
    [
        ({"filter": {"createdBy": "me"}}, ("INVALID_FILTER", {"unknownField": {"fieldPath": "createdBy"}})),
        (
            {"filter": {"status": {"$like": "F"}}},
            ("INVALID_FILTER", {"unknownOperator": {"fieldPath": "status", "operator": "$like"}}),
        ),
        ({"filter": {"startedAt": "yesterday"}}, ("INVALID_FILTER", {"fieldPath": "startedAt"})),
        ({"filter": deep(150)}, ("INVALID_FILTER", {"fieldPath": "query.filter"})),
        ({"filter": {"name": "n" * 900_000}}, ("INVALID_FILTER", {"fieldPath": "query.filter"})),
        ({"filter": "FAILED"}, ("query.filter", "must be an object")),
        ({"cursorPaging": {"limit": 0}}, ("query.cursorPaging.limit", "must be at least 1")),
        ({"cursorPaging": {"limit": -1}}, ("query.cursorPaging.limit", "must be at least 1")),
        ({"cursorPaging": {"limit": 101}}, ("query.cursorPaging.limit", "must be at most 100")),
        ({"cursorPaging": {"limit": "ten"}}, ("query.cursorPaging.limit", "must be an integer")),
        (
            {"cursorPaging": {"cursor": "c" * 20_000}},
            ("query.cursorPaging.cursor", "must have at most 16000 characters"),
        ),
        ({"cursorPaging": {"cursor": "forged"}}, ("INVALID_CURSOR", {})),
        ({"sort": [{"fieldName": "id"}] * 6}, ("query.sort", "must have at most 5")),
        ({"sort": [{"order": "ASC"}]}, ("query.sort.0.fieldName", "must be given")),
        (
            {"sort": [{"fieldName": "progress"}]},
            ("query.sort.0.fieldName", f"must be one of {', '.join(sorted(FIELDS))}"),
        ),
    ],
    ids=lambda value: None if isinstance(value, tuple) else json.dumps(value)[:40],
)
def test_a_query_that_cannot_be_read_is_refused_by_what_is_wrong_in_it_and_changes_nothing(
    fakejobs: FakeJobs, message: Any, named: tuple[str, Any]
) -> None:
    assert get(fakejobs, JOBS).status == 200  # so that the documents have the address of the fake in them
    before = [job.document for job in fakejobs.jobs]
    answers = [post(fakejobs, f"{JOBS}/query", {"query": message}) for _ in range(2)]
    assert problem(answers[0]) == (400, *named)
    assert answers[0].without_date() == answers[1].without_date()
    assert [job.document for job in fakejobs.jobs] == before


@pytest.mark.fakejobs("wix-data-movement/paging")
@pytest.mark.parametrize(
    "body", [b'{"query":' + b"[" * 100_000, b'{"query": {"filter": ' + b'{"$not": ' * 1000 + b"{}"]
)
def test_a_body_that_is_nested_beyond_reading_is_refused_too(fakejobs: FakeJobs, body: bytes) -> None:
    client = Client(fakejobs.app)
    reply = client.post(f"{JOBS}/query", data=body, headers=fakejobs.credentials())
    assert (reply.status_code, "body" in reply.text) == (400, True)


@pytest.mark.fakejobs("wix-data-movement/paging")
def test_a_filter_nested_a_thousand_deep_is_refused_however_much_of_it_json_can_read(fakejobs: FakeJobs) -> None:
    text = b'{"query":{"filter":' + b'{"$not":' * 1000 + b"{}" + b"}" * 1002
    hidden = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    client, headers = Client(fakejobs.app), fakejobs.credentials()
    for reply, named in (
        (client.post(f"{JOBS}/query", data=text, headers=headers), "body"),
        (client.get(f"{JOBS}/query?.r={hidden}", headers=headers), ".r"),
    ):
        assert reply.status_code == 400
        assert any(name in reply.text for name in (f'"field":"{named}"', '"fieldPath":"query.filter"'))


@pytest.mark.fakejobs("wix-data-movement/paging")
def test_a_filter_of_two_megabytes_is_refused_in_the_vendors_envelope(fakejobs: FakeJobs) -> None:
    answer = post(fakejobs, f"{JOBS}/query", {"query": {"filter": {"name": "n" * 2_000_000}}})
    assert problem(answer) == (400, "body", "must be smaller")


@pytest.mark.fakejobs("wix-data-movement/two-tenants")
def test_a_cursor_stands_alone_and_leads_nobody_else_anywhere(fakejobs: FakeJobs) -> None:
    mine, theirs = dict.fromkeys(job.tenant for job in fakejobs.jobs)
    for site in (mine, theirs):
        for number in range(3):
            source, destination = ({"wixDataCollection": {"collectionId": f"{name}{number}"}} for name in "ab")
            assert post(fakejobs, JOBS, {"source": source, "destination": destination}, site).status == 200

    def ask(message: Any, site: str = mine) -> Any:
        return post(fakejobs, f"{JOBS}/query", {"query": message}, site)

    first = ask({"filter": {"status": "UNINITIALIZED"}, "cursorPaging": {"limit": 1}}).json
    cursor = {"cursor": first["pagingMetadata"]["cursors"]["next"], "limit": 1}
    assert ask({"cursorPaging": cursor}).status == 200
    assert ask({"cursorPaging": cursor, "filter": {}, "sort": []}).status == 200
    refused = [
        ask({"cursorPaging": cursor, "filter": {"status": "UNINITIALIZED"}}),
        ask({"cursorPaging": cursor, "sort": [{"fieldName": "id"}]}),
        ask({"cursorPaging": cursor}, theirs),
        get(fakejobs, f"{JOBS}?paging.cursor={cursor['cursor']}", mine),
    ]
    assert {problem(answer)[:2] for answer in refused} == {(400, "INVALID_CURSOR")}
    alone, foreign = "a cursor goes alone", "this is no cursor that was given out for this row"
    reasons = [entry.reason for entry in fakejobs.journal][-4:]
    assert [
        reason.startswith(said) for reason, said in zip(reasons, (alone, alone, foreign, foreign), strict=True)
    ] == [True] * 4
    told = [answer.json["details"]["applicationError"]["description"] for answer in refused]
    crowded = "Sort or filter can not be specified together with cursor"  # the vendor's words
    assert told[:2] == [crowded, crowded]
    assert told[2] == '"query.cursorPaging.cursor" must be a cursor from another page, alone'
    assert told[3] == '"paging.cursor" must be a cursor from another page'


@pytest.mark.fakejobs("wix-data-movement/paging")
def test_what_is_wrong_in_a_query_string_is_not_sought_in_the_body(fakejobs: FakeJobs) -> None:
    get(fakejobs, f"{JOBS}?paging.limit=abc")
    post(fakejobs, f"{JOBS}/list", {"paging": {"limit": "abc"}})
    assert [entry.reason for entry in fakejobs.journal] == [
        "`paging.limit` in the query must be an integer",
        "`paging.limit` in the body must be an integer",
    ]


def test_a_cursor_carries_a_long_filter_and_stays_short_enough_to_be_taken() -> None:
    site = Site([{"steps": [*STEPS, {"state": "COMPLETED"}]} for _ in range(3)])
    ids = [job["id"] for job in site.documents()]
    others = [f"{number:08x}-1111-4111-8111-{number * 7919:012x}" for number in range(200)]
    pages = site.walk({"filter": {"id": {"$in": [*others, *ids]}}, "sort": [{"fieldName": "name"}]}, 1)
    assert sorted(job["id"] for page in pages for job in page) == ids


def test_all_fields_that_may_be_asked_for_are_those_of_the_naive_reading() -> None:
    site = Site([])
    reply = site.client.post(f"{JOBS}/query", json={"query": {"filter": {"?": 1}}}, headers=site.headers)
    assert reply.json is not None
    description = reply.json["details"]["applicationError"]["description"]
    assert description.endswith("there are " + ", ".join(sorted(FIELDS)))
