"""HTTP/1.1 as bytes: replies, each written as one string of bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from fakejobs.breaks import Break

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""The interim reply that a client waits for when it asked for one before it sends its body."""


class Reply(NamedTuple):
    """A reply ready to be sent: its head and body in one string, and whether the connection ends with it.

    ``broken`` is what befalls the connection under it, ``after`` how the app has something done microseconds later.
    """

    payload: bytes
    closes: bool
    broken: Break | None = None
    after: Callable[[int, Callable[[], None]], object] | None = None


class UnsendableReplyError(ValueError):
    """The app's status or headers cannot stand in a reply's head."""


class _Head(NamedTuple):
    """The head of a reply as bytes, whether its body follows, and whether the connection ends with it."""

    payload: bytes
    has_body: bool
    closes: bool


def reply_of(status: str, headers: Iterable[tuple[str, str]], body: bytes, *, method: str, keeps_alive: bool) -> Reply:
    """Return the reply as bytes: headers in their order, then Content-Length and Connection if they are due.

    A Content-Length that is not the body's is sent as it is and ends the connection, as no client could find
    the next reply. Raises ``UnsendableReplyError`` for a status or header that would break the head.
    """
    head = _head(status, tuple(headers), len(body), is_head=method == "HEAD", keeps_alive=keeps_alive)
    return Reply(payload=head.payload + body if head.has_body else head.payload, closes=head.closes)


@lru_cache(maxsize=256)
def _head(status: str, headers: tuple[tuple[str, str], ...], size: int, *, is_head: bool, keeps_alive: bool) -> _Head:
    """Return the head of a reply whose body is so long: who plays one scenario often sends the same ones again."""
    lines = [f"HTTP/1.1 {status}"]
    length, says_close = None, False
    for name, value in headers:
        lines.append(f"{name}: {value}")
        lowered = name.lower()
        if lowered == "content-length":
            length = value
        elif lowered == "connection":
            says_close = says_close or "close" in value.lower()
    has_no_length = status[:3] in ("204", "304")
    has_no_body = has_no_length or is_head
    is_misframed = not has_no_body and length not in (None, str(size))
    closes = says_close or is_misframed or not keeps_alive
    if length is None and not has_no_length:
        lines.append(f"Content-Length: {size}")
    if closes and not says_close:
        lines.append("Connection: close")
    return _Head(_head_of(lines), not has_no_body, closes)


def _head_of(lines: list[str]) -> bytes:
    """Return the lines as a reply's head, or raise where one of them would be more or less than a line."""
    head = "\r\n".join([*lines, "", ""])
    ends = len(lines) + 1
    if head.count("\r") != ends or head.count("\n") != ends or "\0" in head:
        broken = next(line for line in lines if any(mark in line for mark in "\r\n\0"))
        raise UnsendableReplyError(f"a status or header has a CR, LF or NUL in it: {broken!r}")
    if not lines[0][9:12].isdecimal() or lines[0][12:13] not in (" ", ""):
        raise UnsendableReplyError(
            f"the status is {lines[0][9:]!r}, where a code of three digits and a phrase would be right"
        )
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError as error:
        raise UnsendableReplyError(f"a status or header is not latin-1: {error}") from error
