"""Replies that wait: the time that they take, and that a client gives them, is the test's clock's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, ClassVar

import httpx
import pytest
import requests
from carrying import LIBRARIES, Canned, client, each_library, session_with
from playing import A, conversio
from urllib3.util.retry import Retry

from fakejobs import FakeJobs, SystemClock
from fakejobs.transports import AsyncHttpxTransport, HttpxTransport, RequestsAdapter

SECOND = 1_000_000
URL = f"http://fake/api/v1/async-jobs/{A}"
TIMEOUTS = (requests.ReadTimeout, httpx.ReadTimeout)


def slow(seconds: float = 30, times: int = 1) -> Mapping[str, Any]:
    """A scenario in which looks take a while."""
    return conversio(
        {"id": A}, faults=[{"on": "look", "times": times, "fault": {"delay": {"seconds": seconds}}, "optional": True}]
    )


@each_library
@pytest.mark.parametrize("timeout", [None, 60, 30])
def test_a_reply_that_waits_moves_the_clock_and_is_then_there(library: str, timeout: float | None) -> None:
    with FakeJobs() as fake, client(library, fake.play(slow())) as call:
        begun = fake.clock.instant()
        assert call("GET", URL, headers=fake.credentials(), timeout=timeout)[0] == 200
        assert fake.clock.instant() - begun == 30 * SECOND
        assert fake.journal[0].answered == fake.clock.instant()


@each_library
@pytest.mark.parametrize("timeout", [29.999, 0.25])
def test_a_reply_that_takes_longer_than_the_timeout_is_given_up_when_that_has_passed(
    library: str, timeout: float
) -> None:
    with FakeJobs() as fake, client(library, fake.play(slow())) as call:
        begun = fake.clock.instant()
        with pytest.raises(TIMEOUTS):
            call("GET", URL, headers=fake.credentials(), timeout=timeout)
        assert fake.clock.instant() - begun == round(timeout * SECOND)
        assert fake.job(A).polls == 1


@pytest.mark.parametrize(
    ("library", "timeout"),
    [
        ("requests", (1, 60)),
        ("requests", (1, None)),
        ("requests", (None, 60)),
        ("httpx", httpx.Timeout(1, read=60)),
        ("httpx", httpx.Timeout(1, read=None)),
        ("asynchronous httpx", httpx.Timeout(1, read=60)),
    ],
)
def test_it_is_the_read_timeout_that_counts(library: str, timeout: Any) -> None:
    with FakeJobs() as fake, client(library, fake.play(slow())) as call:
        assert call("GET", URL, headers=fake.credentials(), timeout=timeout)[0] == 200


@each_library
def test_a_late_reply_goes_nowhere_and_the_next_request_gets_its_own(library: str) -> None:
    with FakeJobs() as fake, client(library, fake.play(slow())) as call:
        with pytest.raises(TIMEOUTS):
            call("GET", URL, headers=fake.credentials(), timeout=5)
        assert call("GET", URL + "0", headers=fake.credentials(), timeout=5)[0] == 404


@each_library
def test_a_delay_and_a_timeout_take_real_time_on_a_real_clock(library: str) -> None:
    with FakeJobs(clock=SystemClock(speed=1000)) as fake, client(library, fake.play(slow(60))) as call:
        fake.play({**slow(6000), "jobs": []})
        begun = fake.clock.instant()
        assert call("GET", URL, headers=fake.credentials(), timeout=None)[0] == 200
        assert fake.clock.instant() - begun >= 60 * SECOND
        with pytest.raises(TIMEOUTS):
            call("GET", URL, headers=fake.credentials(), timeout=30)


def test_replies_that_wait_in_one_loop_wait_side_by_side() -> None:
    async def ask_thrice(fake: FakeJobs) -> list[int]:
        async with httpx.AsyncClient(transport=AsyncHttpxTransport(fake), timeout=60) as asynchronous:
            headers = fake.credentials()
            replies = await asyncio.gather(*(asynchronous.get(URL, headers=headers) for _ in range(3)))
            return [reply.status_code for reply in replies]

    with FakeJobs() as fake:
        begun = fake.play(slow(times=3)).clock.instant()
        assert asyncio.run(ask_thrice(fake)) == [200] * 3
        assert fake.clock.instant() - begun == 30 * SECOND


def test_a_client_that_never_pauses_leaves_the_loop_to_others() -> None:
    async def ask_until_told(fake: FakeJobs) -> int:
        told = asyncio.Event()
        asked = 0
        async with httpx.AsyncClient(transport=AsyncHttpxTransport(fake)) as asynchronous:
            asyncio.get_running_loop().call_soon(told.set)
            while not told.is_set():
                await asynchronous.get(URL, headers=fake.credentials())
                asked += 1
        return asked

    with FakeJobs() as fake:
        assert asyncio.run(ask_until_told(fake.play(conversio({"id": A})))) == 1


@pytest.mark.parametrize("kind", ["requests", "httpx"])
def test_replies_that_wait_in_several_threads_do_not_wait_behind_each_other(kind: str) -> None:
    with FakeJobs() as fake:
        fake.play(slow(times=3))
        headers = fake.credentials()
        with (
            session_with(RequestsAdapter(fake)) as session,
            httpx.Client(transport=HttpxTransport(fake), timeout=60) as of_httpx,
            ThreadPoolExecutor(3) as pool,
        ):
            ask: Any = session.get if kind == "requests" else of_httpx.get
            replies = [pool.submit(ask, URL, headers=headers) for _ in range(3)]
            assert [reply.result().status_code for reply in replies] == [200] * 3
        assert all(entry.answered - entry.asked == 30 * SECOND for entry in fake.journal)


@pytest.mark.parametrize("library", LIBRARIES[1:])
def test_a_reply_that_waits_for_a_clock_that_is_closed_ends_with_it(library: str) -> None:
    fake = FakeJobs().play(slow())
    with client(library, fake) as call:
        headers = fake.credentials()
        fake.clock.close()
        with pytest.raises(ValueError, match="the clock was closed"):
            call("GET", URL, headers=headers)
    fake.close()


# ------------------------------------------------------------------ retries of urllib3


FLAPPING = conversio(
    {"id": A}, faults=[{"on": "look", "times": 2, "fault": {"status": 503, "headers": {"Retry-After": "7"}}}]
)


def retrying(fake: Any, retries: Retry) -> requests.Session:
    return session_with(RequestsAdapter(fake, max_retries=retries))


def test_retry_after_is_waited_for_on_the_clock() -> None:
    with FakeJobs() as fake, retrying(fake.play(FLAPPING), Retry(total=3)) as session:
        begun = fake.clock.instant()
        reply = session.get(URL, headers=fake.credentials())
        assert reply.status_code == 200
        assert fake.clock.instant() - begun == 14 * SECOND
        assert [entry.response.status for entry in fake.journal] == [503, 503, 200]
        assert reply.raw.retries is not None
        assert [each.status for each in reply.raw.retries.history] == [503, 503]


def test_a_request_that_is_not_to_be_retried_is_not() -> None:
    retries = Retry(total=3, allowed_methods=["PUT"])
    with FakeJobs(strict=False) as fake, retrying(fake.play(FLAPPING), retries) as session:
        reply = session.get(URL, headers=fake.credentials())
        assert reply.status_code == 503
        assert reply.raw.retries is not None
        assert reply.raw.retries.history == ()
        assert len(fake.journal) == 1


def test_retries_that_are_used_up_raise() -> None:
    with FakeJobs() as fake, retrying(fake.play(FLAPPING), Retry(total=1, status_forcelist=[503])) as session:
        with pytest.raises(requests.exceptions.RetryError, match="too many 503 error responses"):
            session.get(URL, headers=fake.credentials())
        assert len(fake.journal) == 2


def test_the_backoff_is_waited_for_on_the_clock() -> None:
    fake = Canned(status="502 Bad Gateway")
    begun = fake.clock.instant()
    with (
        retrying(fake, Retry(total=3, status_forcelist=[502], backoff_factor=5)) as session,
        pytest.raises(requests.exceptions.RetryError),
    ):
        session.get(URL)
    assert len(fake.asked) == 4
    assert fake.clock.instant() - begun == (10 + 20) * SECOND


@pytest.mark.parametrize(("ahead", "wait"), [(90, 90), (-90, 0)])
def test_a_date_in_retry_after_is_the_clock_s(ahead: int, wait: int) -> None:
    fake = Canned()
    date = datetime.fromtimestamp(fake.clock.time() + ahead, UTC)
    fake = Canned("503 Service Unavailable", [("Retry-After", format_datetime(date, usegmt=True))])
    begun = fake.clock.instant()
    with retrying(fake, Retry(total=1, raise_on_status=False)) as session:
        assert session.get(URL).status_code == 503
    assert fake.clock.instant() - begun == wait * SECOND


class Patient(Retry):
    """Retries that are somebody's own."""

    waited: ClassVar[list[float]] = []

    def get_backoff_time(self) -> float:
        self.waited.append(11)
        return 11


def test_retries_of_one_s_own_kind_stay_of_that_kind() -> None:
    fake = Canned(status="502 Bad Gateway")
    begun = fake.clock.instant()
    retries = Patient(total=2, status_forcelist=[502], raise_on_status=False)
    adapter = RequestsAdapter(fake, max_retries=retries)
    assert isinstance(adapter.max_retries, Patient)
    assert type(retries) is Patient
    with session_with(adapter) as session:
        assert session.get(URL).status_code == 502
    assert Patient.waited == [11, 11]
    assert fake.clock.instant() - begun == 22 * SECOND


def test_a_timeout_is_retried_where_urllib3_would() -> None:
    with FakeJobs() as fake, retrying(fake.play(slow(30, times=1)), Retry(total=2, backoff_factor=1)) as session:
        begun = fake.clock.instant()
        assert session.get(URL, headers=fake.credentials(), timeout=(3, 10)).status_code == 200
        assert fake.clock.instant() - begun == 10 * SECOND
        assert len(fake.journal) == 2
