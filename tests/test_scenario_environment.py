"""What a scenario says of the API around its jobs, read and complained of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import acme
import pytest
from playing import complaints, conversio, read, wix

from fakejobs import DocumentError
from fakejobs.dialect.loader import dialect
from fakejobs.documents import from_value
from fakejobs.scenario.environment import operations_of
from fakejobs.scenario.model import Fault, Idempotency, Rate
from fakejobs.scenario.reader import read_scenario

RATE = {"requests": 10, "per": {"seconds": 60}, "of": "tenant"}
APPS: dict[str, Any] = {"a": {"apps": {"x": {}}}}


def test_without_a_word_there_is_neither() -> None:
    assert (read(conversio()).idempotency, read(conversio()).rates) == (None, ())


def test_keys_are_replayed_and_refused_for_ever_unless_the_scenario_says_otherwise() -> None:
    usual = Idempotency(header="Idempotency-Key", same="replay", other="refuse", keeps=None)
    assert read(conversio(idempotency={})).idempotency == usual
    entry = {"header": "X-Id", "same": "ignore", "other": "replay", "keeps": {"hours": 24}}
    own = Idempotency(header="X-Id", same="ignore", other="replay", keeps=86_400_000_000)
    assert read(conversio(idempotency=entry)).idempotency == own


def test_a_rate_is_read_with_429_for_what_is_beyond_it() -> None:
    entries = [RATE, {**RATE, "of": "all", "on": "look", "fault": {"status": 403, "delay": {"seconds": 1}}}]
    assert read(conversio(rates=entries)).rates == (
        Rate(requests=10, span=60_000_000, of="tenant", on=None, fault=Fault(status=429), pointer="/rates/0"),
        Rate(
            requests=10,
            span=60_000_000,
            of="all",
            on="look",
            fault=Fault(status=403, delay=1_000_000),
            pointer="/rates/1",
        ),
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [(True, "true"), (None, "null"), (1, "1"), ("Idempotency-Key", '"Idempotency-Key"'), ([], "[]")],
)
def test_idempotency_is_an_object(value: Any, found: str) -> None:
    (said,) = complaints(conversio(idempotency=value))
    right = '{"header": "Idempotency-Key", "same": "replay", "other": "refuse"}'
    assert said == f"found {found}; `idempotency` is an object like {right} (at /idempotency)"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"same": "reply"}, "found \"reply\"; right would be `replay`, `refuse` or `ignore`; did you mean "
                            "`replay`? (at /idempotency/same)"),
        ({"header": "a key"}, 'found "a key"; right would be a header\'s name (`^[A-Za-z0-9-]+$`) '
                              "(at /idempotency/header)"),
        ({"header": "x-apikey"}, "`x-apikey` holds the `api-key`; right would be a header of its own "
                                 "(at /idempotency/header)"),
        ({"keeps": {"seconds": 0}}, "found 0 seconds; right would be more than 0 (at /idempotency/keeps)"),
        ({"keep": {"hours": 1}}, "unknown key `keep`; did you mean `keeps`? (at /idempotency/keep)"),
    ],
)  # fmt: skip
def test_a_mistake_about_keys_is_told_in_its_place(entry: dict[str, Any], said: str) -> None:
    assert complaints(conversio(idempotency=entry)) == [said]


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ({"requests": 0}, "found 0; right would be 1 or more (at /rates/0/requests)"),
        ({"per": {"seconds": 0}}, "found 0 seconds; right would be more than 0 (at /rates/0/per)"),
        ({"per": 60}, 'found 60; a span of time names its unit, like {"seconds": 30} (at /rates/0/per)'),
        ({"of": "tenants"}, 'found "tenants"; right would be `tenant`, `app`, `credential` or `all`; did '
                            "you mean `tenant`? (at /rates/0/of)"),
        ({"of": "app"}, 'no tenant of the scenario has an app; right would be "tenant", "credential" or "all" '
                        "(at /rates/0/of)"),
        ({"on": "lok"}, "no operation of conversio is called `lok`; did you mean `look`? (at /rates/0/on)"),
        ({"fault": {"status": 999}}, "found 999; right would be 599 or less (at /rates/0/fault/status)"),
        ({"fault": {"headers": {"a b": "c"}}}, "`a b` is not a header's name (at /rates/0/fault/headers/a b)"),
        ({"burst": 1}, "unknown key `burst`; known here: `requests`, `per`, `of`, `on`, `fault` (at /rates/0/burst)"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rate_is_told_in_its_place(rate: dict[str, Any], said: str) -> None:
    assert complaints(conversio(rates=[{**RATE, **rate}])) == [said]


def test_a_rate_has_to_say_how_many_in_what_time_and_whose() -> None:
    assert complaints(conversio(rates=[{}])) == [
        f"`{key}` is missing (at /rates/0)" for key in ("of", "per", "requests")
    ]
    (said,) = complaints(conversio(rates=[10]))
    assert said.startswith("found 10; a rate is an object like ")


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        ({}, {}, 1),
        ({"requests": 9}, {}, 1),
        ({}, {"requests": 9}, 0),
        ({"per": {"minutes": 2}}, {}, 1),
        ({"requests": 9}, {"per": {"minutes": 2}}, None),
        ({"of": "all"}, {}, None),
        ({"on": "look"}, {}, None),
        ({"on": "look"}, {"on": "look"}, 1),
    ],
)
def test_a_rate_that_another_leaves_nothing_to_refuse_is_told_of(
    first: dict[str, Any], second: dict[str, Any], wrong: int | None
) -> None:
    found = complaints(conversio(rates=[{**RATE, **first}, {**RATE, **second}]))
    said = f"it refuses nothing: /rates/{1 - (wrong or 0)} takes no more of them in as long (at /rates/{wrong})"
    assert found == ([] if wrong is None else [said])


def test_an_api_to_which_no_app_speaks_has_no_rate_of_apps(tmp_path: Path) -> None:
    def without_apps(value: dict[str, Any]) -> None:
        value["credentials"] = value["credentials"][:1]

    acme.write(tmp_path, without_apps)
    scenario = {"dialect": "acme-exports", "tenants": APPS, "rates": [{**RATE, "of": "app"}]}
    with pytest.raises(DocumentError, match="no app speaks to acme-exports; right would be"):
        read_scenario(from_value(scenario, "scenario.json"), "a test", (tmp_path,))


def test_an_api_whose_clients_make_no_jobs_takes_no_keys(tmp_path: Path) -> None:
    def without_creators(value: dict[str, Any]) -> None:
        value["routes"] = [route for route in value["routes"] if route["do"] != "create"]

    acme.write(tmp_path, without_creators)
    scenario = {"dialect": "acme-exports", "idempotency": {}}
    with pytest.raises(DocumentError, match="no request creates a job of acme-exports; right would be no `idemp"):
        read_scenario(from_value(scenario, "scenario.json"), "a test", (tmp_path,))


def test_requests_are_called_by_the_verbs_by_which_they_count_and_by_operation() -> None:
    assert operations_of(dialect("wix-async-jobs")) == [
        "create",
        "look",
        "get-async-job",
        "list-async-job-items",
        "bulk-update-products-by-filter",
    ]


def test_they_say_in_a_few_words_what_they_are() -> None:
    scenario = wix(
        idempotency={"header": "X-Id", "keeps": {"days": 1}},
        tenants=APPS,
        rates=[
            {"requests": 1, "per": {"hours": 1}, "of": "all"},
            {"requests": 2, "per": {"minutes": 1, "seconds": 30}, "of": "app", "on": "look"},
            {"requests": 3, "per": {"seconds": 0.5}, "of": "credential"},
        ],
    )
    assert str(read(scenario).idempotency) == "X-Id: replay the same, refuse another, known for 1d"
    assert [str(rate) for rate in read(scenario).rates] == [
        "1 request per 1h",
        "2 requests per 1m30s of an app on look",
        "3 requests per 0.5s of a credential",
    ]
