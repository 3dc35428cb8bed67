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
    checks = (_states, _tenants, _credentials, _documents, _routes)
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
        path, do = ("routes", number), route["do"]
        for place, text in enumerate(route["at"]):
            found = _pattern(text)
            if isinstance(found, str):
                yield (*path, "at", place), found
            elif do in ("look", "collect") and "id" not in found.holes:
                yield (*path, "at", place), f"`{text}` has no hole `{{id}}`, and `{do}` is about the job of an id"
        if route.get("public") and do in ("list", "create"):
            yield (*path, "public"), f"`{do}` has to know who asks; only `look` and `collect` may be public"
        query = route.get("query", {})
        for name, parameter in query.items():
            yield from _parameter(parameter, (*path, "query", name))
        if "page" in route:
            yield from _page(route["page"], query, (*path, "page"))
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
