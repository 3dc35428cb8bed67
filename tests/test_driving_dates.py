"""What stands in for the class ``datetime``."""

from __future__ import annotations

import copy
import copyreg
import datetime
import pickle
import threading
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from driving import ORIGINALS, START, is_restored, module, modules

from fakejobs.clock import VirtualClock
from fakejobs.clock.driving.dates import driven_datetime

ORIGINAL: list[Any] = [each for each in ORIGINALS if isinstance(each, type)]
"""The original class, in a list, since a name of this module would be driven."""

__all__ = ["modules"]
LOCAL = START.astimezone().replace(tzinfo=None)


def now_in_utc_without_saying_so() -> datetime.datetime:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # since 3.12
        return datetime.datetime.utcnow()


def test_now_is_real_unless_it_is_asked_for() -> None:
    with VirtualClock(START).drive():
        assert datetime.datetime is ORIGINAL[0]
        assert datetime.datetime.now(UTC) > START


@pytest.mark.parametrize("how", [{"datetime": True}, {"names": ("datetime",)}, {"names": (datetime,)}])
def test_now_is_the_clock_s_where_it_is_asked_for(how: dict[str, Any]) -> None:
    clock = VirtualClock(START)
    with clock.drive(*how.get("names", ()), datetime=how.get("datetime", False)):
        assert datetime.datetime.now(UTC) == START
        assert datetime.datetime.now() == datetime.datetime.today() == LOCAL
        assert now_in_utc_without_saying_so() == START.replace(tzinfo=None)
        zone = timezone(timedelta(hours=5))
        assert datetime.datetime.now(zone).isoformat() == "2026-01-01T05:00:00+05:00"
        clock.advance(hours=1)
        assert datetime.datetime.now(UTC) == START + timedelta(hours=1)
    assert is_restored()
    assert datetime.datetime.now(UTC) > START + timedelta(hours=1)


def test_whatever_it_makes_is_of_the_original_class() -> None:
    with VirtualClock(START).drive(datetime=True):
        driven = datetime.datetime
        made = [
            driven.now(),
            driven(2026, 1, 2),
            driven.fromisoformat("2026-01-02T00:00:00"),
            driven.fromtimestamp(0, UTC),
            driven.strptime("2026", "%Y"),
            driven.combine(datetime.date(2026, 1, 2), datetime.time()),
            driven.max,
        ]
        assert {type(each) for each in made} == {*ORIGINAL}
        assert all(isinstance(each, driven) for each in made)
        assert not isinstance(datetime.date(2026, 1, 2), driven)
        assert issubclass(ORIGINAL[0], driven)
        assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
        assert pickle.loads(pickle.dumps(driven)) is driven
        assert repr(driven) == "<class 'datetime.datetime'>"


def test_dates_that_are_pickled_while_it_stands_in_can_be_read_later() -> None:
    moments = [START, START.replace(tzinfo=None), START.replace(fold=1)]
    with VirtualClock(START).drive(datetime=True):
        driven = [pickle.dumps(moment, protocol) for moment in moments for protocol in range(2, 6)]
    read = [pickle.loads(each) for each in driven]
    assert read == [moment for moment in moments for _ in range(2, 6)]
    assert {type(each) for each in read} == {*ORIGINAL}
    assert [each.fold for each in read] == [0] * 8 + [1] * 4
    assert copyreg.dispatch_table.keys().isdisjoint(ORIGINAL)


def test_a_child_of_it_is_a_class_of_its_own() -> None:
    with VirtualClock(START).drive(datetime=True):

        class Stamp(datetime.datetime):
            pass

        assert type(Stamp.now(UTC)) is Stamp
        assert Stamp.now(UTC) == START
        assert isinstance(Stamp.now(UTC), Stamp)
        assert issubclass(Stamp, datetime.datetime)
        assert not isinstance(START, Stamp)
        assert not issubclass(ORIGINAL[0], Stamp)
    assert Stamp.now(UTC) > START


def test_who_does_not_take_part_sees_the_real_date() -> None:
    seen: list[datetime.datetime] = []
    driven = driven_datetime(VirtualClock(START), lambda frame: False)

    def look() -> None:
        seen.append(driven.now(UTC))
        seen.append(driven.today().astimezone(UTC))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            seen.append(driven.utcnow().replace(tzinfo=UTC))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert all(each > START + timedelta(minutes=1) for each in seen)


@pytest.mark.usefixtures("modules")
def test_a_name_in_a_driven_module_is_replaced_and_no_other() -> None:
    client = module("dated_client", "from datetime import datetime, UTC\ndef now(): return datetime.now(UTC)")
    other = module("dated_other", "from datetime import datetime, UTC\ndef now(): return datetime.now(UTC)")
    with VirtualClock(START).drive("dated_client", "datetime"):
        assert client.now() == START
        assert other.now() > START
        assert other.datetime is ORIGINAL[0]
    assert client.datetime is ORIGINAL[0]
    assert client.now() > START


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system sets no time zone for one process")
@pytest.mark.parametrize("hours", [0, 1])
def test_of_an_hour_that_comes_twice_it_is_told_which_it_is(berlin: None, hours: int) -> None:
    instant = datetime.datetime(2026, 10, 25, 0, 30, 0, 5, tzinfo=UTC) + timedelta(hours=hours)  # 2:30 in Berlin
    clock = VirtualClock(instant)
    with clock.drive(datetime=True):
        driven = datetime.datetime
        now, stamp = driven.now(), instant.timestamp()
        assert now.replace(tzinfo=None, fold=0) == ORIGINAL[0](2026, 10, 25, 2, 30, 0, 5)
        for moment in (now, driven.today(), driven.fromtimestamp(stamp), driven.now(ZoneInfo("Europe/Berlin"))):
            assert moment.fold == hours
            assert moment.timestamp() == stamp
