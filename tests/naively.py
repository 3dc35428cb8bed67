"""A second reading of the query language, naive and slow: what the tests hold the first one against."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

TEXTS = ("id", "status", "name", "scheduleId", "workflowId")
INSTANTS = ("startedAt", "finishedAt")
FIELDS = {**dict.fromkeys(TEXTS, "text"), **dict.fromkeys(INSTANTS, "instant")}

WORDS = ("", "a", "A", "ab", "Abc", "b", "COMPLETED", "FAILED")
MOMENTS = (
    "2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
    "2025-12-31T23:59:59.999Z",
    "2026-01-02T00:00:00.000Z",
    "2026-02-01",
)


def instant(text: str) -> datetime:
    """The moment that a text names; without an offset it is UTC."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00")


def same(field: str, one: Any, other: Any) -> bool:
    """Whether two values of a field are the same."""
    if one is None or other is None:
        return one is other
    return instant(one) == instant(other) if field in INSTANTS else bool(one == other)


def below(field: str, one: Any, other: Any) -> bool:
    """Whether one value of a field comes before another; none is lowest."""
    if one is None or other is None:
        return one is None and other is not None
    return instant(one) < instant(other) if field in INSTANTS else bool(one < other)


HOLDS: Mapping[str, Callable[[str, Any, Any], bool]] = {
    "$eq": same,
    "$ne": lambda field, value, operand: not same(field, value, operand),
    "$gt": lambda field, value, operand: value is not None and below(field, operand, value),
    "$gte": lambda field, value, operand: value is not None and not below(field, value, operand),
    "$lt": lambda field, value, operand: value is not None and below(field, value, operand),
    "$lte": lambda field, value, operand: value is not None and not below(field, operand, value),
    "$in": lambda field, value, operand: any(same(field, value, each) for each in operand),
    "$nin": lambda field, value, operand: not any(same(field, value, each) for each in operand),
    "$startsWith": lambda _, value, operand: value is not None and value.lower()[: len(operand)] == operand.lower(),
    "$exists": lambda _, value, operand: (value is not None) == operand,
    "$isEmpty": lambda _, value, operand: (value is None or value == "") == operand,
}
"""Whether an operator holds between a field's value, which may be None, and an operand."""


def fits(expression: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether a filter keeps a document."""
    for name, held in expression.items():
        if name == "$and":
            kept = all(fits(each, document) for each in held)
        elif name == "$or":
            kept = any(fits(each, document) for each in held)
        elif name == "$not":
            kept = not fits(held, document)
        elif isinstance(held, dict):
            kept = all(HOLDS[operator](name, document.get(name), operand) for operator, operand in held.items())
        else:
            kept = same(name, document.get(name), held)
        if not kept:
            return False
    return True


def ordered(sort: Sequence[Mapping[str, Any]], documents: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The documents in the order of a sort; those that it does not tell apart stay in the order that they have."""

    def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
        for key in sort:
            field, sign = key["fieldName"], -1 if key.get("order") == "DESC" else 1
            a, b = one.get(field), other.get(field)
            if below(field, a, b):
                return -sign
            if below(field, b, a):
                return sign
        return 0

    return sorted(documents, key=functools.cmp_to_key(compare))


# ---------------------------------------------------------------------- what is asked


def values(field: str) -> st.SearchStrategy[Any]:
    """Values of a field, without None."""
    return st.sampled_from(MOMENTS if field in INSTANTS else WORDS)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """A condition on one field."""
    field = draw(st.sampled_from(sorted(FIELDS)))
    value, row = values(field), st.lists(st.none() | values(field), max_size=3)
    operands: dict[str, st.SearchStrategy[Any]] = {
        "$eq": st.none() | value,
        "$ne": st.none() | value,
        **dict.fromkeys(("$gt", "$gte", "$lt", "$lte"), value),
        "$in": row,
        "$nin": row,
        "$exists": st.booleans(),
        "$isEmpty": st.booleans(),
    }
    if field in TEXTS:
        operands["$startsWith"] = value
    plain: st.SearchStrategy[Any] = st.none() | value
    chosen: st.SearchStrategy[Any] = st.lists(st.sampled_from(sorted(operands)), min_size=1, max_size=2, unique=True)
    named = chosen.flatmap(lambda names: st.fixed_dictionaries({name: operands[name] for name in names}))
    return {field: draw(plain | named)}


FILTERS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.just({}) | conditions(),
    lambda inner: (
        st.builds(lambda one, other: {**one, **other}, inner, inner)
        | st.builds(lambda rows: {"$and": rows}, st.lists(inner, max_size=3))
        | st.builds(lambda rows: {"$or": rows}, st.lists(inner, max_size=3))
        | st.builds(lambda held: {"$not": held}, inner)
    ),
    max_leaves=6,
)
"""Filters of all operators, nested and joined."""

SORTS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.fixed_dictionaries(
        {"fieldName": st.sampled_from(sorted(FIELDS))}, optional={"order": st.sampled_from(["ASC", "DESC"])}
    ),
    max_size=5,
)
"""Sorts by up to five keys."""

DOCUMENTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={field: st.none() | values(field) for field in FIELDS}
)
"""Documents that have a field, or null for it, or nothing."""
