"""Which route takes a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.dialect import routing
from fakejobs.dialect.routing import Match, Router, pattern

segments = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="/{}"), min_size=1, max_size=6)


def router(*texts: str) -> Router[str]:
    made: Router[str] = Router()
    for text in texts:
        made.add(pattern(text), text)
    return made


def taken(made: Router[str], method: str, path: str) -> tuple[str, dict[str, str]] | None:
    match = made.match(method, path)
    return None if match is None else (match.route, dict(match.arguments))


@given(segments, segments)
def test_a_hole_takes_one_segment_whatever_it_holds(literal: str, value: str) -> None:
    made = router(f"GET /{literal}/{{id}}")
    assert taken(made, "GET", f"/{literal}/{value}") == (f"GET /{literal}/{{id}}", {"id": value})
    for path in (f"/{literal}/{value}/x", f"/{literal}/", f"/{literal}", f"/x/{literal}/{value}"):
        assert taken(made, "GET", path) is None


@given(st.lists(segments, min_size=1, max_size=4))
def test_a_hole_with_dots_takes_all_that_is_left(parts: list[str]) -> None:
    rest = "/".join(parts)
    assert taken(router("GET /files/{path...}"), "GET", f"/files/{rest}") == (
        "GET /files/{path...}",
        {"path": rest},
    )


def test_a_hole_may_be_a_part_of_a_segment() -> None:
    made = router("GET /jobs/{id}.csv", "POST /jobs/{id}:cancel")
    assert taken(made, "GET", "/jobs/a.b.csv") == ("GET /jobs/{id}.csv", {"id": "a.b"})
    assert taken(made, "POST", "/jobs/7:cancel") == ("POST /jobs/{id}:cancel", {"id": "7"})
    assert taken(made, "GET", "/jobs/axcsv") is None


def test_the_first_that_was_added_wins() -> None:
    assert taken(router("GET /jobs/{id}", "GET /jobs/last"), "GET", "/jobs/last") == (
        "GET /jobs/{id}",
        {"id": "last"},
    )
    assert taken(router("GET /jobs/last", "GET /jobs/{id}"), "GET", "/jobs/last") == ("GET /jobs/last", {})


def test_head_is_taken_by_what_takes_get() -> None:
    made = router("GET /jobs", "POST /jobs")
    assert taken(made, "HEAD", "/jobs") == ("GET /jobs", {})
    assert taken(router("POST /jobs"), "HEAD", "/jobs") is None


def test_the_routes_on_a_path_are_told_whatever_their_method() -> None:
    made = router("GET /jobs/{id}", "POST /jobs", "DELETE /jobs/{id}")
    assert [str(each) for each, _ in made.on_path("/jobs/7")] == ["GET /jobs/{id}", "DELETE /jobs/{id}"]
    assert made.on_path("/elsewhere") == []


def test_the_nearest_are_the_likest_first_and_not_too_many() -> None:
    made = router("GET /v1/jobs/{id}/items", "GET /v1/jobs/{id}", "GET /v1/jobs", "POST /v2/exports")
    assert [str(each) for each in made.nearest("GET", "/v1/job")] == [
        "GET /v1/jobs",
        "GET /v1/jobs/{id}",
        "GET /v1/jobs/{id}/items",
    ]
    assert len(made.nearest("GET", "/", most=1)) == 1


def test_a_router_tells_its_patterns_and_routes_in_order() -> None:
    texts = ["GET /b", "GET /a"]
    assert [(str(each), route) for each, route in router(*texts)] == [(text, text) for text in texts]


def test_a_pattern_names_its_holes() -> None:
    assert pattern("GET /a/{b}/{c...}").holes == {"b", "c"}
    assert pattern("GET /a").holes == frozenset()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is not of the form"),
        ("/jobs", "is not of the form"),
        ("get /jobs", "is not of the form"),
        ("GET jobs", "is not of the form"),
        ("GET", "is not of the form"),
        ("GET /jobs/{id", "is not of the form"),
        ("GET /jobs/{7}", "is not of the form"),
        ("GET /jobs/id}", "is not of the form"),
        ("GET /jobs/{größe}", "is not of the form"),
        ("GET /a/{id}/b/{id}", "has two holes called `id`"),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        pattern(text)


def test_what_was_found_for_a_request_holds_until_another_route_is_added() -> None:
    made: Router[str] = Router([(pattern("GET /a"), "first")])
    assert made.match("GET", "/b") is None
    assert made.match("GET", "/a") is made.match("GET", "/a")
    made.add(pattern("GET /b"), "second")
    assert made.match("GET", "/b") == Match(route="second", arguments={})


def test_a_router_does_not_remember_every_request_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "MOST_FOUND", 2)
    made: Router[str] = Router([(pattern("GET /{id}"), "it")])
    for number in (1, 2, 3, 1):
        assert made.match("GET", f"/{number}") == Match(route="it", arguments={"id": str(number)})
