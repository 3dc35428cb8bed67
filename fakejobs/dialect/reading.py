"""Reading a request as a dialect does: into a command, or into the refusal that the vendor would send."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from fakejobs.commands import NOTHING, Ask, Cancel, Command, Create, Json, List, Look, Offer, Principal, Upload
from fakejobs.dialect import listing, searching
from fakejobs.dialect.fields import refused_field
from fakejobs.dialect.messages import READ_FROM_QUERY, read_message
from fakejobs.dialect.model import Dialect, Paging, Route
from fakejobs.dialect.paging import Place, place
from fakejobs.dialect.queries import read_query, strict_json
from fakejobs.dialect.refusals import Refusal
from fakejobs.dialect.scope import Scope, common_roots, value_at
from fakejobs.dialect.tasks import tasks_of

_NO_WEIGHT = r"q\s*=\s*0(\.0*)?"


class Reading(NamedTuple):
    """A request that was understood. ``principal`` is None only where a public route was asked without a credential.

    ``values`` holds the declared query parameters, ``body`` the parsed JSON body or None, ``at`` where a page begins.
    """

    route: Route
    command: Command
    principal: Principal | None
    arguments: Mapping[str, str]
    values: Mapping[str, Json] = NOTHING
    body: Json = None
    at: Place | None = None

    @property
    def is_plain_look(self) -> bool:
        """Whether it is a look at a job, of which its path says all."""
        return self.route.do == "look" and not self.values and self.body is None


def read(
    dialect: Dialect,
    route: Route,
    arguments: Mapping[str, str],
    ask: Ask,
    speaker: Principal | Refusal,
    options: Mapping[str, bool] = NOTHING,
) -> Reading | Refusal:
    """Return what a request on a route asks for, or why the vendor would refuse it. Nothing is changed.

    ``speaker`` is who the request speaks for, or why nobody; ``options`` are those that are set for the dialect.
    """
    if ask.body_refused:
        return Refusal(error="too_large", reason="the body is larger than this fake takes")
    if (
        dialect.accept is not None
        and route.reply.text is None
        and not accepts(ask.headers.get("accept"), dialect.accept)
    ):
        reason = f"Accept: {ask.headers['accept']} does not take {dialect.accept}"
        return Refusal(error="not_acceptable", reason=reason)
    principal = _permitted(route, speaker)
    if isinstance(principal, Refusal):
        return principal
    body = None if route.body == "ignored" else _body(route, ask)
    if isinstance(body, Refusal):
        return body
    values = _values(route, ask, body) if route.query or route.paging is not None else {}
    if isinstance(values, Refusal):
        return values
    at = None if route.paging is None else _place(dialect, route, route.paging, principal, arguments, values)
    if isinstance(at, Refusal):
        return at
    if route.do in ("look", "collect"):
        look = Look(arguments["id"], route.do == "look" and route.counts and ask.method != "HEAD")
        return Reading(route, look, principal, arguments, values, body, at)
    reading = Reading(route, Look(""), principal, arguments, values, body, at)
    command = _command(dialect, reading, ask, options)
    return command if isinstance(command, Refusal) else reading._replace(command=command)


def asked_of(route: Route, arguments: Mapping[str, str], ask: Ask, speaker: Principal | Refusal) -> Mapping[str, Json]:
    """Return what the ``when`` of a fault may match of a request, whether or not the vendor would refuse it.

    A body or a query that cannot be read is as none; who is not known is null.
    """
    body = None if route.body == "ignored" or ask.body_refused else _message(route, ask)
    body = None if isinstance(body, Refusal) else body
    values = _values(route, ask, body)
    return {
        "path": dict(arguments),
        "query": {} if isinstance(values, Refusal) else values,
        "body": body,
        "tenant": None if isinstance(speaker, Refusal) else speaker.tenant,
        "app": None if isinstance(speaker, Refusal) else speaker.app,
    }


@lru_cache(maxsize=256)
def accepts(header: str | None, wanted: str) -> bool:
    """Say whether an Accept header takes a media type; without a header everything is taken.

    What is said of the type itself counts more than what is said of its family, and that more than ``*/*``.
    """
    if header is None or not header.strip():
        return True
    family = wanted.partition("/")[0] + "/*"
    best: tuple[int, bool] = (-1, False)
    for entry in header.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        rank = ("*/*", family, wanted).index(name) if name in ("*/*", family, wanted) else -1
        refused = any(re.fullmatch(_NO_WEIGHT, part) for part in parameters)
        best = max(best, (rank, not refused)) if rank >= 0 else best
    return best[1]


def _permitted(route: Route, found: Principal | Refusal) -> Principal | Refusal | None:
    """Return who speaks, if the route is for them; None where a public route is asked by nobody known."""
    if isinstance(found, Refusal):
        return None if route.public else found
    if route.scopes and found.scopes is not None and not any(found.scopes >= needed for needed in route.scopes):
        held = ", ".join(sorted(found.scopes)) or "none"
        needed = " or ".join(" and ".join(sorted(each)) for each in route.scopes)
        return Refusal(error="forbidden", reason=f"needs the scope {needed}; the credential carries {held}")
    return found


def _body(route: Route, ask: Ask) -> Json | Refusal:
    value = _message(route, ask)
    if value is None or isinstance(value, Refusal):
        return value
    is_asked = route.body == "anywhere" and ask.method in READ_FROM_QUERY
    where = "the query" if is_asked else "the body"
    refused = refused_field(route.fields, value, route.either, where) if route.fields else None
    return value if refused is None else refused


def _message(route: Route, ask: Ask) -> Json | Refusal:
    if not ask.body.strip() and route.body == "optional":
        return None
    if route.body == "anywhere" and ask.method in READ_FROM_QUERY:
        return read_message(route.fields, route.packed, ask)
    if route.body == "anywhere" and not ask.body.strip():
        return {}
    try:
        value = strict_json(ask.body)
    except (ValueError, RecursionError) as error:
        found = "is empty" if not ask.body.strip() else f"is not JSON ({error})"
        return Refusal(
            error="bad_request", reason=f"the body {found}", description="must be a JSON object", field="body"
        )
    if not isinstance(value, dict):
        reason = "the body is JSON, but not an object"
        return Refusal(error="bad_request", reason=reason, description="must be a JSON object", field="body")
    return value


def _values(route: Route, ask: Ask, body: Json) -> dict[str, Json] | Refusal:
    values = read_query(route.query, ask)
    if route.paging is not None and route.paging.in_message and not isinstance(values, Refusal):
        values |= _from_message(route.paging, body)
    return values


def _from_message(paging: Paging, message: Json) -> dict[str, Json]:
    """Return what a request's message says of the page that is wanted, by its places."""
    places = (paging.limit, paging.cursor, *paging.bound)
    found = {place: value_at(message, place) for place in places}
    if found[paging.limit] is None:
        found[paging.limit] = paging.default
    return found


def cursor_scope(dialect: Dialect, route: Route, tenant: str, arguments: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a cursor of this request belongs to: whose, and of what."""
    return (dialect.name, route.operation, tenant, json.dumps(dict(arguments)))


def _place(
    dialect: Dialect,
    route: Route,
    paging: Paging,
    principal: Principal | None,
    arguments: Mapping[str, str],
    values: dict[str, Json],
) -> Place | Refusal | None:
    """Return where a page begins; the filters that a cursor carries become the request's own."""
    if values[paging.cursor] is None:
        return None
    tenant = "" if principal is None else principal.tenant
    found = place(cursor_scope(dialect, route, tenant, arguments), values[paging.cursor])
    if found is None or not all(_goes_with(paging, values[name], held) for name, held in found.bound.items()):
        reason, detail = "the cursor goes with another filter than stands beside it", "crowded"
        if found is None:
            reason, detail = "this is no cursor that was given out for this row", "unknown"
        elif paging.alone:
            reason = "a cursor goes alone: what it was given out for stands in it; found more beside it"
        description = f"must be a cursor from another page{_beside(paging)}"
        return Refusal(error="bad_cursor", reason=reason, description=description, field=paging.cursor, detail=detail)
    values.update(found.bound)
    return found


def _beside(paging: Paging) -> str:
    """Return what may stand beside a cursor, in words."""
    if not paging.bound or paging.alone:
        return ", alone" if paging.alone else ""
    return f", {'with' if paging.repeats else 'alone or with'} the filter it was given out for"


def _goes_with(paging: Paging, value: Json, held: Json) -> bool:
    """Say whether what stands beside a cursor may stand there, where the cursor was given out for ``held``."""
    if paging.alone:
        return value in (None, {}, [])
    return bool(value == held) or (value is None and not paging.repeats)


def _command(dialect: Dialect, reading: Reading, ask: Ask, options: Mapping[str, bool]) -> Command | Refusal:
    route, principal = reading.route, reading.principal
    if route.do == "create":
        return _create(dialect, reading, ask, options)
    if route.do == "group":
        return List(group=reading.arguments["id"])
    if route.do == "cancel":
        return Cancel(reading.arguments["id"], route.to, is_gone=options.get(route.gone_with, False))
    if route.do == "upload":
        return Upload(reading.arguments["id"], ask.body)
    if route.do == "offer" and dialect.uploads is not None:
        return Offer(value_at(reading.body, dialect.uploads.name))
    assert principal is not None  # a list is for somebody known
    make = listing.command_of if route.search is None else searching.command_of
    return make(dialect, route, principal, reading.values, reading.at, ask, options)


def _create(dialect: Dialect, reading: Reading, ask: Ask, options: Mapping[str, bool]) -> Create | Refusal:
    route, principal, body = reading.route, reading.principal, reading.body
    asked = {"path": dict(reading.arguments), "query": dict(reading.values), "body": body}
    tasks: tuple[Json, ...] | Refusal = ()
    if route.makes is not None:
        tasks = tasks_of(route.makes, Scope({**common_roots(ask, principal, options), "ask": asked}))
    if isinstance(tasks, Refusal):
        return tasks
    facts = {
        "operation": route.operation,
        **route.facts,
        **asked,
        "tenant": None if principal is None else principal.tenant,
        "app": None if principal is None else principal.app,
    }
    return Create(facts=facts, mint=lambda seed: dialect.ids.mint(f"{dialect.name}:{seed}"), tasks=tasks)
