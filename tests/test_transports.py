"""The transports: a fake without a socket, as each library's clients reach it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import requests
from carrying import LIBRARIES, Canned, client, each_library, session_with
from playing import A, conversio
from requests.adapters import HTTPAdapter

import fakejobs.transports
from fakejobs import FakeJobs
from fakejobs.errors import UsageError
from fakejobs.transports import AsyncHttpxTransport, HttpxTransport, RequestsAdapter

LOOK = f"/api/v1/async-jobs/{A}"
URL = f"http://fake{LOOK}"
JOB = conversio({"id": A})

# ------------------------------------------------------------------ without one


@pytest.mark.parametrize("transport", [RequestsAdapter, HttpxTransport, AsyncHttpxTransport])
@pytest.mark.parametrize("wrong", ["http://127.0.0.1:1234", None])
def test_what_is_no_fake_is_refused(transport: Any, wrong: Any) -> None:
    with pytest.raises(UsageError, match=f"takes a fake, .* found {wrong!r}"):
        transport(wrong)


def test_a_transport_in_the_other_kind_of_client_names_the_right_one() -> None:
    fake: Any = Canned()

    async def asked(*, enters: bool) -> None:
        client = httpx.AsyncClient(transport=HttpxTransport(fake))  # type: ignore[arg-type]
        await (client.__aenter__() if enters else client.get(URL))

    for enters in (True, False):
        with pytest.raises(UsageError, match=r"not for httpx\.AsyncClient, which takes AsyncHttpxTransport\(fake\)$"):
            asyncio.run(asked(enters=enters))
        client = httpx.Client(transport=AsyncHttpxTransport(fake))  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=r"not for httpx\.Client, which takes HttpxTransport\(fake\)$"):
            client.__enter__() if enters else client.get(URL)


@each_library
def test_no_socket_is_opened_and_no_thread_started(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a socket is used")

    with FakeJobs() as fake, client(library, fake.play(JOB)) as call:
        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket.socket, "bind", refuse)
        before = threading.enumerate()
        assert call("GET", URL, headers=fake.credentials())[0] == 200
        assert call("GET", URL, headers={**fake.credentials(), "Connection": "close"})[0] == 200
        assert threading.enumerate() == before


@each_library
@pytest.mark.parametrize(
    "base", ["http://fake", "https://api.vendor.example", "http://fake:8080", "https://[::1]:4443"]
)
def test_links_lead_where_the_request_went(base: str, library: str) -> None:
    with FakeJobs() as fake, client(library, fake.play(JOB)) as call:
        fake.clock.advance(days=1)
        for headers in ({}, {"Connection": "close"}):
            _, _, _, body = call(
                "GET", f"{base}/api/v1/async-jobs/{A}", headers={**fake.credentials(), **headers}, timeout=5
            )
            assert f'"{base}/'.encode() in body


@pytest.mark.parametrize("base", ["http://fake", "https://fake"])
def test_the_environment_s_proxies_and_certificates_are_of_no_account(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", __file__)
    fake = Canned()
    with requests.Session() as session, httpx.Client(transport=HttpxTransport(fake)) as of_httpx:
        session.mount(base, RequestsAdapter(fake))
        for headers in ({}, {"Connection": "close"}):
            assert session.get(base, headers=headers).status_code == 200
            assert of_httpx.get(base, headers=headers).status_code == 200


@each_library
def test_what_signs_each_request_anew_does_so_here(library: str) -> None:
    with FakeJobs() as fake, client(library, fake.play(JOB)) as call:
        assert call("GET", URL, auth=fake.auth())[0] == 200


@each_library
def test_a_closed_fake_says_so(library: str) -> None:
    fake = FakeJobs().play(JOB)
    with client(library, fake) as call:
        headers = fake.credentials()
        fake.close()
        for more in ({}, {"Connection": "close"}):
            with pytest.raises(UsageError) as said:
                call("GET", URL, headers={**headers, **more})
            assert str(said.value) == (
                f"the fake is closed, and answers no more: GET {LOOK} came too late; end the client first, or make it "
                "for each test"
            )


@each_library
def test_a_reset_puts_a_fresh_world_behind_the_same_client(library: str) -> None:
    with FakeJobs(strict=False) as fake, client(library, fake.play(JOB)) as call:
        headers = fake.credentials()
        assert call("GET", URL, headers=headers)[0] == 200
        fake.reset()
        assert call("GET", URL, headers=headers)[0] == 501
        assert len(fake.journal) == 1


@each_library
def test_what_the_app_raises_reaches_the_test(library: str) -> None:
    fake = Canned(headers=[("X-Broken", "a\r\nb")])
    with client(library, fake) as call, pytest.raises(ValueError, match="has a CR, LF or NUL in it"):
        call("GET", URL)


@pytest.mark.parametrize("library", LIBRARIES[:2])
def test_one_client_serves_several_threads(library: str) -> None:
    with FakeJobs() as fake, client(library, fake.play(JOB)) as call, ThreadPoolExecutor(8) as pool:
        headers = fake.credentials()
        ways = [headers, {**headers, "Connection": "close"}, {**headers, "X-Empty": ""}] * 40
        replies = list(pool.map(lambda way: call("GET", URL, headers=way, timeout=30), ways))
        assert {reply[0] for reply in replies} == {200}
        assert fake.job(A).polls == len(fake.journal) == len(ways)


def test_connections_are_kept_as_the_libraries_keep_them() -> None:
    """What is not plain goes by a connection of the library, which is used again until the fake ends it."""
    with FakeJobs(strict=False) as fake:
        adapter = RequestsAdapter(fake.play(JOB))
        with session_with(adapter) as session:
            for headers in ({"X-Empty": ""}, {"X-Empty": "", "Connection": "close"}, {"X-Empty": ""}):
                session.get(URL, headers={**fake.credentials(), **headers})
            pools: Any = adapter.poolmanager.pools
            (pool,) = [pools[key] for key in pools.keys()]  # noqa: SIM118 - it is no mapping that can be iterated
            assert (pool.num_requests, pool.num_connections) == (3, 1)


# ------------------------------------------------------------------ what a client makes of replies


def test_cookies_of_a_reply_are_kept() -> None:
    fake = Canned(headers=[("Set-Cookie", "a=b; Path=/"), ("Content-Type", "text/plain")])
    with session_with(RequestsAdapter(fake)) as session, httpx.Client(transport=HttpxTransport(fake)) as of_httpx:
        session.get("http://fake.example/")
        assert session.cookies.get_dict() == {"a": "b"}
        of_httpx.get("http://fake.example/")
        assert dict(of_httpx.cookies) == {"a": "b"}


def test_a_reply_can_be_read_piece_by_piece() -> None:
    fake = Canned(body=b"0123456789")
    with session_with(RequestsAdapter(fake)) as session, httpx.Client(transport=HttpxTransport(fake)) as of_httpx:
        with session.get(URL, stream=True) as reply:
            assert list(reply.iter_content(4)) == [b"0123", b"4567", b"89"]
        with session.get(URL, stream=True) as reply:
            assert reply.raw.read(3) == b"012"
        with of_httpx.stream("GET", URL) as streamed:
            assert list(streamed.iter_bytes(4)) == [b"0123", b"4567", b"89"]


@pytest.mark.parametrize("timeout", [0, -1, "soon", (1, 2, 3)])
def test_a_timeout_that_is_none_is_refused_as_ever(timeout: Any) -> None:
    fake = Canned()
    with session_with(RequestsAdapter(fake)) as session, pytest.raises(ValueError, match=r"(?i)timeout"):
        session.get(URL, timeout=timeout)
    assert fake.asked == []


def test_a_certificate_that_is_not_there_is_missed_as_ever() -> None:
    fake = Canned()
    with session_with(RequestsAdapter(fake)) as session:
        with pytest.raises(OSError, match="invalid path"):
            session.get("https://fake/", verify="/nowhere/ca.pem")
        with pytest.raises(OSError, match="invalid path"):
            session.get("https://fake/", cert="/nowhere/cert.pem")
        assert session.get("https://fake/", verify=False).status_code == 200
    assert len(fake.asked) == 1


def test_a_scheme_that_is_none_of_http_s_is_refused_as_ever() -> None:
    fake = Canned()
    with requests.Session() as session:
        for adapter in (HTTPAdapter(), RequestsAdapter(fake)):
            session.mount("mock://", adapter)
            with pytest.raises(requests.exceptions.InvalidURL):
                session.get("mock://fake/")
    assert fake.asked == []


def test_an_extension_of_a_request_is_httpcore_s_to_obey() -> None:
    fake = Canned()
    with httpx.Client(transport=HttpxTransport(fake)) as of_httpx:
        of_httpx.get("http://fake/here", extensions={"target": b"/there"})
        with pytest.raises(httpx.UnsupportedProtocol):
            of_httpx.get("ftp://fake/")
    assert [asked["RAW_URI"] for asked in fake.asked] == ["/there"]


# ------------------------------------------------------------------ the libraries


def test_the_libraries_are_imported_when_a_class_is_asked_for() -> None:
    script = (
        "import sys, fakejobs.transports as t; names = ('requests', 'httpx', 'urllib3', 'httpcore');"
        "print([name for name in names if name in sys.modules]); t.HttpxTransport;"
        "print([name for name in names if name in sys.modules]); t.RequestsAdapter;"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "[]",
        "['httpx', 'httpcore']",
        "['requests', 'httpx', 'urllib3', 'httpcore']",
    ]


@pytest.mark.parametrize(
    ("name", "library", "needed"),
    [
        ("RequestsAdapter", "requests", "'requests>=2.31' 'urllib3>=2'"),
        ("HttpxTransport", "httpx", "'httpx>=0.27'"),
        ("AsyncHttpxTransport", "httpx", "'httpx>=0.27'"),
    ],
)
def test_a_library_that_is_missing_is_named(
    name: str, library: str, needed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"fakejobs.transports.with_{library}", raising=False)
    monkeypatch.delitem(vars(fakejobs.transports), name, raising=False)
    with pytest.raises(ImportError) as missing:
        getattr(fakejobs.transports, name)
    assert str(missing.value) == (
        f"{name} needs what is not there (import of {library} halted; None in sys.modules): "
        f"python -m pip install {needed}"
    )
    assert missing.value.name == library


def test_the_public_names_are_all_there() -> None:
    assert dir(fakejobs.transports) == sorted(fakejobs.transports.__all__)
    for name in fakejobs.transports.__all__:
        assert getattr(fakejobs.transports, name).__doc__


def test_a_name_that_is_not_public_is_said_not_to_be_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'AiohttpTransport'"):
        fakejobs.transports.AiohttpTransport  # noqa: B018 - asked for on purpose
