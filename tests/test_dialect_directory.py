"""Who may speak to a dialect's API."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.dialect.directory import Directory, Holder
from fakejobs.dialect.lifetimes import Lapse
from fakejobs.errors import UsageError

SHOP = Holder(tenant="shop", keys={"apiKey": "k"})
APP = Holder(tenant="shop", app="app", keys={"token": "t", "id": "k"})
OTHER = Holder(tenant="other", keys={"apiKey": "k"}, scopes=frozenset({"read"}))


def directory(*holders: Holder) -> Directory:
    made = Directory()
    made.add(holders)
    return made


def test_holders_are_found_by_name() -> None:
    known = directory(SHOP, APP, OTHER)
    assert known.holder("shop") is SHOP
    assert known.holder("shop", "app") is APP
    assert known.holder("other", "app") is None
    assert (SHOP.name, APP.name) == ("shop", "shop/app")
    assert known.tenants == ["shop", "other"]
    assert (known.apps("shop"), known.apps("other")) == (["app"], [])


def test_holders_are_found_by_what_they_hold_tenants_apart_from_apps() -> None:
    known = directory(SHOP, APP, OTHER)
    assert known.find(of_app=False, key="apiKey", value="k") == [SHOP, OTHER]
    assert known.find(of_app=True, key="id", value="k") == [APP]
    assert known.find(of_app=False, key="id", value="k") == []
    assert known.find(of_app=True, key="token", value="x") == []


def test_the_same_holder_may_come_again() -> None:
    known = directory(SHOP, SHOP)
    known.add([Holder(tenant="shop", keys={"apiKey": "k"})])
    assert known.find(of_app=False, key="apiKey", value="k") == [SHOP]


@pytest.mark.parametrize("other", [{"keys": {"apiKey": "x"}}, {"keys": {"apiKey": "k"}, "scopes": frozenset({"read"})}])
def test_another_holder_of_a_name_is_a_clash_and_none_of_those_beside_it_is_added(other: dict[str, object]) -> None:
    known = directory(SHOP)
    with pytest.raises(UsageError, match="`shop` is declared twice, with other keys or scopes"):
        known.add([OTHER, Holder(tenant="shop", **other)])  # type: ignore[arg-type]
    assert known.tenants == ["shop"]
    assert known.find(of_app=False, key="apiKey", value="k") == [SHOP]


def test_two_holders_of_a_name_that_come_together_clash_too() -> None:
    with pytest.raises(UsageError, match="`shop/app` is declared twice"):
        directory(APP, Holder(tenant="shop", app="app", keys={}))


scope_sets = st.frozensets(st.text(max_size=3) | st.sampled_from(["a,b", "a", "b"]), max_size=3)


@given(scope_sets, scope_sets)
def test_a_narrowed_holder_is_the_same_with_a_value_of_its_own_for_just_these_scopes(
    one: frozenset[str], other: frozenset[str]
) -> None:
    known = directory(SHOP, APP)
    narrow = known.narrowed(APP, "token", one)
    assert (narrow.tenant, narrow.app, narrow.scopes) == ("shop", "app", one)
    assert narrow.keys["id"] == APP.keys["id"]
    assert known.find(of_app=True, key="token", value=narrow.keys["token"]) == [narrow]
    assert known.find(of_app=True, key="token", value="t") == [APP]
    assert known.holder("shop", "app") is APP
    again = known.narrowed(APP, "token", other)
    assert (again is narrow) == (one == other)
    assert (again.keys["token"] == narrow.keys["token"]) == (one == other)


# ------------------------------------------------------------------ secrets that expire

BEGUN, SPAN = 1000, 10
BRIEF = Holder(tenant="brief", keys={"apiKey": "k", "site": "s"}, expires=SPAN)
TURNS = st.integers(0, 3)


def holding(known: Directory, value: str, at: int, key: str = "apiKey") -> list[Holder] | Lapse:
    return known.holding(of_app=False, key=key, value=value, at=at)


@given(st.integers(0, 4 * SPAN - 1), TURNS)
def test_a_secret_holds_in_its_turn_and_lapses_in_others(later: int, turn: int) -> None:
    known = Directory()
    known.add([BRIEF, APP], BEGUN)
    value = "k" if turn == 0 else f"k.{turn}"
    assert (holding(known, value, BEGUN + later) == [BRIEF]) == (later // SPAN == turn)
    if later // SPAN != turn:
        is_over = turn < later // SPAN
        assert holding(known, value, BEGUN + later) == Lapse(BEGUN + (turn + is_over) * SPAN, is_over=is_over)


@given(st.integers(0, 4 * SPAN))
def test_the_current_secret_of_a_holder_is_held_by_it(later: int) -> None:
    known, at = Directory(), BEGUN + later
    known.add([BRIEF, SHOP], BEGUN)
    now = known.current(BRIEF, "apiKey", at)
    assert now.keys["site"] == "s"
    assert BRIEF in holding(known, now.keys["apiKey"], at)  # type: ignore[operator]
    assert known.current(SHOP, "apiKey", at) is SHOP


def test_a_secret_that_lapsed_for_one_may_still_be_another_s() -> None:
    known = Directory()
    known.add([BRIEF, SHOP], BEGUN)
    assert holding(known, "k", BEGUN) == [BRIEF, SHOP]
    assert holding(known, "k", BEGUN + SPAN) == [SHOP]
    assert holding(known, "k.1", BEGUN + SPAN) == [BRIEF]
    assert holding(known, "k.1", BEGUN) == Lapse(BEGUN + SPAN, is_over=False)


def test_what_nobody_ever_holds_has_not_lapsed() -> None:
    known = Directory()
    known.add([BRIEF, OTHER], BEGUN)
    assert holding(known, "x", BEGUN) == []
    assert holding(known, "x.1", BEGUN) == []
    assert holding(directory(SHOP), "k.1", BEGUN) == []


def test_a_narrowed_secret_expires_as_its_holder_s_does() -> None:
    known = Directory()
    known.add([BRIEF], BEGUN)
    narrow = known.narrowed(BRIEF, "apiKey", frozenset({"read"}))
    later = known.current(narrow, "apiKey", BEGUN + SPAN).keys["apiKey"]
    assert later == f"{narrow.keys['apiKey']}.1"
    assert holding(known, later, BEGUN + SPAN) == [narrow]
    assert holding(known, narrow.keys["apiKey"], BEGUN + SPAN) == Lapse(BEGUN + SPAN, is_over=True)


def test_each_holder_s_time_runs_from_when_it_came_and_coming_again_changes_nothing() -> None:
    known = Directory()
    known.add([BRIEF], BEGUN)
    known.add([BRIEF, Holder(tenant="late", keys={"apiKey": "late"}, expires=SPAN)], BEGUN + SPAN)
    assert holding(known, "k.1", BEGUN + SPAN) == [BRIEF]
    assert [each.tenant for each in holding(known, "late", BEGUN + SPAN)] == ["late"]  # type: ignore[union-attr]
