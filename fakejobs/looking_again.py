"""A look that comes again, at a job that looks do not move: who asks for what is known, often the reply as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fakejobs.asking import Kept, kept_in
from fakejobs.commands import Ask, Look, Reply, View
from fakejobs.dialect.reading import Reading
from fakejobs.dialect.replies import ReplyKey, answer, known_reply, reply_key
from fakejobs.population import Job
from fakejobs.world import World


class SameLook(NamedTuple):
    """A look that was carried out at the instant of its ``ask``, and what its request comes to each time."""

    kept: Kept
    reading: Reading
    ask: Ask
    job: Job
    key: ReplyKey

    def reply(self, world: World, now: int) -> Reply | None:
        """Look once more, and return the reply; None, and nothing is changed, where more is to be looked into.

        That is so in another world or when more was played, if the clock or the job was taken back, and once the job
        has expired or was asked for too often. The world's lock is held.
        """
        job = self.job
        if now < self.ask.at or not self.kept.holds_in(world) or not world.population.has(job):
            return None
        job.advance(now)
        has_ended = job.has_ended()
        if has_ended and job.has_expired(now):
            return None
        if job.poll(self.reading.principal, now, has_ended=has_ended):
            return None
        known = known_reply(self.key, now, now, job.position, self.ask.base) if job.is_as_planned else None
        if known is not None:
            return known
        ask, dialect = self.ask._replace(at=now), self.kept.asked.dialect
        return answer(dialect, self.reading, (job.view(now),), ask, world.options(dialect.name))


def same_look(world: World, ask: Ask, views: Sequence[View]) -> SameLook | None:
    """Return a look that was just carried out, for when it comes again; None if it is to be asked in full each time.

    It need not be where what its request comes to was kept, looks do not move the job, and nothing meets a fault.
    """
    kept = kept_in(world, ask)
    if kept is None or world.faults or world.rates:
        return None
    view, asked = views[0], kept.asked  # only what is asked of one job is kept
    job, reading = world.jobs[view.serial - 1], asked.reading
    assert isinstance(reading, Reading)  # likewise, and only where it was understood
    is_poll = isinstance(reading.command, Look) and reading.command.counts
    if not is_poll or asked.route.needs or not job.plan.is_unmoved_by_looks:
        return None
    key = reply_key(reading, view, ask.path, world.options(asked.dialect.name))
    once = ask._replace(kept=None)  # else the look would hold what it is kept in
    return SameLook(kept, reading, once, job, key)
