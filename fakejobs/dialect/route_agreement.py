"""Whether the routes of a dialect file agree with the rest of it, and with themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from fakejobs.dialect.routing import Pattern, pattern
from fakejobs.documents import Path, listed
from fakejobs.lifecycle import TERMINAL

Complaint = tuple[Path, str]
"""Where in a dialect file something is wrong, and what would be right."""

_OF_AN_ID = {
    "look": "the job",
    "collect": "the job",
    "cancel": "the job",
    "group": "the group",
    "upload": "the file",
}
"""What a route is about whose paths have a hole for an id, by what it does."""


def unknown(name: object, what: str, known: Collection[str], path: Path) -> Iterator[Complaint]:
    """Complain of a name that is none of those known."""
    if name not in known:
        there = f"there are {listed(known)}" if known else "there are none"
        yield path, f"`{name}` is no {what} of this dialect; {there}"


def _routes(entry: Mapping[str, Any]) -> Iterator[Complaint]:
    for number, route in enumerate(entry["routes"]):
        path, query = ("routes", number), route.get("query", {})
        yield from _places(route, path)
        yield from _of_route(entry, route, path)
        for name, parameter in query.items():
            yield from _parameter(parameter, (*path, "query", name))
            yield from _listed_by(entry, route["do"], parameter, (*path, "query", name))
        if "page" in route:
            yield from _page(route["page"], query, (*path, "page"))
        if "search" in route:
            yield from _search(entry, route["search"], (*path, "search"))
        if "order" in route:
            yield from _order(route["order"], query, (*path, "order"))
        for name in route.get("makes", {}).get("spread", {}):
            yield from unknown(name, "list", route["makes"].get("each", {}), (*path, "makes", "spread", name))
        yield from _fields(route.get("fields", {}), entry.get("shapes", {}), (*path, "fields"))


def _places(route: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    do = route["do"]
    for place, text in enumerate(route["at"]):
        found = _pattern(text)
        if isinstance(found, str):
            yield (*path, "at", place), found
        elif do in _OF_AN_ID and "id" not in found.holes:
            message = f"`{text}` has no hole `{{id}}`, and `{do}` is about {_OF_AN_ID[do]} of an id"
            yield (*path, "at", place), message


def _of_route(entry: Mapping[str, Any], route: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    do = route["do"]
    if do == "group" and "groups" not in entry:
        yield (*path, "do"), "the dialect has no `groups`"
    if route.get("public") and do in ("list", "group", "create", "cancel", "offer"):
        yield (*path, "public"), f"`{do}` has to know who asks; only `look`, `collect` and `upload` may be public"
    if do in ("offer", "upload") and "uploads" not in entry:
        yield (*path, "do"), "the dialect has no `uploads`"
    for part in ("empty_with", "gone_with"):
        if part in route:
            yield from unknown(route[part], "option", entry.get("options", {}), (*path, part))
    if "to" in route:
        ends = [name for name, state in entry["states"].items() if state["phase"] in TERMINAL]
        yield from unknown(route["to"], "state in which a job has ended", ends, (*path, "to"))
    if "collection" in route:
        yield from unknown(route["collection"], "collection", entry.get("collections", {}), (*path, "collection"))


def _pattern(text: str) -> Pattern | str:
    try:
        return pattern(text)
    except ValueError as error:
        return str(error)


def _parameter(parameter: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    matches, kind = parameter.get("matches"), parameter["kind"]
    if matches is None:
        return
    if kind not in ("string", "boolean"):
        yield (*path, "matches"), f"an {kind} parameter cannot say which items match; a string or a boolean can"
    elif kind == "boolean" and matches.keys() != {"true", "false"}:
        yield (*path, "matches"), "for a boolean it says what `true` and what `false` matches, and nothing else"


def _page(page: Mapping[str, Any], query: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    if page.get("in") == "message":
        if "default" not in page:
            yield path, "a limit in the message has a `default`"
        return
    for part in ("limit", "cursor"):
        yield from unknown(page[part], "query parameter", query, (*path, part))
    for number, name in enumerate(page.get("bound", ())):
        yield from unknown(name, "query parameter", query, (*path, "bound", number))
    limit, cursor = query.get(page["limit"]), query.get(page["cursor"])
    if limit is not None and (limit["kind"] != "integer" or "default" not in limit or limit.get("least", 0) < 1):
        yield (*path, "limit"), "the limit is an integer parameter with a `default`, and a `least` of 1 or more"
    if cursor is not None and cursor["kind"] != "string":
        yield (*path, "cursor"), "the cursor is a string parameter"


def _listed_by(entry: Mapping[str, Any], do: str, parameter: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    """Complain of a parameter that cannot choose among the jobs of a list."""
    for part in ("finds", "group"):
        if part in parameter and do != "list":
            yield (*path, part), f"`{part}` chooses among the jobs of a list, and this route does `{do}`"
    if parameter.get("group") and "groups" not in entry:
        yield (*path, "group"), "the dialect has no `groups`"
    known = keys_of_job(entry)
    for number, place in enumerate(parameter.get("finds", {}).get("at", ())):
        yield from unknown(place.split(".")[0], "key of the job's document", known, (*path, "finds", "at", number))


def keys_of_job(entry: Mapping[str, Any]) -> list[str]:
    """Return the keys that a job's document may have."""
    document = next((name for name, each in entry["documents"].items() if each["of"] == "job"), "")
    return [key.partition("?")[0] for key in entry["templates"].get(document, ())]


def _search(entry: Mapping[str, Any], search: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    for name in search["fields"]:
        yield from unknown(name, "key of the job's document", keys_of_job(entry), (*path, "fields", name))
    for number, each in enumerate(search.get("order", ())):
        yield from unknown(each["fieldName"], "field", search["fields"], (*path, "order", number, "fieldName"))
    if "strict" in search:
        yield from unknown(search["strict"], "option", entry.get("options", {}), (*path, "strict"))


def _order(order: Mapping[str, Any], query: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    for part, known in (("by", order["keys"]), ("direction", ("asc", "desc"))):
        yield from unknown(order[part], "query parameter", query, (*path, part))
        parameter = query.get(order[part], {})
        for value in (*parameter.get("spellings", {}).values(), parameter.get("default")):
            if parameter and value not in known:
                yield (*path, part), f"`{order[part]}` may mean `{value}`; right would be {listed(list(known))}"


def _shapes(entry: Mapping[str, Any]) -> Iterator[Complaint]:
    yield from _fields(entry.get("shapes", {}), entry.get("shapes", {}), ("shapes",))


def _fields(fields: Mapping[str, Any], shapes: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    for name, each in fields.items():
        yield from _field(each, shapes, (*path, name))


def _field(field: Mapping[str, Any], shapes: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    if "is" in field:
        yield from unknown(field["is"], "shape", shapes, (*path, "is"))
    elif "kind" not in field:
        yield path, "a field says its `kind`, or which shape it `is`"
    yield from _fields(field.get("fields", {}), shapes, (*path, "fields"))
    if "items" in field:
        yield from _field(field["items"], shapes, (*path, "items"))


route_checks = (_routes, _shapes)
"""What is held against each other of routes, and of what they share."""
