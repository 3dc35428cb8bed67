"""What the body of a request has to hold: fields with their kinds, of which the first that is wrong is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fakejobs.commands import Json
from fakejobs.dialect.refusals import Refusal

KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
"""The Python types of each kind of value."""

_ARTICLES = {"integer": "an integer", "object": "an object", "array": "an array"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value of a body: its kind, and what more is asked of it. Null is as good as absent.

    ``least`` is the smallest number, or how many entries an array has at the least; ``any`` names keys of an object of
    which one has to be there. ``items`` is what each entry of an array, or each value of an object, has to be.
    """

    kind: str
    required: bool = False
    pattern: re.Pattern[str] | None = None
    values: tuple[Json, ...] = ()
    least: int | None = None
    any: tuple[str, ...] = ()
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
        any=tuple(entry.get("any", ())),
        fields={name: compiled_field(each, shapes) for name, each in entry.get("fields", {}).items()},
        items=compiled_field(entry["items"], shapes) if "items" in entry else None,
    )


def refused_field(fields: Mapping[str, Field], body: Mapping[str, Json]) -> Refusal | None:
    """Return the refusal of the first field that is missing or wrong, or None if all is well."""
    return next(_of_fields(fields, body, ""), None)


def _of_fields(fields: Mapping[str, Field], held: Mapping[str, Json], path: str) -> Iterator[Refusal]:
    for name, wanted in fields.items():
        value = held.get(name)
        if value is not None:
            yield from _of_value(wanted, value, path + name)
        elif wanted.required:
            yield _missing(path + name)


def _missing(name: str) -> Refusal:
    return Refusal(error="missing_field", reason=f"the body has no `{name}`", description="must be given", field=name)


def _of_value(wanted: Field, value: Json, path: str) -> Iterator[Refusal]:
    description = _description(wanted, value)
    if description:
        reason = f"`{path}` in the body {description}"
        yield Refusal(error="bad_request", reason=reason, description=description, field=path)
    elif isinstance(value, dict):
        yield from _of_fields(wanted.fields, value, f"{path}.")
        if wanted.items is not None:
            for name, each in value.items():
                yield from _of_value(wanted.items, each, f"{path}.{name}")
        if wanted.any and all(value.get(name) is None for name in wanted.any):
            yield _missing(f"{path}.{wanted.any[0]}")
    elif isinstance(value, list) and wanted.items is not None:
        for number, item in enumerate(value):
            yield from _of_value(wanted.items, item, f"{path}.{number}")


def _description(wanted: Field, value: Json) -> str:
    """Return what is asked of a value that is not so, or nothing."""
    is_of_kind = isinstance(value, KINDS[wanted.kind]) and (wanted.kind == "boolean" or not isinstance(value, bool))
    if not is_of_kind:
        return f"must be {_ARTICLES.get(wanted.kind, f'a {wanted.kind}')}"
    if wanted.pattern is not None and not wanted.pattern.search(value):
        return f"must be a text like {wanted.pattern.pattern}"
    if wanted.values and value not in wanted.values:
        return f"must be one of {', '.join(map(str, wanted.values))}"
    size = len(value) if isinstance(value, list) else value
    if wanted.least is not None and size < wanted.least:
        return f"must have at least {wanted.least}" if isinstance(value, list) else f"must be at least {wanted.least}"
    return ""
