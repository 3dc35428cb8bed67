"""What a Retry-After header asks for, in either form of RFC 9110, section 10.2.3.

A whole number of seconds counts from the end of the reply. A date is one of the three forms of section 5.6.7, and is
an instant on the clock of the fake. Whatever else stands there (a sign, a fraction, a word) is invalid, and a
recipient is to ignore it; zero seconds and a date that is not ahead ask for nothing either.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from fakejobs.clock.instants import SECOND, datetime_of, instant_of
from fakejobs.structs import struct

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_TIME = r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9]|60)"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT",
        rf"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH} (?P<day>[0-9 ][0-9]) {_TIME} (?P<year>[0-9]{{4}})",
    )
)
_MOST_DIGITS = 15


@struct
class RetryAfter:
    """A Retry-After as it came: the instant (microseconds) until which it asks to wait, or None and why nothing."""

    value: str
    until: int | None = None
    flaw: str = ""


def read_retry_after(value: str, end: int) -> RetryAfter:
    """Return what a header's value asks for, in a reply that ended at an instant in microseconds."""
    text = value.strip(" \t")
    if text.isascii() and text.isdigit():
        until = end + _seconds(text) * SECOND
    else:
        date = _date(text, end)
        if date is None:
            return RetryAfter(value=value, flaw="neither a whole number of seconds nor an HTTP date")
        until = date
    if until > end:
        return RetryAfter(value=value, until=until)
    return RetryAfter(value=value, flaw="no time at all" if text.isdigit() else "a date that was not ahead")


def _seconds(digits: str) -> int:
    """Return a number of digits; where it is so long that no client lives to see it, one of 15 digits."""
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _MOST_DIGITS else 10**_MOST_DIGITS


def _date(text: str, end: int) -> int | None:
    """Return the instant of an HTTP date, or None. Which weekday it says is not held against it."""
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year = _whole_year(year, datetime_of(end).year)
    try:
        day = datetime(year, _MONTHS.index(found["month"]) + 1, int(found["day"]), tzinfo=UTC)
        passed = timedelta(hours=int(found["hour"]), minutes=int(found["minute"]), seconds=int(found["second"]))
        return instant_of(day + passed)
    except (ValueError, OverflowError):
        return None


def _whole_year(digits: int, now: int) -> int:
    """Return the year that two digits stand for: the latest that is not more than fifty years ahead."""
    year = now - now % 100 + 100 + digits
    while year > now + 50:
        year -= 100
    return year
