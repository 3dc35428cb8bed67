"""A look that comes again on its connection: what may have changed is looked at, and nothing else is asked anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import DONE, LIFE, QUEUED, SECOND, START, STARTED, A, B, conversio, read

from fakejobs import FakeJobs, UsageError, app, population
from fakejobs.commands import Ask, Reply
from fakejobs.errors import ClockError
from fakejobs.exchange import exchange
from fakejobs.lifecycle import Step
from fakejobs.looking_again import SameLook, same_look
from fakejobs.scenario.model import Scenario
from fakejobs.snapshot import Snapshot
from fakejobs.structs import replace
from fakejobs.world import World

PATH = f"/api/v1/async-jobs/{A}"
SCENARIOS = [
    conversio({"id": A, "retention": {"seconds": 40}}),
    conversio({"id": A, "steps": [{"state": "queued", "for": {"polls": 2}}, STARTED, DONE]}),
    conversio({"id": A, "steps": [QUEUED, {"fault": {"status": 503}, "for": {"polls": 2}}, STARTED, DONE]}),
    conversio({"id": A, "steps": [{"state": "queued", "for": "release"}, STARTED, DONE]}),
    conversio({"id": A, "lag": {"get": {"seconds": 20}}}),
    conversio({"id": A}, faults=[{"on": "look", "nth": 3, "fault": {"status": 503}, "optional": True}]),
    conversio({"id": A}, rates=[{"requests": 2, "per": {"minutes": 1}, "of": "tenant"}]),
    conversio({"id": A, "steps": [QUEUED, STARTED, {"state": "failed", "body": {"error": {"$fake": "sentence"}}}]}),
]


class Client:
    """Looks at one job: on one connection, or on a new one each time."""

    def __init__(self, scenario: dict[str, Any], *, keeps: bool) -> None:
        self.fake = FakeJobs(strict=False).play(scenario)
        self.headers = self.fake.credentials()
        self.taken: Snapshot | None = None
        self._keeps = keeps
        self._connection = HTTPConnection(self.fake.url[7:])

    def look(self, method: str = "GET") -> tuple[int, bytes]:
        self._connection.request(method, PATH, headers=self.headers)
        got = self._connection.getresponse()
        reply = got.status, got.read().replace(f":{self._connection.port}/".encode(), b"/")
        if not self._keeps:
            self.close()
        return reply

    def close(self) -> None:
        self._connection.close()

    def take(self) -> None:
        self.taken = self.fake.snapshot()

    def restore(self) -> None:
        if self.taken is not None:
            self.fake.restore(self.taken)


def does(act: Callable[[Client], object]) -> Callable[[Client], str]:
    """What an act comes to: a job that is not held is not released, and so on, in one fake as in the other."""

    def told(client: Client) -> str:
        try:
            return str(act(client))
        except (UsageError, ClockError) as error:
            return str(error)

    return told


ACTS = {
    "look": does(Client.look),
    "look at the head": does(lambda client: client.look("HEAD")),
    "wait": does(lambda client: client.fake.clock.advance(seconds=25)),
    "wait long": does(lambda client: client.fake.clock.advance(minutes=6)),
    "hold": does(lambda client: client.fake.job(A).hold()),
    "release": does(lambda client: client.fake.job(A).release()),
    "fail": does(lambda client: client.fake.job(A).fail()),
    "play more": does(lambda client: bool(client.fake.play(conversio({"id": B}, options={"nulls": True})))),
    "take a snapshot": does(Client.take),
    "restore": does(Client.restore),
    "reset": does(lambda client: client.fake.reset()),
}


OFTEN = ["look", "look", "look", "look at the head", "look at the head", "wait"]


@given(st.sampled_from(SCENARIOS), st.lists(st.sampled_from([*OFTEN, *ACTS]), max_size=25))
def test_a_connection_that_is_kept_is_answered_as_a_new_one_whatever_becomes_of_the_job(
    scenario: dict[str, Any], acts: list[str]
) -> None:
    one, other = Client(scenario, keeps=True), Client(scenario, keeps=False)
    with one.fake, other.fake:
        for act in ["look", *acts, "look"]:
            assert ACTS[act](one) == ACTS[act](other), act
        assert one.fake.timeline() == other.fake.timeline()
        assert [job.seen for job in one.fake.jobs] == [job.seen for job in other.fake.jobs]
        assert [job.polls for job in one.fake.jobs] == [job.polls for job in other.fake.jobs]
        told = [
            entry._replace(connection=None, request=entry.request._replace(headers=())) for entry in one.fake.journal
        ]
        assert [each._replace(response=told[0].response) for each in told] == [
            entry._replace(connection=None, request=entry.request._replace(headers=()), response=told[0].response)
            for entry in other.fake.journal
        ]
        one.close()
        other.close()


@pytest.fixture
def in_full(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The instants at which something was asked in full."""
    instants: list[int] = []
    exchange = app.exchange

    def noted(*given: Any) -> Any:
        instants.append(given[1].at)
        return exchange(*given)

    monkeypatch.setattr(app, "exchange", noted)
    return instants


def test_a_poller_is_asked_in_full_once_while_only_time_passes(in_full: list[int]) -> None:
    client = Client(conversio({"id": A, "steps": LIFE}), keeps=True)
    with client.fake as fake:
        words = []
        for _ in range(40):
            words.append((b'"startedAt"' in client.look()[1], fake.job(A).seen[-1]))
            fake.clock.sleep(10)
        assert words == [(False, "pending")] * 3 + [(True, "pending")] * 30 + [(True, "done")] * 7
        assert fake.job(A).polls == 40
        client.close()
    assert in_full == [START]


@pytest.mark.parametrize(("scenario", "act"), [(0, "fail"), (3, "hold"), (3, "release"), (3, "wait long"), (7, "wait")])
def test_it_is_not_asked_in_full_of_what_time_or_the_test_has_moved(
    scenario: int, act: str, in_full: list[int]
) -> None:
    client = Client(SCENARIOS[scenario], keeps=True)
    with client.fake:
        client.look()
        ACTS[act](client)
        client.look()
        client.close()
    assert in_full == [START]


@pytest.mark.parametrize(
    ("scenario", "act"),
    [(0, "wait long"), (0, "play more"), (1, "wait"), (2, "wait"), (4, "wait"), (5, "wait"), (6, "wait")],
)
def test_it_is_asked_in_full_where_more_may_have_changed_what_comes_of_it(
    scenario: int, act: str, in_full: list[int]
) -> None:
    client = Client(SCENARIOS[scenario], keeps=True)
    with client.fake as fake:
        fake.clock.advance(seconds=30)
        client.look()
        ACTS[act](client)
        client.look()
        client.close()
    assert len(in_full) == 2


def test_another_world_at_the_same_address_is_asked_in_full(in_full: list[int]) -> None:
    client = Client(SCENARIOS[0], keeps=True)
    with client.fake as fake:
        assert client.look()[0] == 200
        fake.reset()
        fake.play(SCENARIOS[3])
        assert client.look()[0] == 200
        client.close()
    assert in_full == [START, START]


def test_a_job_that_was_taken_back_is_not_seen_again_at_any_instant(in_full: list[int]) -> None:
    with FakeJobs(strict=False).play(conversio(submissions=[{"steps": LIFE}])) as fake:
        connection, headers = HTTPConnection(fake.url[7:]), fake.credentials()

        def ask(method: str, path: str) -> Any:
            connection.request(method, path, headers=headers)
            got = connection.getresponse()
            return got.status, json.loads(got.read())

        before = fake.snapshot()
        _, made = ask("POST", "/api/v1/newsletters/n-1/recipients/async-export")
        path = f"/api/v1/async-jobs/{made['data']['id']}"
        statuses = [ask("GET", path)[0], ask("GET", path)[0]]
        assert len(in_full) == 2
        fake.restore(before)
        statuses.append(ask("GET", path)[0])
        fake.clock.advance(seconds=1)
        statuses.append(ask("GET", path)[0])
        connection.close()
    assert statuses == [200, 200, 404, 404]


def test_what_a_job_is_only_to_be_is_not_seen_once_the_clock_is_taken_back(in_full: list[int]) -> None:
    client = Client(conversio({"id": A, "created": {"minutes": 1}}), keeps=True)
    with client.fake as fake:
        client.take()
        fake.clock.advance(minutes=1)
        assert [client.look()[0], client.look()[0]] == [200, 200]
        client.restore()
        assert client.look()[0] == 404
        client.close()
    assert len(in_full) == 2


def test_a_job_that_ends_otherwise_than_planned_is_not_shown_as_it_was_to_be() -> None:
    scenario = read(conversio({"id": A}))
    (first, planned), (world, other) = once(scenario), once(scenario)
    ends = START + 331 * SECOND
    assert b'"status":"done"' in body(planned.reply(first, ends))
    assert b'"status":"pending"' in body(other.reply(world, START + SECOND))
    other.job.advance(ends)
    world.end_otherwise(other.job, Step(state="failed", phase="failed"), {})
    assert b'"status":"failed"' in body(other.reply(world, ends))


def test_what_is_to_be_had_in_some_phases_only_is_asked_for_in_full() -> None:
    world, look = once(read(conversio({"id": A})))
    asked, views = look.kept.asked, (look.job.view(START),)
    needing = asked._replace(route=replace(asked.route, needs=("waiting",)))
    is_kept = [
        same_look(world, look.ask._replace(kept={"asked": look.kept._replace(asked=each)}), views) is not None
        for each in (asked, needing)
    ]
    assert is_kept == [True, False]


def once(scenario: Scenario) -> tuple[World, SameLook]:
    world = World()
    world.play(scenario, START)
    ask = Ask(method="GET", path=PATH, headers={"x-apikey": "key-default"}, at=START, kept={})
    look = exchange(world, ask).look
    assert look is not None
    return world, look


def body(reply: Reply | None) -> bytes:
    assert reply is not None
    return reply.body


def test_who_asks_for_ever_is_told_so_in_full_and_the_look_does_not_count(
    in_full: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(population, "MOST_LOOKS_AT_AN_END", 3)
    client = Client(SCENARIOS[0], keeps=True)
    with client.fake as fake:
        fake.clock.advance(seconds=331)
        assert [client.look()[0] for _ in range(5)] == [200, 200, 200, 501, 501]
        assert fake.job(A).polls == 3
        client.close()
    assert len(in_full) == 3


def test_a_reply_that_fails_to_be_made_again_is_told_as_any_failure_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(SCENARIOS[0], keeps=True)
    with client.fake as fake:
        client.look()
        monkeypatch.setattr(app, "exchange_again", lambda *_: 1 / 0)
        assert client.look() == (500, f"The app failed at GET {PATH}: ZeroDivisionError('division by zero')\n".encode())
        assert fake.clock.instant() == START
        client.close()
