"""The thread that servers run in, with one loop: it may be kept, since a thread a test costs more than a reply."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Engine:
    """A daemon thread with a loop in it; it starts with the first work, and ends when it is closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.loop: asyncio.AbstractEventLoop
        self.failures: list[BaseException] = []

    @property
    def is_here(self) -> bool:
        """Whether the calling thread is the engine's."""
        return self._thread is threading.current_thread()

    def run(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Let the thread do some work, besides what it does; it starts if it does not run yet."""
        with self._lock:
            if self._thread is None:
                self.loop = asyncio.SelectorEventLoop()
                self.loop.set_debug(False)
                self.loop.set_exception_handler(self._keep_failure)
                self._thread = threading.Thread(target=self._live, name="fakejobs-server", daemon=True)
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self) -> None:
        """End the thread, once all work is done. It may be repeated, and the engine may be used again."""
        with self._lock:
            if self._thread is not None:
                self.loop.call_soon_threadsafe(self.loop.stop)
                self._thread.join()
                self._thread = None

    def _live(self) -> None:
        """Be the engine's thread."""
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()

    def _keep_failure(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep what went wrong in the loop itself, where tests look, in place of a log."""
        self.failures.append(context.get("exception") or RuntimeError(context["message"]))
