"""What an integration engineer has: a client that starts an export, polls it, and fetches the file."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests


class ExportFailed(Exception):
    """The vendor says that the export has failed."""


class ExportGone(Exception):
    """The vendor does not know the export, or knows it no more."""


class Exports:
    """A client of the vendor's exports."""

    def __init__(self, url: str, auth: Any, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = f"{url}/api/v1"
        self._sleep = sleep
        self._session = requests.Session()
        self._session.auth = auth

    def close(self) -> None:
        self._session.close()

    def start(self, newsletter: str) -> str:
        reply = self._session.post(f"{self._url}/newsletters/{newsletter}/recipients/async-export", timeout=10)
        reply.raise_for_status()
        return str(reply.json()["data"]["id"])

    def wait(self, job: str, interval: float = 15) -> str:
        """Poll until the export is done; return the address of its file."""
        while True:
            reply = self._session.get(f"{self._url}/async-jobs/{job}", timeout=10)
            if reply.status_code == 404:
                raise ExportGone(job)
            if reply.status_code == 503:
                self._sleep(float(reply.headers.get("Retry-After", interval)))
                continue
            document = reply.json()["data"]
            if document["status"] == "failed":
                raise ExportFailed(document["error"])
            if document["status"] == "done":
                return str(document["result"])
            self._sleep(interval)
