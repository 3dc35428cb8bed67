"""Wix Media Platform's authorization: the bare JWT of an app, its verbs, its lifetime, its project."""

from __future__ import annotations

import json
import time
import warnings
from typing import Any

import pytest
from asking import Answer, ask
from jwt.algorithms import HMACAlgorithm
from jwt.api_jws import PyJWS

from fakejobs import FakeJobs, UsageError

JOB = "71f0d3fde7f348ea89aa1173299146f8_19e137e8221b4a709220280b432f947f"
NO_CREDENTIAL = "the request carries no credential that this API knows"
NOW = 1_767_225_600
IMPORT = {"sourceUrl": "https://www.example.com/a.mp4", "destination": {"directory": "/a", "acl": "public"}}


def token(secret: str = "secret-a", algorithm: str = "HS256", **claims: Any) -> str:
    """A token as the Python client makes it, but for what a test says otherwise; a claim of ... is left out."""
    said = {"iss": "urn:app:app-a", "sub": "urn:app:app-a", "aud": [], "iat": NOW - 10, "exp": NOW + 590, "jti": "c98f"}
    held = {name: value for name, value in {**said, **claims}.items() if value is not ...}
    signer = PyJWS()
    if algorithm != "none":
        signer.unregister_algorithm(algorithm)
        signer.register_algorithm(algorithm, HMACAlgorithm(getattr(HMACAlgorithm, algorithm.replace("HS", "SHA"))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return signer.encode(json.dumps(held).encode(), "" if algorithm == "none" else secret, algorithm=algorithm)


def look(fake: FakeJobs, authorization: str | None, host: str | None = None, query: str = "") -> Answer:
    headers = {} if authorization is None else {"Authorization": authorization}
    return ask(fake, "GET", f"/_api/jobs/{JOB}{query}", headers | ({"Host": host} if host else {}))


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
def test_a_token_stands_bare_in_the_header_or_in_the_query(fakejobs: FakeJobs) -> None:
    assert look(fakejobs, token()).status == 200
    assert look(fakejobs, None, query=f"?Authorization={token()}").status == 200
    assert look(fakejobs, token(secret="wrong"), query=f"?Authorization={token()}").status == 401
    entry = fakejobs.journal[0]
    assert (entry.tenant, entry.app, entry.credential) == ("project-a", "app-a", "app-token")


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
def test_a_token_without_verbs_has_all_and_one_with_a_list_has_those(fakejobs: FakeJobs) -> None:
    get, search = "urn:service:job.get", "urn:service:job.search"
    for aud, status in (
        ([], 200),
        (None, 200),
        (..., 200),
        ([get], 200),
        (get, 200),
        ([search], 403),
        (7, 401),
        ([7], 401),
    ):
        assert look(fakejobs, token(aud=aud)).status == status, aud
    refused = look(fakejobs, token(aud=[search]))
    assert refused.json == {"code": 403, "message": "Forbidden", "payload": None}
    assert refused.without_date() == look(fakejobs, token(aud=[search])).without_date()


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
def test_an_app_has_the_verbs_of_its_token_as_far_as_the_scenario_lets_it(fakejobs: FakeJobs) -> None:
    def create(**claims: Any) -> Answer:
        headers = {"Authorization": token(**claims), "Content-Type": "application/json"}
        return ask(fakejobs, "POST", "/_api/import/file", headers, json.dumps(IMPORT).encode())

    reader = {"iss": "urn:app:app-r", "secret": "secret-r"}
    assert look(fakejobs, token(**reader)).status == 200
    assert create(**reader).status == 403
    assert create(**reader, aud=["urn:service:file.import"]).status == 403
    assert create(aud=["urn:service:job.get"]).status == 403
    assert len(fakejobs.jobs) == 4
    assert create(aud=["urn:service:file.import"]).status == 200
    assert fakejobs.jobs[-1].document["issuer"] == "urn:app:app-a"


BAD = [
    (token(secret="wrong"), "the JWS is refused: signature verification failed; allowed are HS256"),
    (token(algorithm="none"), "the JWS is refused: the specified alg value is not allowed; allowed are HS256"),
    (token(algorithm="HS512"), "the JWS is refused: the specified alg value is not allowed; allowed are HS256"),
    (token(iss="urn:app:nobody"), "no app is `urn:app:nobody`, the token's `iss`"),
    (token(iss="app-a"), "no app is `app-a`, the token's `iss`"),
    (token(iss=...), "no app is `None`, the token's `iss`"),
    (token(iss=["urn:app:app-a"]), "no app is `['urn:app:app-a']`, the token's `iss`"),
    (token(exp="soon"), 'the claim `exp` is "soon"; right would be seconds since the epoch'),
    (token(iat=True), "the claim `iat` is true; right would be seconds since the epoch"),
    (token(exp=NOW * 1000), "the claim `exp` is 1767225600000; right would be seconds since the epoch"),
    (f"Bearer {token()}", "`Bearer` stands before the token; right would be the bare token, without a scheme"),
    ("abc", "the token is not a JWT"),
    ("a.b.c", "the token is not a JWT"),
    (None, f"{NO_CREDENTIAL}; right would be one in `Authorization`: .credentials() gives it"),
    ("", f"{NO_CREDENTIAL}; right would be one in `Authorization`: .credentials() gives it"),
]


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
@pytest.mark.parametrize(("authorization", "reason"), BAD, ids=[reason[:50] for _, reason in BAD])
def test_what_is_no_token_of_an_app_is_refused_in_the_vendor_s_envelope(
    fakejobs: FakeJobs, authorization: str | None, reason: str
) -> None:
    one, again = look(fakejobs, authorization), look(fakejobs, authorization)
    assert one.status == 401
    assert one.json == {"code": 401, "message": "Unauthorized", "payload": None}
    assert one.without_date() == again.without_date()
    assert fakejobs.journal[0].reason == reason
    assert fakejobs.journal[0].tenant is None


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
def test_a_token_holds_from_its_iat_to_its_exp_on_the_test_s_clock(fakejobs: FakeJobs) -> None:
    for iat, exp, status in (
        (0, 1, 200),
        (0, 0, 401),
        (1, 600, 401),
        (-600, 0, 401),
        (-1, ..., 200),
        (..., 1, 200),
        (0.0, 0.5, 200),
    ):
        stamps: dict[str, Any] = {"iat": iat if iat is ... else NOW + iat, "exp": exp if exp is ... else NOW + exp}
        assert look(fakejobs, token(**stamps)).status == status, (iat, exp)
    assert "expired: `exp` is +0 s off the test's clock" in fakejobs.journal[1].reason
    assert "not valid yet: `iat` is +1 s off the test's clock" in fakejobs.journal[2].reason


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
def test_a_token_that_the_client_stamped_by_real_time_holds_too_and_the_journal_says_so(fakejobs: FakeJobs) -> None:
    now = int(time.time())
    assert look(fakejobs, token(iat=now - 10, exp=now + 590)).status == 200
    assert fakejobs.journal[0].reason == "`iat` and `exp` hold on real time, not on the test's clock"


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
def test_the_stamps_of_a_client_whose_time_is_driven_hold_on_the_test_s_clock_alone(fakejobs: FakeJobs) -> None:
    real = int(time.time())
    with fakejobs.clock.drive():
        driven = int(time.time())
        assert look(fakejobs, token(iat=real - 10, exp=real + 590)).status == 401
        assert look(fakejobs, token(iat=driven - 10, exp=driven + 590)).status == 200
    assert look(fakejobs, token(iat=real - 10, exp=real + 590)).status == 200


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
def test_a_host_that_is_not_loopback_has_to_be_the_project_s(fakejobs: FakeJobs) -> None:
    own, other = (f"wixmp-{letter * 24}.appspot.com" for letter in "ab")
    for host in (own, own.upper(), f"{own}:443", "localhost:80", "a.localhost", "127.1.2.3", "[::1]:80"):
        assert look(fakejobs, token(), host=host).status == 200, host
    for host in (other, "10.0.0.1", "fake", "[::1"):
        assert look(fakejobs, token(), host=host).status == 401, host
    assert fakejobs.journal[7].reason == f"the token is of `project-a/app-a`, whose host is {own}; asked was {other}"


@pytest.mark.fakejobs("wix-media-platform/two-tenants")
def test_the_fake_s_own_credentials_hold_and_are_signed_anew(fakejobs: FakeJobs) -> None:
    for tenant, app in (("project-a", None), ("project-a", "reader"), ("project-b", None), ("project-b", "app-b")):
        assert look(fakejobs, fakejobs.credentials(tenant, app)["Authorization"]).status == 200
    old = fakejobs.credentials("project-a")["Authorization"]
    fakejobs.clock.advance(minutes=10)
    assert look(fakejobs, old).status == 401
    assert look(fakejobs, fakejobs.credentials("project-a")["Authorization"]).status == 200
    narrow = fakejobs.credentials("project-a", scopes=["urn:service:job.search"])["Authorization"]
    assert look(fakejobs, narrow).status == 403
    with pytest.raises(UsageError, match="an empty `aud` means every one"):
        fakejobs.credentials("project-a", scopes=[])
    with pytest.raises(UsageError, match=r"did you mean `urn:service:job\.get`"):
        fakejobs.credentials("project-a", scopes=["urn:service:job.gett"])
