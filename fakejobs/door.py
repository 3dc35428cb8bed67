"""What a test hands in at the door, checked, so that a mistake is named here and not deep inside."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fakejobs.clock import Clock, VirtualClock, datetime_of, instant_of
from fakejobs.documents.spelling import listed, nearest
from fakejobs.errors import UsageError

if TYPE_CHECKING:
    from fakejobs.scenario.search import Reference


def found(value: object) -> str:
    """Return what a value is, for a message: its type, and itself where it is short."""
    text = repr(value)
    return f"{type(value).__name__} {text}" if len(text) <= 40 else type(value).__name__


def known_name(value: Any, what: str, known: Iterable[str], where: str = "") -> str:
    """Return a name of what there is; `UsageError` for another, or for what is no text."""
    name, names = name_from(value, f"{'an' if what[0] in 'aeiou' else 'a'} {what}"), list(dict.fromkeys(known))
    if name in names:
        return name
    near = nearest(name, names)
    hint = f"did you mean `{near}`?" if near else f"there are {listed(names)}" if names else "there is none"
    raise UsageError(f"no {what} is called `{name}`{where}; {hint}")


def port_from(port: Any) -> int:
    """Return a port number; `UsageError` for anything else."""
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        hint = (
            "; a scenario is played, by .play(…) on the fake" if isinstance(port, (str, os.PathLike, Mapping)) else ""
        )
        raise UsageError(f"a port is an int from 0 (any that is free) to 65535; found {found(port)}{hint}")
    return port


def clock_from(clock: Any) -> Clock:
    """Return a clock, or a virtual one that starts at an instant: a datetime with a zone, ISO text, or ``"now"``."""
    if clock is None:
        return VirtualClock()
    if isinstance(clock, datetime) and clock.tzinfo is not None:
        return VirtualClock(clock)
    if isinstance(clock, str):
        return VirtualClock(datetime.now(UTC) if clock == "now" else _instant(clock))
    if isinstance(clock, type) or not isinstance(clock, Clock):
        raise UsageError(
            f"clock takes a clock like VirtualClock(), an aware datetime, a text like "
            f'"2026-01-01T00:00:00Z", or "now"; found {found(clock)}'
        )
    return clock


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        what = "an instant" if at is None else "an instant with its zone"
        raise UsageError(f'the clock cannot start at "{text}"; right would be {what}, like "2026-01-01T00:00:00Z"')
    return datetime_of(instant_of(at))


def reference_from(scenario: Any) -> Reference:
    """Return what a scenario may be called by: a mapping, a text or a path; `UsageError` for anything else."""
    if isinstance(scenario, (str, Mapping, os.PathLike)) and "\0" not in (
        scenario if isinstance(scenario, str) else ""
    ):
        return scenario
    raise UsageError(
        f"a scenario is a mapping, the name of one that comes along, the name of a .json file, or a path; "
        f"found {found(scenario)}"
    )


def name_from(value: Any, what: str) -> str:
    """Return a text that names something; `UsageError` for anything else."""
    if not isinstance(value, str):
        raise UsageError(f"{what} is a str; found {found(value)}")
    return value
