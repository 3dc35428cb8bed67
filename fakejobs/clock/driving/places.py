"""The places where a function is kept under a name: found, given a stand-in, and given back what was there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

NOTHING = object()
"""What is kept where nothing is."""


class Place:
    """An attribute of an owner, a name in a module or a key in a dict, that is to keep something else for a while."""

    __slots__ = ("_name", "_new", "_old", "_owner")

    def __init__(self, owner: Any, name: Any, new: object) -> None:
        self._owner = owner
        self._name = name
        self._new = new
        self._old = NOTHING

    def fill(self) -> None:
        """Keep the new there."""
        self._old = self._kept()
        self._keep(self._new)

    def restore(self) -> None:
        """Keep what was there again, unless somebody has put yet another thing there meanwhile."""
        if self._kept() is self._new:
            self._keep(self._old)

    def _kept(self) -> object:
        """What the owner itself keeps: not what a class inherits, nor what a lazy module would have to load."""
        if is_a(self._owner, FunctionType):
            return getattr(self._owner, self._name)
        return names_of(self._owner).get(self._name, NOTHING)

    def _keep(self, what: object) -> None:
        if what is NOTHING:
            _drop(self._owner, self._name)
        elif is_a(self._owner, ModuleType) or is_a(self._owner, dict):
            names_of(self._owner)[self._name] = what
        else:
            setattr(self._owner, self._name, what)


def names_of(owner: Any) -> Any:
    """What an owner keeps, by name, without waking a lazy module."""
    if is_a(owner, dict):
        return owner
    return ModuleType.__getattribute__(owner, "__dict__") if is_a(owner, ModuleType) else vars(owner)


def _drop(owner: Any, name: Any) -> None:
    """Have an owner keep nothing under a name."""
    if is_a(owner, dict):
        del owner[name]
    else:
        delattr(owner, name)


def is_a(value: object, kind: type) -> bool:
    """Whether a value is of a kind, without asking the value itself, which lazy ones take for their first use."""
    return issubclass(type(value), kind)


def places_in(module: ModuleType, new_for: Mapping[int, object]) -> Iterator[Place]:
    """Each place in a module that keeps one of the originals in ``new_for``, by id, with what is to stand there.

    Besides the module's own names these are the attributes of its classes and the defaults of its functions, where the
    module has to do with ``time`` at all.
    """
    names = dict(names_of(module))
    ids = set(map(id, names.values()))
    if ids.isdisjoint(new_for) and id(time) not in ids:
        return
    home = names.get("__name__")
    for name, value in names.items():
        if id(value) in new_for:
            yield Place(module, name, new_for[id(value)])
        elif type(value) is FunctionType:
            if value.__module__ == home:
                yield from _defaults_of(value, new_for)
        elif is_a(value, type):
            yield from _places_in_class(value, home, new_for, set())


def _places_in_class(owner: Any, home: object, new_for: Mapping[int, object], seen: set[type]) -> Iterator[Place]:
    """The places in a class of the module ``home``, in its methods, and in the classes within it."""
    if owner.__module__ != home or owner in seen:
        return
    seen.add(owner)
    for name, value in list(vars(owner).items()):
        kind = type(value)
        inner = value.__func__ if kind is staticmethod or kind is classmethod else value
        if id(value) in new_for:
            yield Place(owner, name, new_for[id(value)])
        elif id(inner) in new_for:
            yield Place(owner, name, kind(new_for[id(inner)]))
        elif type(inner) is FunctionType:
            yield from _defaults_of(inner, new_for)
        elif is_a(inner, type):
            yield from _places_in_class(inner, home, new_for, seen)


def _defaults_of(function: FunctionType, new_for: Mapping[int, object]) -> Iterator[Place]:
    """The places of a function's defaults."""
    defaults, named = function.__defaults__, function.__kwdefaults__
    if defaults and not new_for.keys().isdisjoint(map(id, defaults)):
        yield Place(function, "__defaults__", tuple(new_for.get(id(each), each) for each in defaults))
    if named and not new_for.keys().isdisjoint(map(id, named.values())):
        new = {name: new_for.get(id(each), each) for name, each in named.items()}
        yield Place(function, "__kwdefaults__", new)


class Filled:
    """Places that keep something else until they are all restored."""

    def __init__(self) -> None:
        self._places: list[Place] = []

    def fill(self, places: Iterable[Place]) -> None:
        """Fill some more places, once all are found; a class that cannot be changed keeps what it has."""
        for place in list(places):
            with suppress(AttributeError, TypeError):
                place.fill()
                self._places.append(place)

    def restore(self) -> None:
        """Restore them all, the last first."""
        while self._places:
            self._places.pop().restore()
