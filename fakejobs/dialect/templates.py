"""Templates: JSON with holes, compiled once into functions from a scope to a value.

``"${job.id}"`` keeps the type of what it names; inside a longer text it is written out. A filter follows a bar:
``"${job.created|rfc3339-ms}"``. A key that ends in ``?`` is left out while its value is null; one that ends in
``?name`` likewise, unless the option of that name is on. An object with one of these keys is a directive:

``{"$use": "name"}``                                  another template; over a document the scenario's bodies are laid
``{"$each": "page.items", "as": "item", "$use": …}``  a list, one value for each
``{"$by": {"succeeded": …, "a|b": …, "*": …}}``       chosen by the job's state, else by its phase
``{"$when": {"me.credential": …}, "then": …, "else": …}``
``{"$default": …}``                                   gives way as a whole to what a body says in its place
``{"$literal": …}``                                   taken as it stands
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fakejobs.commands import Json
from fakejobs.dialect.formats import MADE_UP, TIMES
from fakejobs.dialect.overlays import ABSENT, Default, overlaid, settled
from fakejobs.errors import FakeJobsError

Render = Callable[["Scope"], Json]
_HOLE = re.compile(r"\$\{([^}]*)\}")


class Names(Protocol):
    """Whatever has values by name."""

    def get(self, name: str, /) -> Json:
        """Return the value of a name, or None."""


class Facts(Names, Protocol):
    """The names of something that scenarios may lay bodies over."""

    @property
    def overlays(self) -> tuple[Json, ...]:
        """What is laid over the rendered document, in this order."""


class TemplateError(FakeJobsError):
    """A template says something that the engine cannot read; ``path`` is where in the template."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Scope:
    """What the holes of a template may name: ``job``, ``ask``, ``me``, ``page``, ``error``, ``base``, ``option`` …"""

    roots: Mapping[str, Json]

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
        return Scope({**self.roots, name: value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What the templates of one dialect may mention."""

    time: str
    documents: Mapping[str, str] = field(default_factory=dict)
    templates: dict[str, Render] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()

    def compile(self, value: Json, path: tuple[str | int, ...] = ()) -> Render:
        """Return the function that fills this template; raise `TemplateError` where it cannot be read."""
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, list):
            parts = [self.compile(part, (*path, number)) for number, part in enumerate(value)]
            return lambda scope: [part(scope) for part in parts]
        if isinstance(value, dict):
            directive = next((key for key in _DIRECTIVES if key in value), None)
            if directive is not None:
                return _DIRECTIVES[directive](self, value, path)
            return self._object(value, path)
        return lambda _scope: value

    def _object(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        always: list[tuple[str, Render]] = []
        options: dict[str, str | None] = {}
        for key, held in value.items():
            name, optional, option = key.partition("?")
            always.append((name, self.compile(held, (*path, key))))
            if optional:
                options[name] = option or None

        def fill(scope: Scope) -> Json:
            filled = {}
            for name, render in always:
                result = render(scope)
                if result is None and name in options:
                    option = options[name]
                    if option is None or not scope.lookup(("option", option)):
                        continue
                filled[name] = result
            return filled

        return fill

    def _text(self, text: str, path: tuple[str | int, ...]) -> Render:
        holes = _HOLE.findall(text)
        if not holes:
            return lambda _scope: text
        if text == f"${{{holes[0]}}}":
            return self.expression(holes[0], path)
        parts = _HOLE.split(text)
        renders = [self.expression(part, path) if number % 2 else None for number, part in enumerate(parts)]
        pairs = list(zip(parts, renders, strict=True))

        def write(scope: Scope) -> str:
            return "".join(part if render is None else _written(render(scope)) for part, render in pairs)

        return write

    def expression(self, text: str, path: tuple[str | int, ...] = ()) -> Render:
        """Return the function that finds what ``a.b|filter:3`` names."""
        dotted, *filters = text.split("|")
        names = tuple(dotted.strip().split("."))
        if self.roots and names[0] not in self.roots:
            raise TemplateError(path, f"`{names[0]}` is not known here; known are {_listed(self.roots)}")
        if self.names and names[0] == "job" and (len(names) < 2 or names[1] not in self.names):
            raise TemplateError(path, f"`{dotted.strip()}` is not known; a job has {_listed(self.names)}")
        functions = [self._filter(each, path) for each in filters]

        def find(scope: Scope) -> Json:
            value = scope.lookup(names)
            for function in functions:
                value = function(value)
            return value

        return find

    def _filter(self, text: str, path: tuple[str | int, ...]) -> Callable[[Json], Json]:
        name, _, argument = text.partition(":")
        if name == "time":
            name = self.time
        if name == "or":
            return lambda value: argument if value is None else value
        if name in TIMES:
            write = TIMES[name]
            return lambda value: None if value is None else write(value)
        if name in MADE_UP and (argument.isdigit() or not argument):
            make = MADE_UP[name]
            length = int(argument or 24)
            return lambda value: None if value is None else make(str(value), length)
        known = ["time", "or:TEXT", *TIMES, *(f"{each}:LENGTH" for each in MADE_UP)]
        raise TemplateError(path, f"`{text}` is not a filter; filters are {_listed(known)}")

    def _use(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        name = value["$use"]
        if name not in self.templates:
            raise TemplateError((*path, "$use"), f"no template is called `{name}`; there are {_listed(self.templates)}")
        templates, subject = self.templates, self.documents.get(name)

        def use(scope: Scope) -> Json:
            result = templates[name](scope)
            if subject is None:
                return result
            facts: Facts = scope.roots[subject]
            for overlay in facts.overlays:
                result = overlaid(result, overlay)
            return settled(result)

        return use

    def _each(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        source = self.expression(value["$each"], (*path, "$each"))
        name = value.get("as", "job")
        render = self._use(value, path) if "$use" in value else self.compile(value.get("value"), (*path, "value"))
        return lambda scope: [render(scope.with_root(name, each)) for each in source(scope) or ()]

    def _by(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        choices: dict[str, Render] = {}
        for keys, held in value["$by"].items():
            render = self.compile(held, (*path, "$by", keys))
            for key in keys.split("|"):
                if self.states and key != "*" and key not in self.states:
                    raise TemplateError((*path, "$by", keys), f"`{key}` is no state and no phase")
                choices[key] = render

        def choose(scope: Scope) -> Json:
            for key in (scope.lookup(("job", "state")), scope.lookup(("job", "phase")), "*"):
                if key in choices:
                    return choices[key](scope)
            return None

        return choose

    def _when(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        tests = [(self.expression(key, (*path, "$when")), want) for key, want in value["$when"].items()]
        then = self.compile(value.get("then"), (*path, "then"))
        otherwise = self.compile(value.get("else"), (*path, "else"))
        return lambda scope: (then if all(find(scope) == want for find, want in tests) else otherwise)(scope)

    def _default(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        render = self.compile(value["$default"], (*path, "$default"))
        return lambda scope: Default(render(scope))


def _literal(_language: Language, value: dict[str, Json], _path: tuple[str | int, ...]) -> Render:
    held = value["$literal"]
    return lambda _scope: held


_DIRECTIVES: dict[str, Callable[[Language, dict[str, Json], tuple[str | int, ...]], Render]] = {
    "$each": Language._each,
    "$use": Language._use,
    "$by": Language._by,
    "$when": Language._when,
    "$default": Language._default,
    "$literal": _literal,
}


def _written(value: Json) -> str:
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _listed(words: object) -> str:
    assert isinstance(words, (list, frozenset, dict))
    return ", ".join(f"`{word}`" for word in sorted(words))
