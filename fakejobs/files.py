"""The files of a world: places that were made for them, what was uploaded, and whether a job can use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fakejobs.clock import datetime_of
from fakejobs.commands import Json
from fakejobs.dialect.files import fault_of_file
from fakejobs.dialect.model import Dialect
from fakejobs.dialect.scope import Scope, value_at
from fakejobs.keeping import Back, fields_kept
from fakejobs.lifecycle import Script, Step
from fakejobs.scenario.model import JobPlan
from fakejobs.structs import replace


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that a client was given a place for. ``content`` is None until it was uploaded; the last upload counts.

    ``offered_at``, ``until`` and ``uploaded_at`` are microseconds since the epoch.
    """

    id: str
    dialect: str
    tenant: str
    name: str | None
    offered_at: int
    until: int
    content: bytes | None = None
    uploaded_at: int | None = None

    @property
    def offered(self) -> datetime:
        """When the place was made for it, on the test's clock."""
        return datetime_of(self.offered_at)

    @property
    def uploaded(self) -> datetime | None:
        """When it was uploaded, on the test's clock; None if it never was."""
        return None if self.uploaded_at is None else datetime_of(self.uploaded_at)


class Files:
    """All files, by dialect and id, in the order in which places were made for them."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], File] = {}

    @property
    def all(self) -> list[File]:
        """All of them, as they are now."""
        return list(self._files.values())

    def offer(self, dialect: Dialect, tenant: str, name: str | None, now: int) -> File:
        """Make a place for a file, which takes it for the dialect's lifetime from now on."""
        assert dialect.uploads is not None
        id = dialect.uploads.mint(f"{dialect.name}:{tenant}:file:{len(self._files) + 1}")
        until = now + dialect.uploads.lifetime
        file = File(id=id, dialect=dialect.name, tenant=tenant, name=name, offered_at=now, until=until)
        self._files[dialect.name, id] = file
        return file

    def keep(self) -> Back:
        """Return what puts back the files that there are now."""
        return fields_kept(self)

    def find(self, dialect: str, id: str) -> File | None:
        """Return the file of an id, or None."""
        return self._files.get((dialect, id))

    def put(self, file: File, content: bytes, now: int) -> File:
        """Keep what was uploaded in the place of a file."""
        held = replace(file, content=content, uploaded_at=now)
        self._files[file.dialect, file.id] = held
        return held

    def plan_with(self, dialect: Dialect, plan: JobPlan, tenant: str, facts: Mapping[str, Json]) -> JobPlan:
        """Return the plan of a job that a request makes: its own, or the failure that its file brings about."""
        uploads = dialect.uploads
        if uploads is None:
            return plan
        id = value_at(facts.get("body"), uploads.used_at)
        if id is None:
            return plan
        fault = self._fault(dialect.name, str(id), tenant, value_at(facts["body"], uploads.format_at))
        if fault is None:
            return plan
        last = Step(state=uploads.state, phase=dialect.states[uploads.state].phase)
        return failing(plan, last, uploads.failed(Scope(fault)))

    def _fault(self, dialect: str, id: str, tenant: str, format: Json) -> Mapping[str, Json] | None:
        """Return why a tenant's job cannot use the file of an id, and whether there is one; None if it can."""
        file = self.find(dialect, id)
        if file is None or file.tenant != tenant:
            return {"why": f"no file has the id {id[:80]}", "is_uploaded": False}
        if file.content is None:
            return {"why": f"the file {id} was never uploaded", "is_uploaded": False}
        why = fault_of_file(file.content, format, file.name)
        return {"why": why, "is_uploaded": True} if why else None


def failing(plan: JobPlan, last: Step, body: Json) -> JobPlan:
    """Return a plan that keeps the steps in which its job waits, and then ends in ``last``."""
    steps = plan.script.steps
    waits = next((number for number, step in enumerate(steps) if step.phase != "waiting"), len(steps) - 1)
    overlays = tuple(each for each in plan.script.overlays if each.before <= waits)
    return replace(
        plan,
        script=Script(steps=(*steps[:waits], last), overlays=overlays, retention=plan.script.retention),
        bodies=(*plan.bodies[:waits], body),
        unlawful=(*plan.unlawful[:waits], False),
        faults=plan.faults[: len(overlays)],
    )
