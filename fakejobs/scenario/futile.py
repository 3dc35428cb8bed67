"""Faults between steps that can never fire: each has its time, and nobody can meet it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fakejobs.clock import span_text
from fakejobs.documents import Path
from fakejobs.lifecycle import TERMINAL, Overlay, Script
from fakejobs.scenario.bodies import Complain


def complain_of_futile(
    script: Script, entries: Sequence[Mapping[str, Any]], unseen: int, path: Path, complain: Complain
) -> None:
    """Complain of the faults in a row of steps that no look can meet, unless they are optional.

    ``unseen`` is for how many microseconds after its making nobody can see the job by its id.
    """
    places = [number for number, entry in enumerate(entries) if "fault" in entry]
    faults = list(zip(places, script.overlays, strict=True))
    for number, overlay in faults:
        if entries[number].get("optional"):
            continue
        before = [(f"{_pointer(path)}/{place}", other) for place, other in faults if place < number]
        why = _out_of_view(script, overlay) or _over_unseen(script, overlay, unseen) or _hidden(script, overlay, before)
        if why:
            complain((*path, number), f"this fault never fires: {why}")


def _pointer(path: Path) -> str:
    return "".join(f"/{part}" for part in path)


def _lasts(script: Script, first: int, last: int) -> int | None:
    """Return how long it is from the beginning of one step to that of another, None where not time alone says it."""
    spans = [step.span for step in script.steps[first:last] if step.span is not None]
    return sum(spans) if len(spans) == last - first else None


def _end(script: Script) -> int | None:
    """Return the number of the step in which the job has ended, None where it never ends."""
    return next((number for number, step in enumerate(script.steps) if step.phase in TERMINAL), None)


def _out_of_view(script: Script, overlay: Overlay) -> str:
    end, retention = _end(script), script.retention
    if end is None or retention is None:
        return ""
    if sum(step.span or 0 for step in script.steps[end : overlay.before]) < retention:
        return ""
    return f"the job is out of view {span_text(retention)} after its end, and it begins later"


def _over_unseen(script: Script, overlay: Overlay, unseen: int) -> str:
    begins, end = _lasts(script, 0, overlay.before), _end(script)
    ended = None if end is None else _lasts(script, 0, end)
    if begins is not None and overlay.span is not None and begins + overlay.span <= unseen:
        what, until = "it is over", begins + overlay.span
    elif ended is not None and script.retention is not None and ended + script.retention <= unseen:
        what, until = "the job is out of view", ended + script.retention
    else:
        return ""
    return f"{what} {span_text(until)} after the job is made, and nobody sees the job in the first {span_text(unseen)}"


def _hidden(script: Script, overlay: Overlay, before: Sequence[tuple[str, Overlay]]) -> str:
    """Return which fault before this one answers all looks that it would."""
    for pointer, other in before:
        later = _lasts(script, other.before, overlay.before)
        if later is None or overlay.span is None or other.span is None:
            continue
        if later + overlay.span <= other.span:
            return f"{pointer} answers all looks until it is over; right would be that one behind it"
    return ""
