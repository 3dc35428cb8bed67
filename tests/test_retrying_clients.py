"""What stands behind the tests of retry libraries: a library alone is on the clock, and the README tells of each."""

from __future__ import annotations

import asyncio
import datetime
import re
import time
from pathlib import Path
from typing import Any

import httpx_retries.retry
import pytest
from retrying_clients import on_the_clock

from fakejobs import FakeJobs


def test_a_library_waits_on_the_clock_and_reads_it(fakejobs: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_clock(fakejobs, monkeypatch, "httpx_retries")
    module: Any = httpx_retries.retry
    module.time.sleep(60)
    asyncio.run(module.asyncio.sleep(60))
    assert fakejobs.clock.now() == datetime.datetime(2026, 1, 1, 0, 2, tzinfo=datetime.UTC)
    assert module.time.time() == module.time.monotonic() == fakejobs.clock.time()
    assert module.datetime.datetime.now(datetime.UTC) == fakejobs.clock.now()
    assert module.datetime.datetime.now().astimezone() == fakejobs.clock.now()


def test_nothing_else_does_and_the_library_no_longer_when_the_test_is_over(
    fakejobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    module: Any = httpx_retries.retry
    real = time.sleep, time.time, asyncio.sleep, datetime.datetime
    with monkeypatch.context() as patches:
        on_the_clock(fakejobs, patches, "httpx_retries")
        assert module.time is not time
        assert real == (time.sleep, time.time, asyncio.sleep, datetime.datetime)
    assert (module.time, module.asyncio, module.datetime) == (time, asyncio, datetime)


def test_each_row_of_the_readme_is_a_test_of_what_a_library_survives_and_one_of_what_it_does_not() -> None:
    here = Path(__file__).parent
    text = (here.parent / "README.md").read_text(encoding="utf-8")
    rows = text.partition("| library | survives | does not survive |")[2].partition("\n\n")[0].splitlines()[2:]
    libraries = {re.split(r"[ |]+", row)[1].replace("-", "_") for row in rows}
    tests = "".join(
        (here / f"test_retry_{each}.py").read_text(encoding="utf-8") for each in ("libraries", "transports")
    )
    assert len(libraries) >= 8
    for does in ("survives", "does_not_survive"):
        assert libraries == set(re.findall(rf"^def test_(\w+?)_{does}_", tests, re.MULTILINE))
