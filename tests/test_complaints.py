"""Schema errors as complaints: one a mistake, with what was found, what would be right, and the nearest spelling."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fakejobs.documents import Schema, parse
from fakejobs.errors import UsageError

SPAN = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"seconds": {"type": "number", "minimum": 0}, "minutes": {"type": "number"}},
    "minProperties": 1,
}
POLLS = {
    "type": "object",
    "required": ["polls"],
    "additionalProperties": False,
    "properties": {"polls": {"type": "integer", "minimum": 1}},
}
STEPS = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "array",
    "items": {"anyOf": [{"$ref": "#/$defs/state"}, {"$ref": "#/$defs/fault"}]},
    "$defs": {
        "for": {"oneOf": [{"const": "release"}, SPAN, POLLS]},
        "state": {
            "type": "object",
            "required": ["state"],
            "additionalProperties": False,
            "properties": {
                "state": {"enum": ["queued", "working", "done"]},
                "for": {"$ref": "#/$defs/for"},
                "body": {},
            },
        },
        "fault": {
            "type": "object",
            "required": ["fault"],
            "additionalProperties": False,
            "properties": {"fault": {"type": "object"}, "for": {"$ref": "#/$defs/for"}},
        },
    },
}


def complaints(schema: dict[str, Any], value: Any) -> list[str]:
    """The complaints about a value, each as ``line:column: message (at pointer)`` without the file's name."""
    document = parse(json.dumps(value), "x.json")
    return [str(problem).removeprefix("x.json:1:") for problem in Schema(schema, "s.json").problems(document)]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"state": "done"}, []),
        (
            {"state": "wroking"},
            [
                '12: found "wroking"; right would be `queued`, `working` or `done`; did you mean `working`?'
                " (at /0/state)"
            ],
        ),
        ({"stat": "done"}, ["3: unknown key `stat`; did you mean `state`? (at /0/stat)"]),
        ({"falt": {}}, ["3: unknown key `falt`; did you mean `fault`? (at /0/falt)"]),
        ({"zebra": 1}, ["3: unknown key `zebra`; known here: `state`, `for`, `body`, `fault` (at /0/zebra)"]),
        ({}, ["2: `state` or `fault` is missing (at /0)"]),
        ("done", ['2: found a string ("done"); right would be an object (at /0)']),
        ({"fault": 1}, ["12: found a number (1); right would be an object (at /0/fault)"]),
        (
            {"state": "done", "for": "relase"},
            ['27: found "relase"; right would be `release` or an object; did you mean `release`? (at /0/for)'],
        ),
        ({"state": "done", "for": 5}, ["27: found 5; right would be `release` or an object (at /0/for)"]),
        ({"state": "done", "for": {"poll": 3}}, ["28: unknown key `poll`; did you mean `polls`? (at /0/for/poll)"]),
        ({"state": "done", "for": {"polls": 0}}, ["37: found 0; right would be 1 or more (at /0/for/polls)"]),
        (
            {"state": "done", "for": {"zebra": 3}},
            ["28: unknown key `zebra`; known here: `seconds`, `minutes`, `polls` (at /0/for/zebra)"],
        ),
        (
            {"state": "done", "for": {"seconds": "3", "zebra": 1}},
            [
                '39: found a string ("3"); right would be a number (at /0/for/seconds)',
                "44: unknown key `zebra`; known here: `seconds`, `minutes` (at /0/for/zebra)",
            ],
        ),
    ],
)
def test_of_alternatives_the_one_that_was_meant_complains(step: Any, said: list[str]) -> None:
    assert complaints(STEPS, [step]) == said


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"minimum": 1}, 0, "found 0; right would be 1 or more"),
        ({"maximum": 100}, 500, "found 500; right would be 100 or less"),
        ({"exclusiveMinimum": 0}, 0, "found 0; right would be more than 0"),
        ({"exclusiveMaximum": 9}, 9.5, "found 9.5; right would be less than 9"),
        ({"multipleOf": 5}, 7, "found 7; right would be a multiple of 5"),
        ({"minLength": 1}, "", 'found "", 0 characters; right would be at least 1 character'),
        ({"maxLength": 2}, "abc", 'found "abc", 3 characters; right would be at most 2 characters'),
        ({"minItems": 2}, [1], "found 1 item; right would be at least 2 items"),
        ({"maxItems": 1}, [1, 2], "found 2 items; right would be at most 1 item"),
        ({"minProperties": 1}, {}, "found 0 keys; right would be at least 1 key"),
        ({"maxProperties": 0}, {"a": 1}, "found 1 key; right would be at most 0 keys"),
        ({"pattern": "^a"}, "b", 'found "b"; right would match `^a`'),
        ({"pattern": "^a", "description": "an a-word."}, "b", 'found "b"; right would be an a-word (`^a`)'),
        ({"pattern": "^a", "title": "An A"}, "b", 'found "b"; right would be An A (`^a`)'),
        (
            {"format": "date-time"},
            "yesterday",
            'found "yesterday"; right would be a date-time such as 2026-01-01T00:00:00Z',
        ),
        ({"const": 1}, 2, "found 2; right would be `1`"),
        ({"enum": ["a", None]}, "b", 'found "b"; right would be `"a"` or `null`'),
        ({"type": ["string", "null"]}, True, "found true; right would be a string or `null`"),
        ({"type": "string", "enum": ["a", "b"]}, 1, "found 1; right would be `a` or `b`"),
        ({"required": ["steps"]}, {}, "`steps` is missing"),
        ({"required": ["id", "steps"]}, {"id": 1}, "`steps` is missing"),
        ({"dependentRequired": {"a": ["b"], "c": ["d"]}}, {"a": 1}, "`b` is missing, which `a` asks for"),
        ({"dependentRequired": {"a": ["b", "c"]}}, {"a": 1, "b": 2}, "`c` is missing, which `a` asks for"),
        (
            {"not": {"type": "object"}},
            {},
            'found {}; right would be what the schema\'s `not` asks for: {"type": "object"}',
        ),
        ({"uniqueItems": True}, [[1], [1.0]], "found an item twice in [[1], [1.0]]; right would be each item once"),
        ({"allOf": [False]}, 1, "nothing may stand here"),
        ({"oneOf": [False, False]}, 1, "nothing may stand here"),
        ({"oneOf": [False, {"minimum": 2}]}, 1, "found 1; right would be 2 or more"),
        (
            {"oneOf": [{"type": "integer"}, {"minimum": 1}]},
            1,
            "found 1, which fits more than one of the forms lawful here; right would be one alone",
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": ["object", "null"]}]},
            1,
            "found a number (1); right would be a string, an object or `null`",
        ),
        (
            {"anyOf": [{"enum": ["release"]}, {"type": "string", "minLength": 20}]},
            "relese",
            'found "relese"; right would be `release`; did you mean `release`?',
        ),
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {}, "`a` or `b` is missing"),
        ({"anyOf": [{"minimum": 1}, {"minimum": 5}]}, 0, "found 0; right would be 1 or more"),
        (
            {
                "$defs": {"a": {"allOf": [{"minimum": 1}]}},
                "allOf": [{"$ref": "#/$defs/a"}],
                "if": True,
                "then": {"minimum": 1},
            },
            0,
            "found 0; right would be 1 or more",
        ),
        ({"type": "string", "x-complaint": "a name is text"}, 1, "a name is text"),
        ({"anyOf": [{"type": "string"}, {"minimum": 9}], "x-complaint": "a name or nine"}, 1, "a name or nine"),
        (
            {"$defs": {"a": {"type": "string"}}, "$ref": "#/$defs/a", "x-complaint": "a name is text"},
            1,
            "a name is text",
        ),
        ({"allOf": [{"type": "string", "x-complaint": "inner"}], "x-complaint": "outer"}, 1, "inner"),
        ({"allOf": [False], "x-complaint": "none at all"}, 1, "none at all"),
        ({"properties": {"a": {"type": "string"}}, "required": ["a"], "x-complaint": "say a"}, {}, "say a"),
    ],
)
def test_a_failed_keyword_is_told_in_a_sentence(schema: dict[str, Any], value: Any, said: str) -> None:
    assert complaints(schema, value) == [f"1: {said}"]


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        (
            {"properties": {"steps": True}, "additionalProperties": False},
            {"stpes": 1},
            ["2: unknown key `stpes`; did you mean `steps`? (at /stpes)"],
        ),
        (
            {"properties": {"steps": True}, "required": ["steps"], "additionalProperties": False},
            {"stpes": 1},
            ["2: unknown key `stpes`; did you mean `steps`? (at /stpes)"],
        ),
        (
            {"properties": {"a": True, "b": False}, "patternProperties": {"^x-": True}, "additionalProperties": False},
            {"zebra": 1, "x-a": 2},
            ["2: unknown key `zebra`; known here: `a`, keys that match `^x-` (at /zebra)"],
        ),
        ({"additionalProperties": False}, {"a/b": 1}, ["2: unknown key `a/b`; known here: none (at /a~1b)"]),
        (
            {"properties": {"a": True}, "additionalProperties": False, "x-complaint": "only a"},
            {"b": 1},
            ["2: only a (at /b)"],
        ),
        (
            {"properties": {"b": False}, "description": "b is of the past."},
            {"b": 1},
            ["2: `b` must not be here: b is of the past (at /b)"],
        ),
        (
            {"patternProperties": {"^b": False}, "$comment": "no b-words"},
            {"bee": 1},
            ["2: `bee` must not be here: no b-words (at /bee)"],
        ),
        ({"properties": {"b": False}, "x-complaint": "no b, ever"}, {"b": 1}, ["2: no b, ever (at /b)"]),
        (
            {"propertyNames": {"pattern": "^[a-z]$"}},
            {"a": 1, "B": 2},
            ['10: as a key, found "B"; right would match `^[a-z]$` (at /B)'],
        ),
        ({"propertyNames": {"maxLength": 1}}, [], []),
        (
            {"if": True, "unevaluatedProperties": False},
            {"a": 1},
            ["2: unknown key `a`; known here: none (at /a)"],
        ),
        (
            {"uniqueItems": True},
            ["a" * 80, "a" * 81, "a" * 81],
            [f'171: found "{"a" * 58}… a second time (first at 1); right would be each item once (at /2)'],
        ),
        (
            {"uniqueItems": True},
            [1, "a", True, "a", "a"],
            ['16: found "a" a second time (first at 1); right would be each item once (at /3)'],
        ),
        (
            {"properties": {"a": {"x-complaint": "a is text", "type": "string"}}, "x-complaint": "outer"},
            {"a": 1},
            ["7: a is text (at /a)"],
        ),
        (
            {
                "anyOf": [{"properties": {"k": {"const": "a"}}}, {"properties": {"k": {"const": "b"}}}],
                "required": ["k"],
            },
            {"k": "B"},
            ['7: found "B"; right would be `a` or `b`; did you mean `b`? (at /k)'],
        ),
        (
            {
                "oneOf": [
                    {"properties": {"k": {"const": "a"}, "n": {"type": "string"}, "m": {"type": "string"}}},
                    {"properties": {"k": {"enum": ["b"]}, "n": {"type": "object"}, "m": {"type": "null"}}},
                    {"properties": {"k": {"const": "c"}}},
                ]
            },
            {"k": "b", "n": 1, "m": 2},
            [
                "17: found a number (1); right would be an object (at /n)",
                "25: found a number (2); right would be `null` (at /m)",
            ],
        ),
        (
            {"oneOf": [{"properties": {"k": {"const": "a"}}}, {"required": ["n"]}]},
            {"k": "b"},
            ['7: found "b"; right would be `a` (at /k)'],
        ),
    ],
)
def test_a_wrong_key_is_told_at_the_key(schema: dict[str, Any], value: Any, said: list[str]) -> None:
    assert complaints(schema, value) == said


OPEN = {
    "$defs": {"named": {"properties": {"name": True}}},
    "$ref": "#/$defs/named",
    "allOf": [{"properties": {"job": {"type": "string"}}}],
    "oneOf": [
        {"required": ["seconds"], "properties": {"seconds": {"type": "number"}}},
        {"required": ["polls"], "properties": {"polls": {"type": "integer"}}},
    ],
    "if": {"required": ["job"]},
    "then": {"properties": {"after": True}},
    "else": {"properties": {"before": True}},
    "dependentSchemas": {"name": {"properties": {"nick": True}}},
    "unevaluatedProperties": False,
}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"seconds": 1, "name": "a", "nick": "b", "job": "c", "after": 1}, []),
        ({"polls": 1, "before": 1}, []),
        ({"polls": 1, "job": "a", "aftre": 1}, ["26: unknown key `aftre`; did you mean `after`? (at /aftre)"]),
        (
            {"polls": 1, "zebra": 1},
            ["14: unknown key `zebra`; known here: `before`, `polls`, `name`, `job` (at /zebra)"],
        ),
        ({"polls": "1", "job": "a"}, ['11: found a string ("1"); right would be an integer (at /polls)']),
        ({"polls": 1, "job": 2}, ["21: found a number (2); right would be a string (at /job)"]),
    ],
)
def test_a_key_that_nothing_in_force_speaks_of_is_unknown(value: Any, said: list[str]) -> None:
    assert complaints(OPEN, value) == said


def test_a_part_in_force_that_takes_any_key_leaves_none_unknown() -> None:
    for part in ({"additionalProperties": {"type": "string"}}, {"unevaluatedProperties": {"type": "string"}}):
        schema = {"allOf": [part], "unevaluatedProperties": False}
        assert complaints(schema, {"a": "b"}) == []  # as jsonschema judges from 4.24 on
        assert not any("unknown" in said for said in complaints(schema, {"a": 1}))


def test_keys_beyond_the_known_are_held_against_the_schema_for_them() -> None:
    schema = {"unevaluatedProperties": {"type": "string"}}
    (said,) = complaints(schema, {"a": 1})
    assert "`unevaluatedProperties` asks for" in said


def test_a_schema_that_holds_more_than_one_stack_of_levels_is_answered_with_one_complaint() -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    (said,) = complaints(schema, 1)
    assert said == "1: this is nested too deeply to be held against the schema; right would be fewer levels"


@pytest.mark.parametrize("schema", [{"type": "strnig"}, {"$ref": "#/$defs/none"}, {"pattern": "("}, {"required": 5}])
def test_a_broken_schema_is_a_wrong_use_told_with_its_name(schema: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^s\.json: the schema cannot be used: "):
        Schema(schema, "s.json").problems(parse('{"a": ""}', "x.json"), (), "a" if "pattern" in schema else {})


WORDS = st.sampled_from(["a", "b", "c"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["string", "integer", "object", "array", "null", "boolean"])


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas with a few keywords over these inner ones."""
    some = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "anyOf": some,
            "oneOf": some,
            "allOf": some,
            "if": inner,
            "then": inner,
            "else": inner,
            "not": inner,
            "properties": st.dictionaries(WORDS, inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=1),
            "additionalProperties": inner,
            "unevaluatedProperties": inner,
            "propertyNames": inner,
            "dependentSchemas": st.dictionaries(WORDS, inner, max_size=1),
            "items": inner,
            "prefixItems": some,
            "contains": inner,
            "required": st.lists(WORDS, unique=True, max_size=2),
            "x-complaint": st.just("not so"),
        },
    )


LEAVES = st.one_of(
    st.booleans(),
    st.fixed_dictionaries({"type": TYPES}),
    st.fixed_dictionaries({"enum": st.lists(VALUES, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"const": VALUES}),
    st.fixed_dictionaries(
        {"minimum": st.integers(0, 3), "minLength": st.integers(0, 2), "maxItems": st.integers(0, 2)}
    ),
    st.fixed_dictionaries({"$ref": st.just("#/$defs/a")}),
)
SCHEMAS = st.recursive(LEAVES, schemas, max_leaves=8)


@settings(max_examples=60)
@given(schemas(SCHEMAS), schemas(LEAVES.filter(lambda leaf: not (isinstance(leaf, dict) and "$ref" in leaf))), VALUES)
def test_there_are_complaints_exactly_if_the_value_is_wrong_and_none_is_told_twice(
    schema: Any, named: Any, value: Any
) -> None:
    whole = schema | {"$defs": {"a": named}}
    document = parse(json.dumps(value, indent=1), "x.json")
    problems = Schema(whole, "s.json").problems(document)
    assert bool(problems) is not Draft202012Validator(whole).is_valid(value)
    assert len(set(problems)) == len(problems)
    assert [(problem.line, problem.column) for problem in problems] == sorted(
        (problem.line, problem.column) for problem in problems
    )
    assert all(problem.line >= 1 and problem.message for problem in problems)


HOUSE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "for": {"if": {"type": "object"}, "then": {"$ref": "#/$defs/span"}, "else": {"const": "release"}},
        "rows": {"type": "array", "items": {"properties": {"id": {}}}},
        "by_name": {"additionalProperties": {"properties": {"key": {}, "id": {}}}},
    },
    "$defs": {"span": SPAN},
}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("seconds", "right would be inside `for`"),
        ("key", "right would be inside `by_name`"),
        ("id", "right would be inside `rows` or `by_name`"),
        ("namne", "did you mean `name`?"),
        ("zebra", "known here: `name`, `for`, `rows`, `by_name`"),
    ],
)
def test_a_key_that_is_known_one_level_below_is_told_where(key: str, said: str) -> None:
    assert complaints(HOUSE, {key: 1}) == [f"2: unknown key `{key}`; {said} (at /{key})"]
