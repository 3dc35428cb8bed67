"""Conversio Async Jobs, as its clients meet it: over a socket, with the standard library's client."""

from __future__ import annotations

import re
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from asking import Answer, ask
from werkzeug.test import Client

from fakejobs import FakeJobs

JOB = "57b5aa3b046abfb053d80b52"
UNKNOWN = "57b5aa3b046abfb053d80bff"
LIST = "/api/v1/async-jobs"


def look(fake: FakeJobs, job: str = JOB, tenant: str | None = None, app: str | None = None, **more: Any) -> Answer:
    return ask(fake, "GET", f"{LIST}/{job}", fake.credentials(tenant, app, **more))


# ---------------------------------------------------------------------- the job


@pytest.mark.fakejobs("conversio/happy-path")
def test_a_job_shows_its_fields_exactly_when_they_are_documented(fakejobs: FakeJobs) -> None:
    queued = look(fakejobs).json["data"]
    assert queued == {"id": JOB, "kind": "newsletter-recipients", "status": "pending"}
    fakejobs.clock.advance(seconds=30)
    started = look(fakejobs).json["data"]
    assert started == {**queued, "startedAt": "2026-01-01T00:00:30.000Z"}
    fakejobs.clock.advance(minutes=5)
    done = look(fakejobs).json["data"]
    result = f"{fakejobs.url}/async-jobs/{JOB}.csv"
    assert done == {**started, "status": "done", "completedAt": "2026-01-01T00:05:30.000Z", "result": result}


@pytest.mark.fakejobs("conversio/failure")
def test_a_job_that_failed_has_an_error_and_no_result(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(minutes=6)
    assert look(fakejobs).json["data"] == {
        "id": JOB,
        "kind": "newsletter-recipients",
        "status": "failed",
        "startedAt": "2026-01-01T00:00:30.000Z",
        "completedAt": "2026-01-01T00:05:30.000Z",
        "error": "The newsletter has no recipients",
    }


def test_the_option_nulls_shows_null_where_there_is_nothing_to_say(fakejobs: FakeJobs) -> None:
    fakejobs.play(
        {"dialect": "conversio", "options": {"nulls": True}, "jobs": [{"id": JOB, "steps": [{"state": "queued"}]}]}
    )
    assert look(fakejobs).json["data"] == {
        "id": JOB,
        "kind": "newsletter-recipients",
        "status": "pending",
        "startedAt": None,
        "completedAt": None,
    }


@pytest.mark.fakejobs("conversio/happy-path")
def test_the_result_that_a_scenario_leaves_out_is_served_by_the_fake(fakejobs: FakeJobs) -> None:
    early = ask(fakejobs, "GET", f"/async-jobs/{JOB}.csv")
    assert early.status == 404
    fakejobs.clock.advance(minutes=6)
    path = look(fakejobs).json["data"]["result"].removeprefix(fakejobs.url)
    reply = ask(fakejobs, "GET", path)
    assert (reply.status, reply.body) == (200, b"email\n")
    assert ("Content-Type", "text/csv; charset=utf-8") in reply.headers
    assert fakejobs.job(JOB).polls == 1


@pytest.mark.fakejobs("conversio/happy-path")
def test_a_job_is_gone_from_get_and_list_a_week_after_it_finished_to_the_microsecond(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(seconds=330, days=7)
    assert look(fakejobs).status == 404
    assert ask(fakejobs, "GET", LIST, fakejobs.credentials()).json == {"data": []}
    assert fakejobs.journal[0].reason == "it expired at 2026-01-08 00:05:30"


@pytest.mark.fakejobs("conversio/happy-path")
def test_a_microsecond_before_its_week_is_over_a_job_is_there(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(seconds=329.999999, days=7)
    assert look(fakejobs).status == 200
    assert len(ask(fakejobs, "GET", LIST, fakejobs.credentials()).json["data"]) == 1


@pytest.mark.fakejobs("conversio/happy-path")
def test_date_reads_the_clock_of_the_test(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(days=40)
    assert ("Date", "Tue, 10 Feb 2026 00:00:00 GMT") in look(fakejobs).headers


# ---------------------------------------------------------------------- who sees what


@pytest.mark.fakejobs("conversio/two-tenants")
def test_a_shop_sees_all_its_jobs_with_their_partner_app_and_an_app_its_own_without(fakejobs: FakeJobs) -> None:
    of_shop = ask(fakejobs, "GET", LIST, fakejobs.credentials("shop-a")).json["data"]
    assert [job["id"][-2:] for job in of_shop] == ["52", "54", "57"]
    assert ["partnerApp" in job for job in of_shop] == [True, True, False]
    of_app = ask(fakejobs, "GET", LIST, fakejobs.credentials("shop-a", "app-1")).json["data"]
    assert [job["id"] for job in of_app] == [JOB]
    assert "partnerApp" not in of_app[0]
    assert look(fakejobs, tenant="shop-a").json["data"]["partnerApp"] == of_shop[0]["partnerApp"]
    assert ask(fakejobs, "GET", LIST, fakejobs.credentials("shop-a", "app-2")).json["data"][0]["id"][-2:] == "54"


@pytest.mark.fakejobs("conversio/two-tenants")
def test_two_shops_may_hold_one_id_and_each_sees_its_own(fakejobs: FakeJobs) -> None:
    assert look(fakejobs, tenant="shop-a").json["data"]["kind"] == "newsletter-recipients"
    assert look(fakejobs, tenant="shop-b").json["data"]["kind"] == "segments-export"
    assert fakejobs.job(JOB, "shop-a").polls == fakejobs.job(JOB, "shop-b").polls == 1


@pytest.mark.fakejobs("conversio/two-tenants")
def test_the_four_404s_are_equal_byte_for_byte_and_the_journal_tells_them_apart(fakejobs: FakeJobs) -> None:
    other = "57b5aa3b046abfb053d80b54"
    replies = [
        look(fakejobs, UNKNOWN, "shop-a", "app-1"),
        look(fakejobs, other, "shop-b", "app-1"),
        look(fakejobs, other, "shop-a", "app-1"),
    ]
    fakejobs.clock.advance(days=8)
    replies.append(look(fakejobs, JOB, "shop-a", "app-1"))
    assert {reply.status for reply in replies} == {404}
    assert all(reply.without_date() == replies[0].without_date() for reply in replies)
    assert [entry.reason for entry in fakejobs.journal] == [
        "no job has this id",
        "it is a job of another tenant, shop-a",
        "it is a job of another app, app-2",
        "it expired at 2026-01-08 00:05:30",
    ]
    for reason in ("no job has this id", "another tenant, shop-a", "another app, app-2", "it expired at"):
        assert reason in fakejobs.timeline()


@pytest.mark.fakejobs("conversio/two-tenants")
def test_the_file_of_an_id_that_two_shops_hold_is_given_only_to_who_says_which(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(hours=3)
    path = f"/async-jobs/{JOB}.csv"
    assert ask(fakejobs, "GET", path).status == 404
    assert ask(fakejobs, "GET", path, fakejobs.credentials("shop-a")).status == 200


# ---------------------------------------------------------------------- credentials


@pytest.mark.fakejobs("conversio/happy-path")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-ApiKey": "wrong"},
        {"Authorization": "Bearer key-default"},
        {"Authorization": "PoP"},
        {"Authorization": "PoP not.a.jws"},
        {"Authorization": "\u00ff\u00fe"},
        {"Authorization": "PoP " + "A" * 5000},
    ],
)
def test_a_credential_that_is_missing_wrong_or_malformed_is_refused_and_nothing_changes(
    fakejobs: FakeJobs, headers: dict[str, str]
) -> None:
    reply = ask(fakejobs, "GET", f"{LIST}/{JOB}", headers)
    assert (reply.status, reply.json) == (401, {"errors": ["Your API key is wrong"]})
    assert fakejobs.job(JOB).polls == 0
    assert fakejobs.journal[0].reason


@pytest.mark.fakejobs("conversio/happy-path")
def test_header_names_are_of_no_case(fakejobs: FakeJobs) -> None:
    assert ask(fakejobs, "GET", LIST, {"x-apikey": "key-default"}).status == 200


def signed(fake: FakeJobs, sign: Callable[[dict[str, Any], str], str], **claims: Any) -> Answer:
    scheme, token = fake.credentials("shop-a", "app-1")["Authorization"].split()
    held = jwt.decode(token, options={"verify_signature": False})
    secret = fake.world.directory("conversio").holder("shop-a", "app-1").keys["clientSecret"]  # type: ignore[union-attr]
    return ask(fake, "GET", f"{LIST}/{JOB}", {"Authorization": f"{scheme} {sign({**held, **claims}, secret)}"})


@pytest.mark.fakejobs("conversio/two-tenants")
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_proof_of_possession_is_taken_in_each_documented_algorithm(fakejobs: FakeJobs, algorithm: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reply = signed(fakejobs, lambda claims, secret: jwt.encode(claims, secret, algorithm))
    assert reply.status == 200


@pytest.mark.fakejobs("conversio/two-tenants")
def test_a_proof_with_a_wrong_signature_or_none_is_refused(fakejobs: FakeJobs) -> None:
    assert signed(fakejobs, lambda claims, secret: jwt.encode(claims, "x" * 64, "HS256")).status == 401
    assert signed(fakejobs, lambda claims, secret: jwt.encode(claims, None, "none")).status == 401


@pytest.mark.fakejobs("conversio/two-tenants", clock="2030-06-01T12:00:00Z")
@pytest.mark.parametrize(("off", "status"), [(0, 200), (-180, 200), (180, 200), (-181, 401), (181, 401)])
def test_a_proof_is_good_for_three_minutes_on_the_clock_of_the_test(fakejobs: FakeJobs, off: int, status: int) -> None:
    now = int(fakejobs.clock.time())
    assert signed(fakejobs, lambda claims, secret: jwt.encode(claims, secret, "HS256"), ts=now + off).status == status


@pytest.mark.fakejobs("conversio/two-tenants")
def test_a_proof_that_a_client_stamped_in_real_time_is_good_and_the_timeline_says_so(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(days=3)
    reply = signed(fakejobs, lambda claims, secret: jwt.encode(claims, secret, "HS256"), ts=int(time.time()))
    assert reply.status == 200
    assert "`ts` holds on real time, not on the test's clock" in fakejobs.timeline()


def test_a_short_secret_of_a_test_sets_off_no_warning(fakejobs: FakeJobs) -> None:
    fakejobs.play(
        {
            "dialect": "conversio",
            "tenants": {"shop": {"apps": {"app": {"accessToken": "t", "clientSecret": "s"}}}},
            "jobs": [{"id": JOB, "tenant": "shop", "app": "app", "steps": [{"state": "queued"}]}],
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert look(fakejobs, tenant="shop", app="app").status == 200


@pytest.mark.fakejobs("conversio/two-tenants")
@pytest.mark.parametrize("scope", ["read_async_jobs", "read_async_job"])
def test_both_spellings_of_the_scope_let_an_app_read(fakejobs: FakeJobs, scope: str) -> None:
    assert look(fakejobs, tenant="shop-a", app="app-1", scopes=[scope]).status == 200


@pytest.mark.fakejobs("conversio/two-tenants")
def test_an_app_without_the_scope_is_forbidden(fakejobs: FakeJobs) -> None:
    reply = look(fakejobs, tenant="shop-a", app="app-1", scopes=["read_newsletter_email"])
    assert reply.status == 403
    assert fakejobs.journal[0].reason == (
        "needs the scope read_async_jobs or read_async_job; the credential carries read_newsletter_email"
    )


# ---------------------------------------------------------------------- creators

CREATORS = [
    ("POST", "/api/v1/newsletters/n-1/recipients/async-export", 201, "newsletter-recipients"),
    ("POST", "/api/v1/newsletters/n-1/emails/async-export", 201, "newsletter-emails"),
    ("POST", "/api/v1/segments/s-1/async-export", 201, "segments-export"),
]


@pytest.mark.fakejobs("conversio/happy-path")
@pytest.mark.parametrize(("method", "path", "status", "kind"), CREATORS)
def test_an_export_answers_201_with_the_job_that_can_be_polled(
    fakejobs: FakeJobs, method: str, path: str, status: int, kind: str
) -> None:
    reply = ask(fakejobs, method, path, fakejobs.credentials())
    created = reply.json["data"]
    assert (reply.status, created) == (status, {"id": created["id"], "kind": kind, "status": "pending"})
    assert re.fullmatch("[0-9a-f]{24}", created["id"])
    assert look(fakejobs, created["id"]).json["data"] == created
    fakejobs.clock.advance(minutes=1)
    assert look(fakejobs, created["id"]).json["data"]["status"] == "done"
    assert fakejobs.job(created["id"]).seen == ["pending", "done"]


def test_a_fault_of_creators_answers_in_place_of_a_new_job(fakejobs: FakeJobs) -> None:
    fakejobs.play({"dialect": "conversio", "jobs": [], "faults": [{"on": "create", "fault": {"status": 503}}]})
    path = "/api/v1/segments/s-1/async-export"
    assert ask(fakejobs, "POST", path, fakejobs.credentials()).status == 503
    assert not fakejobs.jobs
    assert ask(fakejobs, "POST", path, fakejobs.credentials()).status == 201


@pytest.mark.fakejobs("conversio/happy-path")
def test_deleting_subscribers_answers_202_with_the_id_alone(fakejobs: FakeJobs) -> None:
    path = "/api/v1/customer-lists/l-1/subscribers?segment=%7B%22all%22%3Atrue%7D"
    reply = ask(fakejobs, "DELETE", path, fakejobs.credentials())
    assert reply.status == 202
    assert list(reply.json["data"]) == ["asyncJobId"]
    assert look(fakejobs, reply.json["data"]["asyncJobId"]).status == 200


@pytest.mark.fakejobs("conversio/happy-path")
@pytest.mark.parametrize("query", ["", "?segment=", "?segment=%7Bbroken"])
def test_deleting_subscribers_without_a_segment_is_a_bad_request(fakejobs: FakeJobs, query: str) -> None:
    reply = ask(fakejobs, "DELETE", f"/api/v1/customer-lists/l-1/subscribers{query}", fakejobs.credentials())
    assert (reply.status, len(fakejobs.jobs)) == (400, 1)
    assert reply.json["errors"][0].startswith("The parameter segment must be")


@pytest.mark.fakejobs("conversio/two-tenants")
@pytest.mark.parametrize(
    ("path", "too_few", "enough"),
    [
        (CREATORS[0][1], ["read_async_jobs"], ["read_newsletter_email"]),
        (CREATORS[2][1], ["read_customers"], ["read_customers", "read_segments"]),
    ],
)
def test_a_creator_wants_its_own_scopes(fakejobs: FakeJobs, path: str, too_few: list[str], enough: list[str]) -> None:
    before = len(fakejobs.jobs)
    assert ask(fakejobs, "POST", path, fakejobs.credentials("shop-a", "app-1", too_few)).status == 403
    assert len(fakejobs.jobs) == before
    assert ask(fakejobs, "POST", path, fakejobs.credentials("shop-a", "app-1", enough)).status == 201


@pytest.mark.fakejobs("conversio/two-tenants")
def test_what_an_app_has_created_is_the_apps_own(fakejobs: FakeJobs) -> None:
    reply = ask(fakejobs, "POST", CREATORS[0][1], fakejobs.credentials("shop-a", "app-1"))
    created = reply.json["data"]["id"]
    assert look(fakejobs, created, "shop-a", "app-1").status == 200
    assert look(fakejobs, created, "shop-a", "app-2").status == 404
    assert "partnerApp" in look(fakejobs, created, "shop-a").json["data"]


@pytest.mark.fakejobs("conversio/submitted-export")
def test_submissions_say_what_becomes_of_a_created_job(fakejobs: FakeJobs) -> None:
    auth = fakejobs.credentials("shop-a")
    good = ask(fakejobs, "POST", CREATORS[0][1], auth).json["data"]["id"]
    bad = ask(fakejobs, "POST", "/api/v1/segments/vip/async-export", auth).json["data"]["id"]
    fakejobs.clock.advance(minutes=6)
    assert look(fakejobs, good, "shop-a").json["data"]["result"] == "https://files.shop-a.example/recipients.csv"
    assert look(fakejobs, bad, "shop-a").json["data"]["error"] == "The segment is empty"


@pytest.mark.fakejobs("conversio/submitted-export", strict={"faults", "submissions"})
def test_a_creation_that_no_submission_takes_is_unexpected(fakejobs: FakeJobs) -> None:
    auth = fakejobs.credentials("shop-a")
    ask(fakejobs, "POST", CREATORS[0][1], auth)
    reply = ask(fakejobs, "POST", CREATORS[1][1], auth)
    assert reply.status == 501
    assert b"no submission of the scenario takes export-newsletter-emails" in reply.body
    assert b'/submissions/0 {"kind": "newsletter-recipients"}' in reply.body
    assert fakejobs.journal[1].unexpected


# ---------------------------------------------------------------------- what is refused


@pytest.mark.fakejobs("conversio/happy-path")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_wrong_method_on_a_known_path_is_the_vendors_405(fakejobs: FakeJobs, method: str) -> None:
    reply = ask(fakejobs, method, f"{LIST}/{JOB}", fakejobs.credentials())
    assert reply.status == 405
    assert ("Allow", "HEAD, GET") in reply.headers
    assert not fakejobs.journal[0].unexpected


@pytest.mark.fakejobs("conversio/happy-path")
@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("*/*", 200),
        ("application/*;q=0.5", 200),
        ("text/html, application/json;q=0.9", 200),
        ("text/html", 406),
        ("application/json;q=0, */*", 406),
    ],
)
def test_only_json_can_be_had(fakejobs: FakeJobs, accept: str, status: int) -> None:
    reply = ask(fakejobs, "GET", f"{LIST}/{JOB}", {**fakejobs.credentials(), "Accept": accept})
    assert reply.status == status


@pytest.mark.fakejobs("conversio/happy-path")
def test_a_body_that_is_no_json_or_too_large_is_refused_and_nothing_changes(fakejobs: FakeJobs) -> None:
    auth = fakejobs.credentials()
    assert ask(fakejobs, "POST", CREATORS[0][1], auth, b"{broken").status == 400
    assert ask(fakejobs, "POST", CREATORS[0][1], auth, b"[]").status == 400
    assert ask(fakejobs, "POST", CREATORS[0][1], auth, b" " * (2 << 20)).status == 413
    assert len(fakejobs.jobs) == 1
    assert ask(fakejobs, "POST", CREATORS[0][1], auth, b"{}").status == 201


@pytest.mark.fakejobs("conversio/happy-path")
@pytest.mark.parametrize("id", ["%zz", "%", "%ff%fe", "%00", "%2e%2e", "x" * 3000])
def test_an_id_that_is_badly_encoded_is_just_unknown(fakejobs: FakeJobs, id: str) -> None:
    assert look(fakejobs, id).without_date() == look(fakejobs, UNKNOWN).without_date()


@pytest.mark.fakejobs("conversio/happy-path")
def test_a_head_request_has_no_body_and_is_no_poll(fakejobs: FakeJobs) -> None:
    reply = ask(fakejobs, "HEAD", f"{LIST}/{JOB}", fakejobs.credentials())
    assert (reply.status, reply.body) == (200, b"")
    assert fakejobs.job(JOB).polls == 0


@pytest.mark.fakejobs("conversio/happy-path", strict=False)
def test_a_path_that_no_route_takes_is_501_with_the_nearest(fakejobs: FakeJobs) -> None:
    reply = ask(fakejobs, "GET", "/api/v1/async-job", fakejobs.credentials())
    assert reply.status == 501
    assert reply.body.decode().splitlines()[:3] == [
        "fakejobs: no route takes GET /api/v1/async-job",
        "The nearest it knows:",
        "  GET /api/v1/async-jobs",
    ]


def test_where_nothing_is_played_every_request_is_unexpected() -> None:
    with FakeJobs(strict=False) as fake:
        reply = ask(fake, "GET", LIST)
        assert (reply.status, reply.body) == (
            501,
            b"fakejobs: nothing is played: no scenario says what this fake knows\n",
        )


# ---------------------------------------------------------------------- faults


@pytest.mark.fakejobs("conversio/flapping-503")
def test_faults_answer_in_place_of_the_job_and_take_none_of_its_time(fakejobs: FakeJobs) -> None:
    clock = fakejobs.clock
    first = look(fakejobs)
    assert (first.status, clock.time() % 60) == (200, 4.0)  # the first request is answered after four seconds
    clock.advance(seconds=26)
    busy, broken, third = look(fakejobs), look(fakejobs), look(fakejobs)
    assert (busy.status, busy.body, dict(busy.headers)["Retry-After"]) == (503, b"", "10")
    assert (broken.status, dict(broken.headers)["Content-Type"]) == (503, "text/html")
    assert b"Service Unavailable" in broken.body
    assert third.json["data"]["startedAt"] == "2026-01-01T00:00:30.000Z"
    clock.advance(minutes=5)
    assert [look(fakejobs).status, look(fakejobs).json] == [502, {"errors": ["Bad gateway"]}]
    clock.advance(seconds=59.999999)
    assert look(fakejobs).status == 502
    clock.advance(seconds=0.000001)
    assert look(fakejobs).json["data"]["completedAt"] == "2026-01-01T00:05:30.000Z"
    assert fakejobs.job(JOB).polls == 8
    assert fakejobs.job(JOB).seen == ["pending", "done"]


def test_a_fault_without_a_status_changes_the_vendors_own_reply(fakejobs: FakeJobs) -> None:
    slow = {"fault": {"headers": {"Retry-After": "7"}, "delay": {"seconds": 2}}, "for": {"polls": 1}}
    fakejobs.play({"dialect": "conversio", "jobs": [{"id": JOB, "steps": [slow, {"state": "queued"}]}]})
    first, second = look(fakejobs), look(fakejobs)
    assert (first.status, first.json, dict(first.headers)["Retry-After"]) == (200, second.json, "7")
    assert fakejobs.clock.time() % 60 == 2.0
    assert "Retry-After" not in dict(second.headers)
    assert "answered after 2s" in fakejobs.timeline()


@pytest.mark.fakejobs("conversio/unlawful-word")
def test_the_wrong_on_purpose_is_played_and_marked(fakejobs: FakeJobs) -> None:
    words = []
    for _ in range(4):
        words.append(look(fakejobs).json["data"]["status"])
        fakejobs.clock.advance(minutes=1)
    assert words == ["pending", "pending", "archiving", "done"]
    assert "unlawful on purpose" in " ".join(fakejobs.timeline().split())


# ---------------------------------------------------------------------- what was shown


@pytest.mark.fakejobs("conversio/happy-path")
def test_seen_holds_what_was_really_shown_and_nothing_else(fakejobs: FakeJobs) -> None:
    auth = fakejobs.credentials()
    ask(fakejobs, "HEAD", f"{LIST}/{JOB}", auth)
    deleted = ask(fakejobs, "DELETE", "/api/v1/customer-lists/l-1/subscribers?segment=1", auth).json["data"]
    assert fakejobs.job(JOB).seen == fakejobs.job(deleted["asyncJobId"]).seen == []
    ask(fakejobs, "GET", LIST, auth)
    assert fakejobs.job(JOB).seen == ["pending"]


def test_an_undocumented_word_is_seen_as_such_and_a_body_of_a_fault_shows_nothing(fakejobs: FakeJobs) -> None:
    steps = [
        {"fault": {"status": 200, "body": {"data": {}}}, "for": {"polls": 1}},
        {"state": "queued", "body": {"status": "archiving"}, "unlawful": True},
    ]
    fakejobs.play({"dialect": "conversio", "jobs": [{"id": JOB, "steps": steps}]})
    assert look(fakejobs).json == {"data": {}}
    assert fakejobs.job(JOB).seen == []
    look(fakejobs)
    assert fakejobs.job(JOB).seen == ["archiving"]


@pytest.mark.fakejobs("conversio/happy-path")
def test_the_file_of_a_result_is_had_as_what_it_is(fakejobs: FakeJobs) -> None:
    fakejobs.clock.advance(minutes=6)
    assert ask(fakejobs, "GET", f"/async-jobs/{JOB}.csv", {"Accept": "text/csv"}).status == 200


@pytest.mark.fakejobs("conversio/happy-path")
def test_no_reply_is_older_than_the_job_that_it_shows(fakejobs: FakeJobs) -> None:
    over = threading.Event()

    def hurry() -> None:
        while not over.is_set():
            fakejobs.clock.advance(seconds=1)
            fakejobs.job(JOB).state  # noqa: B018 - looking is the point

    hurrying = threading.Thread(target=hurry)
    hurrying.start()
    try:
        for _ in range(200):
            reply = look(fakejobs)
            if reply.status == 200 and "startedAt" in reply.json["data"]:
                assert reply.json["data"]["startedAt"][:19] <= fakejobs.journal[-1].at.isoformat()[:19]
    finally:
        over.set()
        hurrying.join()


def test_no_request_is_lost_from_the_journal_while_the_clock_moves() -> None:
    with FakeJobs(strict=False) as fake:
        over = threading.Event()

        def hurry() -> None:
            while not over.is_set():
                fake.clock.advance(seconds=1)

        def asking() -> None:
            for _ in range(200):
                Client(fake.app).get("/nowhere")

        threads = [threading.Thread(target=work) for work in (asking, asking, hurry)]
        for thread in threads:
            thread.start()
        for thread in threads[:2]:
            thread.join()
        over.set()
        threads[2].join()
        assert len(fake.journal) == 400
