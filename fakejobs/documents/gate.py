"""A quick judge of values: what it lets through fits the schema; of anything else it says nothing.

jsonschema judges, but takes a tenth of a second to import and some time for each value, while most values are right
and most schemas plain. Every keyword that is understood here is one function; a schema that says more has no gate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakejobs.documents.formats import FORMATS
from fakejobs.documents.reach import referred

Passes = Callable[[Any], bool]
"""Whether a plain JSON value fits."""

_SAYS_NOTHING = frozenset(("$schema", "$defs", "$comment", "title", "description", "default", "examples"))
_OF_OTHERS = frozenset(("then", "else", "additionalProperties"))
"""Keywords that are read together with another one."""


class NoGateError(Exception):
    """A schema says what is not understood here."""


def gate_of(schema: Mapping[str, Any]) -> Passes | None:
    """Return the gate of a schema that refers to itself only, or None if it is not plain enough."""
    try:
        return _Gate(schema).of({key: part for key, part in schema.items() if key != "$id"})
    except (NoGateError, re.error, RecursionError):
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: dict[str, Passes] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _is_number,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
}


def _type(wanted: Any) -> Passes:
    names = [wanted] if isinstance(wanted, str) else wanted
    _insist(isinstance(names, list) and all(name in _TYPES for name in names))
    tests = [_TYPES[name] for name in names]
    return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)


def _enum(values: Any) -> Passes:
    """Return whether a value is one of these; 1 is 1.0, and neither is true."""
    _insist(isinstance(values, list) and not any(isinstance(value, (dict, list)) for value in values))
    known = {(isinstance(value, bool), value) for value in values}
    return lambda value: not isinstance(value, (dict, list)) and (isinstance(value, bool), value) in known


def _bounded(kind: str, size: Callable[[Any], Any], *, below: bool = False) -> Callable[[Any], Passes]:
    """Return the keyword that bounds what is measured of values of a type, from below or from above."""
    is_kind = _TYPES[kind]

    def keyword(bound: Any) -> Passes:
        _insist(_is_number(bound))
        if below:
            return lambda value: not is_kind(value) or size(value) >= bound
        return lambda value: not is_kind(value) or size(value) <= bound

    return keyword


def _pattern(wanted: Any) -> Passes:
    _insist(isinstance(wanted, str))
    search = re.compile(wanted).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _format(name: Any) -> Passes:
    if name not in FORMATS:
        return lambda _: True
    is_of_format = FORMATS[name][0]
    return lambda value: not isinstance(value, str) or is_of_format(value)


def _required(names: Any) -> Passes:
    _insist(isinstance(names, list))
    return lambda value: not isinstance(value, dict) or all(name in value for name in names)


def _insist(is_understood: bool) -> None:  # noqa: FBT001 - the one thing that it is told
    if not is_understood:
        raise NoGateError


_ALONE: dict[str, Callable[[Any], Passes]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda wanted: _enum([wanted]),
    "required": _required,
    "pattern": _pattern,
    "format": _format,
    "minimum": _bounded("number", lambda value: value, below=True),
    "maximum": _bounded("number", lambda value: value),
    "minLength": _bounded("string", len, below=True),
    "maxLength": _bounded("string", len),
    "minItems": _bounded("array", len, below=True),
    "maxItems": _bounded("array", len),
    "minProperties": _bounded("object", len, below=True),
    "maxProperties": _bounded("object", len),
}
"""The keywords that need no other schema."""


class _Gate:
    """The making of a gate: the parts that are referred to are made once, so that they may refer to themselves."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._referred: dict[str, list[Passes]] = {}
        self._others: dict[str, Callable[[Any, Mapping[str, Any]], Passes]] = {
            "$ref": lambda wanted, _: self._reference(wanted),
            "allOf": lambda wanted, _: _all(self.of(part) for part in wanted),
            "anyOf": self._any_of,
            "if": self._if,
            "items": self._items,
            "properties": self._properties,
        }

    def of(self, schema: Any) -> Passes:
        """Return the gate of a part of the schema; `NoGateError` if there is none."""
        if isinstance(schema, bool):
            return lambda _: schema
        _insist(isinstance(schema, Mapping))
        tests: list[Passes] = []
        for keyword, wanted in schema.items():
            if keyword in _ALONE:
                tests.append(_ALONE[keyword](wanted))
            elif keyword in self._others:
                tests.append(self._others[keyword](wanted, schema))
            else:
                _insist(keyword in _SAYS_NOTHING or keyword in _OF_OTHERS or keyword.startswith("x-"))
        if "additionalProperties" in schema and "properties" not in schema:
            tests.append(self._properties({}, schema))
        return _all(tests)

    def _reference(self, to: Any) -> Passes:
        _insist(isinstance(to, str) and to.startswith("#/") and "%" not in to)
        if to not in self._referred:
            made = self._referred[to] = []
            part = referred(to, self._root)
            _insist(part != {})  # nothing is there, which is the judge's to tell
            made.append(self.of(part))
        known = self._referred[to]
        # while a part is being made it is not there yet
        return known[0] if known else lambda value: known[0](value)  # noqa: PLW0108

    def _any_of(self, branches: Any, _: Mapping[str, Any]) -> Passes:
        tests = [self.of(branch) for branch in branches]
        return lambda value: any(test(value) for test in tests)

    def _if(self, condition: Any, schema: Mapping[str, Any]) -> Passes:
        holds, then, otherwise = (
            self.of(condition),
            self.of(schema.get("then", True)),
            self.of(schema.get("else", True)),
        )
        return lambda value: then(value) if holds(value) else otherwise(value)

    def _items(self, wanted: Any, _: Mapping[str, Any]) -> Passes:
        fits = self.of(wanted)
        return lambda value: not isinstance(value, list) or all(fits(item) for item in value)

    def _properties(self, wanted: Any, schema: Mapping[str, Any]) -> Passes:
        known = {key: self.of(part) for key, part in wanted.items()}
        other = self.of(schema.get("additionalProperties", True))
        return lambda value: (
            not isinstance(value, dict) or all(known.get(key, other)(held) for key, held in value.items())
        )


def _all(tests: Iterable[Passes]) -> Passes:
    row = list(tests)
    return row[0] if len(row) == 1 else lambda value: all(test(value) for test in row)
