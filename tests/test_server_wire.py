"""Requests read from bytes that are cut anywhere, and replies as one string of bytes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs.server.http_replies import UnsendableReplyError, reply_of
from fakejobs.server.http_requests import HEAD_LIMIT, Request, RequestReader, Unreadable


def read(*pieces: bytes, max_body: int = 1000) -> list[Request | Unreadable]:
    reader = RequestReader(max_body)
    return [found for piece in pieces for found in reader.feed(piece)]


def request_in(*pieces: bytes, max_body: int = 1000) -> Request:
    (found,) = read(*pieces, max_body=max_body)
    assert isinstance(found, Request)
    return found


def refusal_in(*pieces: bytes) -> Unreadable:
    *_, last = read(*pieces)
    assert isinstance(last, Unreadable)
    return last


CHUNKED = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n"


def test_a_chunked_body_is_whole_and_its_trailers_reach_neither_this_request_nor_the_next() -> None:
    first, second = read(CHUNKED + b"X-T: evil\r\nX-U:\r\n\r\nGET /b HTTP/1.1\r\nHost: y\r\n\r\n")
    assert isinstance(first, Request)
    assert isinstance(second, Request)
    assert (first.body, first.headers) == (b"abcd", (("Transfer-Encoding", "chunked"),))
    assert second.headers == (("Host", "y"),)


UPGRADE = (
    b"POST /x HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AA\r\nContent-Length: 3\r\n\r\nabc"
)


def test_an_upgrade_is_a_plain_request_with_its_body() -> None:
    first, second = read(UPGRADE + b"GET /2 HTTP/1.1\r\n\r\n")
    assert isinstance(first, Request)
    assert isinstance(second, Request)
    assert (first.body, first.keeps_alive, second.target) == (b"abc", True, "/2")
    assert ("Upgrade", "h2c") in first.headers


def test_a_tunnel_is_asked_of_the_app_and_ends_the_connection() -> None:
    request = request_in(b"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\nnot HTTP")
    assert (request.method, request.target, request.keeps_alive) == ("CONNECT", "h:80", False)


@pytest.mark.parametrize(
    ("head", "keeps_alive"),
    [
        (b"GET / HTTP/1.1\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n", False),
        (b"GET / HTTP/1.0\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n", False),
    ],
)
def test_only_http_1_1_without_close_keeps_the_connection(head: bytes, *, keeps_alive: bool) -> None:
    assert request_in(head + b"\r\n").keeps_alive is keeps_alive


def test_bytes_after_the_last_request_are_let_go() -> None:
    assert request_in(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", b"more").target == "/"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x16\x03\x01", "Invalid method encountered (in the head of the request)"),
        (b"GET /a b HTTP/1.1\r\n\r\n", "(in the head of the request)"),
        (b"GET / HTTP/2.0\r\n\r\n", "the version is HTTP/2.0"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "(in the head of the request)"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "Content-Length"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "Content-Length"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "(in the body of the request)"),
    ],
)
def test_what_is_no_request_is_refused_with_what_could_not_be_read(raw: bytes, reason: str) -> None:
    refusal = refusal_in(raw, b"GET / HTTP/1.1\r\n\r\n")
    assert refusal.status == "400 Bad Request"
    assert reason in refusal.reason


def test_a_head_may_be_as_long_as_the_limit_and_no_longer() -> None:
    spent = len("/") + len("X") + 4
    assert request_in(b"GET / HTTP/1.1\r\nX: " + b"a" * (HEAD_LIMIT - spent) + b"\r\n\r\n").target == "/"
    refusal = refusal_in(b"GET / HTTP/1.1\r\nX: " + b"a" * (HEAD_LIMIT - spent + 1) + b"\r\n\r\n")
    assert refusal.status.startswith("431 ")


def test_a_head_that_never_ends_is_refused() -> None:
    refusal = refusal_in(b"GET / HTTP/1.1\r\nX: ", *[b"a" * 1024] * 65)
    assert refusal.status.startswith("431 ")


def test_a_body_over_the_limit_is_refused_at_its_announcement() -> None:
    reader = RequestReader(3)
    (request,) = reader.feed(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert isinstance(request, Request)
    assert (request.is_body_refused, request.keeps_alive, request.body) == (True, False, b"")
    assert (reader.wants_continue, reader.is_finished, reader.is_amid_request) == (False, True, True)
    assert reader.feed(b"abcdGET / HTTP/1.1\r\n\r\n") == []


def test_a_chunked_body_over_the_limit_is_refused_where_it_passes_it() -> None:
    reader = RequestReader(3)
    (request,) = reader.feed(CHUNKED + b"\r\nGET / HTTP/1.1\r\n\r\n")
    assert isinstance(request, Request)
    assert request.is_body_refused
    assert reader.is_finished


def test_a_body_of_just_the_limit_is_taken() -> None:
    assert request_in(CHUNKED + b"\r\n", max_body=4).body == b"abcd"
    assert request_in(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd", max_body=4).body == b"abcd"


def test_a_client_waits_for_100_until_its_body_comes() -> None:
    reader = RequestReader(10)
    assert reader.feed(b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n") == []
    assert reader.wants_continue
    assert reader.feed(b"ab") == []
    assert not reader.wants_continue


def test_a_client_of_http_1_0_does_not_wait_for_100() -> None:
    reader = RequestReader(10)
    reader.feed(b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert not reader.wants_continue


def cut(raw: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted({place % (len(raw) + 1) for place in places}), len(raw)]
    return [raw[start:end] for start, end in pairwise(bounds)]


MESSAGES = [
    CHUNKED + b"X-T: 1\r\n\r\n",
    UPGRADE,
    b"GET /a%zz?b HTTP/1.1\r\nHost: x\r\nE:\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
    b"\r\nDELETE /x HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"nonsense\r\n\r\n",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(MESSAGES), max_size=5), st.lists(st.integers(min_value=0), max_size=12))
def test_where_the_bytes_are_cut_changes_nothing(messages: list[bytes], places: list[int]) -> None:
    raw = b"".join(messages)
    assert read(*cut(raw, places)) == read(raw)


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=30), st.sampled_from(MESSAGES)), max_size=5).map(b"".join),
    st.lists(st.integers(min_value=0), max_size=8),
)
def test_any_bytes_are_requests_then_silence_or_one_refusal(raw: bytes, places: list[int]) -> None:
    reader = RequestReader(50)
    found = [one for piece in cut(raw, places) for one in reader.feed(piece)]
    assert all(isinstance(one, Request) for one in found[:-1])
    if found and isinstance(found[-1], Unreadable):
        assert reader.is_finished
        assert reader.feed(b"GET / HTTP/1.1\r\n\r\n") == []


def lines_of(payload: bytes) -> list[bytes]:
    return payload.partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_a_reply_keeps_the_order_of_its_headers_and_gets_its_length() -> None:
    reply = reply_of("200 OK", [("B", "2"), ("A", "é")], b"hi", method="GET", keeps_alive=True)
    assert reply.payload == b"HTTP/1.1 200 OK\r\nB: 2\r\nA: \xe9\r\nContent-Length: 2\r\n\r\nhi"
    assert not reply.closes


def test_a_reply_to_head_has_the_length_and_no_body() -> None:
    made = reply_of("200 OK", [], b"hi", method="HEAD", keeps_alive=True)
    given_length = reply_of("200 OK", [("Content-Length", "7")], b"", method="HEAD", keeps_alive=True)
    assert made.payload == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    assert given_length.payload == b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
    assert not given_length.closes


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_reply_that_cannot_have_a_body_has_none_and_no_length(status: str) -> None:
    reply = reply_of(status, [], b"hi", method="GET", keeps_alive=True)
    assert reply.payload == f"HTTP/1.1 {status}\r\n\r\n".encode()


def test_close_is_said_once_and_only_when_it_is_meant() -> None:
    ours = reply_of("200 OK", [], b"", method="GET", keeps_alive=False)
    theirs = reply_of("200 OK", [("connection", "Close")], b"", method="GET", keeps_alive=True)
    other = reply_of("200 OK", [("Connection", "keep-alive")], b"", method="GET", keeps_alive=True)
    assert [reply.closes for reply in (ours, theirs, other)] == [True, True, False]
    assert lines_of(ours.payload)[-1] == b"Connection: close"
    assert lines_of(theirs.payload) == [b"HTTP/1.1 200 OK", b"connection: Close", b"Content-Length: 0"]


def test_a_length_that_is_not_the_bodys_ends_the_connection() -> None:
    reply = reply_of("200 OK", [("Content-Length", "9")], b"hi", method="GET", keeps_alive=True)
    assert reply.closes
    assert reply.payload.endswith(b"Content-Length: 9\r\nConnection: close\r\n\r\nhi")


def test_a_length_that_is_the_bodys_does_not() -> None:
    assert not reply_of("200 OK", [("Content-Length", "2")], b"hi", method="GET", keeps_alive=True).closes


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("200 OK", [("X", "a\r\nSet-Cookie: b")]),
        ("200 OK", [("X", "a\nb")]),
        ("200 OK", [("X", "a\rb")]),
        ("200 OK", [("X\r\n", "a")]),
        ("200 OK", [("X", "a\0")]),
        ("200 OK\r\nX: y", []),
        ("200 OK", [("X", "\u20ac")]),
        ("OK", []),
        ("2000 OK", []),
        ("", []),
    ],
)
def test_what_would_break_the_head_is_never_sent(status: str, headers: list[tuple[str, str]]) -> None:
    with pytest.raises(UnsendableReplyError, match=r"a status or header|the status is"):
        reply_of(status, headers, b"", method="GET", keeps_alive=True)


@given(
    st.lists(
        st.sampled_from(
            (
                b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
                b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nab",
                b"GET /b HTTP/1.1\r\n",
                b"\r\n",
                b"GET /c HTTP/1.1\r\nConnection: close\r\n\r\n",
                b"nonsense\r\n\r\n",
                CHUNKED + b"\r\n",
                UPGRADE,
            )
        ),
        max_size=6,
    )
)
def test_pieces_that_come_again_are_read_as_if_they_came_for_the_first_time(pieces: list[bytes]) -> None:
    once = RequestReader(1000)
    apart = [found for piece in pieces for cut in (piece[:1], piece[1:]) if cut for found in once.feed(cut)]
    assert read(*pieces) == apart


def test_the_same_request_again_is_the_same_object() -> None:
    reader = RequestReader(1000)
    first, again = (reader.feed(b"GET /a HTTP/1.1\r\n\r\n")[0] for _ in range(2))
    assert first is again
