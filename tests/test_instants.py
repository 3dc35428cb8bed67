"""Instants and spans are whole microseconds, and exact."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.clock import VirtualClock, datetime_of, instant_of, microseconds
from fakejobs.clock.instants import LAST_INSTANT, in_units, later, seconds_to_sleep, text_of
from fakejobs.errors import ClockError

whole = st.integers(0, 10**6)
amounts = st.one_of(
    st.integers(0, 10**12),
    st.floats(0, 1e12),
    st.fractions(0, 10**12),
    st.decimals(0, 10**12, places=9),
)


@given(whole, whole, whole, whole, whole)
def test_whole_parts_add_up_exactly(seconds: int, minutes: int, hours: int, days: int, thousandths: int) -> None:
    total = microseconds(seconds=seconds, minutes=minutes, hours=hours, days=days, milliseconds=thousandths)
    assert total == thousandths * 1000 + 10**6 * (seconds + 60 * (minutes + 60 * (hours + 24 * days)))


@given(amounts)
def test_any_number_of_seconds_is_rounded_once_half_to_even(seconds: Any) -> None:
    assert microseconds(seconds=seconds) == round(Fraction(seconds) * 10**6) == seconds_to_sleep(seconds)


@given(amounts, amounts)
def test_a_sum_of_parts_is_exact_before_it_is_rounded(minutes: Any, days: Any) -> None:
    exact = Fraction(minutes) * 60 * 10**6 + Fraction(days) * 86400 * 10**6
    assert microseconds(minutes=minutes, days=days) == round(exact)


@pytest.mark.parametrize("wrong", [10**400, 1e301, Fraction(10**400, 3), -(10**400)])
def test_what_no_float_could_tell_any_more_is_past_all_dates(wrong: Any) -> None:
    with pytest.raises(ClockError, match=r"found days=.*; that leads past the year 9999, where dates end"):
        microseconds(days=wrong)


@pytest.mark.parametrize("wrong", [10**300, 1e299, 10**20])
def test_what_dates_cannot_say_is_refused_in_whatever_unit_it_is(wrong: Any) -> None:
    with pytest.raises(ClockError, match="past the year 9999, where dates end; give at most"):
        VirtualClock().advance(days=wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        True,
        False,
        float("nan"),
        float("inf"),
        -float("inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        "1",
        None,
        1j,
        timedelta(seconds=1),
    ],
)
def test_what_is_no_finite_number_is_refused_by_name(wrong: Any) -> None:
    with pytest.raises(ClockError, match=r"found hours=.*; give a finite number"):
        microseconds(hours=wrong)
    with pytest.raises(ClockError, match=r"found seconds=.*; give a finite number"):
        seconds_to_sleep(wrong)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("5", "say 5"),
        ("0.5", "say 0.5"),
        ("1h", "0 or more"),
        ("1.2.3", "0 or more"),
        (timedelta(minutes=90), "say 1.5"),
        (timedelta(seconds=-1), "0 or more"),
        (None, "0 or more"),
    ],
)
def test_what_was_perhaps_meant_by_another_value_is_said(wrong: Any, meant: str) -> None:
    with pytest.raises(ClockError) as caught:
        microseconds(hours=wrong)
    assert str(caught.value) == f"found hours={wrong!r}; give a finite number, {meant}"


class Ship:
    """What is moved as a clock is."""

    gone: float = 0

    @in_units
    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> float:
        """Moves it."""
        self.gone += microseconds(seconds=seconds, minutes=minutes, hours=hours, days=days)
        return self.gone


def test_a_clock_that_is_advanced_in_units_is_advanced() -> None:
    ship = Ship()
    assert (ship.advance(hours=0), ship.advance(seconds=2, days=1)) == (0, 86_402_000_000)
    assert Ship.advance.__doc__ == "Moves it."


@pytest.mark.parametrize(
    ("given", "units", "said"),
    [
        ([], {}, "found advance(), which goes nowhere; say how far, as in advance(seconds=1)"),
        (["1h"], {}, "found advance('1h'); name the unit, say advance(seconds=3600)"),
        ([5], {}, "found advance(5); name the unit, say advance(seconds=5)"),
        ([timedelta(hours=2)], {"days": 1}, " name the unit, say advance(seconds=7200)"),
        ([], {"hour": 1}, "found advance(hour=1); did you mean hours?"),
        ([], {"milliseconds": 5}, "found advance(milliseconds=5); there are seconds, minutes, hours, days"),
        ([], {"seconds": 1, "weeks": 2}, "found advance(weeks=2); there are seconds, minutes, hours, days"),
    ],
)
def test_what_is_no_unit_by_name_is_told_what_would_be_right(given: Any, units: dict[str, Any], said: str) -> None:
    with pytest.raises(ClockError) as caught:
        Ship().advance(*given, **units)
    assert str(caught.value).endswith(said)


def test_a_sum_below_zero_is_refused_and_says_what_was_found() -> None:
    assert microseconds(hours=1, minutes=-60) == 0
    with pytest.raises(ClockError, match=r"found minutes=-61, hours=1; give 0 or more"):
        microseconds(hours=1, minutes=-61)
    with pytest.raises(ClockError, match=r"found seconds=-0.5; give 0 or more"):
        seconds_to_sleep(-0.5)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=-30))])))
def test_a_moment_survives_being_an_instant(moment: datetime) -> None:
    if not -62135596800 * 10**6 <= instant_of(moment) <= LAST_INSTANT:
        return  # near the ends of time, other zones say what UTC cannot
    assert datetime_of(instant_of(moment)) == moment
    assert datetime_of(instant_of(moment)).tzinfo is UTC


def test_a_naive_moment_is_refused_with_its_aware_spelling() -> None:
    with pytest.raises(ClockError, match=r"no instant without a zone; .* tzinfo=datetime.timezone.utc"):
        instant_of(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("2026-02-03", datetime(2026, 2, 3, tzinfo=UTC)),
        ("2026-02-03T04:05:06+01:00", datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=1)))),
        (date(2026, 2, 3), datetime(2026, 2, 3, tzinfo=UTC)),
        (1.5, datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)),
        (1e300, datetime(2026, 1, 1, tzinfo=UTC)),
        ("soon", datetime(2026, 1, 1, tzinfo=UTC)),
        (None, datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_is_no_moment_is_refused_with_the_one_that_was_perhaps_meant(wrong: Any, meant: datetime) -> None:
    with pytest.raises(ClockError) as caught:
        instant_of(wrong)
    assert str(caught.value) == f"found {wrong!r}, which is no datetime; give an aware one, say {meant!r}"


def test_a_clock_starts_at_no_text() -> None:
    wrong: Any = "2026-01-01"
    with pytest.raises(ClockError, match=r"found '2026-01-01', which is no datetime"):
        VirtualClock(wrong)


def test_an_instant_outside_the_calendar_is_refused() -> None:
    with pytest.raises(ClockError, match="outside the years 1 to 9999"):
        datetime_of(LAST_INSTANT + 1)
    with pytest.raises(ClockError, match="past the year 9999"):
        later(LAST_INSTANT, 1)


def test_an_instant_reads_as_rfc_3339_in_utc() -> None:
    assert text_of(0) == "1970-01-01T00:00:00Z"
    assert text_of(1_500_000) == "1970-01-01T00:00:01.500000Z"
