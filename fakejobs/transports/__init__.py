"""The fake without a socket: what requests and httpx mount in place of their own way to the network.

A class is imported, with its library, when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakejobs.transports.with_httpx import AsyncHttpxTransport as AsyncHttpxTransport
    from fakejobs.transports.with_httpx import HttpxTransport as HttpxTransport
    from fakejobs.transports.with_requests import RequestsAdapter as RequestsAdapter

_HOMES = {"AsyncHttpxTransport": "with_httpx", "HttpxTransport": "with_httpx", "RequestsAdapter": "with_requests"}
_NEEDS = {"with_httpx": "'httpx>=0.27'", "with_requests": "'requests>=2.31' 'urllib3>=2'"}

__all__ = ["AsyncHttpxTransport", "HttpxTransport", "RequestsAdapter"]


def __getattr__(name: str) -> object:
    """Import a class's module when the class is first asked for; ImportError says what it needs and does not find."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{home}")
    except ImportError as error:
        text = f"{name} needs what is not there ({error}): python -m pip install {_NEEDS[home]}"
        raise ImportError(text, name=error.name) from error
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, so that an interactive shell completes them."""
    return sorted(__all__)
