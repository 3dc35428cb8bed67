"""Libraries that send a request again, as they are: a fault that each documents it survives, and one that it does not.

Each brings its own way to the socket, or sits on one of requests, httpx and aiohttp. What a library documents is told
beside its tests, in its own terms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import aiohttp_retry
import httpx
import httpx_retries
import pytest
import requests
from azure.core import PipelineClient
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.policies import RetryPolicy
from azure.core.rest import HttpRequest
from playing import A
from requests.adapters import HTTPAdapter
from retrying_clients import (
    CREATE,
    CREATION,
    LOOK,
    RESET,
    SLOW_DOWN,
    UNAVAILABLE,
    UNAVAILABLE_UNTIL,
    UNAVAILABLE_UNTIL_SOON,
    creations,
    follow,
    met,
    not_survived,
    seconds_between,
    survived,
    ten_minutes,
    word_of,
)
from urllib3.util.retry import Retry

from fakejobs import FakeJobs

MINUTE = (60.0,)
CUT = {"connection": "close", "after": 5}

# ------------------------------------------------------------------ urllib3


@contextmanager
def with_urllib3(fakejobs: FakeJobs, **options: Any) -> Iterator[requests.Session]:
    """A session of requests whose adapter retries by urllib3's Retry."""
    fakejobs.clock.drive()
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=Retry(total=3, **options)))
        session.headers.update(fakejobs.credentials())
        yield session


def test_urllib3_survives_retry_after_as_a_date(fakejobs: FakeJobs) -> None:
    """With 413, 429 and 503 it waits for it by itself; no status_forcelist is needed."""
    fakejobs.play(ten_minutes(UNAVAILABLE_UNTIL))
    with with_urllib3(fakejobs) as session:
        assert follow(fakejobs, lambda: word_of(session.get(fakejobs.url + LOOK))) == "done"
    assert survived(fakejobs) == ["503, Retry-After: Thu, 01 Jan 2026 00:05:30 GMT"]
    polling = fakejobs.job(A).polling.honours_retry_after()
    assert polling.intervals == MINUTE * 5 + (30.0,) + MINUTE * 5


def test_urllib3_does_not_survive_the_loss_of_a_reply_to_a_post(fakejobs: FakeJobs) -> None:
    """POST is not among DEFAULT_ALLOWED_METHODS: what may have had its effect is not asked for twice."""
    fakejobs.play(creations(RESET))
    with with_urllib3(fakejobs) as session, pytest.raises(requests.ConnectionError, match="reset"):
        session.post(fakejobs.url + CREATE)
    assert not_survived(fakejobs) == ["connection reset"]
    assert fakejobs.exactly_one_job(operation=CREATION).seen == []


def test_urllib3_told_to_retry_a_post_makes_a_second_job_when_the_first_reply_is_lost(fakejobs: FakeJobs) -> None:
    fakejobs.play(creations(RESET))
    with with_urllib3(fakejobs, allowed_methods=None) as session:
        assert session.post(fakejobs.url + CREATE).status_code == 201
    assert met(fakejobs) == ["connection reset"]
    with pytest.raises(AssertionError, match="2 jobs"):
        fakejobs.exactly_one_job(operation=CREATION)


def test_urllib3_does_not_survive_a_body_that_is_cut_under_requests(fakejobs: FakeJobs) -> None:
    """Its retries end where the body begins, which requests reads by itself; urllib3's issue 542 is about that."""
    fakejobs.play(ten_minutes(CUT))
    fakejobs.clock.advance(minutes=5)
    with (
        with_urllib3(fakejobs) as session,
        pytest.raises(requests.exceptions.ChunkedEncodingError, match="5 bytes read"),
    ):
        session.get(fakejobs.url + LOOK)
    assert not_survived(fakejobs) == ["connection closed after 5 bytes of the body"]
    fakejobs.job(A).polling.at_most(1)


# ------------------------------------------------------------------ httpx-retries


def with_httpx_retries(fakejobs: FakeJobs) -> httpx.Client:
    """A client of httpx whose transport retries."""
    fakejobs.clock.drive(datetime=True)
    return httpx.Client(transport=httpx_retries.RetryTransport(), headers=fakejobs.credentials())


def test_httpx_retries_survives_429_in_seconds_and_503_until_a_date(fakejobs: FakeJobs) -> None:
    """Both forms of Retry-After are read, and a reset is retried at once: its backoff_factor is 0."""
    fakejobs.play(ten_minutes(SLOW_DOWN, UNAVAILABLE_UNTIL, RESET))
    with with_httpx_retries(fakejobs) as client:
        assert follow(fakejobs, lambda: word_of(client.get(fakejobs.url + LOOK))) == "done"
    assert survived(fakejobs) == [
        "429, Retry-After: 7",
        "503, Retry-After: Thu, 01 Jan 2026 00:05:30 GMT",
        "connection reset",
    ]
    polling = fakejobs.job(A).polling.honours_retry_after()
    assert polling.intervals == MINUTE * 5 + (7.0, 23.0, 0.0) + MINUTE * 5


def test_httpx_retries_does_not_survive_a_body_that_is_cut(fakejobs: FakeJobs) -> None:
    """Its transport observes the head of a response alone; errors in the body are for its retry_request."""
    fakejobs.play(ten_minutes(CUT))
    fakejobs.clock.advance(minutes=5)
    with (
        with_httpx_retries(fakejobs) as client,
        pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"),
    ):
        client.get(fakejobs.url + LOOK)
    assert not_survived(fakejobs) == ["connection closed after 5 bytes of the body"]
    fakejobs.job(A).polling.at_most(1)


def test_httpx_retries_survives_a_body_that_is_cut_by_its_retry_request(fakejobs: FakeJobs) -> None:
    fakejobs.play(ten_minutes(CUT))
    fakejobs.clock.drive()
    with httpx.Client(headers=fakejobs.credentials()) as client:
        look = fakejobs.url + LOOK
        assert follow(fakejobs, lambda: word_of(httpx_retries.retry_request(client, "GET", look))) == "done"
    assert survived(fakejobs) == ["connection closed after 5 bytes of the body"]


# ------------------------------------------------------------------ azure-core


@contextmanager
def with_azure(fakejobs: FakeJobs) -> Iterator[Any]:
    """What sends a method and a path through a pipeline with azure-core's RetryPolicy, as it is by default."""
    fakejobs.clock.drive(datetime=True)
    client: PipelineClient[Any, Any] = PipelineClient(fakejobs.url, policies=[RetryPolicy()])
    with client:
        yield lambda method, path: client.send_request(
            HttpRequest(method, fakejobs.url + path, headers=fakejobs.credentials())
        )


def test_azure_core_survives_a_503_to_a_post_that_says_when_to_come_back(fakejobs: FakeJobs) -> None:
    """is_retry: "Else if Retry-After present: retry", whatever the method; and a 503 means that nothing was done."""
    fakejobs.play(creations(UNAVAILABLE_UNTIL))
    with with_azure(fakejobs) as send:
        created = send("POST", CREATE)
        path = f"/api/v1/async-jobs/{created.json()['data']['id']}"
        assert follow(fakejobs, lambda: word_of(send("GET", path))) == "done"
    assert survived(fakejobs) == ["503, Retry-After: Thu, 01 Jan 2026 00:05:30 GMT"]
    assert seconds_between(fakejobs)[0] == 330
    assert fakejobs.exactly_one_job(operation=CREATION).polls == 11


def test_azure_core_does_not_survive_a_fourth_503(fakejobs: FakeJobs) -> None:
    """retry_total is 10, but retry_status 3; then the reply is handed over as it is."""
    fakejobs.play(ten_minutes(UNAVAILABLE, lasting={"minutes": 1}))
    fakejobs.clock.advance(minutes=5)
    with with_azure(fakejobs) as send, pytest.raises(HttpResponseError, match="Service Unavailable"):
        word_of(send("GET", LOOK))
    assert not_survived(fakejobs) == ["503"] * 4
    assert fakejobs.job(A).polling.intervals == (0.0, 1.6, 3.2)


def test_azure_core_does_not_survive_the_loss_of_a_reply_to_a_post(fakejobs: FakeJobs) -> None:
    """A read error is retried for retry_on_methods alone, and POST is not one of them."""
    fakejobs.play(creations(RESET))
    with with_azure(fakejobs) as send, pytest.raises(ServiceResponseError, match="reset"):
        send("POST", CREATE)
    assert not_survived(fakejobs) == ["connection reset"]
    assert fakejobs.exactly_one_job(operation=CREATION).seen == []


def test_azure_core_stumbles_over_a_retry_after_that_is_neither_seconds_nor_a_date(fakejobs: FakeJobs) -> None:
    """A recipient is to ignore it (RFC 9110, 10.2.3); here a bare ValueError ends the call, instead of a retry."""
    fakejobs.play(ten_minutes(UNAVAILABLE_UNTIL_SOON))
    fakejobs.clock.advance(minutes=5)
    with with_azure(fakejobs) as send, pytest.raises(ValueError, match="Invalid HTTP date"):
        send("GET", LOOK)
    assert not_survived(fakejobs) == ["503, Retry-After: soon"]


# ------------------------------------------------------------------ aiohttp-retry


def with_aiohttp_retry(fakejobs: FakeJobs, method: str, path: str, **options: Any) -> str:
    """Ask as its README does until the answer is not "pending", and return that; its error if it is not 2xx."""
    fakejobs.clock.drive()
    url, headers = fakejobs.url + path, fakejobs.credentials()

    async def ask() -> str:
        retry = aiohttp_retry.ExponentialRetry(**options)
        async with aiohttp_retry.RetryClient(raise_for_status=True, retry_options=retry) as client:
            while True:
                async with client.request(method, url, headers=headers) as reply:
                    word = str((await reply.json())["data"]["status"])
                if word != "pending" or method == "POST":
                    return word
                await fakejobs.clock.asleep(60)

    return asyncio.run(ask())


def test_aiohttp_retry_survives_every_5xx(fakejobs: FakeJobs) -> None:
    """Its README: by default all 5xx responses are retried; its waits double."""
    fakejobs.play(ten_minutes({"status": 500}, {"status": 599}))
    assert with_aiohttp_retry(fakejobs, "GET", LOOK) == "done"
    assert survived(fakejobs) == ["500", "599"]
    assert fakejobs.job(A).polling.intervals == MINUTE * 5 + (0.2, 0.4) + MINUTE * 5


def test_aiohttp_retry_does_not_survive_a_429_unless_it_is_told_to(fakejobs: FakeJobs) -> None:
    """Of other statuses, those that it is given in statuses; there are none by default."""
    fakejobs.play(ten_minutes(SLOW_DOWN))
    with pytest.raises(aiohttp.ClientResponseError, match="429"):
        with_aiohttp_retry(fakejobs, "GET", LOOK)
    assert not_survived(fakejobs) == ["429, Retry-After: 7"]
    assert fakejobs.job(A).polling.intervals == MINUTE * 5


def test_aiohttp_retry_does_not_survive_a_reply_that_is_lost_though_its_readme_says_so(fakejobs: FakeJobs) -> None:
    """Exceptions are retried "by default on all", its README says; it retries none (its issue 114).

    By POST, because a GET is sent once more by aiohttp itself.
    """
    fakejobs.play(creations(RESET))
    with pytest.raises(aiohttp.ClientError):
        with_aiohttp_retry(fakejobs, "POST", CREATE)
    assert not_survived(fakejobs) == ["connection reset"]
    assert fakejobs.exactly_one_job(operation=CREATION).seen == []


def test_aiohttp_retry_told_of_exceptions_makes_a_second_job_of_a_post_whose_reply_is_lost(fakejobs: FakeJobs) -> None:
    """POST is among its methods by default."""
    fakejobs.play(creations(RESET))
    errors = {aiohttp.ClientError}
    assert with_aiohttp_retry(fakejobs, "POST", CREATE, exceptions=errors) == "pending"
    assert met(fakejobs) == ["connection reset"]
    with pytest.raises(AssertionError, match="2 jobs"):
        fakejobs.exactly_one_job(operation=CREATION)
