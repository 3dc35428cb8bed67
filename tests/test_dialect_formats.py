"""How instants are written and identifiers made up, held against what the standard library reads back."""

from __future__ import annotations

import string
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.dialect.formats import MADE_UP, TIMES, guid_of, hex_of, http_date, token_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
instants = st.integers(FIRST, LAST)


def read(text: object) -> int:
    assert isinstance(text, str)
    assert text.endswith("Z")
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


@given(instants)
def test_rfc_3339_reads_back_as_the_instant_with_what_is_too_fine_cut_off(instant: int) -> None:
    assert read(TIMES["rfc3339-us"](instant)) == instant
    assert read(TIMES["rfc3339-ms"](instant)) == instant // 1000 * 1000
    assert read(TIMES["rfc3339"](instant)) == instant // 1_000_000 * 1_000_000


@given(st.integers(-30_000_000_000_000_000, LAST))
def test_an_http_date_reads_back_as_the_whole_second(instant: int) -> None:
    assert TIMES["http-date"] is http_date
    assert parsedate_to_datetime(http_date(instant)) == EPOCH + timedelta(seconds=instant // 1_000_000)


@given(instants)
def test_epochs_count_whole_seconds_whole_milliseconds_and_seconds_with_a_fraction(instant: int) -> None:
    assert TIMES["epoch"](instant) == instant // 1_000_000
    assert TIMES["epoch-ms"](instant) == instant // 1_000
    assert TIMES["epoch-float"](instant) == instant / 1_000_000


@given(st.text(), st.integers(1, 200))
def test_hexadecimal_digits_and_letters_are_as_many_as_were_asked_for(seed: str, length: int) -> None:
    seed = seed.encode("utf-8", "replace").decode()
    assert len(hex_of(seed, length)) == len(token_of(seed, length)) == length
    assert set(hex_of(seed, length)) <= set("0123456789abcdef")
    assert set(token_of(seed, length)) <= set(string.ascii_letters + string.digits)


@given(st.text(alphabet=string.printable))
def test_a_guid_is_a_random_uuid_to_the_standard_library(seed: str) -> None:
    assert str(uuid.UUID(guid_of(seed))) == guid_of(seed)
    assert (uuid.UUID(guid_of(seed)).version, uuid.UUID(guid_of(seed)).variant) == (4, uuid.RFC_4122)
    assert MADE_UP["guid"](seed, 3) == guid_of(seed)


@pytest.mark.parametrize(
    ("shape", "made"),
    [
        ("hex", "256293475892"),
        ("token", "BAn9qm4UtN0C"),
        ("guid", "25629347-5892-4276-9d31-f826ba4b757b"),
    ],
)
def test_a_seed_makes_the_same_in_every_run(shape: str, made: str) -> None:
    assert MADE_UP[shape]("seed", 12) == made


@given(st.lists(st.text(alphabet=string.ascii_letters), unique=True, min_size=2, max_size=20))
def test_other_seeds_make_others(seeds: list[str]) -> None:
    for make in MADE_UP.values():
        assert len({make(seed, 24) for seed in seeds}) == len(seeds)
