"""A look that comes again, at a job that looks do not move: who asks for what is known, often the reply as well."""

from __future__ import annotations

from typing import NamedTuple

from fakejobs.asking import Asked, kept_in
from fakejobs.commands import Ask, Look, Reply, View
from fakejobs.dialect.reading import Reading
from fakejobs.dialect.replies import ReplyKey, answer, known_reply, reply_key
from fakejobs.population import Job
from fakejobs.world import World


class SameLook(NamedTuple):
    """A look that was carried out at the instant of its ``ask``, in a world that played so many scenarios by then."""

    world: World
    played: int
    asked: Asked
    reading: Reading
    ask: Ask
    job: Job
    key: ReplyKey

    def reply(self, now: int) -> Reply | None:
        """Look once more, and return the reply; None, and nothing is changed, where more is to be looked into.

        That is so if more was played meanwhile, if the clock or the job was taken back, and once the job has expired or
        was asked for too often. The world's lock is held.
        """
        world, job = self.world, self.job
        if now < self.ask.at or self.played != len(world.scenarios) or not world.population.has(job):
            return None
        job.advance(now)
        has_ended = job.has_ended()
        if has_ended and job.has_expired(now):
            return None
        if job.poll(self.reading.principal, has_ended=has_ended):
            return None
        known = known_reply(self.key, now, now, job.position, self.ask.base) if job.is_as_planned else None
        if known is not None:
            return known
        ask, dialect = self.ask._replace(at=now), self.asked.dialect
        return answer(dialect, self.reading, (job.view(now),), ask, world.options(dialect.name))


def same_look(world: World, ask: Ask, reading: Reading, view: View) -> SameLook | None:
    """Return a look that was just carried out, for when it comes again; None if it is to be asked in full each time.

    It need not be where what its request comes to was kept, looks do not move the job, and nothing meets a fault.
    """
    asked = kept_in(world, ask)
    if asked is None or world.faults or world.rates:
        return None
    job = world.jobs[view.serial - 1]
    is_poll = isinstance(reading.command, Look) and reading.command.counts
    if not is_poll or reading.route.needs or not job.plan.is_unmoved_by_looks:
        return None
    key = reply_key(reading, view, ask.path, world.options(asked.dialect.name))
    once = ask._replace(kept=None)  # else the look would hold what it is kept in
    return SameLook(world, len(world.scenarios), asked, reading, once, job, key)
