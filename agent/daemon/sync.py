"""Keeps the accounts in step from a thread of its own: when a server has news, and every so many minutes.

A server that does not answer keeps only this thread waiting. Deliberately not here: what a sync does (`accounts`).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from nearhand.agent.daemon.log import NAME
from nearhand.agent.work import Notice, Notify, Servers
from nearhand.connectors.errors import NearhandError

_LOG = logging.getLogger(NAME)
_FIRST_PAUSE, _LONGEST_PAUSE = 30.0, 3600.0


class Syncing:
    """The accounts of one profile while the daemon runs."""

    def __init__(self, servers: Servers, every: float, after: Callable[[], None], notify: Notify) -> None:
        """`every` is in seconds; `after` is called when something may have come in."""
        self._servers, self.every, self._after, self._notify = servers, every, after, notify
        self._wakes: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._pause = 0.0
        self._told = ""
        self._thread = threading.Thread(target=self._running, name="nearhand-sync")

    def start(self) -> None:
        """Sync at once, then whenever there is news."""
        self._servers.start(self._news)
        self._thread.start()

    def close(self) -> None:
        """Close every connection and end the thread."""
        self._wakes.put(False)
        self._servers.stop()
        self._thread.join()

    def now(self) -> str:
        """Sync because the person asked; says what was done, raises what is wrong."""
        with self._lock:
            said = self._servers.sync()
        self._after()
        return said

    def _news(self) -> None:
        if self._wakes.empty():
            self._wakes.put(True)

    def _running(self) -> None:
        going = True
        while going:
            self._sync()
            try:
                going = self._wakes.get(timeout=self._pause or self.every)
            except queue.Empty:
                continue

    def _sync(self) -> None:
        try:
            self.now()
        except Exception as error:
            self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
            _LOG.warning("sync: %s; next try in %d s", type(error).__name__, self._pause)
            said = str(error) if isinstance(error, NearhandError) else f"Something unexpected ({type(error).__name__})."
            if said != self._told:
                self._notify(Notice("Your accounts cannot be reached right now.", said))
            self._told = said
        else:
            _LOG.info("sync: done")
            self._pause, self._told = 0.0, ""
