"""One exchange: a request is matched, read by its dialect, carried out in the world, and answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from fakejobs.asking import Asked, asked_in
from fakejobs.clock import span_text
from fakejobs.commands import Ask, Reply
from fakejobs.dialect.credentials import Refusal
from fakejobs.dialect.facts import group_phase
from fakejobs.dialect.model import Dialect
from fakejobs.dialect.reading import Reading, asked_of
from fakejobs.dialect.replies import answer, refusal
from fakejobs.idempotency import Made
from fakejobs.looking_again import SameLook, same_look
from fakejobs.rates import excess
from fakejobs.scenario.model import Fault
from fakejobs.world import World


class Exchange(NamedTuple):
    """A reply, what the journal tells of it, and the look that it answers, where that may come again."""

    reply: Reply
    entry: dict[str, Any]
    look: SameLook | None = None


def exchange(world: World, ask: Ask) -> Exchange:
    """Answer a request in a world, whose lock the caller holds."""
    asked = asked_in(world, ask)
    return _unmatched(world, ask) if asked is None else _matched(world, asked, ask)


def _matched(world: World, asked: Asked, ask: Ask) -> Exchange:
    dialect, route, arguments, speaker, reading, told = asked
    beyond = excess(world.rates, dialect, route, ask, speaker) if world.rates else None
    if beyond is not None:
        return _in_its_place(world, asked, ask, beyond.fault, beyond.reason)
    counted = None
    if world.faults:
        counted = world.fault_of(dialect, route, lambda: asked_of(route, arguments, ask, speaker))
    if counted is not None and counted.rule.fault.status is not None:
        reason = f"fault at {counted.rule.pointer}: {counted.rule.fault}"
        return _in_its_place(world, asked, ask, counted.rule.fault, reason)
    if isinstance(reading, Refusal):
        reason = _reason(world, reading, ask.at)
        return Exchange(reply=refusal(dialect, reading, ask), entry={**told, "reason": reason})
    exchange = _carried_out_once(world, dialect, reading, ask, {**told})
    if counted is not None:
        exchange = exchange._replace(reply=_faulted(exchange.reply, counted.rule.fault))
        fault = f"fault at {counted.rule.pointer}: {counted.rule.fault}"
        exchange.entry.update(_met(counted.rule.fault), reason=_joined(fault, exchange.entry["reason"]))
    return exchange


def _in_its_place(world: World, asked: Asked, ask: Ask, fault: Fault, reason: str) -> Exchange:
    """Return a fault's own reply, in place of what is asked for; a look that it answers counts."""
    dialect, route, arguments, speaker, _, told = asked
    entry = {**told, "reason": reason}
    if not isinstance(speaker, Refusal) and route.do == "look" and route.counts and ask.method != "HEAD":
        endless = world.count_poll(dialect, speaker, arguments["id"], ask.at)
        if endless:
            return _endless(endless, entry)
    return Exchange(reply=_faulted(Reply(), fault), entry={**entry, **_met(fault)})


def _met(fault: Fault) -> dict[str, Any]:
    """Return what the journal tells of an exchange that meets a fault, besides the reason."""
    return {"faulted": True, "broken": not _comes_whole(fault)}


def _reason(world: World, refused: Refusal, now: int) -> str:
    """Return why a request is refused, an instant in it told as the timeline tells it."""
    if refused.instant is None:
        return refused.reason
    since = refused.instant - world.journal.start(now)
    return refused.reason.replace("{at}", f"{'+' if since >= 0 else ''}{span_text(since)}")


def _joined(*reasons: str) -> str:
    return "; ".join(reason for reason in reasons if reason)


def _carried_out_once(world: World, dialect: Dialect, reading: Reading, ask: Ask, entry: dict[str, Any]) -> Exchange:
    """Carry a request out, unless it is to create what was created before, as its key says."""
    keys = world.keys.get(dialect.name) if reading.route.do == "create" else None
    asked = None if keys is None else keys.asked(reading, ask)
    if keys is None or asked is None:
        return _carried_out(world, dialect, reading, ask, entry)
    repeated, told = keys.repeated(asked, ask.at), ""
    if repeated is not None:
        told = keys.told(asked, repeated, world.journal.start(ask.at))
        entry["reason"] = _joined(told, entry.get("reason", ""))
        made = repeated.made
        if repeated.does == "replay":
            return Exchange(made.reply, {**entry, "job": made.job, "state": made.state, "step": made.step})
        if repeated.does == "refuse":
            return Exchange(_conflict(dialect, keys.rule.header, ask), entry)
    exchange = _carried_out(world, dialect, reading, ask, entry)
    if exchange.reply.status < 400:
        keys.know(asked, Made(exchange.reply, entry["job"], entry["state"], entry["step"], ask.at))
    return exchange


def _conflict(dialect: Dialect, header: str, ask: Ask) -> Reply:
    """Return the refusal of a key that is known: the vendor's own, if it has one."""
    if "conflict" not in dialect.errors:
        return Reply(status=409, headers=(("Content-Type", "application/json"),), body=b"{}")
    description = "was sent before, and made a job then"
    return refusal(dialect, Refusal(error="conflict", reason="", description=description, field=header), ask)


def _carried_out(world: World, dialect: Dialect, reading: Reading, ask: Ask, entry: dict[str, Any]) -> Exchange:
    outcome = world.do(dialect, reading.principal, reading.command, ask.at)
    entry["reason"] = outcome.reason or entry.get("reason", "")
    if outcome.is_unscripted:
        return _unscripted(world, reading, ask, entry)
    if outcome.is_endless:
        return _endless(outcome.reason, entry)
    views, route = outcome.views, reading.route
    options = world.options(dialect.name)
    if outcome.file is not None:
        return Exchange(reply=answer(dialect, reading, (), ask, options, file=outcome.file), entry=entry)
    if route.do == "group":
        if not views and not options.get(route.empty_with):
            return _not_found(dialect, "no job in view is in this group", ask, entry)
        entry["state"] = group_phase(views) if views else None
    elif route.do != "list":
        if not views:
            entry["hidden"] = outcome.is_hidden
            return _refused(dialect, Refusal(error=outcome.error, reason=outcome.reason), ask, entry)
        view, index = views[0], views[0].position.index
        step = view.script.steps[index]
        entry |= {"job": view.id, "state": step.state, "step": index}
        if route.needs and step.phase not in route.needs:
            return _not_found(dialect, f"the job is {step.phase}: there is nothing to fetch yet", ask, entry)
    fault = outcome.fault
    if fault is None:
        reply = answer(dialect, reading, views, ask, options, outcome.beyond)
        return Exchange(reply, entry, same_look(world, ask, views))
    entry |= _met(fault)
    reply = Reply() if fault.status is not None else answer(dialect, reading, views, ask, options, outcome.beyond)
    return Exchange(reply=_faulted(reply, fault), entry=entry)


def exchange_again(world: World, look: SameLook, now: int) -> Exchange | None:
    """Answer a look that comes again in a world, whose lock the caller holds; None if it is to be asked in full."""
    reply = look.reply(world, now)
    if reply is None:
        return None
    index = look.job.position.index
    entry = {**look.kept.asked.entry, "state": look.job.script.steps[index].state, "step": index}
    return Exchange(reply, entry, look)


def _not_found(dialect: Dialect, reason: str, ask: Ask, entry: dict[str, Any]) -> Exchange:
    return _refused(dialect, Refusal(error="not_found", reason=reason), ask, entry)


def _refused(dialect: Dialect, refused: Refusal, ask: Ask, entry: dict[str, Any]) -> Exchange:
    return Exchange(reply=refusal(dialect, refused, ask), entry={**entry, "reason": refused.reason})


def _faulted(reply: Reply, fault: Fault) -> Reply:
    """Return a reply with a fault's own status, headers and body in place of what it says."""
    names = {name.lower() for name, _ in fault.headers}
    kept = tuple(pair for pair in reply.headers if pair[0].lower() not in names)
    return Reply(
        status=reply.status if fault.status is None else fault.status,
        headers=(*kept, *fault.headers),
        body=reply.body if fault.body is None else fault.body,
        delay=fault.delay,
        shows=reply.shows if fault.body is None and _comes_whole(fault) else (),
        broken=fault.broken,
    )


def _comes_whole(fault: Fault) -> bool:
    """Say whether the client gets all of the reply, however slowly."""
    return fault.broken is None or fault.broken.kind == "drip"


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


def _endless(reason: str, entry: dict[str, Any]) -> Exchange:
    """Return the answer to a client that would ask for ever, so that its test fails by itself."""
    return Exchange(reply=_plain([f"fakejobs: {reason}"]), entry={**entry, "reason": reason, "unexpected": True})


def _unscripted(world: World, reading: Reading, ask: Ask, entry: dict[str, Any]) -> Exchange:
    rules = [str(counted) for counted in world.submissions if counted.scenario.dialect.name == entry["dialect"]]
    lines = [
        f"fakejobs: no submission of the scenario takes {reading.route.operation} ({ask.method} {ask.path})",
        "What it has:",
        *(f"  {rule}" for rule in rules),
    ]
    reason = "no submission takes it; there are " + "; ".join(rules)
    return Exchange(reply=_plain(lines), entry={**entry, "reason": reason, "unexpected": True})
