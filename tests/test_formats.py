"""The formats that are held."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.documents.formats import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_the_example_of_a_format_is_of_that_format(name: str) -> None:
    is_of_format, example = FORMATS[name]
    assert is_of_format(example)
    assert not is_of_format("yesterday")


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))
def test_every_instant_written_by_python_is_a_date_time_and_its_day_a_date(moment: datetime) -> None:
    assert FORMATS["date-time"][0](moment.isoformat())
    assert FORMATS["date"][0](moment.date().isoformat())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date-time", "2026-01-01"),
        ("date-time", "2026-01-01T00:00:00"),
        ("date-time", "2026-02-30T00:00:00Z"),
        ("date-time", "2026-01-01T24:00:01Z"),
        ("date-time", "2026-01-01 00:00:00Z"),
        ("date-time", "2026-01-01T00:00:00Z\n"),
        ("date", "2026-13-01"),
        ("date", "20260101"),
        ("uri", "//example.com"),
        ("uri", "https://example.com:port"),
        ("uri", "https://example.com/a b"),
        ("uuid", "8f14e45fceea467f9c1b2f3a4b5c6d7e"),
    ],
)
def test_what_only_looks_like_a_format_is_not_of_it(name: str, text: str) -> None:
    assert not FORMATS[name][0](text)
