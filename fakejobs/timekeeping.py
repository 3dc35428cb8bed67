"""The clock of a fake: whose it is, where it starts, and what becomes of it when the fake begins anew or ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fakejobs.clock import Clock, VirtualClock, datetime_of
from fakejobs.door import clock_from
from fakejobs.errors import UsageError


class Timekeeping:
    """Keeps a fake's ``clock``: one of its own, or one that the test gave, which outlives the fake.

    A scenario may say where it starts only if it is the fake's own and the test has not said it.
    """

    def __init__(self, given: Any) -> None:
        self.clock: Clock = clock_from(given)
        self._own = self.clock if self.clock is not given and isinstance(self.clock, VirtualClock) else None
        self._given_start = self.clock.now() if self._own is not None and given is not None else None
        self._start: int | str | None = None

    def start_at(self, start: int | str | None, file: str, *, is_early: bool) -> None:
        """Start where a scenario's ``clock`` says; `UsageError` if it cannot say so any more."""
        own = self._own
        if start is None or own is None or self._given_start is not None or start == self._start:
            return
        if self._start is not None:
            raise UsageError(f"{file}: its `clock` is another than that of what is played already")
        if not is_early:
            raise UsageError(f"{file}: its `clock` comes too late: play it first, before anything else happens")
        if own.is_driving:
            raise UsageError(f"{file}: its `clock` comes too late: play it before the clock drives a client")
        own.restart(datetime.now(UTC) if isinstance(start, str) else datetime_of(start))
        self._start = start

    def to_take_back(self) -> VirtualClock:
        """Return the clock; `UsageError` where it cannot be taken back."""
        if self._own is None:
            raise UsageError("a clock of the test's own, or real time, cannot be taken back: leave it to FakeJobs")
        return self._own

    def begin_anew(self) -> None:
        """Start where the first world started, for the next one; a clock that was given goes on."""
        self._start = None
        if self._own is not None:
            self._own.restart(self._given_start)

    def end(self) -> None:
        """Wake who sleeps with an error; nobody sleeps on the fake's own clock any more, one that was given goes on."""
        if self._own is None:
            self.clock.clear()
        else:
            self._own.close()
