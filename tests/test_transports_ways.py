"""The two ways of a transport, the short and the library's own: nobody can tell which one a request took."""

from __future__ import annotations

import gzip
from typing import Any

from carrying import Canned, client, each_library, only_the_long_way
from hypothesis import given, settings
from hypothesis import strategies as st

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
TOKENS = st.text("abcXYZ019-_.~!#", min_size=1, max_size=5)
VALUES = TOKENS | st.text(PRINTABLE, max_size=8) | st.text(st.characters(max_codepoint=300), max_size=5)
NAMES = (
    st.sampled_from(["X-One", "x-two", "X_Three", "Connection", "Host", "Expect", "Cookie", "User-Agent", "Upgrade"])
    | TOKENS
    | st.text(PRINTABLE, min_size=1, max_size=5)
)
HOSTS = st.sampled_from(
    ["fake", "Fake.Example", "fake.", "fake:80", "fake:443", "fake:8080", "[::1]:99", "127.0.0.1", "a:b@fake", "ä.test"]
)
REPLY_FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["Content-Type", "X-One", "x-one", "X-TWO"]),
        st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=8),
    )
    | st.sampled_from(
        [
            ("Content-Length", "3"),
            ("Content-Length", "1000"),
            ("Content-Encoding", "gzip"),
            ("Connection", "close"),
            ("Connection", "keep-alive"),
            ("Transfer-Encoding", "chunked"),
            ("Set-Cookie", "a=b"),
            ("Set-Cookie", "c=d; Path=/x"),
            ("Retry-After", "3"),
            ("Location", "/elsewhere"),
        ]
    ),
    max_size=4,
)
STATUSES = [
    *("200 OK", "200", "200  Twice  spaced", "201 Created", "204 No Content", "304 Not Modified", "404 Not Found"),
    *("503 Service Unavailable", "599 Ä", "103 Early Hints", "700 Odd", "418 "),
]
REPLIES = st.fixed_dictionaries(
    {
        "status": st.sampled_from(STATUSES),
        "headers": REPLY_FIELDS,
        "body": st.binary(max_size=20) | st.just(gzip.compress(b"packed")) | st.just(b"3\r\nabc\r\n0\r\n\r\n"),
    }
)
REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "brew", "M-SEARCH"]),
        "scheme": st.sampled_from(["http", "https"]),
        "host": HOSTS,
        "target": st.text("abc/?&=;%2f~", max_size=12) | st.text(st.characters(max_codepoint=300), max_size=10),
        "headers": st.dictionaries(NAMES, VALUES | st.binary(max_size=3), max_size=2),
        "content": st.none() | st.binary(max_size=8) | st.text(max_size=8),
    }
)


def outcome(library: str, fake: Canned, asked: Any, change: Any) -> Any:
    """What a client makes of a request, and what the fake was asked, header by header."""
    url = f"{asked['scheme']}://{asked['host']}/{asked['target']}"
    options = {"headers": asked["headers"], "content": asked["content"], "timeout": 9}
    result: Any
    with client(library, fake, change) as call:
        try:
            result = call(asked["method"], url, **options)
        except Exception as error:  # whatever it is, it is to be the same
            result = type(error), str(error)
    return result, [list(each.items()) for each in fake.asked], fake.clock.instant()


@each_library
@given(asked=REQUESTS, reply=REPLIES)
@settings(max_examples=150, deadline=None)
def test_a_request_and_its_reply_are_the_same_by_either_way(library: str, asked: Any, reply: Any) -> None:
    short = outcome(library, Canned(**reply), asked, lambda _: None)
    long = outcome(library, Canned(**reply), asked, only_the_long_way)
    assert short == long


@each_library
@given(delay=st.integers(0, 20_000_000), reply=REPLIES)
@settings(max_examples=30, deadline=None)
def test_a_reply_that_waits_is_the_same_by_either_way(library: str, delay: int, reply: Any) -> None:
    asked: Any = {"method": "GET", "scheme": "http", "host": "fake", "target": "", "headers": {}, "content": None}
    short = outcome(library, Canned(**reply, delay=delay), asked, lambda _: None)
    long = outcome(library, Canned(**reply, delay=delay), asked, only_the_long_way)
    assert short == long


@each_library
def test_a_plain_request_takes_the_short_way_and_an_odd_one_the_long(library: str) -> None:
    """What makes the short way worth having: without it a poll takes twice the time."""
    fake = Canned()
    taken: list[bool] = []

    def note(transport: Any) -> None:
        exchange = transport._peer.exchange

        def noted(*request: Any) -> Any:
            answer = exchange(*request)
            taken.append(answer is not None and answer.is_plain)
            return answer

        transport._peer.exchange = noted

    with client(library, fake, note) as call:
        for method, content in (("GET", None), ("POST", b"abc"), ("PUT", "abc"), ("DELETE", None), ("HEAD", None)):
            call(method, "http://fake:8080/a/b%20c?d=e", content=content, headers={"Authorization": "Bearer x"})
        assert taken == [True] * 5
        call("GET", "http://fake/", headers={"X-Empty": ""})
        assert taken[5:] in ([], [False])
    assert len(fake.asked) == 6
