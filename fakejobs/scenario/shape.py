"""The schema of scenarios, with the keys that one dialect declares put in."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from fakejobs.dialect.loader import own_schema
from fakejobs.dialect.model import Dialect, KeySpec
from fakejobs.documents import Schema


@cache
def _general() -> Schema:
    return own_schema("scenario-1.schema.json")


_BY_DIALECT: dict[int, tuple[Dialect, Schema]] = {}


def schema_for(dialect: Dialect) -> Schema:
    """Return the scenario schema of a dialect, made once for each."""
    known = _BY_DIALECT.get(id(dialect))
    if known is None:
        known = _BY_DIALECT[id(dialect)] = (dialect, _with_keys_of(dialect))
    return known[1]


def _with_keys_of(dialect: Dialect) -> Schema:
    shape: Any = copy.deepcopy(dict(_general().value))
    definitions = shape["$defs"]
    declared = {
        **dialect.job_keys,
        **{figure.given: {"$ref": "#/$defs/counts"} for figure in dialect.figures.values()},
        **{name: {"type": "array", "items": {"type": "object"}} for name in dialect.collections},
    }
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


def _text(key: KeySpec) -> dict[str, Any]:
    form: dict[str, Any] = {"type": "string", "minLength": 1, "description": key.about}
    if key.pattern is not None:
        form["pattern"] = key.pattern
    return form
