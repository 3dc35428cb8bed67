"""The seat: a server's thread runs on the CPU of its client, as long as it has one client."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any, TypeVar

import pytest
from hearing import connected
from serving import GET, PATIENCE, Client, serving

from fakejobs import threads
from fakejobs.server import Server, seat
from fakejobs.server.seat import Seat
from fakejobs.threads import KNOWS_CPUS, background, run_on

T = TypeVar("T")

pytestmark = pytest.mark.skipif(not KNOWS_CPUS, reason="this system does not let a thread say where it runs")

if KNOWS_CPUS:
    ALL = frozenset(os.sched_getaffinity(os.getpid()))


def cpus() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def tell_cpus(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with the CPUs that the server's thread may run on; below /started, that a thread may that it starts."""
    told: Queue[list[int]] = Queue()
    if environ["PATH_INFO"] == "/started":
        background(lambda: told.put(cpus()), "started").start()
    else:
        told.put(cpus())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [",".join(map(str, told.get(timeout=PATIENCE))).encode()]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(tell_cpus) as server:
        yield server


def seen_by(client: Client, data: bytes = GET) -> set[int]:
    return {int(cpu) for cpu in client.ask(data)[2].split(b",")}


def on(cpu: int, work: Callable[[], T]) -> T:
    """What some work gives in a thread on one CPU."""

    def run() -> T:
        run_on(cpu)
        assert cpus() == [cpu]
        return work()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


@pytest.mark.skipif(not hasattr(socket, "SO_INCOMING_CPU"), reason="this system does not tell where a client is")
def test_the_thread_follows_its_client_once_it_has_been_answered(server: Server) -> None:
    with Client(server) as client:
        assert seen_by(client) == ALL
        for cpu in [*ALL, *ALL]:
            on(cpu, lambda: seen_by(client))
            assert on(cpu, lambda: seen_by(client)) == {cpu}


@pytest.mark.skipif(not hasattr(socket, "SO_INCOMING_CPU"), reason="this system does not tell where a client is")
def test_with_more_clients_than_one_it_runs_anywhere(server: Server) -> None:
    cpu = min(ALL)
    with Client(server) as client:
        with Client(server) as other:
            on(cpu, lambda: (seen_by(client), seen_by(other)))
            assert seen_by(client) == seen_by(other) == ALL
        give_up = time.monotonic() + PATIENCE
        while on(cpu, lambda: seen_by(client)) != {cpu}:  # the server may yet have to hear that the other has gone
            assert time.monotonic() < give_up


def test_a_thread_that_it_starts_runs_anywhere(server: Server) -> None:
    with Client(server) as client:
        on(min(ALL), lambda: seen_by(client))
        assert seen_by(client, b"GET /started HTTP/1.1\r\n\r\n") == ALL


def test_a_server_that_starts_again_follows_its_client_anew(server: Server) -> None:
    cpu = min(ALL)
    for _ in range(2):
        with Client(server) as client:
            assert on(cpu, lambda: [seen_by(client), seen_by(client)]) == [ALL, {cpu}]
        server.stop()
        server.start()


def test_where_the_system_does_not_tell_it_runs_anywhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat, "_CPU_OF_SENDER", None)
    with Client(server) as client:
        assert [on(min(ALL), lambda: seen_by(client)) for _ in range(3)] == [ALL] * 3


def test_a_client_of_which_the_system_does_not_tell_is_not_followed() -> None:
    def follow() -> list[list[int]]:
        its = Seat()
        its.take()
        with connected() as (_, taken):
            its.hear(taken)
            its.follow()
            told = cpus()
        its.hear(taken)  # closed, it tells as little as it does where the option is not known
        its.follow()
        return [told, cpus()]

    assert on(min(ALL), follow) == [[min(ALL)], sorted(ALL)]


def test_a_thread_runs_anywhere_rather_than_on_a_cpu_that_the_process_does_not_have() -> None:
    def stray() -> list[int]:
        run_on(1 << 20)
        return cpus()

    assert on(min(ALL), stray) == sorted(ALL)


@pytest.mark.parametrize("refuses", [True, False])
def test_a_thread_stays_where_it_is_where_the_system_does_not_let_it_choose(
    monkeypatch: pytest.MonkeyPatch, refuses: bool
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    def stay() -> list[int]:
        with monkeypatch.context() as patched:
            if refuses:
                patched.setattr(os, "sched_setaffinity", refuse)
            else:
                patched.setattr(threads, "KNOWS_CPUS", False)
            run_on(None)
        return cpus()

    assert on(min(ALL), stay) == [min(ALL)]
