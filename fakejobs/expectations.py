"""Law 4: silence is never success. What was scripted and did not happen, and what happened and was not scripted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from fakejobs.clock import datetime_of
from fakejobs.errors import UsageError
from fakejobs.journal import Delivery
from fakejobs.population import Job
from fakejobs.world import World

REQUESTS, FAULTS, SUBMISSIONS = "requests", "faults", "submissions"
ALL = frozenset((REQUESTS, FAULTS, SUBMISSIONS))
_NEVER_ASKED = "nobody who may see the job asked for it by its id"


def strictness(strict: bool | Iterable[str]) -> frozenset[str]:  # noqa: FBT001 - as the contract has it
    """Return what is held against a test: all of it for True, nothing for False, or what a set names."""
    if isinstance(strict, bool):
        return ALL if strict else frozenset()
    named = None if isinstance(strict, str) or not isinstance(strict, Iterable) else frozenset(strict)
    if named is None or not named <= ALL:
        found = repr(strict) if named is None else ", ".join(sorted(repr(each) for each in named - ALL))
        hint = f"; did you mean {{{strict!r}}}?" if isinstance(strict, str) and strict in ALL else ""
        raise UsageError(f"strict takes True, False or a set of {', '.join(sorted(ALL))}; found {found}{hint}")
    return named


def findings(world: World, strict: frozenset[str], since: int = 0) -> tuple[str, ...]:
    """Return a line for everything that a test has to answer for; () if there is nothing.

    Of the journal's strays only those from number ``since`` on are looked at.
    """
    with world.lock:
        found = [
            *(_unexpected(world, since) if REQUESTS in strict else ()),
            *(_unfired(world) if FAULTS in strict else ()),
            *(_unsubmitted(world) if SUBMISSIONS in strict else ()),
        ]
    return tuple(found)


def late_requests(world: World) -> tuple[str, ...]:
    """Return a line for each request that came when the test was over."""
    return tuple(
        f"request after the test was over: {entry.request.method} {entry.request.target} ({entry.response.status})"
        for entry in world.journal.entries
        if entry.late
    )


def _unexpected(world: World, since: int) -> Iterator[str]:
    journal = world.journal
    for number, stray in enumerate(journal.strays[since:], since):
        is_there = any(record is stray for record in journal.records)
        why = "before a reset()" if number < journal.strays_before else "which a restore() has taken back"
        when = "" if is_there else f" (at {stray.at:%Y-%m-%d %H:%M:%S}, {why})"
        if isinstance(stray, Delivery):
            yield f"callback of job {stray.job} to {stray.request.target}{when}: {stray.reason}"
        else:
            yield f"unexpected request: {stray.request.method} {stray.request.target}{when}: {stray.reason}"


def _unfired(world: World) -> Iterator[str]:
    for job in world.jobs:
        for number, met in enumerate(job.plan.faults):
            if not met.optional and not job.position.fired[number]:
                which = f"{met.pointer} ({met.fault}) of job {job.id}"
                yield f"fault that never fired: {which}: {_why_unfired(job, number)}"
    for counted in world.faults:
        rule = counted.rule
        if not rule.optional and not counted.taken:
            came = f"there {'was' if counted.asked == 1 else 'were'} {counted.asked}"
            fits = f" that fits {json.dumps(rule.when, ensure_ascii=False)}" if rule.when else ""
            wanted = f"request {rule.nth} on `{rule.on}`{fits} never came; {came}"
            yield f"fault that never fired: {rule.pointer} ({rule.fault}): {wanted}"


def _why_unfired(job: Job, number: int) -> str:
    overlay = job.script.overlays[number]
    if overlay.before > job.position.index:
        state = job.script.steps[overlay.before].state
        return f"the job did not come to `{state}` by the last look at it" if job.polls else _NEVER_ASKED
    if not job.polls:
        return _NEVER_ASKED
    begun = job.position.entered[overlay.before]
    until = "" if overlay.span is None else f" and {datetime_of(begun + overlay.span):%Y-%m-%d %H:%M:%S}"
    window = "between" if until else "from"
    return f"no look at the job reached it {window} {datetime_of(begun):%Y-%m-%d %H:%M:%S}{until or ' on'}"


def _unsubmitted(world: World) -> Iterator[str]:
    for counted in world.submissions:
        if not counted.rule.optional and not counted.taken:
            yield f"submission that never came: {counted}"
