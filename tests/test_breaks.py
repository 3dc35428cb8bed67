"""How a connection breaks, as a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.breaks import Break
from fakejobs.errors import UsageError

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


def test_nothing_goes_out_before_a_break_that_comes_first() -> None:
    assert Break(kind="reset").undisturbed(HEAD, b"body") == b""


@given(after=st.integers(0, 20), body=st.binary(max_size=10))
def test_the_head_and_so_many_bytes_of_the_body_go_out_before_a_break_that_comes_after_them(
    after: int, body: bytes
) -> None:
    out = Break(kind="close", after=after).undisturbed(HEAD, body)
    assert (HEAD + body).startswith(out)
    assert len(out) == len(HEAD) + min(after, len(body))


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"kind": "truncate"}, "a connection breaks by reset, close, never, drip; found 'truncate'"),
        ({"kind": "close", "after": -1}, "`after` is a number of bytes from 0 on, or None; found -1"),
        ({"kind": "drip", "every": -1}, "`every` is a number of microseconds from 0 on, of `drip` alone; found -1"),
        ({"kind": "never", "every": 5}, "`every` is a number of microseconds from 0 on, of `drip` alone; found 5"),
    ],
)
def test_a_break_that_makes_no_sense_is_refused(wrong: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError) as refused:
        Break(**wrong)  # type: ignore[arg-type]
    assert str(refused.value) == complaint
