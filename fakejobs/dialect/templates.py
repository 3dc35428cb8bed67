"""Templates: JSON with holes, compiled once into functions from a scope to a value.

``"${job.id}"`` keeps the type of what it names; inside a longer text it is written out, a text as it is, null as
nothing, the rest as JSON. A filter follows a bar: ``"${job.created|rfc3339-ms}"``. A key that ends in ``?`` is left
out while its value is null; one that ends in ``?name`` likewise, unless the option of that name is on. An object with
one of these keys is a directive:

``{"$use": "name"}``                                  another template; over a document the scenario's bodies are laid
``{"$each": "jobs", "as": "job", "$use": …}``         a list, one value for each; ``value`` instead of ``$use``
``{"$by": {"succeeded": …, "a|b": …, "*": …}}``       chosen by the job's state, else by its phase
``{"$when": {"me.credential": …}, "then": …, "else": …}``
``{"$switch": "${job.facts.type}", "cases": {"a|b": …, "*": …}}``   chosen by a text
``{"$let": {"spec": …}, "in": "${let.spec.path}"}``   names for what is made once and used often
``{"$laid": [one, other]}``                           the other laid over the one; a null in it says nothing
``{"$first": [one, other]}``                          the first that is not null
``{"$default": …}``                                   gives way as a whole to what a body says in its place
``{"$literal": …}``                                   taken as it stands
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import field

from fakejobs.commands import Json
from fakejobs.dialect.directives import DIRECTIVES
from fakejobs.dialect.filters import KNOWN, Filter, filter_of
from fakejobs.dialect.scope import Render, Scope, TemplateError, Where, finder, listed, weighed
from fakejobs.structs import struct

__all__ = ["Language", "Render", "Scope", "TemplateError", "written"]

_HOLE = re.compile(r"\$\{([^}]*)\}")


@struct
class Language:
    """What the templates of one dialect may mention.

    ``time`` is the format of the filter of that name; ``documents`` says for each template that is a document what it
    is of; ``roots`` says which names the roots have, where that is known, and ``here`` which roots there are at the
    place of the template, where not all are; ``states`` says for each state and phase which phase it is. ``used``
    gathers the names that are found in templates, as ``job.created`` or ``base``; ``uses`` holds those of each by name.
    """

    time: str
    documents: Mapping[str, str] = field(default_factory=dict)
    templates: dict[str, Render] = field(default_factory=dict)
    roots: Mapping[str, frozenset[str]] = field(default_factory=dict)
    here: frozenset[str] | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    uses: dict[str, frozenset[str]] = field(default_factory=dict)

    def compile(self, value: Json, path: Where = ()) -> Render:
        """Return the function that fills this template; raise `TemplateError` where it cannot be read."""
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, list):
            parts = [self.compile(part, (*path, number)) for number, part in enumerate(value)]
            return lambda scope: [part(scope) for part in parts]
        if isinstance(value, dict):
            directive = next((key for key in DIRECTIVES if key in value), None)
            if directive is not None:
                return self._directive(directive, value, path)
            return self._object(value, path)
        return lambda _scope: value

    def _directive(self, name: str, value: dict[str, Json], path: Where) -> Render:
        directive = DIRECTIVES[name]
        for key in value:
            if key != name and key not in directive.beside:
                raise TemplateError((*path, key), f"`{key}` does not go with `{name}`; it would be ignored")
        if not isinstance(value[name], directive.takes):
            kinds: dict[type, str] = {str: "a text", dict: "an object"}
            what = kinds.get(directive.takes, "a list")
            raise TemplateError((*path, name), f"`{name}` takes {what}")
        return directive.compile(self, value, path)

    def _object(self, value: dict[str, Json], path: Where) -> Render:
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

    def _text(self, text: str, path: Where) -> Render:
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

    def expression(self, text: str, path: Where = ()) -> Render:
        """Return the function that finds what ``a.b|filter:3`` names."""
        dotted, *filters = text.split("|")
        names = tuple(dotted.strip().split("."))
        self._complain_of_name(names, path)
        self.used.add(".".join(names[:2]))
        try:
            functions = [filter_of(each, self.time) for each in filters]
        except LookupError as error:
            raise TemplateError(path, f"`{error.args[0]}` is not a filter; filters are {listed(KNOWN)}") from error

        render = finder(names)
        for function in functions:
            render = _filtered(render, function)
        return render

    def _complain_of_name(self, names: tuple[str, ...], path: Where) -> None:
        root = names[0]
        if self.here is not None and root not in self.here:
            raise TemplateError(path, f"`{root}` is not known here; known are {listed(self.here)}")
        known = self.roots.get(root)
        if known is not None and (len(names) < 2 or names[1] not in known):
            raise TemplateError(path, f"`{'.'.join(names)}` is not known; `{root}` has {listed(known) or 'no names'}")


def _filtered(render: Render, function: Filter) -> Render:
    return lambda scope: function(weighed(render, scope))


def written(value: Json) -> str:
    """Return a value as it stands inside a text: a text as it is, null as nothing, the rest as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
