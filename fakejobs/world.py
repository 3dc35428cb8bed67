"""The world: the one thing that changes. Jobs, their positions, what is left of the faults, the journal; one lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from fakejobs import lifecycle
from fakejobs.commands import (
    NOTHING,
    Command,
    Json,
    Principal,
    View,
)
from fakejobs.counting import CountedFault, CountedSubmission, group_for, joined
from fakejobs.dialect.directory import Directory
from fakejobs.dialect.model import Dialect, Route
from fakejobs.dialect.overlays import covers
from fakejobs.dialect.routing import Router
from fakejobs.files import Files
from fakejobs.idempotency import Keys
from fakejobs.journal import Delivery, Entry, Journal
from fakejobs.keeping import Back, fields_kept
from fakejobs.lifecycle import Step
from fakejobs.outcomes import Outcome, outcome_of
from fakejobs.population import Job, Population, seed_of
from fakejobs.rates import CountedRate
from fakejobs.scenario.bodies import resolved
from fakejobs.scenario.clashes import refuse_clashes
from fakejobs.scenario.model import JobPlan, Scenario


class World:
    """All state of one fake, but for the ``strays`` of its journal, which a reset takes over from the world before.

    Every method may be called from any thread.
    """

    def __init__(self, strays: list[Entry | Delivery] | None = None) -> None:
        self.lock = threading.RLock()
        self.journal = Journal(strays)
        self.router: Router[tuple[Dialect, Route]] = Router()
        self.scenarios: list[Scenario] = []
        self.population = Population()
        self.submissions: list[CountedSubmission] = []
        self.faults: list[CountedFault] = []
        self.rates: list[CountedRate] = []
        self.keys: dict[str, Keys] = {}
        self.files = Files()
        self._dialects: dict[str, Dialect] = {}
        self._directories: dict[str, Directory] = {}
        self._options: dict[str, dict[str, bool]] = {}
        self.defaults: dict[str, tuple[Scenario, JobPlan]] = {}
        self.heed: Callable[[Job, int], None] = _heedless
        """Told, under the lock, of each job whose dialect has callbacks, when it is made or moved but by time."""

    @property
    def jobs(self) -> list[Job]:
        """All jobs, in the order in which they were made."""
        return self.population.jobs

    def keep(self) -> Back:
        """Return what puts all of it back as it is now, as often as it is called; for who holds the lock."""
        return fields_kept(self, values=("lock", "router", "heed"))

    # ------------------------------------------------------------------ what is played

    def play(self, scenario: Scenario, now: int) -> None:
        """Add a scenario; its jobs start now. `UsageError` if it clashes with what is played: then nothing is added."""
        with self.lock:
            refuse_clashes(self, scenario)
            dialect = scenario.dialect
            if dialect.name not in self._dialects:
                self._dialects[dialect.name] = dialect
                self.router = _router_of(*self._dialects.values())
            self._options.setdefault(dialect.name, {}).update(scenario.options)
            for job in self.jobs if scenario.options else ():
                job.laid.clear()  # what was kept of documents may not have followed from these options
            self._directories.setdefault(dialect.name, Directory()).add(scenario.holders, now)
            if scenario.default is not None:
                self.defaults.setdefault(dialect.name, (scenario, scenario.default))
            self.submissions.extend(CountedSubmission(scenario=scenario, rule=rule) for rule in scenario.submissions)
            self.faults.extend(CountedFault(scenario=scenario, rule=rule) for rule in scenario.faults)
            self.rates.extend(CountedRate(scenario=scenario, rule=rule) for rule in scenario.rates)
            if scenario.idempotency is not None:
                self.keys.setdefault(dialect.name, Keys(scenario.idempotency))
            self.scenarios.append(scenario)
            for plan in scenario.jobs:
                self.make(scenario, plan, plan.tenant, plan.app, now, _mint_of(dialect), group=plan.group)

    def directory(self, dialect: str) -> Directory:
        """Return who may speak to a dialect's API."""
        return self._directories[dialect]

    def options(self, dialect: str) -> Mapping[str, bool]:
        """Return the options that are set for a dialect."""
        return self._options[dialect]

    @property
    def dialects(self) -> list[Dialect]:
        """What is played, in the order in which it came."""
        return list(self._dialects.values())

    # ------------------------------------------------------------------ what clients do

    def do(self, dialect: Dialect, principal: Principal | None, command: Command, now: int) -> Outcome:
        """Carry out a command and return what came of it."""
        with self.lock:
            return outcome_of(self, dialect, principal, command, now)

    def fault_of(
        self, dialect: Dialect, route: Route, asked: Callable[[], Mapping[str, Json]] = lambda: NOTHING
    ) -> CountedFault | None:
        """Count a request of a route, and return the fault that it meets, if one is due.

        ``asked`` returns what a ``when`` may match of the request. What one fault answers does not count for those that
        stand behind it.
        """
        met, facts = None, None
        with self.lock:
            for counted in self.faults:
                rule = counted.rule
                names = (route.operation, route.do) if route.counts else (route.operation,)
                if met is not None or counted.scenario.dialect is not dialect or rule.on not in names:
                    continue
                if rule.when:
                    facts = asked() if facts is None else facts
                    if not covers(facts, rule.when):
                        continue
                counted.asked += 1
                if rule.nth <= counted.asked < rule.nth + rule.times:
                    counted.taken += 1
                    met = counted
        return met

    def count_poll(self, dialect: Dialect, principal: Principal, id: str, now: int) -> str:
        """Count a look at a job that is answered without looking; return why it is one too many, if it is."""
        with self.lock:
            job, _ = self.population.find(dialect.name, principal, id, now)
            if job is None:
                return ""
            job.advance(now)
            return job.poll(principal, now, has_ended=job.has_ended())

    # ------------------------------------------------------------------ jobs

    def make(
        self,
        scenario: Scenario,
        plan: JobPlan,
        tenant: str,
        app: str | None,
        now: int,
        mint: Callable[[str], str],
        facts: Mapping[str, Json] = NOTHING,
        *,
        group: str | None = None,
    ) -> Job:
        """Make a job of a plan, for whom it is, now or at the instant that the plan says."""
        dialect, serial = scenario.dialect, len(self.jobs) + 1
        group = group or group_for([plan], tenant, dialect, serial)
        id = plan.id if plan.id is not None else joined(dialect, group, mint(f"{tenant}:{serial}"))
        created = plan.created if plan.created_absolute else now + plan.created
        seed = seed_of(scenario, tenant, id)
        directory = self._directories[dialect.name]
        owner, holder = directory.holder(tenant), directory.holder(tenant, app)
        job = Job(
            dialect=dialect,
            id=id,
            tenant=tenant,
            app=app,
            serial=serial,
            seed=seed,
            plan=plan,
            script=plan.script,
            position=lifecycle.begin(plan.script, created),
            bodies=plan.bodies,
            facts=facts,
            collections={name: tuple(resolved(row, seed)) for name, row in plan.collections.items()},
            tenant_keys={} if owner is None else owner.keys,
            app_keys={} if holder is None else holder.keys,
            group=group,
        )
        self.population.add(job)
        self._attend(job, now)
        return job

    def view(self, job: Job, now: int) -> View:
        """Return a job as it stands now."""
        with self.lock:
            job.advance(now)
            return job.view(now)

    def shown(self, words: Sequence[tuple[int, str]]) -> None:
        """Note the words that a reply has shown of jobs, each by its serial number."""
        with self.lock:
            for serial, word in words:
                seen = self.jobs[serial - 1].seen
                if not seen or seen[-1] != word:
                    seen.append(word)

    def hold(self, job: Job, now: int) -> None:
        """Let a job's own time stand still."""
        with self.lock:
            job.advance(now)
            job.position = lifecycle.hold(job.position, now)
            self.moved(job, now)

    def release(self, job: Job, now: int) -> bool:
        """Let a job go on that is held or that awaits release; return whether one of them was so."""
        with self.lock:
            job.advance(now)
            position = lifecycle.release(job.script, job.position, now)
            if position is not None:
                job.position = position
                self.moved(job, now)
            return position is not None

    def finish(self, job: Job, last: Step, body: Json, now: int) -> None:
        """Bring a job to its last step now; ``body`` is laid over its document from then on."""
        with self.lock:
            job.advance(now)
            kept = job.position.index + 1
            job.script, job.position = lifecycle.finish(job.script, job.position, last, now)
            job.bodies = (*job.bodies[:kept], body)
            job.laid.pop(kept, None)
            self.moved(job, now)

    def end_otherwise(self, job: Job, last: Step, body: Mapping[str, Json]) -> None:
        """Let a job that has just ended end otherwise; what ``body`` says takes the place of what its step said."""
        with self.lock:
            index = job.position.index
            held = job.bodies[index] or {}
            kept = {key: value for key, value in held.items() if key not in body}
            job.script = lifecycle.end_otherwise(job.script, job.position, last)
            job.bodies = (*job.bodies[:index], {**kept, **body})
            job.laid.pop(index, None)
            job.note(job.position.entered[-1])  # it did so from the beginning of its end on

    def moved(self, job: Job, now: int) -> None:
        """Take note of a job that something other than time has just moved."""
        job.note(now)
        self._attend(job, now)

    def _attend(self, job: Job, now: int) -> None:
        if job.dialect.callbacks is not None:
            self.heed(job, now)

    def next_event(self, after: int) -> int | None:
        """Return the first instant later than ``after`` at which time alone changes what is seen, or None."""
        with self.lock:
            instants: list[int] = []
            for job in self.jobs:
                if job.created > after:
                    instants.append(job.created)
                    continue
                position = lifecycle.advance(job.script, job.position, after)
                due = [lifecycle.next_change(job.script, position, after)]
                due += [lifecycle.next_shown(job.script, position, after, lag) for lag in job.plan.lag.spans]
                instants.extend(at for at in due if at is not None)
            return min(instants, default=None)


def _heedless(_job: Job, _now: int) -> None:
    """Nobody needs to be told of anything."""


@lru_cache(maxsize=32)
def _router_of(*dialects: Dialect) -> Router[tuple[Dialect, Route]]:
    """Return what finds the routes of dialects, which every world that plays them shares."""
    return Router(
        (pattern, (dialect, route)) for dialect in dialects for route in dialect.routes for pattern in route.patterns
    )


def _mint_of(dialect: Dialect) -> Callable[[str], str]:
    return lambda seed: dialect.ids.mint(f"{dialect.name}:{seed}")
