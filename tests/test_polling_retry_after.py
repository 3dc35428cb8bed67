"""What a Retry-After asks for: both forms, and what RFC 9110 has a recipient ignore."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import SECOND, START

from fakejobs.clock import datetime_of
from fakejobs.dialect.formats import http_date
from fakejobs.polling.retry_after import read_retry_after

NEITHER = "neither a whole number of seconds nor an HTTP date"


@given(st.integers(1, 10**9), st.integers(START, START + 10**15))
def test_a_number_of_seconds_counts_from_the_end_of_the_reply(seconds: int, end: int) -> None:
    assert read_retry_after(str(seconds), end).until == end + seconds * SECOND


@given(st.integers(1, 10**9), st.integers(START, START + 10**15))
def test_a_date_is_an_instant_on_the_clock_however_it_is_written(seconds: int, end: int) -> None:
    instant = (end // SECOND + seconds) * SECOND
    moment = datetime_of(instant)
    forms = [http_date(instant), moment.strftime("%a %b %e %H:%M:%S %Y")]
    if seconds < 49 * 366 * 86_400:
        forms.append(moment.strftime("%A, %d-%b-%y %H:%M:%S GMT"))
    assert {read_retry_after(form, end).until for form in forms} == {instant}


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "+5", "1.5", "1e3", "5s", "5, 6", "\u0665", "0x10", "2026-01-01T00:00:09Z"]
)
def test_what_is_neither_a_number_nor_a_date_asks_for_nothing(value: str) -> None:
    assert read_retry_after(value, START).until is None
    assert read_retry_after(value, START).flaw == NEITHER


@pytest.mark.parametrize(
    "value",
    [
        "Thu, 32 Jan 2026 00:00:09 GMT",
        "Thu, 29 Feb 2026 00:00:09 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:60 GMT",
        "Thu, 01 Jan 2026 24:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:09 CET",
        "Thu, 01 Jan 2026 00:00:09 +0000",
        "Thu, 1 Jan 2026 00:00:09 GMT",
        "thu, 01 jan 2026 00:00:09 gmt",
        "Thu Jan  0 00:00:09 2026",
    ],
)
def test_a_date_that_there_is_not_or_in_another_form_asks_for_nothing(value: str) -> None:
    assert read_retry_after(value, START).flaw == NEITHER


@pytest.mark.parametrize("value", ["0", "000", " 0 "])
def test_no_seconds_ask_for_no_time(value: str) -> None:
    assert (read_retry_after(value, START).until, read_retry_after(value, START).flaw) == (None, "no time at all")


@pytest.mark.parametrize("value", ["Wed, 31 Dec 2025 23:59:59 GMT", "Thu, 01 Jan 2026 00:00:00 GMT"])
def test_a_date_that_is_not_ahead_asks_for_nothing(value: str) -> None:
    read = read_retry_after(value, START)
    assert (read.until, read.flaw) == (None, "a date that was not ahead")


def test_white_space_around_a_value_and_noughts_before_it_mean_nothing() -> None:
    assert read_retry_after("\t 0005 ", START).until == START + 5 * SECOND


@pytest.mark.parametrize("digits", ["9" * 16, "1" + "0" * 5000])
def test_a_wait_that_no_client_lives_to_see_the_end_of_is_one_all_the_same(digits: str) -> None:
    assert (read_retry_after(digits, START).until or 0) - START == 10**21


def test_a_leap_second_is_the_first_of_the_next_minute() -> None:
    assert read_retry_after("Thu, 01 Jan 2026 00:00:60 GMT", START).until == START + 60 * SECOND


@pytest.mark.parametrize(("year", "whole"), [("26", 2026), ("76", 2076), ("77", 1977), ("99", 1999)])
def test_two_digits_are_of_a_year_that_is_at_most_fifty_ahead(year: str, whole: int) -> None:
    read = read_retry_after(f"Sunday, 06-Dec-{year} 08:49:37 GMT", START)
    assert read.until == (None if whole < 2026 else read_retry_after(f"Sun, 06 Dec {whole} 08:49:37 GMT", START).until)
