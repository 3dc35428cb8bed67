"""Replies that are kept: what a fake remembers of an earlier one's is what it would say itself, to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.dialect import replies
from fakejobs.scenario.search import shipped_names

HOSTS = ("127.0.0.1:1", "127.0.0.1:2", "jobs.example")
JOB = "57b5aa3b046abfb053d80b52"
PATH = f"/api/v1/async-jobs/{JOB}"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    replies._kept.clear()
    yield
    replies._kept.clear()


def told(name: str, naps: list[int], host: str, *, forgets: bool) -> list[tuple[int, list[tuple[str, str]], bytes]]:
    """Return all that a fake of a shipped scenario says to who follows its jobs, and sleeps in between."""
    answers = []
    with FakeJobs(strict=False) as fake:
        fake.play(name)
        client = Client(fake.app)
        patterns = [pattern for pattern, (_, route) in fake.world.router if route.do == "look"]
        paths = [pattern.text.replace("{id}", job.id) for pattern in patterns for job in fake.jobs]
        for nap in (0, *naps):
            fake.clock.advance(seconds=nap)
            for path in paths:
                if forgets:
                    replies._kept.clear()
                headers = {"Host": host, **fake.credentials(fake.jobs[0].tenant)}
                reply = client.get(path, headers=headers)
                answers.append((reply.status_code, list(reply.headers), reply.data))
    return answers


@settings(max_examples=25)
@given(
    name=st.sampled_from(shipped_names()),
    naps=st.lists(st.integers(0, 40), max_size=4),
    hosts=st.lists(st.sampled_from(HOSTS), min_size=1, max_size=3),
)
def test_a_reply_that_is_kept_is_the_reply_that_would_be_rendered(name: str, naps: list[int], hosts: list[str]) -> None:
    for host in hosts:
        assert told(name, naps, host, forgets=False) == told(name, naps, host, forgets=True)


@contextmanager
def playing(status: str = "done") -> Iterator[FakeJobs]:
    with FakeJobs(strict=False) as fake:
        yield fake.play({"dialect": "conversio", "jobs": [{"id": JOB, "steps": [{"state": status}]}]})


def look(fake: FakeJobs, host: str = HOSTS[0]) -> bytes:
    said: bytes = Client(fake.app).get(PATH, headers={"Host": host, **fake.credentials()}).data
    return said


def test_a_reply_is_rendered_once_for_all_fakes_of_a_scenario_and_for_each_base_that_it_tells() -> None:
    for host in (HOSTS[0], HOSTS[1], HOSTS[0]):
        with playing() as fake:
            assert host.encode() in look(fake, host)
    assert len(replies._kept) == 1
    with playing("queued") as fake:
        one = look(fake, HOSTS[0])
    with playing("queued") as other:
        assert look(other, HOSTS[1]) == one
    assert [kept.base for kept in replies._kept.values()] == [f"http://{HOSTS[0]}", None]


def test_a_job_that_a_test_has_moved_by_hand_is_not_told_as_its_plan_has_it() -> None:
    with playing("queued") as fake:
        assert b"pending" in look(fake)
        fake.job(JOB).finish(body={"kind": "segments-export"})
        assert b"segments-export" in look(fake)
    with playing("queued") as fake:
        assert b"pending" in look(fake)


def test_no_more_replies_are_kept_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MOST_KEPT", 2)
    with playing() as fake:
        for _ in range(5):
            look(fake)
            fake.clock.advance(seconds=1)
            assert len(replies._kept) <= 2
