"""What templates are made of: names with values, the scope in which holes are filled, and their mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from fakejobs.commands import Ask, Json, Principal
from fakejobs.errors import FakeJobsError

Render = Callable[["Scope"], Json]
"""A template, compiled: from a scope to a value."""

Where = tuple[str | int, ...]
"""Where in a template something stands."""


ANY_BASE = "http://base.of.a.kept.reply.invalid"
"""What stands for the base of whoever asks, in a reply that is to serve more than one."""

DEPENDS = "depends on the base"
"""What is noted where the base is not just written down."""


class Names(Protocol):
    """Whatever has values by name."""

    def get(self, name: str, /) -> Json:
        """Return the value of a name, or None."""


class Facts(Names, Protocol):
    """The names of something that scenarios may lay bodies over."""

    @property
    def overlays(self) -> tuple[Json, ...]:
        """What is laid over the rendered document, in this order."""

    def note(self, document: Json, /) -> None:
        """Take note of the document that was made."""


class TemplateError(FakeJobsError):
    """A template says something that the engine cannot read; ``path`` is where in the template."""

    def __init__(self, path: Where, message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message


class Scope(NamedTuple):
    """What the holes of a template may name: ``job``, ``ask``, ``me``, ``page``, ``error``, ``base``, ``option`` …

    ``met`` takes note of the base, if it was asked for, and of what depends on it.
    """

    roots: Mapping[str, Json]
    met: set[str] | None = None

    def lookup(self, path: tuple[str, ...]) -> Json:
        """Return what a dotted path names, or None where something on the way is not there."""
        value = self.roots.get(path[0])
        for part in path[1:]:
            find = getattr(value, "get", None)
            if find is None:
                return None
            value = find(part)
        return value

    def with_root(self, name: str, value: Json) -> Scope:
        """Return a scope with one more name."""
        return Scope({**self.roots, name: value}, self.met)


def common_roots(ask: Ask, principal: Principal | None, options: Mapping[str, bool]) -> dict[str, Json]:
    """Return what every reply may name: where and when it was asked, by whom, and which options are on."""
    me = (
        {}
        if principal is None
        else {"credential": principal.credential, "tenant": principal.tenant, "app": principal.app}
    )
    return {"base": ask.base, "now": ask.at, "option": options, "me": me}


def value_at(value: Json, place: str) -> Json:
    """Return what stands at a dotted place in a value, None where something on the way is not there."""
    for part in place.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _noted(scope: Scope, names: tuple[str, ...]) -> Json:
    """Return what is found, and take note that it was asked for."""
    if scope.met is not None:
        scope.met.add(names[0])
    return scope.lookup(names)


def weighed(render: Render, scope: Scope) -> Json:
    """Return a value that decides what is said: it is noted if that hangs on the base."""
    value = render(scope)
    if scope.met and isinstance(value, str) and ANY_BASE in value:
        scope.met.add(DEPENDS)
    return value


def finder(names: tuple[str, ...]) -> Render:
    """Return what finds a dotted name; most are a root's name, and found without a loop."""
    if names[0] == "base":
        return lambda scope: _noted(scope, names)
    if len(names) != 2:
        return lambda scope: scope.lookup(names)
    root, name = names

    def find(scope: Scope) -> Json:
        get = getattr(scope.roots.get(root), "get", None)
        return None if get is None else get(name)

    return find


def listed(words: Iterable[str]) -> str:
    """Return words as messages list them: in order, each in backquotes."""
    return ", ".join(f"`{word}`" for word in sorted(words))
