"""Driving: the client's own waiting and reading of time on the test's clock, where that is asked for by name.

A drive puts stand-ins in the place of the functions of ``time``, of the waiting on conditions and of the timers of
asyncio's loops. A stand-in asks who calls: those who take part get the clock's answer, all others the original's. When
the drive ends, everything is as it was.
"""

from __future__ import annotations

from fakejobs.clock.driving.drive import Drive, end_drive

__all__ = ["Drive", "end_drive"]
