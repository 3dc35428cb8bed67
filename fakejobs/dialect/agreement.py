"""Whether the parts of a dialect file agree: what one names, another has to declare.

The schema of dialect files says what each part may be; what is here holds the parts against each other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from fakejobs.dialect.routing import Pattern, pattern
from fakejobs.documents import Document, Path, listed
from fakejobs.errors import Problem

_Complaint = tuple[Path, str]


def disagreements(source: Document) -> tuple[Problem, ...]:
    """Return every mistake in a dialect file that its schema cannot see, in the order of its parts."""
    entry: Mapping[str, Any] = source.value
    checks = (_states, _tenants, _credentials, _documents, _callbacks, _routes, _shapes)
    return tuple(source.problem(path, message) for check in checks for path, message in check(entry))


def _unknown(name: object, what: str, known: Collection[str], path: Path) -> Iterator[_Complaint]:
    if name not in known:
        there = f"there are {listed(known)}" if known else "there are none"
        yield path, f"`{name}` is no {what} of this dialect; {there}"


def _states(entry: Mapping[str, Any]) -> Iterator[_Complaint]:
    states = entry["states"]
    for name, state in states.items():
        for number, successor in enumerate(state["next"]):
            yield from _unknown(successor, "state", states, ("states", name, "next", number))
    yield from _script(entry["script"], states)


def _script(script: Sequence[Any], states: Mapping[str, Any]) -> Iterator[_Complaint]:
    before: Mapping[str, Any] | None = None
    for number, step in enumerate(script):
        is_last = number == len(script) - 1
        if not isinstance(step, dict) or "state" not in step or ("for" in step) == is_last:
            yield (
                ("script", number),
                'a step is an object like {"state": …, "for": {"seconds": 30}}; the last has no `for`',
            )
            return
        name = step["state"]
        yield from _unknown(name, "state", states, ("script", number, "state"))
        if before is not None and name in states and name not in before["next"]:
            yield ("script", number, "state"), f"`{name}` does not follow `{script[number - 1]['state']}`"
        before = states.get(name)


def _keys(entry: Mapping[str, Any], of: str) -> Mapping[str, Any]:
    keys: Mapping[str, Any] = entry.get("tenants", {}).get("keys" if of == "tenant" else "apps", {})
    return keys


def _tenants(entry: Mapping[str, Any]) -> Iterator[_Complaint]:
    for of, place in (("tenant", "keys"), ("app", "apps")):
        for name, key in _keys(entry, of).items():
            try:
                re.compile(key.get("pattern", ""))
            except re.error as error:
                yield ("tenants", place, name, "pattern"), f"found no regular expression: {error}"


def _credentials(entry: Mapping[str, Any]) -> Iterator[_Complaint]:
    for number, credential in enumerate(entry["credentials"]):
        path, of = ("credentials", number), credential["of"]
        for part in ("key", "secret"):
            if part in credential:
                yield from _unknown(credential[part], f"{of}'s key", _keys(entry, of), (*path, part))
        if "host" in credential:
            yield from _unknown(credential["host"], "tenant's key", _keys(entry, "tenant"), (*path, "host"))
        for part, owner in (("also", of), ("agrees", "tenant")):
            for header, key in credential.get(part, {}).items():
                yield from _unknown(key, f"{owner}'s key", _keys(entry, owner), (*path, part, header))


def _documents(entry: Mapping[str, Any]) -> Iterator[_Complaint]:
    documents = entry["documents"]
    for name in documents:
        yield from _unknown(name, "template", entry["templates"], ("documents", name))
    if not any(document["of"] == "job" for document in documents.values()):
        yield ("documents",), 'no document is of a job; right would be one with "of": "job"'
    items = [name for name, document in documents.items() if document["of"] == "item"]
    for name, collection in entry.get("collections", {}).items():
        yield from _unknown(collection["document"], "document of items", items, ("collections", name, "document"))
    for name, figure in entry.get("figures", {}).items():
        if "items" in figure:
            collections = entry.get("collections", {})
            yield from _unknown(figure["items"], "collection", collections, ("figures", name, "items"))


def _routes(entry: Mapping[str, Any]) -> Iterator[_Complaint]:
    for number, route in enumerate(entry["routes"]):
        path, query = ("routes", number), route.get("query", {})
        yield from _places(route, path)
        yield from _of_route(entry, route, path)
        for name, parameter in query.items():
            yield from _parameter(parameter, (*path, "query", name))
            yield from _listed_by(entry, route["do"], parameter, (*path, "query", name))
        if "page" in route:
            yield from _page(route["page"], query, (*path, "page"))
        if "order" in route:
            yield from _order(route["order"], query, (*path, "order"))
        for name in route.get("makes", {}).get("spread", {}):
            yield from _unknown(name, "list", route["makes"].get("each", {}), (*path, "makes", "spread", name))
        yield from _fields(route.get("fields", {}), entry.get("shapes", {}), (*path, "fields"))


def _places(route: Mapping[str, Any], path: Path) -> Iterator[_Complaint]:
    do = route["do"]
    for place, text in enumerate(route["at"]):
        found = _pattern(text)
        if isinstance(found, str):
            yield (*path, "at", place), found
        elif do in ("look", "collect", "group") and "id" not in found.holes:
            of = "the group" if do == "group" else "the job"
            yield (*path, "at", place), f"`{text}` has no hole `{{id}}`, and `{do}` is about {of} of an id"


def _of_route(entry: Mapping[str, Any], route: Mapping[str, Any], path: Path) -> Iterator[_Complaint]:
    do = route["do"]
    if do == "group" and "groups" not in entry:
        yield (*path, "do"), "the dialect has no `groups`"
    if route.get("public") and do in ("list", "group", "create"):
        yield (*path, "public"), f"`{do}` has to know who asks; only `look` and `collect` may be public"
    if "empty_with" in route:
        yield from _unknown(route["empty_with"], "option", entry.get("options", {}), (*path, "empty_with"))
    if "collection" in route:
        yield from _unknown(route["collection"], "collection", entry.get("collections", {}), (*path, "collection"))


def _pattern(text: str) -> Pattern | str:
    try:
        return pattern(text)
    except ValueError as error:
        return str(error)


def _parameter(parameter: Mapping[str, Any], path: Path) -> Iterator[_Complaint]:
    matches, kind = parameter.get("matches"), parameter["kind"]
    if matches is None:
        return
    if kind not in ("string", "boolean"):
        yield (*path, "matches"), f"an {kind} parameter cannot say which items match; a string or a boolean can"
    elif kind == "boolean" and matches.keys() != {"true", "false"}:
        yield (*path, "matches"), "for a boolean it says what `true` and what `false` matches, and nothing else"


def _page(page: Mapping[str, Any], query: Mapping[str, Any], path: Path) -> Iterator[_Complaint]:
    for part in ("limit", "cursor"):
        yield from _unknown(page[part], "query parameter", query, (*path, part))
    for number, name in enumerate(page.get("bound", ())):
        yield from _unknown(name, "query parameter", query, (*path, "bound", number))
    limit, cursor = query.get(page["limit"]), query.get(page["cursor"])
    if limit is not None and (limit["kind"] != "integer" or "default" not in limit or limit.get("least", 0) < 1):
        yield (*path, "limit"), "the limit is an integer parameter with a `default`, and a `least` of 1 or more"
    if cursor is not None and cursor["kind"] != "string":
        yield (*path, "cursor"), "the cursor is a string parameter"


def _listed_by(entry: Mapping[str, Any], do: str, parameter: Mapping[str, Any], path: Path) -> Iterator[_Complaint]:
    """Complain of a parameter that cannot choose among the jobs of a list."""
    for part in ("finds", "group"):
        if part in parameter and do != "list":
            yield (*path, part), f"`{part}` chooses among the jobs of a list, and this route does `{do}`"
    if parameter.get("group") and "groups" not in entry:
        yield (*path, "group"), "the dialect has no `groups`"
    document = next((name for name, each in entry["documents"].items() if each["of"] == "job"), "")
    known = [key.partition("?")[0] for key in entry["templates"].get(document, ())]
    for number, place in enumerate(parameter.get("finds", {}).get("at", ())):
        yield from _unknown(place.split(".")[0], "key of the job's document", known, (*path, "finds", "at", number))


def _order(order: Mapping[str, Any], query: Mapping[str, Any], path: Path) -> Iterator[_Complaint]:
    for part, known in (("by", order["keys"]), ("direction", ("asc", "desc"))):
        yield from _unknown(order[part], "query parameter", query, (*path, part))
        parameter = query.get(order[part], {})
        for value in (*parameter.get("spellings", {}).values(), parameter.get("default")):
            if parameter and value not in known:
                yield (*path, part), f"`{order[part]}` may mean `{value}`; right would be {listed(list(known))}"


def _shapes(entry: Mapping[str, Any]) -> Iterator[_Complaint]:
    yield from _fields(entry.get("shapes", {}), entry.get("shapes", {}), ("shapes",))


def _fields(fields: Mapping[str, Any], shapes: Mapping[str, Any], path: Path) -> Iterator[_Complaint]:
    for name, each in fields.items():
        yield from _field(each, shapes, (*path, name))


def _field(field: Mapping[str, Any], shapes: Mapping[str, Any], path: Path) -> Iterator[_Complaint]:
    if "is" in field:
        yield from _unknown(field["is"], "shape", shapes, (*path, "is"))
    elif "kind" not in field:
        yield path, "a field says its `kind`, or which shape it `is`"
    yield from _fields(field.get("fields", {}), shapes, (*path, "fields"))
    if "items" in field:
        yield from _field(field["items"], shapes, (*path, "items"))


def _callbacks(entry: Mapping[str, Any]) -> Iterator[_Complaint]:
    callbacks = entry.get("callbacks")
    if callbacks is not None:
        yield from _unknown(callbacks["beyond"], "option", entry.get("options", {}), ("callbacks", "beyond"))
        yield from _unknown(callbacks["failed"]["state"], "state", entry["states"], ("callbacks", "failed", "state"))
