"""Answering as a dialect does."""

from __future__ import annotations

import json
from typing import Any

import acme
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.commands import Ask, Look, Principal, Reply, View
from fakejobs.dialect.credentials import Refusal
from fakejobs.dialect.model import Dialect, ReplyTemplate
from fakejobs.dialect.paging import place
from fakejobs.dialect.reading import Reading, cursor_scope
from fakejobs.dialect.replies import answer, document, encoded, refusal, render
from fakejobs.dialect.templates import Language, Scope
from fakejobs.lifecycle import Script, Step, begin

DIALECT = acme.made()
SCRIPT = Script(steps=(Step(state="ready", phase="succeeded"),))
WHO = Principal(tenant="shop", credential="token")
ROWS = tuple({"success": number % 3 != 0} for number in range(7))


def view(id: str = "7", **more: Any) -> View:
    return View(dialect="acme-exports", id=id, tenant="shop", script=SCRIPT, position=begin(SCRIPT, 5_000), **more)


def asked(operation: str, *views: View, dialect: Dialect = DIALECT, who: Principal | None = WHO, **more: Any) -> Reply:
    route = next(each for each in dialect.routes if each.operation == operation)
    values: dict[str, Any] = dict.fromkeys(("after", "ok", "only", "urgent")) | {"limit": 2}
    found = Reading(
        route=route,
        command=Look(id="7"),
        principal=who,
        arguments={"id": "7"},
        values=values | more.pop("values", {}),
        at=more.pop("at", None),
    )
    ask = Ask(method="GET", path="/", base="http://acme", at=9_000)
    return answer(dialect, found, views, ask, more.pop("options", {}))


def body(reply: Reply) -> Any:
    return json.loads(reply.body)


# ---------------------------------------------------------------------- values on the wire


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_json_goes_over_the_wire_as_utf_8_and_reads_back(value: Any) -> None:
    assert json.loads(encoded(value)) == value


def test_json_goes_over_the_wire_without_white_space_and_a_lone_surrogate_is_no_crash() -> None:
    assert encoded({"a": [1, "ä"]}) == '{"a":[1,"ä"]}'.encode()
    assert encoded("\ud800") == b'"\xed\xa0\x80"'


def template(**parts: Any) -> ReplyTemplate:
    language = Language(time="epoch")
    headers = tuple((name, language.compile(value)) for name, value in parts.pop("headers", {}).items())
    body, text = (language.compile(parts[part]) if part in parts else None for part in ("body", "text"))
    return ReplyTemplate(headers=headers, body=body, text=text)


def test_a_body_is_json_unless_the_reply_says_what_it_is() -> None:
    assert render(template(body={"a": "${b}"}), Scope({"b": 1})) == Reply(
        headers=(("Content-Type", "application/json"),), body=b'{"a":1}'
    )
    own = render(template(body={}, headers={"content-type": "application/problem+json"}), Scope({}))
    assert own.headers == (("content-type", "application/problem+json"),)


def test_a_text_is_sent_as_it_stands() -> None:
    assert render(template(text="ä ${b}"), Scope({"b": None})) == Reply(body="ä ".encode())
    assert render(template(text="${b}"), Scope({"b": None})).body == b""
    assert render(template(text="${b}"), Scope({"b": "\ud800"})).body == b"\xed\xa0\x80"


def test_a_header_is_a_text_and_is_left_out_where_there_is_nothing_to_say() -> None:
    made = template(headers={"A": "${a}", "B": "${b}", "C": "x${b}"})
    assert render(made, Scope({"a": 3})) == Reply(headers=(("A", "3"), ("C", "x")))


# ---------------------------------------------------------------------- answers


def test_a_look_shows_the_job_to_who_asked() -> None:
    found = body(asked("get-export", view()))
    assert found["for"] == "shop"
    assert (found["export"]["id"], found["export"]["status"], found["export"]["createdAt"]) == ("7", "ready", 5)
    assert found["export"]["url"] == "http://acme/files/7.csv"


def test_options_change_what_is_shown() -> None:
    assert "self" not in body(asked("get-export", view()))["export"]
    assert body(asked("get-export", view(), options={"links": True}))["export"]["self"] == "http://acme/v2/exports/7"


def test_a_list_shows_all_jobs_and_bodies_are_laid_over_each() -> None:
    found = body(asked("list-exports", view("1"), view("2", overlays=({"progress": 50},))))
    assert [(each["id"], each["progress"]) for each in found["items"]] == [("1", 100), ("2", 50)]
    assert body(asked("list-exports"))["items"] == []


def test_a_create_says_where_the_job_stands_and_how_long_to_wait_where_that_is_given() -> None:
    reply = asked("create-export", view())
    assert reply.status == 202
    assert reply.headers == (("Content-Type", "application/json"), ("Location", "http://acme/v2/exports/7"))
    assert ("Retry-After", "3") in asked("create-export", view(given={"wait": 3})).headers


def test_a_public_reply_speaks_to_nobody() -> None:
    assert asked("download", view(), who=None) == Reply(headers=(("Content-Type", "text/csv"),), body=b"id\n")
    assert body(asked("get-export", view(), who=None))["for"] is None


def test_a_job_has_one_document_whoever_puts_it_into_a_reply() -> None:
    shown = document(DIALECT, view(), WHO, "http://acme", {})
    assert shown == body(asked("get-export", view()))["export"]


# ---------------------------------------------------------------------- rows


def page(**more: Any) -> Any:
    return body(asked("list-lines", view(collections={"lines": ROWS}), **more))


def test_a_page_tells_its_items_how_many_they_are_and_where_the_next_begins() -> None:
    first = page()
    assert [each["n"] for each in first["items"]] == [0, 1]
    assert first["count"] == 2
    assert "previous" not in first
    assert "next" in first
    assert page(values={"limit": 10})["count"] == 7
    assert page(values={"limit": 10}).keys() == {"items", "count"}


def test_a_walk_by_the_cursors_of_the_replies_shows_each_item_once() -> None:
    route = next(each for each in DIALECT.routes if each.operation == "list-lines")
    for who, tenant in ((WHO, "shop"), (None, "")):
        scope = cursor_scope(DIALECT, route, tenant, {"id": "7"})
        found = page(who=who)
        shown = [each["n"] for each in found["items"]]
        while "next" in found:
            found = page(who=who, at=place(scope, found["next"]))
            assert place(scope, found["previous"])
            shown += [each["n"] for each in found["items"]]
        assert shown == list(range(7))


def test_a_filter_shows_the_items_that_cover_what_its_value_matches() -> None:
    for values, numbers in (
        ({"ok": True}, [1, 2, 4, 5]),
        ({"ok": False}, [0, 3, 6]),
        ({"only": "bad"}, [0, 3, 6]),
        ({"only": "all"}, list(range(7))),
        ({"only": "bad", "ok": True}, []),
    ):
        assert [each["n"] for each in page(values={"limit": 10, **values})["items"]] == numbers


# ---------------------------------------------------------------------- refusals


def test_a_refusal_is_the_vendors_error_with_what_was_wrong() -> None:
    ask = Ask(method="GET", path="/", at=9_000)
    refused = Refusal(error="bad_request", reason="for the test", field="limit", description="must be an integer")
    reply = refusal(DIALECT, refused, ask)
    assert (reply.status, body(reply)) == (400, {"error": {"field": "limit", "text": "must be an integer"}})
    assert b"for the test" not in reply.body
    missing = refusal(DIALECT, Refusal(error="not_found", reason=""), ask)
    assert missing == Reply(status=404, headers=(("Content-Type", "application/problem+json"),), body=b'{"at":9}')
    wrong = refusal(DIALECT, Refusal(error="method_not_allowed", reason=""), ask, "GET, HEAD")
    assert wrong == Reply(status=405, headers=(("Allow", "GET, HEAD"),))
