"""Credentials: who a request speaks for, and how one speaks so."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.commands import Ask, Principal
from fakejobs.dialect.credentials import KINDS, Credential, Refusal, identify
from fakejobs.dialect.directory import Directory, Holder
from fakejobs.structs import replace

NOW = 1_767_225_600_000_000
WINDOW = 180_000_000
SITE_A = Holder(tenant="a", keys={"apiKey": "key", "siteId": "Site-A"})
SITE_B = Holder(tenant="b", keys={"apiKey": "key", "siteId": "Site-B"})
SITE_C = Holder(tenant="c", keys={"apiKey": "key-c", "siteId": "Site-C"}, scopes=frozenset({"read"}))
APP_A = Holder(tenant="a", app="app", keys={"token": "token-a", "secret": "s"})
APP_B = Holder(tenant="b", app="app", keys={"token": "token-b", "secret": "another secret"})
STRAY = Holder(tenant="gone", app="stray", keys={"token": "stray", "secret": "s"})

BY_KEY = KINDS["key"](
    {"name": "key", "header": "X-Key", "of": "tenant", "key": "apiKey", "sees": "tenant", "also": {"X-Site": "siteId"}}
)
BY_TOKEN = KINDS["key"](
    {"name": "token", "header": "X-Token", "of": "app", "key": "token", "sees": "app", "agrees": {"X-Site": "siteId"}}
)
SIGNED = KINDS["jws"](
    {
        "name": "signed",
        "header": "Authorization",
        "scheme": "PoP",
        "of": "app",
        "key": "token",
        "secret": "secret",
        "claim": "at",
        "stamp": "ts",
        "window": {"minutes": 3},
        "algorithms": ["HS256", "HS384"],
        "sees": "app",
    }
)


PEOPLE = Directory()
PEOPLE.add([SITE_A, SITE_B, SITE_C, APP_A, APP_B, STRAY])


def asking(real: int | None = None, at: int = NOW, **headers: Any) -> Ask:
    lower = {name.lower().replace("_", "-"): value for name, value in headers.items()}
    return Ask(method="GET", path="/", headers=lower, at=at, real=real)


def refused(credential: Credential, ask: Ask) -> tuple[str, str]:
    found = credential.read(ask, PEOPLE)
    assert isinstance(found, Refusal)
    return found.error, found.reason


def accepted(credential: Credential, ask: Ask) -> Principal:
    found = credential.read(ask, PEOPLE)
    assert isinstance(found, Principal), found
    return found


def packed(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def jws(payload: bytes, header: dict[str, Any] | None = None, secret: str = "s", digest: str = "sha256") -> str:
    """Return a JWS that was made without the engine: RFC 7515, by hand."""
    signed = f"{packed(json.dumps(header or {'alg': 'HS256'}).encode())}.{packed(payload)}"
    return f"{signed}.{packed(hmac.new(secret.encode(), signed.encode(), digest).digest())}"


def pop(ts: object, at: object = "token-a", scheme: str = "PoP") -> str:
    return f"{scheme} {jws(json.dumps({'at': at, 'ts': ts}).encode())}"


# ---------------------------------------------------------------------- a secret in a header


def test_a_key_speaks_for_the_one_of_its_holders_that_the_companion_header_names() -> None:
    for site, tenant in (("Site-A", "a"), ("site-b", "b")):
        principal = accepted(BY_KEY, asking(X_Key="key", X_Site=site))
        assert principal == Principal(tenant=tenant, credential="key", sees_tenant=True)
    assert accepted(BY_KEY, asking(X_Key="key-c", X_Site="Site-C")).scopes == frozenset({"read"})
    assert (BY_KEY.name, BY_KEY.of_app, BY_KEY.keys) == ("key", False, ("apiKey", "siteId"))


def test_a_request_without_the_header_does_not_use_the_key() -> None:
    assert BY_KEY.read(asking(X_Site="Site-A"), PEOPLE) is None


@pytest.mark.parametrize(
    ("headers", "error", "reason"),
    [
        ({"X_Key": "nobody's"}, "unauthorized", "nobody holds the apiKey in the header X-Key"),
        ({"X_Key": ""}, "unauthorized", "nobody holds the apiKey in the header X-Key"),
        ({"X_Key": "key"}, "forbidden", "the header X-Site is missing; it goes with X-Key"),
        ({"X_Key": "key", "X_Site": "Site-C"}, "forbidden", "this apiKey does not belong to the X-Site Site-C"),
        ({"X_Key": "key-c", "X_Site": "Site-A"}, "forbidden", "this apiKey does not belong to the X-Site Site-A"),
    ],
)
def test_a_key_that_is_unknown_alone_or_with_anothers_companion_is_refused(
    headers: dict[str, Any], error: str, reason: str
) -> None:
    assert refused(BY_KEY, asking(**headers)) == (error, reason)


def test_a_header_that_may_come_along_has_to_agree_where_it_does() -> None:
    sites: tuple[dict[str, Any], ...] = ({}, {"X_Site": "SITE-A"})
    for headers in sites:
        principal = accepted(BY_TOKEN, asking(X_Token="token-a", **headers))
        assert (principal.tenant, principal.app, principal.sees_tenant) == ("a", "app", False)
    assert refused(BY_TOKEN, asking(X_Token="token-a", X_Site="Site-B")) == (
        "forbidden",
        "this token is not of the X-Site Site-B",
    )


def test_an_app_whose_tenant_is_not_declared_has_nothing_to_agree_with() -> None:
    assert accepted(BY_TOKEN, asking(X_Token="stray", X_Site="Site-A")).app == "stray"


# ---------------------------------------------------------------------- a signed statement


@given(st.integers(0, 10**16))
def test_what_a_credential_presents_it_reads_back_as_its_holder(at: int) -> None:
    for credential, holder, owner in ((BY_KEY, SITE_B, SITE_B), (BY_TOKEN, APP_A, SITE_A), (SIGNED, APP_B, SITE_B)):
        headers = {name.lower(): value for name, value in credential.present(holder, owner, at).items()}
        principal = credential.read(Ask(method="GET", path="/", headers=headers, at=at), PEOPLE)
        assert isinstance(principal, Principal)
        assert (principal.tenant, principal.app) == (holder.tenant, holder.app)


def test_a_statement_signed_elsewhere_is_taken_and_its_scheme_is_read_in_any_case() -> None:
    for scheme in ("PoP", "pop", "POP"):
        principal = accepted(SIGNED, asking(Authorization=pop(NOW // 1_000_000, scheme=scheme)))
        assert principal == Principal(tenant="a", app="app", credential="signed", sees_tenant=False)
    longer = jws(b'{"at": "token-a", "ts": 1767225600}', {"alg": "HS384"}, digest="sha384")
    assert accepted(SIGNED, asking(Authorization=f" PoP   {longer} ")).tenant == "a"
    assert SIGNED.keys == ("token",)


@pytest.mark.parametrize("value", ["Bearer x", "", "PoPx y", "Basic PoP"])
def test_another_scheme_is_another_credential(value: str) -> None:
    assert SIGNED.read(asking(Authorization=value), PEOPLE) is None
    assert SIGNED.read(asking(), PEOPLE) is None


STATEMENT = b'{"at": "token-a", "ts": 1767225600}'


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "what follows `PoP` is not a JWS of a JSON object"),
        ("a.b.c", "what follows `PoP` is not a JWS of a JSON object"),
        (jws(b"not JSON"), "what follows `PoP` is not a JWS of a JSON object"),
        (jws(b"[1]"), "what follows `PoP` is not a JWS of a JSON object"),
        (jws(b"\xff"), "what follows `PoP` is not a JWS of a JSON object"),
        pytest.param(jws(b"[" * 100_000), "what follows `PoP` is not a JWS of a JSON object", id="deep"),
        (jws(b"{}"), "nobody holds the token in the claim `at`"),
        (jws(b'{"at": ["token-a"]}'), "nobody holds the token in the claim `at`"),
        (jws(b'{"at": "unknown"}'), "nobody holds the token in the claim `at`"),
        (jws(STATEMENT, secret="another secret"), "the JWS is refused: signature verification failed; allowed are"),
        (jws(STATEMENT)[:-3], "the JWS is refused: "),
        (jws(STATEMENT, {"alg": "none"}), "the JWS is refused: "),
        (jws(STATEMENT, {"alg": "none"}).rpartition(".")[0] + ".", "the JWS is refused: "),
        (jws(STATEMENT, {"alg": "HS512"}, digest="sha512"), "allowed are HS256, HS384"),
        (jws(STATEMENT, {"alg": "RS256"}), "the JWS is refused: "),
        (jws(STATEMENT, {"typ": "JWT"}), "the JWS is refused: "),
    ],
)
def test_a_statement_that_is_none_of_nobody_or_not_rightly_signed_is_refused(token: str, reason: str) -> None:
    error, found = refused(SIGNED, asking(Authorization=f"PoP {token}"))
    assert error == "unauthorized"
    assert reason in found


@given(st.text(alphabet=st.characters(codec="latin-1")) | st.binary().map(lambda part: f"{packed(part)}.e30.e30"))
def test_whatever_follows_the_scheme_is_answered_and_never_a_crash(text: str) -> None:
    found = SIGNED.read(asking(Authorization=f"PoP {text}"), PEOPLE)
    assert isinstance(found, Refusal)
    assert found.error == "unauthorized"


def test_a_statement_of_another_tenants_app_signed_with_ones_own_secret_is_refused() -> None:
    forged = jws(b'{"at": "token-b", "ts": 1767225600}', secret=APP_A.keys["secret"])
    assert "signature" in refused(SIGNED, asking(Authorization=f"PoP {forged}"))[1]


@pytest.mark.parametrize("away", [-WINDOW, -1, 0, 1, WINDOW])
def test_a_stamp_within_the_window_holds_on_either_side(away: int) -> None:
    stamp = NOW // 1_000_000
    assert accepted(SIGNED, asking(Authorization=pop(stamp), at=NOW + away)).note == ""
    assert accepted(SIGNED, asking(Authorization=pop((NOW + away) / 1_000_000))).note == ""


@pytest.mark.parametrize("away", [-WINDOW - 1, WINDOW + 1])
def test_a_stamp_a_microsecond_outside_of_the_window_is_refused(away: int) -> None:
    for ask in (
        asking(Authorization=pop(NOW // 1_000_000), at=NOW - away),
        asking(Authorization=pop((NOW + away) / 1_000_000), real=NOW),
    ):
        error, reason = refused(SIGNED, ask)
        assert error == "unauthorized"
        assert f"{round(away / 1e6):+d} s off the test's clock, and off real time too; the window is 180 s" in reason


def test_a_stamp_that_holds_on_real_time_alone_is_taken_with_a_note() -> None:
    real = NOW + 10**13
    ask = asking(Authorization=pop(real // 1_000_000), real=real + WINDOW)
    assert accepted(SIGNED, ask).note == "`ts` holds on real time, not on the test's clock"
    both = asking(Authorization=pop(NOW // 1_000_000), real=NOW)
    assert accepted(SIGNED, both).note == ""
    assert refused(SIGNED, asking(Authorization=pop(real // 1_000_000), real=real + WINDOW + 1))[0] == "unauthorized"


@pytest.mark.parametrize(
    "stamp",
    [True, None, "1767225600", [], {}, NOW // 1000, math.inf, -math.inf, math.nan, 10**400, -(10**12)],
)
def test_a_stamp_that_is_no_number_of_seconds_is_refused_by_name(stamp: object) -> None:
    error, reason = refused(SIGNED, asking(Authorization=pop(stamp)))
    assert error == "unauthorized"
    assert reason.startswith("the claim `ts` is ")
    assert reason.endswith("; right would be seconds since the epoch")
    assert len(reason) < 140


def test_a_short_secret_causes_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        headers: dict[str, Any] = {**SIGNED.present(APP_A, SITE_A, NOW)}
        assert accepted(SIGNED, asking(**headers)).app == "app"
    header, payload, signature = headers["Authorization"].partition(" ")[2].split(".")
    digest = hmac.new(b"s", f"{header}.{payload}".encode(), hashlib.sha256).digest()
    assert signature == packed(digest)


# ---------------------------------------------------------------------- one of several


def test_the_first_credential_that_holds_speaks() -> None:
    ask = asking(X_Key="key", X_Site="Site-A", X_Token="token-b", Authorization=pop(NOW // 1_000_000))
    found = identify((BY_KEY, SIGNED), ask, PEOPLE)
    assert isinstance(found, Principal)
    assert found.credential == "key"
    found = identify((BY_TOKEN, SIGNED), ask, PEOPLE)
    assert isinstance(found, Principal)
    assert (found.credential, found.tenant) == ("signed", "a")


def test_the_refusal_that_says_most_is_told() -> None:
    ask = asking(X_Key="key", Authorization="PoP x")
    for order in ((BY_KEY, SIGNED), (SIGNED, BY_KEY)):
        found = identify(order, ask, PEOPLE)
        assert isinstance(found, Refusal)
        assert found.error == "forbidden"
    found = identify((BY_KEY, SIGNED), asking(X_Key="x", Authorization="PoP x"), PEOPLE)
    assert isinstance(found, Refusal)
    assert "JWS" in found.reason


def test_a_request_without_any_credential_is_unauthorized() -> None:
    found = identify((BY_KEY, BY_TOKEN, SIGNED), asking(), PEOPLE)
    reason = "the request carries no credential that this API knows; right would be one in"
    assert found == Refusal(
        error="unauthorized", reason=f"{reason} `X-Key`, `X-Token` or `Authorization`: .credentials() gives it"
    )


# ---------------------------------------------------------------------- a token with its claims

TOKEN = KINDS["jwt"](
    {
        "name": "token",
        "header": "Authorization",
        "scheme": "Bearer",
        "of": "app",
        "key": "token",
        "secret": "secret",
        "claim": "client",
        "lifetime": {"minutes": 5},
        "leeway": {"seconds": 2},
        "algorithms": ["HS384"],
        "sees": "app",
    }
)


def presented(at: int = NOW, real: int | None = None, **headers: str) -> Any:
    given = {name.lower(): value for name, value in {**TOKEN.present(APP_A, SITE_A, NOW), **headers}.items()}
    directory = Directory()
    directory.add([SITE_A, APP_A])
    return TOKEN.read(Ask(method="GET", path="/", headers=given, at=at, real=real), directory)


def test_a_token_with_a_scheme_and_without_scopes_speaks_for_its_holder_in_its_lifetime() -> None:
    assert presented() == Principal(tenant="a", app="app", credential="token", sees_tenant=False)
    assert isinstance(presented(NOW - 2_000_000), Principal)
    assert isinstance(presented(NOW + 301_999_999), Principal)
    assert isinstance(presented(NOW + 302_000_000), Refusal)
    assert isinstance(presented(NOW - 2_000_001), Refusal)
    assert presented(NOW + 400_000_000, NOW).note == "`iat` and `exp` hold on real time, not on the test's clock"


def test_a_token_of_another_scheme_is_none_of_this_credential() -> None:
    assert presented(Authorization="Basic abc") is None
    assert presented(Authorization="abc") is None
    assert presented(Authorization="") is None


# ---------------------------------------------------------------------- what tells one from another, and expiry


def test_a_credential_is_named_by_what_it_says_whether_it_holds_or_not() -> None:
    assert BY_KEY.named(asking(X_Key="nobody's")) == "nobody's"
    assert BY_KEY.named(asking(X_Site="Site-A")) is None
    assert {SIGNED.named(asking(Authorization=pop(ts, "token-x"))) for ts in (1, 2)} == {"token-x"}
    assert SIGNED.named(asking(Authorization="PoP a.b.c")) == "a.b.c"
    assert SIGNED.named(asking(Authorization="Bearer x")) is None
    assert TOKEN.named(asking(Authorization=TOKEN.present(APP_A, SITE_A, NOW)["Authorization"])) == "token-a"
    assert TOKEN.named(asking(Authorization="Bearer a.b.c")) == "a.b.c"
    assert TOKEN.named(asking(Authorization="Basic x")) is None


def test_a_token_with_another_s_scheme_names_nobody() -> None:
    bare = KINDS["jwt"](
        {
            "name": "bare",
            "header": "Authorization",
            "of": "app",
            "key": "token",
            "secret": "secret",
            "claim": "client",
            "lifetime": {"minutes": 5},
            "algorithms": ["HS256"],
            "sees": "app",
        }
    )
    assert bare.named(asking(Authorization="Bearer x")) is None


def test_secrets_that_are_sent_may_expire_and_tokens_say_themselves_how_long_they_hold() -> None:
    assert (BY_KEY.may_expire, SIGNED.may_expire, TOKEN.may_expire) == (True, True, False)


@pytest.mark.parametrize(
    ("later", "turn", "told"),
    [
        (59, 0, None),
        (60, 0, "expired at {at}"),
        (60, 1, None),
        (0, 1, "is not valid before {at}"),
        (600, 2, "expired at {at}"),
    ],
)
@pytest.mark.parametrize(("credential", "key", "name"), [(BY_KEY, "key-c", "apiKey"), (SIGNED, "token-b", "token")])
def test_a_secret_that_has_expired_is_refused_as_an_unknown_one_is_and_so_is_one_to_come(
    credential: Credential, key: str, name: str, later: int, turn: int, told: str | None
) -> None:
    people = Directory()
    people.add([SITE_B, replace(SITE_C, expires=60_000_000), replace(APP_B, expires=60_000_000)], NOW)
    value, at = key if turn == 0 else f"{key}.{turn}", NOW + later * 1_000_000
    holder = replace(SITE_C if credential is BY_KEY else APP_B)
    holder = replace(holder, keys={**holder.keys, name: value})
    headers = {each.lower(): held for each, held in credential.present(holder, SITE_C, at).items()}
    found = credential.read(Ask(method="GET", path="/", headers=headers, at=at), people)
    if told is None:
        assert isinstance(found, Principal)
    else:
        instant = NOW + 60_000_000 * (turn + told.startswith("expired"))
        reason = f"this {name} {told}; the valid one is what .credentials() gives now"
        assert found == Refusal(error="unauthorized", reason=reason, instant=instant)


def test_of_several_refusals_one_that_says_when_a_secret_expired_says_most() -> None:
    people = Directory()
    people.add([replace(SITE_C, expires=1)], NOW - 1)
    found = identify((BY_KEY, SIGNED), asking(X_Key="key-c", X_Site="Site-C", Authorization="PoP x"), people)
    assert isinstance(found, Refusal)
    assert found.instant == NOW
