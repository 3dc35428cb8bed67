"""The life of a job, as a pure function of its script and of the clock.

A script is a row of steps. Each names a state and says how long it lasts: a span of the job's own time, a number
of looks, or until it is released; only the last has no end. Spans are half-open: at the instant at which a step
ends, the job is in the next one. A look never moves a job, unless its step counts looks.

A position says how far a job has come. It is a value: ``advance`` takes one and an instant and returns another, and
one advance of an hour equals 3,600 advances of a second. Nothing here reads a clock. Instants and spans are whole
microseconds.

A fault is laid over a script at the instant at which a step begins. It answers looks in place of the state, and
takes no job time: it ends after so many looks, or so long after it began, whatever state the job is in by then.

A standing is a position with its script and its instant. Where a job stood earlier follows from the last standing
that was noted by then: nothing but time has moved it since.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from fakejobs.structs import replace, struct

Phase = Literal["waiting", "running", "succeeded", "partial", "failed", "cancelled"]
"""fakejobs' own word for how a job fares, the same in every dialect."""

PHASES: tuple[Phase, ...] = ("waiting", "running", "succeeded", "partial", "failed", "cancelled")
TERMINAL: frozenset[Phase] = frozenset(("succeeded", "partial", "failed", "cancelled"))
_SUCCESSES: frozenset[Phase] = frozenset(("succeeded", "partial"))


@struct
class Step:
    """One state and its end: after ``span`` microseconds, after ``looks`` looks, on release, or never."""

    state: str
    phase: Phase
    span: int | None = None
    looks: int | None = None
    awaits_release: bool = False


@struct
class Overlay:
    """Where a fault lies: from the beginning of step ``before`` on, for ``looks`` looks or ``span`` microseconds."""

    before: int
    looks: int | None = None
    span: int | None = None


@struct
class Script:
    """The steps of one job, the faults over them, and how long the job stays in view once it has ended."""

    steps: tuple[Step, ...]
    overlays: tuple[Overlay, ...] = ()
    retention: int | None = None


@struct
class Position:
    """How far a job has come.

    ``entered`` holds the instant at which each step up to the present one began; ``rested`` is how long the job was
    held in the present step; ``looks`` counts the looks that saw it; ``fired`` counts the looks that each fault
    answered; ``reached`` is the progress at which the job was cut short, if it was.
    """

    entered: tuple[int, ...]
    rested: int = 0
    looks: int = 0
    held_at: int | None = None
    fired: tuple[int, ...] = ()
    reached: Fraction | None = None

    @property
    def index(self) -> int:
        """The number of the present step, from 0."""
        return len(self.entered) - 1


@struct
class Standing:
    """Where a job stood at an instant, and by which script."""

    at: int
    script: Script
    position: Position


def begin(script: Script, at: int) -> Position:
    """Return the position of a job that is made at an instant."""
    return Position(entered=(at,), fired=(0,) * len(script.overlays))


def advance(script: Script, position: Position, now: int) -> Position:
    """Return the position to which time alone has brought a job at ``now``."""
    due = change_due(script, position)
    while due is not None and due <= now:
        position = _enter_next(position, due)
        due = change_due(script, position)
    return position


def seen(script: Script, position: Position, now: int) -> Position:
    """Return the position of a job whose state somebody sees at ``now``, to which time has brought it already.

    A look that ends a step ends it at ``now``: who looked has still seen the old state.
    """
    wanted = script.steps[position.index].looks
    if wanted is None or position.held_at is not None:
        return position
    position = replace(position, looks=position.looks + 1)
    return _enter_next(position, now) if position.looks >= wanted else position


def change_due(script: Script, position: Position) -> int | None:
    """Return the instant at which time alone moves the job on, or None if it does not."""
    entered = position.entered
    span = script.steps[len(entered) - 1].span
    if span is None or position.held_at is not None:
        return None
    return entered[-1] + position.rested + span


def _enter_next(position: Position, at: int) -> Position:
    """Return the position at the beginning of the next step."""
    return Position(
        entered=(*position.entered, at), held_at=position.held_at, fired=position.fired, reached=position.reached
    )


def rewound(noted: Sequence[Standing], at: int) -> Standing | None:
    """Return where a job stood at an instant, or None before it was made.

    ``noted`` begins with its making, and holds where it stood right after each time that something other than time
    moved it, in the order in which that was done.
    """
    last = next((each for each in reversed(noted) if each.at <= at), None)
    return None if last is None else replace(last, at=at, position=advance(last.script, last.position, at))


def standing_fault(script: Script, position: Position, now: int) -> int | None:
    """Return the number of the fault that answers a look at ``now``, if one does."""
    for number, overlay in enumerate(script.overlays):
        if overlay.before > position.index:
            continue
        if overlay.looks is not None and position.fired[number] < overlay.looks:
            return number
        if overlay.span is not None and now < position.entered[overlay.before] + overlay.span:
            return number
    return None


def fire(position: Position, number: int) -> Position:
    """Return the position after fault ``number`` has answered one more look."""
    fired = position.fired
    return replace(position, fired=(*fired[:number], fired[number] + 1, *fired[number + 1 :]))


def hold(position: Position, now: int) -> Position:
    """Return the position of a job whose own time stands still from ``now`` on."""
    return position if position.held_at is not None else replace(position, held_at=now)


def release(script: Script, position: Position, now: int) -> Position | None:
    """Return the position of a job that may go on, or None if nothing kept it.

    A held job's time runs again; a job in a step that awaits release enters the next one.
    """
    if position.held_at is not None:
        return replace(position, rested=position.rested + now - position.held_at, held_at=None)
    if script.steps[position.index].awaits_release:
        return _enter_next(position, now)
    return None


def finish(script: Script, position: Position, last: Step, now: int) -> tuple[Script, Position]:
    """Return script and position of a job that is brought to ``last`` at ``now``, its past unchanged."""
    reached = Fraction(1) if last.phase in _SUCCESSES else progress(script, position, now)
    steps = (*script.steps[: position.index + 1], last)
    overlays = tuple(replace(each, before=min(each.before, len(steps) - 1)) for each in script.overlays)
    moved = replace(_enter_next(position, now), held_at=None, reached=reached)
    return replace(script, steps=steps, overlays=overlays), moved


def first_entered(script: Script, position: Position, phases: frozenset[Phase]) -> int | None:
    """Return the instant at which the job first came into one of these phases, or None if it has not."""
    for step, at in zip(script.steps, position.entered, strict=False):
        if step.phase in phases:
            return at
    return None


def ended_at(script: Script, position: Position) -> int | None:
    """Return the instant at which the job came to an end, or None while it lives."""
    return first_entered(script, position, TERMINAL)


def end_due(script: Script, position: Position) -> int | None:
    """Return the instant at which time alone brings the job to its end, or None if it does not, or it has ended."""
    if ended_at(script, position) is not None:
        return None
    due = change_due(script, position)
    while due is not None:
        position = _enter_next(position, due)
        if script.steps[position.index].phase in TERMINAL:
            return due
        due = change_due(script, position)
    return None


def end_otherwise(script: Script, position: Position, last: Step) -> Script:
    """Return the script of a job whose present step turns out to be another, and its last."""
    steps = (*script.steps[: position.index], last)
    overlays = tuple(replace(each, before=min(each.before, position.index)) for each in script.overlays)
    return replace(script, steps=steps, overlays=overlays)


def expires_at(script: Script, position: Position) -> int | None:
    """Return the instant from which on the job is out of view, or None if none is known yet."""
    ended = ended_at(script, position)
    return None if ended is None or script.retention is None else ended + script.retention


def next_change(script: Script, position: Position, after: int) -> int | None:
    """Return the first instant later than ``after`` at which time alone changes what is seen, or None.

    What is seen is the step or the fault that answers in its place, and nothing once the job is out of view; figures
    that grow within a step do not count. ``position`` is that of the instant ``after``.
    """
    expires = expires_at(script, position)
    if expires is not None and expires <= after:
        return None
    standing = standing_fault(script, position, after)
    ends_of_faults = (
        position.entered[each.before] + each.span
        for each in script.overlays
        if each.span is not None and each.before <= position.index
    )
    instants = (
        change_due(script, position),
        expires,
        *(at for at in ends_of_faults if standing_fault(script, position, at) != standing),
    )
    return min((at for at in instants if at is not None and at > after), default=None)


def next_shown(script: Script, position: Position, after: int, lag: int) -> int | None:
    """Return the first instant later than ``after`` at which who sees the job so much later sees it in another step.

    That it is made counts, and what is only to come as far as time alone brings it. None if there is none, or the job
    is out of view by then. ``position`` is that of the instant ``after``.
    """
    due = change_due(script, position)
    begun = position.entered if due is None else (*position.entered, due)
    shown = next((at + lag for at in begun if at + lag > after), None)
    expires = expires_at(script, position)
    return None if shown is None or (expires is not None and expires <= shown) else shown


def progress(script: Script, position: Position, now: int) -> Fraction:
    """Return how much of the running steps is done, from 0 to 1, linear in the job's own time.

    A step that counts looks is linear in its looks; one that awaits release is done when it is over. Where not every
    running step is a span of time, or none takes any, each of them is the same share of the whole. Without running
    steps all is done when the job has come to an end that is a success, and nothing otherwise. A job that was brought
    to its end stays as far as it was, or is done where that end is a success.
    """
    if position.reached is not None:
        return position.reached
    running = [number for number, step in enumerate(script.steps) if step.phase == "running"]
    if not running:
        return Fraction(1 if script.steps[position.index].phase in _SUCCESSES else 0)
    spans = [script.steps[number].span for number in running]
    weights = [span or 0 for span in spans] if None not in spans and any(spans) else [1] * len(spans)
    done = sum(
        (weight * _share(script, position, number, now) for weight, number in zip(weights, running, strict=True)),
        Fraction(0),
    )
    return done / sum(weights)


def _share(script: Script, position: Position, number: int, now: int) -> Fraction:
    """Return how much of one step is done, from 0 to 1."""
    if number != position.index:
        return Fraction(1 if number < position.index else 0)
    step = script.steps[number]
    if step.looks is not None:
        return Fraction(position.looks, step.looks)
    if not step.span:
        return Fraction(0)
    until = now if position.held_at is None else position.held_at
    done = Fraction(until - position.entered[-1] - position.rested, step.span)
    return max(Fraction(0), min(done, Fraction(1)))
