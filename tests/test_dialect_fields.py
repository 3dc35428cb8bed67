"""What the body of a request has to hold."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs.dialect.fields import compiled_field, refused_field
from fakejobs.dialect.refusals import Refusal

SHAPES = {
    "place": {"kind": "object", "any": ["path", "directory"], "fields": {"path": {"kind": "text", "pattern": "^/"}}}
}
ENTRIES: dict[str, dict[str, Any]] = {
    "name": {"kind": "text", "required": True, "values": ["a", "b"]},
    "size": {"kind": "number", "least": 2},
    "count": {"kind": "integer"},
    "flag": {"kind": "boolean"},
    "place": {"is": "place"},
    "must": {"is": "place", "fields": {"path": {"kind": "text", "required": True}}},
    "rows": {"kind": "array", "least": 1, "items": {"is": "place"}},
    "headers": {"kind": "object", "items": {"kind": "text"}},
    "code": {"kind": "text", "least": 2, "most": 3},
    "few": {"kind": "array", "most": 2},
    "page": {"kind": "integer", "most": 100},
    "kind": {"kind": "object", "one": ["a", "b"], "either": ["x", "y"], "fields": {"a": {"kind": "boolean"}}},
    "free": {"kind": "any"},
}
FIELDS = {name: compiled_field(entry, SHAPES) for name, entry in ENTRIES.items()}


@pytest.mark.parametrize(
    ("body", "error", "field", "description"),
    [
        ({}, "missing_field", "name", "must be given"),
        ({"name": None}, "missing_field", "name", "must be given"),
        ({"name": 7}, "bad_request", "name", "must be a text"),
        ({"name": "c"}, "bad_request", "name", "must be one of a, b"),
        ({"name": "a", "size": "1"}, "bad_request", "size", "must be a number"),
        ({"name": "a", "size": True}, "bad_request", "size", "must be a number"),
        ({"name": "a", "size": 1.5}, "bad_request", "size", "must be at least 2"),
        ({"name": "a", "count": 1.5}, "bad_request", "count", "must be an integer"),
        ({"name": "a", "flag": 1}, "bad_request", "flag", "must be a boolean"),
        ({"name": "a", "place": []}, "bad_request", "place", "must be an object"),
        ({"name": "a", "place": {}}, "missing_field", "place.path", "must be given"),
        ({"name": "a", "place": {"path": "a"}}, "bad_request", "place.path", "must be a text like ^/"),
        ({"name": "a", "must": {"directory": "/a"}}, "missing_field", "must.path", "must be given"),
        ({"name": "a", "rows": {}}, "bad_request", "rows", "must be an array"),
        ({"name": "a", "rows": []}, "bad_request", "rows", "must have at least 1"),
        ({"name": "a", "rows": [{"path": "/a"}, {"path": 7}]}, "bad_request", "rows.1.path", "must be a text"),
        ({"name": "a", "headers": {"X": 1}}, "bad_request", "headers.X", "must be a text"),
        ({"name": "a", "code": "a"}, "bad_request", "code", "must have at least 2 characters"),
        ({"name": "a", "code": "aaaa"}, "bad_request", "code", "must have at most 3 characters"),
        ({"name": "a", "few": [1, 2, 3]}, "bad_request", "few", "must have at most 2"),
        ({"name": "a", "page": 101}, "bad_request", "page", "must be at most 100"),
        ({"name": "a", "kind": {"c": 1}}, "missing_field", "kind.a", "must be given"),
        ({"name": "a", "kind": {"a": True, "b": 1}}, "bad_request", "kind.b", "must not stand beside a"),
        ({"name": "a", "kind": {"a": True, "x": 1, "y": 1}}, "bad_request", "kind.y", "must not stand beside x"),
    ],
)
def test_the_first_field_that_is_wrong_is_refused_by_its_name(
    body: Any, error: str, field: str, description: str
) -> None:
    refused = refused_field(FIELDS, body)
    assert isinstance(refused, Refusal)
    assert (refused.error, refused.field, refused.description) == (error, field, description)
    assert field in refused.reason


def test_what_has_all_that_is_asked_for_is_taken_with_whatever_else_it_has() -> None:
    body = {
        "name": "a", "size": 2, "count": 0, "flag": False, "place": {"directory": "x"}, "must": {"path": "a"},
        "rows": [{"path": "/"}], "headers": {"A": "b"}, "more": object(), "code": "aaa", "few": [1, 2], "page": 100,
        "kind": {"b": 1, "a": None, "y": 1}, "free": object(),
    }  # fmt: skip
    assert refused_field(FIELDS, body) is None


def test_of_some_fields_of_the_body_itself_only_one_may_be_there() -> None:
    either = ("size", "count")
    refused = refused_field(FIELDS, {"name": "a", "size": 2, "count": 1}, either)
    assert isinstance(refused, Refusal)
    assert (refused.field, refused.description) == ("count", "must not stand beside size")
    assert refused_field(FIELDS, {"name": "a", "size": None, "count": 1}, either) is None
