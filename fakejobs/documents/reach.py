"""Which parts of a schema speak about one and the same value, and which keys they know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fakejobs.structs import struct

Holds = Callable[[Any, object], bool]
"""Whether a subschema holds of a value."""


@struct
class Known:
    """The keys that an object may have: by name, and by pattern; and those known in order to be forbidden.

    ``homes`` are those of its keys inside of which a key that it does not know would be known.
    """

    names: tuple[str, ...]
    patterns: tuple[str, ...]
    forbidden: frozenset[str]
    homes: tuple[str, ...] = ()

    def takes(self, key: str) -> bool:
        """Whether something is said about this key."""
        named = key in self.names or key in self.forbidden
        return named or any(re.search(pattern, key) for pattern in self.patterns)


def referred(reference: str, root: Mapping[str, Any]) -> Any:
    """The part of the schema that ``#/a/b`` refers to; an empty schema if there is none."""
    part: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        part = part.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(part, Mapping) else {}
    return part


def in_force(schema: Any, value: object, root: Mapping[str, Any], holds: Holds) -> Iterator[Mapping[str, Any]]:
    """The subschemas that speak about ``value`` itself; of alternatives, those that hold, or all if none does."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    parts = list(schema.get("allOf", ()))
    if "$ref" in schema:
        parts.append(referred(schema["$ref"], root))
    for keyword in ("anyOf", "oneOf"):
        branches = schema.get(keyword, ())
        parts += [branch for branch in branches if holds(branch, value)] or branches
    if "if" in schema:
        is_so = holds(schema["if"], value)
        parts += [schema["if"], schema.get("then")] if is_so else [schema.get("else")]
    if isinstance(value, Mapping):
        parts += [part for key, part in schema.get("dependentSchemas", {}).items() if key in value]
    for part in parts:
        yield from in_force(part, value, root, holds)


def known_keys(schemas: Iterable[Mapping[str, Any]]) -> Known | None:
    """The keys that these subschemas know of; None if one of them takes any key."""
    properties: dict[str, Any] = {}
    patterns: dict[str, None] = {}
    for schema in schemas:
        if schema.get("additionalProperties", False) is not False:
            return None
        if schema.get("unevaluatedProperties", False) is not False:
            return None
        properties = schema.get("properties", {}) | properties
        patterns |= dict.fromkeys(schema.get("patternProperties", ()))
    names = tuple(name for name, part in properties.items() if part is not False)
    return Known(names=names, patterns=tuple(patterns), forbidden=frozenset(properties) - set(names))


def homes_of(key: str, schemas: Iterable[Mapping[str, Any]], root: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of these subschemas inside of which ``key`` is known: of the object there, or of those in it."""
    parts = {name: part for schema in schemas for name, part in schema.get("properties", {}).items()}
    return tuple(name for name, part in parts.items() if key in _keys_inside(part, root))


def _keys_inside(part: Any, root: Mapping[str, Any]) -> Iterator[str]:
    """The keys of an object, or of those that an array or an object without names of its own is made of."""
    for schema in in_force(part, {}, root, _always):
        yield from schema.get("properties", ())
        for inner in (schema.get("items"), schema.get("additionalProperties")):
            for member in in_force(inner, {}, root, _always):
                yield from member.get("properties", ())


def telling_fits(form: Any, value: object, root: Mapping[str, Any]) -> int:
    """In how many keys the value has the very word that this form of it lists for that key."""
    if not isinstance(value, dict):
        return 0
    fits = 0
    for schema in in_force(form, value, root, _never):
        properties = schema.get("properties", {})
        for key in properties.keys() & value.keys():
            for part in in_force(properties[key], None, root, _never):
                fits += value[key] in part.get("enum", [part["const"]] if "const" in part else ())
    return fits


def _always(_: object, __: object) -> bool:
    """Hold each branch to be the one."""
    return True


def _never(_: object, __: object) -> bool:
    """Hold no branch to be the one: look at all."""
    return False
