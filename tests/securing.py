"""An authority that both sides trust, their contexts of TLS, and an app that tells how it is reached."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

import trustme

BIG = bytes(range(256)) * 8192
"""2 MiB."""


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@cache
def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority().issue_cert("127.0.0.1").configure_cert(context)
    return context


@cache
def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


def numbered(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with the scheme, the connection's number and the body, or with much at /big."""
    start_response("200 OK", [])
    if environ["PATH_INFO"] == "/big":
        return [BIG]
    number = f"{environ['wsgi.url_scheme']} {environ['fakejobs.connection']} ".encode()
    return [number, environ["wsgi.input"].read()]
