"""A checked dialect file, compiled: entry by entry into the values of the model, each mistake located."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from fakejobs.clock import microseconds
from fakejobs.commands import Json
from fakejobs.dialect.agreement import disagreements
from fakejobs.dialect.credentials import KINDS
from fakejobs.dialect.facts import ITEM_NAMES, NAMES
from fakejobs.dialect.model import (
    Collection,
    Dialect,
    DocumentKind,
    Figure,
    IdShape,
    KeySpec,
    Option,
    Paging,
    ReplyTemplate,
    Route,
    State,
)
from fakejobs.dialect.queries import Parameter
from fakejobs.dialect.routing import pattern
from fakejobs.dialect.templates import Language, Render, TemplateError
from fakejobs.documents import Document, Path, Schema
from fakejobs.errors import DocumentError
from fakejobs.lifecycle import PHASES

_ALWAYS = frozenset(("base", "now"))
_ANSWERED = _ALWAYS | {"option", "me", "ask"}
_PLACES = {
    "look": _ANSWERED | {"job"},
    "create": _ANSWERED | {"job"},
    "collect": _ANSWERED | {"job", "page"},
    "list": _ANSWERED | {"jobs"},
}
"""Which roots the reply of a route may name, by what the route does."""
_IN_ERRORS = _ALWAYS | {"error"}
_IN_KEYS = frozenset(("tenant", "app", "seed"))
_ANYWHERE = frozenset((*_ANSWERED, *_IN_ERRORS, "job", "jobs", "item", "page"))


def compiled(source: Document, schemas: Mapping[str, Schema]) -> Dialect:
    """Return the dialect that a document describes which its schema accepts; ``schemas`` is by document.

    Raises `DocumentError` with all that its parts disagree on, else with the first template that cannot be read.
    """
    problems = disagreements(source)
    if problems:
        raise DocumentError(problems)
    entry = cast("Mapping[str, Any]", source.value)
    states = _states(entry["states"])
    figures = {name: _figure(name, each) for name, each in entry.get("figures", {}).items()}
    language = _language(source, entry, states, figures)
    kinds = {name: _document(name, each, language, schemas[name]) for name, each in entry["documents"].items()}
    tenants = entry.get("tenants", {})
    return Dialect(
        name=entry["dialect"],
        title=entry["title"],
        docs=entry["docs"],
        source=source,
        states=states,
        documents=kinds,
        routes=tuple(_route(source, number, each, language) for number, each in enumerate(entry["routes"])),
        errors=_errors(source, entry["errors"], replace(language, here=_IN_ERRORS)),
        credentials=tuple(KINDS[each["kind"]](each) for each in entry["credentials"]),
        tenant_keys=_keys(source, ("tenants", "keys"), tenants.get("keys", {}), language),
        app_keys=_keys(source, ("tenants", "apps"), tenants.get("apps", {}), language),
        carries_scopes=frozenset(each["name"] for each in entry["credentials"] if each.get("scopes")),
        ids=IdShape(shape=entry["ids"]["shape"], length=entry["ids"].get("length", 36)),
        time=entry["time"],
        accept=entry.get("accept"),
        retention=microseconds(**entry["retention"]) if "retention" in entry else None,
        script=entry["script"],
        figures=figures,
        collections={name: Collection(name=name, **each) for name, each in entry.get("collections", {}).items()},
        options={name: Option(name=name, **each) for name, each in entry.get("options", {}).items()},
        job_keys=entry.get("job", {}),
    )


def _located(source: Document, path: Path, template: Json, language: Language) -> Render:
    """Return the function that a template is compiled into; what is wrong with it is located in the file."""
    try:
        return language.compile(template)
    except TemplateError as error:
        raise DocumentError((source.problem((*path, *error.path), error.message),)) from error


def _states(entries: Mapping[str, Any]) -> dict[str, State]:
    return {
        name: State(
            name=name,
            phase=entry["phase"],
            word=entry.get("word", name),
            next=tuple(entry["next"]),
            has=tuple(entry.get("has", ())),
        )
        for name, entry in entries.items()
    }


def _figure(name: str, entry: Mapping[str, Any]) -> Figure:
    return Figure(name=name, given=entry["given"], items=entry.get("items"))


def _language(
    source: Document, entry: Mapping[str, Any], states: Mapping[str, State], figures: Mapping[str, Figure]
) -> Language:
    language = Language(
        time=entry["time"],
        documents={name: each["of"] for name, each in entry["documents"].items()},
        roots={
            "job": frozenset((*NAMES, *figures)),
            "item": ITEM_NAMES,
            "page": frozenset(("items", "count", "next", "previous")),
            "ask": frozenset(("path", "query", "body")),
            "me": frozenset(("credential", "tenant", "app")),
            "option": frozenset(entry.get("options", {})),
            "error": frozenset(("description", "field", "allowed")),
        },
        here=_ANYWHERE,
        states={phase: phase for phase in PHASES} | {name: state.phase for name, state in states.items()},
    )
    for name, template in entry["templates"].items():
        language.templates[name] = _located(source, ("templates", name), template, language)
    return language


def _document(name: str, entry: Mapping[str, Any], language: Language, schema: Schema) -> DocumentKind:
    return DocumentKind(
        name=name,
        of=entry["of"],
        render=language.compile({"$use": name}),
        schema=schema,
        word_at=entry.get("word"),
    )


def _reply(source: Document, path: Path, entry: Mapping[str, Any], language: Language) -> ReplyTemplate:
    def part(name: str) -> Render | None:
        return _located(source, (*path, name), entry[name], language) if name in entry else None

    headers = tuple(
        (name, _located(source, (*path, "headers", name), value, language))
        for name, value in entry.get("headers", {}).items()
    )
    return ReplyTemplate(status=entry.get("status", 200), headers=headers, body=part("body"), text=part("text"))


def _route(source: Document, number: int, entry: Mapping[str, Any], language: Language) -> Route:
    path: Path = ("routes", number)
    page = entry.get("page")
    return Route(
        operation=entry["operation"],
        do=entry["do"],
        patterns=tuple(pattern(text) for text in entry["at"]),
        reply=_reply(source, (*path, "reply"), entry["reply"], replace(language, here=_PLACES[entry["do"]])),
        public=entry.get("public", False),
        scopes=_alternatives(entry.get("scopes", [])),
        counts=entry.get("counts", True),
        needs=tuple(entry.get("needs", ())),
        body=entry.get("body", "ignored"),
        query=tuple(_parameter(name, each) for name, each in entry.get("query", {}).items()),
        paging=None
        if page is None
        else Paging(limit=page["limit"], cursor=page["cursor"], bound=tuple(page.get("bound", ()))),
        collection=entry.get("collection", ""),
        facts=entry.get("facts", {}),
    )


def _errors(source: Document, entries: Mapping[str, Any], language: Language) -> dict[str, ReplyTemplate]:
    return {name: _reply(source, ("errors", name), entry, language) for name, entry in entries.items()}


def _alternatives(scopes: Json) -> tuple[frozenset[str], ...]:
    """Return which sets of scopes suffice: any one that a list names, or all of them together."""
    if isinstance(scopes, dict):
        return (frozenset(scopes["all"]),)
    return tuple(frozenset((each,)) for each in scopes)


def _parameter(name: str, entry: Mapping[str, Any]) -> Parameter:
    matches: Mapping[str, Json] | None = entry.get("matches")
    return Parameter(
        name=name,
        kind=entry["kind"],
        default=entry.get("default"),
        least=entry.get("least"),
        most=entry.get("most"),
        values=tuple(matches or ()),
        required=entry.get("required", False),
        matches=matches,
    )


def _keys(source: Document, path: Path, entries: Mapping[str, Any], language: Language) -> dict[str, KeySpec]:
    for name, entry in entries.items():
        _located(source, (*path, name, "default"), entry["default"], replace(language, here=_IN_KEYS))
    return {
        name: KeySpec(name=name, default=entry["default"], pattern=entry.get("pattern"), about=entry.get("about", ""))
        for name, entry in entries.items()
    }
