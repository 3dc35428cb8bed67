"""Certificates for TLS on loopback: an authority of the fake's own, in a temporary folder, made by trustme."""

from __future__ import annotations

import ssl
from pathlib import Path
from tempfile import TemporaryDirectory

from fakejobs.errors import UsageError

NAMES = ("127.0.0.1", "localhost", "::1")
"""What the server may be called by."""


class Certificates:
    """What a TLS server shows, and the file by which clients come to trust it.

    ``context`` is the server's; ``bundle`` is a PEM file of the authority, for ``REQUESTS_CA_BUNDLE``,
    ``SSL_CERT_FILE`` and the like, which is gone after `close`. `UsageError` where the extra ``tls`` is not installed.
    """

    def __init__(self) -> None:
        try:
            import trustme  # noqa: PLC0415 - an extra
        except ImportError:
            raise UsageError("TLS takes the extra `tls`: pip install 'fakejobs[tls]'") from None
        authority = trustme.CA(organization_name="fakejobs", organization_unit_name="for tests alone")
        self._folder = TemporaryDirectory(prefix="fakejobs-tls-")
        self.bundle = Path(self._folder.name) / "ca.pem"
        authority.cert_pem.write_to_path(self.bundle)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*NAMES).configure_cert(self.context)

    def close(self) -> None:
        """Remove the file."""
        self._folder.cleanup()
