"""Structs: values with names that are set once, told apart by what they hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")

_KINDS: set[type[Any]] = set()


@overload
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def struct(kind: type[T], /) -> type[T]: ...


@overload
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def struct(*, eq: bool) -> Callable[[type[T]], type[T]]: ...


def struct(kind: type[Any] | None = None, /, *, eq: bool = True) -> Any:
    """Make a class a dataclass with slots, of keywords alone; with ``eq=False`` each is equal to itself only.

    That nothing is set a second time is for the type checker to see to: a frozen dataclass compiles six methods of its
    own, and with some seventy of them that took half of the time of the import. What a test gets hold of is frozen.
    """
    if kind is None:
        return lambda kind: struct(kind) if eq else _plain(kind)
    made = _plain(kind)
    held = attrgetter(*made.__dataclass_fields__)

    def is_equal(self: object, other: object) -> Any:
        return held(self) == held(other) if other.__class__ is self.__class__ else NotImplemented

    made.__eq__ = is_equal
    made.__hash__ = lambda self: hash(held(self))
    return made


def _plain(kind: type[Any]) -> Any:
    """Return the dataclass of a class, without what all of them can share."""
    made: Any = dataclass(slots=True, kw_only=True, eq=False, repr=False)(kind)
    if "__repr__" not in kind.__dict__:
        made.__repr__ = _told
    _KINDS.add(made)
    return made


def _told(self: Any) -> str:
    """Return a struct as it would be written."""
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
    return f"{self.__class__.__qualname__}({values})"


def is_struct(value: object) -> bool:
    """Say whether a value is a struct, on which nothing is set a second time."""
    return type(value) in _KINDS
