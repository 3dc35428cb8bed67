"""The transports beside the socket: the same requests get the same replies, and are told of in the same way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from carrying import Call, Seen, client, each_library, session_with, told
from playing import A, conversio

from fakejobs import FakeJobs
from fakejobs.scenario.search import shipped_names
from fakejobs.transports import RequestsAdapter

JOB = conversio({"id": A})


def walk(fake: FakeJobs, base: str, call: Call) -> Iterator[Seen]:
    """Whatever everybody asks everything in a scenario, while its time passes; by its other paths at first alone."""
    (dialect,) = fake.world.dialects
    directory = fake.world.directory(dialect.name)
    speakers = [(tenant, app) for tenant in directory.tenants for app in (None, *directory.apps(tenant))]
    ids = [job.id for job in fake.jobs]
    everywhere = [pattern for route in dialect.routes for pattern in route.patterns]
    once_each = [route.patterns[0] for route in dialect.routes]
    for hours in (0.1, 24 * 8):
        fake.clock.advance(hours=hours)
        for tenant, app in speakers[: 3 if hours > 1 else 2]:
            headers = fake.credentials(tenant, app)
            for pattern in once_each if hours > 1 else everywhere:
                for id in ids[: 1 if hours > 1 else 2] if "id" in pattern.holes else [""]:
                    path = pattern.text.replace("{id}", id).replace("{", "").replace("}", "")
                    body = b"{}" if pattern.method != "GET" else None
                    yield call(pattern.method, base + path, headers=headers, content=body)
        yield call("HEAD", base + path, headers=headers)
        yield call("GET", base + path + "?limit=1&x=%C3%A9")
        yield call("GET", base + "/nowhere", headers=headers)
        yield call("PATCH", base + path, headers=headers)


@each_library
@pytest.mark.parametrize("name", shipped_names())
def test_a_scenario_s_replies_and_its_journal_are_those_of_the_socket(name: str, library: str) -> None:
    over_it, without = FakeJobs(strict=False).play(name), FakeJobs(strict=False).play(name)
    with over_it, without, client(library) as socketed, client(library, without) as direct:
        base = over_it.url
        assert list(walk(without, base, direct)) == list(walk(over_it, base, socketed))
        assert told(without) == told(over_it)
        assert {entry.connection for entry in over_it.journal} != {None}
        assert len(without.journal) > 10


def chunks() -> Iterator[bytes]:
    yield b'{"kind":'
    yield b'"x"}'


POST = "/api/v1/newsletters/n-1/recipients/async-export"
LOOK = f"/api/v1/async-jobs/{A}"
UNUSUAL: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a query": ("GET", f"{LOOK}?a=1&b=%2F&c=+d", {}),
    "parameters": ("GET", LOOK, {"params": {"q": "é /?&[]", "w": ["1", "2"]}}),
    "small letters in an escape": ("GET", f"{LOOK}%2f", {}),
    "brackets": ("GET", "/a[b]|c", {}),
    "HEAD": ("HEAD", LOOK, {}),
    "a method of one's own": ("BREW", LOOK, {}),
    "OPTIONS": ("OPTIONS", LOOK, {}),
    "POST without a body": ("POST", POST, {}),
    "POST of JSON": ("POST", POST, {"json": {"kind": "é"}}),
    "POST of a form": ("POST", POST, {"data": {"a": "b c"}}),
    "POST of a file": ("POST", POST, {"body": lambda: io.BytesIO(b"a;b\nc;d\n")}),
    "POST in chunks": ("POST", POST, {"body": chunks}),
    "POST of too much": ("POST", POST, {"body": lambda: b"x" * 1_200_000}),
    "a body that waits for a word": ("POST", POST, {"json": {}, "headers": {"Expect": "100-continue"}}),
    "chunks that wait for a word": ("POST", POST, {"body": chunks, "headers": {"Expect": "100-continue"}}),
    "an end announced": ("GET", LOOK, {"headers": {"Connection": "close"}}),
    "an upgrade": ("GET", LOOK, {"headers": {"Upgrade": "h2c", "Connection": "Upgrade"}}),
    "an upgrade with a body": ("POST", POST, {"json": {}, "headers": {"Upgrade": "h2c", "Connection": "Upgrade"}}),
    "an underscore": ("GET", LOOK, {"headers": {"X_Under": "v", "x-lower": "V"}}),
    "an empty header": ("GET", LOOK, {"headers": {"X-Empty": ""}}),
    "a header of bytes": ("GET", LOOK, {"headers": {"X-Bytes": b"v"}}),
    "a header with an accent": ("GET", LOOK, {"headers": {"X-Name": "é".encode()}}),
    "another host": ("GET", LOOK, {"headers": {"Host": "api.example"}}),
    "cookies": ("GET", LOOK, {"cookies": {"a": "b", "c": "d"}}),
    "a head that is too long": ("GET", LOOK, {"headers": {"X-Long": "v" * 70_000}}),
}


@each_library
@pytest.mark.parametrize("what", UNUSUAL)
@pytest.mark.filterwarnings("ignore:Setting per-request cookies:DeprecationWarning")
def test_an_unusual_request_is_answered_and_told_as_over_the_socket(what: str, library: str) -> None:
    method, path, options = UNUSUAL[what]
    over_it, without = FakeJobs(strict=False).play(JOB), FakeJobs(strict=False).play(JOB)
    with over_it, without, client(library) as socketed, client(library, without) as direct:
        base = over_it.url

        def asked(call: Call) -> list[Seen]:
            given = dict(options)
            if "body" in given:
                given["content"] = _fit(given.pop("body")(), library)
            once_more = call("GET", base + LOOK)
            return [call(method, base + path, **given), once_more]

        assert asked(direct) == asked(socketed)
        assert told(without) == told(over_it)


def _fit(body: Any, library: str) -> Any:
    """A body as a library takes it."""

    async def later() -> Any:
        for piece in body:
            yield piece

    return later() if library.startswith("async") and not isinstance(body, bytes) else body


@pytest.mark.parametrize("without", ["User-Agent", "Accept-Encoding"])
def test_headers_that_a_session_is_told_to_leave_out_are_urllib3_s_to_fill_in(without: str) -> None:
    over_it, direct = FakeJobs(strict=False).play(JOB), FakeJobs(strict=False).play(JOB)
    with over_it, direct, requests.Session() as session, session_with(RequestsAdapter(direct)) as other:
        for each in (session, other):
            each.get(over_it.url + LOOK, headers={without: None})
        assert told(direct) == told(over_it)


@pytest.mark.parametrize("length", ["2", None])
@pytest.mark.parametrize("body", [b"abc", "äbc"])
def test_a_length_that_is_not_the_body_s_is_sent_as_it_is_and_a_missing_one_found_out(body: Any, length: Any) -> None:
    over_it, direct = FakeJobs(strict=False).play(JOB), FakeJobs(strict=False).play(JOB)
    with over_it, direct, requests.Session() as session, session_with(RequestsAdapter(direct)) as other:
        for each in (session, other):
            request = each.prepare_request(requests.Request("POST", over_it.url + POST, data=body))
            del request.headers["Content-Length"]
            if length:
                request.headers["Content-Length"] = length
            assert each.send(request).status_code == 401
        assert told(direct) == told(over_it)
