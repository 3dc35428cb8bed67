"""Clients as they come, waiting as they do by default, follow a job of ten minutes on the test's clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import backoff
import httpx
import polling2
import pytest
import requests
import retrying
import stamina
import tenacity
import urllib3
from playing import SECOND, START, A, B, conversio
from requests.adapters import HTTPAdapter

from fakejobs import FakeJobs

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = [
    {"state": "queued", "for": {"seconds": 30}},
    {"state": "started", "for": {"seconds": 570}},
    {"state": "done"},
]
TEN_MINUTES = timedelta(minutes=10)


class NotYetError(Exception):
    """The job is under way."""


@pytest.fixture
def fake() -> Iterator[FakeJobs]:
    with FakeJobs() as fake:
        fake.play(conversio({"id": A, "steps": STEPS}))
        yield fake


@pytest.fixture
def look(fake: FakeJobs) -> Iterator[Callable[[], str]]:
    """Ask for the job's status once, over the socket."""
    with requests.Session() as session:
        session.headers.update(fake.credentials())

        def look() -> str:
            reply = session.get(f"{fake.url}/api/v1/async-jobs/{A}", timeout=10)
            return str(reply.json()["data"]["status"])

        yield look


def done_or_raise(status: str) -> str:
    if status != "done":
        raise NotYetError(status)
    return status


def passed(fake: FakeJobs) -> timedelta:
    """What has passed on the clock since the test began."""
    return fake.clock.now() - BEGINNING


def instants(fake: FakeJobs) -> list[float]:
    """The seconds since the beginning at which the fake was asked."""
    return [(entry.asked - START) / SECOND for entry in fake.journal]


def test_tenacity_polls_every_ten_seconds(fake: FakeJobs, look: Callable[[], str]) -> None:
    poll = tenacity.retry(wait=tenacity.wait_fixed(10), retry=tenacity.retry_if_result(lambda s: s != "done"))(look)
    with fake.clock.drive():
        assert poll() == "done"
    assert instants(fake) == [10.0 * n for n in range(61)]
    assert passed(fake) == TEN_MINUTES


def test_tenacity_gives_up_at_its_deadline_which_is_the_clock_s(fake: FakeJobs, look: Callable[[], str]) -> None:
    retrying = tenacity.Retrying(
        wait=tenacity.wait_fixed(7),
        stop=tenacity.stop_after_delay(60),
        retry=tenacity.retry_if_result(lambda status: status != "done"),
    )
    with fake.clock.drive("tenacity"), pytest.raises(tenacity.RetryError):
        retrying(look)
    assert instants(fake) == [7.0 * n for n in range(10)]
    assert retrying.statistics["delay_since_first_attempt"] == pytest.approx(63)
    assert passed(fake) == timedelta(seconds=63)


def test_tenacity_in_a_loop_polls_every_ten_seconds(fake: FakeJobs, look: Callable[[], str]) -> None:
    @tenacity.retry(wait=tenacity.wait_fixed(10), retry=tenacity.retry_if_exception_type(NotYetError))
    async def poll() -> str:
        return done_or_raise(look())

    with fake.clock.drive("tenacity"):
        assert asyncio.run(poll()) == "done"
    assert instants(fake) == [10.0 * n for n in range(61)]
    assert passed(fake) == TEN_MINUTES


def test_backoff_waits_longer_and_longer(fake: FakeJobs, look: Callable[[], str]) -> None:
    poll = backoff.on_predicate(backoff.expo, lambda status: status != "done", jitter=None, max_value=60)(look)
    with fake.clock.drive():
        assert poll() == "done"
    # after 1, 2, 4, 8, 16, 32 seconds, then every minute
    assert instants(fake) == [0, 1, 3, 7, 15, 31, 63, *range(123, 604, 60)]
    assert passed(fake) == timedelta(seconds=603)


def test_backoff_with_its_own_jitter_and_a_deadline_of_the_wall_clock(fake: FakeJobs, look: Callable[[], str]) -> None:
    poll = backoff.on_predicate(backoff.constant, lambda status: status != "done", interval=20, max_time=300)(look)
    with fake.clock.drive("backoff", datetime=True):
        assert poll() == "pending"  # it gives up
    assert timedelta(seconds=280) <= passed(fake) <= timedelta(seconds=300)
    assert 15 <= len(instants(fake)) <= 600


def test_backoff_in_a_loop(fake: FakeJobs) -> None:
    async def follow() -> str:
        async with httpx.AsyncClient(headers=fake.credentials()) as client:

            @backoff.on_exception(backoff.fibo, NotYetError, jitter=None, max_value=21)
            async def poll() -> str:
                reply = await client.get(f"{fake.url}/api/v1/async-jobs/{A}")
                return done_or_raise(reply.json()["data"]["status"])

            return str(await poll())

    with fake.clock.drive():
        assert asyncio.run(follow()) == "done"
    assert instants(fake)[:8] == [0, 1, 2, 4, 7, 12, 20, 33]
    assert passed(fake) == timedelta(seconds=33 + 21 * 27)
    assert len(fake.journal) == 8 + 27


def test_urllib3_s_own_retries_under_requests(fake: FakeJobs) -> None:
    faults = {"fault": {"status": 503, "headers": {"Retry-After": "60"}}, "for": {"polls": 9}}
    fake.play(conversio({"id": B, "steps": [STEPS[0], faults, STEPS[1], STEPS[2]]}))
    retries = urllib3.Retry(total=20, status_forcelist=[503], backoff_factor=1)
    with requests.Session() as session, fake.clock.drive("urllib3"):
        session.mount("http://", HTTPAdapter(max_retries=retries))
        url = f"{fake.url}/api/v1/async-jobs/{B}"
        fake.clock.advance(seconds=30)
        reply = session.get(url, headers=fake.credentials(), timeout=10)
    assert reply.status_code == 200
    assert instants(fake) == [30.0 + 60 * n for n in range(10)]
    assert passed(fake) == timedelta(seconds=570)


def test_urllib3_reads_a_retry_after_that_is_a_date_against_the_clock(fake: FakeJobs) -> None:
    fault = {
        "fault": {"status": 503, "headers": {"Retry-After": "Thu, 01 Jan 2026 00:10:00 GMT"}},
        "for": {"polls": 1},
    }
    fake.play(conversio({"id": B, "steps": [fault, *STEPS]}))
    with requests.Session() as session, fake.clock.drive("urllib3"):
        session.mount("http://", HTTPAdapter(max_retries=urllib3.Retry(status_forcelist=[503])))
        session.get(f"{fake.url}/api/v1/async-jobs/{B}", headers=fake.credentials(), timeout=10)
    assert instants(fake) == [0, 600]


def test_stamina_polls_with_its_own_jitter(fake: FakeJobs, look: Callable[[], str]) -> None:
    @stamina.retry(on=NotYetError, attempts=None, timeout=900)
    def poll() -> str:
        return done_or_raise(look())

    with fake.clock.drive():
        assert poll() == "done"
    assert TEN_MINUTES <= passed(fake) <= TEN_MINUTES + timedelta(seconds=6)
    assert 120 <= len(fake.journal) <= 140
    assert all(0 < later - earlier <= 6 for earlier, later in zip(instants(fake), instants(fake)[1:], strict=False))


def test_stamina_gives_up_at_its_own_deadline(fake: FakeJobs, look: Callable[[], str]) -> None:
    @stamina.retry(on=NotYetError, attempts=None)
    def poll() -> str:
        return done_or_raise(look())

    with fake.clock.drive("stamina", "tenacity"), pytest.raises(NotYetError):
        poll()
    assert timedelta(seconds=40) <= passed(fake) <= timedelta(seconds=51)


def test_stamina_in_a_loop(fake: FakeJobs, look: Callable[[], str]) -> None:
    @stamina.retry(on=NotYetError, attempts=None, timeout=900)
    async def poll() -> str:
        return done_or_raise(await asyncio.to_thread(look))

    with fake.clock.drive():
        assert asyncio.run(poll()) == "done"
    assert TEN_MINUTES <= passed(fake) <= TEN_MINUTES + timedelta(seconds=6)
    assert 120 <= len(fake.journal) <= 140


def test_retrying_polls_every_five_seconds(fake: FakeJobs, look: Callable[[], str]) -> None:
    poll = retrying.retry(wait_fixed=5000, retry_on_result=lambda status: status != "done")(look)
    with fake.clock.drive("retrying"):
        assert poll() == "done"
    assert instants(fake) == [5.0 * n for n in range(121)]
    assert passed(fake) == TEN_MINUTES


def test_retrying_gives_up_at_its_deadline(fake: FakeJobs, look: Callable[[], str]) -> None:
    poll = retrying.retry(wait_fixed=5000, stop_max_delay=60_000, retry_on_result=lambda s: s != "done")(look)
    with fake.clock.drive("retrying"), pytest.raises(retrying.RetryError):
        poll()
    assert passed(fake) == timedelta(seconds=60)


def test_polling2_polls_every_second_until_its_deadline(fake: FakeJobs, look: Callable[[], str]) -> None:
    with fake.clock.drive("polling2"):
        assert polling2.poll(look, step=1, timeout=900, check_success=lambda status: status == "done") == "done"
        assert passed(fake) == TEN_MINUTES
        assert len(fake.journal) == 601
        with pytest.raises(polling2.TimeoutException):
            polling2.poll(look, step=1, timeout=60, check_success=lambda status: status == "gone")
    assert passed(fake) == timedelta(seconds=660)


def test_httpx_in_a_loop_with_deadlines(fake: FakeJobs) -> None:
    async def look(client: httpx.AsyncClient) -> str:
        reply = await asyncio.wait_for(client.get(f"{fake.url}/api/v1/async-jobs/{A}"), 5)
        return str(reply.json()["data"]["status"])

    async def follow() -> None:
        async with httpx.AsyncClient(headers=fake.credentials()) as client:
            while await look(client) != "done":
                await asyncio.sleep(5)

    async def follow_in_time() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(100):
                await follow()
        assert passed(fake) == timedelta(seconds=100)
        await asyncio.wait_for(follow(), 900)

    with fake.clock.drive():
        asyncio.run(follow_in_time())
    assert instants(fake) == [5.0 * n for n in range(20)] + [100 + 5.0 * n for n in range(101)]
    assert passed(fake) == TEN_MINUTES


def test_a_reply_that_is_late_on_the_clock_is_too_late_for_httpx(fake: FakeJobs) -> None:
    fault = {"fault": {"delay": {"seconds": 60}}, "for": {"polls": 1}}
    fake.play(conversio({"id": B, "steps": [fault, *STEPS]}))

    async def ask() -> None:
        async with httpx.AsyncClient(headers=fake.credentials()) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get(f"{fake.url}/api/v1/async-jobs/{B}", timeout=20)
            assert passed(fake) == timedelta(seconds=20)

    with fake.clock.drive():
        asyncio.run(ask())


def test_aiohttp_follows_a_job(fake: FakeJobs) -> None:
    async def follow() -> None:
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(headers=fake.credentials(), timeout=timeout) as session:
            while True:
                async with session.get(f"{fake.url}/api/v1/async-jobs/{A}") as reply:
                    if (await reply.json())["data"]["status"] == "done":
                        return
                await asyncio.sleep(10)

    with fake.clock.drive():
        asyncio.run(follow())
    assert instants(fake) == [10.0 * n for n in range(61)]
    assert passed(fake) == TEN_MINUTES


def test_a_pool_of_pollers_sees_the_end_of_the_job_at_their_own_instants(fake: FakeJobs) -> None:
    def follow(interval: float) -> float:
        with requests.Session() as session:
            while True:
                url = f"{fake.url}/api/v1/async-jobs/{A}"
                reply = session.get(url, headers=fake.credentials(), timeout=10)
                if reply.json()["data"]["status"] == "done":
                    return time.time() - BEGINNING.timestamp()
                time.sleep(interval)

    intervals = [7, 10, 16, 25]
    with fake.clock.drive(), ThreadPoolExecutor(len(intervals)) as pool:
        futures = [pool.submit(follow, interval) for interval in intervals]
        assert [future.result(timeout=900) for future in futures] == [602, 600, 608, 600]
    assert len(fake.journal) == sum(-(-600 // interval) + 1 for interval in intervals)
    assert passed(fake) == timedelta(seconds=608)


def test_a_future_that_is_not_done_in_time_is_given_up(fake: FakeJobs, look: Callable[[], str]) -> None:
    def follow() -> None:
        while look() != "done":
            time.sleep(10)

    with fake.clock.drive(), ThreadPoolExecutor(1) as pool:
        future = pool.submit(follow)
        with pytest.raises(TimeoutError):
            future.result(timeout=55)
        assert passed(fake) == timedelta(seconds=55)
        future.result(timeout=900)
    assert passed(fake) == TEN_MINUTES


async def _test_inside(fake: FakeJobs, look: Callable[[], Any]) -> None:
    """What an asynchronous test does that drives the loop it runs in."""
    loop = asyncio.get_running_loop()
    heard: list[float] = []
    loop.call_later(45, lambda: heard.append(passed(fake).total_seconds()))  # before the drive
    with fake.clock.drive():
        began = loop.time()
        while look() != "done":
            await asyncio.sleep(30)
        assert loop.time() - began == pytest.approx(600)
    assert heard == [pytest.approx(45, abs=0.5)]


def test_a_loop_that_runs_already_is_driven_from_then_on(fake: FakeJobs, look: Callable[[], str]) -> None:
    asyncio.run(_test_inside(fake, look))
    assert instants(fake) == [30.0 * n for n in range(21)]
    assert passed(fake) == TEN_MINUTES
