"""Answering as a dialect does: views, pages and refusals rendered into whole replies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fakejobs.commands import Ask, Json, Principal, Reply, View
from fakejobs.dialect.credentials import Refusal
from fakejobs.dialect.facts import JobFacts
from fakejobs.dialect.model import Dialect, ReplyTemplate
from fakejobs.dialect.overlays import covers, settled
from fakejobs.dialect.paging import cursor, page
from fakejobs.dialect.reading import Reading, cursor_scope
from fakejobs.dialect.templates import Scope, written

Options = Mapping[str, bool]
_JSON = ("Content-Type", "application/json")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=settled)


def encoded(value: Json) -> bytes:
    """Return a rendered value as it goes over the wire: UTF-8, no white space; a default is what it holds."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def render(template: ReplyTemplate, scope: Scope) -> Reply:
    """Return the reply that a template makes in a scope; a header of which there is nothing to say is left out."""
    headers = _headers(template, scope) if template.headers else ()
    body = b""
    if template.body is not None:
        body = encoded(template.body(scope))
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers = (_JSON, *headers)
    elif template.text is not None:
        body = written(template.text(scope)).encode("utf-8", "surrogatepass")
    return Reply(status=template.status, headers=headers, body=body)


def _headers(template: ReplyTemplate, scope: Scope) -> tuple[tuple[str, str], ...]:
    values = [(name, value(scope)) for name, value in template.headers]
    return tuple((name, written(value)) for name, value in values if value is not None)


def answer(dialect: Dialect, reading: Reading, views: Sequence[View], ask: Ask, options: Options) -> Reply:
    """Return the reply to a request that was understood, about the jobs that it may see."""
    roots = {
        "base": ask.base,
        "now": ask.at,
        "option": options,
        "me": _me(reading.principal),
        "ask": {"path": reading.arguments, "query": reading.values, "body": reading.body},
    }
    facts = [JobFacts(dialect, view) for view in views]
    if reading.route.do == "list":
        roots["jobs"] = facts
    else:
        roots["job"] = facts[0]
        if reading.route.do == "collect":
            roots["page"] = _page(dialect, reading, facts[0], Scope({**roots}))
    reply = render(reading.route.reply, Scope(roots))
    return replace(reply, shows=tuple(word for each in facts for word in each.word_shown()))


def refusal(dialect: Dialect, refused: Refusal, ask: Ask, allowed: str = "") -> Reply:
    """Return the vendor's reply to a request that it turns down."""
    error = {"description": refused.description, "field": refused.field, "allowed": allowed}
    return render(dialect.errors[refused.error], Scope({"base": ask.base, "now": ask.at, "error": error}))


def document(dialect: Dialect, view: View, principal: Principal, base: str, options: Options) -> Json:
    """Return a job's document as a principal sees it."""
    scope = Scope(
        {"base": base, "now": view.at, "option": options, "me": _me(principal), "job": JobFacts(dialect, view)}
    )
    return dialect.job_document.render(scope)


def _me(principal: Principal | None) -> Mapping[str, Json]:
    if principal is None:
        return {}
    return {"credential": principal.credential, "tenant": principal.tenant, "app": principal.app}


def _page(dialect: Dialect, reading: Reading, facts: JobFacts, scope: Scope) -> Mapping[str, Json]:
    route = reading.route
    assert route.paging is not None
    row = facts.shown_items(dialect.collections[route.collection], scope)
    for parameter in route.query:
        value = reading.values[parameter.name]
        if parameter.matches is not None and value is not None:
            wanted = parameter.matches[written(value)]
            row = [each for each in row if covers(each[1], wanted)]
    found = page(row, reading.at, reading.values[route.paging.limit])
    tenant = "" if reading.principal is None else reading.principal.tenant
    holds_in = cursor_scope(dialect, route, tenant, reading.arguments)
    bound = {name: reading.values[name] for name in route.paging.bound}
    return {
        "items": found.items,
        "count": len(found.items),
        "next": None if found.next is None else cursor(holds_in, found.next, bound),
        "previous": None if found.previous is None else cursor(holds_in, found.previous, bound),
    }
