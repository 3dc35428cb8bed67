"""Broken connections: what a client meets through a transport is what it meets on a real wire."""

from __future__ import annotations

import sys
from typing import Any

import httpx
import pytest
import requests
from carrying import BODY, PATIENCE, Canned, breaking_wire, client, each_library, only_the_long_way, session_with
from urllib3.util.retry import Retry

from fakejobs.breaks import Break
from fakejobs.errors import UsageError
from fakejobs.transports import RequestsAdapter

GIVES_UP = 0.5
"""Seconds in which what comes has come, on any machine."""
BREAKS = [
    Break(kind=kind, after=after)
    for kind in ("reset", "close", "never", "drip")
    for after in (None, 0, 4, 100)
    # what was sent before a reset may be lost, and elsewhere is
    if not (kind == "reset" and after is not None and sys.platform != "linux")
]
each_break = pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: f"{broken.kind}-{broken.after}")


def outcome(call: Any, url: str, broken: Break) -> Any:
    """What comes of a call: the reply, or the kinds of error that were raised, from the outermost to its causes.

    On a wire a client waits in real time: only for what never comes does it give up.
    """
    try:
        return call("GET", url, timeout=GIVES_UP if broken.kind == "never" else PATIENCE)
    except (requests.RequestException, httpx.HTTPError) as error:
        kinds = []
        cause: BaseException | None = error
        while cause is not None:
            kinds.append(type(cause))
            cause = cause.__cause__ or cause.__context__
        return kinds, str(error).rpartition(": ")[2]


@each_break
@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_a_broken_connection_raises_what_it_raises_on_a_wire_with_the_same_causes(library: str, broken: Break) -> None:
    with breaking_wire(broken) as url, client(library) as call:
        on_a_wire = outcome(call, url, broken)
    with client(library, Canned(broken=broken)) as call:
        assert outcome(call, url, broken) == on_a_wire


@each_break
def test_a_broken_connection_raises_the_same_in_a_loop(broken: Break) -> None:
    """The causes are anyio's own on a wire, which has no part in a transport."""
    with breaking_wire(broken) as url, client("asynchronous httpx") as call:
        on_a_wire = outcome(call, url, broken)
    with client("asynchronous httpx", Canned(broken=broken)) as call:
        through_it = outcome(call, url, broken)
    assert through_it[0][:2] == on_a_wire[0][:2] if isinstance(on_a_wire[0], list) else through_it == on_a_wire


def test_the_breaks_of_these_tests_end_in_every_way_that_there_is() -> None:
    kinds = set()
    for broken in BREAKS:
        with client("httpx", Canned(broken=broken)) as call:
            found = outcome(call, "http://fake/", broken)
        kinds.add(found[0][0] if isinstance(found[0], list) else found[0])
    assert kinds == {200, httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError}


@each_library
def test_the_next_request_after_a_broken_connection_takes_another(library: str) -> None:
    fake = Canned(broken=Break(kind="close", after=100))
    with client(library, fake) as call:
        assert [call("GET", "http://fake/")[3] for _ in range(3)] == [BODY] * 3
    assert len(fake.asked) == 3


@each_library
def test_a_reply_that_never_comes_moves_the_clock_by_the_timeout(library: str) -> None:
    fake = Canned(broken=Break(kind="never"))
    begun = fake.clock.instant()
    with client(library, fake) as call, pytest.raises((requests.ReadTimeout, httpx.ReadTimeout)):
        call("GET", "http://fake/", timeout=40)
    assert fake.clock.instant() - begun == 40_000_000
    assert len(fake.asked) == 1


@each_library
def test_a_reply_that_never_comes_is_explained_to_a_client_that_has_no_timeout(library: str) -> None:
    fake = Canned(broken=Break(kind="never"))
    with client(library, fake) as call, pytest.raises(UsageError) as explained:
        call("GET", "http://fake/jobs?x=1", timeout=None)
    assert str(explained.value) == (
        "the reply to GET /jobs?x=1 never comes, as a fault of the scenario has it, and the client would wait for it "
        "for ever: give it a read timeout"
    )
    assert len(fake.asked) == 1


@each_library
def test_a_reply_that_drips_takes_as_long_as_its_bytes(library: str) -> None:
    fake = Canned(broken=Break(kind="drip", after=4, every=2_000_000))
    begun = fake.clock.instant()
    with client(library, fake) as call:
        assert call("GET", "http://fake/", timeout=3)[3] == BODY
    assert fake.clock.instant() - begun == 6 * 2_000_000


@each_library
def test_a_reply_that_drips_more_slowly_than_the_timeout_allows_is_given_up(library: str) -> None:
    fake = Canned(broken=Break(kind="drip", every=4_000_000))
    begun = fake.clock.instant()
    with client(library, fake) as call, pytest.raises((requests.ReadTimeout, httpx.ReadTimeout)):
        call("GET", "http://fake/", timeout=3)
    assert fake.clock.instant() - begun == 3_000_000


@each_library
def test_a_break_happens_when_the_reply_is_due(library: str) -> None:
    fake = Canned(broken=Break(kind="reset"), delay=7_000_000)
    begun = fake.clock.instant()
    with client(library, fake) as call, pytest.raises((requests.ConnectionError, httpx.ReadError)):
        call("GET", "http://fake/", timeout=60)
    assert fake.clock.instant() - begun == 7_000_000


@each_library
def test_the_bytes_before_a_break_can_be_had_as_they_come(library: str) -> None:
    """A drip is cut into its bytes, so that a client sees them one by one."""
    fake = Canned(broken=Break(kind="drip"))
    with client(library, fake, only_the_long_way) as call:
        assert call("GET", "http://fake/", timeout=3)[3] == BODY


def test_urllib3_retries_what_broke_and_waits_for_it_on_the_clock() -> None:
    fake = Canned(broken=Break(kind="reset"))
    begun = fake.clock.instant()
    session = requests.Session()
    session.mount("http://", RequestsAdapter(fake, max_retries=Retry(total=3, backoff_factor=10)))
    with session, pytest.raises(requests.ConnectionError, match=r"Max retries exceeded .*Connection reset by peer"):
        session.get("http://fake/", timeout=5)
    assert len(fake.asked) == 4
    assert fake.clock.instant() - begun == (20 + 40) * 1_000_000


def test_a_request_that_stays_incomplete_is_one_that_nobody_answers() -> None:
    fake = Canned()
    with session_with(RequestsAdapter(fake)) as session:
        request = session.prepare_request(requests.Request("POST", "http://fake/", data=b"abc"))
        request.headers["Content-Length"] = "5"
        with pytest.raises(requests.ReadTimeout):
            session.send(request, timeout=3)
        with pytest.raises(UsageError, match="the request is not whole, so that no reply comes, and the client would"):
            session.send(request)
    assert fake.asked == []
