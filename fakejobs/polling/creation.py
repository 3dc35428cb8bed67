"""Whether clients made one job of a thing, or made it twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakejobs.clock import span_text
from fakejobs.commands import Json
from fakejobs.dialect.overlays import covers
from fakejobs.documents.spelling import shown
from fakejobs.door import found, known_name
from fakejobs.errors import ExpectationError, UsageError
from fakejobs.journal import first_instant
from fakejobs.polling.complaint import joined
from fakejobs.polling.record import made
from fakejobs.population import Job
from fakejobs.timeline import Mark, timeline
from fakejobs.world import World


def only_job_made(
    world: World, now: int, *, tenant: str | None, operation: str | None, matching: Mapping[str, Json] | None
) -> int:
    """Return the place among the world's jobs of the one that clients made by requests that fit.

    ``matching`` is what a submission's ``when`` may be: a subset of ``path``, ``query``, ``body``, ``app`` and what
    the dialect adds; a tenant and an operation are to be equal, None is any. `ExpectationError` with a timeline if
    there is no such job or more than one; `UsageError` for a tenant or an operation that nothing played has.
    """
    wanted = _wanted(world, tenant, operation, matching)
    with world.lock:
        made_by_clients = [(place, job) for place, job in enumerate(world.jobs) if job.facts]
        fitting = [(place, job) for place, job in made_by_clients if covers(dict(job.facts), wanted)]
        if len(fitting) == 1:
            return fitting[0][0]
        if fitting:
            raise _made_again(world, now, [job for _, job in fitting], wanted)
        raise _never_made(world, now, [job for _, job in made_by_clients], wanted)


def _wanted(world: World, tenant: Any, operation: Any, matching: Any) -> dict[str, Json]:
    """Return what the facts of a job have to hold; `UsageError` where nothing could."""
    if matching is not None and not isinstance(matching, Mapping):
        raise UsageError(f'matching is a mapping, like {{"body": {{…}}}}; found {found(matching)}')
    routes = [route for dialect in world.dialects for route in dialect.routes if route.do == "create"]
    parts = ["operation", "path", "query", "body", "tenant", "app", *(key for route in routes for key in route.facts)]
    wanted = {
        known_name(key, "part of a request", parts, " where jobs are made"): value
        for key, value in (matching or {}).items()
    }
    operations = [route.operation for route in routes]
    tenants = [name for dialect in world.dialects for name in world.directory(dialect.name).tenants]
    for name, value, known in (("tenant", tenant, tenants), ("operation", operation, operations)):
        if value is not None:
            wanted[name] = known_name(value, name, known, " where jobs are made")
    return wanted


def _thing(wanted: Mapping[str, Json]) -> str:
    return f" for {shown(dict(wanted))}" if wanted else ""


def _made_again(world: World, now: int, jobs: list[Job], wanted: Mapping[str, Json]) -> ExpectationError:
    start = first_instant(world.journal.records, now)
    rows = [f"{job.id} at +{span_text(job.created - start)}" for job in jobs]
    marks: list[Mark] = []
    for nth, job in enumerate(jobs, 1):
        text = f"made job {nth} of {len(jobs)}: {job.id}"
        numbers = [number for number, entry in enumerate(world.journal.entries) if made(job, entry)]
        marks.extend(Mark(number=number, text=text, breaks=nth > 1) for number in numbers[:1])
    said = f"{len(jobs)} jobs were made{_thing(wanted)}: {joined(rows)}; right would be one"
    return ExpectationError((said,), timeline(world, now, marks))


def _never_made(world: World, now: int, jobs: list[Job], wanted: Mapping[str, Json]) -> ExpectationError:
    there = [f"{job.id} by {shown(dict(job.facts))}" for job in jobs[:3]]
    others = f"clients made {joined(there)}" if there else "clients made none at all"
    said = f"no job was made{_thing(wanted)}: {others}; right would be one"
    return ExpectationError((said,), timeline(world, now))
