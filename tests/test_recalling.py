"""Replies that are kept: what a fake remembers of an earlier one's is what it would say itself, to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import acme
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from fakejobs import FakeJobs, exchange
from fakejobs.commands import Reply
from fakejobs.dialect import replies
from fakejobs.dialect.scope import ANY_BASE
from fakejobs.scenario.search import Search, shipped_names

HOSTS = ("127.0.0.1:1", "127.0.0.1:2", "jobs.example", "JOBS.example:80", 'j"obs\\')
JOB = "57b5aa3b046abfb053d80b52"
PATH = f"/api/v1/async-jobs/{JOB}"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    replies._kept.clear()
    yield
    replies._kept.clear()


def told(name: str, naps: list[int], host: str) -> list[tuple[int, list[tuple[str, str]], bytes]]:
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
                headers = {"Host": host, **fake.credentials(fake.jobs[0].tenant)}
                reply = client.get(path, headers=headers)
                answers.append((reply.status_code, list(reply.headers), reply.data))
    return answers


@contextmanager
def nothing_recalled() -> Iterator[None]:
    """Have every reply rendered as it is asked for."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exchange, "answer", _rendered)
        yield


def _rendered(*given: Any, **more: Any) -> Reply:
    names = ("dialect", "reading", "views", "ask", "options", "beyond")
    return replies._answered(**dict(zip(names, given, strict=False)), **more)


@settings(max_examples=25)
@given(
    name=st.sampled_from(shipped_names()),
    naps=st.lists(st.integers(0, 40), max_size=4),
    hosts=st.lists(st.sampled_from(HOSTS), min_size=1, max_size=3),
)
def test_a_reply_that_is_kept_is_the_reply_that_would_be_rendered(name: str, naps: list[int], hosts: list[str]) -> None:
    for host in hosts:
        recalled = told(name, naps, host)
        with nothing_recalled():
            assert recalled == told(name, naps, host)


@contextmanager
def playing(status: str = "done") -> Iterator[FakeJobs]:
    with FakeJobs(strict=False) as fake:
        yield fake.play({"dialect": "conversio", "jobs": [{"id": JOB, "steps": [{"state": status}]}]})


def look(fake: FakeJobs, host: str = HOSTS[0]) -> bytes:
    said: bytes = Client(fake.app).get(PATH, headers={"Host": host, **fake.credentials()}).data
    return said


def test_a_reply_is_rendered_once_for_all_fakes_of_a_scenario_whatever_the_base_that_it_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendered: list[str] = []
    render = replies._answered
    monkeypatch.setattr(
        replies, "_answered", lambda *given, **more: rendered.append(given[3].base) or render(*given, **more)
    )
    for host in (HOSTS[0], HOSTS[1], HOSTS[0]):
        with playing() as fake:
            assert host.encode() in look(fake, host)
    assert len(replies._kept) == len(rendered) == 1
    with playing("queued") as fake:
        one = look(fake, HOSTS[0])
    with playing("queued") as other:
        assert look(other, HOSTS[1]) == one
    assert [kept.base for kept in replies._kept.values()] == [ANY_BASE, None]


def test_a_host_that_json_writes_otherwise_than_it_is_gets_a_reply_of_its_own() -> None:
    for host in (HOSTS[0], HOSTS[-1]):
        with playing() as fake:
            assert json.loads(look(fake, host))["data"]["result"].startswith(f"http://{host}/")


OF_THE_FIRST = {"$when": {"base": "http://one.example"}, "then": "first", "else": "another"}
ON_THE_BASE: dict[str, Any] = {
    "a filter": "${base|trim:.example}",
    "a filter of what is made of it": {"$let": {"at": "${base}"}, "in": "${let.at|trim:.example}"},
    "a condition": OF_THE_FIRST,
    "a switch": {"$switch": "${base}", "cases": {"http://one.example": "first", "*": "another"}},
}


@pytest.mark.parametrize("template", ON_THE_BASE.values(), ids=ON_THE_BASE)
def test_a_reply_that_hangs_on_the_base_is_kept_for_that_base_alone(template: Any, tmp_path: Path) -> None:
    def change(file: dict[str, Any]) -> None:
        file["templates"]["export"]["url?"] = template

    acme.write(tmp_path, change)
    for host in ("one.example", "other.example:80", "one.example"):
        recalled = read_from_acme(tmp_path, host)
        with nothing_recalled():
            assert recalled == read_from_acme(tmp_path, host)


def read_from_acme(folder: Path, host: str) -> Any:
    with FakeJobs(search=Search(dialects=(folder,))) as fake:
        fake.play({"dialect": "acme-exports", "jobs": [{"steps": [{"state": "ready"}]}]})
        path = f"/v2/exports/{fake.jobs[0].id}"
        return Client(fake.app).get(path, headers={"Host": host, **fake.credentials()}).json


def test_a_header_tells_the_base_of_whoever_asks() -> None:
    kept = replies._Kept(Reply(headers=(("Link", f"<{ANY_BASE}/next>"), ("A", "b"))), ANY_BASE)
    told = kept.told("http://127.0.0.1:80")
    assert told is not None
    assert told.headers == (("Link", "<http://127.0.0.1:80/next>"), ("A", "b"))


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
