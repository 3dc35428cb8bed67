"""The timeline as a picture (SVG): a bar for each job, a mark for each request, a cross where a fault answered.

A callback is a wedge that points out of its job's bar, at the instant at which it was sent.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from fakejobs import lifecycle
from fakejobs.clock import datetime_of, span_text
from fakejobs.expectations import findings
from fakejobs.journal import Delivery, Entry, first_instant
from fakejobs.picture.axis import Axis
from fakejobs.picture.shapes import bar, cross, dot, line, page, swatch, text, title, wedge
from fakejobs.population import Job
from fakejobs.world import World

MOST_ROWS = 40
_LEFT, _WIDTH, _TOP, _ROW = 210, 1000, 64, 46
_RIGHT = _WIDTH - 40
_LETTERS = 150
"""As many letters of a note go on a line."""

_MARKS: tuple[tuple[Callable[[float, float], str], str], ...] = (
    (lambda x, y: dot(x, y, "", is_full=True), "answered"),
    (lambda x, y: dot(x, y, "", is_full=False), "refused"),
    (lambda x, y: cross(x, y, ""), "fault or unexpected"),
)
_CALLED: tuple[tuple[Callable[[float, float], str], str], ...] = (
    (lambda x, y: wedge(x, y + 4, "", has_failed=False), "callback"),
    (lambda x, y: wedge(x, y + 4, "", has_failed=True), "callback that failed, or was not sent"),
)


def picture(world: World, now: int) -> str:
    """Return what happened in a world up to now, as the text of an SVG file that stands alone.

    Times are told from the first thing that happened. Gaps in time are drawn by their logarithm, so that an hour is
    wider than a second, but not by as much as it is longer; figures at the axis say how long they are.
    """
    with world.lock:
        records = list(world.journal.records)
        entries = [record for record in records if isinstance(record, (Entry, Delivery))]
        jobs = [job for job in world.jobs if job.created <= now]
        shown = jobs[:MOST_ROWS]
        for job in jobs:
            job.advance(now)
        start = min([first_instant(records, now), *(job.created for job in shown)])
        axis = Axis([start, now, *_instants(shown, entries, now)], _LEFT, _RIGHT)
        names = ", ".join(scenario.name for scenario in world.scenarios) or "nothing"
        rows: list[str] = []
        height = _TOP
        for job in shown:
            rows.extend(_row_of(job, [entry for entry in entries if _is_of(entry, job)], axis, height, now))
            height += _ROW
        others = [entry for entry in entries if not any(_is_of(entry, job) for job in shown)]
        if others:
            rows.extend(_row_of_others(others, axis, height))
            height += _ROW
        notes = [f"{len(jobs) - len(shown)} more jobs are not drawn"] if len(jobs) > len(shown) else []
        notes += findings(world, frozenset(("requests", "faults", "submissions")))
    head = [title(16, 26, f"timeline of {names}")]
    head.append(text(16, 44, f"from {datetime_of(start):%Y-%m-%d %H:%M:%S} UTC", colour="dim"))
    said = [row for note in notes for row in textwrap.wrap(note, _LETTERS, subsequent_indent="    ")]
    has_called = any(isinstance(entry, Delivery) for entry in entries)
    legend = [*_legend(height + 40), *(_named(_CALLED, 16, height + 60) if has_called else ())]
    foot = height + (96 if has_called else 76)
    below = [text(16, foot + 6 + 18 * number, row, colour="fault") for number, row in enumerate(said)]
    return page(_WIDTH, foot + 18 * len(said), [*head, *_axis(axis, start, height), *rows, *legend, *below])


def _instants(jobs: Sequence[Job], entries: Sequence[Entry | Delivery], now: int) -> list[int]:
    """Return every instant up to now that has a place of its own on the axis."""
    found = [at for job in jobs for at in job.position.entered]
    found += [at for job in jobs for at in [lifecycle.expires_at(job.script, job.position)] if at is not None]
    for entry in entries:
        found += (entry.sent,) if isinstance(entry, Delivery) else (entry.asked, entry.answered)
    return [at for at in found if at <= now]


def _is_of(entry: Entry | Delivery, job: Job) -> bool:
    """Whether an exchange is about a job: by its id, asked for by somebody of its tenant; or tells of its end."""
    if isinstance(entry, Delivery):
        return (entry.job, entry.tenant, entry.app) == (job.id, job.tenant, job.app)
    return entry.job == job.id and entry.dialect == job.dialect.name and entry.tenant in (job.tenant, None)


def _row_of(job: Job, entries: Sequence[Entry | Delivery], axis: Axis, top: int, now: int) -> list[str]:
    """Return one job's states as bars, with its marks below them."""
    parts = [text(16, top + 14, job.id, most=24), text(16, top + 30, f"of {job.tenant}", colour="dim", most=24)]
    expires = lifecycle.expires_at(job.script, job.position)
    end = now if expires is None else min(now, expires)
    entered = job.position.entered
    for step, begin, until in zip(job.script.steps, entered, (*entered[1:], end), strict=False):
        lasted = f"{step.state}: {span_text(until - begin)}, from {span_text(begin - axis.start)}"
        parts.append(bar(axis.at(begin), axis.at(until), top, step.phase, step.state, lasted))
    if expires is not None and expires <= now:
        parts.append(bar(axis.at(expires), axis.at(now), top, "expired", "expired", "out of view: 404"))
    return [*parts, *_wedges(entries, axis, top), *_marks(entries, axis, top + 31)]


def _row_of_others(entries: Sequence[Entry | Delivery], axis: Axis, top: int) -> list[str]:
    label, middle = text(16, top + 18, "other requests", colour="dim"), top + 14
    ground = line(_LEFT, middle, _RIGHT, middle)
    return [label, ground, *_wedges(entries, axis, middle), *_marks(entries, axis, middle)]


def _wedges(entries: Sequence[Entry | Delivery], axis: Axis, height: int) -> list[str]:
    """Return a mark for each callback; those that failed come last, and so lie on top."""
    fired: list[str] = []
    failed: list[str] = []
    for entry in entries:
        if isinstance(entry, Delivery):
            status = "no answer" if entry.status is None else entry.status
            told = f"{span_text(entry.sent - axis.start)} callback to {entry.request.target} → {status}"
            told += f" ({entry.reason})" if entry.reason else ""
            row = failed if entry.reason else fired
            row.append(wedge(axis.at(entry.sent), height, told, has_failed=bool(entry.reason)))
    return fired + failed


def _marks(entries: Sequence[Entry | Delivery], axis: Axis, height: int) -> list[str]:
    """Return a mark for each exchange: a dot, empty for a refusal; a cross for a fault, or what was not expected."""
    dots, crosses = [], []
    for entry in entries:
        if isinstance(entry, Delivery):
            continue
        told = f"{span_text(entry.asked - axis.start)} {entry.request.method} {entry.request.target}"
        told += f" → {entry.response.status}" + (f" ({entry.reason})" if entry.reason else "")
        x = axis.at(entry.asked)
        if entry.unexpected or entry.faulted:
            crosses.append(cross(x, height, told))
        else:
            dots.append(dot(x, height, told, is_full=entry.response.status < 400))
    return dots + crosses


def _axis(axis: Axis, start: int, top: int) -> list[str]:
    """Return the axis, with the time at as many of its instants as there is room for."""
    parts = [line(_LEFT, top + 4, _RIGHT, top + 4)]
    for at, x in axis.ticks(apart=64):
        parts.append(line(x, _TOP - 6, x, top + 8, is_faint=True))
        parts.append(text(x, top + 22, span_text(at - start), anchor="middle", colour="dim"))
    return parts


def _legend(top: int) -> list[str]:
    parts, x = [], 16.0
    for name in (*lifecycle.PHASES, "expired"):
        parts.append(swatch(x, top, name))
        parts.append(text(x + 18, top + 10, name, colour="dim"))
        x += 44 + 6.4 * len(name)
    return [*parts, *_named(_MARKS, x, top)]


def _named(marks: Sequence[tuple[Callable[[float, float], str], str]], x: float, top: int) -> list[str]:
    """Return marks with their names, one beside the other."""
    parts = []
    for mark, name in marks:
        parts.append(mark(x + 5, top + 6))
        parts.append(text(x + 18, top + 10, name, colour="dim"))
        x += 44 + 6.4 * len(name)
    return parts
