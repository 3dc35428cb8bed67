"""Whether the parts of a dialect file agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import acme
import pytest

from fakejobs.dialect.agreement import disagreements
from fakejobs.documents import parse
from fakejobs.errors import DocumentError

File = dict[str, Any]


def complaints(*changes: Callable[[File], object]) -> list[str]:
    file = acme.dialect_file()
    for change in changes:
        change(file)
    found = disagreements(parse(json.dumps(file, indent=1), "dialect.json"))
    assert all(each.line > 1 for each in found)
    return [f"{each.pointer}: {each.message}" for each in found]


def without_tenants(file: File) -> None:
    del file["tenants"]
    file["credentials"] = [dict(file["credentials"][0])]


def lines(**more: Any) -> Callable[[File], object]:
    return lambda file: file["routes"][3].update(more)


def lines_query(**more: Any) -> Callable[[File], object]:
    return lambda file: file["routes"][3]["query"].update(more)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            lambda file: file["states"]["queued"]["next"].append("runnning"),
            "/states/queued/next/2: `runnning` is no state of this dialect; there are `queued`, `running`, `ready` or",
        ),
        (
            lambda file: file["script"][1].update(state="open"),
            "/script/1/state: `open` is no state of this dialect",
        ),
        (
            lambda file: file["script"].insert(0, "ready"),
            '/script/0: a step is an object like {"state": …',
        ),
        (
            lambda file: file["script"].insert(0, {"for": {"seconds": 1}}),
            '/script/0: a step is an object like {"state": …',
        ),
        (lambda file: file["script"].append({"state": "ready"}), "/script/2: a step is an object like"),
        (
            lambda file: file["script"][2].update({"for": {"seconds": 1}}),
            '/script/2: a step is an object like {"state": …, "for": {"seconds": 30}}; the last has no `for`',
        ),
        (lambda file: file["script"].pop(1), "/script/1/state: `ready` does not follow `queued`"),
        (
            lambda file: file["tenants"]["keys"]["token"].update(pattern="("),
            "/tenants/keys/token/pattern: found no regular expression: missing )",
        ),
        (
            lambda file: file["tenants"]["apps"]["id"].update(pattern="*"),
            "/tenants/apps/id/pattern: found no regular expression: nothing to repeat",
        ),
        (
            lambda file: file["credentials"][0].update(key="tokne"),
            "/credentials/0/key: `tokne` is no tenant's key of this dialect; there are `token`",
        ),
        (
            lambda file: file["credentials"][1].update(secret="token"),
            "/credentials/1/secret: `token` is no app's key of this dialect; there are `id`, `key` or `secret`",
        ),
        (
            lambda file: file["credentials"][0].update(also={"X-Site": "site"}),
            "/credentials/0/also/X-Site: `site` is no tenant's key of this dialect",
        ),
        (
            lambda file: file["credentials"][1].update(agrees={"X-Site": "id"}),
            "/credentials/1/agrees/X-Site: `id` is no tenant's key of this dialect",
        ),
        (without_tenants, "/credentials/0/key: `token` is no tenant's key of this dialect; there are none"),
        (
            lambda file: file["documents"].update(exprot={"of": "job", "schema": "x"}),
            "/documents/exprot: `exprot` is no template of this dialect; there are `export` or `line`",
        ),
        (
            lambda file: file["documents"]["export"].update(of="item"),
            '/documents: no document is of a job; right would be one with "of": "job"',
        ),
        (
            lambda file: file["collections"]["lines"].update(document="export"),
            "/collections/lines/document: `export` is no document of items of this dialect; there are `line`",
        ),
        (
            lambda file: file["figures"]["rows"].update(items="rows"),
            "/figures/rows/items: `rows` is no collection of this dialect; there are `lines`",
        ),
        (
            lambda file: file["routes"][2].update(at=["GET v2"]),
            "/routes/2/at/0: `GET v2` is not of the form `METHOD /path/{name}`",
        ),
        (
            lambda file: file["routes"][1]["at"].append("GET /exports/{export}"),
            "/routes/1/at/1: `GET /exports/{export}` has no hole `{id}`, and `look` is about the job of an id",
        ),
        (lines(at=["GET /lines"]), "/routes/3/at/0: `GET /lines` has no hole `{id}`, and `collect` is about"),
        (
            lambda file: file["routes"][2].update(public=True),
            "/routes/2/public: `list` has to know who asks; only `look`, `collect` and `upload` may be public",
        ),
        (lines(collection="rows"), "/routes/3/collection: `rows` is no collection of this dialect"),
        (
            lines_query(n={"kind": "integer", "matches": {"1": {}}}),
            "/routes/3/query/n/matches: an integer parameter cannot say which items match",
        ),
        (
            lines_query(n={"kind": "boolean", "matches": {"true": {}}}),
            "/routes/3/query/n/matches: for a boolean it says what `true` and what `false` matches",
        ),
        (
            lines(page={"limit": "size", "cursor": "after"}),
            "/routes/3/page/limit: `size` is no query parameter of this dialect; there are `limit`, `after`",
        ),
        (lines(page={"limit": "limit", "cursor": "next"}), "/routes/3/page/cursor: `next` is no query parameter"),
        (
            lines(page={"limit": "limit", "cursor": "after", "bound": ["ok", "status"]}),
            "/routes/3/page/bound/1: `status` is no query parameter",
        ),
        (
            lines_query(limit={"kind": "integer", "least": 1}),
            "/routes/3/page/limit: the limit is an integer parameter with a `default`, and a `least` of 1 or more",
        ),
        (
            lines_query(limit={"kind": "integer", "default": 5}),
            "/routes/3/page/limit: the limit is an integer parameter with a `default`, and a `least` of 1 or more",
        ),
        (
            lines_query(limit={"kind": "string", "default": "5"}),
            "/routes/3/page/limit: the limit is an integer parameter with a `default`, and a `least` of 1 or more",
        ),
        (lines_query(after={"kind": "integer"}), "/routes/3/page/cursor: the cursor is a string parameter"),
    ],
)
def test_what_one_part_names_and_no_other_declares_is_one_mistake_in_its_place(
    change: Callable[[File], object], complaint: str
) -> None:
    (found,) = complaints(change)
    assert found.startswith(complaint)


def paged(**more: Any) -> Callable[[File], object]:
    """Pages for the list of exports, as a change of the file."""
    entry = {
        "query": {
            "size": {"kind": "integer", "default": 5, "least": 1},
            "token": {"kind": "string"},
            "by": {"kind": "string", "default": "made", "spellings": {"made": "made", "name": "name"}},
            "way": {"kind": "string", "default": "desc", "spellings": {"up": "asc", "down": "desc"}},
            "status": {"kind": "string", "finds": {"at": ["status"]}},
            **more.pop("query", {}),
        },
        "page": {"limit": "size", "cursor": "token"},
        "order": {"by": "by", "direction": "way", "keys": {"made": "job.created", "name": "job.id"}},
    }
    return lambda file: file["routes"][2].update({**entry, **more})


def searched(**more: Any) -> Callable[[File], object]:
    """A search for the list of exports, as a change of the file."""
    page = {"limit": "limit", "cursor": "cursor", "in": "message", "default": 50}
    search = {"language": "wql", "fields": {"id": "text", "status": "text"}, "order": [{"fieldName": "id"}]}
    entry = {"body": "anywhere", "packed": ".r", "fields": {}, "page": page, "search": {**search, **more}}
    return lambda file: file["routes"][2].update(entry)


def cancelled(**more: Any) -> Callable[[File], object]:
    """A route that cancels, as a change of the file."""
    route = {"operation": "stop", "at": ["POST /exports/{id}/stop"], "do": "cancel", "to": "failed", "reply": {}}
    return lambda file: file["routes"].append({**route, **more})


UPLOADS = {
    "ids": "guid",
    "lifetime": {"minutes": 1},
    "name": "name",
    "used_at": "file",
    "format_at": "format",
    "failed": {"state": "failed", "body": {}},
}


@pytest.mark.parametrize("change", [searched(), cancelled(), lambda file: file.update(uploads=UPLOADS)])
def test_searches_cancelling_and_uploads_that_agree_are_no_mistake(change: Callable[[File], object]) -> None:
    assert complaints(change) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            searched(fields={"size": "text", "id": "text"}),
            "/routes/2/search/fields/size: `size` is no key of the job's document",
        ),
        (searched(order=[{"fieldName": "at"}]), "/routes/2/search/order/0/fieldName: `at` is no field of this dialect"),
        (searched(strict="picky"), "/routes/2/search/strict: `picky` is no option of this dialect; there are"),
        (cancelled(to="queued"), "/routes/5/to: `queued` is no state in which a job has ended of this dialect; there"),
        (cancelled(gone_with="gone"), "/routes/5/gone_with: `gone` is no option of this dialect"),
        (
            cancelled(at=["POST /stop"]),
            "/routes/5/at/0: `POST /stop` has no hole `{id}`, and `cancel` is about the job",
        ),
        (cancelled(do="offer", to="failed"), "/routes/5/do: the dialect has no `uploads`"),
        (
            lambda file: file.update(uploads={**UPLOADS, "failed": {"state": "open", "body": {}}}),
            "/uploads/failed/state: `open` is no state of this dialect",
        ),
        (
            lambda file: file.update(sdk={"renames": {}, "dates": ["made"]}),
            "/sdk/dates/0: `made` is no key of the job's document of this dialect",
        ),
    ],
)
def test_searches_cancelling_uploads_and_sdks_that_do_not_agree_are_mistakes(
    change: Callable[[File], object], complaint: str
) -> None:
    (found,) = complaints(change)
    assert found.startswith(complaint)


def test_a_limit_in_the_message_has_a_default() -> None:
    def change(file: File) -> None:
        searched()(file)
        del file["routes"][2]["page"]["default"]

    assert complaints(change) == ["/routes/2/page: a limit in the message has a `default`"]


CALLBACKS = {"at": "url", "url": "${document.url}", "headers": {}, "body": {}, "beyond": "links"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            paged(query={"kind": {"kind": "string", "finds": {"at": ["kind"]}}}),
            "/routes/2/query/kind/finds/at/0: `kind` is no key of the job's document of this dialect; there are",
        ),
        (paged(query={"g": {"kind": "string", "group": True}}), "/routes/2/query/g/group: the dialect has no `groups`"),
        (
            lines_query(state={"kind": "string", "finds": {"at": ["status"]}}),
            "/routes/3/query/state/finds: `finds` chooses among the jobs of a list, and this route does `collect`",
        ),
        (
            paged(order={"by": "sort", "direction": "way", "keys": {"made": "job.created"}}),
            "/routes/2/order/by: `sort` is no query parameter of this dialect; there are `size`",
        ),
        (
            paged(query={"way": {"kind": "string", "default": "desc", "spellings": {"up": "ascending"}}}),
            "/routes/2/order/direction: `way` may mean `ascending`; right would be `asc` or `desc`",
        ),
        (
            lambda file: file["routes"][1].update({"do": "group"}),
            "/routes/1/do: the dialect has no `groups`",
        ),
        (
            lambda file: (
                file.update(groups={"shape": "hex", "joins": "_", "at": "id"}),
                file["routes"][1].update({"do": "group", "at": ["GET /v2/groups/{group}"]}),
            ),
            "/routes/1/at/0: `GET /v2/groups/{group}` has no hole `{id}`, and `group` is about the group of an id",
        ),
        (
            lambda file: file["routes"][2].update(empty_with="emptiness"),
            "/routes/2/empty_with: `emptiness` is no option of this dialect; there are `links`",
        ),
        (
            lambda file: file["routes"][0].update(fields={"a": {"is": "place"}}),
            "/routes/0/fields/a/is: `place` is no shape of this dialect; there are none",
        ),
        (
            lambda file: file.update(shapes={"a": {"kind": "array", "items": {"required": True}}}),
            "/shapes/a/items: a field says its `kind`, or which shape it `is`",
        ),
        (
            lambda file: file["routes"][0].update(makes={"task": {}, "spread": {"row": {}}}),
            "/routes/0/makes/spread/row: `row` is no list of this dialect; there are none",
        ),
        (
            lambda file: file["credentials"][1].update(host="domain"),
            "/credentials/1/host: `domain` is no tenant's key of this dialect; there are `token`",
        ),
        (
            lambda file: file.update(callbacks={**CALLBACKS, "beyond": "far", "failed": {"state": "failed"}}),
            "/callbacks/beyond: `far` is no option of this dialect; there are `links`",
        ),
        (
            lambda file: file.update(callbacks={**CALLBACKS, "failed": {"state": "broken"}}),
            "/callbacks/failed/state: `broken` is no state of this dialect; there are",
        ),
    ],
)
def test_what_lists_groups_creators_and_callbacks_name_has_to_be_there(
    change: Callable[[File], object], complaint: str
) -> None:
    (found,) = complaints(change)
    assert found.startswith(complaint)
    assert complaints(paged()) == []


def test_a_file_whose_parts_agree_has_nothing_to_complain_of() -> None:
    assert complaints() == []


def test_all_mistakes_are_told_at_once_and_nothing_is_compiled() -> None:
    def change(file: File) -> None:
        file["states"]["queued"]["next"] = ["a", "running", "b"]
        file["routes"][3]["collection"] = "rows"

    assert [each.partition(":")[0] for each in complaints(change)] == [
        "/states/queued/next/0",
        "/states/queued/next/2",
        "/routes/3/collection",
    ]
    with pytest.raises(DocumentError) as found:
        acme.made(change)
    assert len(found.value.problems) == 3
