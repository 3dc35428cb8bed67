"""The jobs of a world, found by id and by tenant, and who may see which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fakejobs import lifecycle
from fakejobs.commands import Json, Principal, View
from fakejobs.dialect.model import Dialect
from fakejobs.lifecycle import Position, Script
from fakejobs.scenario.bodies import resolved
from fakejobs.scenario.model import JobPlan, Scenario


def seed_of(scenario: Scenario, tenant: str, id: str) -> str:
    """Return what a job's faked values grow from: its scenario, its tenant and its id."""
    return f"{scenario.name}:{tenant}:{id}"


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """A job of the world. ``seen`` holds the words shown, ``polls`` counts the looks by those who may see it."""

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
    overlays: dict[int, tuple[Json, ...]] = field(default_factory=dict)
    collections: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    tenant_keys: Mapping[str, str] = field(default_factory=dict)
    app_keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def created(self) -> int:
        """The instant at which it was made."""
        return self.position.entered[0]

    def advance(self, now: int) -> None:
        """Bring its position up to now."""
        self.position = lifecycle.advance(self.script, self.position, now)

    def has_expired(self, now: int) -> bool:
        """Say whether it is out of everybody's view."""
        expires = lifecycle.expires_at(self.script, self.position)
        return expires is not None and now >= expires

    def is_seen_by(self, principal: Principal) -> bool:
        """Say whether it is the principal's to see, as long as it is in view at all."""
        return self.tenant == principal.tenant and (principal.sees_tenant or self.app == principal.app)

    def view(self, now: int) -> View:
        """Return it as it stands; its position is up to date."""
        index = self.position.index
        overlays = self.overlays.get(index)
        if overlays is None:
            bodies = (self.plan.body, self.bodies[index])
            overlays = tuple(resolved(body, self.seed) for body in bodies if body is not None)
            self.overlays[index] = overlays
        return View(
            dialect=self.dialect.name,
            id=self.id,
            tenant=self.tenant,
            app=self.app,
            serial=self.serial,
            at=now,
            script=self.script,
            position=self.position,
            overlays=overlays,
            given=self.plan.given,
            collections=self.collections,
            facts=self.facts,
            tenant_keys=self.tenant_keys,
            app_keys=self.app_keys,
        )


class Population:
    """All jobs, in the order in which they were made."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self._by_id: dict[tuple[str, str], list[Job]] = {}
        self._by_tenant: dict[tuple[str, str], list[Job]] = {}

    def add(self, job: Job) -> None:
        """Add a job."""
        self.jobs.append(job)
        self._by_id.setdefault((job.dialect.name, job.id), []).append(job)
        self._by_tenant.setdefault((job.dialect.name, job.tenant), []).append(job)

    def of_id(self, dialect: str, id: str) -> Sequence[Job]:
        """Return the jobs of an id: at most one a tenant."""
        return self._by_id.get((dialect, id), ())

    def in_view(self, dialect: str, principal: Principal, now: int) -> list[Job]:
        """Return the jobs that a principal may see now, each brought up to date."""
        found = []
        for job in self._by_tenant.get((dialect, principal.tenant), ()):
            if job.is_seen_by(principal) and job.created <= now:
                job.advance(now)
                if not job.has_expired(now):
                    found.append(job)
        return found

    def find(self, dialect: str, principal: Principal | None, id: str, now: int) -> tuple[Job | None, str]:
        """Return the job of an id that a principal may see, or None and why not.

        Without a principal it is the only job of that id. Whether it has expired is another question.
        """
        there = [job for job in self.of_id(dialect, id) if job.created <= now]
        if not there:
            return None, "no job has this id"
        if principal is None:
            return (there[0], "") if len(there) == 1 else (None, "several tenants have a job of this id")
        for job in there:
            if job.is_seen_by(principal):
                return job, ""
            if job.tenant == principal.tenant:
                return None, f"it is a job of {f'another app, {job.app}' if job.app else 'the tenant, not of this app'}"
        return None, f"it is a job of another tenant, {there[0].tenant}"
