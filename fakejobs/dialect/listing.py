"""Lists as a dialect serves them: which jobs a request wants, in which order, and where a page begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from fakejobs.commands import Ask, Json, List, Principal, View
from fakejobs.dialect.facts import JobFacts
from fakejobs.dialect.overlays import ABSENT, overlaid, settled
from fakejobs.dialect.paging import Place
from fakejobs.dialect.scope import Render, Scope, common_roots
from fakejobs.structs import struct

if TYPE_CHECKING:
    from fakejobs.dialect.model import Dialect, Route


@struct
class Finds:
    """Which values of a job's document a parameter compares to: those at any of the places ``at``.

    A place is a row of keys; ``*`` in it stands for each entry of a list. ``is_path`` takes a text that ends in ``/``
    for all that lies below it. ``forms`` are the ways in which the document may write what is asked for.
    """

    at: tuple[tuple[str, ...], ...]
    is_path: bool = False
    forms: tuple[str, ...] = ("{}",)

    def fits(self, value: Json, wanted: Json) -> bool:
        """Say whether a value of the document is what was asked for."""
        if not isinstance(wanted, str):
            return bool(value == wanted)
        if self.is_path and isinstance(value, str) and wanted.endswith("/"):
            return value.startswith(wanted) or value + "/" == wanted
        return any(value == form.replace("{}", wanted) for form in self.forms)


@struct
class Order:
    """How a list is ordered: the parameters that say by what and in which direction, and what each key finds.

    A key that finds None is the order of creation. A direction is descending where it reads ``desc``.
    """

    by: str
    direction: str
    keys: Mapping[str, Render | None]


def command_of(
    dialect: Dialect,
    route: Route,
    principal: Principal,
    values: Mapping[str, Json],
    at: Place | None,
    ask: Ask,
    options: Mapping[str, bool],
) -> List:
    """Return the list that a request wants; where its route has no pages, all jobs in view."""
    roots = common_roots(ask, principal, options)
    group = next((values[each.name] for each in route.query if each.is_group), None)
    if route.paging is None:
        return List(group=group, keeps=_keeps(dialect, route, values, roots))
    order = route.order
    return List(
        group=group,
        most=values[route.paging.limit],
        after=None if at is None else (at.number[0], at.number[1]),
        descending=order is not None and values[order.direction] == "desc",
        key=None if order is None else _key(dialect, order.keys[values[order.by]], roots),
        keeps=_keeps(dialect, route, values, roots),
    )


def place_of(command: List, view: View, *, back: bool = False) -> Place:
    """Return the place of a job in a list, from which one goes on, or ``back``."""
    key = view.position.entered[0] if command.key is None else command.key(view)
    return Place(number=[key, view.serial], back=back)


def _key(dialect: Dialect, find: Render | None, roots: Mapping[str, Json]) -> Callable[[View], Json] | None:
    if find is None:
        return None
    return lambda view: find(Scope({**roots, "job": JobFacts(dialect, view)}))


def _keeps(
    dialect: Dialect, route: Route, values: Mapping[str, Json], roots: Mapping[str, Json]
) -> Callable[[View], bool] | None:
    """Return what says of a job whether all filters fit it, or None where there is none."""
    asked = [(each.finds, values[each.name]) for each in route.query if each.finds and values[each.name] is not None]
    if not asked:
        return None

    def keeps(view: View) -> bool:
        shown = Shown(dialect, view, roots)
        return all(
            any(finds.fits(value, wanted) for place in finds.at for value in shown.values(place))
            for finds, wanted in asked
        )

    return keeps


class Shown:
    """A job's document, of which only those parts are made that are asked for, and only once where they may be kept."""

    __slots__ = ("_dialect", "_kept", "_parts", "_roots", "_view")

    def __init__(self, dialect: Dialect, view: View, roots: Mapping[str, Json]) -> None:
        self._dialect = dialect
        self._view = view
        self._roots = roots
        self._parts: dict[str, Json] = {}
        self._kept = self._parts if view.kept is None else view.kept

    def value(self, key: str) -> Json:
        """Return what stands under a key, None if nothing."""
        parts = self._kept if key in self._dialect.job_document.steady else self._parts
        if key not in parts:
            facts = JobFacts(self._dialect, self._view)
            parts[key] = part_of(self._dialect, facts, Scope({**self._roots, "job": facts}), key)
        return parts[key]

    def values(self, place: tuple[str, ...]) -> Iterator[Json]:
        """Yield what stands at a place."""
        head, *rest = place
        yield from _inside(self.value(head), rest)


def part_of(dialect: Dialect, facts: JobFacts, scope: Scope, key: str) -> Json:
    """Return what a job's document has under one key, without making the rest of it; None if nothing."""
    render = dialect.job_document.parts.get(key)
    value: Json = None if render is None else render(scope)
    for overlay in facts.overlays:
        if key in overlay:
            value = None if overlay[key] is ABSENT else overlaid(value, overlay[key])
    return settled(value)


def _inside(value: Json, place: list[str]) -> Iterator[Json]:
    if not place:
        yield value
    elif place[0] == "*" and isinstance(value, list):
        for each in value:
            yield from _inside(each, place[1:])
    elif isinstance(value, dict):
        yield from _inside(value.get(place[0]), place[1:])
