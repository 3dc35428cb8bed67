"""A scenario document, checked and read: every mistake in it is found before anything is played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any, cast

from fakejobs.clock import datetime_of, instant_of
from fakejobs.dialect.loader import dialect as dialect_called
from fakejobs.dialect.loader import dialect_names
from fakejobs.dialect.model import Dialect
from fakejobs.documents import Document, Path, listed, nearest, pointer
from fakejobs.documents.spelling import either, shown
from fakejobs.errors import DocumentError, Problem
from fakejobs.scenario.bodies import read_body
from fakejobs.scenario.environment import operations_of, read_idempotency, read_rates
from fakejobs.scenario.faults import read_fault
from fakejobs.scenario.futile import complain_of_futile
from fakejobs.scenario.groups import complain_of_group
from fakejobs.scenario.lags import read_lag
from fakejobs.scenario.model import JobPlan, RequestFault, Scenario, Submission
from fakejobs.scenario.owners import Owners
from fakejobs.scenario.rehearsal import rehearse
from fakejobs.scenario.shape import schema_for
from fakejobs.scenario.spans import read_span
from fakejobs.scenario.steps import read_steps
from fakejobs.scenario.tenants import read_tenants
from fakejobs.scenario.when import complain_of_asked, complain_of_shadowed, complain_of_when, unknown_operation

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
        right = "a scenario is an object with the keys `dialect` and `jobs`"
        raise DocumentError((document.problem((), f"found {shown(value)}; {right}"),))
    if name is None:
        near = nearest("dialect", [key for key in value if key not in ("jobs", "tenants")])
        hint = f" (is `{near}` meant to be it?)" if near else ""
        raise DocumentError((document.problem((), f"`dialect` is missing{hint}: name one of {listed(sorted(known))}"),))
    if not isinstance(name, str):
        right = f"right would be the name of one, {listed(sorted(known))}"
        raise DocumentError((document.problem(("dialect",), f"found {shown(name)}; {right}"),))
    if name not in known:
        near = nearest(name, list(known))
        hint = f"did you mean `{near}`?" if near else f"there are {listed(sorted(known))}{_barren(folders)}"
        raise DocumentError((document.problem(("dialect",), f"there is no dialect `{name}`; {hint}"),))
    return dialect_called(name, folders)


def _barren(folders: Sequence[FilePath]) -> str:
    """Return what is to be said of folders that were set to hold dialects, and hold none."""
    barren = [str(folder) for folder in folders if not any(folder.glob("*/dialect.json"))]
    return f"; there is no NAME/dialect.json in {either(barren)}" if barren else ""


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
        tenants: Mapping[str, Any] | None = self.value.get("tenants")
        holders = read_tenants(self.dialect, tenants, self.complain)
        self._owners = Owners.of(holders, are_declared=tenants is not None)
        jobs = [self._job(entry, ("jobs", number)) for number, entry in enumerate(self.value.get("jobs", ()))]
        submissions = [
            self._submission(entry, ("submissions", number))
            for number, entry in enumerate(self.value.get("submissions", ()))
        ]
        self._complain_of_emptiness()
        self._complain_of_clashes(jobs, submissions)
        complain_of_shadowed(submissions, self.complain)
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
            idempotency=read_idempotency(self.dialect, self.value, self.complain),
            rates=read_rates(self.dialect, self._owners, self.value, self.complain),
        )

    def _complain_of_emptiness(self) -> None:
        """Complain of a scenario that says nothing of a dialect in which clients create no jobs."""
        says = set(self.value) - {"$schema", "about", "dialect"}
        if not says and all(route.do != "create" for route in self.dialect.routes):
            message = f"nothing is scripted, and no client of {self.dialect.name} makes jobs; right would be `jobs`"
            self.complain((), message)

    def _clock(self) -> int | str | None:
        text = self.value.get("clock")
        if text is None or text == "now":
            return text
        return self._instant(text, ("clock",))

    def _instant(self, text: str, path: Path, right: str = 'an instant like "2026-01-01T00:00:00Z"') -> int:
        moment = None
        try:
            moment = datetime.fromisoformat(text)
            at = instant_of(moment)
            datetime_of(at)
        except ValueError:
            lack = ", which names no zone" if moment is not None and moment.tzinfo is None else ""
            self.complain(path, f'found "{text}"{lack}; right would be {right}')
            return 0
        return at

    def _retention(self, entry: Mapping[str, Any], path: Path) -> int | None:
        for holder, place in ((entry, path), (self.value, ())):
            if _RETENTION in holder:
                units = holder[_RETENTION]
                return None if units is None else read_span(units, (*place, _RETENTION), self.complain, least=1)
        return self.dialect.retention

    def _owner(self, entry: Mapping[str, Any], path: Path) -> tuple[str, str | None]:
        owners = self._owners
        tenant, app = entry.get("tenant"), entry.get("app")
        if tenant is None:
            if len(owners.tenants) > 1:
                self.complain(path, f"`tenant` is missing: say whose job it is, {listed(owners.tenants)}")
            tenant = owners.tenants[0]
        if app is None and self.dialect.speaks_by_apps:
            app = next(iter(owners.apps(tenant)), None)
        if owners.knows_tenant(tenant, (*path, "tenant"), self.complain) and app is not None:
            owners.knows_app(app, tenant, (*path, "app"), self.complain)
        return tenant, app

    def _job(self, entry: Mapping[str, Any], path: Path) -> JobPlan | None:
        tenant, app = self._owner(entry, path)
        created, absolute = 0, False
        if isinstance(entry.get("created"), str):
            right = 'an instant like "2026-01-01T00:00:00Z", or a span from the start like {"days": -6}'
            created, absolute = self._instant(entry["created"], (*path, "created"), right), True
        elif "created" in entry:
            created = read_span(entry["created"], (*path, "created"), self.complain, least=-(10**18))
        return self._plan(entry, path, tenant=tenant, app=app, created=created, created_absolute=absolute)

    def _plan(self, entry: Mapping[str, Any], path: Path, **owner: Any) -> JobPlan | None:
        retention = self._retention(entry, path)
        steps = read_steps(self.dialect, entry["steps"], retention, (*path, "steps"), self.complain)
        lag = read_lag(self.dialect, ((entry, path), (self.value, ())), retention, self.complain)
        body = read_body(entry["body"], (*path, "body"), self.complain) if "body" in entry else None
        collections = {
            name: tuple(
                read_body(held, (*path, name, number), self.complain) for number, held in enumerate(entry[name])
            )
            for name in self.dialect.collections
            if name in entry
        }
        self._complain_of_counts(entry, path)
        complain_of_group(self.dialect, entry, path, self.complain)
        if steps is None:
            return None
        unseen = max(lag.get, 0 if owner.get("created_absolute") else -owner.get("created", 0))
        complain_of_futile(steps.script, entry["steps"], unseen, (*path, "steps"), self.complain)
        figures = [figure.given for figure in self.dialect.figures.values() if figure.given]
        return JobPlan(
            id=entry.get("id"),
            group=entry.get("group"),
            script=steps.script,
            pointer=pointer(path),
            body=body,
            bodies=steps.bodies,
            unlawful=steps.unlawful,
            faults=steps.faults,
            given={key: entry[key] for key in (*self.dialect.job_keys, *figures) if key in entry},
            collections=collections,
            lag=lag,
            **owner,
        )

    def _complain_of_counts(self, entry: Mapping[str, Any], path: Path) -> None:
        for figure in self.dialect.figures.values():
            if figure.given is None or figure.given not in entry:
                continue
            counts: Mapping[str, Any] = entry[figure.given]
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
        complain_of_when(self.dialect, self._owners, when, (*path, "when"), self.complain)
        if "id" in entry and entry.get("times") != 1:
            self.complain((*path, "id"), 'an id is for one job: say "times": 1 beside it, or leave it to the fake')
        plan = self._plan(entry, path, tenant="", app=None)
        if plan is None:
            return None
        return Submission(
            when=when, plan=plan, times=entry.get("times"), optional=entry.get("optional", False), pointer=pointer(path)
        )

    def _request_fault(self, entry: Mapping[str, Any], path: Path) -> RequestFault:
        known = operations_of(self.dialect)
        if entry["on"] not in known:
            self.complain((*path, "on"), unknown_operation(self.dialect, entry["on"], known))
        when = entry.get("when", {})
        complain_of_asked(self.dialect, self._owners, entry["on"], when, (*path, "when"), self.complain)
        return RequestFault(
            on=entry["on"],
            when=when,
            nth=entry.get("nth", 1),
            times=entry.get("times", 1),
            fault=read_fault(entry["fault"], (*path, "fault"), self.complain),
            optional=entry.get("optional", False),
            pointer=pointer(path),
        )

    def _default(self) -> JobPlan:
        """Return the plan of a created job where the scenario scripts none: the dialect's own."""
        source = self.dialect.source

        def complain(path: Path, message: str) -> None:
            raise DocumentError((source.problem(path, message),))

        retention = self._retention({}, ())
        script = read_steps(self.dialect, self.dialect.script, retention, ("script",), complain)
        assert script is not None
        return JobPlan(
            id=None,
            tenant="",
            app=None,
            script=script.script,
            pointer="",
            bodies=script.bodies,
            unlawful=script.unlawful,
            lag=read_lag(self.dialect, ((self.value, ()),), retention, self.complain),
        )
