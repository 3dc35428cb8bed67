"""Scenarios as text: what a job goes through, and a scenario to begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fakejobs import lifecycle
from fakejobs.clock import span_text
from fakejobs.commands import Json, Principal, View
from fakejobs.dialect.model import Dialect
from fakejobs.dialect.replies import document
from fakejobs.documents.spelling import counted
from fakejobs.lifecycle import Overlay, Position, Step
from fakejobs.population import seed_of
from fakejobs.scenario.bodies import resolved
from fakejobs.scenario.model import JobPlan, Scenario

_START = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


def lifecycle_text(scenario: Scenario, *, documents: bool = False) -> str:
    """Return what each job of a scenario goes through, with the documents of its steps if asked for."""
    lines = [f"{scenario.name}: {scenario.dialect.title}"]
    for plan in scenario.jobs:
        owner = plan.tenant if plan.app is None else f"{plan.tenant}/{plan.app}"
        lines += ["", f"job {plan.id or '(id made up)'} of {owner}", *_plan_lines(scenario, plan, documents=documents)]
    for submission in scenario.submissions:
        times = "" if submission.times is None else f", at most {counted(submission.times, 'time')}"
        where = f" where {json.dumps(submission.when, ensure_ascii=False)}" if submission.when else ""
        lines += ["", f"a created job{where}{times}"]
        lines += _plan_lines(scenario, submission.plan, documents=documents)
    for rule in scenario.faults:
        which = f"request {rule.nth}" if rule.times == 1 else f"requests {rule.nth} to {rule.nth + rule.times - 1}"
        where = f" where {json.dumps(rule.when, ensure_ascii=False)}" if rule.when else ""
        lines += ["", f"{which} on {rule.on}{where}: {rule.fault}"]
    lines += [line for rate in scenario.rates for line in ("", f"at most {rate}: {rate.fault}")]
    if scenario.idempotency is not None:
        lines += ["", f"creations with {scenario.idempotency}"]
    if scenario.default is not None:
        lines += ["", "a created job (the dialect's own script)"]
        lines += _plan_lines(scenario, scenario.default, documents=False)
    return "\n".join(lines)


def _plan_lines(scenario: Scenario, plan: JobPlan, *, documents: bool) -> Iterator[str]:
    if plan.lag.spans:
        yield f"  {'':<12}seen {plan.lag}"
    entered: tuple[int, ...] = ()
    at: int | None = 0
    for number, step in enumerate(plan.script.steps):
        for overlay, met in zip(plan.script.overlays, plan.faults, strict=True):
            if overlay.before == number:
                yield f"  {'':<12}fault {_fault_span(overlay)}: {met.fault}"
        since = "later" if at is None else f"+{span_text(at)}"
        word = scenario.dialect.states[step.state].word
        reads = "" if word == step.state else f" (reads {word})"
        yield f"  {since:<12}{step.state}{reads}{_lasting(step)}"
        entered = (*entered, _START + (at or 0))
        if documents:
            rendered = _document(scenario, plan, entered, number)
            yield from (f"  {'':<12}{line}" for line in json.dumps(rendered, indent=2, ensure_ascii=False).split("\n"))
        at = None if at is None or step.span is None else at + step.span
    ended = lifecycle.ended_at(plan.script, Position(entered=entered))
    if plan.script.retention is not None and ended is not None:
        yield f"  {'':<12}out of view {span_text(plan.script.retention)} after it ended"


def _fault_span(overlay: Overlay) -> str:
    if overlay.span is not None:
        return f"for {span_text(overlay.span)}"
    return f"for {counted(overlay.looks or 0, 'look')}"


def _lasting(step: Step) -> str:
    if step.span is not None:
        return f", for {span_text(step.span)}"
    if step.looks is not None:
        return f", for {counted(step.looks, 'look')}"
    return ", until it is released" if step.awaits_release else ""


def _document(scenario: Scenario, plan: JobPlan, entered: tuple[int, ...], number: int) -> Json:
    dialect = scenario.dialect
    bodies = (plan.body, plan.bodies[number])
    holders = {(holder.tenant, holder.app): holder.keys for holder in scenario.holders}
    tenant = plan.tenant or scenario.holders[0].tenant  # a submission may come from any: the first will do
    seed = seed_of(scenario, tenant, plan.id or plan.pointer)
    view = View(
        dialect=dialect.name,
        id=plan.id or dialect.ids.mint(plan.pointer),
        tenant=tenant,
        app=plan.app,
        at=entered[-1],
        script=plan.script,
        position=Position(entered=entered),
        overlays=tuple(resolved(body, seed) for body in bodies if body is not None),
        given=plan.given,
        collections={name: tuple(resolved(row, seed)) for name, row in plan.collections.items()},
        tenant_keys=holders[tenant, None],
        app_keys={} if plan.app is None else holders[tenant, plan.app],
    )
    widest = next((each for each in dialect.credentials if each.sees_tenant), dialect.credentials[0])
    who = Principal(tenant=tenant, credential=widest.name)
    return document(dialect, view, who, "http://127.0.0.1", scenario.options)


def starter(dialect: Dialect) -> Json:
    """Return a scenario that passes the check: one job through the dialect's own script, beside another tenant."""
    return {
        "dialect": dialect.name,
        "tenants": {"tenant-a": {}, "tenant-b": {}},
        "jobs": [{"tenant": "tenant-a", "steps": dialect.script}],
    }
