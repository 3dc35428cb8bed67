"""Faults as scenarios write them: another reply, a delay, a look that steps back, a connection that breaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakejobs.breaks import Break
from fakejobs.dialect.overlays import ABSENT, settled
from fakejobs.dialect.replies import encoded
from fakejobs.documents import Path, listed, pointer
from fakejobs.scenario.bodies import Complain, read_value, resolved
from fakejobs.scenario.model import Fault
from fakejobs.scenario.spans import read_span


def read_fault(entry: Mapping[str, Any], path: Path, complain: Complain, *, is_between_steps: bool = False) -> Fault:
    """Return a fault; a body that is a text is sent as it stands, any other value as JSON.

    Only one that ``is_between_steps`` of a job may show it as it was before.
    """
    headers = dict(entry.get("headers", {}))
    if entry.get("status") in (204, 304) and entry.get("body") not in (None, ""):
        complain((*path, "body"), f"a reply with status {entry['status']} has no body")
    for name, value in headers.items():
        if not (name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()):
            complain((*path, "headers", name), f"`{name}` is not a header's name")
        if name.lower() in ("content-length", "transfer-encoding", "connection"):
            message = (
                f"`{name}` frames the reply, and is set by what sends it; leave it out. A reply that is shorter than "
                'it says is `"connection": "close"` with `after`'
            )
            complain((*path, "headers", name), message)
        if any(ord(character) < 32 or ord(character) > 255 for character in value):
            complain((*path, "headers", name), "a header's value is one line of Latin-1 text")
    body = None
    if "body" in entry:
        value = settled(resolved(read_value(entry["body"], (*path, "body"), complain), pointer(path)))
        if value is ABSENT:
            complain((*path, "body"), 'a fault\'s body cannot be absent; right would be "", which is empty')
            value = ""
        body = value.encode() if isinstance(value, str) else encoded(value)
        kind = "text/plain; charset=utf-8" if isinstance(value, str) else "application/json"
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = kind
    delay = read_span(entry["delay"], (*path, "delay"), complain) if "delay" in entry else 0
    return Fault(
        status=entry.get("status"),
        headers=tuple(headers.items()),
        body=body,
        delay=delay,
        broken=_break(entry, body, path, complain),
        stale=_stale(entry, path, complain, is_between_steps=is_between_steps) if "stale" in entry else 0,
    )


def _stale(entry: Mapping[str, Any], path: Path, complain: Complain, *, is_between_steps: bool) -> int:
    """Return how long before the job is shown as it was; beside what shows nothing of the job it makes no sense."""
    place = (*path, "stale")
    broken = ["connection"] if entry.get("connection") not in (None, "drip") else []
    beside = [*(key for key in ("status", "body") if key in entry), *broken]
    if not is_between_steps:
        complain(place, "`stale` shows a job as it was before: it is of a fault between the steps of one; leave it out")
    elif beside:
        complain(place, f"`stale` shows the job as it was before, and {listed(beside)} does not show it; leave out one")
    return read_span(entry["stale"], place, complain, least=1)


def _break(entry: Mapping[str, Any], body: bytes | None, path: Path, complain: Complain) -> Break | None:
    """Return what befalls the connection under the reply, if anything does; ``body`` is the fault's own."""
    kind, after, every = entry.get("connection"), entry.get("after"), 0
    if kind is None:
        for key in ("after", "every"):
            if key in entry:
                complain((*path, key), f'`{key}` is of a connection that breaks: say "connection": "close" beside it')
        return None
    size = len(body) if body is not None else 0 if "status" in entry else None
    if after is not None and size is not None and after > size:
        complain(
            (*path, "after"), f"found {after}, but the fault's own body has {size} bytes; right would be at most that"
        )
    if "every" in entry:
        every = read_span(entry["every"], (*path, "every"), complain)
        if kind != "drip":
            complain((*path, "every"), '`every` is how far apart bytes come, of "connection": "drip" alone')
            every = 0
    return Break(kind=kind, after=after, every=max(every, 0))
