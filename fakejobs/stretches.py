"""Stretches of a sorted list: so many jobs behind a place or before it, and whether more lie on either side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import nlargest, nsmallest
from operator import itemgetter
from typing import Any, NamedTuple

from fakejobs.commands import ENDS_HERE, Beyond, Json, List, View


class Stretch(NamedTuple):
    """The jobs of a page, and whether the list goes on beyond it."""

    views: tuple[View, ...] = ()
    beyond: Beyond = ENDS_HERE


class _Placed(NamedTuple):
    """A job, and what it is sorted by; jobs that are sorted alike are in the order of their making."""

    place: tuple[Any, int]
    view: View


def stretch(views: Iterable[View], wanted: List, key: Callable[[View], Json]) -> Stretch:
    """Return the page of a list that is wanted: ``most`` jobs in the order of what ``key`` finds.

    The page begins behind the place ``after`` or, going ``back``, ends before it.
    """
    rank = wanted.rank or _as_it_is
    placed = [_Placed((rank(key(view)), view.serial), view) for view in views]
    most = len(placed) if wanted.most is None else wanted.most
    upward = wanted.descending == wanted.back
    beyond = placed
    if wanted.after is not None:
        after = (rank(wanted.after[0]), wanted.after[1])
        beyond = [each for each in placed if (after < each.place if upward else each.place < after)]
    found = (nsmallest if upward else nlargest)(most + 1, beyond, key=itemgetter(0))
    here, goes_on, has_others = found[:most], len(found) > most, len(beyond) < len(placed)
    if wanted.back:
        return Stretch(_views(here[::-1]), Beyond(more=has_others, earlier=goes_on))
    return Stretch(_views(here), Beyond(more=goes_on, earlier=has_others))


def _views(placed: Iterable[_Placed]) -> tuple[View, ...]:
    return tuple(each.view for each in placed)


def _as_it_is(value: Json) -> Json:
    return value
