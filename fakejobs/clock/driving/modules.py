"""The modules that a drive names: found by their names, and asked what they have to do with time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from fakejobs.clock.driving.crowd import OUTSIDERS
from fakejobs.clock.driving.places import is_a, names_of
from fakejobs.errors import ClockError

LOOPS = frozenset(("asyncio", "anyio"))
"""Packages whose waiting is an event loop's."""

CLOCKS = frozenset(("time", "threading", "queue", "sched", "concurrent")) | LOOPS
"""Packages that clients wait with, or read the time from."""


def modules_named(names: tuple[str | ModuleType, ...]) -> dict[str, list[ModuleType]]:
    """The modules of each name, which with a package are all that is in it and loaded; imported if need be.

    ClockError for a name that no module has, and for modules that a drive cannot be of.
    """
    found: dict[str, list[ModuleType]] = {}
    for given in names:
        module = given if isinstance(given, ModuleType) else _imported(given)
        name = module.__name__
        root = name.partition(".")[0]
        if root in CLOCKS or name == "datetime":
            raise ClockError(
                f"`{name}` is what others wait with: name the modules that use it, or none, for this thread"
            )
        if root in OUTSIDERS:
            raise ClockError(f"`{name}` looks after the test or waits for the real world, and stays on real time")
        within = [sys.modules[each] for each in list(sys.modules) if each.startswith(f"{name}.")]
        found[name] = [module, *(each for each in within if is_a(each, ModuleType))]
    return found


def clocks_of(name: str, modules: list[ModuleType], *, is_with_dates: bool) -> set[str]:
    """The packages that the modules of a name wait with, or read the time from; ClockError if there are none."""
    used = set[str]().union(*map(_clocks_used, modules))
    clocks = used if is_with_dates else used - {"datetime"}
    if not clocks:
        hint = "; it reads `datetime.now`: add datetime=True" if used else ""
        raise ClockError(f"`{name}` has nothing to drive: it uses none of {', '.join(sorted(CLOCKS))}{hint}")
    return clocks


def _imported(name: object) -> ModuleType:
    """The module of a name."""
    if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
        raise ClockError(f'found drive({name!r}); give names of modules, say "mypkg.client", or modules')
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # of something that the module itself imports
    parent, _, last = name.rpartition(".")
    if hasattr(sys.modules.get(parent), last):
        raise ClockError(f'`{name}` is no module, but a name in one: drive("{parent}")')
    near = get_close_matches(name, sys.modules, 1)
    raise ClockError(f"there is no module `{name}`" + (f"; did you mean `{near[0]}`?" if near else ""))


def _clocks_used(module: ModuleType) -> set[str]:
    """The packages among ``CLOCKS``, and ``datetime``, that a module imports, or takes something from."""
    wanted = CLOCKS | {"datetime"}
    used: set[str] = set()
    for value in list(names_of(module).values()):
        if is_a(value, ModuleType):
            used.add(value.__name__.partition(".")[0])
        elif is_a(value, FunctionType) or is_a(value, BuiltinFunctionType) or is_a(value, type):
            used.add(str(value.__module__).partition(".")[0])
            for code in _codes_in(value, module.__name__):
                used.update(wanted.intersection(code.co_names))  # what a function imports for itself is among them
    return used & wanted


def _codes_in(value: Any, module: str) -> Iterator[CodeType]:
    """The code of a function of a module, or of a class's methods, and of what is defined within."""
    if value.__module__ != module:
        return
    functions = list(vars(value).values()) if is_a(value, type) else [value]
    codes = [each.__code__ for each in functions if is_a(each, FunctionType)]
    while codes:
        code = codes.pop()
        yield code
        codes += [each for each in code.co_consts if isinstance(each, CodeType)]
