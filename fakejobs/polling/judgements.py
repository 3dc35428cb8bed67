"""The judgements on a record of polls: each returns what there is to complain of, or None.

Observers are judged apart: each has its own intervals, and what one was told binds no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fakejobs.clock import span_text
from fakejobs.documents.spelling import counted
from fakejobs.polling.complaint import (
    Complaint,
    Pair,
    Track,
    and_others,
    came_after,
    gap,
    interval,
    mark,
    nothing_to_judge,
    pairs,
    remarks,
    tally,
)
from fakejobs.polling.growth import Growth
from fakejobs.polling.record import Exchange, Record, is_sighting, shows_end, state_shown
from fakejobs.polling.retry_after import RetryAfter, read_retry_after
from fakejobs.timeline import Mark

_MOST_TOLD = 3


def too_many(record: Record, most: int) -> Complaint | None:
    """Judge that there are at most so many polls, of all observers together."""
    polls = record.judged
    if not record.polls and most:
        return nothing_to_judge(record, f"at_most({most})", "one poll or more, or at_most(0)")
    if len(polls) <= most:
        return None
    tracks = record.tracks()
    total = f"{counted(len(polls), 'time')} in all, " if len(tracks) > 1 else ""
    said = f"job {record.id} was polled too often: {total}{tally(tracks)}; right would be at most {most}"
    return Complaint(
        findings=(said,), marks=(mark(polls[most], f"poll {most + 1} in all; right would be at most {most}"),)
    )


def too_fast(record: Record, least: int) -> Complaint | None:
    """Judge that each poll comes so many microseconds or more after the reply to the one before."""
    rows = [(pair, track) for track in record.tracks() for pair in pairs(track)]
    if not rows:
        return nothing_to_judge(record, f"no_faster_than({least / 1_000_000:g})", "two polls or more by one observer")
    broken = [(pair, track) for pair, track in rows if interval(pair) < least]
    if not broken:
        return None
    (pair, track), right = broken[0], f"right would be {span_text(least)} or more"
    return Complaint(
        findings=(
            f"job {record.id} was polled too fast: {came_after(record, pair)}; {right}",
            *and_others(len(broken), len(rows), "interval"),
            *remarks(track),
        ),
        marks=(_origin(pair), mark(pair[1], f"{gap(pair)} {pair[0]}; {right}")),
    )


def _origin(pair: Pair, said: str = "") -> Mark:
    before, _ = pair
    return mark(before, f"{before} by {before.observer}{said}", breaks=False)


# ---------------------------------------------------------------------- Retry-After


def too_early(record: Record) -> Complaint | None:
    """Judge that after a reply with a Retry-After the next poll of the same observer waits for as long as it asks.

    Polls that were under way when that reply came could not know of it.
    """
    obeyed, broken, idle = 0, [], []
    for track, exchange, hint in _hints(record):
        after = (each for each in track if each.number > exchange.number)
        following = next((each for each in after if each.entry.asked >= exchange.entry.answered), None)
        if hint.until is None or following is None:
            idle.append(_idle(exchange, hint))
        elif following.entry.asked < hint.until:
            broken.append((track, (exchange, following), hint))
        else:
            obeyed += 1
    if broken:
        return _unheeded(record, *broken[0], and_others(len(broken), len(broken) + obeyed, "wait"))
    if obeyed:
        return None
    wanted = "a poll after a reply whose Retry-After asks for some time"
    nothing = nothing_to_judge(record, "honours_retry_after()", wanted)
    return Complaint(findings=(*nothing.findings, *(idle[:_MOST_TOLD] or ["no reply carried a Retry-After"])))


def _hints(record: Record) -> Iterator[tuple[Track, Exchange, RetryAfter]]:
    """Yield each exchange whose reply carries a Retry-After, with all of that observer; makings count here too."""
    makings = [each for each in record.makings if each.entry.asked >= record.since]
    rows: dict[object, list[Exchange]] = {}
    for exchange in sorted((*makings, *record.judged), key=lambda each: each.number):
        rows.setdefault(exchange.observer, []).append(exchange)
    for row in rows.values():
        for exchange in row:
            value = _asked_to_wait(exchange)
            if value is not None:
                yield tuple(row), exchange, read_retry_after(value, exchange.entry.answered)


def _asked_to_wait(exchange: Exchange) -> str | None:
    """Return the Retry-After of a reply, or None where the client got none of it."""
    entry = exchange.entry
    return None if entry.broken else entry.response.header("Retry-After")


def _idle(exchange: Exchange, hint: RetryAfter) -> str:
    """Return why a Retry-After asks for nothing that can be judged."""
    whose = f"the reply to {exchange} by {exchange.observer} said `Retry-After: {hint.value}`"
    if hint.until is None:
        return f"{whose}, which is {hint.flaw}, and so asks for nothing (RFC 9110, 10.2.3)"
    return f"{whose}, and no poll of theirs came after it"


def _unheeded(record: Record, track: Track, pair: Pair, hint: RetryAfter, others: list[str]) -> Complaint:
    before, poll = pair
    assert hint.until is not None
    asked = f"`Retry-After: {hint.value}`"
    right = f"right would be {span_text(hint.until - before.entry.answered)} or more"
    return Complaint(
        findings=(
            f"job {record.id} was polled before its Retry-After was over: {came_after(record, pair)}, "
            f"which said {asked}; {right}",
            *others,
            *remarks(track),
        ),
        marks=(_origin(pair, f", answered with {asked}"), mark(poll, f"{gap(pair)} {before}; {right}")),
    )


# ---------------------------------------------------------------------- backing off


def not_backed_off(record: Record, growth: Growth) -> Complaint | None:
    """Judge that each interval between polls grows on the one before.

    Intervals for which a Retry-After asked are the vendor's, and are left out.
    """
    rows = [(track, *both) for track in record.tracks() for both in pairwise(_own(track))]
    if not rows:
        wanted = "three polls or more by one observer, which make two intervals that no Retry-After asked for"
        return nothing_to_judge(record, "backs_off()", wanted)
    broken = [each for each in rows if interval(each[2]) < growth.least(interval(each[1]))]
    if not broken:
        return None
    track, earlier, pair = broken[0]
    right = f"right would be {growth.demand(interval(earlier))}"
    before = f"the interval before was {span_text(interval(earlier))}"
    return Complaint(
        findings=(
            f"job {record.id} was polled without backing off: {came_after(record, pair)}, and {before}; {right}",
            *and_others(len(broken), len(rows), "interval"),
            *remarks(track),
        ),
        marks=(
            _origin(earlier),
            mark(earlier[1], f"{earlier[1]} by {earlier[1].observer}, {gap(earlier)} {earlier[0]}", breaks=False),
            *(() if pair[0] is earlier[1] else (_origin(pair),)),
            mark(pair[1], f"{gap(pair)} {pair[0]}; {right}"),
        ),
    )


def _own(track: Track) -> list[Pair]:
    """Return each poll with the one before it, but for those that waited for as long as a Retry-After asked."""
    return [pair for pair in pairs(track) if not _was_asked_for(pair)]


def _was_asked_for(pair: Pair) -> bool:
    before, poll = pair
    value = _asked_to_wait(before)
    until = None if value is None else read_retry_after(value, before.entry.answered).until
    return until is not None and poll.entry.asked >= until


# ---------------------------------------------------------------------- the end


def not_stopped(record: Record) -> Complaint | None:
    """Judge that nobody polls on who has seen the job's end, or has met a 404 where the job was seen before."""
    ends = [(end, further) for observer in record.observers for end, further in _ends(record, observer)]
    if not ends:
        wanted = "a 2xx reply that shows a terminal state, or a 404 after the job was seen"
        return nothing_to_judge(record, "stops_at_terminal()", wanted)
    broken = [(end, further) for end, further in ends if further]
    if not broken:
        return None
    end, further = broken[0]
    poll, seen = further[0], _seen(record, end)
    right = f"right would be no poll after {end}"
    more = [f"{counted(len(further), 'poll')} by {poll.observer} came after the end"] if len(further) > 1 else []
    return Complaint(
        findings=(
            f"job {record.id} was polled on after its end: {poll} by {poll.observer} came at "
            f"{record.at(poll.entry.asked)}, when the reply to {end} (ended at {record.at(end.entry.answered)}) "
            f"{seen}; {right}",
            *more,
        ),
        marks=(_origin((end, poll), f" {seen}"), mark(poll, f"polled on after {end} {seen}")),
    )


def _ends(record: Record, observer: object) -> Iterator[tuple[Exchange, list[Exchange]]]:
    """Yield the first judged poll at which an observer had to stop, if there is one, with those that came after it.

    What only fetches the result of a job that has ended is no poll of its state.
    """
    fetches = {route.operation for route in record.dialect.routes if route.needs}
    track = [each for each in record.polls if each.observer == observer and each.entry.operation not in fetches]
    was_seen = False
    for number, poll in enumerate(track):
        is_end = shows_end(record.dialect, poll.entry) or (was_seen and _is_gone(record, poll))
        if is_end and poll.entry.asked >= record.since:
            yield poll, [each for each in track[number + 1 :] if each.entry.asked >= poll.entry.answered]
            return
        was_seen = was_seen or is_sighting(record.dialect, poll.entry)


def _is_gone(record: Record, poll: Exchange) -> bool:
    """Say whether a client was told that the job is not there; one whose reply was lost was not."""
    entry = poll.entry
    return not entry.broken and entry.response.status in (404, 410, record.dialect.errors["not_found"].status)


def _seen(record: Record, end: Exchange) -> str:
    """Return how a poll told its observer to stop."""
    state = state_shown(record.dialect, end.entry)
    if state is not None:
        return f"showed it in `{state.name}` ({state.phase})"
    return f"was {end.entry.response.status}, where the job had been seen before"
