"""An in-process fake of asynchronous-job HTTP APIs: scripted jobs, on a clock that the test owns.

The public names are resolved when they are first used, so that importing the package costs a test suite nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakejobs.clock import Clock as Clock
    from fakejobs.clock import SystemClock as SystemClock
    from fakejobs.clock import VirtualClock as VirtualClock
    from fakejobs.conformance import check_document as check_document
    from fakejobs.errors import DocumentError as DocumentError
    from fakejobs.errors import ExpectationError as ExpectationError
    from fakejobs.errors import FakeJobsError as FakeJobsError
    from fakejobs.errors import UsageError as UsageError
    from fakejobs.fake import FakeJobs as FakeJobs

_HOMES = {
    "Clock": "fakejobs.clock",
    "DocumentError": "fakejobs.errors",
    "ExpectationError": "fakejobs.errors",
    "FakeJobs": "fakejobs.fake",
    "FakeJobsError": "fakejobs.errors",
    "SystemClock": "fakejobs.clock",
    "UsageError": "fakejobs.errors",
    "VirtualClock": "fakejobs.clock",
    "check_document": "fakejobs.conformance",
}

__all__ = [
    "Clock",
    "DocumentError",
    "ExpectationError",
    "FakeJobs",
    "FakeJobsError",
    "SystemClock",
    "UsageError",
    "VirtualClock",
    "check_document",
]


def __getattr__(name: str) -> object:
    """Import a public name's module when the name is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, so that an interactive shell completes them."""
    return sorted(__all__)
