"""Figures that move with time."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs.dialect.figures import done_of, tally, tally_items

shares = st.fractions(0, 1)
errors = st.dictionaries(st.sampled_from(["NOT_FOUND", "CONFLICT"]), st.integers(0, 50))
items = st.lists(
    st.one_of(
        st.just({"success": True}),
        st.just({}),
        st.builds(lambda code: {"success": False, "error": {"code": code}}, st.sampled_from(["A", "B"])),
        st.just({"success": False}),
        st.just({"success": False, "error": None}),
    ),
    max_size=12,
)


@given(st.integers(0, 10**9), shares)
def test_what_is_done_is_linear_and_rounded_down(total: int, share: Fraction) -> None:
    assert done_of(total, share) <= total * share < done_of(total, share) + 1
    assert (done_of(total, Fraction(0)), done_of(total, Fraction(1))) == (0, total)


@given(st.integers(0, 200), errors, st.integers(0, 100), st.lists(shares, min_size=2, max_size=4))
def test_a_tally_only_grows_adds_up_and_ends_where_it_was_told(
    succeeded: int, errors: dict[str, int], rest: int, moments: list[Fraction]
) -> None:
    processed = succeeded + sum(errors.values())
    counts = {"total": processed + rest, "processed": processed, "errors": errors}
    tallies = [tally(counts, share) for share in sorted(moments)]
    for figure in ("done", "failed"):
        assert [each[figure] for each in tallies] == sorted(each[figure] for each in tallies)
    for each in tallies:
        assert each["total"] == counts["total"]
        assert each["done"] == each["succeeded"] + each["failed"] <= processed
        assert each["failed"] == sum(each["errors"].values())
        assert each["succeeded"] >= 0
        assert 0 not in each["errors"].values()
    assert tally(counts, Fraction(1)) == {
        "total": counts["total"],
        "done": processed,
        "succeeded": succeeded,
        "failed": sum(errors.values()),
        "errors": {code: number for code, number in errors.items() if number},
    }


def test_all_are_processed_at_the_end_unless_it_is_said_how_many() -> None:
    assert tally({"total": 8}, Fraction(1, 3))["done"] == 2
    assert tally({"total": 8, "processed": 4}, Fraction(1, 2))["done"] == 2


def test_without_a_total_nothing_is_counted() -> None:
    nothing: dict[str, Any] = {"total": None, "done": 0, "succeeded": 0, "failed": 0, "errors": {}}
    assert tally(None, Fraction(1)) == tally({}, Fraction(1)) == tally({"total": None}, Fraction(1)) == nothing


@settings(max_examples=60)
@given(items, shares)
def test_a_row_of_items_is_tallied_from_its_beginning(row: list[Any], share: Fraction) -> None:
    found = tally_items(row, share)
    done = row[: int(len(row) * share)]
    failed = [item for item in done if item.get("success") is False]
    assert found["total"] == len(row)
    assert (found["done"], found["failed"]) == (len(done), len(failed))
    assert found["succeeded"] + found["failed"] == found["done"]
    assert sum(found["errors"].values()) == len(failed)


def test_items_that_failed_are_counted_by_code_and_as_unknown_without_one() -> None:
    row = [{"success": False, "error": {"code": "B"}}, {"success": False}, {"success": False, "error": {"code": "A"}}]
    assert tally_items(row, Fraction(1))["errors"] == {"A": 1, "B": 1, "UNKNOWN": 1}
