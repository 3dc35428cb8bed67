"""The query language: what filters keep and how sorts order, and what is said of those that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from naively import DOCUMENTS, FIELDS, FILTERS, SORTS, fits, ordered

from fakejobs.dialect.refusals import Refusal
from fakejobs.dialect.wql import SortKey, Terms, rank_of, read_filter, read_sort, sorted_by

TERMS = Terms(fields=FIELDS, filter_at="query.filter", sort_at="query.sort")
STRICT = Terms(fields=FIELDS, one_operator=True, filter_at="query.filter", sort_at="query.sort")
LISTS = Terms(fields={"tags": "text", "dates": "instant", "size": "text"})
FIRST, SAME, LATER = "2026-01-01T00:00:00.000Z", "2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00.001Z"


def kept(filter: Any, document: Mapping[str, Any], terms: Terms = TERMS) -> bool:
    """Whether a filter, which can be read, keeps a document."""
    found = read_filter(filter, terms)
    assert not isinstance(found, Refusal), found
    return found(document.get)


def refused(filter: Any, terms: Terms = TERMS) -> Refusal:
    """The refusal of a filter that cannot be read."""
    found = read_filter(filter, terms)
    assert isinstance(found, Refusal)
    return found


def in_order(sort: Any, documents: list[Any], terms: Terms = TERMS) -> list[Any]:
    """Documents in the order of a sort, which can be read."""
    keys = read_sort(sort, terms)
    assert not isinstance(keys, Refusal), keys
    return sorted(documents, key=lambda each: rank_of(keys, sorted_by(keys, terms, each.get)))


# ---------------------------------------------------------------------- laws


@given(FILTERS, DOCUMENTS)
def test_a_filter_keeps_what_a_naive_reading_of_it_keeps(filter: dict[str, Any], document: dict[str, Any]) -> None:
    assert kept(filter, document) == fits(filter, document)


@given(FILTERS, DOCUMENTS)
def test_not_keeps_just_what_is_not_kept_without_it(filter: dict[str, Any], document: dict[str, Any]) -> None:
    assert kept({"$not": filter}, document) is not kept(filter, document)


@given(SORTS, st.lists(DOCUMENTS, max_size=6))
def test_a_sort_orders_as_a_naive_one_does_and_leaves_alone_what_it_does_not_tell_apart(
    sort: list[dict[str, Any]], documents: list[Any]
) -> None:
    assert in_order(sort, documents) == ordered(sort, documents)


# ---------------------------------------------------------------------- what is compared


@pytest.mark.parametrize(
    ("filter", "fitting", "failing"),
    [
        ({"tags": "a"}, [["a", "b"], "a"], [["b"], [], None, "ab"]),
        ({"tags": ["a", "b"]}, [["a", "b"]], [["b", "a"], ["a"], "a", None]),
        ({"tags": {"$hasAll": ["a", "b"]}}, [["b", "c", "a"]], [["a"], "a", None]),
        ({"tags": {"$hasSome": ["a", "b"]}}, [["c", "b"]], [["c"], [], "a", None]),
        ({"tags": {"$isEmpty": True}}, [[], "", None], [["a"], "a"]),
        ({"tags": {"$startsWith": "A"}}, [["b", "ab"], "abc"], [["b"], 7, None]),
        ({"tags": {"$gt": "a"}}, [["a", "b"], "b"], [["a"], 7, None]),
        ({"dates": FIRST}, [[LATER, SAME], SAME], [[LATER], "no date", 7, None]),
        ({"dates": [FIRST]}, [[SAME]], [[FIRST, FIRST]]),
        ({"dates": {"$hasAll": [FIRST]}}, [[SAME]], [[LATER]]),
        ({"dates": {"$lte": FIRST}}, [[SAME]], [[LATER], "no date"]),
        ({"size": 1}, [1, 1.0], ["1", True, None]),
        ({"size": True}, [True], [1, "true"]),
        ({"size": {"$gte": 2}}, [2, 2.5], [1, "3", True, None]),
        ({"size": None}, [None], [0, "", False]),
        ({"size": {"$nin": [1, "a"]}}, [2, "b", None], [1, "a"]),
        ({"$not": [{"size": 1}]}, [2], [1]),
        ({"$or": [{"size": 1}, {"size": {"$gt": 5}}]}, [1, 6], [2, None]),
        ({"$and": [{"size": {"$gt": 1}}, {"size": {"$lt": 5}}]}, [2, 4], [1, 5, None]),
    ],
)
def test_lists_numbers_and_instants_are_compared_as_the_vendor_says(
    filter: Any, fitting: list[Any], failing: list[Any]
) -> None:
    (name,) = filter if filter.keys().isdisjoint(("$not", "$or", "$and")) else ["size"]
    assert [value for value in fitting if not kept(filter, {name: value}, LISTS)] == []
    assert [value for value in failing if kept(filter, {name: value}, LISTS)] == []


def test_sorts_put_missing_values_first_then_numbers_then_texts_and_a_list_where_its_first_entry_is() -> None:
    row: list[Any] = ["b", ["a", "z"], [], None, 3, {"an": "object"}, 2.5, "a"]
    documents = [{"tags": each} for each in row]
    up = [each["tags"] for each in in_order([{"fieldName": "tags"}], documents, LISTS)]
    down = [each["tags"] for each in in_order([{"fieldName": "tags", "order": "DESC"}], documents, LISTS)]
    assert up == [[], None, {"an": "object"}, 2.5, 3, ["a", "z"], "a", "b"]
    assert down == ["b", ["a", "z"], "a", 3, 2.5, [], None, {"an": "object"}]


def test_a_sort_without_an_order_ascends() -> None:
    asked = [{"fieldName": "id"}, {"fieldName": "name", "order": None}, {"fieldName": "status", "order": "DESC"}]
    keys = (SortKey("id"), SortKey("name"), SortKey("status", descending=True))
    assert read_sort(asked, TERMS) == keys


# ---------------------------------------------------------------------- what cannot be read


def nested(levels: int) -> Any:
    value: Any = {"status": "FAILED"}
    for _ in range(levels):
        value = {"$not": value}
    return value


@pytest.mark.parametrize(
    ("filter", "error", "field", "detail", "says"),
    [
        ("FAILED", "bad_filter", "query.filter", "", "must be an object"),
        ([], "bad_filter", "query.filter", "", "must be an object"),
        ({"createdBy": 1}, "unknown_field", "createdBy", "", "is no field that can be filtered by; there are finish"),
        ({"$nor": []}, "unknown_operator", "query.filter.$nor", "$nor", "is no operator that joins expressions"),
        ({"$and": {}}, "bad_filter", "query.filter.$and", "", "must be an array of expressions"),
        ({"$or": [{}, 7]}, "bad_filter", "query.filter.$or.1", "", "must be an object"),
        ({"$not": [{}, {}]}, "bad_filter", "query.filter.$not", "", "must be an object"),
        ({"$and": [{"x": 1}]}, "unknown_field", "x", "", "is no field"),
        ({"status": {}}, "bad_filter", "status", "", "must be compared with a value, or by an operator"),
        ({"status": {"$like": "F"}}, "unknown_operator", "status", "$like", "is compared by $like; operators are $eq"),
        ({"status": {"eq": "F"}}, "unknown_operator", "status", "eq", "is compared by eq"),
        ({"status": {"$eq": {"a": 1}}}, "bad_filter", "status", "", "must not be compared with an object"),
        ({"status": {"$in": "FAILED"}}, "bad_filter", "status", "", "must be compared with an array of values"),
        ({"status": {"$hasAll": "F"}}, "bad_filter", "status", "", "must be compared with an array of values"),
        ({"status": {"$exists": 1}}, "bad_filter", "status", "", "must be compared with true or false"),
        ({"status": {"$gt": None}}, "bad_filter", "status", "", "must be compared with a text or a number"),
        ({"status": {"$gt": True}}, "bad_filter", "status", "", "must be compared with a text or a number"),
        ({"status": {"$startsWith": 7}}, "bad_filter", "status", "", "must be compared with a text"),
        (
            {"startedAt": "yesterday"},
            "bad_filter",
            "startedAt",
            "",
            "must be compared with an instant like 2026-01-01T",
        ),
        ({"startedAt": {"$in": [7]}}, "bad_filter", "startedAt", "", "must be compared with an instant"),
        (nested(1000), "bad_filter", "query.filter", "", "is nested deeper than 100 levels"),
        ({"status": "F" * 10_000}, "bad_filter", "query.filter", "", "is longer than 10000 bytes"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_by_what_is_wrong_in_it(
    filter: Any, error: str, field: str, detail: str, says: str
) -> None:
    found = refused(filter)
    assert (found.error, found.field, found.detail) == (error, field, detail)
    assert found.description.startswith(says)
    assert found.reason == f"`{field}` in the request {found.description}"


def test_filters_may_be_nested_and_long_up_to_their_bounds() -> None:
    assert kept(nested(98), {"status": "FAILED"})
    assert kept({"status": "F" * 9_980}, {"status": "F" * 9_980})


def test_a_field_takes_two_operators_unless_that_is_forbidden() -> None:
    asked = {"name": {"$gte": "a", "$lt": "b"}}
    assert [name for name in ("A", "a", "ab", "b") if kept(asked, {"name": name})] == ["a", "ab"]
    found = refused(asked, STRICT)
    assert (found.error, found.field, found.detail) == ("unknown_operator", "name", "$lt")
    assert kept({"$and": [{"name": {"$gte": "a"}}, {"name": {"$lt": "b"}}]}, {"name": "a"}, STRICT)


@pytest.mark.parametrize(
    ("sort", "field", "says"),
    [
        ({"fieldName": "id"}, "query.sort", "must be an array"),
        ([{"fieldName": "id"}] * 6, "query.sort", "must have at most 5 entries"),
        (["id"], "query.sort.0", "must be an object with `fieldName`"),
        ([{"fieldName": "id"}, {"fieldName": "progress"}], "query.sort.1.fieldName", "must be one of finishedAt, id, "),
        ([{"fieldName": ["id"]}], "query.sort.0.fieldName", "must be one of"),
        ([{"fieldName": "id", "order": "desc"}], "query.sort.0.order", "must be ASC or DESC"),
    ],
)
def test_a_sort_that_cannot_be_read_is_refused_by_what_is_wrong_in_it(sort: Any, field: str, says: str) -> None:
    found = read_sort(sort, TERMS)
    assert isinstance(found, Refusal)
    assert (found.error, found.field) == ("bad_sort", field)
    assert found.description.startswith(says)
