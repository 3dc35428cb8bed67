"""What the body of a request has to hold: fields with their kinds, of which the first that is wrong is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from fakejobs.commands import Json
from fakejobs.dialect.refusals import Refusal
from fakejobs.structs import struct

KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
"""The Python types of each kind of value."""

_UNITS = {"text": " characters", "array": ""}
_ARTICLES = {"integer": "an integer", "object": "an object", "array": "an array"}


@struct
class Field:
    """One value of a body: its kind, and what more is asked of it. Null is as good as absent.

    ``least`` and ``most`` bound a number, the length of a text, or how many entries an array has. Of the keys of an
    object, one of those in ``any`` has to be there, just one of those in ``one``, and no two of those in ``either``.
    ``items`` is what each entry of an array, or each value of an object, has to be.
    """

    kind: str
    required: bool = False
    pattern: re.Pattern[str] | None = None
    values: tuple[Json, ...] = ()
    least: int | None = None
    most: int | None = None
    any: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    items: Field | None = None


def compiled_field(entry: Mapping[str, Any], shapes: Mapping[str, Any]) -> Field:
    """Return the field that an entry of a dialect file describes; ``is`` in it names one of the ``shapes``."""
    entry = {**shapes[entry["is"]], **entry} if "is" in entry else entry
    return Field(
        kind=entry["kind"],
        required=entry.get("required", False),
        pattern=re.compile(entry["pattern"]) if "pattern" in entry else None,
        values=tuple(entry.get("values", ())),
        least=entry.get("least"),
        most=entry.get("most"),
        any=tuple(entry.get("any", ())),
        one=tuple(entry.get("one", ())),
        either=tuple(entry.get("either", ())),
        fields={name: compiled_field(each, shapes) for name, each in entry.get("fields", {}).items()},
        items=compiled_field(entry["items"], shapes) if "items" in entry else None,
    )


def refused_field(
    fields: Mapping[str, Field], body: Mapping[str, Json], either: tuple[str, ...] = (), where: str = "the body"
) -> Refusal | None:
    """Return the refusal of the first field that is missing or wrong, or None if all is well.

    Not more than one of those in ``either`` may be there; ``where`` says what the fields are of.
    """
    whole = Field(kind="object", fields=fields, either=either)
    return next(_of_object(whole, body, "", where), None)


def _of_fields(fields: Mapping[str, Field], held: Mapping[str, Json], path: str, where: str) -> Iterator[Refusal]:
    for name, wanted in fields.items():
        value = held.get(name)
        if value is not None:
            yield from _of_value(wanted, value, path + name, where)
        elif wanted.required:
            yield _missing(path + name, where)


def _missing(name: str, where: str) -> Refusal:
    return Refusal(error="missing_field", reason=f"{where} has no `{name}`", description="must be given", field=name)


def _of_value(wanted: Field, value: Json, path: str, where: str) -> Iterator[Refusal]:
    description = _description(wanted, value)
    if description:
        reason = f"`{path}` in {where} {description}"
        yield Refusal(error="bad_request", reason=reason, description=description, field=path)
    elif isinstance(value, dict):
        yield from _of_object(wanted, value, f"{path}.", where)
    elif isinstance(value, list) and wanted.items is not None:
        for number, item in enumerate(value):
            yield from _of_value(wanted.items, item, f"{path}.{number}", where)


def _of_object(wanted: Field, held: Mapping[str, Json], path: str, where: str) -> Iterator[Refusal]:
    yield from _of_fields(wanted.fields, held, path, where)
    if wanted.items is not None:
        for name, each in held.items():
            yield from _of_value(wanted.items, each, path + name, where)
    for alternatives in (wanted.any, wanted.one):
        if alternatives and all(held.get(name) is None for name in alternatives):
            yield _missing(path + alternatives[0], where)
    for alternatives in (wanted.one, wanted.either):
        there = [name for name in alternatives if held.get(name) is not None]
        if len(there) > 1:
            description = f"must not stand beside {there[0]}"
            reason = f"`{path}{there[1]}` in {where} {description}"
            yield Refusal(error="bad_request", reason=reason, description=description, field=path + there[1])


def _description(wanted: Field, value: Json) -> str:
    """Return what is asked of a value that is not so, or nothing."""
    if wanted.kind == "any":
        return ""
    is_of_kind = isinstance(value, KINDS[wanted.kind]) and (wanted.kind == "boolean" or not isinstance(value, bool))
    if not is_of_kind:
        return f"must be {_ARTICLES.get(wanted.kind, f'a {wanted.kind}')}"
    if wanted.pattern is not None and not wanted.pattern.search(value):
        return f"must be a text like {wanted.pattern.pattern}"
    if wanted.values and value not in wanted.values:
        return f"must be one of {', '.join(map(str, wanted.values))}"
    return _size_description(wanted, value)


def _size_description(wanted: Field, value: Json) -> str:
    """Return what is asked of the size of a value that is not so, or nothing."""
    size = len(value) if isinstance(value, (list, str)) else value
    verb, unit = ("have", _UNITS[wanted.kind]) if isinstance(value, (list, str)) else ("be", "")
    if wanted.least is not None and size < wanted.least:
        return f"must {verb} at least {wanted.least}{unit}"
    if wanted.most is not None and size > wanted.most:
        return f"must {verb} at most {wanted.most}{unit}"
    return ""
