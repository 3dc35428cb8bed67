"""How late jobs are to be seen, as scenarios write it; what contradicts dialect or retention is complained of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fakejobs.clock import span_text
from fakejobs.dialect.model import Dialect
from fakejobs.documents import Path
from fakejobs.scenario.bodies import Complain
from fakejobs.scenario.model import Lag
from fakejobs.scenario.spans import read_span

_SHOWN_BY = {"get": ("look", "collect"), "list": ("list", "group")}
"""What the routes do by which a job is seen, by what lags."""


def read_lag(
    dialect: Dialect,
    holders: Sequence[tuple[Mapping[str, Any], Path]],
    retention: int | None,
    complain: Complain,
) -> Lag:
    """Return how late a job is to be seen; of its ``holders``, each with its place, what the first says goes before.

    ``retention`` is how long the job stays in view after its end.
    """
    spans: dict[str, int] = {}
    for holder, place in holders:
        for name, units in holder.get("lag", {}).items():
            path = (*place, "lag", name)
            if all(route.do not in _SHOWN_BY[name] for route in dialect.routes):
                complain(path, f"nothing of {dialect.name} shows jobs by `{name}`; right would be to leave it out")
            elif name not in spans:
                spans[name] = read_span(units, path, complain)
                if retention is not None and spans[name] >= retention:
                    found, until = span_text(spans[name]), f"out of view {span_text(retention)} after its end"
                    complain(path, f"found {found}, but a job is {until}, which is never shown so; right would be less")
    return Lag(**spans)
