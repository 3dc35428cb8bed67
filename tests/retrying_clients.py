"""What the tests of retry libraries share: faults in a job of ten minutes, and a client that looks.

A library stays as it is: its waiting and its reading of time are driven by the test's clock.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import requests
from playing import A, conversio

from fakejobs import FakeJobs

LOOK = f"/api/v1/async-jobs/{A}"
CREATE = "/api/v1/newsletters/n-1/recipients/async-export"
CREATION = "export-newsletter-recipients"
PATIENCE = 30.0
"""Seconds of real time that no reply is expected to take."""

RESET = {"connection": "reset"}
SLOW_DOWN = {"status": 429, "headers": {"Retry-After": "7"}}
UNAVAILABLE = {"status": 503}
UNAVAILABLE_FOR_A_WHILE = {"status": 503, "headers": {"Retry-After": "20"}}
UNAVAILABLE_UNTIL = {"status": 503, "headers": {"Retry-After": "Thu, 01 Jan 2026 00:05:30 GMT"}}
UNAVAILABLE_UNTIL_SOON = {"status": 503, "headers": {"Retry-After": "soon"}}


def ten_minutes(*faults: dict[str, Any], lasting: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A scenario with a job of ten minutes, in whose middle each fault meets one look, or all looks for a while."""
    between = [{"fault": fault, "for": lasting or {"polls": 1}} for fault in faults]
    halves = [{"state": state, "for": {"minutes": 5}} for state in ("queued", "started")]
    return conversio({"id": A, "steps": [halves[0], *between, halves[1], {"state": "done"}]}, **more)


def creations(fault: dict[str, Any]) -> dict[str, Any]:
    """A scenario in which a fault meets the first request that creates a job, which takes ten minutes."""
    life = [{"state": "queued", "for": {"minutes": 5}}, {"state": "started", "for": {"minutes": 5}}, {"state": "done"}]
    return conversio(submissions=[{"steps": life}], faults=[{"on": "create", "fault": fault}])


def reply_to_a_look(fakejobs: FakeJobs, timeout: float = PATIENCE) -> requests.Response:
    """Return the reply to a look at the job, whatever it is."""
    return requests.get(fakejobs.url + LOOK, headers=fakejobs.credentials(), timeout=timeout)


def word_of(reply: Any) -> str:
    """Return what a reply says of its job; the client's own error if it is not 2xx."""
    reply.raise_for_status()
    return str(reply.json()["data"]["status"])


def look(fakejobs: FakeJobs, timeout: float = PATIENCE) -> str:
    """Return what the job reads now; an error of requests, or its HTTPError."""
    return word_of(reply_to_a_look(fakejobs, timeout))


def follow(fakejobs: FakeJobs, look: Callable[[], str]) -> str:
    """Look a minute after each look until the job is over, and return what it reads then."""
    while (word := look()) == "pending":
        fakejobs.clock.sleep(60)
    return word


def met(fakejobs: FakeJobs) -> list[str]:
    """Return the faults that clients have met, in order, each as the timeline names it."""
    return [entry.reason.partition(": ")[2] for entry in fakejobs.journal if entry.reason.startswith("fault at ")]


def survived(fakejobs: FakeJobs) -> list[str]:
    """Return the faults that came before the end of the job; AssertionError if its client never saw that end."""
    assert fakejobs.jobs[0].seen == ["pending", "done"], fakejobs.timeline()
    return met(fakejobs)


def not_survived(fakejobs: FakeJobs) -> list[str]:
    """Return the faults that kept a client from the end of the job; AssertionError if it came to see it."""
    assert "done" not in fakejobs.jobs[0].seen, fakejobs.timeline()
    return met(fakejobs)


def seconds_between(fakejobs: FakeJobs) -> list[float]:
    """Return the seconds between a request and the next, of all of them."""
    asked = [entry.asked for entry in fakejobs.journal]
    return [(after - before) / 1_000_000 for before, after in itertools.pairwise(asked)]
