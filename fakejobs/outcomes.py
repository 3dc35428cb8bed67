"""What comes of a command: what a client asked of jobs, carried out in a world, whose lock is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fakejobs import lifecycle
from fakejobs.clock import datetime_of, span_text
from fakejobs.commands import ENDS_HERE, Beyond, Cancel, Command, Create, Look, Offer, Principal, Upload, View
from fakejobs.counting import chosen_plans, group_for
from fakejobs.dialect.model import Dialect
from fakejobs.files import File
from fakejobs.lifecycle import Step
from fakejobs.population import Job
from fakejobs.scenario.model import Fault, StepFault
from fakejobs.structs import replace

if TYPE_CHECKING:
    from fakejobs.world import World

EXPIRED = "upload_expired"
"""The dialect's error for a file that comes too late."""


class Outcome(NamedTuple):
    """What came of a command: the jobs to show, a fault in place of them, or neither, and why.

    ``beyond`` says whether a list goes on on either side of what is to be shown, ``file`` is what was offered or
    uploaded, and ``error`` names what the dialect answers where there is nothing to show. ``is_endless`` says that the
    client has asked so often for what has ended that it would ask for ever, ``is_hidden`` that the job is there, but
    out of view.
    """

    views: tuple[View, ...] = ()
    fault: Fault | None = None
    reason: str = ""
    is_unscripted: bool = False
    beyond: Beyond = ENDS_HERE
    file: File | None = None
    error: str = "not_found"
    is_endless: bool = False
    is_hidden: bool = False


def outcome_of(world: World, dialect: Dialect, principal: Principal | None, command: Command, now: int) -> Outcome:
    """Carry out a command in a world and return what came of it."""
    if isinstance(command, Look):
        return _look(world, dialect, principal, command, now)
    if isinstance(command, Cancel):
        return _cancel(world, dialect, principal, command, now)
    if isinstance(command, Upload):
        return _upload(world, dialect, command, now)
    assert principal is not None
    if isinstance(command, Create):
        return _create(world, dialect, principal, command, now)
    if isinstance(command, Offer):
        return Outcome(file=world.files.offer(dialect, principal.tenant, command.name, now))
    views, beyond = world.population.listed(dialect.name, principal, command, now)
    return Outcome(views=views, beyond=beyond)


def _look(world: World, dialect: Dialect, principal: Principal | None, command: Look, now: int) -> Outcome:
    job, has_ended, why = _in_view(world, dialect, principal, command.id, now)
    if job is None:
        return Outcome(reason=why)
    endless = job.poll(principal, now, has_ended=has_ended) if command.counts else ""
    if why or endless:
        return Outcome(reason=endless or why, is_endless=bool(endless), is_hidden=True)
    lag = job.plan.lag.get
    view = job.shown(now, lag)
    if view is None:
        until = f"{datetime_of(job.created + lag):%Y-%m-%d %H:%M:%S}"
        return Outcome(reason=f"it is not shown before {until}, {span_text(lag)} late", is_hidden=True)
    before = job.position
    late = f"shown {span_text(lag)} late: {_truth(job)}" if view.position.index != before.index else ""
    if not command.counts:
        return Outcome(views=(view,), reason=late)
    number = lifecycle.standing_fault(job.script, before, now)
    if number is not None:
        job.position = lifecycle.fire(before, number)
        return _faulted(job, job.plan.faults[number], view, now)
    job.position = lifecycle.seen(job.script, before, now)
    if job.position is not before:
        world.moved(job, now)
    return Outcome(views=(view,), reason=late)


def _faulted(job: Job, met: StepFault, view: View, now: int) -> Outcome:
    """Return what comes of a look that meets a fault of its job; one that is stale shows an earlier view."""
    fault, reason = met.fault, f"fault at {met.pointer}: {met.fault}"
    if fault.stale:
        lag, age = job.plan.lag.get + fault.stale, now - job.created
        earlier = job.shown(now, min(lag, age))
        assert earlier is not None  # it goes back to the making at most
        born = f", but it was made only {span_text(age)} before, and is shown as it was then" if lag > age else ""
        view, reason = earlier, f"{reason}{born}; {_truth(job)}"
    return Outcome(views=(view,), fault=fault, reason=reason)


def _truth(job: Job) -> str:
    return f"it is in `{job.script.steps[job.position.index].state}`"


def _in_view(
    world: World, dialect: Dialect, principal: Principal | None, id: str, now: int
) -> tuple[Job | None, bool, str]:
    """Return the job of an id as it is now, whether it has ended, and why it is not shown, if it is not."""
    job, why = world.population.find(dialect.name, principal, id, now)
    if job is None:
        return None, False, why
    job.advance(now)
    has_ended = job.has_ended()
    if has_ended and job.has_expired(now):
        expires = lifecycle.expires_at(job.script, job.position) or 0
        why = f"it expired at {datetime_of(expires):%Y-%m-%d %H:%M:%S}"
    return job, has_ended, why


def _cancel(world: World, dialect: Dialect, principal: Principal | None, command: Cancel, now: int) -> Outcome:
    job, has_ended, why = _in_view(world, dialect, principal, command.id, now)
    if job is None or why:
        return Outcome(reason=why)
    if not has_ended:
        world.finish(job, Step(state=command.state, phase=dialect.states[command.state].phase), None, now)
        if command.is_gone:
            job.script = replace(job.script, retention=0)
    return Outcome(views=(job.view(now),))


def _upload(world: World, dialect: Dialect, command: Upload, now: int) -> Outcome:
    file = world.files.find(dialect.name, command.id)
    if file is None:
        return Outcome(reason="no file has this id")
    if now >= file.until:
        return Outcome(reason=f"its upload URL expired at {datetime_of(file.until):%Y-%m-%d %H:%M:%S}", error=EXPIRED)
    return Outcome(file=world.files.put(file, command.content, now))


def _create(world: World, dialect: Dialect, principal: Principal, command: Create, now: int) -> Outcome:
    plans = chosen_plans(world.submissions, dialect, command.requests, world.defaults.get(dialect.name))
    if plans is None:
        return Outcome(reason="no submission of the scenario takes it", is_unscripted=True)
    group = group_for([plan for _, plan in plans], principal.tenant, dialect, len(world.jobs) + 1)
    who, jobs = principal, []
    for (scenario, given), facts in zip(plans, command.requests, strict=True):
        plan = world.files.plan_with(dialect, given, who.tenant, facts)
        jobs.append(world.make(scenario, plan, who.tenant, who.app, now, command.mint, facts, group=group))
    return Outcome(views=tuple(job.view(now) for job in jobs))
