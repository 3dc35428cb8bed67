"""Documents and live replies, held against a dialect's schemas."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from playing import GUID, LIFE, A, conversio, create, get, look, wix

from fakejobs import DocumentError, FakeJobs, UsageError, check_document
from fakejobs.conformance import ConformanceError, document_problems, documents_in, reply_problems
from fakejobs.dialect.loader import SHIPPED, dialect
from fakejobs.documents import from_value
from fakejobs.journal import Entry

JOB = {"id": A, "kind": "newsletter-recipients", "status": "pending"}
ITEM = {"id": "1", "success": True}
CONVERSIO, WIX = dialect("conversio"), dialect("wix-async-jobs")


def said(value: Any, kind: str | None = None, name: str = "conversio") -> list[str]:
    problems = document_problems(from_value(value, "x"), dialect(name), kind)
    return [f"{problem.message} (at {problem.pointer})" for problem in problems]


@pytest.mark.parametrize("value", [JOB, {"data": JOB}, {"data": [JOB, JOB]}])
def test_a_job_is_judged_alone_in_its_reply_and_in_a_list(value: Any) -> None:
    assert said(value) == []
    check_document(value, dialect="conversio")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({**JOB, "status": "x"}, "/status"),
        ({"data": {**JOB, "status": "x"}}, "/data/status"),
        ({"data": [JOB, {**JOB, "status": "x"}]}, "/data/1/status"),
    ],
)
def test_a_mistake_is_told_with_its_place_in_the_whole(value: Any, place: str) -> None:
    (found,) = said(value)
    assert found.endswith(f"(at {place})")
    with pytest.raises(ConformanceError) as caught:
        check_document(value, dialect="conversio")
    assert [problem.pointer for problem in caught.value.problems] == [place]
    assert str(caught.value).startswith("<document>: found ")


def test_items_are_judged_in_their_reply_or_by_their_name() -> None:
    assert said({"results": [ITEM, {**ITEM, "success": "yes"}]}, name="wix-async-jobs")[0].endswith(
        "/results/1/success)"
    )
    assert said(ITEM, "item", "wix-async-jobs") == []
    assert said({"id": "1"}, "item", "wix-async-jobs") == ["`success` is missing (at )"]
    assert said(ITEM, name="wix-async-jobs") != []


def test_a_kind_that_the_dialect_does_not_have_is_told_which_it_has() -> None:
    with pytest.raises(UsageError, match=r"^wix-async-jobs has no document `itm`; did you mean `item`\?$"):
        said(ITEM, "itm", "wix-async-jobs")
    with pytest.raises(UsageError, match=r"^conversio has no document `zzz`; there are `job`$"):
        check_document(JOB, dialect="conversio", kind="zzz")
    with pytest.raises(UsageError, match="no dialect is called `conversion`; did you mean `conversio`"):
        check_document(JOB, dialect="conversion")


def test_what_is_no_reply_is_judged_as_a_job() -> None:
    assert [path for path, _ in documents_in(CONVERSIO, {"nothing": 1})] == [()]
    assert said(7) == ["found a number (7); right would be an object (at )"]
    assert "unknown key `data`" in " ".join(said({"data": 7, "id": A, "kind": "segments-export", "status": "pending"}))


def test_a_file_is_judged_with_lines_and_columns(tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    file.write_text(json.dumps({"data": {**JOB, "status": "don"}}, indent=1))
    with pytest.raises(DocumentError) as caught:
        check_document(file, dialect="conversio")
    assert str(caught.value).startswith(f'{file}:5:13: found "don"; right would be `pending`, `done` or `failed`')


def test_a_dialect_of_one_s_own_is_found_in_its_folder(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "conversio", tmp_path / "otherio")
    file = tmp_path / "otherio" / "dialect.json"
    entry = json.loads(file.read_text(encoding="utf-8"))
    entry["routes"][0]["reply"]["body"] = {"task?": {"$use": "job"}}
    file.write_text(json.dumps({**entry, "dialect": "otherio"}), encoding="utf-8")
    check_document({"task": JOB}, dialect="otherio", dialects=[tmp_path])
    with pytest.raises(ConformanceError, match="/task/status"):
        check_document({"task": {**JOB, "status": "x"}}, dialect="otherio", dialects=[tmp_path])


# ------------------------------------------------------------------ live replies


def last(fake: FakeJobs) -> Entry:
    return fake.journal[-1]


def test_every_live_reply_holds() -> None:
    fake = FakeJobs().play(conversio({"id": A})).play(wix({"id": GUID, "items": [{}]}, tenants={"site": {}}))
    for path, tenant in (
        (f"/api/v1/async-jobs/{A}", "default"),
        ("/api/v1/async-jobs", "default"),
        (f"/v1/async-jobs/{GUID}", "site"),
        (f"/v1/async-jobs/{GUID}/items", "site"),
    ):
        assert get(fake, path, tenant).status_code == 200
        assert reply_problems(CONVERSIO if tenant == "default" else WIX, last(fake)) == ()


def test_replies_without_documents_have_nothing_to_hold() -> None:
    fake = FakeJobs().play(conversio({"id": A, "steps": [{"state": "done"}]}))
    look(fake, "f" * 24)
    assert reply_problems(CONVERSIO, last(fake)) == ()
    get(fake, f"/async-jobs/{A}.csv")
    assert reply_problems(CONVERSIO, last(fake)) == ()
    get(fake, "/nowhere")
    assert reply_problems(CONVERSIO, last(fake)) == ()
    get(fake, "/api/v1/customer-lists/l/subscribers?segment={}", method="DELETE")
    assert last(fake).response.status == 202
    assert reply_problems(CONVERSIO, last(fake)) == ()


def test_a_list_that_should_hold_documents_has_to_be_one() -> None:
    faults = [{"on": "list", "fault": {"status": 200, "body": {"data": {}}}}]
    fake = FakeJobs().play(conversio({"id": A}, faults=faults))
    get(fake, "/api/v1/async-jobs")
    (problem,) = reply_problems(CONVERSIO, last(fake))
    assert problem.message.endswith("right would be a list of documents at /data")
    get(fake, "/api/v1/async-jobs")
    assert reply_problems(CONVERSIO, last(fake)) == ()


def test_a_live_reply_that_does_not_hold_is_told_where() -> None:
    fake = FakeJobs().play(conversio(submissions=[{"steps": LIFE}]))
    create(fake)
    entry = last(fake)
    assert reply_problems(CONVERSIO, entry) == ()
    none = entry.response._replace(body=b'{"data": []}')
    (missing,) = reply_problems(CONVERSIO, entry._replace(response=none))
    assert missing.message == "this reply holds none of what it should; right would be a document at /data"
    bad = entry.response._replace(body=b'{"data": {"id": "x"}}')
    found = reply_problems(CONVERSIO, entry._replace(response=bad))
    assert {problem.pointer for problem in found} >= {"/data", "/data/id"}
    assert {problem.file for problem in found} == {"POST /api/v1/newsletters/n-1/recipients/async-export"}


def test_a_live_reply_that_is_not_json_is_told_so() -> None:
    faults = [{"on": "look", "fault": {"status": 200, "body": "<html>"}}]
    fake = FakeJobs().play(conversio({"id": A}, faults=faults))
    look(fake, A)
    (problem,) = reply_problems(CONVERSIO, last(fake))
    assert str(problem).startswith(f"GET /api/v1/async-jobs/{A}:1:1: ")


@pytest.mark.parametrize(
    ("dialect", "value"), [("conversio", {"data": []}), ("wix-async-jobs", {"results": [], "pagingMetadata": {}})]
)
def test_a_reply_without_a_document_leaves_nothing_to_judge_and_that_is_said(dialect: str, value: Any) -> None:
    with pytest.raises(ConformanceError, match="there is no document in it, and so nothing to judge"):
        check_document(value, dialect=dialect)
