"""The places where a function is kept under a name: found, given a stand-in, and given back what was there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

NOTHING = object()
"""What is kept where nothing is."""


class Place:
    """An attribute of an owner, or a name in a module, that is to keep something else for a while."""

    __slots__ = ("_name", "_new", "_old", "_owner")

    def __init__(self, owner: Any, name: str, new: object) -> None:
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
        if isinstance(self._owner, FunctionType):
            return getattr(self._owner, self._name)
        return names_of(self._owner).get(self._name, NOTHING)

    def _keep(self, what: object) -> None:
        if isinstance(self._owner, ModuleType):
            names_of(self._owner)[self._name] = what
        elif what is NOTHING:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, what)


def names_of(owner: Any) -> Any:
    """The names that an owner keeps things under, without waking a lazy module."""
    return ModuleType.__getattribute__(owner, "__dict__") if isinstance(owner, ModuleType) else vars(owner)


def places_in(module: ModuleType, new_for: Mapping[int, object]) -> Iterator[Place]:
    """Each place in a module that keeps one of the originals in ``new_for``, by id, with what is to stand there.

    Besides the module's own names these are the attributes of its classes and the defaults of its functions, where the
    module has to do with ``time`` at all.
    """
    names = names_of(module)
    kept = list(names.values())
    if new_for.keys().isdisjoint(map(id, kept)) and not any(each is time for each in kept):
        return
    for name, value in list(names.items()):
        if id(value) in new_for:
            yield Place(module, name, new_for[id(value)])
    seen: set[type] = set()
    for value in kept:
        if isinstance(value, FunctionType):
            if value.__module__ == module.__name__:
                yield from _defaults_of(value, new_for)
        elif isinstance(value, type):
            yield from _places_in_class(value, module.__name__, new_for, seen)


def _places_in_class(owner: type, module: str, new_for: Mapping[int, object], seen: set[type]) -> Iterator[Place]:
    """The places in a class of the module, its methods, and the classes within it."""
    if owner in seen or owner.__module__ != module:
        return
    seen.add(owner)
    for name, value in list(vars(owner).items()):
        if id(value) in new_for:
            yield Place(owner, name, new_for[id(value)])
        elif isinstance(value, type):
            yield from _places_in_class(value, module, new_for, seen)
        elif isinstance(value, staticmethod) and id(value.__func__) in new_for:
            yield Place(owner, name, staticmethod(_function(new_for[id(value.__func__)])))
        else:
            function = getattr(value, "__func__", value) if isinstance(value, staticmethod | classmethod) else value
            if isinstance(function, FunctionType):
                yield from _defaults_of(function, new_for)


def _defaults_of(function: FunctionType, new_for: Mapping[int, object]) -> Iterator[Place]:
    """The places of a function's defaults."""
    defaults, named = function.__defaults__ or (), function.__kwdefaults__ or {}
    if any(id(each) in new_for for each in defaults):
        yield Place(function, "__defaults__", tuple(new_for.get(id(each), each) for each in defaults))
    if any(id(each) in new_for for each in named.values()):
        new = {name: new_for.get(id(each), each) for name, each in named.items()}
        yield Place(function, "__kwdefaults__", new)


def _function(value: object) -> Callable[..., Any]:
    assert callable(value)
    return value


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
