"""Structs, whose names are set once, and records, whose names are set again: what has slots, and takes keywords."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, field
from operator import attrgetter
from typing import Any, TypeVar, cast, dataclass_transform, overload

T = TypeVar("T")

_NAMES: dict[type[Any], tuple[str, ...]] = {}
"""The names of each struct and of each record, in their order."""

_STRUCTS: set[type[Any]] = set()


@overload
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def struct(kind: type[T], /) -> type[T]: ...


@overload
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def struct(*, eq: bool) -> Callable[[type[T]], type[T]]: ...


def struct(kind: type[Any] | None = None, /, *, eq: bool = True) -> Any:
    """Make a class a struct: what it holds tells it apart, or with ``eq=False`` each is equal to itself only.

    A dataclass would do as well, but compiles its methods when it is made: with some seventy of them that took half of
    the time of the import, and most are never called in a run. Here ``__init__`` is compiled for the first that is
    made. That nothing is set a second time is for the type checker to see to; what a test gets hold of is frozen.
    """
    if kind is None:
        return lambda kind: struct(kind) if eq else _struct(kind)
    made = _struct(kind)
    held = attrgetter(*_NAMES[made])

    def is_equal(self: object, other: object) -> Any:
        return held(self) == held(other) if other.__class__ is self.__class__ else NotImplemented

    made.__eq__ = is_equal
    made.__hash__ = lambda self: hash(held(self))
    return made


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
def record(kind: type[T], /) -> type[T]:
    """Make a class a record: a struct whose names are set again, each of which is equal to itself only."""
    made: type[T] = _slotted(kind)
    return made


def is_struct(value: object) -> bool:
    """Say whether a value is a struct, on which nothing is set a second time."""
    return type(value) in _STRUCTS


def replace(value: T, /, **changes: Any) -> T:
    """Return a struct, or a dataclass's instance, with other values for some of its names."""
    kind: Any = type(value)
    if kind not in _NAMES:
        return cast(T, dataclasses.replace(cast(Any, value), **changes))
    values = {name: getattr(value, name) for name in _NAMES[kind]}
    made: T = kind(**values | changes)
    return made


def _struct(kind: type[Any]) -> Any:
    """Return a class again, as that of structs each of which is equal to itself."""
    made = _slotted(kind)
    _STRUCTS.add(made)
    return made


def _slotted(kind: type[Any]) -> Any:
    """Return a class again, with slots for its names; they are given by keywords, and told."""
    names = tuple(kind.__annotations__)
    defaults = {name: kind.__dict__[name] for name in names if name in kind.__dict__}
    rest = {key: value for key, value in kind.__dict__.items() if key not in (*names, "__dict__", "__weakref__")}
    made: Any = type(kind.__name__, kind.__bases__, {"__repr__": _told, **rest, "__slots__": names})
    made.__init__ = _compiling(made, names, defaults)
    _NAMES[made] = names
    return made


def _compiling(made: Any, names: tuple[str, ...], defaults: dict[str, Any]) -> Callable[..., None]:
    """Return the method that puts the compiled ``__init__`` in its own place, and calls that."""

    def init(self: Any, *wrong: Any, **given: Any) -> None:
        made.__init__ = _init(names, defaults, has_more=hasattr(made, "__post_init__"))
        made.__init__(self, *wrong, **given)

    return init


def _init(names: tuple[str, ...], defaults: dict[str, Any], *, has_more: bool) -> Any:
    """Compile the ``__init__`` of a class with these names."""
    space: dict[str, Any] = {"_missing": MISSING}
    taken, lines = [], []
    for name in names:
        value = name
        default = defaults.get(name, MISSING)
        if isinstance(default, Field):
            space[f"_make_{name}"] = default.default_factory
            default, value = MISSING, f"_make_{name}() if {name} is _missing else {name}"
            space[f"_{name}"] = MISSING
        elif name in defaults:
            space[f"_{name}"] = default
        taken.append(f"{name}=_{name}" if f"_{name}" in space else name)
        lines.append(f"self.{name} = {value}")
    if has_more:
        lines.append("self.__post_init__()")
    exec(f"def __init__(self, *, {', '.join(taken)}):\n " + "\n ".join(lines), space)  # noqa: S102 - names of ours
    return space["__init__"]


def _told(self: Any) -> str:
    """Return it as it would be written."""
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in _NAMES[type(self)])
    return f"{self.__class__.__qualname__}({values})"
