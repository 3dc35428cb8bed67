"""Both ends of a connection, and an end of a line that keeps what it hears."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from serving import PATIENCE


class Ear:
    """An end that keeps what it hears; a line stays open for it after the other side's end if it says so."""

    def __init__(self, *, stays: bool = False) -> None:
        self.heard = bytearray()
        self.told: list[str] = []
        self.has_heard = threading.Event()
        self.has_heard_end = threading.Event()
        self.has_lost = threading.Event()
        self._stays = stays

    def data_received(self, data: bytes) -> None:
        self.heard += data
        self.has_heard.set()

    def eof_received(self) -> bool:
        self.has_heard_end.set()
        return self._stays

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def connection_lost(self) -> None:
        assert not self.has_lost.is_set()
        self.has_lost.set()


@contextmanager
def connected(*, room: int | None = None) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection: a client's, and the server's, which is closed by its line."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        if room is not None:
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                listening.setsockopt(socket.SOL_SOCKET, option, room)
        client = socket.create_connection(listening.getsockname(), timeout=PATIENCE)
        taken, _ = listening.accept()
    with client, taken:
        yield client, taken


def counted(size: int) -> bytes:
    """So many bytes, of which any stretch tells where it belongs."""
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]


def all_of(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
