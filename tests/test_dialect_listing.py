"""Lists as a dialect serves them: which jobs, in which order, from where."""

from __future__ import annotations

from typing import Any

import acme
import pytest

from fakejobs.commands import Ask, List, Principal, View
from fakejobs.dialect.facts import GroupFacts, JobFacts
from fakejobs.dialect.listing import Finds, part_of, place_of
from fakejobs.dialect.model import Dialect, Route
from fakejobs.dialect.overlays import ABSENT
from fakejobs.dialect.reading import Reading, read
from fakejobs.dialect.scope import Scope
from fakejobs.lifecycle import Position, Script, Step

SCRIPT = Script(steps=(Step(state="queued", phase="waiting"), Step(state="ready", phase="succeeded")))
QUERY: dict[str, Any] = {
    "size": {"kind": "integer", "default": 5, "least": 1},
    "token": {"kind": "string"},
    "by": {"kind": "string", "default": "made", "spellings": {"made": "made", "name": "name"}},
    "way": {"kind": "string", "default": "asc", "spellings": {"up": "asc", "down": "desc"}},
    "status": {"kind": "string", "finds": {"at": ["status"]}},
    "count": {"kind": "integer", "finds": {"at": ["rows.all", "progress"]}},
    "tag": {"kind": "string", "finds": {"at": ["rows.tags.*"], "forms": ["{}", "tag:{}"]}},
}


def listing(**more: Any) -> Dialect:
    def change(file: dict[str, Any]) -> None:
        order = {"by": "by", "direction": "way", "keys": {"made": "job.created", "name": "job.id"}}
        file["routes"][2].update({"query": QUERY, "page": {"limit": "size", "cursor": "token"}, "order": order, **more})

    return acme.made(change)


def wanted(dialect: Dialect, **query: str) -> List:
    route: Route = dialect.routes[2]
    ask = Ask(method="GET", path="/", query={name: (value,) for name, value in query.items()})
    found = read(dialect, route, {}, ask, Principal(tenant="shop"))
    assert isinstance(found, Reading)
    assert isinstance(found.command, List)
    return found.command


def view(**more: Any) -> View:
    made: dict[str, Any] = {"position": Position(entered=(7,)), "id": "a", **more}
    return View(dialect="acme-exports", tenant="shop", script=SCRIPT, **made)


def test_a_list_without_filters_keeps_all_in_the_order_of_creation() -> None:
    found = wanted(listing())
    assert found == List(most=5)
    assert place_of(found, view(serial=3)).number == [7, 3]


def test_an_order_has_a_key_and_a_direction() -> None:
    found = wanted(listing(), by="name", way="down", size="2")
    assert (found.most, found.descending) == (2, True)
    assert place_of(found, view(serial=3)).number == ["a", 3]


@pytest.mark.parametrize(
    ("query", "body", "fits"),
    [
        ({"status": "open"}, {}, True),
        ({"status": "ready"}, {}, False),
        ({"status": "ready"}, {"status": "ready"}, True),
        ({"status": "open"}, {"status": ABSENT}, False),
        ({"count": "0"}, {}, True),
        ({"count": "4"}, {}, False),
        ({"count": "4"}, {"rows": {"all": 4}}, True),
        ({"tag": "b"}, {"rows": {"tags": ["a", "b"]}}, True),
        ({"tag": "b"}, {"rows": {"tags": ["a", "tag:b"]}}, True),
        ({"tag": "b"}, {"rows": {"tags": "b"}}, False),
        ({"tag": "b"}, {"rows": 7}, False),
        ({"tag": "b", "status": "ready"}, {"rows": {"tags": ["b"]}}, False),
    ],
)
def test_a_filter_compares_to_what_the_document_shows_with_the_bodies_over_it(
    query: dict[str, str], body: dict[str, Any], fits: bool
) -> None:
    keeps = wanted(listing(), **query).keeps
    assert keeps is not None
    assert keeps(view(overlays=(body,))) is fits


def test_a_path_that_ends_in_a_slash_means_all_below_it() -> None:
    finds = Finds(at=(), is_path=True)
    below = ["/a/b", "/a/", "/a", "/ab", "b", None, 7]
    assert [finds.fits(value, "/a/") for value in below] == [True, True, True, False, False, False, False]
    assert [finds.fits(value, "/a") for value in below] == [False, False, True, False, False, False, False]
    assert Finds(at=()).fits(4, 4)


def test_a_list_without_pages_may_filter_too() -> None:
    def change(file: dict[str, Any]) -> None:
        file["routes"][2]["query"] = {"status": QUERY["status"]}

    dialect = acme.made(change)
    assert wanted(dialect) == List()
    keeps = wanted(dialect, status="open").keeps
    assert keeps is not None
    assert keeps(view())


def test_a_document_that_is_chosen_as_a_whole_has_no_parts() -> None:
    def change(file: dict[str, Any]) -> None:
        file["templates"]["export"] = {"$when": {"job.id": "a"}, "then": {"status": "open"}}

    dialect = acme.made(change)
    facts = JobFacts(dialect, view())
    assert part_of(dialect, facts, Scope({"job": facts}), "status") is None


def test_a_group_of_no_jobs_has_no_names() -> None:
    assert GroupFacts(()).get("id") is None
    assert [GroupFacts((view(group="g"),)).get(name) for name in ("id", "phase", "size")] == ["g", "waiting", None]
