"""Requests whose message may stand anywhere: as the JSON body or, of a GET, in the query string, packed or flat.

Packed is one parameter that holds the message as base64url of JSON. Flat is a parameter for each value, named by the
dotted path to it. What a flat text is meant to be, the fields of the message tell.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from fakejobs.commands import Ask, Json
from fakejobs.dialect.fields import Field
from fakejobs.dialect.queries import strict_json
from fakejobs.dialect.refusals import Refusal

MOST_PARTS = 50
"""A parameter's dotted name has no more parts."""

READ_FROM_QUERY = ("GET", "HEAD")
"""The methods whose message stands in the query string."""


def read_message(fields: Mapping[str, Field], packed: str, ask: Ask) -> Json | Refusal:
    """Return the message in the query string of a request: what is packed in a parameter, else what stands flat."""
    text = ask.parameter(packed)
    return _unpacked(packed, text) if text else _flat(fields, ask.query)


def _unpacked(name: str, text: str) -> Json | Refusal:
    try:
        raw = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
        value = strict_json(raw.decode())
    except (ValueError, RecursionError) as error:
        return _refused(name, "must be unpadded base64url of JSON", f" ({error})")
    if not isinstance(value, dict):
        return _refused(name, "must be unpadded base64url of a JSON object")
    return value


def _refused(name: str, description: str, more: str = "") -> Refusal:
    reason = f"the query parameter {name} {description}{more}"
    return Refusal(error="bad_request", reason=reason, description=description, field=name)


def _flat(fields: Mapping[str, Field], query: Mapping[str, Sequence[str]]) -> Json | Refusal:
    tree: dict[str, Json] = {}
    for name, texts in query.items():
        path = name.split(".")
        if path[0] not in fields:
            continue
        if len(path) > MOST_PARTS:
            return _refused(name[:80], f"must not have more than {MOST_PARTS} parts")
        if not _planted(tree, path, _Leaf(texts)):
            return _refused(name, "must not stand beside a value of what it is part of")
    return {name: _meant(fields[name], held) for name, held in tree.items()}


class _Leaf:
    """What a parameter holds: its texts, in order."""

    __slots__ = ("texts",)

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts


def _planted(tree: dict[str, Json], path: Sequence[str], leaf: _Leaf) -> bool:
    """Put a leaf where a path leads; return whether nothing else stood in its way."""
    held: Json = tree
    for part in path[:-1]:
        held = held.setdefault(part, {})
        if not isinstance(held, dict):
            return False
    return bool(held.setdefault(path[-1], leaf) is leaf)


def _meant(field: Field, held: Json) -> Json:
    """Return what a flat value means as a field; what cannot be meant stays text, for the fields to refuse."""
    if field.kind == "array":
        return _row(field, held)
    if isinstance(held, _Leaf):
        return _free(held) if field.kind in ("object", "any") else _plain(field.kind, held.texts[0])
    if not field.fields:
        return _free(held)
    return {
        name: _meant(field.fields[name], each) if name in field.fields else _free(each) for name, each in held.items()
    }


def _row(field: Field, held: Json) -> Json:
    if isinstance(held, _Leaf):
        meant = _free(held)
        entries = meant if isinstance(meant, list) else [meant]
        return [_plain(field.items.kind, each) if field.items and isinstance(each, str) else each for each in entries]
    row = _numbered(held)
    entries = [held] if row is None else row
    return [_free(each) if field.items is None else _meant(field.items, each) for each in entries]


def _plain(kind: str, text: str) -> Json:
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind in ("integer", "number"):
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else text
    return text


def _free(held: Json) -> Json:
    """Return what is meant where no field says: JSON where a text begins like it, lists where it is repeated."""
    if isinstance(held, _Leaf):
        values = [_json_or_text(text) for text in held.texts]
        return values[0] if len(values) == 1 else values
    row = _numbered(held)
    return {name: _free(each) for name, each in held.items()} if row is None else [_free(each) for each in row]


def _numbered(held: Mapping[str, Json]) -> list[Json] | None:
    """Return the entries of what is keyed by 0, 1, 2 and so on; None if it is not."""
    names = [str(number) for number in range(len(held))]
    return [held[name] for name in names] if held and all(name in held for name in names) else None


def _json_or_text(text: str) -> Json:
    if text[:1] in ("{", "["):
        try:
            return strict_json(text)
        except (ValueError, RecursionError):
            pass
    return text
