"""How dialects write instants and make up identifiers: the functions that a dialect file names.

Made-up values are digests of a seed, so that they are the same in every run and in every process.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from email.utils import format_datetime
from functools import lru_cache

from fakejobs.clock.instants import datetime_of


@lru_cache(maxsize=256)
def _rfc3339(instant: int, timespec: str) -> str:
    return datetime_of(instant).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def http_date(instant: int) -> str:
    """Return an instant as RFC 9110 wants it in a header: ``Thu, 01 Jan 1970 00:00:00 GMT``."""
    return _http_date(instant // 1_000_000)


@lru_cache(maxsize=64)
def _http_date(seconds: int) -> str:
    return format_datetime(datetime_of(seconds * 1_000_000), usegmt=True)


TIMES: dict[str, Callable[[int], str | int | float]] = {
    "rfc3339": lambda at: _rfc3339(at, "seconds"),
    "rfc3339-ms": lambda at: _rfc3339(at, "milliseconds"),
    "rfc3339-us": lambda at: _rfc3339(at, "microseconds"),
    "epoch": lambda at: at // 1_000_000,
    "epoch-ms": lambda at: at // 1_000,
    "epoch-float": lambda at: at / 1_000_000,
    "http-date": http_date,
}
"""Time formats by name; each takes microseconds since the epoch. Fractions are cut, not rounded."""

_ALPHANUMERIC = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _digest(seed: str, length: int) -> bytes:
    return hashlib.shake_128(seed.encode()).digest(length)


def hex_of(seed: str, length: int) -> str:
    """Return ``length`` hexadecimal digits made from a seed."""
    return _digest(seed, (length + 1) // 2).hex()[:length]


def token_of(seed: str, length: int) -> str:
    """Return ``length`` letters and digits made from a seed."""
    return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in _digest(seed, length))


def guid_of(seed: str) -> str:
    """Return a version-4 GUID made from a seed."""
    return str(uuid.UUID(bytes=_digest(seed, 16), version=4))


MADE_UP: dict[str, Callable[[str, int], str]] = {
    "hex": hex_of,
    "token": token_of,
    "guid": lambda seed, _length: guid_of(seed),
}
"""Shapes of made-up identifiers by name; each takes a seed and a length."""
