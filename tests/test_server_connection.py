"""One connection: requests answered in order, the app's failures, and replies that wait."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any, cast

import pytest
from serving import EXPECTING, GET, PATIENCE, Client, Deferring, Wire, answer_to, echo, get, serving

from fakejobs.breaks import Break
from fakejobs.server.service import Service


def test_a_connection_is_kept_and_has_its_number() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [str(environ["fakejobs.connection"]).encode()]

    with serving(app) as server, Client(server) as one, Client(server) as two:
        assert [one.ask(GET)[2] for _ in range(3)] == [b"1"] * 3
        assert two.ask(GET)[2] == b"2"
        assert one.ask(GET)[2] == b"1"


def test_close_is_respected_and_said() -> None:
    with serving() as server, Client(server) as client:
        _, headers, _ = client.ask(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert headers["connection"] == "close"
        assert client.is_closed()


def test_http_1_0_is_answered_and_closed() -> None:
    with serving() as server, Client(server) as client:
        assert client.ask(b"GET / HTTP/1.0\r\n\r\n")[2] == b"GET / "
        assert client.is_closed()


def test_head_is_answered_with_a_length_and_no_body() -> None:
    with serving() as server, Client(server) as client:
        client.send(b"HEAD /abc HTTP/1.1\r\n\r\n")
        assert client.head()[1]["content-length"] == "10"
        assert client.ask(GET)[2] == b"GET / "


def test_requests_sent_at_once_are_answered_in_order() -> None:
    with serving() as server, Client(server) as client:
        client.send(b"".join(get(f"/{number}") for number in range(50)))
        assert [client.reply()[2] for _ in range(50)] == [f"GET /{number} ".encode() for number in range(50)]


def test_a_chunked_body_reaches_the_app_whole() -> None:
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serving() as server:
        assert answer_to(server, chunked)[2] == b"POST / abcde"


def test_a_client_that_waits_for_100_gets_it_after_the_replies_it_is_owed() -> None:
    app = Deferring()
    with serving(app) as server, Client(server) as client:
        client.send(get("/wait") + EXPECTING)
        app.next_go()()
        assert client.reply()[2] == b"GET /wait "
        assert client.head() == ("100 Continue", {})
        assert client.ask(b"abc")[2] == b"POST / abc"


def refusing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    is_refused = environ["fakejobs.body_refused"]
    start_response("413 Too Much" if is_refused else "200 OK", [])
    return [environ["wsgi.input"].read()]


def test_a_body_that_is_too_long_is_answered_by_the_app_and_the_rest_is_let_go() -> None:
    with serving(refusing, max_body=10) as server:
        with Client(server) as client:
            client.send(b"POST / HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n" + b"a" * 5_000_000)
            status, headers, body = client.reply()
            assert (status, headers["connection"], body) == ("413 Too Much", "close", b"")
            assert client.is_closed()
        assert answer_to(server, b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123456789")[2] == b"0123456789"


def test_a_client_that_stops_amid_a_body_too_long_sees_the_end_all_the_same() -> None:
    with serving(refusing, max_body=10) as server, Client(server) as client:
        assert client.ask(b"POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\nabc")[0] == "413 Too Much"
        assert client.is_closed()
        client.send(b"more")


def test_what_is_no_request_is_told_so_after_the_replies_before_it() -> None:
    with serving() as server, Client(server) as client:
        client.send(get("/a") + b"?? what\r\n\r\n" + b"x" * 100_000)
        assert client.reply()[2] == b"GET /a "
        status, headers, body = client.reply()
        assert (status, headers["connection"]) == ("400 Bad Request", "close")
        assert b"Invalid method" in body
        assert client.is_closed()
        assert server.failures == []


def test_a_head_that_is_too_long_is_told_so() -> None:
    with serving() as server, Client(server) as client:
        status, _, body = client.ask(b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000)
        assert status.startswith("431 ")
        assert b"65536 bytes" in body


def test_what_the_app_raises_is_answered_with_500_and_kept() -> None:
    class Odd(BaseException):
        """A failed expectation of a test's runner is no Exception either."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["fakejobs.defer"](lambda go: None)
        if environ["PATH_INFO"] == "/odd":
            raise Odd("oh")
        start_response("200 OK", [])
        return [cast(bytes, "text")]

    with serving(app) as server, Client(server) as client:
        status, headers, body = client.ask(get("/odd"))
        assert (status, headers["content-type"]) == ("500 Internal Server Error", "text/plain; charset=utf-8")
        assert body == b"The app failed at GET /odd: Odd('oh')\n"
        assert b"TypeError" in client.ask(GET)[2]
        odd, wrong = server.failures
    assert isinstance(odd, Odd)
    assert isinstance(wrong, TypeError)
    assert odd.__traceback__ is not None


def test_a_header_that_would_split_the_reply_is_an_error_that_is_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("X", "a\r\nSet-Cookie: b")])
        return []

    log = StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    with serving(app) as server:
        status, headers, _ = answer_to(server, GET)
    assert status.startswith("500 ")
    assert "set-cookie" not in headers
    assert "GET /: a status or header has a CR, LF or NUL in it: 'X: a\\r\\nSet-Cookie: b'" in log.getvalue()
    assert len(server.failures) == 1


def test_a_failure_that_cannot_even_be_shown_ends_its_connection_and_no_more() -> None:
    class UnshownError(Exception):
        def __repr__(self) -> str:
            raise LookupError("no words")

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/unshown":
            raise UnshownError
        return echo(environ, start_response)

    with serving(app) as server:
        with Client(server) as client:
            client.send(get("/unshown"))
            assert client.is_closed()
        assert answer_to(server, GET)[0] == "200 OK"
    assert [type(failure) for failure in server.failures] == [UnshownError, LookupError]


def test_a_reply_that_waits_holds_up_its_own_connection_and_no_other() -> None:
    app = Deferring()
    with serving(app) as server, Client(server) as one, Client(server) as two:
        one.send(get("/wait") + get("/next"))
        go = app.next_go()
        assert two.ask(get("/other"))[2] == b"GET /other "
        assert [app.paths.get(timeout=PATIENCE) for _ in range(2)] == ["/wait", "/other"]
        assert app.paths.empty()
        go()
        go()
        assert [one.reply()[2], one.reply()[2]] == [b"GET /wait ", b"GET /next "]
        go()
        assert one.ask(get("/last"))[2] == b"GET /last "
    go()
    assert server.failures == []


def test_a_reply_may_be_let_go_at_once_and_twice() -> None:
    def twice(go: Callable[[], None]) -> None:
        go()
        go()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["fakejobs.defer"](twice)
        return echo(environ, start_response)

    with serving(app) as server, Client(server) as client:
        assert [client.ask(GET)[2] for _ in range(3)] == [b"GET / "] * 3


def test_replies_that_wait_leave_in_the_order_of_their_goes() -> None:
    app = Deferring()
    with serving(app) as server, Client(server) as one, Client(server) as two:
        one.send(get("/wait1"))
        first = app.next_go()
        two.send(get("/wait2"))
        second = app.next_go()
        second()
        assert two.reply()[2] == b"GET /wait2 "
        first()
        assert one.reply()[2] == b"GET /wait1 "


def test_an_arrangement_that_fails_is_a_failure_of_the_app() -> None:
    def arrange(go: Callable[[], None]) -> None:
        go()
        raise LookupError("no clock")

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["fakejobs.defer"](arrange)
        return echo(environ, start_response)

    with serving(app) as server, Client(server) as client:
        assert b"LookupError('no clock')" in client.ask(GET)[2]
        assert b"LookupError" in client.ask(GET)[2]
        assert len(server.failures) == 2


def test_a_client_that_left_is_not_waited_for() -> None:
    app = Deferring()
    with serving(app) as server:
        with Client(server) as client:
            client.send(get("/wait"))
            go = app.next_go()
        go()
        go()
        assert answer_to(server, GET)[0] == "200 OK"
    assert server.failures == []


def test_a_client_that_has_ended_its_side_still_gets_what_it_asked_for() -> None:
    app = Deferring()
    with serving(app) as server, Client(server) as client:
        client.send(get("/wait") + get("/next"))
        client.socket.shutdown(socket.SHUT_WR)
        app.next_go()()
        assert [client.reply()[2], client.reply()[2]] == [b"GET /wait ", b"GET /next "]
        assert client.is_closed()


def test_a_client_that_sends_on_while_its_reply_waits_is_made_to_wait_itself() -> None:
    app = Deferring()
    wire = Wire(Service(app, max_body=1000, scheme="http"))
    wire.connection.data_received(get("/wait"))
    for _ in range(70):
        wire.connection.data_received(b"POST /p HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + b"a" * 1000)
    assert set(wire.done[:60]) == {"resume"}
    assert wire.done[-1] == "pause"
    assert app.paths.qsize() == 1
    app.next_go()()
    assert app.paths.qsize() == 71
    assert wire.done[-1] == "resume"


def test_a_client_that_does_not_read_waits_for_its_next_reply_until_it_reads() -> None:
    wire = Wire(Service(echo, max_body=1000, scheme="http"))
    wire.connection.pause_writing()
    wire.connection.data_received(get("/1") + get("/2"))
    assert wire.done == ["resume"]
    wire.connection.resume_writing()
    assert wire.done == ["resume", "GET /1 ", "GET /2 ", "resume"]


def test_a_client_that_has_said_all_is_closed_once_it_has_its_reply() -> None:
    app = Deferring()
    wire = Wire(Service(app, max_body=1000, scheme="http"))
    wire.connection.data_received(get("/wait"))
    assert wire.connection.eof_received()
    assert "close" not in wire.done
    app.next_go()()
    assert wire.done[-1] == "close"


@pytest.mark.parametrize("ends_first", [False, True])
def test_a_client_that_has_ended_its_side_is_owed_what_comes_before_a_reply_falls_silent_and_no_more(
    ends_first: bool,
) -> None:
    app = Deferring()

    def falling_silent(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["fakejobs.after"] = None
        environ["fakejobs.break"](Break(kind="never", after=2))
        return app(environ, start_response)

    wire = Wire(Service(falling_silent, max_body=1000, scheme="http"))
    wire.connection.data_received(get("/wait") + get("/behind"))
    if ends_first:
        assert wire.connection.eof_received()
    app.next_go()()
    if not ends_first:
        assert not wire.connection.eof_received()  # so that the line closes
    assert [each for each in wire.done if each != "resume"] == (["GE", "close"] if ends_first else ["GE"])
