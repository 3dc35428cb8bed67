"""What a request asks for in jobs: one task for each combination of what its body lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import product

from fakejobs.commands import Json
from fakejobs.dialect.refusals import Refusal
from fakejobs.dialect.scope import Render, Scope
from fakejobs.structs import struct


@struct
class Spread:
    """A range in a listed object that stands for many: from ``first`` to ``last`` in the row ``over``.

    The range is the object under ``at``; each of its values is put under ``name``, in an object of its own.
    """

    at: str
    first: str
    last: str
    over: tuple[Json, ...]
    name: str


@struct
class Makes:
    """How a creator's request becomes tasks: what is listed where, what of it is a range, and a task's template.

    In the template the root ``each`` holds one value of each list, by the list's name. ``keys`` are those of a task.
    """

    each: Mapping[str, Render] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    task: Render
    keys: tuple[str, ...] = ()


def tasks_of(makes: Makes, scope: Scope) -> tuple[Json, ...] | Refusal:
    """Return the tasks of a request, in the order of its lists; the refusal of a range that is none."""
    rows: list[Sequence[Json]] = []
    for name, find in makes.each.items():
        row = find(scope)
        spread = makes.spreads.get(name)
        held: list[Json] = []
        for item in row if isinstance(row, list) else [row]:
            found = [item] if spread is None else _spread(spread, item)
            if isinstance(found, Refusal):
                return found
            held.extend(found)
        rows.append(held)
    return tuple(makes.task(each) for each in _scopes(tuple(makes.each), rows, scope))


def _scopes(names: Sequence[str], rows: Sequence[Sequence[Json]], scope: Scope) -> Iterator[Scope]:
    for values in product(*rows):
        yield scope.with_root("each", dict(zip(names, values, strict=True)))


def _spread(spread: Spread, item: Json) -> list[Json] | Refusal:
    bounds = item.get(spread.at) if isinstance(item, dict) else None
    if not isinstance(bounds, dict):
        return [item]
    ends = [bounds.get(name) for name in (spread.first, spread.last)]
    if any(end not in spread.over for end in ends):
        return _no_range(spread, f"must be of {', '.join(map(str, spread.over))}")
    first, last = (spread.over.index(end) for end in ends)
    if first > last:
        return _no_range(spread, f"must not have its {spread.first} behind its {spread.last}")
    return [{**item, spread.name: value} for value in spread.over[first : last + 1]]


def _no_range(spread: Spread, description: str) -> Refusal:
    return Refusal(
        error="bad_request",
        reason=f"`{spread.at}` in the body {description}",
        description=description,
        field=spread.at,
    )
