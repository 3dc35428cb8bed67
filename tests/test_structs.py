"""Structs: values with names that are set once, told apart by what they hold."""

from __future__ import annotations

from dataclasses import field

import pytest

from fakejobs.structs import is_struct, replace, struct


@struct
class Point:
    """A point."""

    x: int
    y: int = 0


@struct
class Other:
    """Something else with the same names."""

    x: int
    y: int = 0


@struct(eq=False)
class Place:
    """A place, of which there is one."""

    name: str
    tags: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.name}>"


@struct(eq=False)
class Nameless:
    """Something of which there is one, told as it is written."""

    x: int


def test_what_holds_the_same_is_equal_and_has_one_place_in_a_set() -> None:
    assert Point(x=1) == Point(x=1, y=0)
    assert Point(x=1) != Point(x=2)
    assert {Point(x=1), Point(x=1, y=0), Point(x=0, y=1)} == {Point(x=1), Point(x=0, y=1)}
    assert Point(x=1) != Other(x=1)
    assert Point(x=1) != (1, 0)


def test_with_eq_false_each_is_equal_to_itself_only() -> None:
    here = Place(name="here")
    assert here == here  # noqa: PLR0124 - the point of it
    assert here != Place(name="here")
    assert len({here, Place(name="here"), here}) == 2


def test_it_is_told_as_it_is_written_unless_it_says_otherwise() -> None:
    assert repr(Point(x=1)) == "Point(x=1, y=0)"
    assert repr(Nameless(x=1)) == "Nameless(x=1)"
    assert repr(Place(name="here")) == "<here>"


def test_it_takes_keywords_alone_and_no_other_names() -> None:
    with pytest.raises(TypeError, match="positional"):
        Point(1)  # type: ignore[misc]
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(x=1, z=2)  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="z"):
        Point(x=1).z = 2  # type: ignore[attr-defined]


def test_another_with_a_part_replaced_leaves_the_first_as_it_is() -> None:
    point = Point(x=1)
    assert (replace(point, y=2), point) == (Point(x=1, y=2), Point(x=1))


def test_only_what_was_made_so_is_a_struct() -> None:
    assert is_struct(Point(x=1))
    assert is_struct(Nameless(x=1))
    assert not is_struct(Point)
    assert not is_struct((1, 2))
