"""Whether the parts of a dialect file agree: what one names, another has to declare.

The schema of dialect files says what each part may be; what is here holds the parts against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fakejobs.dialect.route_agreement import Complaint, keys_of_job, route_checks, unknown
from fakejobs.documents import Document
from fakejobs.errors import Problem


def disagreements(source: Document) -> tuple[Problem, ...]:
    """Return every mistake in a dialect file that its schema cannot see, in the order of its parts."""
    entry: Mapping[str, Any] = source.value
    checks = (_states, _tenants, _credentials, _documents, _callbacks, _uploads, _sdk, *route_checks)
    return tuple(source.problem(path, message) for check in checks for path, message in check(entry))


def _states(entry: Mapping[str, Any]) -> Iterator[Complaint]:
    states = entry["states"]
    for name, state in states.items():
        for number, successor in enumerate(state["next"]):
            yield from unknown(successor, "state", states, ("states", name, "next", number))
    yield from _script(entry["script"], states)


def _script(script: Sequence[Any], states: Mapping[str, Any]) -> Iterator[Complaint]:
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
        yield from unknown(name, "state", states, ("script", number, "state"))
        if before is not None and name in states and name not in before["next"]:
            yield ("script", number, "state"), f"`{name}` does not follow `{script[number - 1]['state']}`"
        before = states.get(name)


def _keys(entry: Mapping[str, Any], of: str) -> Mapping[str, Any]:
    keys: Mapping[str, Any] = entry.get("tenants", {}).get("keys" if of == "tenant" else "apps", {})
    return keys


def _tenants(entry: Mapping[str, Any]) -> Iterator[Complaint]:
    for of, place in (("tenant", "keys"), ("app", "apps")):
        for name, key in _keys(entry, of).items():
            try:
                re.compile(key.get("pattern", ""))
            except re.error as error:
                yield ("tenants", place, name, "pattern"), f"found no regular expression: {error}"


def _credentials(entry: Mapping[str, Any]) -> Iterator[Complaint]:
    for number, credential in enumerate(entry["credentials"]):
        path, of = ("credentials", number), credential["of"]
        for part in ("key", "secret"):
            if part in credential:
                yield from unknown(credential[part], f"{of}'s key", _keys(entry, of), (*path, part))
        if "host" in credential:
            yield from unknown(credential["host"], "tenant's key", _keys(entry, "tenant"), (*path, "host"))
        for part, owner in (("also", of), ("agrees", "tenant")):
            for header, key in credential.get(part, {}).items():
                yield from unknown(key, f"{owner}'s key", _keys(entry, owner), (*path, part, header))


def _documents(entry: Mapping[str, Any]) -> Iterator[Complaint]:
    documents = entry["documents"]
    for name in documents:
        yield from unknown(name, "template", entry["templates"], ("documents", name))
    if not any(document["of"] == "job" for document in documents.values()):
        yield ("documents",), 'no document is of a job; right would be one with "of": "job"'
    items = [name for name, document in documents.items() if document["of"] == "item"]
    for name, collection in entry.get("collections", {}).items():
        yield from unknown(collection["document"], "document of items", items, ("collections", name, "document"))
    for name, figure in entry.get("figures", {}).items():
        if "items" in figure:
            collections = entry.get("collections", {})
            yield from unknown(figure["items"], "collection", collections, ("figures", name, "items"))


def _callbacks(entry: Mapping[str, Any]) -> Iterator[Complaint]:
    callbacks = entry.get("callbacks")
    if callbacks is not None:
        yield from unknown(callbacks["beyond"], "option", entry.get("options", {}), ("callbacks", "beyond"))
        yield from unknown(callbacks["failed"]["state"], "state", entry["states"], ("callbacks", "failed", "state"))


def _uploads(entry: Mapping[str, Any]) -> Iterator[Complaint]:
    if "uploads" in entry:
        state = entry["uploads"]["failed"]["state"]
        yield from unknown(state, "state", entry["states"], ("uploads", "failed", "state"))


def _sdk(entry: Mapping[str, Any]) -> Iterator[Complaint]:
    for number, name in enumerate(entry.get("sdk", {}).get("dates", ())):
        yield from unknown(name, "key of the job's document", keys_of_job(entry), ("sdk", "dates", number))
