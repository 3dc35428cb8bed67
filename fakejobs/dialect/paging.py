"""Pages of a row that may grow while somebody walks it, and the opaque cursors that lead from page to page.

A cursor says what it belongs to and is signed, so that one from elsewhere, or one made up, is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import field

from fakejobs.commands import Json
from fakejobs.structs import struct

LONGEST_CURSOR = 16_000
"""Longer cursors are refused unread (characters)."""

_LONG = 500
"""What a cursor carries is pressed together where it is longer (bytes)."""

_PRESSED = b"z"
_KEY = b"a cursor proves its origin; nothing here is secret"


@struct
class Place:
    """Where a page begins: behind (or, going back, before) the item with this number, or with this key.

    ``bound`` is what a cursor carries of the request that it was given out for: its filters, by their parameters.
    """

    number: Json
    back: bool = False
    bound: Mapping[str, Json] = field(default_factory=dict)


@struct
class Page:
    """A stretch of a row, and where the neighbouring pages begin; None where there is none."""

    items: tuple[Json, ...]
    next: Place | None
    previous: Place | None


def cursor(scope: Sequence[str], place: Place, bound: Mapping[str, Json] | None = None) -> str:
    """Return the opaque text of a place that holds within ``scope`` (whose, of what), and carries filters ``bound``."""
    text = json.dumps([place.number, place.back, bound or {}]).encode()
    if len(text) > _LONG:
        text = _PRESSED + zlib.compress(text)
    return base64.urlsafe_b64encode(_signature(scope, text) + text).decode().rstrip("=")


def place(scope: Sequence[str], text: str) -> Place | None:
    """Return the place that a cursor of this scope names, or None if it is none of this scope."""
    if len(text) > LONGEST_CURSOR:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    signature, held = raw[:12], raw[12:]
    if not hmac.compare_digest(signature, _signature(scope, held)):
        return None
    number, back, bound = json.loads(zlib.decompress(held[1:]) if held.startswith(_PRESSED) else held)
    return Place(number=number, back=back, bound=bound)


def _signature(scope: Sequence[str], text: bytes) -> bytes:
    message = json.dumps(list(scope)).encode() + b"\n" + text
    return hmac.new(_KEY, message, hashlib.sha256).digest()[:12]


def page(row: Sequence[tuple[int, Json]], at: Place | None, limit: int) -> Page:
    """Return a page of at most ``limit`` items from a row of (number, item), which ascends by number."""
    if at is not None and at.back:
        before = [each for each in row if each[0] < at.number]
        chosen, start = before[-limit:], max(len(before) - limit, 0)
    else:
        start = 0 if at is None else next((n for n, each in enumerate(row) if each[0] > at.number), len(row))
        chosen = list(row[start : start + limit])
    if not chosen:
        return Page(items=(), next=None, previous=None)
    more = start + len(chosen) < len(row)
    return Page(
        items=tuple(item for _, item in chosen),
        next=Place(number=chosen[-1][0]) if more else None,
        previous=Place(number=chosen[0][0], back=True) if start else None,
    )
