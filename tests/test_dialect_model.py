"""A dialect, compiled: what it tells of itself."""

from __future__ import annotations

from typing import Any

import acme
import pytest

from fakejobs.dialect.model import IdShape

DIALECT = acme.made()


@pytest.mark.parametrize(
    ("document", "state"),
    [
        ({"status": "open"}, "queued"),
        ({"status": "open", "startedAt": None}, "queued"),
        ({"status": "open", "startedAt": 5}, "running"),
        ({"status": "ready"}, "ready"),
        ({"status": "queued"}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_document_shows_the_state_of_its_word_whose_telling_fields_are_there(
    document: Any, state: str | None
) -> None:
    found = DIALECT.recognised(document)
    assert (None if found is None else found.name) == state


def test_a_document_without_a_word_shows_no_state() -> None:
    wordless = acme.made(lambda file: file["documents"]["export"].pop("word"))
    assert wordless.recognised({"status": "ready"}) is None


def test_the_document_of_a_job_is_the_first_that_is_of_one() -> None:
    assert DIALECT.job_document.name == "export"


@pytest.mark.parametrize(("shape", "length", "long"), [("hex", 24, 24), ("token", 7, 7), ("guid", 36, 36)])
def test_an_id_is_made_in_its_shape_the_same_for_the_same_seed(shape: str, length: int, long: int) -> None:
    ids = IdShape(shape=shape, length=length)
    assert ids.mint("a") == ids.mint("a") != ids.mint("b")
    assert len(ids.mint("a")) == long
