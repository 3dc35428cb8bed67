"""What templates may say of a job and of its items: names, looked up when a template asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from fakejobs.commands import Json, View
from fakejobs.dialect.figures import done_of, tally, tally_items
from fakejobs.dialect.formats import guid_of
from fakejobs.dialect.overlays import overlaid, settled
from fakejobs.lifecycle import TERMINAL, Phase, ended_at, expires_at, first_entered, progress

if TYPE_CHECKING:
    from fakejobs.dialect.model import Collection, Dialect, Figure
    from fakejobs.dialect.templates import Scope

_STARTED: frozenset[Phase] = frozenset((*TERMINAL, "running"))


class JobFacts:
    """The names of one job; instants are microseconds since the epoch, to be written by a time filter."""

    __slots__ = ("__dict__", "_figures", "dialect", "shown", "step", "view")

    def __init__(self, dialect: Dialect, view: View) -> None:
        self.dialect = dialect
        self.view = view
        self.step = view.script.steps[view.position.index]
        self._figures: dict[str, Json] = {}
        self.shown: Json = None

    @property
    def overlays(self) -> tuple[Json, ...]:
        """What the scenario lays over the job's document."""
        return self.view.overlays

    def note(self, document: Json) -> None:
        """Keep the document that was made of these facts: it tells what the job was shown as."""
        self.shown = document

    def word_shown(self) -> tuple[tuple[int, str], ...]:
        """Return the job's serial number with the word that its document shows; () if none was made."""
        at = self.dialect.job_document.word_at
        if self.shown is None or at not in self.shown:
            return ()
        return ((self.view.serial, str(self.shown[at])),)

    def get(self, name: str) -> Json:
        """Return the value of a name, or None."""
        known = NAMES.get(name)
        if known is not None:
            return known(self)
        if name not in self._figures:
            figure = self.dialect.figures.get(name)
            self._figures[name] = None if figure is None else self._figure(figure)
        return self._figures[name]

    @cached_property
    def share(self) -> Fraction:
        """How much of the job's running is done."""
        return progress(self.view.script, self.view.position, self.view.at)

    @cached_property
    def laid(self) -> Json:
        """What the scenario lays over the document, taken together."""
        result: Json = {}
        for overlay in self.view.overlays:
            result = overlaid(result, overlay)
        return settled(result)

    def _figure(self, figure: Figure) -> dict[str, Json]:
        if figure.items is not None and figure.items in self.view.collections:
            return tally_items(self.view.collections[figure.items], self.share)
        return tally(None if figure.given is None else self.view.given.get(figure.given), self.share)

    def shown_items(self, collection: Collection, scope: Scope) -> list[tuple[int, Json]]:
        """Return the documents of a collection that are there by now, each with its number, in the job's scope."""
        row = self.view.collections.get(collection.name, ())
        render = self.dialect.documents[collection.document].render
        return [
            (number, render(scope.with_root("item", ItemFacts(self.view, number, row[number]))))
            for number in range(done_of(len(row), self.share))
        ]


class ItemFacts:
    """The names of one entry of a collection."""

    __slots__ = ("_number", "_view", "overlays")

    def __init__(self, view: View, number: int, given: Json) -> None:
        self._view = view
        self._number = number
        self.overlays: tuple[Json, ...] = (given,)

    def note(self, document: Json) -> None:
        """An item's document tells nothing of the job."""

    def get(self, name: str) -> Json:
        """Return the value of a name, or None."""
        if name == "id":
            return guid_of(f"{self._view.dialect}:{self._view.tenant}:{self._view.id}:{self._number}")
        return self._number if name == "number" else None


class GroupFacts:
    """The names of a group of jobs: its id, and how it fares as a whole."""

    __slots__ = ("_views",)

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views

    def get(self, name: str) -> Json:
        """Return the value of a name, or None."""
        if not self._views:
            return None
        return self._views[0].group if name == "id" else group_phase(self._views) if name == "phase" else None


def group_phase(views: Sequence[View]) -> Phase:
    """Return how jobs fare as a group: running while one has not ended, then failed if one did not succeed."""
    phases = {view.script.steps[view.position.index].phase for view in views}
    if not phases <= TERMINAL:
        return "running" if phases != {"waiting"} else "waiting"
    return "succeeded" if phases <= {"succeeded"} else "failed"


def _tenant(facts: JobFacts) -> Mapping[str, str]:
    return {"name": facts.view.tenant, **facts.view.tenant_keys}


def _app(facts: JobFacts) -> Mapping[str, str] | None:
    return None if facts.view.app is None else {"name": facts.view.app, **facts.view.app_keys}


GROUP_NAMES = frozenset(("id", "phase"))
"""What every dialect that has groups may say of one."""

ITEM_NAMES = frozenset(("id", "number"))
"""What every dialect may say of an item."""

NAMES: dict[str, Callable[[JobFacts], Json]] = {
    "id": attrgetter("view.id"),
    "serial": attrgetter("view.serial"),
    "state": attrgetter("step.state"),
    "word": lambda facts: facts.dialect.states[facts.step.state].word,
    "phase": attrgetter("step.phase"),
    "tenant": _tenant,
    "app": _app,
    "created": lambda facts: facts.view.position.entered[0],
    "updated": lambda facts: facts.view.position.entered[-1],
    "started": lambda facts: first_entered(facts.view.script, facts.view.position, _STARTED),
    "ended": lambda facts: ended_at(facts.view.script, facts.view.position),
    "expires": lambda facts: expires_at(facts.view.script, facts.view.position),
    "percent": lambda facts: done_of(100, facts.share),
    "facts": attrgetter("view.facts"),
    "given": attrgetter("view.given"),
    "group": attrgetter("view.group"),
    "laid": attrgetter("laid"),
}
"""What every dialect may say of a job; its figures come on top."""

STEADY = frozenset(f"job.{name}" for name in NAMES if name not in ("percent", "expires"))
"""The names that mean the same for as long as a job is in one step."""
