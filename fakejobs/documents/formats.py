"""The JSON Schema formats that are held, each with an example of what is right; other formats say nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit

_DATE_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[-+][0-9]{2}:[0-9]{2})"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_URI = r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+"


def is_date_time(text: str) -> bool:
    """Whether a text is an RFC 3339 instant of the calendar; leap seconds, which no clock here shows, are none."""
    return re.fullmatch(_DATE_TIME, text) is not None and _reads(lambda: datetime.fromisoformat(text.upper()))


def is_date(text: str) -> bool:
    """Whether a text is a full date of the calendar."""
    return re.fullmatch(_DATE, text) is not None and _reads(lambda: date.fromisoformat(text))


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in its usual form."""
    return re.fullmatch(_UUID, text) is not None


def is_uri(text: str) -> bool:
    """Whether a text is a URI with a scheme."""
    return re.fullmatch(_URI, text) is not None and _reads(lambda: urlsplit(text).port)


FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "date-time": (is_date_time, "2026-01-01T00:00:00Z"),
    "date": (is_date, "2026-01-01"),
    "uuid": (is_uuid, "8f14e45f-ceea-467f-9c1b-2f3a4b5c6d7e"),
    "uri": (is_uri, "https://example.com/exports/1"),
}
"""Format -> (whether a text is of it, an example of it)."""


def _reads(read: Callable[[], object]) -> bool:
    """Whether reading it finds nothing wrong."""
    try:
        read()
    except ValueError:
        return False
    return True
