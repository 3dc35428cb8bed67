"""The rehearsal of a scenario: each step of each job rendered, and held against the vendor's document schema.

What differs in nothing but its id is rehearsed once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from fakejobs.clock.instants import LAST_INSTANT
from fakejobs.commands import NOTHING, Json, Principal, View
from fakejobs.counting import group_for, joined
from fakejobs.dialect.facts import ItemFacts, JobFacts
from fakejobs.dialect.formats import MADE_UP
from fakejobs.dialect.model import Dialect
from fakejobs.dialect.overlays import covers
from fakejobs.dialect.replies import document as rendered
from fakejobs.dialect.templates import Scope
from fakejobs.documents import Document, Path
from fakejobs.errors import Problem
from fakejobs.lifecycle import Position
from fakejobs.scenario.bodies import resolved
from fakejobs.scenario.model import JobPlan, Scenario

_BASE = "http://127.0.0.1"
_START = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


def rehearse(scenario: Scenario, document: Document, problems: list[Problem]) -> None:
    """Add to ``problems`` whatever the vendor would never send."""
    seen: set[str] = set()
    rows = [(plan, NOTHING) for plan in scenario.jobs]
    rows += [(each.plan, _facts_of(scenario.dialect, each.when)) for each in scenario.submissions]
    for plan, facts in rows:
        kind, number = plan.pointer.split("/")[1:]
        path: Path = (kind, int(number))
        entry = document.at(path)
        assert isinstance(entry, dict)
        key = json.dumps({**entry, "id": "id" in entry, "tenant": None, "created": None}, sort_keys=True)
        if key in seen and "id" not in entry:
            continue
        found = _of_plan(scenario, plan, facts, document, path, only_id=key in seen)
        problems.extend(
            {(each.pointer, each.message.rpartition(" [")[0]): each for each in reversed([*found])}.values()
        )
        seen.add(key)


def _facts_of(dialect: Dialect, when: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return what is known of a job by the first creator that fits a submission's ``when``."""
    known = [{"operation": route.operation, **route.facts} for route in dialect.routes if route.do == "create"]
    return next((facts for facts in known if covers(facts, {key: when[key] for key in when if key in facts})), NOTHING)


def _of_plan(
    scenario: Scenario, plan: JobPlan, facts: Mapping[str, Json], document: Document, path: Path, *, only_id: bool
) -> Iterator[Problem]:
    dialect = scenario.dialect
    entry = document.at(path)
    assert isinstance(entry, dict)
    wrong = list(_of_items(dialect, plan, document, path))
    if wrong:  # figures are made of items, so that of the steps nothing can be said yet
        yield from wrong
        return
    places = [number for number, step in enumerate(entry["steps"]) if "fault" not in step]
    for index, view in enumerate(_views(dialect, plan, facts)):
        where = (*path, "steps", places[index])
        if view.at > LAST_INSTANT:
            yield document.problem(where, "this step would begin after the year 9999, where dates end")
            return
        if plan.unlawful[index]:
            continue
        yield from _of_state(scenario, view, document, where)
        if only_id:
            return


def _views(dialect: Dialect, plan: JobPlan, facts: Mapping[str, Json] = NOTHING) -> Iterator[View]:
    """Yield the job as it is when each of its steps begins."""
    at = plan.created if plan.created_absolute else _START + plan.created
    entered: tuple[int, ...] = ()
    for step, body in zip(plan.script.steps, plan.bodies, strict=True):
        entered = (*entered, at)
        yield _view(dialect, plan, Position(entered=entered), at, body)._replace(facts=facts)
        at += step.span or 1_000_000


def _view(dialect: Dialect, plan: JobPlan, position: Position, at: int, body: Json) -> View:
    group = group_for([plan], plan.tenant, dialect, 1)
    return View(
        dialect=dialect.name,
        id=plan.id or joined(dialect, group, dialect.ids.mint(plan.pointer)),
        group=group,
        tenant=plan.tenant or "rehearsal",
        app=plan.app,
        at=at,
        script=plan.script,
        position=position,
        overlays=tuple(resolved(over, "a rehearsal") for over in (plan.body, body) if over is not None),
        given=plan.given,
        collections={name: tuple(resolved(row, "a rehearsal")) for name, row in plan.collections.items()},
        tenant_keys={name: MADE_UP["guid"](name, 0) for name in dialect.tenant_keys},
        app_keys={name: MADE_UP["guid"](name, 0) for name in dialect.app_keys},
    )


def _of_state(scenario: Scenario, view: View, document: Document, where: Path) -> Iterator[Problem]:
    dialect = scenario.dialect
    schema = dialect.job_document.schema
    for credential in dialect.credentials:
        if credential.of_app and view.app is None:
            continue
        who = Principal(
            tenant=view.tenant, app=view.app, credential=credential.name, sees_tenant=credential.sees_tenant
        )
        value = rendered(dialect, view, who, _BASE, scenario.options)
        found = schema.problems(document, (), value)
        for problem in found:
            place = _place(document, where, _path_of(problem.pointer))
            yield document.problem(place, f"{problem.message} [{schema.file}, state `{view.state}`]")
        shown = dialect.recognised(value)
        if not found and (shown is None or shown.name != view.state):
            reads = "no state" if shown is None else f"`{shown.name}`"
            yield document.problem((*where, "state"), f"the document of state `{view.state}` reads as {reads}")


def _path_of(pointer: str) -> Path:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _place(document: Document, where: Path, found: Path) -> Path:
    """Return what in the scenario made a part of the rendered document what it is."""
    job = where[:2]
    for length in range(len(found), 0, -1):
        for base in ((*where, "body"), (*job, "body"), job):
            try:
                document.at((*base, *found[:length]))
            except (LookupError, TypeError):
                continue
            return (*base, *found[:length])
    return (*where, "state")


def _of_items(dialect: Dialect, plan: JobPlan, document: Document, path: Path) -> Iterator[Problem]:
    view = next(_views(dialect, plan))
    facts = JobFacts(dialect, view)
    for name, row in view.collections.items():
        kind = dialect.documents[dialect.collections[name].document]
        for number, given in enumerate(row):
            scope = Scope({"job": facts, "item": ItemFacts(view, number, given)})
            yield from kind.schema.problems(document, (*path, name, number), kind.render(scope))
