"""Directives: the objects of a template that are not copied but carried out, each compiled by one function here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fakejobs.commands import Json
from fakejobs.dialect.overlays import Default, filled, overlaid, settled
from fakejobs.dialect.scope import Facts, Render, Scope, TemplateError, Where, listed, weighed
from fakejobs.structs import replace, struct

if TYPE_CHECKING:
    from fakejobs.dialect.templates import Language


@struct
class Directive:
    """How an object with a directive is compiled, what the directive takes, and which keys may stand beside it."""

    compile: Callable[[Language, dict[str, Json], Where], Render]
    takes: type = object
    beside: tuple[str, ...] = ()


def _use(language: Language, value: dict[str, Json], path: Where) -> Render:
    name = value["$use"]
    if name not in language.templates:
        there = f"there are {listed(language.templates)}"
        raise TemplateError((*path, "$use"), f"no template is called `{name}`; {there}")
    render, subject = language.templates[name], language.documents.get(name)
    language.used.update(language.uses.get(name, ()))
    if subject is None:
        return render
    if language.here is not None and subject not in language.here & language.roots.keys():
        raise TemplateError((*path, "$use"), f"`{name}` is the document of `{subject}`, which is not at hand here")

    def use(scope: Scope) -> Json:
        result = render(scope)
        facts: Facts = scope.roots[subject]
        for overlay in facts.overlays:
            result = overlaid(result, overlay)
        result = settled(result)
        facts.note(result)
        return result

    return use


def _each(language: Language, value: dict[str, Json], path: Where) -> Render:
    source = language.expression(value["$each"], (*path, "$each"))
    name = value.get("as", "job")
    if not isinstance(name, str) or ("$use" in value) == ("value" in value):
        raise TemplateError(path, "`$each` takes either `$use` or `value` beside it, and a text as `as`")
    inner = _within(language, name, of_jobs=value["$each"] == "jobs")
    if "$use" in value:
        render = inner.compile({"$use": value["$use"]}, path)
    else:
        render = inner.compile(value["value"], (*path, "value"))

    def fill(scope: Scope) -> Json:
        row = source(scope)
        return [render(scope.with_root(name, each)) for each in row] if isinstance(row, (list, tuple)) else []

    return fill


def _within(language: Language, name: str, *, of_jobs: bool) -> Language:
    """Return the language of what is rendered for each of a row, in which one more root has another meaning."""
    if language.here is None:
        return language
    roots = {root: known for root, known in language.roots.items() if root != name or of_jobs}
    return replace(language, here=language.here | {name}, roots=roots)


def _by(language: Language, value: dict[str, Json], path: Where) -> Render:
    choices: dict[str, Render] = {}
    for keys, held in value["$by"].items():
        render = language.compile(held, (*path, "$by", keys))
        for key in keys.split("|"):
            if language.states and key not in ("*", *language.states):
                there = f"there are {listed(language.states)}"
                raise TemplateError((*path, "$by", keys), f"`{key}` is no state and no phase; {there}")
            choices[key] = render
    by_state = {state: choices[phase] for state, phase in language.states.items() if phase in choices} | choices
    otherwise = choices.get("*")

    def choose(scope: Scope) -> Json:
        job = scope.roots.get("job")
        chosen = otherwise if job is None else by_state.get(job.get("state"), otherwise)
        return None if chosen is None else chosen(scope)

    return choose


def _when(language: Language, value: dict[str, Json], path: Where) -> Render:
    tests = [(language.expression(key, (*path, "$when")), want) for key, want in value["$when"].items()]
    then = language.compile(value.get("then"), (*path, "then"))
    otherwise = language.compile(value.get("else"), (*path, "else"))

    def choose(scope: Scope) -> Json:
        for find, want in tests:
            if weighed(find, scope) != want:
                return otherwise(scope)
        return then(scope)

    return choose


def _switch(language: Language, value: dict[str, Json], path: Where) -> Render:
    find = language.compile(value["$switch"], (*path, "$switch"))
    entries = value.get("cases")
    if not isinstance(entries, dict):
        raise TemplateError(path, "`$switch` takes `cases` beside it, an object")
    cases: dict[Json, Render] = {}
    for keys, held in entries.items():
        render = language.compile(held, (*path, "cases", keys))
        cases |= dict.fromkeys(keys.split("|"), render)
    otherwise = cases.get("*")

    def choose(scope: Scope) -> Json:
        found = weighed(find, scope)
        chosen = cases.get(found, otherwise) if isinstance(found, str) else otherwise
        return None if chosen is None else chosen(scope)

    return choose


def _let(language: Language, value: dict[str, Json], path: Where) -> Render:
    if "in" not in value:
        raise TemplateError(path, "`$let` takes `in` beside it")
    named = [(name, language.compile(held, (*path, "$let", name))) for name, held in value["$let"].items()]
    roots = {**language.roots, "let": frozenset(value["$let"])}
    here = None if language.here is None else language.here | {"let"}
    render = replace(language, here=here, roots=roots).compile(value["in"], (*path, "in"))
    return lambda scope: render(scope.with_root("let", {name: held(scope) for name, held in named}))


def _laid(language: Language, value: dict[str, Json], path: Where) -> Render:
    layers = [language.compile(held, (*path, "$laid", number)) for number, held in enumerate(value["$laid"])]

    def lay(scope: Scope) -> Json:
        result: Json = None
        for layer in layers:
            result = filled(result, layer(scope))
        return result

    return lay


def _first(language: Language, value: dict[str, Json], path: Where) -> Render:
    choices = [language.compile(held, (*path, "$first", number)) for number, held in enumerate(value["$first"])]

    def find(scope: Scope) -> Json:
        return next((held for held in (choice(scope) for choice in choices) if held is not None), None)

    return find


def _default(language: Language, value: dict[str, Json], path: Where) -> Render:
    render = language.compile(value["$default"], (*path, "$default"))

    def give_way(scope: Scope) -> Json:
        held = render(scope)
        return None if held is None else Default(held)  # so that a key with `?` sees that there is nothing

    return give_way


def _literal(_language: Language, value: dict[str, Json], _path: Where) -> Render:
    held = value["$literal"]
    return lambda _scope: held


DIRECTIVES = {
    "$each": Directive(compile=_each, takes=str, beside=("as", "$use", "value")),
    "$use": Directive(compile=_use, takes=str),
    "$by": Directive(compile=_by, takes=dict),
    "$when": Directive(compile=_when, takes=dict, beside=("then", "else")),
    "$switch": Directive(compile=_switch, beside=("cases",)),
    "$let": Directive(compile=_let, takes=dict, beside=("in",)),
    "$laid": Directive(compile=_laid, takes=list),
    "$first": Directive(compile=_first, takes=list),
    "$default": Directive(compile=_default),
    "$literal": Directive(compile=_literal),
}
"""The directives by their names; where an object has several, the first of them here is carried out."""
