"""Documents as a vendor's SDK hands them to its callers: other names, and instants as dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from fakejobs.commands import Json
from fakejobs.structs import struct


@struct
class SdkForm:
    """What an SDK makes of a document: ``renames`` holds at every depth, ``dates`` names keys of the document itself.

    Names are as on the wire.
    """

    renames: Mapping[str, str]
    dates: tuple[str, ...]

    def of(self, document: Mapping[str, Json]) -> Json:
        """Return a document as the SDK shows it; a date is an aware datetime, one that is null is left out."""
        dated = {
            name: _date(held) if name in self.dates else held
            for name, held in document.items()
            if held is not None or name not in self.dates
        }
        return self._renamed(dated)

    def _renamed(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {self.renames.get(name, name): self._renamed(held) for name, held in value.items()}
        return [self._renamed(held) for held in value] if isinstance(value, list) else value


def _date(value: Json) -> Json:
    """Return the instant that a text names, in UTC; what is none stays, as an unlawful document may have it."""
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError):
        return value
