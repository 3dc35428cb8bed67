"""What a scenario says of the API around its jobs: how it takes idempotency keys, how many requests it takes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from fakejobs.dialect.model import Dialect
from fakejobs.documents import Path, listed, pointer
from fakejobs.documents.spelling import quoted
from fakejobs.scenario.bodies import Complain
from fakejobs.scenario.faults import read_fault
from fakejobs.scenario.model import Idempotency, Rate
from fakejobs.scenario.owners import Owners
from fakejobs.scenario.spans import read_span
from fakejobs.scenario.when import unknown_operation

_TOO_MANY = 429
_KEY, _RATES = "idempotency", "rates"


def operations_of(dialect: Dialect) -> list[str]:
    """Return what requests may be called by: the verbs by which they count, and the operations."""
    verbs = {route.do for route in dialect.routes if route.do != "collect" and route.counts}
    return list(dict.fromkeys([*sorted(verbs), *(route.operation for route in dialect.routes)]))


def read_idempotency(dialect: Dialect, value: Mapping[str, Any], complain: Complain) -> Idempotency | None:
    """Return how creations with a key are taken, None where a scenario does not say."""
    entry = value.get(_KEY)
    if entry is None:
        return None
    path: Path = (_KEY,)
    header = entry.get("header", "Idempotency-Key")
    if all(route.do != "create" for route in dialect.routes):
        complain(path, f"no request creates a job of {dialect.name}; right would be no `{_KEY}`")
    speaks = [each.name for each in dialect.credentials if each.header.lower() == header.lower()]
    if speaks:
        complain((*path, "header"), f"{quoted(header)} holds the {listed(speaks)}; right would be a header of its own")
    return Idempotency(
        header=header,
        same=entry.get("same", "replay"),
        other=entry.get("other", "refuse"),
        keeps=read_span(entry["keeps"], (*path, "keeps"), complain, least=1) if "keeps" in entry else None,
    )


def read_rates(dialect: Dialect, owners: Owners, value: Mapping[str, Any], complain: Complain) -> tuple[Rate, ...]:
    """Return how many requests are taken; complain of a rate that none can ever exceed."""
    rates = [_rate(dialect, owners, entry, number, complain) for number, entry in enumerate(value.get(_RATES, ()))]
    for number, rate in enumerate(rates):
        before = (each for each in rates[:number] if _is_stricter(each, rate))
        behind = (each for each in rates[number:] if _is_stricter(each, rate) and not _is_stricter(rate, each))
        stricter = next(chain(before, behind), None)
        if stricter is not None:
            complain((_RATES, number), f"it refuses nothing: {stricter.pointer} takes no more of them in as long")
    return tuple(rates)


def _rate(dialect: Dialect, owners: Owners, entry: Mapping[str, Any], number: int, complain: Complain) -> Rate:
    path: Path = (_RATES, number)
    on, of = entry.get("on"), entry["of"]
    if on is not None and on not in operations_of(dialect):
        complain((*path, "on"), unknown_operation(dialect, on, operations_of(dialect)))
    if of == "app" and not owners.apps(None):
        complain((*path, "of"), 'no tenant of the scenario has an app; right would be "tenant", "credential" or "all"')
    elif of == "app" and not any(each.of_app for each in dialect.credentials):
        complain((*path, "of"), f'no app speaks to {dialect.name}; right would be "tenant", "credential" or "all"')
    return Rate(
        requests=entry["requests"],
        span=read_span(entry["per"], (*path, "per"), complain, least=1),
        of=of,
        on=on,
        fault=read_fault({"status": _TOO_MANY, **entry.get("fault", {})}, (*path, "fault"), complain),
        pointer=pointer(path),
    )


def _is_stricter(one: Rate, other: Rate) -> bool:
    """Say whether one rate refuses whatever another would: it takes no more of the same requests in no less time."""
    return (one.of, one.on) == (other.of, other.on) and one.requests <= other.requests and one.span >= other.span
