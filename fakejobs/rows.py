"""Rows of jobs in the order of their creation, along which lists are read."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fakejobs.commands import Principal

if TYPE_CHECKING:
    from fakejobs.population import Job

_STALE = 50
"""So many jobs that have expired are dropped from a row at once, when a walk along it has met them."""


class Row:
    """Jobs in the order of their creation, those of one instant in the order of their making."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def add(self, job: Job) -> None:
        """Put a job in its place: mostly the last."""
        insort(self.jobs, job, key=_place)

    def in_view(
        self, principal: Principal, now: int, after: tuple[int, int] | None = None, *, descending: bool = False
    ) -> Iterator[Job]:
        """Yield the jobs behind a place that a principal may see now, each brought up to date."""
        begin, end = 0, bisect_right(self.jobs, now, key=_created)
        if after is not None and descending:
            end = min(end, bisect_left(self.jobs, after, key=_place))
        elif after is not None:
            begin = bisect_right(self.jobs, after, key=_place)
        gone: list[Job] = []
        try:
            for number in range(end - 1, begin - 1, -1) if descending else range(begin, end):
                job = self.jobs[number]
                job.advance(now)
                if job.has_expired(now):
                    gone.append(job)
                elif job.is_seen_by(principal):
                    yield job
        finally:
            self._drop(gone)

    def _drop(self, gone: Sequence[Job]) -> None:
        """Forget jobs that nobody sees any more, where they are many: a walk past them takes time."""
        if len(gone) >= _STALE:
            stale = set(map(id, gone))
            self.jobs = [job for job in self.jobs if id(job) not in stale]


def _created(job: Job) -> int:
    return job.created


def _place(job: Job) -> tuple[int, int]:
    return job.created, job.serial
