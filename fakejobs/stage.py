"""The stage: where the world stands that is played now, until a reset puts another there."""

from __future__ import annotations

from fakejobs.clock import Move
from fakejobs.world import World


class Stage:
    """Holds the world, and passes on to it what the clock tells and asks.

    Whoever needs the world of the moment holds the stage and not the fake, so that a fake that nobody holds any more is
    gone at once: the collector need not look for it.
    """

    __slots__ = ("is_over", "world")

    def __init__(self) -> None:
        self.world = World()
        self.is_over = False

    def present(self) -> World:
        """Return the world of the moment."""
        return self.world

    def heard(self, move: Move) -> None:
        """Have the world write down a move of the clock, which may go on when the play is over."""
        if self.is_over:
            return
        world = self.world
        with world.lock:
            world.journal.moved(move)

    def next_event(self, after: int) -> int | None:
        """Return the first instant later than ``after`` at which time alone changes what is seen, or None."""
        return None if self.is_over else self.world.next_event(after)
