"""Real HTTP clients, polling over the socket with the clock of the test as their own: nobody waits in real time."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import httpx
import pytest
import requests

from fakejobs import FakeJobs

JOB = "57b5aa3b046abfb053d80b52"
Poll = Callable[[FakeJobs, str], tuple[int, Any, str | None]]


def with_requests(session: requests.Session) -> Poll:
    def poll(fake: FakeJobs, url: str) -> tuple[int, Any, str | None]:
        reply = session.get(url, auth=fake.auth("shop-a"), timeout=10)
        return reply.status_code, reply.json() if reply.ok else None, reply.headers.get("Retry-After")

    return poll


def with_httpx(client: httpx.Client) -> Poll:
    def poll(fake: FakeJobs, url: str) -> tuple[int, Any, str | None]:
        reply = client.get(url, auth=fake.auth("shop-a"))
        return reply.status_code, reply.json() if reply.is_success else None, reply.headers.get("Retry-After")

    return poll


def with_urllib(fake: FakeJobs, url: str) -> tuple[int, Any, str | None]:
    request = urllib.request.Request(url, headers=fake.credentials("shop-a"))
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, json.load(reply), None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None, error.headers.get("Retry-After")


def wait(fake: FakeJobs, poll: Poll) -> str:
    """Poll every minute, and after a 503 when it says so; return the result, or raise when the job is gone."""
    while True:
        status, document, retry_after = poll(fake, f"{fake.url}/api/v1/async-jobs/{JOB}")
        if status == 404:
            raise LookupError(JOB)
        if document and document["data"]["status"] != "pending":
            return str(document["data"]["result"])
        fake.clock.sleep(float(retry_after) if retry_after else 60)


def follow_to_the_end(fake: FakeJobs, poll: Poll) -> None:
    assert wait(fake, poll).endswith(".csv")
    fake.clock.advance(days=8)
    with pytest.raises(LookupError):
        wait(fake, poll)
    job = fake.job(JOB)
    assert job.seen == ["pending", "done"]
    assert [entry.response.status for entry in fake.journal] == [200] * 6 + [503, 200, 404]
    assert job.polls == len(fake.journal)


@pytest.mark.fakejobs("conversio/export-expires")
def test_requests_follows_a_job_to_its_end_and_beyond(fakejobs: FakeJobs) -> None:
    with requests.Session() as session:
        follow_to_the_end(fakejobs, with_requests(session))


@pytest.mark.fakejobs("conversio/export-expires")
def test_httpx_follows_a_job_to_its_end_and_beyond(fakejobs: FakeJobs) -> None:
    with httpx.Client() as client:
        follow_to_the_end(fakejobs, with_httpx(client))


@pytest.mark.fakejobs("conversio/export-expires")
def test_urllib_follows_a_job_to_its_end_and_beyond(fakejobs: FakeJobs) -> None:
    follow_to_the_end(fakejobs, with_urllib)


@pytest.mark.fakejobs("conversio/export-expires")
def test_an_asynchronous_httpx_client_follows_a_job_to_its_end_and_beyond(fakejobs: FakeJobs) -> None:
    url = f"{fakejobs.url}/api/v1/async-jobs/{JOB}"

    async def follow() -> list[int]:
        statuses = []
        async with httpx.AsyncClient(auth=fakejobs.auth("shop-a", "app-1")) as client:
            while True:
                reply = await client.get(url)
                statuses.append(reply.status_code)
                if reply.status_code == 200 and reply.json()["data"]["status"] == "done":
                    break
                await fakejobs.clock.asleep(60)
            await fakejobs.clock.aadvance(days=8)
            statuses.append((await client.get(url)).status_code)
        return statuses

    assert asyncio.run(follow()) == [200] * 6 + [503, 200, 404]
    assert fakejobs.job(JOB).seen == ["pending", "done"]


@pytest.mark.fakejobs("conversio/happy-path")
def test_one_connection_carries_all_polls_of_a_session(fakejobs: FakeJobs) -> None:
    with requests.Session() as session:
        for _ in range(5):
            session.get(f"{fakejobs.url}/api/v1/async-jobs/{JOB}", auth=fakejobs.auth(), timeout=10)
    assert {entry.connection for entry in fakejobs.journal} == {1}


@pytest.mark.fakejobs("conversio/happy-path")
def test_twenty_pollers_in_any_order_see_the_same_truth(fakejobs: FakeJobs) -> None:
    """Law 1: whoever looks, and however often, the job moves by its script and the clock alone."""
    url, auth = f"{fakejobs.url}/api/v1/async-jobs/{JOB}", fakejobs.credentials()
    begin = threading.Barrier(20)

    def poll(number: int) -> list[tuple[int, str]]:
        seen = []
        begin.wait(timeout=30)
        with requests.Session() as session:
            while not seen or seen[-1][1] != "done":
                job = session.get(url, headers=auth, timeout=30).json()["data"]
                seen.append((fakejobs.clock.instant(), job["status"]))
                fakejobs.clock.sleep(10 + number)
        return seen

    with ThreadPoolExecutor(20) as pool:
        histories = list(pool.map(poll, range(20)))
    done_at = fakejobs.journal[0].asked + 330_000_000
    for entry in fakejobs.journal:
        status = entry.response.json()["data"]["status"]
        assert status == ("done" if entry.asked >= done_at else "pending")
    assert all(history[-1][1] == "done" for history in histories)
    assert fakejobs.job(JOB).polls == len(fakejobs.journal) == sum(map(len, histories))


@pytest.mark.fakejobs("conversio/happy-path")
def test_replies_that_wait_do_not_wait_behind_each_other(fakejobs: FakeJobs) -> None:
    slow = {"dialect": "conversio", "faults": [{"on": "look", "times": 3, "fault": {"delay": {"seconds": 30}}}]}
    fakejobs.play(slow)
    url, auth = f"{fakejobs.url}/api/v1/async-jobs/{JOB}", fakejobs.credentials()
    begin = threading.Barrier(3)

    def poll(_: int) -> int:
        begin.wait(timeout=30)
        return requests.get(url, headers=auth, timeout=30).status_code

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(poll, range(3))) == [200] * 3
    assert all(entry.answered - entry.asked == 30_000_000 for entry in fakejobs.journal)
    assert requests.get(url, headers=auth, timeout=30).headers["Date"] == fakejobs.clock.now().strftime(
        "%a, %d %b %Y %H:%M:%S GMT"
    )


def test_a_client_that_keeps_its_connection_across_a_reset_loses_no_post() -> None:
    """aiohttp sends a POST once: not again where it finds, too late, that the connection has ended."""

    async def post_after_resets(fake: FakeJobs) -> list[int]:
        seen = []
        async with aiohttp.ClientSession() as session:
            for _ in range(5):
                fake.reset()
                fake.play({"dialect": "conversio", "submissions": [{"steps": [{"state": "done"}]}]})
                url = f"{fake.url}/api/v1/segments/s-1/async-export"
                async with session.post(url, headers=fake.credentials()) as reply:
                    await reply.read()
                    seen.append(reply.status)
        return seen

    with FakeJobs() as fake:
        assert asyncio.run(post_after_resets(fake)) == [201] * 5
