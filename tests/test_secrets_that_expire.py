"""Secrets that expire in the middle of things, as a client meets them."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from playing import GUID, A, conversio, get, look, wix
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.transports import RequestsAdapter

FIVE = {"expires": {"minutes": 5}}
TENANTS = {"shop": {**FIVE, "apps": {"app": {"expires": {"minutes": 1}}}}, "other": {}}
LIST = "/api/v1/async-jobs"


def shop() -> FakeJobs:
    return FakeJobs().play(conversio({"id": A, "tenant": "shop", "app": "app"}, tenants=TENANTS))


def status(fake: FakeJobs, headers: dict[str, str]) -> int:
    return Client(fake.app).get(LIST, headers=headers).status_code


@given(st.lists(st.integers(0, 200), max_size=8))
def test_what_credentials_gives_holds_now_and_what_it_gave_holds_in_the_same_turn_alone(naps: list[int]) -> None:
    fake, now = shop(), 0
    given_at: list[tuple[int, dict[str, str]]] = []
    for nap in naps:
        fake.clock.advance(seconds=nap)
        now += nap
        given_at.append((now, fake.credentials("shop")))
        for at, headers in given_at:
            assert (status(fake, headers) == 200) == (at // 300 == now // 300)


def test_a_client_that_keeps_its_key_is_refused_in_the_middle_of_its_polling() -> None:
    fake = shop()
    headers, client = fake.credentials("shop"), Client(fake.app)
    assert client.get(f"{LIST}/{A}", headers=headers).status_code == 200
    fake.clock.advance(minutes=5)
    reply = client.get(f"{LIST}/{A}", headers=headers)
    unknown = client.get(f"{LIST}/{A}", headers={"X-ApiKey": "nobody's"})
    assert (reply.status_code, reply.data) == (unknown.status_code, unknown.data)
    why = "this apiKey expired at +5m; the valid one is what .credentials() gives now"
    assert fake.journal[1].reason == why
    assert why in " ".join(fake.timeline().split())
    assert fake.credentials("shop") == {"X-ApiKey": "key-shop.1"}
    assert look(fake, A, "shop").status_code == 200
    assert fake.job(A).polls == 2
    assert status(fake, fake.credentials("other")) == 200


def test_a_key_of_later_is_refused_too_and_told_as_such() -> None:
    fake = shop()
    assert status(fake, {"X-ApiKey": "key-shop.2"}) == 401
    why = "this apiKey is not valid before +10m; the valid one is what .credentials() gives now"
    assert fake.journal[-1].reason == why


def test_what_expired_before_the_timeline_begins_did_so_at_an_instant_before_it() -> None:
    fake = FakeJobs()
    fake.play(conversio(tenants={"shop": {"expires": {"seconds": 1}}}))
    fake.world.journal.records.clear()
    fake.clock.advance(seconds=5)
    fake.world.journal.records.clear()
    assert status(fake, {"X-ApiKey": "key-shop"}) == 401
    assert fake.journal[-1].reason.startswith("this apiKey expired at -4s;")


def test_an_app_s_token_expires_in_what_it_signs() -> None:
    fake = shop()
    auth = fake.auth("shop", "app")
    headers = fake.credentials("shop", "app")
    fake.clock.advance(minutes=1)
    assert status(fake, headers) == 401
    assert fake.journal[-1].reason.startswith("this accessToken expired at +1m; ")
    with requests.Session() as session:
        session.mount("http://fake", RequestsAdapter(fake))
        for _ in range(3):
            assert session.get(f"http://fake{LIST}", auth=auth).status_code == 200
            fake.clock.advance(minutes=1)


def test_a_key_of_two_sites_expires_for_one_of_them_alone() -> None:
    tenants = {name: {"apiKey": "IST.k", "siteId": name, **more} for name, more in (("a", FIVE), ("b", {}))}
    fake = FakeJobs().play(wix({"id": GUID, "tenant": "b"}, tenants=tenants))
    of_a = fake.credentials("a")
    assert get(fake, f"/v1/async-jobs/{GUID}", "b").status_code == 200
    fake.clock.advance(minutes=5)
    path = f"/v1/async-jobs/{GUID}"
    assert get(fake, path, "b").status_code == 200
    assert Client(fake.app).get(path, headers=of_a).status_code == 403
    assert fake.credentials("a")["Authorization"] == "IST.k.1"


def test_of_two_credentials_in_one_header_the_one_that_expired_is_told_of() -> None:
    fake = FakeJobs().play(wix({"id": GUID}, tenants={"site": FIVE}))
    headers = fake.credentials("site")
    fake.clock.advance(minutes=5)
    assert Client(fake.app).get(f"/v1/async-jobs/{GUID}", headers=headers).status_code == 401
    assert fake.journal[-1].reason.startswith("this apiKey expired at +5m")


def test_narrowed_credentials_expire_likewise() -> None:
    fake = shop()
    path = f"{LIST}/{A}"
    for scopes, expected in ((["read_async_jobs"], 200), (["read_async_job"], 200), ([], 403)):
        for _ in range(2):
            headers = fake.credentials("shop", "app", scopes)
            got = Client(fake.app).get(path if scopes != ["read_async_jobs"] else LIST, headers=headers).status_code
            assert got == expected
            fake.clock.advance(minutes=1)
            assert Client(fake.app).get(path, headers=headers).status_code == 401


def test_a_rate_of_a_credential_begins_anew_with_the_next_secret() -> None:
    rates = [{"requests": 1, "per": {"hours": 1}, "of": "credential"}]
    fake = FakeJobs().play(conversio(tenants=TENANTS, rates=rates))
    assert [get(fake, LIST, "shop").status_code for _ in range(2)] == [200, 429]
    fake.clock.advance(minutes=5)
    assert get(fake, LIST, "shop").status_code == 200


@pytest.mark.parametrize("minutes", [0, 7])
def test_a_reset_begins_with_the_first_secret_again_and_so_does_what_is_played_later(minutes: int) -> None:
    fake = shop()
    fake.clock.advance(minutes=20)
    fake.reset()
    fake.clock.advance(minutes=minutes)
    fake.play(conversio(tenants=TENANTS))
    assert fake.credentials("shop") == {"X-ApiKey": "key-shop"}
    assert get(fake, LIST, "shop").status_code == 200
