"""The journal as text: one table of requests and moves of the clock, and how it stands at the end; 80 columns.

An assertion that failed points into it: the line that broke it begins with ``>``, and what is wrong stands below.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from fakejobs import lifecycle
from fakejobs.clock import Move, datetime_of, span_text
from fakejobs.documents.spelling import counted
from fakejobs.journal import Delivery, Entry, Record, first_instant
from fakejobs.population import Job
from fakejobs.structs import struct
from fakejobs.world import World

WIDTH = 80
_MANY = 5
_TIME, _WHO, _REPLY = 13, 14, 18
_ASKED = WIDTH - _TIME - _WHO - _REPLY


@struct
class Mark:
    """A place to point at: an exchange, by its number in the journal from 0, and what is to be said of it.

    ``breaks`` says that this is where something went wrong, rather than what led to it.
    """

    number: int
    text: str
    breaks: bool = True


def timeline(world: World, now: int, marks: Sequence[Mark] = ()) -> str:
    """Return what happened in a world up to now, readable at 80 columns; it ends without a line break.

    Exchanges that ``marks`` name are always shown, however long the run of their like.
    """
    with world.lock:
        records = list(world.journal.records)
        start = first_instant(records, now)
        title = f"timeline of {_played(world)}, from {datetime_of(start):%Y-%m-%d %H:%M:%S} UTC"
        lines = _paragraph(title, "", "  ")
        if any(isinstance(record, Entry) for record in records):
            lines.append(f"{'at':<{_TIME}}{'who':<{_WHO}}{'request':<{_ASKED}}reply")
        lines.extend(_collapsed(records, start, marks))
        entries = [record for record in records if isinstance(record, Entry)]
        if not entries:
            lines.append("no request came")
        if len(entries) == len(records) >= _MANY:
            lines.append("the clock never moved: does the client sleep by the fake's clock?")
        lines.extend(_standing(world, now, start))
    return "\n".join(line.rstrip() for line in lines)


def _collapsed(records: Sequence[Record], start: int, marks: Sequence[Mark]) -> Iterator[str]:
    """Yield the lines of all records; of a run of exchanges that differ in nothing but time, the first and the last.

    What is said at a mark makes its exchange differ from all others.
    """
    blocks: list[tuple[Record, list[str]]] = []
    number = 0
    for record in records:
        if isinstance(record, Entry):
            here = [mark for mark in marks if mark.number == number]
            blocks.append((record, [*_exchange(record, start, here), *_pointed(here)]))
            number += 1
        elif isinstance(record, Delivery):
            blocks.append((record, list(_delivery(record, start))))
        elif blocks and not isinstance(blocks[-1][0], Move):
            blocks[-1][1].extend(_move(record))
        else:
            blocks.append((record, list(_move(record))))
    for _, run in groupby(blocks, key=_without_time):
        first, *others = run
        yield from first[1]
        if len(others) < _MANY:
            yield from (line for _, lines in others for line in lines)
        else:
            yield f"{'':<{_TIME}}   … the same {len(others) - 1} times more"
            yield from others[-1][1]


def _without_time(block: tuple[Record, list[str]]) -> list[str]:
    return [line[_TIME:] for line in block[1]]


def _delivery(delivery: Delivery, start: int) -> Iterator[str]:
    """Yield the lines of a callback: what the fake sent, and how it was answered."""
    at = f"+{span_text(delivery.sent - start)}"
    if len(at) >= _TIME:
        yield at
        at = ""
    sent = f"> POST {_fitted(delivery.request.target, _ASKED - 7)}"
    answered = "no answer" if delivery.status is None else str(delivery.status)
    yield f"{at:<{_TIME}}{'(callback)':<{_WHO}}{sent:<{_ASKED}}{answered}"
    reason = f"; {delivery.reason}" if delivery.reason else ""
    yield from _paragraph(f"job {delivery.job} has ended{reason}", " " * _TIME + "^ ", " " * (_TIME + 2))


def _played(world: World) -> str:
    return ", ".join(scenario.name for scenario in world.scenarios) or "nothing (no scenario is played)"


def _fitted(text: str, width: int) -> str:
    """Return a text cut to a column: the end of it, which tells more than its beginning."""
    text = _printable(text)
    return text if len(text) < width else "…" + text[len(text) - width + 2 :]


def _printable(text: str) -> str:
    """Return a text on one line: what has no print, or would break the line, is escaped."""
    if text.isprintable():  # nearly all are, and asked for as a whole it takes a tenth of the time
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _paragraph(text: str, first: str, further: str) -> list[str]:
    """Return a text as lines, the first and the further ones behind an indent."""
    return textwrap.wrap(
        _printable(text), WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False
    )


def _move(move: Move) -> Iterator[str]:
    yield f"{'':<{_TIME}}-- clock +{span_text(move.after - move.before)} ({move.why})"


def _pointed(marks: Sequence[Mark]) -> Iterator[str]:
    """Yield what is said at an exchange: of what broke an assertion below an arrow, of what led to it as a note."""
    for mark in marks:
        if mark.breaks:
            yield from _paragraph(f"<-- here: {mark.text}", "  ", " " * 12)
        else:
            yield from _paragraph(mark.text, " " * _TIME + "^ ", " " * (_TIME + 2))


def _exchange(entry: Entry, start: int, here: Sequence[Mark]) -> Iterator[str]:
    who = entry.tenant or ("?" if entry.dialect else "")
    if entry.app:
        who = f"{who}/{entry.app}"
    method = _fitted(entry.request.method, _WHO)
    asked = f"{method} {_fitted(entry.request.target, _ASKED - len(method) - 1)}"
    state = entry.state or ""
    reply = f"{entry.response.status} {state if entry.response.status < 300 or not state else f'({state})'}"
    at = f"{'> ' if any(mark.breaks for mark in here) else ''}+{span_text(entry.asked - start)}"
    if len(at) >= _TIME:
        yield at
        at = ""
    yield f"{at:<{_TIME}}{_fitted(who, _WHO):<{_WHO}}{asked:<{_ASKED}}{_fitted(reply, _REPLY + 1)}"
    notes = [entry.reason] if entry.reason else []
    if entry.answered > entry.asked:
        notes.append(f"answered after {span_text(entry.answered - entry.asked)}")
    marks = [*(["AFTER THE TEST WAS OVER"] if entry.late else ()), *(["UNEXPECTED"] if entry.unexpected else ())]
    if notes or marks:
        text = ": ".join([*marks, *(["; ".join(notes)] if notes else ())])
        yield from _paragraph(text, " " * _TIME + "^ ", " " * (_TIME + 2))


def _standing(world: World, now: int, start: int) -> Iterator[str]:
    """Yield how jobs, faults and submissions stand at the end."""
    if world.jobs or world.submissions or world.faults or world.rates:
        yield f"at the end, +{span_text(now - start)}:"
    for job in world.jobs:
        yield from _wrapped(f"job {job.id} of {_owner(job)}: {_of_job(job, now)}")
        for number, met in enumerate(job.plan.faults):
            yield from _wrapped(f"  fault {met.pointer} ({met.fault}): {_times('fired', job.position.fired[number])}")
    for submission in world.submissions:
        yield from _wrapped(f"submission {submission}: {_times('came', submission.taken)}")
    for fault in world.faults:
        yield from _wrapped(f"fault {fault}: {_times('fired', fault.taken)}")
    for rate in world.rates:
        yield from _wrapped(f"rate {rate}: refused {counted(rate.refused, 'request') if rate.refused else 'none'}")


def _times(verb: str, number: int) -> str:
    return f"NEVER {verb.upper()}" if not number else f"{verb} {counted(number, 'time')}"


def _wrapped(text: str) -> list[str]:
    return _paragraph(text, "  ", "    ")


def _owner(job: Job) -> str:
    return job.tenant if job.app is None else f"{job.tenant}/{job.app}"


def _of_job(job: Job, now: int) -> str:
    if job.created > now:
        return f"made only at {datetime_of(job.created):%Y-%m-%d %H:%M:%S}"
    position = lifecycle.advance(job.script, job.position, now)
    step = job.script.steps[position.index]
    parts = [f"in `{step.state}` ({step.phase})"]
    due = lifecycle.change_due(job.script, position)
    expires = lifecycle.expires_at(job.script, position)
    if position.held_at is not None:
        parts.append("held")
    elif due is not None:
        parts.append(f"{span_text(due - now)} left of this step")
    elif step.looks is not None:
        parts.append(f"{counted(step.looks - position.looks, 'look')} left of this step")
    elif step.awaits_release:
        parts.append("awaits release")
    if expires is not None:
        parts.append("expired" if now >= expires else f"expires in {span_text(expires - now)}")
    parts.append(f"polled {counted(job.polls, 'time')}" if job.polls else "nobody asked for it by its id")
    if job.seen:
        parts.append(f"seen as {', '.join(job.seen)}")
    if job.plan.lag.spans:
        parts.append(f"to be seen {job.plan.lag}")
    if True in job.plan.unlawful:
        parts.append("with steps that are unlawful on purpose")
    return "; ".join(parts)
