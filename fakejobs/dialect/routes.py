"""Routes and replies of a checked dialect file, compiled into values of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakejobs.commands import Json
from fakejobs.dialect.fields import Field, compiled_field
from fakejobs.dialect.listing import Finds, Order
from fakejobs.dialect.model import Paging, ReplyTemplate, Route
from fakejobs.dialect.queries import Parameter
from fakejobs.dialect.routing import pattern
from fakejobs.dialect.searching import Search
from fakejobs.dialect.tasks import Makes, Spread
from fakejobs.dialect.templates import Language, Render, TemplateError
from fakejobs.dialect.wql import SortKey
from fakejobs.documents import Document, Path
from fakejobs.errors import DocumentError
from fakejobs.structs import replace

ALWAYS = frozenset(("base", "now"))
ANSWERED = ALWAYS | {"option", "me", "ask"}
_OF_JOBS = ANSWERED - {"ask"} | {"job"}
_PLACES = {
    "look": ANSWERED | {"job"},
    "create": ANSWERED | {"job", "jobs", "group"},
    "collect": ANSWERED | {"job", "page"},
    "list": ANSWERED | {"jobs", "page"},
    "group": ANSWERED | {"jobs", "group"},
    "cancel": ANSWERED | {"job"},
    "offer": ANSWERED | {"file"},
    "upload": ANSWERED | {"file"},
}
"""Which roots the reply of a route may name, by what the route does."""


def located(source: Document, path: Path, template: Json, language: Language) -> Render:
    """Return the function that a template is compiled into; what is wrong with it is located in the file."""
    try:
        return language.compile(template)
    except TemplateError as error:
        raise DocumentError((source.problem((*path, *error.path), error.message),)) from error


def compiled_reply(source: Document, path: Path, entry: Mapping[str, Any], language: Language) -> ReplyTemplate:
    """Return the reply that an entry of a dialect file describes."""

    def part(name: str) -> Render | None:
        return located(source, (*path, name), entry[name], language) if name in entry else None

    headers = tuple(
        (name, located(source, (*path, "headers", name), value, language))
        for name, value in entry.get("headers", {}).items()
    )
    return ReplyTemplate(status=entry.get("status", 200), headers=headers, body=part("body"), text=part("text"))


def compiled_route(
    source: Document, number: int, entry: Mapping[str, Any], language: Language, shapes: Mapping[str, Any]
) -> Route:
    """Return the route that an entry of a dialect file describes; ``shapes`` are those its ``fields`` may name."""
    path: Path = ("routes", number)
    page = entry.get("page")
    search = _search(entry["search"]) if "search" in entry else None
    makes = entry.get("makes")
    order = entry.get("order")
    return Route(
        operation=entry["operation"],
        do=entry["do"],
        patterns=tuple(pattern(text) for text in entry["at"]),
        reply=compiled_reply(source, (*path, "reply"), entry["reply"], replace(language, here=_PLACES[entry["do"]])),
        public=entry.get("public", False),
        scopes=_alternatives(entry.get("scopes", [])),
        counts=entry.get("counts", True),
        needs=tuple(entry.get("needs", ())),
        body=entry.get("body", "ignored"),
        packed=entry.get("packed", ""),
        query=tuple(_parameter(name, each) for name, each in entry.get("query", {}).items()),
        paging=None if page is None else _paging(page, search),
        collection=entry.get("collection", ""),
        facts=entry.get("facts", {}),
        fields=_fields(entry.get("fields", {}), shapes),
        either=tuple(entry.get("either", ())),
        makes=None if makes is None else _makes(source, (*path, "makes"), makes, language),
        order=None if order is None else _order(source, (*path, "order"), order, language),
        search=search,
        empty_with=entry.get("empty_with", ""),
        to=entry.get("to", ""),
        gone_with=entry.get("gone_with", ""),
    )


def _alternatives(scopes: Json) -> tuple[frozenset[str], ...]:
    """Return which sets of scopes suffice: any one that a list names, or all of them together."""
    if isinstance(scopes, dict):
        return (frozenset(scopes["all"]),)
    return tuple(frozenset((each,)) for each in scopes)


def _paging(entry: Mapping[str, Any], search: Search | None) -> Paging:
    return Paging(
        limit=entry["limit"],
        cursor=entry["cursor"],
        bound=tuple(entry.get("bound", () if search is None else search.places)),
        repeats=entry.get("repeat", False),
        alone=entry.get("alone", False),
        in_message=entry.get("in") == "message",
        default=entry.get("default"),
    )


def _search(entry: Mapping[str, Any]) -> Search:
    return Search(
        fields=entry["fields"],
        filter=entry.get("filter"),
        sort=entry.get("sort"),
        order=tuple(SortKey(each["fieldName"], each.get("order") == "DESC") for each in entry.get("order", ())),
        strict=entry.get("strict", ""),
    )


def _parameter(name: str, entry: Mapping[str, Any]) -> Parameter:
    matches: Mapping[str, Json] | None = entry.get("matches")
    spellings: Mapping[str, str] | None = entry.get("spellings")
    finds = entry.get("finds")
    return Parameter(
        name=name,
        kind=entry["kind"],
        default=entry.get("default"),
        least=entry.get("least"),
        most=entry.get("most"),
        values=tuple(entry.get("values", spellings or matches or ())),
        required=entry.get("required", False),
        matches=matches,
        spellings=spellings,
        finds=None
        if finds is None
        else Finds(
            at=tuple(tuple(each.split(".")) for each in finds["at"]),
            is_path=finds.get("as") == "path",
            forms=tuple(finds.get("forms", ("{}",))),
        ),
        is_group=entry.get("group", False),
    )


def _fields(entries: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict[str, Field]:
    return {name: compiled_field(each, shapes) for name, each in entries.items()}


def _makes(source: Document, path: Path, entry: Mapping[str, Any], language: Language) -> Makes:
    asked = replace(language, here=ANSWERED)
    lists = entry.get("each", {})
    roots = {**language.roots, "each": frozenset(lists)}
    return Makes(
        keys=tuple(key.partition("?")[0] for key in entry["task"]),
        each={name: located(source, (*path, "each", name), f"${{{text}}}", asked) for name, text in lists.items()},
        spreads={
            name: Spread(at=each["at"], first=each["from"], last=each["to"], over=tuple(each["over"]), name=each["as"])
            for name, each in entry.get("spread", {}).items()
        },
        task=located(source, (*path, "task"), entry["task"], replace(language, here=ANSWERED | {"each"}, roots=roots)),
    )


def _order(source: Document, path: Path, entry: Mapping[str, Any], language: Language) -> Order:
    here = replace(language, here=_OF_JOBS)
    keys = {
        name: None if text == "job.created" else located(source, (*path, "keys", name), f"${{{text}}}", here)
        for name, text in entry["keys"].items()
    }
    return Order(by=entry["by"], direction=entry["direction"], keys=keys)
