"""Signed statements (JWS), with secrets as short as tests have them."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwt.api_jws import PyJWS


@cache
def signer() -> PyJWS:
    """Return a signer that takes short secrets without a warning: the secrets of tests are not secret."""
    from jwt.algorithms import HMACAlgorithm  # noqa: PLC0415 - imported when a JWS is first seen
    from jwt.api_jws import PyJWS  # noqa: PLC0415

    class Lenient(HMACAlgorithm):
        def check_key_length(self, key: bytes) -> None:  # noqa: ARG002
            return None

    signer = PyJWS()
    for name, digest in (("HS256", Lenient.SHA256), ("HS384", Lenient.SHA384), ("HS512", Lenient.SHA512)):
        signer.unregister_algorithm(name)
        signer.register_algorithm(name, Lenient(digest))
    return signer


@lru_cache(maxsize=256)
def claims_of(token: str) -> dict[str, Any] | None:
    """Return what a JWS states, its signature unchecked; None if it is none."""
    from jwt.exceptions import PyJWTError  # noqa: PLC0415

    try:
        claims = json.loads(signer().decode_complete(token, options={"verify_signature": False})["payload"])
    except (PyJWTError, ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


@lru_cache(maxsize=256)
def fault_of_signature(token: str, secret: str, algorithms: tuple[str, ...]) -> str:
    """Return what is wrong with a signature, or nothing."""
    from jwt.exceptions import PyJWTError  # noqa: PLC0415

    try:
        signer().decode_complete(token, secret, algorithms=list(algorithms))
    except PyJWTError as error:
        return f"the JWS is refused: {str(error)[:1].lower()}{str(error)[1:]}; allowed are {', '.join(algorithms)}"
    return ""
