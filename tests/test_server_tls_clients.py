"""HTTPS for clients as they are: requests, httpx and urllib get what they ask for, on connections that are kept."""

from __future__ import annotations

import ssl
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import requests
from securing import BIG, authority, client_context, numbered, server_context
from serving import PATIENCE, Deferring, echo, serving

from fakejobs.errors import UsageError
from fakejobs.server import Server


@pytest.fixture(scope="module")
def context() -> ssl.SSLContext:
    """The server's."""
    return server_context()


@pytest.fixture(scope="module")
def trusting() -> ssl.SSLContext:
    """A client's."""
    return client_context()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A file of what a client trusts."""
    file = tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(file)
    return file


def test_requests_keeps_one_connection_and_gets_what_it_asks_for(context: ssl.SSLContext, bundle: Path) -> None:
    with serving(numbered, ssl_context=context) as server, requests.Session() as session:
        session.verify, session.trust_env = str(bundle), False
        assert server.url.startswith("https://127.0.0.1:")
        assert [session.get(server.url, timeout=PATIENCE).content for _ in range(3)] == [b"https 1 "] * 3
        assert session.get(f"{server.url}/big", timeout=PATIENCE).content == BIG
        assert session.post(server.url, data=b"a" * 900_000, timeout=PATIENCE).content == b"https 1 " + b"a" * 900_000
        assert session.head(server.url, timeout=PATIENCE).headers["content-length"] == "8"
        closing = session.get(server.url, headers={"Connection": "close"}, timeout=PATIENCE)
        assert (closing.content, closing.headers["connection"]) == (b"https 1 ", "close")
        assert session.get(server.url, timeout=PATIENCE).content == b"https 2 "
        assert server.failures == []


def test_httpx_keeps_one_connection_and_gets_what_it_asks_for(
    context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    with (
        serving(numbered, ssl_context=context) as server,
        httpx.Client(verify=trusting, trust_env=False, timeout=PATIENCE, base_url=server.url) as client,
    ):
        assert [client.get("/").content for _ in range(3)] == [b"https 1 "] * 3
        assert client.get("/big").content == BIG
        assert client.post("/", content=b"a" * 900_000).content == b"https 1 " + b"a" * 900_000
        closing = client.get("/", headers={"Connection": "close"})
        assert (closing.content, closing.headers["connection"]) == (b"https 1 ", "close")
        assert client.get("/").content == b"https 2 "
        assert server.failures == []


def test_urllib_gets_what_it_asks_for_on_a_connection_each(context: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting))

    def fetch(url: str, body: bytes | None = None) -> bytes:
        with opener.open(url, body, timeout=PATIENCE) as reply:
            content: bytes = reply.read()
        return content

    with serving(numbered, ssl_context=context) as server:
        assert [fetch(server.url) for _ in range(2)] == [b"https 1 ", b"https 2 "]
        assert fetch(f"{server.url}/big") == BIG
        assert fetch(server.url, b"a" * 900_000) == b"https 4 " + b"a" * 900_000
        assert server.failures == []


def test_a_deferred_reply_is_waited_for_over_tls_too(context: ssl.SSLContext, bundle: Path) -> None:
    app = Deferring()
    with (
        serving(app, ssl_context=context) as server,
        requests.Session() as session,
        ThreadPoolExecutor(1) as pool,
    ):
        session.verify, session.trust_env = str(bundle), False
        for _ in range(2):
            asking = pool.submit(session.get, f"{server.url}/wait", timeout=PATIENCE)
            go = app.next_go()
            assert not asking.done()
            go()
            assert asking.result(PATIENCE).content == b"GET /wait "
        assert server.failures == []


def test_a_clients_context_is_refused_at_the_start_and_nothing_is_left_open(trusting: ssl.SSLContext) -> None:
    server = Server(echo, ssl_context=trusting)
    with pytest.raises(UsageError, match=r"cannot serve with this ssl_context: .*CLIENT_AUTH"):
        server.start()
    server.stop()
