"""Laying one JSON value over another."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs.dialect.overlays import ABSENT, Default, covers, filled, overlaid, settled

moderate = settings(max_examples=60)
leaves = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 1.5]) | st.sampled_from(["", "a"])
keys = st.sampled_from(["a", "b", "c"])
JSON: st.SearchStrategy[Any] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
objects = st.dictionaries(keys, JSON, max_size=3)
# Under upper-case keys stand objects, under lower-case keys anything else.
alike = st.recursive(
    st.dictionaries(keys, leaves | st.lists(leaves, max_size=2), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from(["A", "B"]), inner, max_size=2).flatmap(
        lambda nested: st.dictionaries(keys, leaves, max_size=2).map(lambda flat: {**flat, **nested})
    ),
    max_leaves=6,
)


# ---------------------------------------------------------------------- overlaid


@moderate
@given(objects, JSON)
def test_neither_of_the_two_is_changed(under: Any, over: Any) -> None:
    before = copy.deepcopy((under, over))
    overlaid(under, over)
    assert (under, over) == before


@moderate
@given(objects, JSON)
def test_what_is_laid_over_stands_in_the_result_and_laying_it_again_changes_nothing(under: Any, over: Any) -> None:
    result = overlaid(under, over)
    assert covers(result, over)
    assert overlaid(result, over) == result


@given(objects)
def test_an_empty_object_laid_over_an_object_or_the_other_way_round_changes_nothing(value: Any) -> None:
    assert overlaid(value, {}) == value
    assert overlaid({}, value) == value


@moderate
@given(alike, alike, alike)
def test_laying_over_is_associative_where_the_same_keys_hold_objects(first: Any, second: Any, third: Any) -> None:
    assert overlaid(overlaid(first, second), third) == overlaid(first, overlaid(second, third))


@pytest.mark.parametrize(
    ("under", "over", "result"),
    [
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": {"x": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": 1, "b": 2}, {"a": ABSENT}, {"b": 2}),
        ({"b": 2}, {"a": ABSENT}, {"b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": ABSENT}}, {"a": {"y": 2}}),
        ({}, {"a": {"x": ABSENT}}, {"a": {}}),
    ],
)
def test_objects_merge_the_rest_replaces_null_is_null_and_absent_removes(under: Any, over: Any, result: Any) -> None:
    assert overlaid(under, over) == result


def test_a_default_gives_way_as_a_whole() -> None:
    under = {"by": Default({"type": "user", "user": 1})}
    assert settled(overlaid(under, {"by": {"type": "app"}})) == {"by": {"type": "app"}}
    assert settled(overlaid(under, {"other": 1})) == {"by": {"type": "user", "user": 1}, "other": 1}
    assert settled(overlaid(under, {"by": ABSENT})) == {}


# ---------------------------------------------------------------------- settled


@given(JSON)
def test_plain_values_are_settled_already(value: Any) -> None:
    assert settled(value) == value


def test_marks_are_gone_from_a_settled_value_at_every_depth() -> None:
    value = {"a": Default({"b": [Default(1), ABSENT, {"c": ABSENT, "d": None}]}), "e": ABSENT}
    assert settled(value) == {"a": {"b": [1, {"d": None}]}}


# ---------------------------------------------------------------------- covers


@given(JSON)
def test_every_value_covers_itself(value: Any) -> None:
    assert covers(value, copy.deepcopy(value))


@moderate
@given(objects, objects, objects)
def test_what_covers_what_covers_a_third_covers_the_third(base: Any, more: Any, most: Any) -> None:
    second = overlaid(base, more)
    third = overlaid(second, most)
    if covers(second, base) and covers(third, second):
        assert covers(third, base)


@moderate
@given(JSON, JSON)
def test_two_that_cover_each_other_are_equal(one: Any, other: Any) -> None:
    if covers(one, other) and covers(other, one):
        assert one == other


@pytest.mark.parametrize(
    ("value", "pattern", "does"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {}, True),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"b": None}, False),
        ([], {}, False),
        (None, {}, False),
        ({}, [], False),
        ([{"a": 1, "b": 2}], [{"a": 1}], False),
        ([{"a": 1}], [{"a": 1.0}], True),
        ([1, 2], [1], False),
        (1, 1.0, True),
        (1, True, False),
        (False, 0, False),
        (True, True, True),
        ([True], [1], False),
        ([{"a": False}], [{"a": 0}], False),
        ("a", "a", True),
    ],
)
def test_a_pattern_names_what_has_to_be_there_and_all_else_is_equal_as_json_has_it(
    value: Any, pattern: Any, does: bool
) -> None:
    assert covers(value, pattern) is does


def test_what_fills_a_value_replaces_it_but_for_nulls() -> None:
    assert filled({"a": 1, "b": {"c": 1}}, {"a": None, "b": {"c": None, "d": 2}, "e": [None]}) == {
        "a": 1,
        "b": {"c": 1, "d": 2},
        "e": [None],
    }
    assert (filled(None, {"a": None}), filled({"a": 1}, 2), filled(3, None)) == ({"a": None}, 2, 3)


def test_a_default_tells_what_it_holds_by_name() -> None:
    assert (Default({"a": 1}).get("a"), Default({"a": 1}).get("b"), Default(7).get("a")) == (1, None, None)
