"""The quick judge: what it lets through, jsonschema lets through too; what it does not understand it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fakejobs.documents import Schema, from_value
from fakejobs.documents.complaints import Rules
from fakejobs.documents.gate import gate_of

HOUSE = Path(__file__).parent.parent / "fakejobs"
SCHEMAS = sorted([*HOUSE.glob("schemas/*.json"), *HOUSE.glob("dialects/*/*.schema.json")])

SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([0.0, 1.0, 1.5, -0.0]) | st.text("ab-", max_size=3)
)
KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
TYPES = st.sampled_from(["object", "array", "string", "boolean", "null", "number", "integer"])
SIZES = st.integers(0, 3)
WORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(SCALARS, min_size=1, max_size=4),
    "const": SCALARS,
    "required": st.lists(KEYS, max_size=2, unique=True),
    "pattern": st.sampled_from(["a", "^b", "-$", "^[ab]*$"]),
    "format": st.sampled_from(["date", "date-time", "uuid", "uri", "unheard-of"]),
    "minimum": st.integers(-1, 2) | st.just(0.5),
    "maximum": st.integers(-1, 2) | st.just(0.5),
    "description": st.just("says nothing"),
    "x-complaint": st.just("says nothing either"),
} | {f"{end}{what}": SIZES for end in ("min", "max") for what in ("Length", "Items", "Properties")}


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts: dict[str, st.SearchStrategy[Any]] = {
        "properties": st.dictionaries(KEYS, inner, max_size=3),
        "additionalProperties": inner,
        "items": inner,
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "anyOf": st.lists(inner, min_size=1, max_size=2),
        "if": inner,
        "then": inner,
        "else": inner,
        "$ref": st.just("#/$defs/part"),
    }
    return st.fixed_dictionaries({}, optional={**WORDS, **parts})


PLAIN = st.booleans() | st.fixed_dictionaries({}, optional=WORDS)
SCHEMA = st.recursive(PLAIN, schemas, max_leaves=6).filter(lambda schema: isinstance(schema, dict))


@settings(max_examples=100, deadline=None)
@given(SCHEMA, PLAIN.filter(lambda part: part != {}), VALUES)
def test_it_judges_as_jsonschema_does(schema: dict[str, Any], part: Any, value: Any) -> None:
    whole = {**schema, "$defs": {"part": part}}
    gate = gate_of(whole)
    assert gate is not None
    judge = Rules(whole, "schema")
    assert gate(value) == (judge.complaints(value) == ())


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_schema_that_comes_along_is_plain_enough(file: Path) -> None:
    assert gate_of(json.loads(file.read_text())) is not None


def test_a_schema_may_refer_to_itself() -> None:
    tree = {
        "$ref": "#/$defs/tree",
        "$defs": {"tree": {"type": "object", "additionalProperties": {"$ref": "#/$defs/tree"}}},
    }
    gate = gate_of(tree)
    assert gate is not None
    assert gate({"a": {"b": {}}})
    assert not gate({"a": {"b": 1}})


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": [True]},
        {"not": {}},
        {"type": "integr"},
        {"type": 3},
        {"enum": [[1]]},
        {"const": {}},
        {"enum": "a"},
        {"minimum": "1"},
        {"maxLength": True},
        {"required": "a"},
        {"pattern": 3},
        {"pattern": "("},
        {"items": 3},
        {"$ref": "other.json"},
        {"$ref": "#/$defs/a%20b"},
        {"$ref": 1},
        {"$ref": "#/$defs/nowhere"},
        {"properties": {"a": {"uniqueItems": True}}},
    ],
)
def test_a_schema_that_says_more_has_no_gate(schema: Mapping[str, Any]) -> None:
    assert gate_of(schema) is None


def test_a_schema_nested_too_deeply_has_no_gate() -> None:
    schema: dict[str, Any] = {}
    for _ in range(100_000):
        schema = {"items": schema}
    assert gate_of(schema) is None
    while schema:  # the interpreter would take it apart by recursion
        schema = schema.pop("items")


def test_a_value_nested_too_deeply_is_left_to_the_judge() -> None:
    value: Any = []
    for _ in range(5_000):
        value = [value]
    schema = Schema({"$ref": "#/$defs/row", "$defs": {"row": {"items": {"$ref": "#/$defs/row"}}}}, "rows")
    (problem,) = schema.problems(from_value([], "rows"), (), value)
    assert "nested too deeply" in problem.message


def test_what_it_does_not_let_through_is_told_by_the_judge() -> None:
    schema = Schema({"type": "object"}, "objects")
    assert schema.problems(from_value({}, "it")) == ()
    (problem,) = schema.problems(from_value([], "it"))
    assert "object" in problem.message
    assert not Draft202012Validator(schema.value).is_valid([])
