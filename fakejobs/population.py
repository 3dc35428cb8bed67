"""The jobs of a world, found by id and by tenant, and who may see which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from typing import NamedTuple

from fakejobs import lifecycle
from fakejobs.clock import datetime_of
from fakejobs.commands import NOTHING, Beyond, Json, List, Principal, View
from fakejobs.dialect.model import Dialect
from fakejobs.keeping import Back, fields_kept
from fakejobs.lifecycle import Position, Script, Standing
from fakejobs.rows import Row
from fakejobs.scenario.bodies import resolved
from fakejobs.scenario.model import JobPlan, Scenario
from fakejobs.stretches import Stretch, stretch
from fakejobs.structs import record


def seed_of(scenario: Scenario, tenant: str, id: str) -> str:
    """Return what a job's faked values grow from: its scenario, its tenant and its id."""
    return f"{scenario.name}:{tenant}:{id}"


class Laid(NamedTuple):
    """What is laid over a job's document in one step, and the parts of the document that stay the same there."""

    overlays: tuple[Json, ...]
    kept: dict[str, Json]


MOST_LOOKS_AT_AN_END = 10_000
"""So often may one and the same look at a job that has ended: a client that asks again would ask for ever."""

MOST_LOOKS_AT_AN_INSTANT = 10_000
"""So often may a job be looked at while the clock stands: a client that asks on does not wait by this clock."""

MOST_LOOKS_AT_A_STANDSTILL = 100_000
"""So often may a job be looked at in a step that no time ends: more than a client needs to give up by a deadline."""


@record
class Job:
    """A job of the world. ``seen`` holds the words shown, ``polls`` counts the looks by those who may see it.

    ``is_awaited`` says that the end which time brings is to be told to whom its callback names, ``is_told`` that an end
    was told, or never will be. ``noted`` is where it stood whenever something other than time had moved it, of a job
    that is ever shown as it was earlier. ``late_looks`` counts the looks since it has ended, by who asked,
    ``looks_there`` those at the instant of the last one, ``looked_at``, and ``looks_in_step`` those in the step of the
    last one, whose number is ``looked_in``.
    """

    dialect: Dialect
    id: str
    tenant: str
    app: str | None
    serial: int
    seed: str
    plan: JobPlan
    script: Script
    position: Position
    bodies: tuple[Json, ...]
    facts: Mapping[str, Json] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    polls: int = 0
    laid: dict[int, Laid] = field(default_factory=dict)
    collections: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    tenant_keys: Mapping[str, str] = field(default_factory=dict)
    app_keys: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None
    is_awaited: bool = False
    is_told: bool = False
    noted: list[Standing] = field(default_factory=list)
    late_looks: dict[str, int] = field(default_factory=dict)
    looked_at: int = 0
    looks_there: int = 0
    looked_in: int = 0
    looks_in_step: int = 0

    def __post_init__(self) -> None:
        """Note where it stands when it is made."""
        self.note(self.created)

    def keep(self) -> Back:
        """Return what puts it back as it is now; what is laid over its document is found anew."""
        back = fields_kept(self, values=("bodies", "facts", "collections", "tenant_keys", "app_keys", "laid"))

        def put_back() -> None:
            back()
            self.laid = {}

        return put_back

    @property
    def created(self) -> int:
        """The instant at which it was made."""
        return self.position.entered[0]

    @property
    def is_as_planned(self) -> bool:
        """Whether nothing about it but time is of another's making than the plan's: no client, and no test."""
        plan = self.plan
        return self.script is plan.script and self.bodies is plan.bodies and self.facts is NOTHING

    def advance(self, now: int) -> None:
        """Bring its position up to now."""
        self.position = lifecycle.advance(self.script, self.position, now)

    def note(self, now: int) -> None:
        """Note where it stands now that something other than time has moved it."""
        if self.plan.looks_back:
            self.noted.append(Standing(at=now, script=self.script, position=self.position))

    def poll(self, principal: Principal | None, now: int, *, has_ended: bool) -> str:
        """Count a look; or return why it is one too many, and count nothing. Its position is up to date."""
        if now != self.looked_at:
            self.looked_at, self.looks_there = now, 0
        elif self.looks_there >= MOST_LOOKS_AT_AN_INSTANT:
            many = f"this job was asked for {MOST_LOOKS_AT_AN_INSTANT:,} times at one instant, for the clock stands"
            return f"{many}: hand the client `clock.sleep` to wait by, or have it driven by `clock.drive()`"
        self.looks_there += 1
        index = self.position.index
        if index != self.looked_in:
            self.looked_in, self.looks_in_step = index, 0
        elif self.looks_in_step >= MOST_LOOKS_AT_A_STANDSTILL and (why := self._standstill()):
            return f"this job was asked for {MOST_LOOKS_AT_A_STANDSTILL:,} times in a step that no time ends: {why}"
        self.looks_in_step += 1
        if has_ended:
            who = "somebody" if principal is None else f"{principal.tenant}/{principal.app or ''}".removesuffix("/")
            looks = self.late_looks.get(who, 0)
            if looks >= MOST_LOOKS_AT_AN_END:
                many = f"{who} has asked for this job {MOST_LOOKS_AT_AN_END:,} times since it ended"
                return f"{many}; a client that does not stop would ask for ever"
            self.late_looks[who] = looks + 1
        self.polls += 1
        return ""

    def _standstill(self) -> str:
        """Return why it goes no further unless the test moves it; "" if it may."""
        step = self.script.steps[self.position.index]
        if self.position.held_at is not None:
            return "it is held, until the test calls its `release()`"
        if step.awaits_release:
            return "it awaits the test's `release()`"
        is_endless = step.span is None and step.looks is None
        return "it never ends; a client that does not give up would ask for ever" if is_endless else ""

    def has_ended(self) -> bool:
        """Say whether it has come to its end. Its position is up to date."""
        return lifecycle.ended_at(self.script, self.position) is not None

    def has_expired(self, now: int) -> bool:
        """Say whether it is out of everybody's view."""
        expires = lifecycle.expires_at(self.script, self.position)
        return expires is not None and now >= expires

    def is_seen_by(self, principal: Principal) -> bool:
        """Say whether it is the principal's to see, as long as it is in view at all."""
        return self.tenant == principal.tenant and (principal.sees_tenant or self.app == principal.app)

    def view(self, now: int) -> View:
        """Return it as it stands; its position is up to date."""
        return self._view(now, self.script, self.position)

    def shown(self, now: int, lag: int) -> View | None:
        """Return it as it stood so many microseconds before now, or None where it was not made yet.

        Its position is up to date.
        """
        if not lag:
            return self._view(now, self.script, self.position)
        then = lifecycle.rewound(self.noted, now - lag)
        return None if then is None else self._view(then.at, then.script, then.position)

    def _view(self, at: int, script: Script, position: Position) -> View:
        index = position.index
        laid = self.laid.get(index)
        if laid is None:
            bodies = (self.plan.body, self.bodies[index])
            laid = Laid(tuple(resolved(body, self.seed) for body in bodies if body is not None), {})
            self.laid[index] = laid
        return View(
            dialect=self.dialect.name,
            id=self.id,
            tenant=self.tenant,
            app=self.app,
            serial=self.serial,
            at=at,
            script=script,
            position=position,
            overlays=laid.overlays,
            given=self.plan.given,
            collections=self.collections,
            facts=self.facts,
            tenant_keys=self.tenant_keys,
            app_keys=self.app_keys,
            group=self.group,
            plan=self.plan if self.is_as_planned else None,
            kept=laid.kept,
        )


class Population:
    """All jobs, in the order in which they were made."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self._by_id: dict[tuple[str, str], list[Job]] = {}
        self._by_tenant: dict[tuple[str, str], Row] = {}
        self._by_group: dict[tuple[str, str, str], Row] = {}

    def add(self, job: Job) -> None:
        """Add a job."""
        self.jobs.append(job)
        self._by_id.setdefault((job.dialect.name, job.id), []).append(job)
        self._by_tenant.setdefault((job.dialect.name, job.tenant), Row()).add(job)
        if job.group is not None:
            self._by_group.setdefault((job.dialect.name, job.tenant, job.group), Row()).add(job)

    def keep(self) -> Back:
        """Return what puts the jobs back that there are now; rows that have dropped some of them are made anew."""
        jobs = [(job, job.keep()) for job in self.jobs]

        def back() -> None:
            self.jobs, self._by_id, self._by_tenant, self._by_group = [], {}, {}, {}
            for job, put_back in jobs:
                put_back()
                self.add(job)

        return back

    def has(self, job: Job) -> bool:
        """Say whether a job is there, and was not taken back."""
        number = job.serial - 1
        return number < len(self.jobs) and self.jobs[number] is job

    def of_id(self, dialect: str, id: str) -> Sequence[Job]:
        """Return the jobs of an id: at most one a tenant."""
        return self._by_id.get((dialect, id), ())

    def listed(self, dialect: str, principal: Principal, wanted: List, now: int) -> Stretch:
        """Return the jobs that a principal sees in a list, and whether more come before or behind them."""
        row = self._row(dialect, principal.tenant, wanted.group)
        if wanted.most is None:
            return Stretch(tuple(_views(row.in_view(principal, now), wanted, now, by_making=True)))
        if wanted.key is not None:
            return stretch(_views(row.in_view(principal, now), wanted, now), wanted, wanted.key)
        jobs = row.in_view(principal, now, wanted.after, descending=wanted.descending)
        found = tuple(islice(_views(jobs, wanted, now), wanted.most + 1))
        return Stretch(found[: wanted.most], Beyond(more=len(found) > wanted.most))

    def _row(self, dialect: str, tenant: str, group: str | None) -> Row:
        found = (
            self._by_tenant.get((dialect, tenant)) if group is None else self._by_group.get((dialect, tenant, group))
        )
        return Row() if found is None else found

    def find(self, dialect: str, principal: Principal | None, id: str, now: int) -> tuple[Job | None, str]:
        """Return the job of an id that a principal may see, or None and why not.

        Without a principal it is the only job of that id. Whether it has expired is another question.
        """
        jobs = self.of_id(dialect, id)
        if principal is not None:
            for job in jobs:
                if job.is_seen_by(principal) and job.created <= now:
                    return job, ""
        there = [job for job in jobs if job.created <= now]
        if not there:
            to_come = min((job.created for job in jobs), default=None)
            if to_come is not None:
                return None, f"it is made only at {datetime_of(to_come):%Y-%m-%d %H:%M:%S}"
            return None, "no job has this id"
        if principal is None:
            return (there[0], "") if len(there) == 1 else (None, "several tenants have a job of this id")
        for job in there:
            if job.tenant == principal.tenant:
                return None, f"it is a job of {f'another app, {job.app}' if job.app else 'the tenant, not of this app'}"
        return None, f"it is a job of another tenant, {there[0].tenant}"


def _views(jobs: Iterator[Job], wanted: List, now: int, *, by_making: bool = False) -> Iterator[View]:
    """Yield the views of jobs that are wanted; ``by_making`` in the order in which they were made."""
    for job in sorted(jobs, key=_serial) if by_making else jobs:
        view = job.shown(now, job.plan.lag.list)
        if view is not None and (wanted.keeps is None or wanted.keeps(view)):
            yield view


def _serial(job: Job) -> int:
    return job.serial
