"""The schema of scenarios, with the keys that one dialect declares put in."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from fakejobs.dialect.loader import own_schema
from fakejobs.dialect.model import Dialect, KeySpec
from fakejobs.documents import Schema
from fakejobs.errors import DocumentError


@cache
def _general() -> Schema:
    return own_schema("scenario-1.schema.json")


@cache
def _steps() -> Schema:
    """Return the schema of a row of steps alone."""
    return Schema({"$ref": "#/$defs/steps", "$defs": _general().value["$defs"]}, "scenario-1.schema.json")


_BY_DIALECT: dict[int, tuple[Dialect, Schema]] = {}


def schema_for(dialect: Dialect) -> Schema:
    """Return the scenario schema of a dialect, made once for each.

    The dialect's own script is held against it then: `DocumentError`, located in the dialect file, if it is wrong.
    """
    known = _BY_DIALECT.get(id(dialect))
    if known is None:
        wrong = _steps().problems(dialect.source, ("script",))
        if wrong:
            raise DocumentError(wrong)
        known = _BY_DIALECT[id(dialect)] = (dialect, _with_keys_of(dialect))
    return known[1]


def _with_keys_of(dialect: Dialect) -> Schema:
    shape: Any = copy.deepcopy(dict(_general().value))
    definitions = shape["$defs"]
    declared = {
        **dialect.job_keys,
        **{figure.given: {"$ref": "#/$defs/counts"} for figure in dialect.figures.values() if figure.given},
        **{name: {"type": "array", "items": {"type": "object"}} for name in dialect.collections},
    }
    if dialect.groups is not None:
        declared["group"] = {"type": "string", "minLength": 1, "description": "the id of the group that the job is in"}
    definitions["body"]["properties"] = _keys_of_document(dialect)
    definitions["job"]["properties"].update(declared)
    definitions["submission"]["properties"].update(declared)
    definitions["tenant"]["properties"].update({key.name: _text(key) for key in dialect.tenant_keys.values()})
    definitions["app"]["properties"].update({key.name: _text(key) for key in dialect.app_keys.values()})
    shape["properties"]["options"] = {
        "type": "object",
        "properties": {name: {"type": "boolean"} for name in dialect.options},
        "additionalProperties": False,
    }
    return Schema(shape, "scenario-1.schema.json")


def _keys_of_document(dialect: Dialect) -> dict[str, Any]:
    """Return the keys that a body may well have, so that one that stands beside it is told where it belongs.

    The key of the state's word is none: who writes it means the state itself.
    """
    kind = dialect.job_document
    known: Any = kind.schema.value.get("properties", {})
    return {name: {} for name in known if name not in ("id", kind.word_at)}


def _text(key: KeySpec) -> dict[str, Any]:
    form: dict[str, Any] = {"type": "string", "minLength": 1, "description": key.about}
    if key.pattern is not None:
        form["pattern"] = key.pattern
    return form
