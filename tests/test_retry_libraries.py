"""Libraries that call a function again, as they are: a fault that each documents it survives, and one that it does not.

The client is requests, over the socket. What a library documents is told beside its tests, in its own terms.
"""

from __future__ import annotations

from typing import Any

import backoff
import google.api_core.exceptions
import google.api_core.retry
import opnieuw
import polling2
import pytest
import requests
import retrying
import stamina
import tenacity
from playing import A
from retrying_clients import (
    RESET,
    SLOW_DOWN,
    UNAVAILABLE,
    UNAVAILABLE_FOR_A_WHILE,
    follow,
    look,
    not_survived,
    reply_to_a_look,
    seconds_between,
    survived,
    ten_minutes,
)

from fakejobs import FakeJobs

MINUTE = (60.0,)


def is_pending(word: str) -> bool:
    return word == "pending"


def retry_after(error: BaseException) -> float:
    """Return the seconds that a reply asks to wait for."""
    assert isinstance(error, requests.HTTPError)
    return float(error.response.headers["Retry-After"])


# ------------------------------------------------------------------ tenacity


def test_tenacity_survives_two_429_by_waiting_as_the_exception_says(fakejobs: FakeJobs) -> None:
    """Its documentation's own example of wait_exception reads Retry-After out of a requests.HTTPError."""
    fakejobs.play(ten_minutes(SLOW_DOWN, SLOW_DOWN))
    retry = tenacity.Retrying(
        sleep=fakejobs.clock.sleep,
        retry=tenacity.retry_if_exception_type(requests.HTTPError),
        wait=tenacity.wait_exception(retry_after),
        stop=tenacity.stop_after_attempt(3),
    )
    assert follow(fakejobs, lambda: retry(look, fakejobs)) == "done"
    assert survived(fakejobs) == ["429, Retry-After: 7"] * 2
    polling = fakejobs.job(A).polling.honours_retry_after().stops_at_terminal()
    assert polling.intervals == MINUTE * 5 + (7.0, 7.0) + MINUTE * 5


def test_tenacity_does_not_survive_more_failures_than_stop_after_attempt_allows(fakejobs: FakeJobs) -> None:
    """It raises a RetryError around the last attempt, unless it is told to reraise."""
    fakejobs.play(ten_minutes(UNAVAILABLE, UNAVAILABLE, UNAVAILABLE))
    retry = tenacity.Retrying(
        sleep=fakejobs.clock.sleep, wait=tenacity.wait_exponential(), stop=tenacity.stop_after_attempt(3)
    )
    with pytest.raises(tenacity.RetryError) as caught:
        follow(fakejobs, lambda: retry(look, fakejobs))
    assert isinstance(caught.value.last_attempt.exception(), requests.HTTPError)
    assert not_survived(fakejobs) == ["503"] * 3
    assert fakejobs.job(A).polling.intervals == MINUTE * 5 + (1.0, 2.0)


# ------------------------------------------------------------------ backoff


def with_backoff(fakejobs: FakeJobs, **jitter: Any) -> requests.Response:
    """Look as the section on backoff.runtime in its README does, with or without that section's jitter=None."""
    decorate = backoff.on_predicate(
        backoff.runtime,
        predicate=lambda reply: reply.status_code == 503,
        value=lambda reply: int(reply.headers.get("Retry-After")),
        max_tries=2,
        **jitter,
    )
    reply: requests.Response = decorate(reply_to_a_look)(fakejobs)
    return reply


def test_backoff_survives_retry_after_in_seconds_by_its_runtime_recipe(fakejobs: FakeJobs) -> None:
    fakejobs.play(ten_minutes(UNAVAILABLE_FOR_A_WHILE, lasting={"seconds": 20}))
    fakejobs.clock.drive()
    assert follow(fakejobs, lambda: with_backoff(fakejobs, jitter=None).json()["data"]["status"]) == "done"
    assert survived(fakejobs) == ["503, Retry-After: 20"]
    polling = fakejobs.job(A).polling.honours_retry_after().at_most(12)
    assert polling.intervals == MINUTE * 5 + (20.0,) + MINUTE * 5


def test_backoff_does_not_survive_retry_after_with_the_jitter_that_it_has_by_default(fakejobs: FakeJobs) -> None:
    """Its README: with full jitter a wait is "the *maximum* amount of time to wait"."""
    fakejobs.play(ten_minutes(UNAVAILABLE_FOR_A_WHILE, lasting={"seconds": 20}))
    fakejobs.clock.drive()
    fakejobs.clock.advance(minutes=5)
    assert with_backoff(fakejobs).status_code == 503
    assert not_survived(fakejobs) == ["503, Retry-After: 20"] * 2
    with pytest.raises(AssertionError, match="Retry-After"):
        fakejobs.job(A).polling.honours_retry_after()
    assert 0 <= fakejobs.job(A).polling.intervals[0] < 20


# ------------------------------------------------------------------ stamina


def test_stamina_survives_a_503_by_a_hook_that_returns_its_retry_after(fakejobs: FakeJobs) -> None:
    """A backoff that a hook returns overrides stamina's own, and its wait_max of 5 seconds with it."""
    fakejobs.play(ten_minutes(UNAVAILABLE_FOR_A_WHILE, lasting={"seconds": 20}))
    fakejobs.clock.drive()
    assert follow(fakejobs, lambda: stamina.retry(on=retry_after)(look)(fakejobs)) == "done"
    assert survived(fakejobs) == ["503, Retry-After: 20"]
    fakejobs.job(A).polling.honours_retry_after().at_most(12).no_faster_than(20)


def test_stamina_does_not_survive_an_outage_longer_than_its_45_seconds(fakejobs: FakeJobs) -> None:
    """Its default timeout; when it has passed, the last exception is let through."""
    fakejobs.play(ten_minutes(UNAVAILABLE, lasting={"minutes": 1}))
    fakejobs.clock.drive()
    fakejobs.clock.advance(minutes=5)
    with pytest.raises(requests.HTTPError, match="503"):
        stamina.retry(on=requests.HTTPError, attempts=None, wait_jitter=0)(look)(fakejobs)
    assert not_survived(fakejobs) == ["503"] * 15
    polling = fakejobs.job(A).polling.backs_off(min_factor=2, max_interval=5)
    assert polling.intervals == (0.1, 0.2, 0.4, 0.8, 1.6, 3.2) + (5.0,) * 8
    assert 45 <= sum(polling.intervals) < 50


# ------------------------------------------------------------------ retrying


def test_retrying_survives_a_reset_before_the_reply(fakejobs: FakeJobs) -> None:
    """It polls, by retry_on_result, and retries the IOErrors that its README is about: each after wait_fixed."""
    fakejobs.play(ten_minutes(RESET))
    fakejobs.clock.drive()
    decorate = retrying.retry(
        retry_on_result=is_pending, retry_on_exception=lambda error: isinstance(error, IOError), wait_fixed=60_000
    )
    assert decorate(look)(fakejobs) == "done"
    assert survived(fakejobs) == ["connection reset"]
    assert fakejobs.job(A).polling.stops_at_terminal().intervals == MINUTE * 10


def test_retrying_does_not_survive_an_outage_longer_than_stop_max_delay(fakejobs: FakeJobs) -> None:
    """Its README's stop_max_delay=10000, and its wait_fixed=2000."""
    fakejobs.play(ten_minutes(UNAVAILABLE, lasting={"minutes": 1}))
    fakejobs.clock.drive()
    fakejobs.clock.advance(minutes=5)
    with pytest.raises(requests.HTTPError, match="503"):
        retrying.retry(stop_max_delay=10_000, wait_fixed=2_000)(look)(fakejobs)
    assert not_survived(fakejobs) == ["503"] * 6
    assert fakejobs.job(A).polling.intervals == (2.0,) * 5


# ------------------------------------------------------------------ polling2


def with_polling2(fakejobs: FakeJobs, timeout: float) -> Any:
    """Poll to the end as its documentation does: an exception that is not to be ignored is raised as normal."""
    return polling2.poll(
        lambda: look(fakejobs, timeout),
        step=60,
        timeout=3600,
        check_success=lambda word: not is_pending(word),
        ignore_exceptions=(requests.exceptions.ConnectionError,),
    )


def test_polling2_survives_resets_that_it_is_told_to_ignore(fakejobs: FakeJobs) -> None:
    fakejobs.play(ten_minutes(RESET, RESET))
    fakejobs.clock.drive()
    assert with_polling2(fakejobs, timeout=30) == "done"
    assert survived(fakejobs) == ["connection reset"] * 2
    assert fakejobs.job(A).polling.at_most(11).intervals == MINUTE * 10


def test_polling2_does_not_survive_a_timeout_that_it_is_not_told_to_ignore(fakejobs: FakeJobs) -> None:
    fakejobs.play(ten_minutes({"connection": "never"}))
    fakejobs.clock.drive()
    fakejobs.clock.advance(minutes=5)
    with pytest.raises(requests.exceptions.ReadTimeout):
        with_polling2(fakejobs, timeout=0.2)
    assert not_survived(fakejobs) == ["connection silent"]
    fakejobs.job(A).polling.at_most(1)


# ------------------------------------------------------------------ opnieuw


def with_opnieuw(fakejobs: FakeJobs) -> str:
    """Look as its README does: four calls at most, the last of them within a minute of the first."""
    decorate = opnieuw.retry(
        retry_on_exceptions=(requests.exceptions.ConnectionError, requests.exceptions.HTTPError),
        max_calls_total=4,
        retry_window_after_first_call_in_seconds=60,
    )
    return decorate(look)(fakejobs)


def test_opnieuw_survives_three_failures_within_its_window(fakejobs: FakeJobs) -> None:
    fakejobs.play(ten_minutes(RESET, UNAVAILABLE, RESET))
    fakejobs.clock.drive()
    assert follow(fakejobs, lambda: with_opnieuw(fakejobs)) == "done"
    assert survived(fakejobs) == ["connection reset", "503", "connection reset"]
    waits = fakejobs.job(A).polling.intervals[5:8]
    most = [60 / 7, 2 * 60 / 7, 4 * 60 / 7]
    assert all(0 <= wait <= limit for wait, limit in zip(waits, most, strict=True))


def test_opnieuw_does_not_survive_a_failure_that_outlasts_its_window(fakejobs: FakeJobs) -> None:
    """Its window opens with the first call, so that a single reply which comes late uses it up."""
    fakejobs.play(ten_minutes({**UNAVAILABLE, "delay": {"seconds": 61}}))
    fakejobs.clock.drive()
    fakejobs.clock.advance(minutes=5)
    with pytest.raises(requests.HTTPError, match="503"):
        with_opnieuw(fakejobs)
    assert not_survived(fakejobs) == ["503, delayed by 61 s"]
    fakejobs.job(A).polling.at_most(1)


# ------------------------------------------------------------------ google-api-core


def with_google(fakejobs: FakeJobs) -> str:
    """Look as Google's clients do: what is not 2xx is raised as their error."""
    reply = reply_to_a_look(fakejobs)
    if not reply.ok:
        raise google.api_core.exceptions.from_http_response(reply)  # type: ignore[no-untyped-call]
    return str(reply.json()["data"]["status"])


def test_google_api_core_survives_what_it_calls_transient(fakejobs: FakeJobs) -> None:
    """if_transient_error lists 500, 503, 429 and a ConnectionError of requests."""
    fakejobs.play(ten_minutes({"status": 500}, UNAVAILABLE, {"status": 429}, RESET))
    fakejobs.clock.drive()
    retry = google.api_core.retry.Retry()
    assert follow(fakejobs, lambda: retry(with_google)(fakejobs)) == "done"
    assert survived(fakejobs) == ["500", "503", "429", "connection reset"]
    waits = fakejobs.job(A).polling.intervals[5:9]
    assert all(0 <= wait <= limit for wait, limit in zip(waits, [1, 2, 4, 8], strict=True))


def test_google_api_core_does_not_survive_a_502_which_is_not_on_its_list(fakejobs: FakeJobs) -> None:
    fakejobs.play(ten_minutes({"status": 502}))
    fakejobs.clock.drive()
    retry = google.api_core.retry.Retry()
    with pytest.raises(google.api_core.exceptions.BadGateway):
        follow(fakejobs, lambda: retry(with_google)(fakejobs))
    assert not_survived(fakejobs) == ["502"]
    assert fakejobs.job(A).polling.intervals == MINUTE * 5


def test_google_api_core_gives_up_when_its_timeout_has_passed(fakejobs: FakeJobs) -> None:
    """Two minutes by default; and of Retry-After, which asks for no more than 20 seconds, it knows nothing."""
    fakejobs.play(ten_minutes(UNAVAILABLE_FOR_A_WHILE, lasting={"minutes": 4}))
    fakejobs.clock.drive()
    fakejobs.clock.advance(minutes=5)
    with pytest.raises(google.api_core.exceptions.RetryError, match=r"Timeout of 120\.0s exceeded"):
        google.api_core.retry.Retry()(with_google)(fakejobs)
    assert set(not_survived(fakejobs)) == {"503, Retry-After: 20"}
    assert sum(seconds_between(fakejobs)) <= 120
    with pytest.raises(AssertionError, match="Retry-After"):
        fakejobs.job(A).polling.honours_retry_after()
