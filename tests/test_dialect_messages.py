"""Messages in the query string: packed in one parameter, or flat, a parameter for each value."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.commands import Ask
from fakejobs.dialect.fields import Field
from fakejobs.dialect.messages import read_message
from fakejobs.dialect.refusals import Refusal

PAGING = Field(kind="object", fields={"limit": Field(kind="integer"), "cursor": Field(kind="text")})
KEY = Field(kind="object", fields={"fieldName": Field(kind="text"), "order": Field(kind="text")})
FIELDS = {
    "query": Field(
        kind="object",
        fields={
            "cursorPaging": PAGING,
            "filter": Field(kind="any"),
            "sort": Field(kind="array", items=KEY),
            "deep": Field(kind="boolean"),
        },
    ),
    "tags": Field(kind="array", items=Field(kind="integer")),
    "rows": Field(kind="array"),
    "name": Field(kind="text"),
    "size": Field(kind="number"),
    "free": Field(kind="object"),
}


def read(query: dict[str, Any]) -> Any:
    texts = {name: (held,) if isinstance(held, str) else tuple(held) for name, held in query.items()}
    return read_message(FIELDS, ".r", Ask(method="GET", path="/", query=texts))


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, ensure_ascii=False).encode()).decode().rstrip("=")


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.booleans())
def test_what_is_packed_is_what_was_meant_with_or_without_padding(message: dict[str, Any], pads: bool) -> None:
    text = packed(message)
    assert read({".r": text + "=" * (-len(text) % 4) if pads else text}) == message


def test_what_is_packed_counts_alone() -> None:
    assert read({".r": packed({"name": "a"}), "name": "b", "size": "1"}) == {"name": "a"}
    assert read({".r": "", "name": "b"}) == {"name": "b"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not base64!", "must be unpadded base64url of JSON"),
        ("a", "must be unpadded base64url of JSON"),
        ("a+/b", "must be unpadded base64url of JSON"),
        (base64.urlsafe_b64encode(b"\xff\xfe").decode(), "must be unpadded base64url of JSON"),
        (base64.urlsafe_b64encode(b"{'a': 1}").decode(), "must be unpadded base64url of JSON"),
        (base64.urlsafe_b64encode(b"[" * 100_000).decode(), "must be unpadded base64url of JSON"),
        (packed([1]), "must be unpadded base64url of a JSON object"),
        (packed(None), "must be unpadded base64url of a JSON object"),
    ],
)
def test_what_is_packed_badly_is_refused_by_the_parameters_name(text: str, says: str) -> None:
    found = read({".r": text})
    assert isinstance(found, Refusal)
    assert (found.error, found.field, found.description) == ("bad_request", ".r", says)
    assert found.reason.startswith(f"the query parameter .r {says}")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, {}),
        ({"jobId": "7", "other.name": "a"}, {}),
        ({"name": "7", "size": "7", "free": "7"}, {"name": "7", "size": 7, "free": "7"}),
        ({"name": ["first", "second"]}, {"name": "first"}),
        ({"query.cursorPaging.limit": "5"}, {"query": {"cursorPaging": {"limit": 5}}}),
        ({"query.cursorPaging.limit": "-5"}, {"query": {"cursorPaging": {"limit": -5}}}),
        ({"query.cursorPaging.limit": "ten"}, {"query": {"cursorPaging": {"limit": "ten"}}}),
        ({"query.cursorPaging.limit": "9" * 20}, {"query": {"cursorPaging": {"limit": "9" * 20}}}),
        ({"query.deep": "true"}, {"query": {"deep": True}}),
        ({"query.deep": "yes"}, {"query": {"deep": "yes"}}),
        ({"query.unknown": "5"}, {"query": {"unknown": "5"}}),
        ({"query.filter.status": "FAILED"}, {"query": {"filter": {"status": "FAILED"}}}),
        ({"query.filter.startedAt.$gt": "2026"}, {"query": {"filter": {"startedAt": {"$gt": "2026"}}}}),
        ({"query.filter.id.$in": ["a", "b"]}, {"query": {"filter": {"id": {"$in": ["a", "b"]}}}}),
        ({"query.filter.id.$in": '["a"]'}, {"query": {"filter": {"id": {"$in": ["a"]}}}}),
        (
            {"query.filter.$or.0.id": "a", "query.filter.$or.1.id": "b"},
            {"query": {"filter": {"$or": [{"id": "a"}, {"id": "b"}]}}},
        ),
        ({"query.filter": '{"status": "FAILED"}'}, {"query": {"filter": {"status": "FAILED"}}}),
        ({"query.filter": '{"status'}, {"query": {"filter": '{"status'}}),
        ({"query.filter": "[" * 100_000}, {"query": {"filter": "[" * 100_000}}),
        (
            {"query.sort.fieldName": "id", "query.sort.order": "DESC"},
            {"query": {"sort": [{"fieldName": "id", "order": "DESC"}]}},
        ),
        (
            {"query.sort.0.fieldName": "id", "query.sort.1.fieldName": "name"},
            {"query": {"sort": [{"fieldName": "id"}, {"fieldName": "name"}]}},
        ),
        ({"query.sort": '{"fieldName": "id"}'}, {"query": {"sort": [{"fieldName": "id"}]}}),
        ({"tags": ["1", "2"]}, {"tags": [1, 2]}),
        ({"tags": "1"}, {"tags": [1]}),
        ({"tags": "[1, 2]"}, {"tags": [1, 2]}),
        ({"rows": "1"}, {"rows": ["1"]}),
        ({"rows.0": "1", "rows.1": "2"}, {"rows": ["1", "2"]}),
        ({"query": "7"}, {"query": "7"}),
    ],
)
def test_flat_texts_are_what_the_fields_of_the_message_make_of_them(query: dict[str, Any], message: Any) -> None:
    assert read(query) == message


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({"query": "{}", "query.filter": "{}"}, "query.filter", "must not stand beside a value of what it is part of"),
        ({"query.filter": "{}", "query": "{}"}, "query", "must not stand beside a value of what it is part of"),
        ({"query" + ".a" * 50: "x"}, ("query" + ".a" * 50)[:80], "must not have more than 50 parts"),
    ],
)
def test_flat_names_that_contradict_each_other_or_go_too_deep_are_refused(
    query: dict[str, Any], field: str, says: str
) -> None:
    found = read(query)
    assert isinstance(found, Refusal)
    assert (found.error, found.field, found.description) == ("bad_request", field, says)
