"""What stands in for the class ``datetime``: its ``now`` is the clock's for who takes part, all else the original's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, tzinfo
from types import FrameType
from typing import Any

from fakejobs.clock.driving.readings import Moved
from fakejobs.clock.instants import SECOND, datetime_of


class _Meta(type):
    """The class of the class: whatever is a datetime is one of it."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime) if cls.__bases__ == (datetime,) else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, datetime) if cls.__bases__ == (datetime,) else super().__subclasscheck__(subclass)


def driven_datetime(clock: Moved, takes_part: Callable[[FrameType], bool]) -> type[datetime]:
    """A class to stand in for ``datetime``. What it makes are datetimes of the original class."""

    class Driven(datetime, metaclass=_Meta):
        __slots__ = ()

        def __new__(cls, *args: Any, **named: Any) -> Any:
            return datetime.__new__(datetime if cls is Driven else cls, *args, **named)

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            if not takes_part(sys._getframe(1)):
                return super().now(tz)
            return cls._like(_now(clock) if tz is None else datetime_of(clock.instant()).astimezone(tz))

        @classmethod
        def today(cls) -> Any:
            if not takes_part(sys._getframe(1)):
                return super().today()
            return cls._like(_now(clock))

        @classmethod
        def utcnow(cls) -> Any:
            if not takes_part(sys._getframe(1)):
                return super().utcnow()
            return cls._like(datetime_of(clock.instant()).replace(tzinfo=None))

        @classmethod
        def fromtimestamp(cls, *args: Any, **named: Any) -> Any:
            return cls._like(datetime.fromtimestamp(*args, **named))

        @classmethod
        def _like(cls, moment: datetime) -> Any:
            """The moment as one of this class, which a client may have made children of."""
            return cls.combine(moment.date(), moment.timetz()).replace(fold=moment.fold)

    Driven.__module__, Driven.__name__, Driven.__qualname__ = "datetime", "datetime", "datetime"
    Driven.__doc__ = datetime.__doc__
    return Driven


def _now(clock: Moved) -> datetime:
    """The local time on a clock, without a zone; of an hour that comes twice it tells which it is."""
    seconds, rest = divmod(clock.instant(), SECOND)
    return datetime.fromtimestamp(seconds).replace(microsecond=rest)


def reducing(driven: type[datetime]) -> Callable[[datetime], tuple[Any, ...]]:
    """How a datetime is pickled while ``driven`` has the name of its class: as ever, so that it can be read later."""
    return lambda moment: (driven, *moment.__reduce_ex__(4)[1:])
