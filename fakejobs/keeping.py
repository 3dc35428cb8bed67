"""Keeping what changes: every holder of state gives what puts it back as it is now, as often as that is called.

A holder says so by a method ``keep``. What none of the rules here knows is refused rather than forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from fractions import Fraction
from functools import partial
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType, NoneType
from typing import Any, Protocol, runtime_checkable

from fakejobs.structs import is_struct

Back = Callable[[], None]
"""Puts a holder of state back as it was."""

_VALUES = (NoneType, bool, int, float, str, bytes, Fraction, datetime, timedelta, Enum, type, frozenset)
_CODE = (FunctionType, BuiltinFunctionType, MethodType, MappingProxyType, partial)


@runtime_checkable
class Holder(Protocol):
    """Something with state of its own, which others refer to: it stays the same thing when it is put back."""

    def keep(self) -> Back:
        """Return what puts it back as it is now, as often as it is called."""


def kept(value: Any) -> Callable[[], Any]:
    """Return what gives a value back as it is now: collections anew each time, holders as they were.

    TypeError for something that changes and says no way to keep it.
    """
    if isinstance(value, (*_VALUES, *_CODE)) or is_struct(value) or _is_frozen(value):
        return lambda: value
    if isinstance(value, Holder):
        return partial(_put_back, value, value.keep())
    if isinstance(value, dict):
        pairs = [(key, kept(each)) for key, each in value.items()]
        return lambda: _filled(value, ((key, back()) for key, back in pairs))
    if isinstance(value, (list, set, deque, tuple)):
        row = [kept(each) for each in value]
        return lambda: _filled(value, (back() for back in row))
    raise TypeError(f"nothing says how {type(value).__qualname__} is put back to a snapshot: give it a method `keep`")


def fields_kept(holder: Any, values: Collection[str] = ()) -> Back:
    """Return what puts every attribute of a holder back as it is now.

    ``values`` names those whose values are replaced by others, if at all, and never changed themselves.
    """
    fields = [
        (name, partial(_same, value) if name in values else kept(value)) for name, value in attributes(holder).items()
    ]

    def back() -> None:
        for name, value in fields:
            setattr(holder, name, value())

    return back


def attributes(holder: Any) -> dict[str, Any]:
    """Return what a holder holds, by name."""
    slots = [name for kind in type(holder).__mro__ for name in getattr(kind, "__slots__", ())]
    return {name: getattr(holder, name) for name in slots} if slots else dict(vars(holder))


def _is_frozen(value: Any) -> bool:
    return is_dataclass(value) and bool(getattr(type(value), "__dataclass_params__").frozen)  # noqa: B009 - it is untyped


def _same(value: Any) -> Any:
    return value


def _put_back(holder: Any, back: Back) -> Any:
    back()
    return holder


def _filled(like: Any, content: Iterator[Any]) -> Any:
    """Return a collection of the same kind with this content."""
    if isinstance(like, tuple) and hasattr(like, "_make"):
        return type(like)._make(content)
    if isinstance(like, deque):
        return deque(content, like.maxlen)
    return type(like)(content)
