"""Secrets that expire: whose turn it is, and how a secret tells its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.dialect.lifetimes import Lapse, lapse_of, secret_of, turn_at, turns_of

SECRETS = st.text("ab.01", max_size=6)


@given(st.integers(-50, 50), st.integers(1, 20), st.integers(0, 200))
def test_each_secret_holds_for_the_span_and_the_next_begins_when_it_ends(begun: int, span: int, later: int) -> None:
    at = begun + later
    turn = turn_at(begun, span, at)
    assert begun + turn * span <= at < begun + (turn + 1) * span
    for other in range(turn + 3):
        lapse = lapse_of(begun, span, other, at)
        assert (lapse is None) == (other == turn)
        if lapse is not None:
            assert lapse.is_over == (other < turn) == (lapse.instant <= at)
            edge = lapse.instant - 1 if lapse.is_over else lapse.instant
            assert lapse_of(begun, span, other, edge) is None


def test_before_the_beginning_it_is_the_first_one_s_turn() -> None:
    assert turn_at(100, 10, 5) == 0
    assert lapse_of(100, 10, 1, 5) == Lapse(110, is_over=False)


@given(SECRETS, st.integers(0, 10**6))
def test_a_secret_tells_its_row_and_its_turn(first: str, turn: int) -> None:
    assert (first, turn) in list(turns_of(secret_of(first, turn)))


@given(SECRETS)
def test_whatever_row_a_secret_tells_it_is_of(secret: str) -> None:
    rows = list(turns_of(secret))
    assert rows[0] == (secret, 0)
    assert {secret_of(first, turn) for first, turn in rows} == {secret}


@pytest.mark.parametrize("secret", ["k", "k.", "k.0", "k.01", "k.1a", "k.²", "k.-1", "k." + "9" * 13, "1"])
def test_what_is_no_number_behind_a_point_is_a_part_of_the_secret(secret: str) -> None:
    assert list(turns_of(secret)) == [(secret, 0)]
