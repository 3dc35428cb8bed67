"""Documents and live replies held against a dialect's schemas: a fake's own, and those a user has recorded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from fakejobs.commands import Json
from fakejobs.dialect.loader import dialect as dialect_called
from fakejobs.dialect.model import Dialect, DocumentKind
from fakejobs.documents import Document, from_value, listed, nearest, parse, pointer, read
from fakejobs.documents import Path as Place
from fakejobs.errors import DocumentError, Problem, UsageError
from fakejobs.journal import Entry


class ConformanceError(DocumentError, AssertionError):
    """A vendor's document is not as the dialect says that the vendor's documents are."""


def check_document(
    document: Mapping[str, Json] | os.PathLike[str],
    *,
    dialect: str,
    kind: str | None = None,
    dialects: Sequence[Path] = (),
) -> None:
    """Assert that a vendor's document, or a whole reply with documents in it, is as the dialect's schemas say.

    ``document`` is a mapping or the path of a JSON file; ``kind`` names the document (``job``, ``item``) where it is
    neither a reply that the dialect knows nor a job. Raises `ConformanceError` with every mistake, located.
    """
    held = read(document) if isinstance(document, os.PathLike) else from_value(document, "<document>")
    problems = document_problems(held, dialect_called(dialect, dialects), kind)
    if problems:
        raise ConformanceError(problems)


def document_problems(document: Document, dialect: Dialect, kind: str | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with a vendor's document or reply; () if nothing is."""
    if kind is not None and kind not in dialect.documents:
        near = nearest(kind, list(dialect.documents))
        hint = f"did you mean `{near}`?" if near else f"there are {listed(list(dialect.documents))}"
        raise UsageError(f"{dialect.name} has no document `{kind}`; {hint}")
    if kind is not None:
        return dialect.documents[kind].schema.problems(document)
    standing = list(documents_in(dialect, document.value))
    if not standing:
        return (document.problem((), "there is no document in it, and so nothing to judge"),)
    return tuple(problem for path, each in standing for problem in each.schema.problems(document, path))


def documents_in(dialect: Dialect, value: Json) -> Iterator[tuple[Place, DocumentKind]]:
    """Yield where documents stand in a reply of the dialect's, and of which kind; a value of no reply is a job's."""
    envelopes = sorted(_envelopes(dialect), key=lambda each: -len(each.path))  # what holds more stands further in
    standing = _standing(envelopes, value)
    return iter([((), dialect.job_document)] if standing is None else standing)


def _standing(envelopes: Iterable[_Envelope], value: Json) -> list[tuple[Place, DocumentKind]] | None:
    """Return where documents stand in the first envelope that fits a value, or None if none does."""
    for envelope in envelopes:
        held = _inside(value, envelope.path)
        if envelope.is_list and isinstance(held, list):
            return [((*envelope.path, number), envelope.kind) for number in range(len(held))]
        if not envelope.is_list and isinstance(held, dict):
            return [(envelope.path, envelope.kind)]
    return None


def reply_problems(dialect: Dialect, entry: Entry) -> tuple[Problem, ...]:
    """Return what is wrong with the documents in a live reply of the fake; () also where it should hold none."""
    route = next((route for route in dialect.routes if route.operation == entry.operation), None)
    if route is None or entry.response.status >= 300 or route.reply.body is None:
        return ()
    try:
        document = parse(entry.response.body, f"{entry.request.method} {entry.request.target}")
    except DocumentError as error:
        return error.problems
    envelopes = list(_envelopes(dialect, entry.operation))
    standing = _standing(envelopes, document.value)
    if standing is None and envelopes:
        place = envelopes[0].path
        right = f"right would be {'a list of documents' if envelopes[0].is_list else 'a document'} at {pointer(place)}"
        return (document.problem((), f"this reply holds none of what it should; {right}"),)
    return tuple(problem for path, kind in standing or () for problem in kind.schema.problems(document, path))


class _Envelope:
    """Where in a reply documents stand: one, or a list of them."""

    __slots__ = ("is_list", "kind", "path")

    def __init__(self, path: Place, kind: DocumentKind, *, is_list: bool) -> None:
        self.path = path
        self.kind = kind
        self.is_list = is_list


def _envelopes(dialect: Dialect, operation: str | None = None) -> Iterator[_Envelope]:
    """Yield the envelopes of all replies, or of those of one operation."""
    source: Json = dialect.source.value
    for route, entry in zip(dialect.routes, source["routes"], strict=True):
        if operation not in (None, route.operation):
            continue
        collection = dialect.collections.get(route.collection)
        row = None if collection is None else dialect.documents[collection.document]
        yield from _found(dialect, entry["reply"].get("body"), (), row)


def _found(dialect: Dialect, template: Json, path: Place, row: DocumentKind | None) -> Iterator[_Envelope]:
    """Yield the places in a reply's template at which documents are put in."""
    if template == "${page.items}" and row is not None:
        yield _Envelope(path, row, is_list=True)
    elif isinstance(template, dict):
        kind = dialect.documents.get(template.get("$use", ""))
        if kind is not None:
            yield _Envelope(path, kind, is_list="$each" in template)
            return
        for key, held in template.items():
            yield from _found(dialect, held, (*path, key.partition("?")[0]), row)


def _inside(value: Json, path: Place) -> Json:
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return None
        value = value[step]
    return value if path else None
