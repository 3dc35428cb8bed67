"""Idempotency keys: what becomes of a creation that was asked for before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import acme
import pytest
import requests
from asking import ask as ask_over_a_socket
from hypothesis import given
from hypothesis import strategies as st
from playing import START, conversio, wix
from werkzeug.test import Client, TestResponse

from fakejobs import FakeJobs, UsageError
from fakejobs.commands import Ask, Create, Principal, Reply
from fakejobs.dialect.loader import dialect
from fakejobs.dialect.reading import Reading
from fakejobs.idempotency import Asked, Keys, Made
from fakejobs.scenario.model import Idempotency
from fakejobs.scenario.search import Search
from fakejobs.transports import RequestsAdapter

KEY = {"Idempotency-Key": "k-1"}
UPDATE = "/stores/v3/bulk/products/update-by-filter"
CREATOR = next(route for route in dialect("wix-async-jobs").routes if route.do == "create")


def fake_with(rule: dict[str, Any] | None = None, **more: Any) -> FakeJobs:
    return FakeJobs().play(conversio(idempotency={} if rule is None else rule, **more))


def export(fake: FakeJobs, what: str = "n-1", tenant: str | None = None, **more: Any) -> TestResponse:
    """The reply to the start of an export, with the key `k-1` if no other headers are given."""
    headers = {**fake.credentials(tenant), **more.pop("headers", KEY)}
    return Client(fake.app).post(f"/api/v1/newsletters/{what}/recipients/async-export", headers=headers, **more)


def bytes_of(reply: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    return reply.status_code, [pair for pair in reply.headers if pair[0] != "Date"], reply.data


def update(fake: FakeJobs, body: Any, key: str | None) -> TestResponse:
    """The reply to a bulk update with a body, and with a key or without."""
    headers = fake.credentials() | ({} if key is None else {"Idempotency-Key": key})
    return Client(fake.app).post(UPDATE, headers=headers, json=body)


# ------------------------------------------------------------------ the laws

ROWS = st.lists(
    st.tuples(st.sampled_from(["k-1", "k-2", None]), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=12
)
DOES = st.sampled_from(["replay", "refuse", "ignore"])


@given(ROWS)
def test_any_row_of_requests_makes_one_job_a_key_and_content_and_gets_the_same_bytes_for_it(
    row: list[tuple[str | None, int, int]],
) -> None:
    fake = FakeJobs().play(conversio(idempotency={"other": "ignore"}))
    first: dict[tuple[str, int], Any] = {}
    without = 0
    for key, number, pause in row:
        fake.clock.advance(seconds=pause)
        reply = bytes_of(export(fake, f"n-{number}", headers={} if key is None else {"Idempotency-Key": key}))
        assert reply[0] == 201
        if key is None:
            without += 1
        else:
            assert first.setdefault((key, number), reply) == reply
    assert len(fake.jobs) == len(first) + without


@given(DOES, DOES, st.none() | st.integers(1, 8), ROWS)
def test_each_request_is_taken_as_the_scenario_says_of_its_key(
    same: Any, other: Any, keeps: int | None, row: list[tuple[str | None, int, int]]
) -> None:
    """The law, naively: what is known of a key is a row of (content, instant, job), the newest of a content counts."""
    span = {} if keeps is None else {"keeps": {"seconds": keeps}}
    fake = FakeJobs().play(conversio(idempotency={"same": same, "other": other, **span}))
    known: dict[str, dict[int, tuple[int, str]]] = {}
    now = 0
    for key, number, pause in row:
        fake.clock.advance(seconds=pause)
        now += pause
        before = len(fake.jobs)
        reply = export(fake, f"n-{number}", headers={} if key is None else {"Idempotency-Key": key})
        held = {each: made for each, made in known.get(key or "", {}).items() if keeps is None or now < made[0] + keeps}
        does, job = "carry out", ""
        if key is not None and number in held:
            does, job = same, held[number][1]
        elif key is not None and held:
            does, job = other, next(iter(held.values()))[1]
        made = len(fake.jobs) - before
        if does == "replay":
            assert (reply.status_code, made, reply.json["data"]["id"]) == (201, 0, job)  # type: ignore[index]
        elif does == "refuse":
            assert (reply.status_code, made, reply.data) == (409, 0, b"{}")
        else:
            assert (reply.status_code, made) == (201, 1)
            if key is not None:
                known[key] = {**held, number: (now, fake.jobs[-1].id)}


# ------------------------------------------------------------------ what is the same


def test_the_reply_comes_again_byte_for_byte_but_for_the_date() -> None:
    fake = fake_with()
    first = ask_over_a_socket(fake, "POST", "/api/v1/segments/s-1/async-export", fake.credentials() | KEY)
    fake.clock.advance(hours=1)
    again = ask_over_a_socket(fake, "POST", "/api/v1/segments/s-1/async-export", fake.credentials() | KEY)
    assert first.without_date() == again.without_date()
    assert dict(first.headers)["Date"] != dict(again.headers)["Date"]
    assert fake.exactly_one_job(operation="export-segment").id == first.json["data"]["id"]
    fake.close()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": None}, {}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
    ],
)
def test_bodies_are_the_same_that_are_the_same_json(one: Any, other: Any, is_same: bool) -> None:
    fake = FakeJobs().play(wix(idempotency={}))
    bodies = [{"filter": each, "product": {}} for each in (one, other)]
    assert [update(fake, body, "k").status_code for body in bodies] == [200, 200 if is_same else 409]
    assert len(fake.jobs) == 1


def test_a_body_that_nothing_reads_is_the_same_if_it_is_so_to_the_byte() -> None:
    fake = fake_with()
    bodies = [b"", b"", b"{}"]
    assert [export(fake, data=body).status_code for body in bodies] == [201, 201, 409]


def test_a_body_that_is_nested_too_deeply_to_be_compared_is_the_same_if_it_is_so_to_the_byte() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    keys = Keys(Idempotency(header="Key", same="replay", other="refuse", keeps=None))
    command = Create(facts={}, mint=str)

    def content(body: bytes) -> str:
        reading = Reading(CREATOR, command, Principal(tenant="a"), {}, {}, deep)
        asked = keys.asked(reading, Ask(method="POST", path="/", headers={"key": "k"}, body=body))
        assert asked is not None
        return asked.content

    assert content(b"one") == content(b"one") != content(b"other")


def test_a_key_is_of_a_tenant_and_of_an_operation() -> None:
    fake = fake_with(tenants={"shop-a": {"apps": {"app-1": {}}}, "shop-b": {}})
    assert export(fake, tenant="shop-a").json != export(fake, tenant="shop-b").json
    path = "/api/v1/segments/s-1/async-export"
    assert Client(fake.app).post(path, headers=fake.credentials("shop-a") | KEY).status_code == 201
    assert len(fake.jobs) == 3
    app = fake.credentials("shop-a", "app-1") | KEY
    assert Client(fake.app).post(path, headers=app).status_code == 201
    assert len(fake.jobs) == 3


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}, {"Idempotency-Key": "  "}, {"X-Key": "k"}])
def test_a_request_without_a_key_is_one_more(headers: dict[str, str]) -> None:
    fake = fake_with()
    assert [export(fake, headers=headers).status_code for _ in range(2)] == [201, 201]
    assert len(fake.jobs) == 2


def test_the_header_is_what_the_scenario_calls_it_in_whatever_case() -> None:
    fake = fake_with({"header": "X-Request-Id"})
    for name in ("X-Request-Id", "x-request-id"):
        assert export(fake, headers={name: "k"}).status_code == 201
    assert len(fake.jobs) == 1


def test_what_creates_nothing_takes_no_key() -> None:
    fake = fake_with()
    headers = fake.credentials() | KEY
    assert [Client(fake.app).get("/api/v1/async-jobs", headers=headers).status_code for _ in range(2)] == [200, 200]
    assert fake.world.keys["conversio"].repeated(Asked("default", "list-async-jobs", "k-1", ""), START) is None


# ------------------------------------------------------------------ what goes wrong beside it


def test_a_reply_that_was_lost_comes_again_and_made_one_job() -> None:
    fake = fake_with(faults=[{"on": "create", "times": 2, "fault": {"status": 202, "body": "lost"}}])
    assert [export(fake).data for _ in range(2)] == [b"lost"] * 2
    assert len(fake.jobs) == 0  # a fault with a status answers in place of it
    lost = fake_with(faults=[{"on": "create", "times": 2, "fault": {"body": "lost", "headers": {"X": "y"}}}])
    assert [export(lost).data for _ in range(2)] == [b"lost"] * 2
    reply = export(lost)
    assert reply.json["data"]["id"] == lost.exactly_one_job().id  # type: ignore[index]
    assert "X" not in reply.headers
    assert lost.journal[1].reason.startswith("fault at /faults/0: another body, X: y; replayed: Idempotency-Key k-1")
    lost.check()


def test_a_client_that_lost_the_reply_with_its_connection_asks_again_and_has_one_job() -> None:
    fake = fake_with(faults=[{"on": "create", "fault": {"connection": "reset"}}])
    url = "https://vendor.example/api/v1/segments/s-1/async-export"
    with requests.Session() as session:
        session.mount("https://vendor.example", RequestsAdapter(fake))
        with pytest.raises(requests.ConnectionError):
            session.post(url, auth=fake.auth(), headers=KEY)
        assert len(fake.jobs) == 1
        reply = session.post(url, auth=fake.auth(), headers=KEY)
    assert reply.json()["data"]["id"] == fake.exactly_one_job().id
    assert fake.jobs[0].seen == ["pending"]
    fake.check()


def test_a_request_that_was_refused_keeps_no_key() -> None:
    fake = FakeJobs().play(wix(idempotency={}, faults=[{"on": "create", "fault": {"status": 503}}]))
    assert update(fake, {"filter": {}, "product": {}}, "k").status_code == 503
    assert update(fake, {}, "k").status_code in (200, 400)
    assert Client(fake.app).post(UPDATE, headers=fake.credentials() | KEY, data=b"no").status_code == 400
    assert update(fake, {"filter": {}, "product": {}}, "k-1").status_code == 200


def test_a_creation_that_no_submission_takes_keeps_no_key() -> None:
    submissions = [{"when": {"path": {"newsletter": "n-2"}}, "steps": [{"state": "queued"}]}]
    fake = fake_with(submissions=submissions)
    assert [export(fake, what).status_code for what in ("n-1", "n-2", "n-2")] == [501, 201, 201]
    assert (len(fake.jobs), fake.world.submissions[0].taken) == (1, 1)


def test_a_vendor_s_own_conflict_is_what_it_says(tmp_path: Path) -> None:
    acme.write(tmp_path, lambda value: value["errors"].update(conflict=acme.error(422)))
    fake = FakeJobs(search=Search(dialects=(tmp_path,))).play({"dialect": "acme-exports", "idempotency": {}})
    client, headers = Client(fake.app), fake.credentials() | KEY
    assert [client.post("/v2/exports", headers=headers, json=body).status_code for body in ({}, {"n": 1})] == [202, 422]
    told = {"field": "Idempotency-Key", "text": "was sent before, and made a job then"}
    assert fake.journal[-1].response.json() == {"error": told}


# ------------------------------------------------------------------ what is told


@pytest.mark.parametrize(
    ("does", "verb", "shown"), [("replay", "replayed", 1), ("refuse", "refused", 0), ("ignore", "ignored", 1)]
)
def test_the_journal_says_what_became_of_a_key_and_when_it_was_first_sent(does: str, verb: str, shown: int) -> None:
    fake = fake_with({"same": does, "other": does})
    fake.clock.advance(seconds=3)
    export(fake)
    id = fake.jobs[0].id
    fake.clock.advance(seconds=4)
    export(fake)
    export(fake, "n-2")
    one, again, other = fake.journal
    assert one.reason == ""
    assert again.reason == f"{verb}: Idempotency-Key k-1 made job {id} at +3s"
    told = id if does != "ignore" else fake.jobs[1].id
    again_at = "+3s" if does != "ignore" else "+7s"
    assert other.reason == f"{verb}: Idempotency-Key k-1 made job {told} at {again_at} of another request"
    assert again.reason in " ".join(fake.timeline().split())
    if does == "replay":
        assert (again.job, again.state, again.step) == (other.job, other.state, other.step) == (id, "queued", 0)
    if does == "refuse":
        assert (again.job, again.state) == (None, None)


def test_keys_that_came_after_a_snapshot_are_not_known_when_it_is_restored() -> None:
    fake = fake_with()
    first = export(fake, headers={"Idempotency-Key": "before"}).json
    then = fake.snapshot()
    for _ in range(2):
        fake.restore(then)
        assert export(fake, headers={"Idempotency-Key": "before"}).json == first
        assert len(fake.jobs) == 1
        assert export(fake).status_code == export(fake).status_code == 201
        assert len(fake.jobs) == 2


def test_scenarios_that_are_played_together_agree_on_it() -> None:
    fake = fake_with({"same": "replay"}).play(conversio()).play(conversio(idempotency={"other": "refuse"}))
    message = (
        r"its `idempotency` \(Idempotency-Key: refuse the same, refuse another, known for 1d\) is another than that of "
        r"what is played already \(Idempotency-Key: replay the same, refuse another\)"
    )
    with pytest.raises(UsageError, match=message):
        fake.play(conversio(idempotency={"same": "refuse", "keeps": {"days": 1}}))
    fake.play(wix(idempotency={"same": "refuse"}))


def test_a_made_thing_is_known_until_its_time_is_over_to_the_microsecond() -> None:
    keys = Keys(Idempotency(header="Key", same="replay", other="refuse", keeps=10))
    asked = Asked("a", "op", "k", "x")
    keys.know(asked, Made(Reply(), "j", "s", 0, 5))
    assert [keys.repeated(asked, at) is None for at in (5, 14, 15)] == [False, False, True]
