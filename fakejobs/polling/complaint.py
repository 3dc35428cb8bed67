"""What an assertion on polling has to complain of: lines to read, and marks for the timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from fakejobs.clock import span_text
from fakejobs.documents.spelling import counted
from fakejobs.polling.record import Exchange, Record
from fakejobs.structs import struct
from fakejobs.timeline import Mark

Track = tuple[Exchange, ...]
Pair = tuple[Exchange, Exchange]
"""A poll, and what came before it from the same observer, in that order of time: (before, poll)."""


@struct
class Complaint:
    """Why an assertion does not hold: ``findings`` are lines, ``marks`` are the places that they speak of."""

    findings: tuple[str, ...]
    marks: tuple[Mark, ...] = ()


def interval(pair: Pair) -> int:
    """Return the microseconds from the end of a reply to the next poll; below 0 where the two overlap."""
    before, poll = pair
    return poll.entry.asked - before.entry.answered


def pairs(track: Track) -> list[Pair]:
    """Return each poll of a track with the one before it."""
    return list(pairwise(track))


def mark(exchange: Exchange, text: str, *, breaks: bool = True) -> Mark:
    """Return a mark at an exchange."""
    return Mark(number=exchange.number, text=text, breaks=breaks)


def came_after(record: Record, pair: Pair) -> str:
    """Return who polled when, and how long after what."""
    before, poll = pair
    return f"{poll} by {poll.observer} came at {record.at(poll.entry.asked)}, {gap(pair)} {before}" + (
        f" (ended at {record.at(before.entry.answered)})"
    )


def gap(pair: Pair) -> str:
    """Return how long after a reply the next poll came, up to the words that name that reply's request."""
    span = interval(pair)
    return (
        f"{span_text(span)} after the reply to" if span >= 0 else f"{span_text(-span)} before the end of the reply to"
    )


def remarks(track: Track) -> list[str]:
    """Return what may be the reason for odd intervals, of which there is one or more.

    That is a client that waits in real time, or several that look as one.
    """
    spans = [interval(pair) for pair in pairs(track)]
    if not any(spans):
        what = "every interval is 0s" if len(spans) > 1 else "the interval is 0s"
        how = "pass it fakejobs.clock.sleep, or drive it by fakejobs.clock.drive()"
        return [f"{what}: the client did not sleep on the test's clock; {how}"]
    connections = Counter(poll.entry.connection for poll in track if poll.entry.connection is not None)
    kept = [connection for connection, polls in connections.items() if polls > 1]
    if any(span < 0 for span in spans) or len(kept) > 1:
        how = f"come over {len(kept)} connections in turn" if len(kept) > 1 else "overlap"
        advice = "if these are several pollers, tell them apart, as with .per_connection()"
        return [f"polls by {track[0].observer} {how}: {advice}"]
    return []


def and_others(broken: int, judged: int, what: str) -> list[str]:
    """Return how many are broken, where it is more than the one that was told."""
    return [f"{broken} of {counted(judged, what)} are like that"] if broken > 1 else []


def nothing_to_judge(record: Record, assertion: str, right: str) -> Complaint:
    """Return the complaint of an assertion that had nothing to judge; ``right`` says what it would take."""
    said = f"{assertion} has nothing to judge: {_polled(record)}; right would be {right}"
    return Complaint(findings=(said,))


def _polled(record: Record) -> str:
    since = f" since {record.at(record.since)}" if len(record.judged) < len(record.polls) else ""
    if not record.judged:
        narrowed = f" with {record.narrowed_to}" if record.narrowed_to else ""
        return f"nobody{narrowed} looked at job {record.id} by its id{since}"
    return f"job {record.id} was polled{since} {tally(record.tracks())}"


def tally(tracks: Sequence[Track]) -> str:
    """Return who polled how often: ``3 times by shop-a (api-key) and 1 time by shop-a/app-1 (oauth)``."""
    return joined(f"{counted(len(track), 'time')} by {track[0].observer}" for track in tracks)


def joined(parts: Iterable[str]) -> str:
    """Return parts as a row: ``a, b and c``."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
