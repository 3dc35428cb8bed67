"""The sockets of a fake: plain and with TLS, opened when asked for, and what a client needs to trust the latter."""

from __future__ import annotations

import ssl
import sys
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from urllib.error import URLError

import httpx
import pytest
import requests

from fakejobs import FakeJobs
from fakejobs.errors import UsageError

HAPPY = "conversio/happy-path"
PATH = "/api/v1/async-jobs/57b5aa3b046abfb053d80b52"


def by_requests(url: str, fake: FakeJobs) -> bytes:
    return requests.get(url, headers=fake.credentials(), verify=fake.ca_bundle, timeout=30).content


def by_httpx(url: str, fake: FakeJobs) -> bytes:
    trust = ssl.create_default_context(cafile=fake.ca_bundle)
    return httpx.get(url, headers=fake.credentials(), verify=trust, timeout=30).content


def by_urllib(url: str, fake: FakeJobs) -> bytes:
    asked = urllib.request.Request(url, headers=fake.credentials())
    trust = ssl.create_default_context(cafile=fake.ca_bundle)
    with urllib.request.urlopen(asked, context=trust, timeout=30) as reply:
        return bytes(reply.read())


@pytest.mark.parametrize("get", [by_requests, by_httpx, by_urllib])
def test_https_and_http_give_the_same_of_one_world(get: Callable[[str, FakeJobs], bytes]) -> None:
    with FakeJobs() as fake:
        fake.play(HAPPY)
        assert fake.tls_url.startswith("https://127.0.0.1:")
        assert get(fake.tls_url + PATH, fake) == get(fake.url + PATH, fake)
        assert [entry.response.status for entry in fake.journal] == [200, 200]


@pytest.mark.parametrize("name", ["url", "tls_url", "ca_bundle"])
def test_threads_that_ask_at_the_same_time_get_the_same_socket_and_it_closes_with_the_fake(name: str) -> None:
    before = threading.enumerate()
    with FakeJobs() as fake, ThreadPoolExecutor(8) as pool:
        together = threading.Barrier(8)

        def ask(_: int) -> str:
            together.wait(30)
            return str(getattr(fake, name))

        assert len(set(pool.map(ask, range(8)))) == 1
    assert [thread for thread in threading.enumerate() if thread not in before] == []


def test_what_is_called_in_the_servers_thread_may_ask_for_an_address_while_the_fake_is_closed() -> None:
    slow = {"dialect": "conversio", "faults": [{"on": "list", "fault": {"delay": {"seconds": 5}}}]}
    with ThreadPoolExecutor() as pool:
        fake = FakeJobs().play(slow)
        url, tick, said, is_there = fake.url, threading.Event(), Queue[str](), threading.Event()

        def heard(_: object) -> None:  # by the thread that lets the reply go
            is_there.set()
            while not fake._listeners.is_closed:
                tick.wait(0.001)
            with pytest.raises(UsageError) as told:
                _ = fake.url
            said.put(str(told.value))

        fake.clock.listen(heard)
        looking = pool.submit(requests.get, f"{url}/api/v1/async-jobs", headers=fake.credentials(), timeout=30)
        assert is_there.wait(30)
        fake.close()
        assert said.get(timeout=30) == "the fake is closed: its socket went with it"
        assert isinstance(looking.exception(30), requests.ConnectionError)


def test_an_environment_variable_is_all_that_requests_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeJobs() as fake:
        fake.play(HAPPY)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", fake.ca_bundle)
        assert requests.get(fake.tls_url + PATH, headers=fake.credentials(), timeout=30).status_code == 200


def test_who_does_not_trust_it_does_not_get_in() -> None:
    with FakeJobs() as fake:
        fake.play(HAPPY)
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(fake.tls_url + PATH, timeout=30)
        with pytest.raises(URLError, match="certificate verify failed"):
            urllib.request.urlopen(fake.tls_url, timeout=30)
        assert fake.journal == []


def test_the_file_of_the_authority_goes_with_the_fake() -> None:
    with FakeJobs() as fake:
        bundle = Path(fake.ca_bundle)
        assert bundle.read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert not bundle.parent.exists()


def test_the_addresses_stay_when_the_world_is_reset() -> None:
    with FakeJobs() as fake:
        before = fake.url, fake.tls_url, fake.ca_bundle
        fake.reset()
        assert (fake.url, fake.tls_url, fake.ca_bundle) == before


def test_links_lead_to_the_scheme_that_was_asked() -> None:
    with FakeJobs() as fake:
        fake.play(HAPPY)
        fake.clock.advance(days=1)
        assert f'"{fake.tls_url}/'.encode() in by_requests(fake.tls_url + PATH, fake)
        assert f'"{fake.url}/'.encode() in by_requests(fake.url + PATH, fake)


@pytest.mark.parametrize("what", ["url", "tls_url", "ca_bundle"])
def test_a_closed_fake_opens_nothing(what: str) -> None:
    fake = FakeJobs()
    fake.close()
    with pytest.raises(UsageError, match="the fake is closed"):
        getattr(fake, what)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with FakeJobs() as fake, pytest.raises(UsageError, match=r"pip install 'fakejobs\[tls\]'"):
        assert fake.tls_url
