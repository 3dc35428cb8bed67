"""What a drive sees of who may act although the clock does not know of it."""

from __future__ import annotations

from threading import Thread, current_thread
from threading import enumerate as living_threads

from fakejobs.clock.driving.busy import Busy, load_of
from fakejobs.clock.driving.crowd import Crowd
from fakejobs.clock.driving.loops import Loops
from fakejobs.clock.quiet import MOVER
from fakejobs.clock.waits import Waits


class Sight:
    """The lookout of a clock that drives: over who takes part, over the driven loops, and over who is at work."""

    def __init__(self, crowd: Crowd, loops: Loops, waits: Waits) -> None:
        self._crowd = crowd
        self._loops = loops
        self._waits = waits
        self._busy = Busy(self._at_hand, load_of)

    def is_clear(self) -> bool:
        """Whether the calling thread is alone among those who take part, and nothing is on its way to a loop.

        Another may be about to sleep, whatever it did until now, and the two are to overlap.
        """
        return not (self._crowd.has_company() or self._loops.is_owed())

    def is_owed(self) -> bool:
        """Whether a reply may be on its way to a loop."""
        return self._loops.is_owed()

    def quiet(self, stirred: float) -> float:
        """The real seconds of quiet that are needed for the loops' sake, and that of who is at work."""
        return max(self._loops.quiet(), self._busy.quiet(stirred))

    def _at_hand(self) -> list[Thread]:
        """Every thread that might be at work for one that waits, since it does not wait for the clock itself."""
        me = current_thread()
        others = (each for each in living_threads() if each is not me and each.name != MOVER)
        return [thread for thread in others if not self._waits.is_idle(thread)]
