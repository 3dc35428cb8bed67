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

from fakejobs import VirtualClock, threads
from fakejobs.server import Server, seat
from fakejobs.server.seat import Seat
from fakejobs.threads import KNOWS_CPUS, background, run_on

T = TypeVar("T")

pytestmark = pytest.mark.skipif(
    not (KNOWS_CPUS and hasattr(socket, "SO_INCOMING_CPU")),
    reason="this system does not tell where a client is, or does not let a thread say where it runs",
)

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


def test_the_thread_follows_its_client_once_it_has_been_answered(server: Server) -> None:
    with Client(server) as client:
        assert seen_by(client) == ALL
        for cpu in [*ALL, *ALL]:
            on(cpu, lambda: [seen_by(client), seen_by(client)])
            assert on(cpu, lambda: seen_by(client)) == {cpu}


def test_a_client_that_is_elsewhere_each_time_is_not_followed(server: Server) -> None:
    with Client(server) as client:
        for cpu in [*ALL] * 3:
            assert len(ALL) == 1 or on(cpu, lambda: seen_by(client)) == ALL


def test_with_more_clients_than_one_it_runs_anywhere(server: Server) -> None:
    cpu = min(ALL)
    with Client(server) as client:
        with Client(server) as other:
            on(cpu, lambda: [seen_by(one) for one in (client, client, other, client)])
            assert seen_by(client) == seen_by(other) == ALL
        give_up = time.monotonic() + PATIENCE
        while on(cpu, lambda: seen_by(client)) != {cpu}:  # the server may yet have to hear that the other has gone
            assert time.monotonic() < give_up


def test_a_thread_that_it_starts_runs_anywhere(server: Server) -> None:
    with Client(server) as client:
        on(min(ALL), lambda: [seen_by(client), seen_by(client)])
        assert seen_by(client, b"GET /started HTTP/1.1\r\n\r\n") == ALL


def test_where_a_reply_is_left_to_the_clock_it_runs_anywhere(server: Server) -> None:
    told: Queue[list[int]] = Queue()

    def wait(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/wait":
            environ["fakejobs.defer"](lambda go: (told.put(cpus()), go()))
        return tell_cpus(environ, start_response)

    server._service.app = wait
    with Client(server) as client:
        for _ in range(2):
            assert on(min(ALL), lambda: [seen_by(client) for _ in range(3)])[2] == {min(ALL)}
            assert seen_by(client, b"GET /wait HTTP/1.1\r\n\r\n") == {min(ALL)}
            assert told.get(timeout=PATIENCE) == sorted(ALL)


def test_a_server_that_starts_again_follows_its_client_anew(server: Server) -> None:
    cpu = min(ALL)
    for _ in range(2):
        with Client(server) as client:
            assert on(cpu, lambda: [seen_by(client) for _ in range(3)]) == [ALL, ALL, {cpu}]
        server.stop()
        server.start()


def test_where_the_system_does_not_tell_it_runs_anywhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat, "_CPU_OF_SENDER", None)
    with Client(server) as client:
        assert [on(min(ALL), lambda: seen_by(client)) for _ in range(4)] == [ALL] * 4


def test_a_client_of_which_the_system_does_not_tell_is_not_followed() -> None:
    def follow() -> list[list[int]]:
        its = Seat()
        its.take()
        with connected() as (_, taken):
            its.hear(taken)
            its.hear(taken)
            its.follow()
            told = cpus()
        for _ in range(2):
            its.hear(taken)  # closed, it tells as little as it does where the option is not known
        its.follow()
        return [told, cpus()]

    assert on(min(ALL), follow) == [[min(ALL)], sorted(ALL)]


def test_a_thread_runs_anywhere_rather_than_on_a_cpu_that_the_process_does_not_have() -> None:
    def stray() -> list[int]:
        run_on(1 << 20)
        return cpus()

    assert on(min(ALL), stray) == sorted(ALL)


def refuse(*_: object) -> None:
    raise PermissionError


@pytest.mark.parametrize("has", [refuse, None])
def test_a_thread_stays_where_it_is_where_the_system_does_not_let_it_choose(
    monkeypatch: pytest.MonkeyPatch, has: Any
) -> None:
    def stay() -> list[int]:
        with monkeypatch.context() as patched:
            patched.setattr(threads, "_restrict", has)
            run_on(None)
        return cpus()

    assert on(min(ALL), stay) == [min(ALL)]


def test_what_a_test_puts_in_the_system_s_place_is_for_the_code_under_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    clock, slept = VirtualClock(), Queue[int]()
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(lambda: slept.put(clock.sleep(60) or clock.instant()))
    begun = VirtualClock().instant()
    assert min(slept.get(timeout=PATIENCE) for _ in range(2)) == begun + 60_000_000
