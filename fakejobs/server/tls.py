"""TLS between a line and whoever is at its end: it is the end of the one, and the line of the other."""

from __future__ import annotations

import ssl
from contextlib import suppress

from fakejobs.errors import UsageError
from fakejobs.server.line import End, Line

CHUNK = 64 * 1024


def ensure_it_serves(context: ssl.SSLContext) -> None:
    """Raise ``UsageError`` if this is no context for a server."""
    try:
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
    except ssl.SSLError as error:
        reason = f"cannot serve with this ssl_context: {error}"
        raise UsageError(f"{reason}; ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) makes one that can") from error


class TlsLine:
    """The server's side of TLS. A client that fails the handshake is gone: that is its own matter."""

    _line: Line

    def __init__(self, context: ssl.SSLContext, end: End) -> None:
        self._received, self._sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._sent, server_side=True)
        self._end = end
        self._has_agreed = False
        self._is_closing = False

    def runs_over(self, line: Line) -> None:
        """Take the line that carries what is encrypted."""
        self._line = line

    # ---------------------------------------------------------------- the end of the line below

    def data_received(self, data: bytes) -> None:
        """Decrypt bytes and hand them on."""
        self._received.write(data)
        try:
            self._read()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:  # no TLS, or not TLS as it should be: the alert that says so is sent
            self._flush()
            self._line.close()

    def _read(self) -> None:
        if not self._has_agreed:
            self._tls.do_handshake()
            self._has_agreed = True
            self._flush()
        while not self._line.is_closing():
            plain = self._tls.read(CHUNK)
            if not plain:
                self.eof_received()
                return
            self._end.data_received(plain)

    def eof_received(self) -> bool:
        """Hear that no more will come: TLS has no half-closed state, so the line ends."""
        self._end.eof_received()
        self.close()
        return False

    def pause_writing(self) -> None:
        """Pass it on."""
        self._end.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._end.resume_writing()

    def connection_lost(self) -> None:
        """Pass it on."""
        self._is_closing = True
        self._end.connection_lost()

    # ---------------------------------------------------------------- the line of the end above

    def is_closing(self) -> bool:
        """Whether it has ended, or will once all is sent."""
        return self._is_closing or self._line.is_closing()

    def is_idle(self) -> bool:
        """Tell nothing: what has come of a request may be half decrypted."""
        return False

    def write(self, data: bytes) -> None:
        """Encrypt bytes and send them; some must have been received before."""
        rest = memoryview(data)
        while rest and not self.is_closing():
            rest = rest[self._tls.write(rest) :]
        self._flush()

    def write_eof(self) -> None:
        """Do nothing: TLS has no half-closed state."""

    def pause_reading(self) -> None:
        """Leave what comes to the system."""
        self._line.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._line.resume_reading()

    def close(self) -> None:
        """End once all is sent, the word of the end included."""
        if not self.is_closing():
            self._is_closing = True
            with suppress(ssl.SSLError):  # the client's own word is not waited for
                self._tls.unwrap()
            self._flush()
            self._line.close()

    def abort(self) -> None:
        """End now."""
        self._line.abort()

    def reset(self) -> None:
        """End now, in a way that the other side takes for an accident."""
        self._line.reset()

    def _flush(self) -> None:
        if self._sent.pending:
            self._line.write(self._sent.read())
