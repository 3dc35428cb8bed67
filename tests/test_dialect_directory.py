"""Who may speak to a dialect's API."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.dialect.directory import Directory, Holder
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
