"""The API Query Language of Wix (WQL): what a filter keeps, and how a sort orders, over a closed list of fields.

A filter is read into a function once and then asked of each job; what it cannot be read as is a refusal. Sources: the
vendor's page on its query language, and what its query builder sends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, NoReturn

from fakejobs.commands import Json
from fakejobs.dialect.refusals import Refusal
from fakejobs.dialect.wql_operators import OPERATORS, Test, UnfitError, equality, read_value
from fakejobs.structs import struct

DEEPEST = 100
"""Filters that are nested deeper are refused (levels)."""

LONGEST = 10_000
"""Longer filters are refused, for a cursor has to carry them (bytes of JSON)."""

MOST_KEYS = 5
"""A sort has no more keys."""

Get = Callable[[str], Json]
"""The value of a job under the name of a field; None where there is none."""

Predicate = Callable[[Get], bool]
"""Whether a filter keeps a job."""


@struct
class Terms:
    """What a filter may speak of: the fields, each ``text`` or ``instant``.

    ``one_operator`` allows one operator a field; ``filter_at`` and ``sort_at`` are the places of both in a request.
    """

    fields: Mapping[str, str]
    one_operator: bool = False
    filter_at: str = "filter"
    sort_at: str = "sort"


class SortKey(NamedTuple):
    """One field of a sort, and its direction."""

    field: str
    descending: bool = False


class _RefusedError(Exception):
    """A part of a filter or of a sort cannot be read."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def read_filter(value: Json, terms: Terms) -> Predicate | Refusal:
    """Return what a filter keeps, or the refusal of the first thing in it that is wrong."""
    try:
        if _depth(value) > DEEPEST:
            _refuse("bad_filter", terms.filter_at, f"is nested deeper than {DEEPEST} levels")
        if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) > LONGEST:
            _refuse("bad_filter", terms.filter_at, f"is longer than {LONGEST} bytes")
        return _expression(value, terms, terms.filter_at)
    except _RefusedError as wrong:
        return wrong.refusal


def read_sort(value: Json, terms: Terms) -> tuple[SortKey, ...] | Refusal:
    """Return the keys of a sort, or the refusal of the first thing in it that is wrong."""
    try:
        if not isinstance(value, list):
            _refuse("bad_sort", terms.sort_at, "must be an array")
        if len(value) > MOST_KEYS:
            _refuse("bad_sort", terms.sort_at, f"must have at most {MOST_KEYS} entries")
        return tuple(_sort_key(each, terms, f"{terms.sort_at}.{number}") for number, each in enumerate(value))
    except _RefusedError as wrong:
        return wrong.refusal


def sorted_by(keys: tuple[SortKey, ...], terms: Terms, get: Get) -> list[Json]:
    """Return what a job is sorted by: a plain value for each key, None where it has none."""
    return [_rankable(read_value(terms.fields[key.field], get(key.field))) for key in keys]


def rank_of(keys: tuple[SortKey, ...], values: list[Json]) -> list[object]:
    """Return what compares as the sort orders: without a value is lowest, then numbers, then texts."""
    return [_Down(rank=rank) if key.descending else rank for key, rank in zip(keys, map(_rank, values), strict=True)]


@struct
class _Down:
    """A rank that compares the other way round."""

    rank: tuple[int, Json]

    def __lt__(self, other: _Down) -> bool:
        return other.rank < self.rank


def _rankable(value: Json) -> Json:
    """Return a value as far as it can be sorted by: a list by its first entry, an object not at all."""
    if isinstance(value, list):
        return _rankable(value[0]) if value else None
    return value if isinstance(value, (str, int, float)) else None


def _rank(value: Json) -> tuple[int, Json]:
    if value is None:
        return 0, 0
    return (2, value) if isinstance(value, str) else (1, value)


def _refuse(error: str, field: str, description: str, detail: str = "") -> NoReturn:
    reason = f"`{field}` in the request {description}"
    raise _RefusedError(Refusal(error=error, reason=reason, description=description, field=field, detail=detail))


def _depth(value: Json) -> int:
    """Return how deeply a value is nested, without going there by recursion."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        level = [held for each in level for held in _held(each)]
        depth += 1
    return depth


def _held(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


# ---------------------------------------------------------------------- filters


def _expression(value: Json, terms: Terms, at: str) -> Predicate:
    if not isinstance(value, dict):
        _refuse("bad_filter", at, "must be an object")
    parts = [_part(name, held, terms, f"{at}.{name}") for name, held in value.items()]
    return parts[0] if len(parts) == 1 else _all(parts)


def _part(name: str, held: Json, terms: Terms, at: str) -> Predicate:
    if name == "$and":
        return _all(_expressions(held, terms, at))
    if name == "$or":
        return _any(_expressions(held, terms, at))
    if name == "$not":
        return _not(_expression(held[0] if isinstance(held, list) and len(held) == 1 else held, terms, at))
    if name.startswith("$"):
        _refuse("unknown_operator", at, "is no operator that joins expressions; $and, $or and $not are", detail=name)
    if name not in terms.fields:
        known = ", ".join(sorted(terms.fields))
        _refuse("unknown_field", name, f"is no field that can be filtered by; there are {known}")
    test = _condition(name, held, terms)
    return lambda get: test(get(name))


def _expressions(value: Json, terms: Terms, at: str) -> list[Predicate]:
    if not isinstance(value, list):
        _refuse("bad_filter", at, "must be an array of expressions")
    return [_expression(each, terms, f"{at}.{number}") for number, each in enumerate(value)]


def _all(parts: list[Predicate]) -> Predicate:
    return lambda get: all(part(get) for part in parts)


def _any(parts: list[Predicate]) -> Predicate:
    return lambda get: any(part(get) for part in parts)


def _not(part: Predicate) -> Predicate:
    return lambda get: not part(get)


def _condition(field: str, value: Json, terms: Terms) -> Test:
    """Return what is asked of a field's value: what it equals, or one operator after the other."""
    kind = terms.fields[field]
    try:
        if not isinstance(value, dict):
            return equality(kind, value)
        if not value:
            _refuse("bad_filter", field, "must be compared with a value, or by an operator")
        unknown = next((name for name in value if name not in OPERATORS), None)
        if unknown is not None:
            known = ", ".join(OPERATORS)
            _refuse("unknown_operator", field, f"is compared by {unknown}; operators are {known}", detail=unknown)
        if terms.one_operator and len(value) > 1:
            second = list(value)[1]
            _refuse("unknown_operator", field, "takes one operator; ranges are joined by $and", detail=second)
        tests = [OPERATORS[name](kind, operand) for name, operand in value.items()]
    except UnfitError as unfit:
        _refuse("bad_filter", field, str(unfit))
    return tests[0] if len(tests) == 1 else lambda held: all(test(held) for test in tests)


# ---------------------------------------------------------------------- sorts


def _sort_key(value: Json, terms: Terms, at: str) -> SortKey:
    if not isinstance(value, dict):
        _refuse("bad_sort", at, "must be an object with `fieldName`")
    name, order = value.get("fieldName"), value.get("order")
    if not isinstance(name, str) or name not in terms.fields:
        _refuse("bad_sort", f"{at}.fieldName", f"must be one of {', '.join(sorted(terms.fields))}")
    if order not in (None, "ASC", "DESC"):
        _refuse("bad_sort", f"{at}.order", "must be ASC or DESC")
    return SortKey(name, order == "DESC")
