"""A client that does not stop asking for what has ended: its test fails by itself."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from playing import LIFE, A, conversio, get, look, principal

from fakejobs import ExpectationError, FakeJobs
from fakejobs import population as jobs_of
from fakejobs.commands import Look, Principal
from fakejobs.population import MOST_LOOKS_AT_AN_END, MOST_LOOKS_AT_AN_INSTANT
from fakejobs.transports import RequestsAdapter

SAID = "default has asked for this job 10,000 times since it ended; a client that does not stop would ask for ever"


def looked(fake: FakeJobs, times: int, who: Principal | None = None) -> None:
    """Look at a job so many times, each a microsecond after the other, beneath HTTP."""
    dialect = fake.world.dialects[0]
    for _ in range(times):
        fake.world.do(dialect, who or principal(), Look(A), fake.clock.instant())
        fake.clock.advance(seconds=0.000001)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """A bound that is soon reached."""
    monkeypatch.setattr(jobs_of, "MOST_LOOKS_AT_AN_END", 3)
    return 3


def test_who_asks_for_a_job_10_000_times_since_it_ended_is_told_and_the_test_fails() -> None:
    fake = FakeJobs().play(conversio({"id": A}))
    fake.clock.advance(minutes=6)
    looked(fake, MOST_LOOKS_AT_AN_END - 1)
    assert look(fake, A).status_code == 200
    assert fake.findings() == ()
    for _ in range(2):
        reply = look(fake, A)
        assert (reply.status_code, reply.text) == (501, f"fakejobs: {SAID}\n")
    assert fake.job(A).polls == MOST_LOOKS_AT_AN_END
    assert [entry.unexpected for entry in fake.journal] == [False, True, True]
    with pytest.raises(ExpectationError, match=r"unexpected request: GET .*since it ended"):
        fake.check()
    fake.close()


@pytest.mark.parametrize(
    ("steps", "is_held", "said"),
    [
        ([*LIFE[:1], {"state": "started", "for": "release"}, LIFE[2]], False, "it awaits the test's `release()`"),
        (LIFE, True, "it is held, until the test calls its `release()`"),
        ([*LIFE[:1], {"state": "started"}], False, "it never ends; a client that does not give up would ask for ever"),
    ],
)
def test_a_client_that_asks_on_where_only_the_test_moves_a_job_is_told_so_and_the_test_fails(
    steps: Any, is_held: bool, said: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_of, "MOST_LOOKS_AT_A_STANDSTILL", few)
    with FakeJobs(strict=False).play(conversio({"id": A, "steps": steps})) as fake:
        looked(fake, few)
        fake.clock.advance(minutes=1)
        if is_held:
            fake.job(A).hold()
        looked(fake, few)
        reply = look(fake, A)
        assert (reply.status_code, reply.text) == (
            501,
            f"fakejobs: this job was asked for 3 times in a step that no time ends: {said}\n",
        )
        fake.job(A).finish()
        assert look(fake, A).status_code == 200
        assert [entry.unexpected for entry in fake.journal] == [True, False]


def test_a_step_that_time_ends_may_be_asked_for_as_often_as_one_likes(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_of, "MOST_LOOKS_AT_A_STANDSTILL", few)
    with FakeJobs().play(conversio({"id": A})) as fake:
        looked(fake, 2 * few)
        assert look(fake, A).status_code == 200


def test_a_job_that_has_not_ended_may_be_asked_for_far_more_often(few: int) -> None:
    with FakeJobs().play(conversio({"id": A, "steps": [*LIFE[:2], {"state": "started"}]})) as fake:
        fake.clock.advance(days=1)
        looked(fake, few)
        assert look(fake, A).status_code == 200


def test_a_client_that_does_not_wait_by_the_clock_is_told_how_it_can_and_the_test_fails() -> None:
    fake = FakeJobs().play(conversio({"id": A, "steps": [*LIFE[:2], {"state": "started"}]}))
    dialect = fake.world.dialects[0]
    for _ in range(MOST_LOOKS_AT_AN_INSTANT):
        fake.world.do(dialect, principal(), Look(A), fake.clock.instant())
    assert fake.findings() == ()
    reply = look(fake, A)
    assert (reply.status_code, reply.text) == (
        501,
        "fakejobs: this job was asked for 10,000 times at one instant, for the clock stands: "
        "hand the client `clock.sleep` to wait by, or have it driven by `clock.drive()`\n",
    )
    with pytest.raises(ExpectationError, match=r"unexpected request: GET .*at one instant"):
        fake.check()
    fake.clock.sleep(1)
    assert look(fake, A).status_code == 200
    fake.close()


def test_on_a_kept_connection_too_a_client_that_does_not_wait_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_of, "MOST_LOOKS_AT_AN_INSTANT", 3)
    with FakeJobs(strict=False).play("conversio/happy-path") as fake, requests.Session() as session:
        url, headers = f"{fake.url}/api/v1/async-jobs/{fake.jobs[0].id}", fake.credentials()
        assert [session.get(url, headers=headers).status_code for _ in range(5)] == [200, 200, 200, 501, 501]
        fake.clock.sleep(1)
        assert session.get(url, headers=headers).status_code == 200
        assert fake.jobs[0].polls == 4


def test_a_job_that_is_out_of_view_after_its_end_is_no_other(few: int) -> None:
    fake = FakeJobs().play(conversio({"id": A, "retention": {"minutes": 1}}))
    fake.clock.advance(minutes=10)
    assert [look(fake, A).status_code for _ in range(few + 1)] == [404, 404, 404, 501]
    fake.close()


def test_each_who_asks_has_so_many_looks(few: int) -> None:
    fake = FakeJobs(strict=False).play("conversio/two-tenants")
    job = fake.jobs[0]
    job.finish()
    path, app = f"/api/v1/async-jobs/{job.id}", job.app
    replies = [get(fake, path, job.tenant).status_code for _ in range(few + 1)]
    assert replies == [200, 200, 200, 501]
    assert get(fake, path, job.tenant, app or "app-1").status_code != 501
    fake.close()


def test_lists_and_looks_before_the_end_count_for_nothing(few: int) -> None:
    with FakeJobs().play(conversio({"id": A})) as fake:
        for _ in range(few + 1):
            look(fake, A)
        fake.clock.advance(minutes=6)
        for _ in range(few + 1):
            get(fake, "/api/v1/async-jobs")
            get(fake, f"/api/v1/async-jobs/{A}", method="HEAD")
        assert look(fake, A).status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {"faults": [{"on": "look", "times": 9, "fault": {"status": 503}}]},
        {"rates": [{"requests": 1, "per": {"minutes": 1}, "of": "tenant"}]},
    ],
)
def test_looks_that_something_else_answers_count_as_well(few: int, more: Any) -> None:
    fake = FakeJobs(strict=False).play(conversio({"id": A}, **more))
    fake.clock.advance(minutes=6)
    statuses = [look(fake, A).status_code for _ in range(few + 1)]
    assert statuses[-2:] in ([503, 501], [429, 501])
    assert get(fake, "/api/v1/async-jobs/57b5aa3b046abfb053d80b59").status_code in (503, 429)
    fake.close()


def test_what_befell_an_exchange_stands_in_fields_of_its_entry() -> None:
    steps = [*LIFE[:2], {"fault": {"connection": "drip"}, "for": {"polls": 1}}, LIFE[2]]
    faults = [{"on": "look", "fault": {"status": 500}}, {"on": "list", "fault": {"connection": "reset", "after": 5}}]
    with FakeJobs(strict=False).play(conversio({"id": A, "steps": steps}, faults=faults)) as fake:
        with requests.Session() as session:
            session.mount("http://", RequestsAdapter(fake))
            url, headers = "http://fake/api/v1/async-jobs", fake.credentials()
            session.get(f"{url}/{A}", headers=headers)
            session.get(f"{url}/{A}", headers=headers)
            fake.clock.advance(minutes=6)
            session.get(f"{url}/{A}", headers=headers)
            with pytest.raises(requests.RequestException):
                session.get(url, headers=headers)
            fake.clock.advance(days=8)
            session.get(f"{url}/{A}", headers=headers)
        assert [(entry.faulted, entry.broken, entry.hidden) for entry in fake.journal] == [
            (True, False, False),
            (False, False, False),
            (True, False, False),
            (True, True, False),
            (False, False, True),
        ]


def test_a_reply_that_the_connection_lost_has_shown_no_end() -> None:
    fault = {"fault": {"connection": "close", "after": 5}, "for": {"polls": 1}}
    with FakeJobs(strict=False).play(conversio({"id": A, "steps": [*LIFE[:2], fault, LIFE[2]]})) as fake:
        fake.clock.advance(minutes=6)
        with requests.Session() as session:
            session.mount("http://", RequestsAdapter(fake))
            for _ in range(2):
                try:
                    session.get(f"http://fake/api/v1/async-jobs/{A}", headers=fake.credentials())
                except requests.RequestException:
                    fake.clock.sleep(1)
        assert [entry.broken for entry in fake.journal] == [True, False]
        fake.job(A).polling.stops_at_terminal()
