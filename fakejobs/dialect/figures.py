"""Figures that move with time: how many of a job's items are done by now, and how they fared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from fakejobs.commands import Json


def done_of(total: int, share: Fraction) -> int:
    """Return how many of ``total`` are done: linear, rounded down."""
    return int(total * share)


def tally(counts: Mapping[str, Json] | None, share: Fraction) -> dict[str, Json]:
    """Return ``{total, done, succeeded, failed, errors}`` at a share of the work, from what stands at its end.

    ``counts`` has ``total`` (int or null), ``processed`` (how many are done at the end; all, if left out) and
    ``errors`` (how many failed by code). Without it the total is unknown, and nothing is counted.
    """
    counts = counts or {}
    total = counts.get("total")
    at_the_end = counts.get("processed", total) or 0
    errors = {code: done_of(number, share) for code, number in counts.get("errors", {}).items()}
    errors = {code: number for code, number in errors.items() if number}
    done, failed = done_of(at_the_end, share), sum(errors.values())
    return {"total": total, "done": done, "succeeded": done - failed, "failed": failed, "errors": errors}


def tally_items(items: Sequence[Json], share: Fraction) -> dict[str, Json]:
    """Return the same from a row of items: those with ``success`` false failed, by their ``error.code``."""
    done = items[: done_of(len(items), share)]
    failed = [item for item in done if item.get("success", True) is False]
    codes = Counter(str((item.get("error") or {}).get("code", "UNKNOWN")) for item in failed)
    return {
        "total": len(items),
        "done": len(done),
        "succeeded": len(done) - len(failed),
        "failed": len(failed),
        "errors": dict(sorted(codes.items())),
    }
