"""The steps of a scenario's job, read into a script; what the vendor's lifecycle does not allow is complained of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from fakejobs.commands import Json
from fakejobs.dialect.model import Dialect
from fakejobs.documents import Path, listed, nearest, pointer
from fakejobs.lifecycle import Overlay, Script, Step
from fakejobs.scenario.bodies import Complain, read_body
from fakejobs.scenario.faults import read_fault
from fakejobs.scenario.model import StepFault
from fakejobs.scenario.spans import read_span
from fakejobs.structs import struct


@struct
class Steps:
    """A script, and beside it what its steps lay over the document."""

    script: Script
    bodies: tuple[Json, ...]
    unlawful: tuple[bool, ...]
    faults: tuple[StepFault, ...]


def read_steps(
    dialect: Dialect, entries: Sequence[Any], retention: int | None, path: Path, complain: Complain
) -> Steps | None:
    """Return what a row of steps means, or None where it could not be read; every mistake is complained of."""
    states = [(number, entry) for number, entry in enumerate(entries) if "fault" not in entry]
    if not states or states[-1][0] != len(entries) - 1:
        complain((*path, len(entries) - 1), "a fault lies over the step that follows it, and none follows")
        return None
    known = [_complain_of_state(dialect, entry, (*path, number), complain) for number, entry in states]
    _complain_of_transitions(dialect, states, path, complain)
    steps = [
        _step(dialect, entry, (*path, number), complain, is_last=number == len(entries) - 1) for number, entry in states
    ]
    overlays, faults = _faults(entries, path, complain)
    if not all(known):
        return None
    return Steps(
        script=Script(steps=tuple(steps), overlays=overlays, retention=retention),
        bodies=tuple(
            read_body(entry["body"], (*path, number, "body"), complain) if "body" in entry else None
            for number, entry in states
        ),
        unlawful=tuple(entry.get("unlawful", False) for _, entry in states),
        faults=faults,
    )


def _complain_of_state(dialect: Dialect, entry: Mapping[str, Any], path: Path, complain: Complain) -> bool:
    name = entry["state"]
    if name in dialect.states:
        return True
    readers = [f"`{state.name}`" for state in dialect.states.values() if state.word == name]
    if len(readers) == 1:
        complain((*path, "state"), f"`{name}` is what {readers[0]} reads on the wire; right would be {readers[0]}")
    elif readers:
        names = f"{', '.join(readers[:-1])} and {readers[-1]}"
        complain((*path, "state"), f"`{name}` is what {names} read on the wire; name one")
    else:
        near = nearest(name, list(dialect.states))
        hint = f"did you mean `{near}`?" if near else f"its states are {listed(list(dialect.states))}"
        complain((*path, "state"), f"`{name}` is no state of {dialect.name}; {hint}")
    return False


def _complain_of_transitions(
    dialect: Dialect, states: Sequence[tuple[int, Mapping[str, Any]]], path: Path, complain: Complain
) -> None:
    for (_, before), (number, after) in pairwise(states):
        source, target = dialect.states.get(before["state"]), after["state"]
        if source is None or target not in dialect.states or after.get("unlawful"):
            continue
        if target not in (source.name, *source.next):
            then = f"after `{source.name}` comes {listed(source.next)}" if source.next else f"`{source.name}` is an end"
            instead = '"unlawful": true on the step plays it all the same'
            complain((*path, number, "state"), f"`{target}` does not follow `{source.name}`: {then}; {instead}")


def _step(dialect: Dialect, entry: Mapping[str, Any], path: Path, complain: Complain, *, is_last: bool) -> Step:
    state = dialect.states.get(entry["state"])
    phase = "waiting" if state is None else state.phase
    lasts = entry.get("for")
    if is_last and lasts is not None:
        complain((*path, "for"), "the last step has no `for`: nothing comes after it")
    if not is_last and lasts is None:
        complain(path, '`for` is missing: say how long the step lasts, like {"seconds": 30}, {"polls": 2} or "release"')
    if lasts == "release":
        return Step(state=entry["state"], phase=phase, awaits_release=True)
    looks, span = _lasting(lasts or {}, (*path, "for"), complain)
    return Step(state=entry["state"], phase=phase, looks=looks, span=span)


def _lasting(lasts: Mapping[str, Any], path: Path, complain: Complain) -> tuple[int | None, int | None]:
    """Return (looks, span), one of them None; both are None where nothing is said."""
    looks = lasts.get("polls")
    units = {unit: number for unit, number in lasts.items() if unit != "polls"}
    if looks is not None and units:
        complain(path, f"`polls` and {listed(list(units))} exclude each other")
    if looks is not None or not units:
        return looks, None
    return None, read_span(units, path, complain, least=1)


def _faults(
    entries: Sequence[Any], path: Path, complain: Complain
) -> tuple[tuple[Overlay, ...], tuple[StepFault, ...]]:
    overlays: list[Overlay] = []
    faults: list[StepFault] = []
    before = 0
    for number, entry in enumerate(entries):
        if "fault" not in entry:
            before += 1
            continue
        place = (*path, number)
        if "for" not in entry:
            complain(place, '`for` is missing: say which looks the fault answers, like {"polls": 1} or {"seconds": 10}')
        looks, span = _lasting(entry.get("for", {}), (*place, "for"), complain)
        overlays.append(Overlay(before=before, looks=looks, span=span))
        faults.append(
            StepFault(
                fault=read_fault(entry["fault"], (*place, "fault"), complain, is_between_steps=True),
                pointer=pointer(place),
                optional=entry.get("optional", False),
            )
        )
    return tuple(overlays), tuple(faults)
