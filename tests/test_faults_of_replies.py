"""Replies that a vendor sends when something is wrong with it: what a client gets, over the socket and without one."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import requests
from carrying import session_with
from playing import A, conversio

from fakejobs import FakeJobs
from fakejobs.transports import HttpxTransport, RequestsAdapter

LOOK = f"/api/v1/async-jobs/{A}"
WORD = {"status": 200, "body": {"error": {"code": "BUSY"}}}
EMPTY: dict[str, Any] = {"status": 200, "body": ""}
HTML = {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html><body>Back soon</body></html>"}
CUT = {"status": 200, "headers": {"Content-Type": "application/json"}, "body": '{"data":{"id":"57b5'}
PLAIN = {"status": 200, "headers": {"Content-Type": "text/plain"}, "body": '{"data":{}}'}
SHORTER_THAN_IT_SAYS = {"connection": "close", "after": 20}


def played(fake: FakeJobs, fault: dict[str, Any]) -> FakeJobs:
    """A fake whose job meets a fault at the first look, and none at the next."""
    return fake.play(conversio({"id": A, "steps": [{"fault": fault, "for": {"polls": 1}}, {"state": "done"}]}))


def asked(fake: FakeJobs, way: str) -> tuple[int, str | None, bytes]:
    """What a client gets for a look, by one of three ways."""
    headers = fake.credentials()
    if way == "httpx without a socket":
        with httpx.Client(transport=HttpxTransport(fake)) as client:
            reply = client.get(f"http://fake{LOOK}", headers=headers)
            return reply.status_code, reply.headers.get("Content-Type"), reply.content
    with requests.Session() if way == "requests" else session_with(RequestsAdapter(fake)) as session:
        answer = session.get(fake.url + LOOK, headers=headers, timeout=10)
        return answer.status_code, answer.headers.get("Content-Type"), answer.content


EACH_WAY = pytest.mark.parametrize("way", ["requests", "requests without a socket", "httpx without a socket"])


@EACH_WAY
@pytest.mark.parametrize(
    ("fault", "type", "body"),
    [
        (WORD, "application/json", b'{"error":{"code":"BUSY"}}'),
        (EMPTY, None, b""),
        (HTML, "text/html", b"<html><body>Back soon</body></html>"),
        (CUT, "application/json", b'{"data":{"id":"57b5'),
        (PLAIN, "text/plain", b'{"data":{}}'),
    ],
    ids=["an error under 200", "nothing", "HTML", "JSON that is cut", "the wrong type"],
)
def test_a_reply_under_200_that_is_no_job_comes_as_it_is_and_the_next_one_as_ever(
    fakejobs: FakeJobs, way: str, fault: dict[str, Any], type: str | None, body: bytes
) -> None:
    played(fakejobs, fault)
    status, kind, content = asked(fakejobs, way)
    assert (status, content) == (200, body)
    assert kind == type or type is None
    assert json.loads(asked(fakejobs, way)[2])["data"]["status"] == "done"
    assert fakejobs.job(A).seen == ["done"]
    assert fakejobs.job(A).polls == 2


@EACH_WAY
def test_a_reply_that_is_shorter_than_its_length_says_is_an_error_of_the_client_and_no_sighting(
    fakejobs: FakeJobs, way: str
) -> None:
    played(fakejobs, SHORTER_THAN_IT_SAYS)
    with pytest.raises((requests.RequestException, httpx.RemoteProtocolError)):
        asked(fakejobs, way)
    assert fakejobs.job(A).seen == []
    assert json.loads(asked(fakejobs, way)[2])["data"]["status"] == "done"
