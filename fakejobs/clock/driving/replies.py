"""The replies that a driven loop is owed: it sent something, and what comes back belongs to the same instant."""

from __future__ import annotations

from selectors import EVENT_READ, SelectorKey
from typing import NamedTuple

from fakejobs.clock.sleepers import Sleeper
from fakejobs.clock.waits import Waits

Events = list[tuple[SelectorKey, int]]

OWED = 0.3
"""Real seconds of quiet for which a loop's request may be on its way, or its reply, before the clock moves without it:
much longer than a loaded machine keeps a thread from running, and not waited for where a reply comes."""


class Outset(NamedTuple):
    """How things stood when something was sent: the requests until then, and the calls that were to come."""

    asked: int
    calls: frozenset[Sleeper]


class Replies:
    """What one loop sent and got no reply to yet, by the file that it sent it to."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._sent: dict[int, Outset] = {}
        self._were_owed = False

    def expect(self, file: int) -> None:
        """Note that something is sent, to which a reply may come."""
        self._sent[file] = Outset(self._waits.asked, self._waits.calls())

    def heard(self, events: Events) -> Events:
        """The events, of which each that brings something settles what was owed there."""
        if self._sent:
            for key, mask in events:
                if mask & EVENT_READ:
                    self._sent.pop(key.fd, None)
        return events

    def forget(self) -> None:
        """Expect nothing any more."""
        self._sent.clear()

    def are_late(self) -> None:
        """Note that the clock has moved: what has not come, though nothing held it back, need not come at all."""
        if self._were_owed:
            self.forget()

    def quiet(self, *, is_down: bool) -> float:
        """The real seconds of quiet that are needed before the clock may move without them."""
        return OWED if self.are_owed(is_down=is_down) else 0.0

    def are_owed(self, *, is_down: bool) -> bool:
        """Whether one may be on its way, to a loop that waits if it ``is_down``, so that its timers are known.

        They may come before a reply that is put off by the clock.
        """
        sent = self._sent.copy().values()
        if not sent:
            return False
        first = min(sent, key=lambda outset: outset.asked)
        has_been_asked = self._waits.asked - first.asked >= len(sent)
        is_put_off = len(self._waits.calls() - first.calls) >= len(sent)
        self._were_owed = not (has_been_asked and is_put_off and is_down)
        return self._were_owed
