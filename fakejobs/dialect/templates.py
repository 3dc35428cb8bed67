"""Templates: JSON with holes, compiled once into functions from a scope to a value.

``"${job.id}"`` keeps the type of what it names; inside a longer text it is written out, a text as it is, null as
nothing, the rest as JSON. A filter follows a bar: ``"${job.created|rfc3339-ms}"``. A key that ends in ``?`` is left
out while its value is null; one that ends in ``?name`` likewise, unless the option of that name is on. An object with
one of these keys is a directive:

``{"$use": "name"}``                                  another template; over a document the scenario's bodies are laid
``{"$each": "jobs", "as": "job", "$use": …}``         a list, one value for each; ``value`` instead of ``$use``
``{"$by": {"succeeded": …, "a|b": …, "*": …}}``       chosen by the job's state, else by its phase
``{"$when": {"me.credential": …}, "then": …, "else": …}``
``{"$default": …}``                                   gives way as a whole to what a body says in its place
``{"$literal": …}``                                   taken as it stands
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from fakejobs.commands import Json
from fakejobs.dialect.filters import KNOWN, filter_of
from fakejobs.dialect.overlays import Default, overlaid, settled
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
    """What the templates of one dialect may mention.

    ``time`` is the format of the filter of that name; ``documents`` says for each template that is a document what it
    is of; ``roots`` says which names the roots have, where that is known, and ``here`` which roots there are at the
    place of the template, where not all are; ``states`` names states and phases.
    """

    time: str
    documents: Mapping[str, str] = field(default_factory=dict)
    templates: dict[str, Render] = field(default_factory=dict)
    roots: Mapping[str, frozenset[str]] = field(default_factory=dict)
    here: frozenset[str] | None = None
    states: frozenset[str] | None = None

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
                return self._directive(directive, value, path)
            return self._object(value, path)
        return lambda _scope: value

    def _directive(self, name: str, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        directive = _DIRECTIVES[name]
        for key in value:
            if key != name and key not in directive.beside:
                raise TemplateError((*path, key), f"`{key}` does not go with `{name}`; it would be ignored")
        if not isinstance(value[name], directive.takes):
            what = "a text" if directive.takes is str else "an object"
            raise TemplateError((*path, name), f"`{name}` takes {what}")
        return directive.compile(self, value, path)

    def _object(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        held_by: list[tuple[str, Render, bool, str]] = []
        for key, held in value.items():
            name, optional, option = key.partition("?")
            if option:
                self._complain_of_name(("option", option), (*path, key))
            held_by.append((name, self.compile(held, (*path, key)), bool(optional), option))

        def fill(scope: Scope) -> Json:
            filled = {}
            for name, render, is_optional, option in held_by:
                result = render(scope)
                if result is not None or not is_optional or (option and scope.lookup(("option", option))):
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
            return "".join(part if render is None else written(render(scope)) for part, render in pairs)

        return write

    def expression(self, text: str, path: tuple[str | int, ...] = ()) -> Render:
        """Return the function that finds what ``a.b|filter:3`` names."""
        dotted, *filters = text.split("|")
        names = tuple(dotted.strip().split("."))
        self._complain_of_name(names, path)
        try:
            functions = [filter_of(each, self.time) for each in filters]
        except LookupError as error:
            raise TemplateError(path, f"`{error.args[0]}` is not a filter; filters are {_listed(KNOWN)}") from error

        find = _finder(names)
        if not functions:
            return find

        def find_and_filter(scope: Scope) -> Json:
            value = find(scope)
            for function in functions:
                value = function(value)
            return value

        return find_and_filter

    def _complain_of_name(self, names: tuple[str, ...], path: tuple[str | int, ...]) -> None:
        root = names[0]
        if self.here is not None and root not in self.here:
            raise TemplateError(path, f"`{root}` is not known here; known are {_listed(self.here)}")
        known = self.roots.get(root)
        if known is not None and (len(names) < 2 or names[1] not in known):
            raise TemplateError(path, f"`{'.'.join(names)}` is not known; `{root}` has {_listed(known) or 'no names'}")

    def _use(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        name = value["$use"]
        if name not in self.templates:
            raise TemplateError((*path, "$use"), f"no template is called `{name}`; there are {_listed(self.templates)}")
        templates, subject = self.templates, self.documents.get(name)
        if subject is not None and self.here is not None and subject not in self.here & self.roots.keys():
            raise TemplateError((*path, "$use"), f"`{name}` is the document of `{subject}`, which is not at hand here")

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
        if not isinstance(name, str) or ("$use" in value) == ("value" in value):
            raise TemplateError(path, "`$each` takes either `$use` or `value` beside it, and a text as `as`")
        inner = self._within(name, of_jobs=value["$each"] == "jobs")
        if "$use" in value:
            render = inner.compile({"$use": value["$use"]}, path)
        else:
            render = inner.compile(value["value"], (*path, "value"))

        def fill(scope: Scope) -> Json:
            row = source(scope)
            return [render(scope.with_root(name, each)) for each in row] if isinstance(row, (list, tuple)) else []

        return fill

    def _within(self, name: str, *, of_jobs: bool) -> Language:
        """Return the language of what is rendered for each of a row, in which one more root has another meaning."""
        if self.here is None:
            return self
        roots = {root: known for root, known in self.roots.items() if root != name or of_jobs}
        return replace(self, here=self.here | {name}, roots=roots)

    def _by(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        choices: dict[str, Render] = {}
        for keys, held in value["$by"].items():
            render = self.compile(held, (*path, "$by", keys))
            for key in keys.split("|"):
                if self.states is not None and key not in ("*", *self.states):
                    there = f"there are {_listed(self.states)}"
                    raise TemplateError((*path, "$by", keys), f"`{key}` is no state and no phase; {there}")
                choices[key] = render

        otherwise = choices.get("*", lambda _scope: None)
        find_state, find_phase = _finder(("job", "state")), _finder(("job", "phase"))

        def choose(scope: Scope) -> Json:
            chosen = choices.get(find_state(scope)) or choices.get(find_phase(scope)) or otherwise
            return chosen(scope)

        return choose

    def _when(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        tests = [(self.expression(key, (*path, "$when")), want) for key, want in value["$when"].items()]
        then = self.compile(value.get("then"), (*path, "then"))
        otherwise = self.compile(value.get("else"), (*path, "else"))
        return lambda scope: (then if all(find(scope) == want for find, want in tests) else otherwise)(scope)

    def _default(self, value: dict[str, Json], path: tuple[str | int, ...]) -> Render:
        render = self.compile(value["$default"], (*path, "$default"))

        def give_way(scope: Scope) -> Json:
            value = render(scope)
            return None if value is None else Default(value)  # so that a key with `?` sees that there is nothing

        return give_way


def _finder(names: tuple[str, ...]) -> Render:
    """Return what finds a dotted name; most are a root's name, and found without a loop."""
    if len(names) != 2:
        return lambda scope: scope.lookup(names)
    root, name = names

    def find(scope: Scope) -> Json:
        get = getattr(scope.roots.get(root), "get", None)
        return None if get is None else get(name)

    return find


def _literal(_language: Language, value: dict[str, Json], _path: tuple[str | int, ...]) -> Render:
    held = value["$literal"]
    return lambda _scope: held


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directive:
    """How an object with a directive is compiled, what the directive takes, and which keys may stand beside it."""

    compile: Callable[[Language, dict[str, Json], tuple[str | int, ...]], Render]
    takes: type = object
    beside: tuple[str, ...] = ()


_DIRECTIVES = {
    "$each": _Directive(compile=Language._each, takes=str, beside=("as", "$use", "value")),
    "$use": _Directive(compile=Language._use, takes=str),
    "$by": _Directive(compile=Language._by, takes=dict),
    "$when": _Directive(compile=Language._when, takes=dict, beside=("then", "else")),
    "$default": _Directive(compile=Language._default),
    "$literal": _Directive(compile=_literal),
}


def written(value: Json) -> str:
    """Return a value as it stands inside a text: a text as it is, null as nothing, the rest as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))
