"""What a test holds of one job: where it stands, who looked, and the levers to move it by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from fakejobs import lifecycle
from fakejobs.clock.instants import text_of
from fakejobs.commands import Json, Principal, View
from fakejobs.dialect.model import State
from fakejobs.dialect.replies import document
from fakejobs.documents import from_value, listed, nearest
from fakejobs.errors import DocumentError, Problem, UsageError
from fakejobs.lifecycle import TERMINAL, Phase, Step
from fakejobs.population import Job
from fakejobs.scenario.bodies import read_body, resolved
from fakejobs.world import World

if TYPE_CHECKING:
    from fakejobs.polling import Polling


class JobHandle:
    """One job of a fake. Looking at it here moves nothing and counts nowhere."""

    def __init__(self, world: World, job: Job, now: Callable[[], int], base: Callable[[], str]) -> None:
        self._world = world
        self._made = job
        self._now = now
        self._base = base

    def __repr__(self) -> str:
        return f"<job {self.id} of {self.tenant}: {'gone' if self._found is None else self.state}>"

    @property
    def _found(self) -> Job | None:
        """The job of the same number and id in the world as it is now; None where a restore went back before it."""
        made, jobs = self._made, self._world.jobs
        there = jobs[made.serial - 1] if made.serial <= len(jobs) else None
        return there if there is not None and (there.id, there.tenant) == (made.id, made.tenant) else None

    @property
    def _job(self) -> Job:
        job = self._found
        if job is None:
            raise UsageError(f"job {self.id} of {self.tenant} is not made yet in the past that was restored")
        return job

    @property
    def id(self) -> str:
        """Its id, as on the wire."""
        return self._made.id

    @property
    def tenant(self) -> str:
        """The tenant whose it is."""
        return self._made.tenant

    @property
    def app(self) -> str | None:
        """The app that made it, or None."""
        return self._made.app

    @property
    def state(self) -> str:
        """The dialect's name of its present state."""
        return self._view().state

    @property
    def phase(self) -> Phase:
        """Its phase: waiting, running, succeeded, partial, failed or cancelled."""
        view = self._view()
        return view.script.steps[view.position.index].phase

    @property
    def document(self) -> Json:
        """Its document now, as its owner's widest credential sees it."""
        return self._document(self._view())

    @property
    def sdk_document(self) -> Json:
        """Its document as the vendor's own SDK would show it: renamed, with instants as aware datetimes.

        `UsageError` where the dialect knows no SDK that shows it otherwise than the wire does.
        """
        form = self._job.dialect.sdk
        if form is None:
            raise UsageError(
                f"no SDK is known that renames {self._job.dialect.name}'s documents; `document` is the wire's"
            )
        return form.of(self.document)

    @property
    def seen(self) -> list[str]:
        """The words that replies with a 2xx status have shown of it, repeats collapsed."""
        return list(self._job.seen)

    @property
    def polls(self) -> int:
        """How often it was looked at by its id by somebody who may see it; faulted and late looks count."""
        return self._job.polls

    @property
    def polling(self) -> Polling:
        """What clients did with it up to now, and the assertions on that; a view that does not change."""
        from fakejobs.polling import polling_of  # noqa: PLC0415 - judged after the polls, if at all

        return polling_of(self._world, self._job, self._now)

    def hold(self) -> None:
        """Let its own time stand still until `release`. `UsageError` if it is not made yet."""
        self._complain_if_unmade()
        with self._world.lock:
            self._world.hold(self._job, self._now())

    def release(self) -> None:
        """Let it go on: its time runs again, or a step that awaits release ends. `UsageError` if nothing kept it."""
        self._complain_if_unmade()
        with self._world.lock:
            went_on = self._world.release(self._job, self._now())
        if not went_on:
            raise UsageError(f"job {self.id} is in `{self.state}`: it is not held, and its step does not await release")

    def finish(self, state: str | None = None, body: Mapping[str, Json] | None = None) -> None:
        """Bring it to an end now: to ``state``, or to the dialect's first state of success.

        ``body`` is laid over its document, as in a scenario. `UsageError` if it has ended already, is not made yet, or
        there is no such state; `DocumentError` if the vendor would not send such a document.
        """
        self._end(self._state(state, "succeeded"), body)

    def fail(self, state: str | None = None, body: Mapping[str, Json] | None = None) -> None:
        """Bring it to an end now: to ``state``, or to the dialect's first state of failure; else like `finish`."""
        self._end(self._state(state, "failed"), body)

    def _view(self) -> View:
        with self._world.lock:  # the instant is read under it, so that no view is older than the job
            return self._world.view(self._job, self._now())

    def _document(self, view: View) -> Json:
        dialect = self._job.dialect
        widest = next((each for each in dialect.credentials if each.sees_tenant), dialect.credentials[0])
        who = Principal(tenant=self.tenant, credential=widest.name, sees_tenant=True)
        return document(dialect, view, who, self._base(), self._world.options(dialect.name))

    def _state(self, name: str | None, phase: Phase) -> State:
        states = self._job.dialect.states
        ends = [state for state in states.values() if state.phase in TERMINAL]
        fitting = [state for state in ends if (state.phase == phase if name is None else state.name == name)]
        if fitting:
            return fitting[0]
        names, whose = [state.name for state in ends], f"a {self._job.dialect.name} job"
        near = None if name is None else nearest(name, names)
        hint = f"did you mean `{near}`?" if near else f"its ends are {listed(names)}"
        what = f"there is no end of the phase `{phase}`" if name is None else f"`{name}` is no end"
        raise UsageError(f"{what} of {whose}; {hint}")

    def _complain_if_unmade(self) -> None:
        if self._job.created > self._now():
            made = text_of(self._job.created)
            raise UsageError(f"job {self.id} is made only at {made}: until then there is nothing to move by hand")

    def _end(self, state: State, body: Mapping[str, Json] | None) -> None:
        self._complain_if_unmade()
        with self._world.lock:  # nothing may end it between the question and the deed
            view = self._view()
            if view.script.steps[view.position.index].phase in TERMINAL:
                raise UsageError(f"job {self.id} has ended already: it is in `{view.state}`")
            last = Step(state=state.name, phase=state.phase)
            over = self._body(body)
            self._complain_of(view, last, over)
            self._world.finish(self._job, last, over, view.at)

    def _body(self, body: Mapping[str, Json] | None) -> Json:
        if body is None:
            return None
        given = from_value(body, f"the body for job {self.id}")
        problems: list[Problem] = []
        read = read_body(given.value, (), lambda path, message: problems.append(given.problem(path, message)))
        if problems:
            raise DocumentError(tuple(problems))
        return resolved(read, f"{self._job.seed}:by hand")

    def _complain_of(self, view: View, last: Step, body: Json) -> None:
        """Raise if the vendor would not send the document that the job is to end with."""
        script, position = lifecycle.finish(view.script, view.position, last, view.at)
        bodies = (self._job.plan.body, body)
        overlays = tuple(resolved(each, self._job.seed) for each in bodies if each is not None)
        ended = from_value(
            self._document(view._replace(script=script, position=position, overlays=overlays)),
            f"the document of job {self.id} in `{last.state}`",
        )
        problems = self._job.dialect.job_document.schema.problems(ended)
        if problems:
            raise DocumentError(problems)
