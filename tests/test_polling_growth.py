"""How intervals have to grow: exact for whole microseconds, and no exacter than a client can be."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import SECOND

from fakejobs import UsageError
from fakejobs.clock import microseconds
from fakejobs.polling.growth import Growth, growth_from

SPANS = st.integers(1, 10**12)


@given(SPANS)
def test_without_a_factor_an_interval_is_longer_than_the_one_before(before: int) -> None:
    assert growth_from(None, None, 0).least(before) == before + 1
    assert growth_from(None, None, 0).demand(before).startswith("more than ")


@given(st.floats(0.05, 30), st.floats(1.05, 4), st.integers(2, 12))
def test_a_client_that_multiplies_its_wait_is_never_held_to_more_than_rounding_allows(
    first: float, factor: float, times: int
) -> None:
    spans = [microseconds(seconds=first * factor**number) for number in range(times)]
    growth = growth_from(factor, None, 0)
    assert all(growth.least(before) <= span for before, span in pairwise(spans))


@given(st.integers(1000, 10**12), st.sampled_from([1.1, 1.5, 2, 3]))
def test_a_wait_that_falls_short_by_more_than_rounding_is_too_short(before: int, factor: float) -> None:
    exact = Fraction(str(factor)) * before
    assert exact - 3 <= growth_from(factor, None, 0).least(before) <= exact + 1


@given(SPANS)
def test_a_factor_of_one_lets_intervals_stay_but_not_shrink(before: int) -> None:
    assert growth_from(1, None, 0).least(before) == before


@given(SPANS, SPANS)
def test_from_the_longest_on_an_interval_need_not_grow(before: int, most: int) -> None:
    growth = Growth(factor=Fraction(2), most=most)
    assert growth.least(before) <= most
    assert growth.least(max(before, most)) == most


@given(
    st.integers(1000, 10**9),
    st.sampled_from([None, 1.5, 2]),
    st.integers(0, 50),
    st.integers(-50, 50),
    st.integers(-50, 50),
)
def test_intervals_that_lie_beside_their_marks_by_no_more_than_the_jitter_pass(
    mark: int, factor: float | None, percent: int, one: int, other: int
) -> None:
    jitter = Fraction(percent, 100)
    grown = mark * Fraction(str(factor or 1.25))
    earlier = round(mark * (1 + jitter * Fraction(one, 50)))
    later = round(grown * (1 + jitter * Fraction(other, 50)))
    assert growth_from(factor, None, jitter).least(earlier) <= later


def test_a_factor_above_one_asks_for_growth_however_short_the_interval() -> None:
    assert [growth_from(1.000001, None, 0).least(before) for before in (1, 10, 100)] == [2, 11, 101]


def test_with_jitter_an_interval_may_be_shorter_than_the_one_before() -> None:
    assert growth_from(2, None, 0.5).least(9 * SECOND) == 6 * SECOND


def test_the_longest_interval_may_be_varied_too() -> None:
    assert growth_from(2, 60, 0.1).least(60 * SECOND) == 54 * SECOND


def test_a_demand_is_told_without_what_rounding_takes_off() -> None:
    told = [
        growth_from(*each).demand(4 * SECOND) for each in ((None, None, 0), (2, None, 0), (2, 6, 0), (2, None, 0.1))
    ]
    assert told == ["more than 4s", "8s or more", "6s or more", "6.545454s or more"]


def test_an_interval_of_nothing_is_never_a_growth() -> None:
    grown = [growth_from(factor, 60, jitter).least(0) for factor in (None, 1, 2) for jitter in (0, 0.5)]
    assert grown == [1] * 6


def test_a_number_is_taken_as_it_is_written() -> None:
    assert growth_from(1.1, 0.1, 0.3) == Growth(factor=Fraction(11, 10), most=SECOND // 10, jitter=Fraction(3, 10))
    assert growth_from(Decimal("1.1"), Fraction(1, 3), 0) == Growth(factor=Fraction(11, 10), most=333_333)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((0.5, None, 0), "min_factor is a number from 1 on, like 2; found float 0.5"),
        (("2", None, 0), "min_factor is a number from 1 on, like 2; found str '2'"),
        ((True, None, 0), "min_factor is a number from 1 on, like 2; found bool True"),
        ((float("nan"), None, 0), "min_factor is a number from 1 on, like 2; found float nan"),
        ((2, 0, 0), "max_interval is a number of seconds above 0, like 60; found int 0"),
        ((2, float("inf"), 0), "max_interval is a number of seconds above 0, like 60; found float inf"),
        ((2, 60, 1), "jitter is a share from 0 to below 1, like 0.1; found int 1"),
        ((2, 60, -0.1), "jitter is a share from 0 to below 1, like 0.1; found float -0.1"),
        ((2, 60, None), "jitter is a share from 0 to below 1, like 0.1; found NoneType None"),
    ],
)
def test_what_is_no_such_demand_is_told_what_would_be_one(wrong: tuple[Any, Any, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        growth_from(*wrong)
    assert str(caught.value) == said
