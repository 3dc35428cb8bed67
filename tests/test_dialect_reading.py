"""Reading a request: into a command, or into the refusal that the vendor would send."""

from __future__ import annotations

import json
from typing import Any

import acme
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.commands import Ask, Create, List, Look
from fakejobs.dialect.credentials import Refusal, identify
from fakejobs.dialect.directory import Directory, Holder
from fakejobs.dialect.model import Dialect
from fakejobs.dialect.paging import Place, cursor
from fakejobs.dialect.reading import Reading, accepts, asked_of, cursor_scope, read

DIALECT = acme.made()
PEOPLE = Directory()
PEOPLE.add(
    [
        Holder(tenant="shop", keys={"token": "Bearer shop"}),
        Holder(tenant="reader", keys={"token": "Bearer reader"}, scopes=frozenset({"read"})),
        Holder(tenant="nobody", keys={"token": "Bearer nobody"}, scopes=frozenset()),
    ]
)


def reading(
    operation: str,
    dialect: Dialect = DIALECT,
    who: str | None = "shop",
    method: str = "GET",
    query: dict[str, str] | None = None,
    **more: Any,
) -> Reading | Refusal:
    route = next(each for each in dialect.routes if each.operation == operation)
    headers = more.pop("headers", {}) | ({} if who is None else {"authorization": f"Bearer {who}"})
    arguments = {"id": "7"} if "{id}" in route.patterns[0].text else {}
    values = {name: (value,) for name, value in (query or {}).items()}
    ask = Ask(method=method, path="/", headers=headers, query=values, **more)
    return read(dialect, route, arguments, ask, identify(dialect.credentials, ask, PEOPLE))


def understood(operation: str, **more: Any) -> Reading:
    found = reading(operation, **more)
    assert isinstance(found, Reading), found
    return found


def refused(operation: str, **more: Any) -> Refusal:
    found = reading(operation, **more)
    assert isinstance(found, Refusal)
    return found


# ---------------------------------------------------------------------- commands


@pytest.mark.parametrize(
    ("operation", "method", "counts"),
    [
        ("get-export", "GET", True),
        ("get-export", "HEAD", False),
        ("download", "GET", False),
        ("list-lines", "GET", False),
    ],
)
def test_a_look_counts_as_a_poll_if_it_gets_the_job_itself(operation: str, method: str, counts: bool) -> None:
    assert understood(operation, method=method).command == Look(id="7", counts=counts)


def test_a_list_is_a_list() -> None:
    assert understood("list-exports").command == List()


def test_a_create_tells_what_the_request_said_and_mints_ids_of_the_dialects_shape() -> None:
    found = understood("create-export", method="POST", body=b'{"a": 1}', query={"urgent": "true"})
    assert isinstance(found.command, Create)
    assert found.command.facts == {
        "operation": "create-export",
        "kind": "export",
        "path": {},
        "query": {"urgent": True},
        "body": {"a": 1},
        "tenant": "shop",
        "app": None,
    }
    minted = found.command.mint("seed")
    assert minted == found.command.mint("seed") != found.command.mint("other")
    assert len(minted) == 12


# ---------------------------------------------------------------------- who asks


def test_who_asks_has_to_say_so_but_for_a_public_route() -> None:
    assert refused("get-export", who=None).error == "unauthorized"
    assert refused("get-export", who="stranger").error == "unauthorized"
    assert understood("download", who=None).principal is None
    found = understood("download", who="shop").principal
    assert found is not None
    assert found.tenant == "shop"


def test_a_credential_has_to_carry_the_scopes_of_the_route_unless_it_carries_all() -> None:
    assert understood("get-export", who="reader")
    assert understood("list-exports", who="shop")
    assert refused("get-export", who="nobody") == Refusal(
        error="forbidden", reason="needs the scope read; the credential carries none"
    )
    assert refused("list-exports", who="reader") == Refusal(
        error="forbidden", reason="needs the scope list and read; the credential carries read"
    )
    either = acme.made(lambda file: file["routes"][1].update(scopes=["read", "see"]))
    assert understood("get-export", dialect=either, who="reader")
    assert "needs the scope read or see" in refused("get-export", dialect=either, who="nobody").reason


def test_what_is_too_large_or_not_acceptable_is_refused_before_anybody_asks_who() -> None:
    assert refused("get-export", who=None, body_refused=True).error == "too_large"
    particular = acme.made(lambda file: file.update(accept="application/json"))
    found = refused("get-export", who=None, dialect=particular, headers={"accept": "text/html"})
    assert found == Refusal(error="not_acceptable", reason="Accept: text/html does not take application/json")
    assert understood("get-export", dialect=particular, headers={"accept": "*/*"})


# ---------------------------------------------------------------------- bodies


def test_a_body_is_ignored_optional_or_required_as_the_route_says() -> None:
    required = acme.made(lambda file: file["routes"][0].update(body="required"))
    assert understood("get-export", body=b"nonsense").body is None
    assert understood("create-export", body=b" \n").body is None
    assert understood("create-export", body=b'{"a": null}').body == {"a": None}
    assert understood("create-export", dialect=required, body=b"{}").body == {}
    empty = refused("create-export", dialect=required, body=b" ")
    assert empty == Refusal(
        error="bad_request", reason="the body is empty", description="must be a JSON object", field="body"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "the body is not JSON (Expecting"),
        (b'{"a": NaN}', "the body is not JSON (NaN is not JSON)"),
        (b'"\xff"', "the body is not JSON ("),
        (b"[1]", "the body is JSON, but not an object"),
        (b"null", "the body is JSON, but not an object"),
        pytest.param(b"[" * 100_000, "the body is not JSON (", id="deep"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes, reason: str) -> None:
    found = refused("create-export", body=body)
    assert (found.error, found.field, found.description) == ("bad_request", "body", "must be a JSON object")
    assert found.reason.startswith(reason)


def test_a_query_parameter_that_is_wrong_is_refused() -> None:
    assert refused("create-export", query={"urgent": "very"}).field == "urgent"


# ---------------------------------------------------------------------- cursors


def given_out(who: str = "shop", **query: str) -> str:
    found = understood("list-lines", who=who, query=query)
    scope = cursor_scope(DIALECT, found.route, who, found.arguments)
    return cursor(scope, Place(number=3), {name: found.values[name] for name in ("ok", "only")})


@pytest.mark.parametrize(
    ("first", "then", "ok"),
    [
        ({}, {}, None),
        ({"limit": "1"}, {"limit": "9"}, None),
        ({"ok": "true"}, {"ok": "true"}, True),
        ({"ok": "true"}, {}, True),
    ],
)
def test_a_cursor_is_taken_alone_or_with_its_own_filter_whatever_the_limit(
    first: dict[str, str], then: dict[str, str], ok: bool | None
) -> None:
    assert understood("list-lines").at is None
    found = understood("list-lines", query={"after": given_out(**first), **then})
    assert found.at is not None
    assert (found.at.number, found.values["ok"]) == (3, ok)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (given_out(), {"ok": "true"}),
        (given_out(ok="true"), {"ok": "false"}),
        (given_out(ok="false"), {"ok": "true"}),
        (given_out(who="reader"), {}),
        ("made-up", {}),
    ],
)
def test_a_cursor_of_somebody_else_of_another_filter_or_made_up_is_refused(text: str, query: dict[str, str]) -> None:
    found = refused("list-lines", query={"after": text, **query})
    assert (found.error, found.field) == ("bad_cursor", "after")


def test_a_public_row_gives_out_cursors_of_nobody() -> None:
    public = acme.made(lambda file: file["routes"][3].update(public=True))
    found = understood("list-lines", dialect=public, who=None)
    text = cursor(cursor_scope(public, found.route, "", found.arguments), Place(number=1))
    assert understood("list-lines", dialect=public, who=None, query={"after": text}).at == Place(number=1)


# ---------------------------------------------------------------------- what a fault may wait for


def asked(operation: str, who: str | None = "shop", query: dict[str, str] | None = None, body: bytes = b"") -> Any:
    route = next(each for each in DIALECT.routes if each.operation == operation)
    headers = {} if who is None else {"authorization": f"Bearer {who}"}
    values = {name: (value,) for name, value in (query or {}).items()}
    ask = Ask(method="POST", path="/", headers=headers, query=values, body=body, body_refused=body == b"much")
    return asked_of(route, {"id": "7"}, ask, identify(DIALECT.credentials, ask, PEOPLE))


def test_a_fault_may_wait_for_all_that_a_request_says() -> None:
    assert asked("create-export", body=b'{"a": 1}') == {
        "path": {"id": "7"},
        "query": {"urgent": None},
        "body": {"a": 1},
        "tenant": "shop",
        "app": None,
    }
    assert asked("list-lines", query={"limit": "2"})["query"]["limit"] == 2


def test_a_request_that_the_vendor_refuses_is_read_as_far_as_it_goes() -> None:
    assert asked("create-export", body=b"{")["body"] is None
    assert asked("create-export", body=b"much")["body"] is None
    assert asked("list-lines", query={"limit": "all"})["query"] == {}
    assert asked("get-export", who=None)["tenant"] is None
    assert asked("get-export", body=b"{}")["body"] is None


# ---------------------------------------------------------------------- Accept


@pytest.mark.parametrize(
    ("header", "does"),
    [
        (None, True),
        ("", True),
        ("  ", True),
        ("*/*", True),
        ("application/*", True),
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/html, application/json;q=0.1", True),
        ("text/html", False),
        ("text/*", False),
        ("application/xml", False),
        ("application/json;q=0", False),
        ("application/json; Q = 0.000", False),
        ("application/json;q=0.", False),
        ("application/json;q=0.001", True),
        ("*/*, application/json;q=0", False),
        ("application/json;q=0, */*;q=1", False),
        ("application/*;q=0, */*", False),
        ("*/*;q=0, application/json", True),
        ("*/*;q=0, application/*;q=0, application/json;q=0.5", True),
        ("application/*, */*;q=0", True),
        (",;,", False),
    ],
)
def test_an_accept_header_takes_a_type_by_its_most_particular_entry(header: str | None, does: bool) -> None:
    assert accepts(header, "application/json") is does


entries = st.sampled_from(["*/*", "application/*", "application/json", "text/html"])
weights = st.sampled_from(["", ";q=0", ";q=1", ";q=0.5"])


@given(st.lists(st.tuples(entries, weights), unique_by=lambda each: each[0], min_size=1))
def test_the_order_of_the_entries_does_not_matter(row: list[tuple[str, str]]) -> None:
    forwards, backwards = (", ".join(map("".join, way)) for way in (row, row[::-1]))
    assert accepts(forwards, "application/json") == accepts(backwards, "application/json")
    said = dict(row)
    first = next((said[name] for name in ("application/json", "application/*", "*/*") if name in said), ";q=0")
    assert accepts(forwards, "application/json") == (first != ";q=0")


@given(st.text())
def test_no_accept_header_is_a_crash(text: str) -> None:
    assert accepts(text, "application/json") in (True, False)


def test_the_scope_of_a_cursor_is_plain_text() -> None:
    found = understood("list-lines", query={"ok": "true"})
    scope = cursor_scope(DIALECT, found.route, "shop", found.arguments)
    assert scope[:3] == ("acme-exports", "list-lines", "shop")
    assert [json.loads(part) for part in scope[3:]] == [{"id": "7"}]
