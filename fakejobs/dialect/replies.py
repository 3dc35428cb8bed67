"""Answering as a dialect does: views, pages and refusals rendered into whole replies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from fakejobs.commands import ENDS_HERE, Ask, Beyond, Json, List, Principal, Reply, View
from fakejobs.dialect.facts import GroupFacts, JobFacts
from fakejobs.dialect.listing import place_of
from fakejobs.dialect.model import Dialect, ReplyTemplate
from fakejobs.dialect.overlays import covers, settled
from fakejobs.dialect.paging import cursor, page
from fakejobs.dialect.reading import Reading, cursor_scope
from fakejobs.dialect.refusals import Refusal
from fakejobs.dialect.scope import ANY_BASE, DEPENDS, common_roots
from fakejobs.dialect.templates import Scope, written
from fakejobs.lifecycle import Position

Options = Mapping[str, bool]

ReplyKey = tuple[Any, ...]
"""All that the reply to a plain look follows from but its instant, the job's position, and the base that it tells."""


class Named(Protocol):
    """Something with an id and a name."""

    @property
    def id(self) -> str:
        """Its id, as on the wire."""

    @property
    def name(self) -> str | None:
        """What the client calls it."""


MOST_KEPT = 512
"""No more replies than this are kept."""

_PLAIN = re.compile(r"https?://[a-zA-Z0-9.:\[\]-]+")
"""A base that JSON writes as it is; `ANY_BASE` gives way to no other."""


class _Kept(NamedTuple):
    """A reply that was rendered before, and the base that it tells: `ANY_BASE` for any, None where it tells none."""

    reply: Reply
    base: str | None

    def told(self, base: str) -> Reply | None:
        """Return the reply as it is with a base, if it is known."""
        if self.base is None or self.base == base:
            return self.reply
        if self.base != ANY_BASE or not _PLAIN.fullmatch(base):
            return None
        headers = tuple((name, value.replace(ANY_BASE, base)) for name, value in self.reply.headers)
        return self.reply._replace(headers=headers, body=self.reply.body.replace(ANY_BASE.encode(), base.encode()))


_kept: dict[tuple[ReplyKey, int, int, Position], _Kept] = {}
"""Replies by all that they follow from but the base: a suite plays one scenario many times, from the same instant."""

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


def answer(
    dialect: Dialect,
    reading: Reading,
    views: Sequence[View],
    ask: Ask,
    options: Options,
    beyond: Beyond = ENDS_HERE,
    file: Named | None = None,
) -> Reply:
    """Return the reply to a request that was understood: about jobs, which may go on beyond a list, or about a file."""
    if not reading.is_plain_look or views[0].plan is None:
        return _answered(dialect, reading, views, ask, options, beyond=beyond, file=file)
    view = views[0]
    key = reply_key(reading, view, ask.path, options)
    known = known_reply(key, ask.at, view.at, view.position, ask.base)
    if known is not None:
        return known
    met: set[str] = set()
    made = _Kept(_answered(dialect, reading, views, ask._replace(base=ANY_BASE), options, met=met), ANY_BASE)
    if not met:
        made = made._replace(base=None)
    reply = None if DEPENDS in met else made.told(ask.base)
    if reply is None:
        reply = _answered(dialect, reading, views, ask, options)
        made = _Kept(reply, ask.base)
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[key, ask.at, view.at, view.position] = made
    return reply


def reply_key(reading: Reading, view: View, path: str, options: Options) -> ReplyKey:
    """Return what tells a plain look from others, of a job that is as planned, whenever it is asked."""
    return (view.plan, reading.route, path, reading.principal, *options.items(), *view.key)


def known_reply(key: ReplyKey, at: int, seen_at: int, position: Position, base: str) -> Reply | None:
    """Return the reply to a look at an instant, to which the job is shown as of another, if it was rendered before."""
    kept = _kept.get((key, at, seen_at, position))
    return None if kept is None else kept.told(base)


def _answered(
    dialect: Dialect,
    reading: Reading,
    views: Sequence[View],
    ask: Ask,
    options: Options,
    *,
    beyond: Beyond = ENDS_HERE,
    file: Named | None = None,
    met: set[str] | None = None,
) -> Reply:
    roots = common_roots(ask, reading.principal, options)
    roots["ask"] = {"path": reading.arguments, "query": reading.values, "body": reading.body}
    facts = [JobFacts(dialect, view) for view in views]
    if reading.route.do in ("list", "group"):
        roots |= {"jobs": facts, "group": GroupFacts(views)}
        if reading.route.paging is not None:
            roots["page"] = _page_of_list(dialect, reading, views, beyond)
    elif file is not None:
        roots["file"] = {"id": file.id, "name": file.name}
    else:
        roots["job"] = facts[0]
        if reading.route.do == "create":
            roots |= {"jobs": facts, "group": GroupFacts(views)}
        elif reading.route.do == "collect":
            roots["page"] = _page(dialect, reading, facts[0], Scope({**roots}))
    reply = render(reading.route.reply, Scope(roots, met))
    return reply._replace(shows=tuple(word for each in facts for word in each.word_shown()))


def refusal(dialect: Dialect, refused: Refusal, ask: Ask, allowed: str = "") -> Reply:
    """Return the vendor's reply to a request that it turns down."""
    error = {
        "description": refused.description,
        "field": refused.field,
        "detail": refused.detail,
        "allowed": allowed,
    }
    template = dialect.errors.get(refused.error) or dialect.errors["bad_request"]
    return render(template, Scope({"base": ask.base, "now": ask.at, "error": error}))


def document(dialect: Dialect, view: View, principal: Principal, base: str, options: Options) -> Json:
    """Return a job's document as a principal sees it."""
    roots = common_roots(Ask(method="GET", path="", base=base, at=view.at), principal, options)
    return dialect.job_document.render(Scope({**roots, "job": JobFacts(dialect, view)}))


def _page_of_list(dialect: Dialect, reading: Reading, views: Sequence[View], beyond: Beyond) -> Mapping[str, Json]:
    """Return what a template may say of a page of jobs; without any, nothing leads away from it."""
    route, command = reading.route, reading.command
    assert route.paging is not None
    assert isinstance(command, List)
    tenant = "" if reading.principal is None else reading.principal.tenant
    holds_in = cursor_scope(dialect, route, tenant, reading.arguments)
    bound = {name: reading.values[name] for name in route.paging.bound}

    def leads(view: View, *, back: bool = False) -> str:
        return cursor(holds_in, place_of(command, view, back=back), bound)

    return {
        "count": len(views),
        "more": beyond.more,
        "next": leads(views[-1]) if beyond.more and views else None,
        "previous": leads(views[0], back=True) if beyond.earlier and views else None,
    }


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
        "more": found.next is not None,
        "next": None if found.next is None else cursor(holds_in, found.next, bound),
        "previous": None if found.previous is None else cursor(holds_in, found.previous, bound),
    }
