"""Spans of time as scenarios write them: ``{"minutes": 5, "seconds": 30}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakejobs.clock import microseconds
from fakejobs.clock.instants import MOST
from fakejobs.documents import Path
from fakejobs.documents.spelling import shown
from fakejobs.scenario.bodies import Complain

_LONGEST = 36_500 * 86_400_000_000


def read_span(units: Mapping[str, Any], path: Path, complain: Complain, *, least: int = 0) -> int:
    """Return a span in microseconds; complain of one that is shorter than ``least``."""
    signs = {number < 0 for number in units.values() if number}
    # what no clock takes is longer than anything that is right
    size = microseconds(**{unit: min(abs(number), MOST) for unit, number in units.items()})
    span = -size if signs == {True} else size
    if size > _LONGEST:
        complain(path, f"found {size / 86_400_000_000:.3g} days; right would be at most 36500")
        return least
    if len(signs) > 1:
        complain(path, f"found {shown(units)}; the units of one span have to have the same sign")
    elif span < least:
        found = f"found {span / 1_000_000:g} seconds"
        complain(path, f"{found}; right would be more than 0" if least else f"{found}; right would be 0 or more")
    return span
