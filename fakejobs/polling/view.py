"""What a test holds of the polling of one job: a frozen view, and the assertions on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from fakejobs.clock import instant_of, microseconds
from fakejobs.clock.instants import Amount
from fakejobs.documents.spelling import counted
from fakejobs.door import found, known_name, name_from
from fakejobs.errors import ExpectationError, UsageError
from fakejobs.journal import Entry
from fakejobs.polling import judgements
from fakejobs.polling.complaint import Complaint, interval, pairs
from fakejobs.polling.growth import growth_from
from fakejobs.polling.record import Exchange, Record, record_of
from fakejobs.population import Job
from fakejobs.structs import replace
from fakejobs.timeline import Mark, timeline
from fakejobs.world import World


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Polling:
    """What clients did with one job up to the moment at which this was asked for; it does not change.

    A poll is what ``.polls`` of the job counts: a look at it by its id by somebody who may see it, also one that a
    fault answered or that came too late. Observers are told apart by tenant, app and kind of credential, and each is
    judged alone; `per_connection` and `per_header` tell more apart, `by` picks some. Every assertion returns this
    view, or raises `ExpectationError`, which is an `AssertionError`, with a timeline that points at the place; it also
    raises if there was nothing to judge. All is exact to the microsecond of the test's clock.
    """

    record: Record
    tell: Callable[[Sequence[Mark]], str]

    def __repr__(self) -> str:
        return f"<polling of job {self.record.id}: {counted(len(self.record.judged), 'poll')}>"

    # ------------------------------------------------------------------ looking

    @property
    def polls(self) -> tuple[Entry, ...]:
        """The polls, as the journal has them, in order."""
        return tuple(poll.entry for poll in self.record.judged)

    @property
    def intervals(self) -> tuple[float, ...]:
        """The seconds from the end of each reply to the same observer's next poll, in the order of those polls.

        Whole microseconds, so that they equal what one writes: ``(0.1, 60.0)``. One below 0 says that two requests
        overlapped.
        """
        found = [(pair[1].number, interval(pair)) for track in self.record.tracks() for pair in pairs(track)]
        return tuple(span / 1_000_000 for _, span in sorted(found))

    @property
    def observers(self) -> tuple[Polling, ...]:
        """A view of each observer alone, in the order of their first polls."""
        return tuple(self._of(observer) for observer in dict.fromkeys(poll.observer for poll in self.record.polls))

    def _of(self, observer: object) -> Polling:
        return replace(self, record=self.record.narrowed(lambda each: each.observer == observer, str(observer)))

    # ------------------------------------------------------------------ narrowing

    def since(self, instant: datetime | float) -> Polling:
        """Return a view of the polls from an instant on: any of the clock's readings, or an entry's ``at``.

        That is an aware datetime (``clock.now()``), a float of seconds since the epoch (``clock.time()``) or an int of
        microseconds (``clock.instant()``). What an observer saw before still counts as seen. `UsageError` for
        anything else.
        """
        return replace(self, record=replace(self.record, since=_instant(instant)))

    def by(
        self,
        *,
        tenant: str | None = None,
        app: str | None = None,
        credential: str | None = None,
        connection: int | None = None,
    ) -> Polling:
        """Return a view of the polls that were made so; None is any. ``credential`` is the dialect's name of a kind.

        `UsageError` for a tenant, an app or a kind of credential that there is not.
        """
        for value, what in ((tenant, "tenant"), (app, "app"), (credential, "credential")):
            if value is not None:
                known_name(value, what, self.record.known[what])
        asked = {"tenant": tenant, "app": app, "credential": credential, "connection": connection}
        wanted = {name: value for name, value in asked.items() if value is not None}
        fits = lambda each: all(getattr(each.entry, name) == value for name, value in wanted.items())  # noqa: E731
        words = ", ".join(f"{name}={value!r}" for name, value in wanted.items())
        return replace(self, record=self.record.narrowed(fits, words))

    def per_connection(self) -> Polling:
        """Return a view in which each connection is an observer of its own; `UsageError` if no poll came by one."""
        polls = self.record.polls
        if polls and all(poll.entry.connection is None for poll in polls):
            raise UsageError(
                f"no poll of job {self.record.id} came over a socket: there are no connections to tell apart"
            )
        return self._split(lambda each: replace(each.observer, connection=each.entry.connection))

    def per_header(self, name: str) -> Polling:
        """Return a view in which each value of a request's header is an observer of its own.

        `UsageError` if no poll has the header.
        """
        name_from(name, "a header's name")
        polls = self.record.polls
        if polls and all(poll.entry.request.header(name) is None for poll in polls):
            raise UsageError(f"no poll of job {self.record.id} has the header `{name}`: it tells nobody apart")
        return self._split(
            lambda each: replace(
                each.observer, headers=(*each.observer.headers, (name, each.entry.request.header(name)))
            )
        )

    def _split(self, told_apart: Callable[[Exchange], Any]) -> Polling:
        return replace(self, record=self.record.split(told_apart))

    # ------------------------------------------------------------------ assertions

    def at_most(self, n: int) -> Self:
        """Hold that there are at most ``n`` polls in all. Where nobody ever polled, only ``at_most(0)`` holds."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise UsageError(f"at_most takes a number of polls, 0 or more; found {found(n)}")
        return self._held(judgements.too_many(self.record, n))

    def no_faster_than(self, seconds: Amount) -> Self:
        """Hold that no poll comes sooner than ``seconds`` after the reply to the same observer's poll before it.

        `ClockError` if that is no finite number from 0 on.
        """
        return self._held(judgements.too_fast(self.record, microseconds(seconds=seconds)))

    def honours_retry_after(self) -> Self:
        """Hold that after a reply with a Retry-After its observer polls only when as much time is over.

        The reply that made the job counts among them, with any status. Both forms are read: seconds from the end of
        the reply, and an HTTP date on the fake's clock. An invalid value (``-5``, ``1.5``, ``soon``), 0, or a date
        that is not ahead asks for nothing, and is not judged.
        """
        return self._held(judgements.too_early(self.record))

    def backs_off(
        self, *, min_factor: Amount | None = None, max_interval: Amount | None = None, jitter: Amount = 0
    ) -> Self:
        """Hold that each interval is longer than the one before, or ``min_factor`` times as long at least.

        From ``max_interval`` seconds on it need not grow, but may not fall below them. An interval that a Retry-After
        asked for is the vendor's, and is left out. ``jitter`` is the share by
        which the client varies its intervals, either way: 0.1 takes 10 % off and on. Half a microsecond is granted for
        rounding. `UsageError` for a factor below 1, an interval that is not above 0, a jitter of 1 or more.
        """
        return self._held(judgements.not_backed_off(self.record, growth_from(min_factor, max_interval, jitter)))

    def stops_at_terminal(self) -> Self:
        """Hold that an observer polls no more once a 2xx reply has shown it a terminal state, or the job is gone.

        Gone is a 404 or 410 to one who has seen the job. Requests under way at that time do not count, nor does
        fetching the result.
        """
        return self._held(judgements.not_stopped(self.record))

    def _held(self, complaint: Complaint | None) -> Self:
        if complaint is not None:
            raise ExpectationError(complaint.findings, self.tell(complaint.marks))
        return self


def polling_of(world: World, job: Job, now: Callable[[], int]) -> Polling:
    """Return what clients did with a job of a world up to now."""
    return Polling(record=record_of(world, job, now()), tell=lambda marks: timeline(world, now(), marks))


def _instant(given: Any) -> int:
    if isinstance(given, datetime):
        return instant_of(given)
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, float):
        return microseconds(seconds=given)
    raise UsageError(f"an instant is what the clock's now(), time() or instant() gives; found {found(given)}")
