"""A scenario document, checked and read: every mistake in it is found before anything is played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any, cast

from fakejobs.clock import datetime_of, instant_of
from fakejobs.commands import Json
from fakejobs.dialect.loader import dialect as dialect_called
from fakejobs.dialect.loader import dialect_names
from fakejobs.dialect.model import Dialect
from fakejobs.documents import Document, Path, listed, nearest, pointer
from fakejobs.errors import DocumentError, Problem
from fakejobs.lifecycle import Script
from fakejobs.scenario.bodies import read_body
from fakejobs.scenario.model import JobPlan, RequestFault, Scenario, Submission
from fakejobs.scenario.rehearsal import rehearse
from fakejobs.scenario.shape import schema_for
from fakejobs.scenario.steps import read_fault, read_span, read_steps
from fakejobs.scenario.tenants import read_tenants

_RETENTION = "retention"


def read_scenario(document: Document, name: str, folders: Sequence[FilePath] = ()) -> Scenario:
    """Return the scenario that a document describes; raise `DocumentError` with every mistake found in it."""
    dialect = _dialect(document, folders)
    problems = schema_for(dialect).problems(document)
    if problems:
        raise DocumentError(problems)
    reader = _Reader(document, name, dialect)
    scenario = reader.scenario()
    if not reader.problems:
        rehearse(scenario, document, reader.problems)
    if reader.problems:
        raise DocumentError(
            tuple(sorted(set(reader.problems), key=lambda each: (each.line, each.column, each.pointer)))
        )
    return scenario


def _dialect(document: Document, folders: Sequence[FilePath]) -> Dialect:
    value = document.value
    name = value.get("dialect") if isinstance(value, dict) else None
    known = dialect_names(folders)
    if not isinstance(value, dict):
        raise DocumentError((document.problem((), "a scenario is an object with the keys `dialect` and `jobs`"),))
    if name is None:
        near = nearest("dialect", [key for key in value if key not in ("jobs", "tenants")])
        hint = f" (is `{near}` meant to be it?)" if near else ""
        raise DocumentError((document.problem((), f"`dialect` is missing{hint}: name one of {listed(sorted(known))}"),))
    if not isinstance(name, str) or name not in known:
        near = nearest(name, list(known)) if isinstance(name, str) else None
        hint = f"did you mean `{near}`?" if near else f"there are {listed(sorted(known))}"
        raise DocumentError((document.problem(("dialect",), f"there is no dialect `{name}`; {hint}"),))
    return dialect_called(name, folders)


class _Reader:
    """Reads one document; what is wrong is gathered in ``problems``."""

    def __init__(self, document: Document, name: str, dialect: Dialect) -> None:
        self.document = document
        self.name = name
        self.dialect = dialect
        self.problems: list[Problem] = []
        self.value = cast("Mapping[str, Any]", document.value)

    def complain(self, path: Path, message: str) -> None:
        self.problems.append(self.document.problem(path, message))

    def scenario(self) -> Scenario:
        self._tenants: Mapping[str, Any] | None = self.value.get("tenants")
        holders = read_tenants(self.dialect, self._tenants, self.complain)
        self._names = [(holder.tenant, holder.app) for holder in holders]
        jobs = [self._job(entry, ("jobs", number)) for number, entry in enumerate(self.value.get("jobs", ()))]
        submissions = [
            self._submission(entry, ("submissions", number))
            for number, entry in enumerate(self.value.get("submissions", ()))
        ]
        self._complain_of_clashes(jobs, submissions)
        return Scenario(
            name=self.name,
            file=self.document.file,
            dialect=self.dialect,
            holders=holders,
            clock=self._clock(),
            options=self.value.get("options", {}),
            jobs=tuple(job for job in jobs if job is not None),
            submissions=tuple(each for each in submissions if each is not None),
            faults=tuple(
                self._request_fault(entry, ("faults", number))
                for number, entry in enumerate(self.value.get("faults", ()))
            ),
            default=None if submissions else self._default(),
        )

    def _clock(self) -> int | str | None:
        text = self.value.get("clock")
        if text is None or text == "now":
            return text
        return self._instant(text, ("clock",))

    def _instant(self, text: str, path: Path) -> int:
        try:
            at = instant_of(datetime.fromisoformat(text))
            datetime_of(at)
        except ValueError:
            self.complain(path, f'found "{text}"; right would be an instant like "2026-01-01T00:00:00Z"')
            return 0
        return at

    def _retention(self, entry: Mapping[str, Any], path: Path) -> int | None:
        for holder, place in ((entry, path), (self.value, ())):
            if _RETENTION in holder:
                units = holder[_RETENTION]
                return None if units is None else read_span(units, (*place, _RETENTION), self.complain, least=1)
        return self.dialect.retention

    def _owner(self, entry: Mapping[str, Any], path: Path) -> tuple[str, str | None]:
        tenants = [tenant for tenant, app in self._names if app is None]
        tenant = entry.get("tenant")
        if tenant is None:
            if len(tenants) > 1:
                self.complain(path, f"`tenant` is missing: say whose job it is, {listed(tenants)}")
            tenant = tenants[0]
        elif tenant not in tenants:
            near = nearest(tenant, tenants) if self._tenants else None
            declared = f"declared are {listed(tenants)}" if self._tenants else "the scenario declares no `tenants`"
            hint = f"did you mean `{near}`?" if near else declared
            self.complain((*path, "tenant"), f"no tenant is called `{tenant}`; {hint}")
        app = entry.get("app")
        if app is not None and tenant in tenants and (tenant, app) not in self._names:
            apps = [name for owner, name in self._names if owner == tenant and name is not None]
            near = nearest(app, apps)
            hint = f"did you mean `{near}`?" if near else f"it has {listed(apps) if apps else 'none'}"
            self.complain((*path, "app"), f"no app of `{tenant}` is called `{app}`; {hint}")
        return tenant, app

    def _job(self, entry: Mapping[str, Any], path: Path) -> JobPlan | None:
        tenant, app = self._owner(entry, path)
        created, absolute = 0, False
        if isinstance(entry.get("created"), str):
            created, absolute = self._instant(entry["created"], (*path, "created")), True
        elif "created" in entry:
            created = read_span(entry["created"], (*path, "created"), self.complain, least=-(10**18))
        return self._plan(entry, path, tenant=tenant, app=app, created=created, created_absolute=absolute)

    def _plan(self, entry: Mapping[str, Any], path: Path, **owner: Any) -> JobPlan | None:
        steps = read_steps(self.dialect, entry["steps"], self._retention(entry, path), (*path, "steps"), self.complain)
        body = read_body(entry["body"], (*path, "body"), self.complain) if "body" in entry else None
        collections = {
            name: tuple(
                read_body(held, (*path, name, number), self.complain) for number, held in enumerate(entry[name])
            )
            for name in self.dialect.collections
            if name in entry
        }
        self._complain_of_counts(entry, path)
        if steps is None:
            return None
        figures = [figure.given for figure in self.dialect.figures.values()]
        return JobPlan(
            id=entry.get("id"),
            script=steps.script,
            pointer=pointer(path),
            body=body,
            bodies=steps.bodies,
            unlawful=steps.unlawful,
            faults=steps.faults,
            given={key: entry[key] for key in (*self.dialect.job_keys, *figures) if key in entry},
            collections=collections,
            **owner,
        )

    def _complain_of_counts(self, entry: Mapping[str, Any], path: Path) -> None:
        for figure in self.dialect.figures.values():
            counts: Mapping[str, Any] | None = entry.get(figure.given)
            if counts is None:
                continue
            place = (*path, figure.given)
            if figure.items in entry:
                self.complain(place, f"`{figure.given}` follow from `{figure.items}`; give one of them")
            total, failed = counts["total"], sum(counts.get("errors", {}).values())
            done = counts.get("processed", total)
            if total is not None and done > total:
                self.complain((*place, "processed"), f"{done} are processed, of {total} in all")
            elif failed > (done or 0):
                self.complain((*place, "errors"), f"{failed} fail, of {done or 0} that are processed")

    def _complain_of_clashes(self, jobs: Sequence[JobPlan | None], submissions: Sequence[Submission | None]) -> None:
        seen: dict[tuple[str | None, str], str] = {}
        for number, job in enumerate(jobs):
            if job is None or job.id is None:
                continue
            first = seen.setdefault((job.tenant, job.id), job.pointer)
            if first != job.pointer:
                self.complain(("jobs", number, "id"), f"`{job.tenant}` has a job `{job.id}` already, at {first}")
        for number, each in enumerate(submissions):
            if each is None or each.plan.id is None:
                continue
            tenant, id = each.when.get("tenant"), each.plan.id
            alike = (at for (owner, held), at in seen.items() if held == id and (not tenant or owner in (None, tenant)))
            other = next(alike, None)
            if other is not None:
                message = f"the job `{id}` at {other} may be the same tenant's; right would be an id of its own"
                self.complain(("submissions", number, "id"), message)
            seen.setdefault((tenant, id), each.pointer)

    def _submission(self, entry: Mapping[str, Any], path: Path) -> Submission | None:
        when = entry.get("when", {})
        creators = [route for route in self.dialect.routes if route.do == "create"]
        known = [
            "operation",
            *{key for route in creators for key in route.facts},
            "path",
            "query",
            "body",
            "tenant",
            "app",
        ]
        for key in when:
            if key not in known:
                near = nearest(key, known)
                hint = f"did you mean `{near}`?" if near else f"known are {listed(known)}"
                self.complain((*path, "when", key), f"a request that creates a job has no `{key}`; {hint}")
        operations = [route.operation for route in creators]
        if "operation" in when and when["operation"] not in operations:
            self._complain_of_operation(when["operation"], operations, (*path, "when", "operation"))
        if "id" in entry and entry.get("times") != 1:
            self.complain((*path, "id"), 'an id is for one job: say "times": 1 beside it, or leave it to the fake')
        plan = self._plan(entry, path, tenant="", app=None)
        if plan is None:
            return None
        return Submission(
            when=when, plan=plan, times=entry.get("times"), optional=entry.get("optional", False), pointer=pointer(path)
        )

    def _complain_of_operation(self, name: Json, known: Sequence[str], path: Path) -> None:
        near = nearest(name, list(known)) if isinstance(name, str) else None
        hint = f"did you mean `{near}`?" if near else f"there are {listed(list(known))}"
        self.complain(path, f"no operation of {self.dialect.name} is called `{name}`; {hint}")

    def _request_fault(self, entry: Mapping[str, Any], path: Path) -> RequestFault:
        verbs = {route.do for route in self.dialect.routes if route.do != "collect"}
        known = list(dict.fromkeys([*sorted(verbs), *(route.operation for route in self.dialect.routes)]))
        if entry["on"] not in known:
            self._complain_of_operation(entry["on"], known, (*path, "on"))
        return RequestFault(
            on=entry["on"],
            nth=entry.get("nth", 1),
            times=entry.get("times", 1),
            fault=read_fault(entry["fault"], (*path, "fault"), self.complain),
            optional=entry.get("optional", False),
            pointer=pointer(path),
        )

    def _default(self) -> JobPlan:
        """Return the plan of a created job where the scenario scripts none: the dialect's own."""
        script = read_steps(self.dialect, self.dialect.script, self._retention({}, ()), ("script",), self.complain)
        assert script is not None
        steps: Script = script.script
        return JobPlan(
            id=None,
            tenant="",
            app=None,
            script=steps,
            pointer="",
            bodies=script.bodies,
            unlawful=script.unlawful,
        )
