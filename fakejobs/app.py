"""The WSGI application: a request is matched, read by its dialect, carried out in the world, answered and recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Request as WireRequest

from fakejobs.clock import Clock
from fakejobs.commands import Ask, Reply, View
from fakejobs.dialect.credentials import Refusal, identify
from fakejobs.dialect.formats import http_date
from fakejobs.dialect.model import Dialect, Route
from fakejobs.dialect.reading import Reading, read
from fakejobs.dialect.replies import answer, refusal
from fakejobs.dialect.routing import Match
from fakejobs.journal import Entry, Request, Response
from fakejobs.scenario.model import Fault
from fakejobs.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY = 1 << 20
"""Larger request bodies are refused (bytes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A reply, and what the journal tells of it."""

    reply: Reply
    entry: dict[str, Any]
    shown: tuple[View, ...] = ()


class App:
    """Answers for the world that ``world()`` names at the time; a reset puts another there."""

    def __init__(self, world: Callable[[], World], clock: Callable[[], Clock]) -> None:
        self._world = world
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI request.

        A reply that has to wait is handed to the server, which calls ``environ["fakejobs.defer"]``; without such a
        server the calling thread sleeps on the clock.
        """
        clock = self._clock()
        with clock.request() as now:
            ask, request = _ask(environ, now)
            reply = _exchange(self._world(), ask, request, environ.get("fakejobs.connection"))
        if reply.delay:
            defer = environ.get("fakejobs.defer")
            if defer is None:
                clock.sleep(reply.delay / 1_000_000)
            else:
                defer(lambda go: clock.call_after(reply.delay, go))
        start_response(f"{reply.status} {HTTP_STATUS_CODES.get(reply.status, 'Unknown')}", list(reply.headers))
        return [] if ask.method == "HEAD" else [reply.body]


def _ask(environ: WSGIEnvironment, now: int) -> tuple[Ask, Request]:
    """Return a WSGI request as the dialect reads it, and as the journal keeps it."""
    wire = WireRequest(environ)
    wire.max_content_length = MAX_BODY
    body, is_refused = _body(wire)
    headers = tuple(wire.headers.items())
    ask = Ask(
        method=wire.method,
        path=wire.path,
        query={name: tuple(values) for name, values in wire.args.lists()} if wire.query_string else {},
        headers={name.lower(): value for name, value in headers},
        body=body,
        body_refused=is_refused,
        at=now,
        real=time.time_ns() // 1000,
        base=wire.host_url.rstrip("/"),
    )
    query = wire.query_string.decode("latin-1")
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or wire.path + (f"?{query}" if query else "")
    return ask, Request(method=ask.method, target=target, headers=headers, body=body)


def _body(wire: WireRequest) -> tuple[bytes, bool]:
    """Return a request's body, and whether it was refused for its size."""
    if wire.environ.get("fakejobs.body_refused"):
        return b"", True
    try:
        return wire.get_data(cache=False), False
    except RequestEntityTooLarge:
        return b"", True


def _exchange(world: World, ask: Ask, request: Request, connection: int | None) -> Reply:
    """Answer a request in a world, and write it into that world's journal."""
    with world.lock:
        match = world.router.match(ask.method, ask.path)
        exchange = _unmatched(world, ask) if match is None else _matched(world, match, ask)
        reply = _dated(exchange.reply, ask.at)
        if 200 <= reply.status < 300:
            world.shown(exchange.shown)
        world.journal.write(
            Entry(
                asked=ask.at,
                answered=ask.at + reply.delay,
                request=request,
                response=Response(status=reply.status, headers=reply.headers, body=reply.body),
                connection=connection,
                **exchange.entry,
            )
        )
    return reply


def _dated(reply: Reply, now: int) -> Reply:
    """Return a reply with the headers that every reply has; those that a fault has set stay."""
    given = {name.lower() for name, _ in reply.headers}
    added = [("Date", http_date(now + reply.delay))] if "date" not in given else []
    if "content-length" not in given:
        added.append(("Content-Length", str(len(reply.body))))
    return replace(reply, headers=(*reply.headers, *added))


def _matched(world: World, match: Match[tuple[Dialect, Route]], ask: Ask) -> Exchange:
    dialect, route = match.route
    entry: dict[str, Any] = {"dialect": dialect.name, "operation": route.operation, "job": match.arguments.get("id")}
    directory = world.directory(dialect.name)
    speaker = identify(dialect.credentials, ask, directory)
    if not isinstance(speaker, Refusal):
        entry |= {"tenant": speaker.tenant, "app": speaker.app, "credential": speaker.credential}
        entry["reason"] = speaker.note
    counted = world.fault_of(dialect, route)
    if counted is not None and counted.rule.fault.status is not None:
        rule = counted.rule
        if not isinstance(speaker, Refusal) and route.do == "look" and route.counts and ask.method != "HEAD":
            world.count_poll(dialect, speaker, match.arguments["id"], ask.at)
        reply = _faulted(Reply(), rule.fault)
        return Exchange(reply=reply, entry={**entry, "reason": f"fault at {rule.pointer}: {rule.fault}"})
    reading = read(dialect, route, match.arguments, ask, directory)
    if isinstance(reading, Refusal):
        return Exchange(reply=refusal(dialect, reading, ask), entry={**entry, "reason": reading.reason})
    exchange = _carried_out(world, dialect, reading, ask, entry)
    if counted is not None:
        exchange = replace(exchange, reply=_faulted(exchange.reply, counted.rule.fault))
        exchange.entry["reason"] = f"fault at {counted.rule.pointer}: {counted.rule.fault}"
    return exchange


def _carried_out(world: World, dialect: Dialect, reading: Reading, ask: Ask, entry: dict[str, Any]) -> Exchange:
    outcome = world.do(dialect, reading.principal, reading.command, ask.at)
    entry["reason"] = outcome.reason or entry.get("reason", "")
    if outcome.is_unscripted:
        return _unscripted(world, reading, ask, entry)
    views, route = outcome.views, reading.route
    if route.do != "list":
        if not views:
            return _not_found(dialect, outcome.reason, ask, entry)
        view = views[0]
        entry |= {"job": view.id, "state": view.state, "step": view.position.index}
        phase = view.script.steps[view.position.index].phase
        if route.needs and phase not in route.needs:
            return _not_found(dialect, f"the job is {phase}: there is nothing to fetch yet", ask, entry)
    if outcome.fault is not None and outcome.fault.status is not None:
        return Exchange(reply=_faulted(Reply(), outcome.fault), entry=entry)
    reply = answer(dialect, reading, views, ask, world.options(dialect.name))
    if outcome.fault is not None:
        reply = _faulted(reply, outcome.fault)
    return Exchange(reply=reply, entry=entry, shown=views if route.do != "collect" and route.counts else ())


def _not_found(dialect: Dialect, reason: str, ask: Ask, entry: dict[str, Any]) -> Exchange:
    reply = refusal(dialect, Refusal(error="not_found", reason=reason), ask)
    return Exchange(reply=reply, entry={**entry, "reason": reason})


def _faulted(reply: Reply, fault: Fault) -> Reply:
    """Return a reply with a fault's own status, headers and body in place of what it says."""
    names = {name.lower() for name, _ in fault.headers}
    kept = tuple(pair for pair in reply.headers if pair[0].lower() not in names)
    return Reply(
        status=reply.status if fault.status is None else fault.status,
        headers=(*kept, *fault.headers),
        body=reply.body if fault.body is None else fault.body,
        delay=fault.delay,
    )


# ---------------------------------------------------------------------- what the fake does not know


def _plain(lines: Sequence[str]) -> Reply:
    body = "\n".join(lines) + "\n"
    return Reply(status=501, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=body.encode())


def _unmatched(world: World, ask: Ask) -> Exchange:
    on_path = world.router.on_path(ask.path)
    if on_path:
        dialect = on_path[0][1][0]
        methods = sorted({pattern.method for pattern, _ in on_path})
        allowed = ", ".join(["HEAD", *methods] if "GET" in methods else methods)
        reason = f"{ask.method} is not for this path; {allowed} is"
        reply = refusal(dialect, Refusal(error="method_not_allowed", reason=reason), ask, allowed)
        return Exchange(reply=reply, entry={"dialect": dialect.name, "reason": reason})
    if not world.scenarios:
        reason = "nothing is played: no scenario says what this fake knows"
        return Exchange(reply=_plain([f"fakejobs: {reason}"]), entry={"reason": reason, "unexpected": True})
    nearest = [str(pattern) for pattern in world.router.nearest(ask.method, ask.path)]
    lines = [
        f"fakejobs: no route takes {ask.method} {ask.path}",
        "The nearest it knows:",
        *(f"  {each}" for each in nearest),
    ]
    reason = "no route takes it; nearest: " + "; ".join(nearest)
    return Exchange(reply=_plain(lines), entry={"reason": reason, "unexpected": True})


def _unscripted(world: World, reading: Reading, ask: Ask, entry: dict[str, Any]) -> Exchange:
    rules = [str(counted) for counted in world.submissions if counted.scenario.dialect.name == entry["dialect"]]
    lines = [
        f"fakejobs: no submission of the scenario takes {reading.route.operation} ({ask.method} {ask.path})",
        "What it has:",
        *(f"  {rule}" for rule in rules),
    ]
    reason = "no submission takes it; there are " + "; ".join(rules)
    return Exchange(reply=_plain(lines), entry={**entry, "reason": reason, "unexpected": True})
