"""Searches as a dialect serves them: a filter and a sort out of a request, as the list of jobs that it wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from fakejobs.commands import Ask, Json, List, Principal, View
from fakejobs.dialect import wql
from fakejobs.dialect.listing import Shown
from fakejobs.dialect.paging import Place
from fakejobs.dialect.refusals import Refusal
from fakejobs.dialect.scope import common_roots
from fakejobs.dialect.wql import SortKey, Terms
from fakejobs.structs import struct

if TYPE_CHECKING:
    from fakejobs.dialect.model import Dialect, Route


@struct
class Search:
    """What a list may be searched by: ``fields`` by name, with their kinds.

    ``filter`` and ``sort`` are the places of both in the message, None where the route has none; ``order`` is the sort
    where none is asked for; with the option ``strict`` on, a field takes one operator.
    """

    fields: Mapping[str, str]
    filter: str | None = None
    sort: str | None = None
    order: tuple[SortKey, ...] = ()
    strict: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """The places in the message that a cursor stands for."""
        return tuple(place for place in (self.filter, self.sort) if place is not None)


def command_of(
    dialect: Dialect,
    route: Route,
    principal: Principal,
    values: Mapping[str, Json],
    at: Place | None,
    ask: Ask,
    options: Mapping[str, bool],
) -> List | Refusal:
    """Return the list that a request wants, or the refusal of its filter or its sort."""
    search, paging = route.search, route.paging
    assert search is not None
    assert paging is not None
    terms = Terms(
        fields=search.fields,
        one_operator=options.get(search.strict, False),
        filter_at=search.filter or "",
        sort_at=search.sort or "",
    )
    wanted = values[search.filter] if search.filter else None
    keeps = None if wanted in (None, {}) else wql.read_filter(wanted, terms)
    if isinstance(keeps, Refusal):
        return keeps
    asked = values[search.sort] if search.sort else None
    keys = search.order if asked in (None, []) else wql.read_sort(asked, terms)
    if isinstance(keys, Refusal):
        return keys
    roots = common_roots(ask, principal, options)
    return List(
        most=values[paging.limit],
        after=None if at is None else (at.number[0], at.number[1]),
        back=at is not None and at.back,
        key=lambda view: wql.sorted_by(keys, terms, Shown(dialect, view, roots).value),
        rank=lambda values: wql.rank_of(keys, values),
        keeps=None if keeps is None else _kept(dialect, keeps, roots),
    )


def _kept(dialect: Dialect, keeps: wql.Predicate, roots: Mapping[str, Json]) -> Callable[[View], bool]:
    return lambda view: keeps(Shown(dialect, view, roots).value)
