"""What a fault says of itself."""

from __future__ import annotations

import pytest

from fakejobs.scenario.model import Fault

JSON = ("Content-Type", "application/json")
RETRY = ("Retry-After", "2")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(status=503), "503"),
        (Fault(status=503, headers=(RETRY,)), "503, Retry-After: 2"),
        (Fault(status=503, headers=(RETRY, JSON), body=b"{}"), "503, Retry-After: 2"),
        (Fault(headers=(JSON,), body=b"{"), "another body"),
        (Fault(headers=(JSON,)), "Content-Type: application/json"),
        (Fault(headers=(RETRY,), delay=2_500_000), "Retry-After: 2, delayed by 2.5 s"),
        (Fault(delay=60_000_000), "delayed by 60 s"),
    ],
)
def test_a_fault_says_what_goes_wrong(fault: Fault, text: str) -> None:
    assert str(fault) == text
