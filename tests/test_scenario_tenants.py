"""Tenants and apps: their keys, given or made up, and what nobody could tell apart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import complaints, conversio, read, wix

from fakejobs.dialect.loader import dialect
from fakejobs.scenario.tenants import meant_scope

NAMES = st.text("abcdefghij-", min_size=1, max_size=6)


def test_a_scenario_without_tenants_has_one() -> None:
    (holder,) = read(conversio()).holders
    assert (holder.tenant, holder.app, holder.keys, holder.scopes) == ("default", None, {"apiKey": "key-default"}, None)


def test_keys_that_are_given_stay_and_the_others_are_made_up() -> None:
    tenants: dict[str, Any] = {
        "shop-a": {"apiKey": "k", "apps": {"app-1": {"accessToken": "t", "scopes": ["read_async_jobs"]}}}
    }
    shop, app = read(conversio(tenants=tenants)).holders
    assert shop.keys == {"apiKey": "k"}
    assert app.keys["accessToken"] == "t"
    assert len(app.keys["clientSecret"]) == 60
    assert app.scopes == frozenset(("read_async_jobs",))
    assert app.name == "shop-a/app-1"


@given(st.dictionaries(NAMES, st.lists(NAMES, unique=True, max_size=3), min_size=1, max_size=4))
def test_keys_that_are_made_up_repeat_and_differ(names: dict[str, list[str]]) -> None:
    tenants: dict[str, Any] = {tenant: {"apps": {app: {} for app in apps}} for tenant, apps in names.items()}
    for scenario in (conversio(tenants=tenants), wix(tenants=tenants)):
        holders = read(scenario).holders
        assert [(holder.tenant, holder.app) for holder in holders] == [
            (tenant, app) for tenant, apps in names.items() for app in (None, *apps)
        ]
        assert [holder.keys for holder in holders] == [holder.keys for holder in read(scenario).holders]
        for of_app in (True, False):
            keys = [value for holder in holders if (holder.app is not None) == of_app for value in holder.keys.values()]
            assert len(set(keys)) == len(keys)


def test_two_tenants_with_the_same_secret_cannot_be_told_apart() -> None:
    tenants: dict[str, Any] = {"a": {"apiKey": "k"}, "b": {"apiKey": "k"}, "c": {"apiKey": "k"}}
    message = "`a` has the same apiKey: nobody could say who speaks"
    assert complaints(conversio(tenants=tenants)) == [f"{message} (at /tenants/{name}/apiKey)" for name in ("b", "c")]


def test_two_sites_may_share_a_key_as_long_as_their_ids_differ() -> None:
    def tenants(other: str) -> dict[str, Any]:
        return {"a": {"apiKey": "k", "siteId": "site-1"}, "b": {"apiKey": "k", "siteId": other}}

    assert complaints(wix(tenants=tenants("site-2"))) == []
    assert complaints(wix(tenants=tenants("site-1"))) == [
        "`a` has the same apiKey and siteId: nobody could say who speaks (at /tenants/b/apiKey)"
    ]


def test_an_app_is_told_apart_from_those_of_other_tenants_too() -> None:
    tenants: dict[str, Any] = {name: {"apps": {"app": {"accessToken": "t"}}} for name in ("a", "b")}
    assert complaints(conversio(tenants=tenants)) == [
        "`a/app` has the same accessToken: nobody could say who speaks (at /tenants/b/apps/app/accessToken)"
    ]


def test_scopes_are_for_whom_a_credential_carries_them() -> None:
    assert complaints(wix(tenants={"a": {"scopes": []}})) == []
    assert complaints(conversio(tenants={"a": {"apps": {"b": {"scopes": []}}}})) == []
    assert complaints(conversio(tenants={"a": {"scopes": []}})) == [
        "a tenant of conversio speaks by `api-key`, which carries no scopes; leave them out (at /tenants/a/scopes)"
    ]


@pytest.mark.parametrize(
    ("scope", "near"),
    [
        ("read_asinc_jobs", "read_async_jobs"),
        ("READ_ASYNC_JOB", "read_async_job"),
        ("read-async-job", "read_async_job"),
        ("read_segment", "read_segments"),
        ("read_async_jobs", None),
        ("write_segments", None),
        ("read_reports", None),
        ("admin", None),
        ("", None),
    ],
)
def test_a_scope_is_meant_to_be_another_only_by_a_slip(scope: str, near: str | None) -> None:
    assert meant_scope(dialect("conversio"), scope) == near


def test_a_slip_in_a_scope_is_complained_of_in_its_place() -> None:
    tenants: dict[str, Any] = {"a": {"apps": {"b": {"scopes": ["read_async_jobs", "admin", "write_customer"]}}}}
    said = "conversio knows no scope `write_customer`; did you mean `write_customers`?"
    assert complaints(conversio(tenants=tenants)) == [f"{said} (at /tenants/a/apps/b/scopes/2)"]


# ------------------------------------------------------------------ secrets that expire


def test_a_tenant_and_an_app_say_how_long_their_secrets_hold() -> None:
    tenants: dict[str, Any] = {
        "a": {"expires": {"minutes": 5}, "apps": {"x": {"expires": {"seconds": 1}}, "y": {}}},
        "b": {},
    }
    expected = [300_000_000, 1_000_000, None, None]
    assert [holder.expires for holder in read(conversio(tenants=tenants)).holders] == expected


@pytest.mark.parametrize("span", [{"seconds": 0}, {"seconds": -1}])
def test_a_secret_holds_for_some_time(span: dict[str, int]) -> None:
    (said,) = complaints(conversio(tenants={"a": {"expires": span}}))
    assert said.endswith("right would be more than 0 (at /tenants/a/expires)")


def test_a_token_that_says_itself_how_long_it_holds_does_not_expire_and_nor_does_what_nobody_sends() -> None:
    five = {"minutes": 5}
    tenants = {"a": {"expires": five, "apps": {"x": {"expires": five}}}}
    itself = "which says itself how long it holds; leave it out"
    assert complaints({"dialect": "wix-media-platform", "tenants": tenants}) == [
        f"an app of wix-media-platform speaks by `app-token`, {itself} (at /tenants/a/apps/x/expires)",
        "a tenant of wix-media-platform speaks by its apps; leave it out (at /tenants/a/expires)",
    ]


def test_a_secret_that_another_will_have_in_its_turn_is_told_of() -> None:
    five = {"minutes": 5}
    tenants = {"a": {"apiKey": "k", "expires": five}, "b": {"apiKey": "k.2"}}
    said = "`a` has this apiKey too, once its own has expired 2 times; right would be another"
    assert complaints(conversio(tenants=tenants)) == [f"{said} (at /tenants/b/apiKey)"]
    assert complaints(conversio(tenants={**tenants, "a": {"apiKey": "k"}})) == []
    assert complaints(conversio(tenants={**tenants, "b": {"apiKey": "k.0"}})) == []
    sites: dict[str, Any] = {name: {**entry, "siteId": name} for name, entry in tenants.items()}
    assert complaints(wix(tenants=sites)) == []
