"""The passage to the app: environs that agree with Werkzeug's, and whole responses."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.serving import WSGIRequestHandler

from fakejobs.server.http_requests import Request, RequestReader
from fakejobs.server.wsgi_gateway import base_environ, environ_of, response_of

SERVER = ("127.0.0.1", 8080)
CLIENT = ("127.0.0.1", 50505)


def our_environ(raw: bytes) -> dict[str, Any]:
    (request,) = RequestReader(1000).feed(raw)
    assert isinstance(request, Request)
    return environ_of(request, base_environ(scheme="http", server=SERVER, client=CLIENT))


class Handler(WSGIRequestHandler):
    """Werkzeug's handler with bytes in place of its socket."""

    def __init__(self, raw: bytes) -> None:
        self.rfile = BytesIO(raw)
        self.client_address = CLIENT
        self.connection = SimpleNamespace()
        self.server = SimpleNamespace(  # type: ignore[assignment]
            ssl_context=None, multithread=False, multiprocess=False, server_address=SERVER
        )
        self.raw_requestline = self.rfile.readline()
        assert self.parse_request()


# What differs on purpose: our own name; streams; the socket that only Werkzeug hands out; and input_terminated,
# which is always true here as bodies are read whole.
DIFFERENT = {"SERVER_SOFTWARE", "wsgi.input", "wsgi.errors", "werkzeug.socket", "wsgi.input_terminated"}

# Left out of the generated requests, since the two differ there on purpose:
# - escapes that are no UTF-8 (%ff): PEP 3333 wants the byte, Werkzeug puts U+FFFD;
# - targets that begin with "//": the standard library's handler makes one slash of them;
# - cookies in several fields: joined by "; " as RFC 9113 has it, where Werkzeug puts a comma;
# - whitespace after a field's value: not part of it by RFC 9110, kept by Werkzeug;
# - a whole URL without a path: "/" by RFC 9112, "" in Werkzeug.
PATH_CHARACTERS = "abcXYZ019-._~!$&'()*+,;=:@%"
segments = st.one_of(
    st.text(PATH_CHARACTERS, min_size=1, max_size=6),
    st.sampled_from(["%20", "%2F", "%zz", "%", "%4", "%C3%A9", "%e2%82%ac", "a%25b", ""]),
).filter(lambda segment: "%" not in segment or is_utf8(segment))
paths = st.lists(segments, max_size=4).map("/".join).map(lambda path: "/" + path.lstrip("/"))
queries = st.text(PATH_CHARACTERS + "/?", max_size=12).map(lambda query: f"?{query}" if query else "")
roots = st.sampled_from(["", "", "http://example.com", "http://user@example.com:81", "HTTPS://[::1]:8"])
NAMES = ["Host", "Accept", "X-One", "x-one", "X_One", "Content-Type", "User-Agent", "Cookie", "x-TWO-y"]
values = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=8).filter(
    lambda value: not any(ord(character) in range(127, 160) for character in value)
)
fields = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=6).filter(
    lambda pairs: sum(name == "Cookie" for name, _ in pairs) < 2
)


def is_utf8(segment: str) -> bool:
    try:
        unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(deadline=None)
@given(st.data())
def test_the_environ_of_any_request_is_werkzeugs(data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]))
    target = data.draw(roots) + data.draw(paths) + data.draw(queries)
    version = data.draw(st.sampled_from(["HTTP/1.1", "HTTP/1.0"]))
    body = data.draw(st.binary(max_size=20))
    lines = [f"{method} {target} {version}", *(f"{name}: {value}" for name, value in data.draw(fields))]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    raw = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    theirs, ours = Handler(raw).make_environ(), our_environ(raw)
    assert {key: ours.get(key) for key in theirs.keys() - DIFFERENT} == {
        key: value for key, value in theirs.items() if key not in DIFFERENT
    }
    assert ours.keys() - theirs.keys() == {"wsgi.input_terminated", "fakejobs.body_refused", "fakejobs.headers"}
    named = {
        key: value for key, value in ours.items() if key.startswith("HTTP_") or (value and key.startswith("CONTENT_"))
    }
    assert ours["fakejobs.headers"] == {
        key.removeprefix("HTTP_").replace("_", "-").lower(): value for key, value in named.items()
    }
    assert ours["wsgi.input"].read() == body == theirs["wsgi.input"].read()


def test_the_path_is_the_bytes_behind_its_escapes_as_latin_1() -> None:
    environ = our_environ(b"GET /caf%C3%A9/%ff/%zz/%?a=%20 HTTP/1.1\r\n\r\n")
    assert environ["PATH_INFO"].encode("latin-1") == b"/caf\xc3\xa9/\xff/%zz/%"
    assert environ["QUERY_STRING"] == "a=%20"
    assert environ["RAW_URI"] == environ["REQUEST_URI"] == "/caf%C3%A9/%ff/%zz/%?a=%20"


def test_a_whole_url_as_target_names_the_host_and_has_a_path() -> None:
    environ = our_environ(b"GET http://example.com:81?a=1 HTTP/1.1\r\nHost: other\r\n\r\n")
    assert environ["HTTP_HOST"] == "example.com:81"
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/", "a=1")


def test_a_double_slash_at_the_front_of_the_path_stays() -> None:
    assert our_environ(b"GET //a//b HTTP/1.1\r\n\r\n")["PATH_INFO"] == "//a//b"


def test_the_star_of_options_is_the_path() -> None:
    assert our_environ(b"OPTIONS * HTTP/1.1\r\n\r\n")["PATH_INFO"] == "*"


def test_cookies_in_several_fields_are_joined_as_cookies() -> None:
    environ = our_environ(b"GET / HTTP/1.1\r\nCookie: a=1\r\nX: 1\r\nCookie: b=2\r\nX: 2\r\n\r\n")
    assert (environ["HTTP_COOKIE"], environ["HTTP_X"]) == ("a=1; b=2", "1,2")


def test_space_around_a_value_and_an_empty_value_are_no_value() -> None:
    environ = our_environ(b"GET / HTTP/1.1\r\nA:  b \t\r\nC:\r\nD: \r\nE: f\r\n\r\n")
    assert [environ[f"HTTP_{name}"] for name in "ACDE"] == ["b", "", "", "f"]


class Pieces(list[bytes]):
    """An iterable that notes that it was closed."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_a_response_is_what_was_written_then_what_was_returned_and_is_closed() -> None:
    pieces = Pieces([b"c", b"d"])

    def app(environ: dict[str, Any], start_response: Any) -> Pieces:
        write = start_response("200 OK", [("A", "b")])
        write(b"a")
        write(b"b")
        return pieces

    assert response_of(app, {}) == ("200 OK", [("A", "b")], b"abcd")
    assert pieces.is_closed


def test_an_app_may_start_late_and_start_again_for_an_error() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        start_response("500 Oh", [("X", "y")], (None, None, None))
        yield b"oh"

    assert response_of(app, {}) == ("500 Oh", [("X", "y")], b"oh")


def test_an_app_that_starts_twice_or_never_is_wrong() -> None:
    def twice(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        start_response("200 OK", [])

    with pytest.raises(AssertionError, match="twice"):
        response_of(twice, {})
    with pytest.raises(AssertionError, match="without a call of start_response"):
        response_of(lambda environ, start_response: [b""], {})


def test_an_iterable_that_fails_is_closed() -> None:
    class Failing(Pieces):
        def __iter__(self) -> Any:
            raise LookupError("in the middle")

    pieces = Failing()
    with pytest.raises(LookupError):
        response_of(lambda environ, start_response: pieces, {})
    assert pieces.is_closed


def test_the_app_is_told_of_a_body_that_was_refused() -> None:
    (request,) = RequestReader(3).feed(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n")
    assert isinstance(request, Request)
    environ = environ_of(request, {})
    assert (environ["fakejobs.body_refused"], environ["CONTENT_LENGTH"]) == (True, "4")
    assert environ["wsgi.input"].read() == b""


def test_a_field_whose_name_could_pass_for_another_is_left_out() -> None:
    environ = our_environ(b"GET / HTTP/1.1\r\nX_ApiKey: forged\r\nX-ApiKey: own\r\n\r\n")
    assert environ["HTTP_X_APIKEY"] == "own"


def test_an_empty_content_type_is_as_good_as_none() -> None:
    environ = our_environ(b"GET / HTTP/1.1\r\nContent-Type:\r\nX-One:\r\n\r\n")
    assert (environ["CONTENT_TYPE"], environ["fakejobs.headers"]) == ("", {"x-one": ""})
