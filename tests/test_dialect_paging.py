"""Pages of a row that may grow, and the cursors between them."""

from __future__ import annotations

import base64
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs.dialect.paging import LONGEST_CURSOR, Page, Place, cursor, page, place

SCOPE = ("acme", "list-exports", "shop")
rows = st.lists(st.integers(0, 200), unique=True, max_size=20).map(
    lambda numbers: [(n, f"#{n}") for n in sorted(numbers)]
)
limits = st.integers(1, 7)
places = st.builds(Place, number=st.integers(0, 10**9), back=st.booleans())
scopes = st.lists(st.text(max_size=5), max_size=3)
moderate = settings(max_examples=60)


def walk(row: list[tuple[int, str]], limits: list[int], at: Place | None = None) -> list[Page]:
    """Return the pages from a place to the end, by limits that are taken in turn."""
    pages: list[Page] = []
    while True:
        pages.append(page(row, at, limits[len(pages) % len(limits)]))
        at = pages[-1].next
        if at is None:
            return pages


def items(pages: list[Page]) -> list[str]:
    return [item for each in pages for item in each.items]


@moderate
@given(rows, st.lists(limits, min_size=1, max_size=4))
def test_a_walk_shows_each_item_once_in_order_whatever_the_limits(
    row: list[tuple[int, str]], limits: list[int]
) -> None:
    pages = walk(row, limits)
    assert items(pages) == [item for _, item in row]
    assert all(len(each.items) <= limit for each, limit in zip(pages, limits * len(pages), strict=False))
    assert pages[0].previous is None


@moderate
@given(rows, limits, limits)
def test_the_way_back_shows_the_same_once(row: list[tuple[int, str]], there: int, back: int) -> None:
    last = walk(row, [there])[-1]
    shown = list(last.items)
    at = last.previous
    while at is not None:
        before = page(row, at, back)
        assert before.items
        assert before.next is not None
        shown = [*before.items, *shown]
        at = before.previous
    assert shown == [item for _, item in row]


@moderate
@given(rows, st.lists(st.integers(1, 20), max_size=6), limits)
def test_a_row_that_grows_at_its_end_while_it_is_walked_is_shown_once_in_order(
    row: list[tuple[int, str]], steps: list[int], limit: int
) -> None:
    row = list(row)
    shown: list[str] = []
    found = page(row, None, limit)
    shown += found.items
    at = found.next
    for step in steps:
        number = (row[-1][0] if row else 0) + step
        row.append((number, f"#{number}"))
        if at is not None:
            found = page(row, at, limit)
            shown += found.items
            at = found.next
    if at is not None:
        shown += items(walk(row, [limit], at))
    assert shown == [item for _, item in row][: len(shown)]


@moderate
@given(rows, limits, st.data())
def test_items_that_come_or_go_behind_the_cursor_move_nothing(
    row: list[tuple[int, str]], limit: int, data: st.DataObject
) -> None:
    first = page(row, None, limit)
    if first.next is not None:
        mark = first.next.number
        behind = data.draw(st.lists(st.integers(-50, mark), unique=True))
        changed = [(n, f"#{n}") for n in sorted(behind)] + [each for each in row if each[0] > mark]
        assert items(walk(changed, [limit], first.next)) == [item for n, item in row if n > mark]


def test_a_page_behind_the_end_is_empty_and_leads_nowhere() -> None:
    nowhere = Page(items=(), next=None, previous=None)
    assert page([(1, "a")], Place(number=1), 5) == nowhere
    assert page([(1, "a")], Place(number=1, back=True), 5) == nowhere
    assert page([], None, 5) == nowhere


# ---------------------------------------------------------------------- cursors


@given(scopes, places)
def test_a_cursor_leads_back_to_its_place(scope: list[str], at: Place) -> None:
    text = cursor(scope, at)
    assert place(scope, text) == at
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")


@given(scopes, scopes, places)
def test_a_cursor_of_another_scope_is_none_of_this(one: list[str], other: list[str], at: Place) -> None:
    assert (place(other, cursor(one, at)) is not None) == (one == other)


@given(places, st.data())
def test_a_cursor_that_was_changed_is_refused(at: Place, data: st.DataObject) -> None:
    raw = bytearray(base64.urlsafe_b64decode(cursor(SCOPE, at) + "=="))
    index = data.draw(st.integers(0, len(raw) - 1))
    raw[index] ^= data.draw(st.integers(1, 255))
    assert place(SCOPE, base64.urlsafe_b64encode(raw).decode().rstrip("=")) is None


@given(st.text() | st.text(alphabet=string.ascii_letters + "-_=+/", max_size=80))
def test_garbage_is_refused(text: str) -> None:
    assert place(SCOPE, text) is None


def test_a_huge_cursor_is_refused() -> None:
    assert place(SCOPE, "A" * (LONGEST_CURSOR + 4)) is None
    assert place(SCOPE, "A" * LONGEST_CURSOR) is None
