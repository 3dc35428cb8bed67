"""Reading a request as a dialect does: into a command, or into the refusal that the vendor would send."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from fakejobs.commands import Ask, Command, Create, Json, List, Look, Principal
from fakejobs.dialect.credentials import Refusal
from fakejobs.dialect.model import Dialect, Route
from fakejobs.dialect.paging import Place, place
from fakejobs.dialect.queries import read_query, strict_json

_NO_WEIGHT = re.compile(r"q\s*=\s*0(\.0*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A request that was understood. ``principal`` is None only where a public route was asked without a credential.

    ``values`` holds the declared query parameters, ``body`` the parsed JSON body or None, ``at`` where a page begins.
    """

    route: Route
    command: Command
    principal: Principal | None
    arguments: Mapping[str, str]
    values: Mapping[str, Json] = field(default_factory=dict)
    body: Json = None
    at: Place | None = None


def read(
    dialect: Dialect, route: Route, arguments: Mapping[str, str], ask: Ask, speaker: Principal | Refusal
) -> Reading | Refusal:
    """Return what a request on a route asks for, or why the vendor would refuse it. Nothing is changed.

    ``speaker`` is who the request speaks for, or why nobody.
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
    body = _body(route, ask)
    if isinstance(body, Refusal):
        return body
    values = read_query(route.query, ask)
    if isinstance(values, Refusal):
        return values
    at = _place(dialect, route, principal, arguments, values)
    if isinstance(at, Refusal):
        return at
    return Reading(
        route=route,
        command=_command(dialect, route, principal, arguments, values, body, ask),
        principal=principal,
        arguments=arguments,
        values=values,
        body=body,
        at=at,
    )


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
        refused = any(_NO_WEIGHT.fullmatch(part) for part in parameters)
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
    if route.body == "ignored" or (not ask.body.strip() and route.body == "optional"):
        return None
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


def cursor_scope(dialect: Dialect, route: Route, tenant: str, arguments: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a cursor of this request belongs to: whose, and of what."""
    return (dialect.name, route.operation, tenant, json.dumps(dict(arguments)))


def _place(
    dialect: Dialect,
    route: Route,
    principal: Principal | None,
    arguments: Mapping[str, str],
    values: dict[str, Json],
) -> Place | Refusal | None:
    """Return where a page begins; the filters that a cursor carries become the request's own."""
    if route.paging is None or values[route.paging.cursor] is None:
        return None
    tenant = "" if principal is None else principal.tenant
    found = place(cursor_scope(dialect, route, tenant, arguments), values[route.paging.cursor])
    if found is None or any(values[name] not in (None, held) for name, held in found.bound.items()):
        return Refusal(
            error="bad_cursor",
            reason="the cursor was not given out for this row, or goes with another filter than stands beside it",
            description="must be a cursor from another page, alone or with the filter it was given out for",
            field=route.paging.cursor,
        )
    values.update(found.bound)
    return found


def _command(
    dialect: Dialect,
    route: Route,
    principal: Principal | None,
    arguments: Mapping[str, str],
    values: Mapping[str, Json],
    body: Json,
    ask: Ask,
) -> Command:
    if route.do == "list":
        return List()
    if route.do != "create":
        return Look(id=arguments["id"], counts=route.do == "look" and route.counts and ask.method != "HEAD")
    facts = {
        "operation": route.operation,
        **route.facts,
        "path": dict(arguments),
        "query": dict(values),
        "body": body,
        "tenant": None if principal is None else principal.tenant,
        "app": None if principal is None else principal.app,
    }
    return Create(facts=facts, mint=lambda seed: dialect.ids.mint(f"{dialect.name}:{seed}"))
