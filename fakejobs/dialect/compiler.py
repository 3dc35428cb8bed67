"""A checked dialect file, compiled: entry by entry into the values of the model, each mistake located."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from fakejobs.clock import microseconds
from fakejobs.commands import Json
from fakejobs.dialect.agreement import disagreements
from fakejobs.dialect.credentials import KINDS
from fakejobs.dialect.facts import GROUP_NAMES, ITEM_NAMES, NAMES, STEADY
from fakejobs.dialect.files import Uploads
from fakejobs.dialect.model import (
    Callbacks,
    Collection,
    Dialect,
    DocumentKind,
    Figure,
    Groups,
    IdShape,
    KeySpec,
    Option,
    ReplyTemplate,
    Route,
    State,
)
from fakejobs.dialect.routes import ALWAYS, ANSWERED, compiled_reply, compiled_route, located
from fakejobs.dialect.sdk import SdkForm
from fakejobs.dialect.templates import Language, Render
from fakejobs.documents import Document, Path, Schema
from fakejobs.errors import DocumentError
from fakejobs.lifecycle import PHASES
from fakejobs.structs import replace

_IN_ERRORS = ALWAYS | {"error"}
_IN_CALLBACKS = ALWAYS | {"document", "why"}
_IN_UPLOADS = frozenset(("why", "is_uploaded"))
_IN_KEYS = frozenset(("tenant", "app", "seed"))
_ANYWHERE = frozenset((*ANSWERED, *_IN_ERRORS, "job", "jobs", "item", "page", "group", "file", "let"))


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
    documents = _documents(entry, language, schemas)
    tenants = entry.get("tenants", {})
    return Dialect(
        name=entry["dialect"],
        title=entry["title"],
        docs=entry["docs"],
        source=source,
        states=states,
        documents=documents,
        job_document=next(kind for kind in documents.values() if kind.of == "job"),
        routes=_routes(source, entry, language),
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
        **_where_declared(source, entry, language),
    )


def _where_declared(source: Document, entry: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return the parts of a dialect that not every vendor has, by name."""
    made: dict[str, Callable[[Any], object]] = {
        "groups": _groups,
        "callbacks": lambda each: _callbacks(source, each, language),
        "uploads": lambda each: _uploads(source, each, language),
        "sdk": _sdk,
    }
    return {name: make(entry[name]) for name, make in made.items() if name in entry}


def _routes(source: Document, entry: Mapping[str, Any], language: Language) -> tuple[Route, ...]:
    shapes = entry.get("shapes", {})
    return tuple(compiled_route(source, number, each, language, shapes) for number, each in enumerate(entry["routes"]))


def _errors(source: Document, entries: Mapping[str, Any], language: Language) -> dict[str, ReplyTemplate]:
    return {name: compiled_reply(source, ("errors", name), entry, language) for name, entry in entries.items()}


def _groups(entry: Mapping[str, Any]) -> Groups:
    shape = IdShape(shape=entry["shape"], length=entry.get("length", 36))
    return Groups(ids=shape, joins=entry["joins"], at=entry["at"])


def _callbacks(source: Document, entry: Mapping[str, Any], language: Language) -> Callbacks:
    told = replace(language, here=_IN_CALLBACKS)

    def part(*path: str) -> Render:
        template: Json = entry
        for key in path:
            template = template[key]
        return located(source, ("callbacks", *path), template, told)

    return Callbacks(
        at=entry["at"],
        url=part("url"),
        headers=part("headers"),
        body=part("body"),
        beyond=entry["beyond"],
        state=entry["failed"]["state"],
        failed=part("failed", "body"),
    )


def _uploads(source: Document, entry: Mapping[str, Any], language: Language) -> Uploads:
    failed, told = entry["failed"], replace(language, here=_IN_UPLOADS)
    return Uploads(
        shape=entry["ids"],
        lifetime=microseconds(**entry["lifetime"]),
        name=entry["name"],
        used_at=entry["used_at"],
        format_at=entry["format_at"],
        state=failed["state"],
        failed=located(source, ("uploads", "failed", "body"), failed["body"], told),
    )


def _sdk(entry: Mapping[str, Any]) -> SdkForm:
    return SdkForm(renames=entry["renames"], dates=tuple(entry.get("dates", ())))


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
    return Figure(name=name, given=entry.get("given"), items=entry.get("items"))


def _language(
    source: Document, entry: Mapping[str, Any], states: Mapping[str, State], figures: Mapping[str, Figure]
) -> Language:
    language = Language(
        time=entry["time"],
        documents={name: each["of"] for name, each in entry["documents"].items()},
        roots={
            "job": frozenset((*NAMES, *figures)),
            "item": ITEM_NAMES,
            "page": frozenset(("items", "count", "more", "next", "previous")),
            "ask": frozenset(("path", "query", "body")),
            "me": frozenset(("credential", "tenant", "app")),
            "option": frozenset(entry.get("options", {})),
            "error": frozenset(("description", "field", "detail", "allowed")),
            "group": GROUP_NAMES,
            "file": frozenset(("id", "name")),
        },
        here=_ANYWHERE,
        states={phase: phase for phase in PHASES} | {name: state.phase for name, state in states.items()},
    )
    for name, template in entry["templates"].items():
        used: set[str] = set()
        language.templates[name] = located(source, ("templates", name), template, replace(language, used=used))
        language.uses[name] = frozenset(used)
    return language


def _documents(entry: Mapping[str, Any], language: Language, schemas: Mapping[str, Schema]) -> dict[str, DocumentKind]:
    templates = entry["templates"]
    return {
        name: _document(name, each, language, schemas[name], templates[name])
        for name, each in entry["documents"].items()
    }


def _document(name: str, entry: Mapping[str, Any], language: Language, schema: Schema, template: Json) -> DocumentKind:
    is_plain = isinstance(template, dict) and not any(key.startswith("$") for key in template)
    parts: dict[str, Render] = {}
    steady: set[str] = set()
    for key, held in template.items() if is_plain else ():
        used: set[str] = set()
        parts[key.partition("?")[0]] = replace(language, used=used).compile(held)
        if used <= STEADY:
            steady.add(key.partition("?")[0])
    return DocumentKind(
        name=name,
        of=entry["of"],
        render=language.compile({"$use": name}),
        schema=schema,
        word_at=entry.get("word"),
        parts=parts,
        steady=frozenset(steady),
    )


def _keys(source: Document, path: Path, entries: Mapping[str, Any], language: Language) -> dict[str, KeySpec]:
    for name, entry in entries.items():
        located(source, (*path, name, "default"), entry["default"], replace(language, here=_IN_KEYS))
    return {
        name: KeySpec(name=name, default=entry["default"], pattern=entry.get("pattern"), about=entry.get("about", ""))
        for name, entry in entries.items()
    }
