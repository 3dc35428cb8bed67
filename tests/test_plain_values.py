"""Python values -> plain JSON values."""

from __future__ import annotations

import enum
import json
from collections import UserDict, UserList
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.documents.plain_values import plain
from fakejobs.errors import DocumentError

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Word(enum.StrEnum):
    """A str that is not only a str."""

    DONE = "done"


class Count(enum.IntEnum):
    """An int that is not only an int."""

    ONE = 1


class Silent:
    """A value that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError


def complaint(value: object) -> str:
    """The one complaint about a value that is no JSON."""
    with pytest.raises(DocumentError) as caught:
        plain(value, "the scenario")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (0, 0)
    return str(problem)


@given(JSON)
def test_json_values_come_back_equal_and_new(value: Any) -> None:
    copied = plain(value, "x")
    assert json.dumps(copied) == json.dumps(value)
    assert not isinstance(value, dict | list) or copied is not value


def test_other_mappings_sequences_and_scalars_become_plain_ones() -> None:
    value = UserDict({Word.DONE: UserList([(1, 2.5), Word.DONE, Count.ONE, range(2)])})
    copied = plain(value, "x")
    assert copied == {"done": [[1, 2.5], "done", 1, [0, 1]]}
    assert isinstance(copied, dict)
    assert {type(key) for key in copied} == {str}
    assert [type(item) for item in copied["done"]] == [list, str, int, list]


def test_a_value_may_stand_twice_as_long_as_it_is_not_inside_itself() -> None:
    shared = {"seconds": 1}
    copied = plain([shared, shared], "x")
    assert copied == [shared, shared]
    assert isinstance(copied, list)
    assert copied[0] is not copied[1]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": {1: 2}}, "found the int 1 as a key; right would be a str such as `1` (at /a)"),
        ({"a": {None: 2}}, "found the NoneType None as a key; right would be a str (at /a)"),
        ([float("nan")], "found nan; right would be a finite number (at /0)"),
        ([float("-inf")], "found -inf; right would be a finite number (at /0)"),
        (["\ud800"], "found half of a surrogate pair in '\\ud800'; right would be whole characters (at /0)"),
        ([10**5000], "found a number too large to be written; right would be 4300 digits at most (at /0)"),
    ],
)
def test_what_json_cannot_say_is_named_with_its_pointer(value: object, message: str) -> None:
    assert complaint(value) == f"the scenario: {message}"


@pytest.mark.parametrize("value", [b"x", bytearray(b"x"), {1}, datetime(2026, 1, 1, tzinfo=UTC), object(), Silent()])
def test_what_is_no_json_at_all_is_named_with_its_type(value: object) -> None:
    assert f"found the {type(value).__name__} " in complaint(value)


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: dict[str, Any] = {"steps": []}
    loop["steps"].append(loop)
    assert complaint(loop).endswith("found a value that contains itself; right would be one that ends (at /steps/0)")


def test_two_hundred_levels_are_taken_and_one_more_is_not() -> None:
    value: list[Any] = []
    for _ in range(199):
        value = [value]
    assert plain(value, "x") == value
    assert "200 levels at most" in complaint([value])


def test_a_large_number_within_the_limit_is_taken() -> None:
    assert plain(10**4000, "x") == 10**4000
