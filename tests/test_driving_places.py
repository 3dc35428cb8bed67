"""The places where a function is kept under a name."""

from __future__ import annotations

import importlib.util
import sys
import time
import types
from typing import Any

import pytest
from driving import is_restored, module, modules

from fakejobs.clock import VirtualClock
from fakejobs.clock.driving.places import Filled, Place, names_of, places_in

__all__ = ["modules"]

SOURCE = """
import time
from time import sleep
from time import monotonic as now

NAP = time.sleep
ELSE = 1

def wait(seconds, sleep=time.sleep, *, clock=time.time, other=None):
    return sleep, clock

class Client:
    sleep = time.sleep
    still = staticmethod(time.sleep)
    of_class = classmethod(lambda cls, sleep=time.sleep: sleep)
    other = staticmethod(len)

    def wait(self, sleep=sleep):
        return sleep

    class Inner:
        sleep = time.sleep

    Self = None

Client.Self = Client

class Odd:
    __slots__ = ("x",)
"""


class Kept:
    """What a module keeps, wherever it keeps it."""

    def __init__(self, client: Any) -> None:
        self.all = [
            *(
                client.sleep,
                client.now,
                client.NAP,
                client.Client.sleep,
                client.Client.still,
                client.Client.Inner.sleep,
            ),
            *(client.wait(1), client.Client().wait(), client.Client.of_class()),
        ]
        self.defaults = client.wait.__defaults__, client.wait.__kwdefaults__, client.Client.wait.__defaults__
        self.raw = vars(client.Client)["still"]


@pytest.mark.usefixtures("modules")
def test_every_place_in_a_module_is_replaced_and_put_back_exactly() -> None:
    client = module("placed_client", SOURCE)
    before = Kept(client)
    with VirtualClock().drive("placed_client"):
        during = Kept(client)
        assert all("driven" in repr(each) for each in during.all)
        assert client.time.sleep is not before.all[0]
        assert client.ELSE == 1
        assert client.Client.other is len
    after = Kept(client)
    assert after.all == before.all
    assert all(new is old for new, old in zip(after.defaults, before.defaults, strict=True))
    assert after.raw is before.raw
    assert is_restored()


@pytest.mark.usefixtures("modules")
def test_without_names_every_module_is_gone_through_but_for_those_that_look_after_the_test() -> None:
    client = module("placed_client", SOURCE)
    timing = sys.modules["_pytest.timing"]
    with VirtualClock().drive():
        assert "driven" in repr(client.sleep)
        assert "driven" not in repr(timing.sleep)
        assert "driven" not in repr(vars(sys.modules["selectors"]))
    assert is_restored()


@pytest.mark.usefixtures("modules")
def test_what_was_put_there_meanwhile_stays() -> None:
    client = module("placed_client", SOURCE)
    with VirtualClock().drive("placed_client"):
        client.sleep = mine = lambda seconds: None
    assert client.sleep is mine


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("names", [(), ("placed_client",)])
def test_a_module_that_is_loaded_meanwhile_keeps_nothing_of_the_drive(names: tuple[str, ...]) -> None:
    module("placed_client", SOURCE)
    with VirtualClock().drive(*names):
        late = module("placed_later", SOURCE)
        assert "driven" in repr(late.sleep)
    assert all("driven" not in repr(each) for each in Kept(late).all)
    assert late.sleep is time.sleep


def test_a_lazy_module_is_not_woken(modules: None) -> None:
    spec = importlib.util.find_spec("this")
    assert spec is not None
    assert spec.loader is not None
    loader = importlib.util.LazyLoader(spec.loader)
    lazy = importlib.util.module_from_spec(spec)
    sys.modules["this"] = lazy
    loader.exec_module(lazy)
    with VirtualClock().drive():
        pass
    assert "s" not in names_of(lazy)


@pytest.mark.usefixtures("modules")
def test_a_value_is_not_asked_what_it_is() -> None:
    class Unwilling:
        @property  # type: ignore[misc]
        def __class__(self) -> Any:
            raise RuntimeError("there is no request")

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("there is no request")

    client = module("placed_client", SOURCE)
    client.current = Unwilling()
    with VirtualClock().drive("placed_client"):
        pass
    with VirtualClock().drive():
        pass
    assert is_restored()


def test_what_is_no_module_among_the_modules_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "placed_strangely", types.SimpleNamespace(sleep=time.sleep))
    with VirtualClock().drive():
        assert sys.modules["placed_strangely"].sleep is not time.sleep


def test_a_class_that_cannot_be_changed_keeps_what_it_has() -> None:
    filled = Filled()
    filled.fill([Place(int, "sleep", time.sleep)])
    assert not hasattr(int, "sleep")
    filled.restore()


def test_an_attribute_that_was_not_there_is_taken_away_again() -> None:
    owner, table = types.SimpleNamespace(), dict[str, int]()
    filled = Filled()
    filled.fill([Place(owner, "a", 1), Place(table, "a", 2), Place(owner, "a", 3)])
    assert (owner.a, table) == (3, {"a": 2})
    filled.restore()
    assert (vars(owner), table) == ({}, {})


def test_a_module_that_has_nothing_to_do_with_time_is_not_gone_into() -> None:
    stranger = types.ModuleType("stranger")
    exec("def wait(sleep=print): return sleep", vars(stranger))
    assert list(places_in(stranger, {id(print): len})) == []
