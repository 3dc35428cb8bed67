"""A checked dialect file, compiled: entry by entry into the values of the model, each mistake located."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from fakejobs.clock import microseconds
from fakejobs.commands import Json
from fakejobs.dialect.credentials import KINDS
from fakejobs.dialect.facts import NAMES
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
from fakejobs.documents import Document, Schema, listed
from fakejobs.errors import DocumentError
from fakejobs.lifecycle import PHASES

T = TypeVar("T")
_ROOTS = frozenset(("job", "jobs", "item", "page", "ask", "me", "base", "now", "option", "error"))


def compiled(source: Document, schemas: Mapping[str, Schema]) -> Dialect:
    """Return the dialect that a checked document describes; raise `DocumentError` where its parts disagree."""
    entry = cast("Mapping[str, Any]", source.value)
    states = _states(source, entry["states"])
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
        errors={name: _reply(source, ("errors", name), each, language) for name, each in entry["errors"].items()},
        credentials=tuple(KINDS[each["kind"]](each) for each in entry["credentials"]),
        tenant_keys=_keys(tenants.get("keys", {})),
        app_keys=_keys(tenants.get("apps", {})),
        carries_scopes=frozenset(each["name"] for each in entry["credentials"] if each.get("scopes")),
        ids=IdShape(shape=entry["ids"]["shape"], length=entry["ids"].get("length", 36)),
        time=entry["time"],
        accept=entry.get("accept"),
        retention=microseconds(**entry["retention"]) if "retention" in entry else None,
        script=entry["script"],
        figures=figures,
        collections={
            name: Collection(name=name, document=each["document"])
            for name, each in entry.get("collections", {}).items()
        },
        options={name: Option(name=name, about=each["about"]) for name, each in entry.get("options", {}).items()},
        job_keys=entry.get("job", {}),
    )


def _located(source: Document, path: tuple[str | int, ...], make: Callable[[], T]) -> T:
    """Return what ``make`` makes; its complaint is located in the file."""
    try:
        return make()
    except TemplateError as error:
        raise DocumentError((source.problem((*path, *error.path), error.message),)) from error
    except ValueError as error:
        raise DocumentError((source.problem(path, str(error)),)) from error


def _states(source: Document, entries: Mapping[str, Any]) -> dict[str, State]:
    for name, entry in entries.items():
        for number, successor in enumerate(entry["next"]):
            if successor not in entries:
                message = f"`{successor}` is no state of this dialect; its states are {listed(entries)}"
                raise DocumentError((source.problem(("states", name, "next", number), message),))
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
        names=frozenset((*NAMES, *figures)),
        roots=_ROOTS,
        states=frozenset((*states, *PHASES)),
    )
    for name, template in entry["templates"].items():
        language.templates[name] = _located(
            source,
            ("templates", name),
            lambda template=template: language.compile(template),  # type: ignore[misc]
        )
    return language


def _document(name: str, entry: Mapping[str, Any], language: Language, schema: Schema) -> DocumentKind:
    return DocumentKind(
        name=name,
        of=entry["of"],
        render=language.compile({"$use": name}),
        schema=schema,
        word_at=entry.get("word"),
    )


def _reply(
    source: Document, path: tuple[str | int, ...], entry: Mapping[str, Any], language: Language
) -> ReplyTemplate:
    def part(name: str) -> Render | None:
        if name not in entry:
            return None
        return _located(source, (*path, name), lambda: language.compile(entry[name]))

    status = entry.get("status", 200)
    headers = tuple(
        (name, _located(source, (*path, "headers", name), lambda value=value: language.compile(value)))  # type: ignore[misc]
        for name, value in entry.get("headers", {}).items()
    )
    return ReplyTemplate(status=lambda _scope: status, headers=headers, body=part("body"), text=part("text"))


def _route(source: Document, number: int, entry: Mapping[str, Any], language: Language) -> Route:
    path = ("routes", number)
    page = entry.get("page")
    return Route(
        operation=entry["operation"],
        do=entry["do"],
        patterns=tuple(
            _located(source, (*path, "at", place), lambda text=text: pattern(text))  # type: ignore[misc]
            for place, text in enumerate(entry["at"])
        ),
        reply=_reply(source, (*path, "reply"), entry["reply"], language),
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


def _keys(entries: Mapping[str, Any]) -> dict[str, KeySpec]:
    return {
        name: KeySpec(name=name, default=entry["default"], pattern=entry.get("pattern"), about=entry.get("about", ""))
        for name, entry in entries.items()
    }
