"""How a connection breaks beneath HTTP: what becomes of a reply on its way, in words that no transport owns."""

from __future__ import annotations

from typing import Literal, get_args

from fakejobs.errors import UsageError
from fakejobs.structs import struct

Kind = Literal["reset", "close", "never", "drip"]
"""``reset``: the connection is reset. ``close``: it is closed. ``never``: it stays open, and nothing more comes.
``drip``: the reply comes byte by byte."""


@struct
class Break:
    """What happens to a reply on its way, once the world has carried the request out.

    ``after`` is how many bytes of the body go out before it happens, with the whole head; None is before the head's
    first byte, and more than there are is after the whole reply. ``every`` is how many microseconds of the clock lie
    before each byte that drips. `UsageError` for anything else.

    An application asks for it by ``environ["fakejobs.break"](broken)``, where the server has put such a callable.
    """

    kind: Kind
    after: int | None = None
    every: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise UsageError(f"a connection breaks by {', '.join(get_args(Kind))}; found {self.kind!r}")
        if self.after is not None and self.after < 0:
            raise UsageError(f"`after` is a number of bytes from 0 on, or None; found {self.after}")
        if self.every < 0 or (self.every and self.kind != "drip"):
            raise UsageError(f"`every` is a number of microseconds from 0 on, of `drip` alone; found {self.every}")

    def __str__(self) -> str:
        what = {"reset": "reset", "close": "closed", "never": "silent", "drip": "byte by byte"}[self.kind]
        after = "" if self.after is None else f" after {self.after} bytes of the body"
        every = f", {self.every / 1_000_000:g} s apart" if self.every else ""
        return f"connection {what}{after}{every}"

    def undisturbed(self, head: bytes, body: bytes) -> bytes:
        """Return what goes out of a reply before it breaks."""
        return b"" if self.after is None else head + body[: self.after]
