"""Which exchanges are polls of a job, by whom, and what a reply showed to who read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import acme
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playing import DONE, GUID, LIFE, QUEUED, STARTED, A, B, C, conversio, create, data_of, get, look, wix
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.polling.record import Observer, Record, is_sighting, record_of, shows_end, state_shown
from fakejobs.scenario.search import Search
from fakejobs.structs import replace

TENANTS: dict[str, Any] = {"shop-a": {"apps": {"app-1": {}, "app-2": {}}}, "shop-b": {}}
PATH = f"/api/v1/async-jobs/{A}"


def record(fake: FakeJobs, number: int = 0) -> Record:
    return record_of(fake.world, fake.world.jobs[number], fake.clock.instant())


def odd(fake: FakeJobs, **headers: str) -> None:
    Client(fake.app).get(PATH, headers={**fake.credentials("shop-a"), **headers})


def narrow(fake: FakeJobs) -> None:
    Client(fake.app).get(PATH, headers=fake.credentials("shop-a", "app-1", ["read_customers"]))


ACTS: list[Callable[[FakeJobs], object]] = [
    lambda fake: look(fake, A, "shop-a"),
    lambda fake: look(fake, A, "shop-a", "app-1"),
    lambda fake: look(fake, A, "shop-a", "app-2"),
    lambda fake: look(fake, A, "shop-b"),
    lambda fake: look(fake, B, "shop-a"),
    lambda fake: get(fake, PATH, "shop-a", method="HEAD"),
    lambda fake: get(fake, PATH, "shop-a", method="PUT"),
    lambda fake: get(fake, "/api/v1/async-jobs", "shop-a"),
    lambda fake: get(fake, f"/async-jobs/{A}.csv", "shop-a"),
    lambda fake: odd(fake, Accept="text/html"),
    lambda fake: Client(fake.app).get(PATH),
    narrow,
    lambda fake: fake.clock.advance(minutes=1),
    lambda fake: fake.clock.advance(minutes=10),
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(ACTS), max_size=30), st.booleans())
def test_what_is_a_poll_here_is_what_is_counted_as_one_there(
    acts: list[Callable[[FakeJobs], object]], is_older: bool
) -> None:
    fault = {"fault": {"status": 503}, "for": {"polls": 1}}
    steps = [QUEUED, fault, STARTED, {"fault": {"delay": {"seconds": 1}}, "for": {"polls": 2}}, DONE]
    job = {"tenant": "shop-a", "app": "app-1", "steps": steps, "retention": {"minutes": 8}}
    created = {"created": {"minutes": 1}} if not is_older else {}
    faults = [
        {"on": "look", "nth": 3, "fault": {"status": 403}},
        {"on": "look", "nth": 5, "times": 2, "fault": {"delay": {"seconds": 3}}},
    ]
    fake = FakeJobs().play(conversio({"id": A, **job, **created}, tenants=TENANTS, faults=faults))
    for act in acts:
        act(fake)
    assert len(record(fake).polls) == fake.jobs[0].polls
    fake.close()


def test_polls_of_one_job_are_not_those_of_another() -> None:
    other = {"id": GUID, "steps": [{"state": "queued", "unlawful": True}]}
    fake = FakeJobs().play(conversio({"id": A}, other)).play(wix({"id": GUID}))
    Client(fake.app).get(PATH, headers=fake.credentials(dialect="conversio"))
    headers = fake.credentials(dialect="wix-async-jobs")
    Client(fake.app).get(f"/async-jobs/v1/async-jobs/{GUID}", headers=headers)
    assert [[poll.number for poll in record(fake, number).polls] for number in range(3)] == [[0], [], [1]]


def test_jobs_of_one_id_are_told_apart_by_their_tenant() -> None:
    jobs = [{"id": A, "tenant": "shop-a"}, {"id": A, "tenant": "shop-b"}]
    fake = FakeJobs().play(conversio(*jobs, tenants=TENANTS))
    look(fake, A, "shop-b")
    assert [len(record(fake, number).polls) for number in range(2)] == [0, 1]


def test_polls_are_counted_for_each_observer_apart() -> None:
    fake = FakeJobs().play(conversio({"id": A, "tenant": "shop-a", "app": "app-1"}, tenants=TENANTS))
    for app in (None, "app-1", None, None, "app-1"):
        look(fake, A, "shop-a", app)
    polls = record(fake).polls
    assert [(poll.number, str(poll), str(poll.observer)) for poll in polls] == [
        (0, "poll 1", "shop-a (api-key)"),
        (1, "poll 1", "shop-a/app-1 (oauth)"),
        (2, "poll 2", "shop-a (api-key)"),
        (3, "poll 3", "shop-a (api-key)"),
        (4, "poll 2", "shop-a/app-1 (oauth)"),
    ]


def test_the_request_that_made_a_job_is_no_poll_of_it() -> None:
    fake = FakeJobs().play(conversio())
    create(fake)
    id = data_of(create(fake))["id"]
    look(fake, id)
    made = record(fake, 1)
    assert [each.number for each in made.makings] == [1]
    assert [str(each) for each in made.makings] == ["the request that made the job"]
    assert [each.number for each in made.polls] == [2]
    assert made.observers == (Observer(tenant="default", app=None, credential="api-key"),)


def test_jobs_that_two_tenants_made_under_one_id_are_told_apart() -> None:
    submissions = [{"id": A, "when": {"tenant": name}, "times": 1, "steps": LIFE} for name in ("shop-a", "shop-b")]
    fake = FakeJobs().play(conversio(submissions=submissions, tenants=TENANTS))
    for tenant in ("shop-b", "shop-a"):
        create(fake, tenant=tenant)
    assert [[each.number for each in record(fake, number).makings] for number in range(2)] == [[0], [1]]


def test_an_observer_is_called_by_all_that_tells_it_apart() -> None:
    observer = Observer(tenant=None, app=None, credential="", connection=3, headers=(("X-A", "b"), ("X-C", None)))
    assert str(observer) == "somebody unknown on connection 3 with X-A: b with X-C: nothing"


# ---------------------------------------------------------------------- what a reply showed


def shown(*steps: Any) -> tuple[bool, str | None, bool]:
    """Of one look at a job: whether it was a sighting, of which state, and whether of its end."""
    fake = FakeJobs().play(conversio({"id": A, "steps": list(steps)}))
    look(fake, A)
    (poll,) = record(fake).polls
    dialect = fake.world.jobs[0].dialect
    state = state_shown(dialect, poll.entry)
    return is_sighting(dialect, poll.entry), None if state is None else state.name, shows_end(dialect, poll.entry)


def fault(**fault: Any) -> dict[str, Any]:
    return {"fault": fault, "for": {"polls": 1}}


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (LIFE, (True, "queued", False)),
        ([DONE], (True, "done", True)),
        ([{"state": "failed"}], (True, "failed", True)),
        ([fault(status=503), DONE], (False, None, False)),
        ([fault(status=404), DONE], (False, None, False)),
        ([fault(status=500, body={"data": {"status": "done"}}), DONE], (False, None, False)),
        ([fault(status=202, body={"data": {"status": "done"}}), *LIFE], (True, "done", True)),
        ([fault(status=200, body="<html>"), DONE], (False, None, False)),
        ([fault(status=200), DONE], (False, None, False)),
        ([fault(body={"data": [1, {"id": A}]}), DONE], (False, None, False)),
        ([fault(body="[" * 100_000), DONE], (False, None, False)),
        ([fault(body={"data": {"status": "aborted"}}), DONE], (True, None, False)),
        ([fault(body={"status": "fine", "rows": [{"status": "done"}]}), *LIFE], (True, "done", True)),
        ([fault(delay={"seconds": 5}), DONE], (True, "done", True)),
        ([fault(headers={"Retry-After": "5"}), DONE], (True, "done", True)),
        ([{**DONE, "body": {"status": "aborted"}, "unlawful": True}], (True, None, False)),
        ([{**DONE, "body": {"status": {"$absent": True}}, "unlawful": True}], (False, None, False)),
    ],
)
def test_a_reply_shows_what_its_reader_can_see_in_it(steps: list[Any], told: Any) -> None:
    assert shown(*steps) == told


def test_a_refusal_shows_nothing_although_the_job_is_done() -> None:
    fake = FakeJobs().play(conversio({"id": A, "steps": [DONE]}))
    fake.clock.advance(days=8)
    look(fake, A)
    (poll,) = record(fake).polls
    assert not is_sighting(fake.world.jobs[0].dialect, poll.entry)
    assert state_shown(fake.world.jobs[0].dialect, poll.entry) is None


def test_where_no_word_stands_in_documents_the_job_s_own_state_is_what_is_shown() -> None:
    faults = [{"on": "get-async-job", "nth": 3, "fault": {"status": 200}}]
    fake = FakeJobs().play(wix({"id": GUID, "steps": [fault(status=200), {"state": "FINISHED"}]}, faults=faults))
    for _ in range(3):
        get(fake, f"/async-jobs/v1/async-jobs/{GUID}")
    dialect = without_word(fake)
    states = [state_shown(dialect, poll.entry) for poll in record(fake).polls]
    assert [state and state.name for state in states] == [None, "FINISHED", None]
    assert [is_sighting(dialect, poll.entry) for poll in record(fake).polls] == [False, True, False]


def without_word(fake: FakeJobs) -> Any:
    """The dialect of the first job, as if its documents did not tell the state."""
    dialect = fake.world.jobs[0].dialect
    return replace(dialect, job_document=replace(dialect.job_document, word_at=None))


def test_what_nobody_known_asks_of_a_public_route_is_a_poll_where_it_finds_the_job(tmp_path: Path) -> None:
    def change(file: dict[str, Any]) -> None:
        next(route for route in file["routes"] if route["operation"] == "download").pop("counts")

    acme.write(tmp_path, change)
    steps = [
        {"state": "queued", "for": {"seconds": 5}},
        {"state": "running", "for": {"seconds": 5}},
        {"state": "ready"},
    ]
    with FakeJobs(search=Search(dialects=(tmp_path,))) as fake:
        fake.play({"dialect": "acme-exports", "jobs": [{"id": "abcdefghijkl", "steps": steps}]})
        client = Client(fake.app)
        for _ in range(4):
            client.get("/files/abcdefghijkl.csv")
            client.get("/files/abcdefghijkm.csv")
            fake.clock.advance(minutes=50)
        assert [entry.response.status for entry in fake.journal] == [404, 404, 200, 404, 404, 404, 404, 404]
        assert len(record(fake).polls) == fake.jobs[0].polls == 4
        assert str(record(fake).observers[0]) == "somebody unknown"


def test_nobody_asked_for_leaves_nothing_to_tell() -> None:
    fake = FakeJobs().play(conversio({"id": C, "steps": LIFE}))
    assert (record(fake).polls, record(fake).observers, record(fake).tracks()) == ((), (), [])
