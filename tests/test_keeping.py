"""Keeping what changes: whatever is put back is as it was, and what nothing knows is refused."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import A, conversio, world_of

from fakejobs.keeping import attributes, fields_kept, kept
from fakejobs.world import World

VALUES = st.recursive(
    st.none() | st.integers() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(deque) | st.lists(inner).map(tuple)
    ),
)


class Pair(NamedTuple):
    one: Any
    other: Any


@dataclass(slots=True, kw_only=True)
class Slotted:
    row: list[int] = field(default_factory=list)
    fixed: list[int] = field(default_factory=list)

    def keep(self) -> Any:
        return fields_kept(self, values=("fixed",))


class Loose:
    def __init__(self) -> None:
        self.held = Slotted(row=[1])


def emptied(value: Any) -> None:
    """Empty all collections in a value."""
    if isinstance(value, tuple | list | deque | dict):
        for each in value.values() if isinstance(value, dict) else value:
            emptied(each)
        if not isinstance(value, tuple):
            value.clear()


@given(VALUES)
def test_a_value_comes_back_as_it_was_however_often_and_whatever_is_done_to_it(value: Any) -> None:
    as_text = repr(value)
    back = kept(value)
    for _ in range(3):
        emptied(value)
        value = back()
        assert repr(value) == as_text


def test_a_named_tuple_and_a_bounded_queue_stay_what_they_are() -> None:
    back = kept(Pair([1], deque([1, 2], maxlen=2)))
    assert back() == Pair([1], deque([1, 2]))
    assert isinstance(back(), Pair)
    assert back().other.maxlen == 2


def test_a_holder_stays_the_same_thing() -> None:
    loose = Loose()
    held, back = loose.held, fields_kept(loose)
    held.row.append(2)
    held.fixed.append(2)
    loose.held = Slotted()
    back()
    assert loose.held is held
    assert (held.row, held.fixed) == ([1], [2])


def test_what_nothing_knows_how_to_keep_is_refused() -> None:
    with pytest.raises(TypeError, match="nothing says how Loose is put back to a snapshot: give it a method `keep`"):
        kept({"a": [Loose()]})


def test_every_attribute_of_a_world_is_kept_or_is_never_changed_itself() -> None:
    world = world_of(conversio({"id": A}))
    world.keep()
    assert {name for name in attributes(world) if not is_kept(world, name)} == {"lock", "router"}
    world.another = Loose()  # type: ignore[attr-defined] # as if somebody had added it
    with pytest.raises(TypeError, match="Loose"):
        world.keep()


def is_kept(world: World, name: str) -> bool:
    try:
        kept(getattr(world, name))
    except TypeError:
        return False
    return True


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("population", {"jobs", "_by_id", "_by_tenant", "_by_group"}),
        ("journal", {"records", "is_over", "strays", "strays_before"}),
    ],
)
def test_a_part_that_puts_itself_back_by_hand_has_nothing_that_it_forgets(part: str, names: set[str]) -> None:
    assert set(attributes(getattr(World(), part))) == names


def test_a_directory_has_nothing_but_what_only_grows() -> None:
    world = world_of(conversio({"id": A}))
    assert set(attributes(world.directory("conversio"))) == {"_holders", "_by_key", "_begun"}
