"""The filters of templates."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs.dialect.filters import KNOWN, filter_of
from fakejobs.dialect.formats import MADE_UP, TIMES


@pytest.mark.parametrize("name", TIMES)
def test_a_time_filter_writes_an_instant_in_its_format_and_time_is_the_dialects_own(name: str) -> None:
    at = 1_767_225_600_123_456
    assert filter_of(name, "epoch")(at) == filter_of("time", name)(at) == TIMES[name](at)


@pytest.mark.parametrize("shape", MADE_UP)
def test_a_shape_makes_an_identifier_24_long_unless_it_says_how_long(shape: str) -> None:
    assert filter_of(shape, "epoch")("seed") == MADE_UP[shape]("seed", 24)
    assert filter_of(f"{shape}:7", "epoch")("seed") == MADE_UP[shape]("seed", 7)
    assert filter_of(shape, "epoch")(5) == MADE_UP[shape]("5", 24)


def test_or_puts_a_text_in_the_place_of_null_and_of_nothing_else() -> None:
    fill = filter_of("or: a:b ", "epoch")
    assert [fill(value) for value in (None, "", 0, False)] == [" a:b ", "", 0, False]


@pytest.mark.parametrize("text", ["time", "epoch", "hex:3", "guid"])
def test_the_other_filters_leave_null_as_it_is(text: str) -> None:
    assert filter_of(text, "rfc3339")(None) is None


def test_white_space_around_a_name_is_not_heard() -> None:
    assert filter_of(" epoch ", "rfc3339")(5_000_000) == 5


@pytest.mark.parametrize("text", ["", "upper", "hex:x", "hex:-1", "hex:²", "epoch:3", "time:ms", "Time"])
def test_what_is_no_filter_is_refused(text: Any) -> None:
    with pytest.raises(LookupError):
        filter_of(text, "rfc3339")


def test_the_known_filters_are_those_that_can_be_had() -> None:
    for known in KNOWN:
        assert filter_of(known.replace("LENGTH", "4"), "epoch")("5" if ":" in known else 5) is not None


def test_a_file_is_the_last_segment_of_a_path_or_of_a_url() -> None:
    find = filter_of("file", "epoch")
    assert [find(text) for text in ("/a/b.mp4", "https://h/a/b.mp4?c=/d#e", "b", "https://h/", "/a/")] == [
        "b.mp4",
        "b.mp4",
        "b",
        None,
        None,
    ]


def test_a_media_type_is_python_s_own_for_the_name_else_bytes() -> None:
    find = filter_of("mime", "epoch")
    assert [find(text) for text in ("/a.mp4", "a.jpg", "a.unknown", "/")] == [
        "video/mp4",
        "image/jpeg",
        "application/octet-stream",
        "application/octet-stream",
    ]


def test_trim_takes_a_text_from_the_end_once() -> None:
    assert [filter_of("trim:/", "epoch")(text) for text in ("/a/", "/a", "//", None)] == ["/a", "/a", "/", None]
