"""Snapshots: a world and its clock as they were at one moment, to run one past into two futures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fakejobs.clock import VirtualClock, datetime_of
from fakejobs.door import found
from fakejobs.errors import UsageError
from fakejobs.stage import Stage

if TYPE_CHECKING:
    from fakejobs.keeping import Back
    from fakejobs.world import World


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Snapshot:
    """What a fake was like at one moment: at ``instant``, with so many jobs, and so many entries in its journal."""

    instant: int
    jobs: int
    entries: int
    _stage: Stage
    _world: World
    _played: int
    _world_back: Back
    _clock_back: Back

    def __repr__(self) -> str:
        return f"<snapshot at {self.at:%Y-%m-%d %H:%M:%S.%f} UTC: jobs {self.jobs}, journal entries {self.entries}>"

    @property
    def at(self) -> datetime:
        """When it was taken, on the test's clock."""
        return datetime_of(self.instant)

    def restore(self, stage: Stage) -> None:
        """Put back what stands on a stage; `UsageError` where this was taken of another, `ClockError` while it acts."""
        if stage is not self._stage:
            raise UsageError("this snapshot is of another fake: restore it there")
        world = self._world
        if stage.world is not world:
            raise UsageError("the fake was reset since this snapshot was taken: its world is gone; take another")
        with world.lock:
            if len(world.scenarios) != self._played:
                later = ", ".join(scenario.name for scenario in world.scenarios[self._played :])
                raise UsageError(f"{later} was played since this snapshot was taken: play it before, or take another")
            self._clock_back()
            self._world_back()


def taken(stage: Stage, clock: VirtualClock) -> Snapshot:
    """Return a snapshot of what stands on a stage."""
    world = stage.world
    with world.lock:
        return Snapshot(
            instant=clock.instant(),
            jobs=len(world.jobs),
            entries=len(world.journal.entries),
            _stage=stage,
            _world=world,
            _played=len(world.scenarios),
            _world_back=world.keep(),
            _clock_back=clock.keep(),
        )


def snapshot_from(given: Any) -> Snapshot:
    """Return what a test gives as a snapshot; `UsageError` if it is none."""
    if not isinstance(given, Snapshot):
        raise UsageError(f"restore takes what snapshot() has returned; found {found(given)}")
    return given
