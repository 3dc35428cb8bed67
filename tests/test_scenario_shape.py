"""The schema of scenarios as one dialect has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import acme
import pytest

from fakejobs.dialect.loader import dialect
from fakejobs.dialect.model import KeySpec
from fakejobs.documents import from_value
from fakejobs.errors import DocumentError
from fakejobs.scenario.search import Search, find_scenario
from fakejobs.scenario.shape import _text, schema_for


def said(name: str, value: Any) -> list[str]:
    problems = schema_for(dialect(name)).problems(from_value({"dialect": name, **value}, "x"))
    return [problem.message for problem in problems]


def test_the_schema_of_a_dialect_is_made_once() -> None:
    assert schema_for(dialect("conversio")) is schema_for(dialect("conversio"))
    assert schema_for(dialect("conversio")) is not schema_for(dialect("wix-async-jobs"))


def test_keys_of_tenants_and_apps_are_those_of_the_dialect() -> None:
    assert said("conversio", {"tenants": {"a": {"apiKey": "k", "apps": {"b": {"clientSecret": "s"}}}}}) == []
    assert said("wix-async-jobs", {"tenants": {"a": {"apiKey": "k", "siteId": "s"}}}) == []
    (unknown,) = said("wix-async-jobs", {"tenants": {"a": {"apps": {"b": {"clientSecret": "s"}}}}})
    assert unknown.startswith("unknown key `clientSecret`")
    assert said("conversio", {"tenants": {"a": {"apiKey": ""}}}) != []


def test_keys_of_jobs_collections_and_figures_are_those_of_the_dialect() -> None:
    steps: list[Any] = [{"state": "queued"}]
    assert said("conversio", {"jobs": [{"steps": steps, "file": "email\n"}]}) == []
    assert said("conversio", {"jobs": [{"steps": steps, "items": []}]}) != []
    assert said("wix-async-jobs", {"jobs": [{"steps": steps, "items": [{}]}]}) == []
    assert said("wix-async-jobs", {"submissions": [{"steps": steps, "counts": {"total": None}}]}) == []
    assert said("wix-async-jobs", {"submissions": [{"steps": steps, "counts": {}}]}) != []


def test_options_are_those_of_the_dialect_and_on_or_off() -> None:
    assert said("conversio", {"options": {"nulls": True}}) == []
    assert said("conversio", {"options": {"nulls": "yes"}}) != []
    assert said("wix-async-jobs", {"options": {"nulls": True}}) != []


def test_a_key_that_has_a_form_is_held_against_it() -> None:
    plain = KeySpec(name="id", default="x", pattern=None, about="the id")
    assert _text(plain) == {"type": "string", "minLength": 1, "description": "the id"}
    formed = KeySpec(name="id", default="x", pattern="^[0-9]+$", about="digits")
    assert _text(formed)["pattern"] == "^[0-9]+$"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda step: step.update({"for": {"second": 1}}),
            "unknown key `second`; did you mean `seconds`?",
        ),
        (
            lambda step: step.update({"for": {"seconds": "1"}}),
            'found a string ("1"); right would be a number',
        ),
        (lambda step: step.update({"for": "soon"}), 'found "soon"; `for` takes a span like {"seconds": 30},'),
        (lambda step: step.update(lasts=5), "unknown key `lasts`"),
        (
            lambda step: step.update({"for": {"seconds": -2}}),
            "found -2 seconds; right would be more than 0",
        ),
    ],
)
def test_a_mistake_in_the_script_of_a_dialect_is_told_in_the_dialect_file(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    file = acme.write(tmp_path, lambda value: change(value["script"][0]))
    with pytest.raises(DocumentError) as caught:
        find_scenario({"dialect": "acme-exports"}, Search(dialects=(tmp_path,)))
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{file}:{problem.line}:{problem.column}: {said}")
    assert problem.line > 1
