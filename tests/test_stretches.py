"""Stretches of a sorted list: pages that lead on and back, each job once, in the order of the sort."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fakejobs.commands import Beyond, List, View
from fakejobs.lifecycle import Position, Script
from fakejobs.stretches import Stretch, stretch

KEYS = st.lists(st.integers(0, 5), max_size=12)


def views(keys: list[int]) -> list[View]:
    return [
        View(
            dialect="a", id=str(key), tenant="t", script=Script(steps=()), position=Position(entered=()), serial=serial
        )
        for serial, key in enumerate(keys, start=1)
    ]


def page(
    there: list[View], most: int, after: View | None = None, *, back: bool = False, descending: bool = False
) -> Stretch:
    place = None if after is None else (int(after.id), after.serial)
    wanted = List(most=most, after=place, back=back, descending=descending)
    return stretch(there, wanted, lambda view: int(view.id))


def placed(view: View) -> tuple[int, int]:
    return int(view.id), view.serial


@given(KEYS, st.integers(1, 5), st.booleans())
def test_pages_on_and_then_back_show_each_job_once_in_order(keys: list[int], most: int, descending: bool) -> None:
    there = views(keys)
    in_order = sorted(there, key=placed, reverse=descending)
    pages: list[Stretch] = [page(there, most, descending=descending)]
    while pages[-1].beyond.more:
        pages.append(page(there, most, pages[-1].views[-1], descending=descending))
    assert [view for each in pages for view in each.views] == in_order
    assert [each.beyond.earlier for each in pages] == [number > 0 for number in range(len(pages))]
    at = pages[-1]
    for earlier in reversed(pages[:-1]):
        at = page(there, most, at.views[0], back=True, descending=descending)
        assert at == earlier


@given(KEYS, KEYS, st.integers(1, 4))
def test_jobs_that_come_while_somebody_pages_are_neither_repeated_nor_do_they_hide_others(
    before: list[int], during: list[int], most: int
) -> None:
    there = views([*before, *during])
    known = there[: len(before)]
    seen: list[View] = []
    at = page(known, most)
    seen.extend(at.views)
    while at.beyond.more:
        known = there
        at = page(known, most, at.views[-1])
        seen.extend(at.views)
    assert len({view.serial for view in seen}) == len(seen)
    assert {view.serial for view in there[: len(before)]} <= {view.serial for view in seen}


def test_a_page_may_be_empty_behind_the_last_job_and_before_the_first() -> None:
    there = views([1, 2])
    assert page(there, 5, there[1]) == Stretch((), Beyond(earlier=True))
    assert page(there, 5, there[0], back=True) == Stretch((), Beyond(more=True))


def test_a_list_without_a_bound_is_shown_whole_in_the_order_of_its_ranks() -> None:
    there = views([1, 3, 2])
    wanted = List(key=lambda view: int(view.id), rank=lambda key: -key)
    found = stretch(there, wanted, lambda view: int(view.id))
    assert [view.id for view in found.views] == ["3", "2", "1"]
    assert found.beyond == Beyond()


def test_what_sorts_alike_is_in_the_order_of_its_making() -> None:
    there = views([1, 1, 1])
    assert [view.serial for view in page(there, 9).views] == [1, 2, 3]
