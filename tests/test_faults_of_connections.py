"""Faults of connections, as scenarios script them: over the socket, over TLS and through the transports."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest
import requests
from carrying import LIBRARIES, client, each_library
from playing import DONE, A, conversio
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.errors import UsageError

PATH = f"/api/v1/async-jobs/{A}"
CREATE = "/api/v1/newsletters/n-1/recipients/async-export"
FAULTS: list[dict[str, Any]] = [
    {"connection": "reset"},
    {"connection": "close"},
    {"connection": "close", "after": 5},
    {"connection": "never"},
    {"connection": "drip"},
    {"connection": "close", "status": 503, "body": "half", "after": 2},
]


def playing(fault: dict[str, Any], on: str = "look") -> FakeJobs:
    return FakeJobs().play(conversio({"id": A, "steps": [DONE]}, faults=[{"on": on, "fault": fault}]))


def outcome(call: Any, url: str, fake: FakeJobs, method: str = "GET") -> Any:
    try:
        return call(method, url, headers=fake.credentials(), timeout=0.2)[0]
    except (requests.RequestException, httpx.HTTPError) as error:
        return type(error)


@each_library
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_client_meets_the_same_over_the_socket_and_through_a_transport(library: str, fault: dict[str, Any]) -> None:
    with playing(fault) as fake, client(library) as call:
        over_the_socket = [outcome(call, fake.url + PATH, fake) for _ in range(2)]
    with playing(fault) as fake, client(library, fake) as call:
        assert [outcome(call, "http://fake" + PATH, fake) for _ in range(2)] == over_the_socket
    assert over_the_socket[1] == 200


def test_every_library_meets_every_kind_of_end() -> None:
    for library in LIBRARIES:
        found = []
        for fault in FAULTS:
            with playing(fault) as fake, client(library, fake) as call:
                found.append(outcome(call, "http://fake" + PATH, fake))
        assert len({str(each) for each in found}) >= 3
        assert found[4] == 200


@pytest.mark.parametrize("fault", FAULTS[:4], ids=str)
def test_over_tls_it_ends_as_well(fault: dict[str, Any]) -> None:
    with playing(fault) as fake:
        url = fake.tls_url + PATH
        with pytest.raises(requests.RequestException):
            requests.get(url, headers=fake.credentials(), verify=fake.ca_bundle, timeout=0.2)
        assert requests.get(url, headers=fake.credentials(), verify=fake.ca_bundle, timeout=30).status_code == 200


@each_library
@pytest.mark.parametrize("served", [True, False], ids=["socket", "transport"])
def test_a_reply_that_is_lost_leaves_the_job_that_it_was_to_tell_of(library: str, served: bool) -> None:
    with playing({"connection": "reset"}, on="create") as fake, client(library, None if served else fake) as call:
        url = (fake.url if served else "http://fake") + CREATE
        assert isinstance(outcome(call, url, fake, "POST"), type)
        lost = fake.jobs[1]
        assert (lost.state, lost.seen) == ("queued", [])
        assert outcome(call, url, fake, "POST") == 201
        assert len(fake.jobs) == 3
        with pytest.raises(AssertionError, match="2 jobs"):
            fake.exactly_one_job(operation=fake.journal[0].operation)


def test_a_status_beside_it_keeps_the_request_from_being_carried_out() -> None:
    with playing({"connection": "close", "status": 500}, on="create") as fake, client("requests") as call:
        assert isinstance(outcome(call, fake.url + CREATE, fake, "POST"), type)
        assert len(fake.jobs) == 1


def test_bytes_that_drip_take_their_time_on_the_clock() -> None:
    with playing({"connection": "drip", "every": {"seconds": 1}}) as fake, client("requests") as call:
        begun = fake.clock.time()
        status, _, headers, body = call("GET", fake.url + PATH, headers=fake.credentials(), timeout=30)
        assert status == 200
        size = len(body) + sum(len(f"{name}: {value}\r\n") for name, value in headers) + len("HTTP/1.1 200 OK\r\n\r\n")
        assert fake.clock.time() - begun == size
        assert fake.job(A).seen == ["done"]


def test_bytes_that_drip_after_a_close_was_asked_for_end_with_it() -> None:
    with playing({"connection": "drip"}) as fake, client("requests") as call:
        headers = {**fake.credentials(), "Connection": "close"}
        assert call("GET", fake.url + PATH, headers=headers, timeout=30)[0] == 200


def test_a_client_that_leaves_while_bytes_drip_is_let_go() -> None:
    with playing({"connection": "drip", "every": {"seconds": 1}}) as fake:
        host, port = fake.url.removeprefix("http://").split(":")
        key = fake.credentials()["X-ApiKey"]
        with socket.create_connection((host, int(port)), timeout=30) as leaving:
            leaving.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nX-ApiKey: {key}\r\n\r\n".encode())
            assert leaving.recv(1) == b"H"
        with client("requests") as call:
            assert outcome(call, fake.url + PATH, fake) == 200


@each_library
def test_it_may_come_late_as_well(library: str) -> None:
    with playing({"connection": "reset", "delay": {"seconds": 2}}) as fake, client(library, fake) as call:
        begun = fake.clock.time()
        with pytest.raises((requests.ConnectionError, httpx.ReadError)):
            call("GET", "http://fake" + PATH, headers=fake.credentials(), timeout=30)
        assert fake.clock.time() - begun == 2


def test_what_was_lost_is_not_seen_and_the_timeline_tells_of_it() -> None:
    with playing({"connection": "close", "after": 3}) as fake, client("httpx") as call:
        outcome(call, fake.url + PATH, fake)
        assert fake.job(A).seen == []
        assert "connection closed after 3 bytes of the" in fake.timeline()


def test_a_server_that_cannot_break_connections_says_so() -> None:
    refused = pytest.raises(UsageError, match=r"this server breaks no connections \(connection reset\)")
    with playing({"connection": "reset"}) as fake, refused:
        Client(fake.app).get(PATH, headers=fake.credentials())
