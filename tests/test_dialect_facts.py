"""What templates may say of a job and of its items."""

from __future__ import annotations

import uuid
from fractions import Fraction
from typing import Any

import acme
import pytest

from fakejobs.commands import View
from fakejobs.dialect.facts import ITEM_NAMES, ItemFacts, JobFacts
from fakejobs.dialect.templates import Scope
from fakejobs.lifecycle import Script, Step, advance, begin

DIALECT = acme.made()
SCRIPT = Script(
    steps=(
        Step(state="queued", phase="waiting", span=10),
        Step(state="running", phase="running", span=100),
        Step(state="ready", phase="succeeded"),
    ),
    retention=1000,
)


def view(at: int, **more: Any) -> View:
    position = advance(SCRIPT, begin(SCRIPT, 5), at)
    return View(dialect="acme-exports", id="7", tenant="shop", at=at, script=SCRIPT, position=position, **more)


def told(at: int, *names: str, **more: Any) -> list[Any]:
    facts = JobFacts(DIALECT, view(at, **more))
    return [facts.get(name) for name in names]


@pytest.mark.parametrize(
    ("at", "state", "word", "phase", "instants", "percent"),
    [
        (5, "queued", "open", "waiting", [5, 5, None, None, None], 0),
        (15, "running", "open", "running", [5, 15, 15, None, None], 0),
        (40, "running", "open", "running", [5, 15, 15, None, None], 25),
        (115, "ready", "ready", "succeeded", [5, 115, 15, 115, 1115], 100),
    ],
)
def test_a_job_tells_its_state_its_instants_and_how_far_it_is(
    at: int, state: str, word: str, phase: str, instants: list[int | None], percent: int
) -> None:
    assert told(at, "state", "word", "phase") == [state, word, phase]
    assert told(at, "created", "updated", "started", "ended", "expires") == instants
    assert told(at, "percent") == [percent]


def test_a_job_that_never_ran_began_when_it_ended() -> None:
    script = Script(steps=(Step(state="queued", phase="waiting", span=10), Step(state="failed", phase="failed")))
    position = advance(script, begin(script, 0), 10)
    facts = JobFacts(DIALECT, View(dialect="a", id="7", tenant="shop", at=20, script=script, position=position))
    assert (facts.get("started"), facts.get("ended")) == (10, 10)


def test_a_job_tells_who_has_it_with_their_keys() -> None:
    assert told(5, "id", "serial", "tenant", "app", serial=3, tenant_keys={"token": "t"}) == [
        "7",
        3,
        {"name": "shop", "token": "t"},
        None,
    ]
    assert told(5, "app", app="app-1", app_keys={"id": "a"}) == [{"name": "app-1", "id": "a"}]


def test_a_job_tells_what_was_said_of_it() -> None:
    assert told(5, "facts", "given", facts={"kind": "x"}, given={"label": "y"}) == [{"kind": "x"}, {"label": "y"}]
    assert JobFacts(DIALECT, view(5, overlays=({"a": 1},))).overlays == ({"a": 1},)


def test_what_nobody_declares_is_null() -> None:
    assert told(5, "nonsense") == [None]


def test_a_figure_follows_from_the_items_where_there_are_any_else_from_what_is_given() -> None:
    rows: tuple[dict[str, Any], ...] = ({"success": False}, {}, {}, {})
    assert told(65, "rows", collections={"lines": rows}, given={"rows": {"total": 9}})[0] == {
        "total": 4,
        "done": 2,
        "succeeded": 1,
        "failed": 1,
        "errors": {"UNKNOWN": 1},
    }
    assert told(65, "rows", given={"rows": {"total": 8}})[0]["done"] == 4
    assert told(65, "rows")[0]["total"] is None
    without_items = acme.made(lambda file: file["figures"]["rows"].pop("items"))
    facts = JobFacts(without_items, view(65, collections={"lines": rows}, given={"rows": {"total": 8}}))
    assert facts.get("rows")["total"] == 8


def test_the_share_is_that_of_the_instant_of_the_view() -> None:
    assert JobFacts(DIALECT, view(40)).share == Fraction(1, 4)


@pytest.mark.parametrize(("at", "numbers"), [(15, []), (64, [0]), (65, [0, 1]), (115, [0, 1, 2, 3])])
def test_the_items_come_as_the_job_goes_on_each_with_its_number_and_what_is_laid_over_it(
    at: int, numbers: list[int]
) -> None:
    facts = JobFacts(DIALECT, view(at, collections={"lines": ({"success": False}, {}, {}, {"id": "own"})}))
    shown = facts.shown_items(DIALECT.collections["lines"], Scope({"job": facts, "base": "http://x"}))
    assert [number for number, _ in shown] == numbers
    assert [document["n"] for _, document in shown] == numbers
    assert [document["at"] for _, document in shown] == ["http://x/7"] * len(numbers)
    if numbers:
        assert shown[0][1]["success"] is False
    if len(numbers) == 4:
        assert shown[3][1]["id"] == "own"


def test_a_job_without_the_collection_shows_no_items() -> None:
    facts = JobFacts(DIALECT, view(115))
    assert facts.shown_items(DIALECT.collections["lines"], Scope({"job": facts})) == []


def test_an_item_tells_its_number_and_an_id_of_its_own() -> None:
    items = [ItemFacts(view(5), number, {"a": number}) for number in range(3)]
    assert [item.get("number") for item in items] == [0, 1, 2]
    assert len({uuid.UUID(item.get("id")) for item in items}) == 3
    assert items[2].overlays == ({"a": 2},)
    assert items[0].get("nonsense") is None
    assert all(items[0].get(name) is not None for name in ITEM_NAMES)
