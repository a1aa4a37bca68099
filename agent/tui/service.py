"""The background service as the app sees it: whether one runs, a connection for requests, and what happens in it.

A thread listens, so that what the service does is seen without a key press, and looks every few seconds whether one has
come where there was none. A service of another version is told of once and not used. Deliberately not here: what is
done about any of it (`news.py`), and requests (`desk.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from nearhand.connectors.errors import NearhandError

if TYPE_CHECKING:
    from nearhand.agent.daemon.remote import Remote

Progress = Callable[[str, int, int], None]
Find: TypeAlias = "Callable[[Progress | None], Remote | None]"
"""Connects to the service of the profile; None if none runs, VersionError if it is of another version."""
_LOOK_EVERY = 3.0


@dataclass(frozen=True, slots=True)
class Joined:
    """A service is there, and requests go to it."""


@dataclass(frozen=True, slots=True)
class Alone:
    """There is no service, or none that can be used."""

    why: str = ""
    """What the person should hear about that; "" where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something the service told of, as it came over the wire."""

    event: Mapping[str, object]


Heard = Joined | Alone | Happened
LEFT = "The background service has ended. From here on this window works alone."


class Service:
    """The service of one profile, while there is one."""

    def __init__(self, find: Find, told: Callable[[Heard], None], progress: Progress) -> None:
        """`told` is called in the thread that listens."""
        self._find, self._told, self._progress = find, told, progress
        self._lock = threading.Lock()
        self._ears: Remote | None = None
        self._remote: Remote | None = None
        self._retired: list[Remote] = []
        self._ended, self._looked = threading.Event(), threading.Event()
        self._last = ""
        self._thread = threading.Thread(target=self._run, name="nearhand service", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Hang up; to be called when nobody uses `agent` any more."""
        self._ended.set()
        with self._lock:
            if self._ears is not None:
                self._ears.stop.set()
        if self._thread.is_alive():
            self._thread.join(10)
        self._sweep()

    def agent(self) -> Remote | None:
        """The connection for requests, for one thread to use; waits until it is known whether there is a service."""
        self._looked.wait(10)
        self._sweep()
        with self._lock:
            return self._remote

    def drop(self) -> None:
        """The connection failed: begin anew with whoever is there."""
        with self._lock:
            if self._ears is not None:
                self._ears.hang_up()

    def _sweep(self) -> None:
        """Close what was hung up; only where it is used, so that nobody reads from a closed descriptor."""
        with self._lock:
            gone, self._retired = self._retired, []
        for remote in gone:
            remote.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            why = self._listen()
            if not self._ended.is_set():
                self._alone(why)
                self._ended.wait(_LOOK_EVERY)

    def _alone(self, why: str) -> None:
        """Say once why there is no service, and at first also that there is none."""
        if why != self._last or not self._looked.is_set():
            self._last = why
            self._told(Alone(why))
        self._looked.set()

    def _listen(self) -> str:
        """Be with the service until it goes; returns what is to be told of that."""
        try:
            ears = self._find(None)
            if ears is None:
                return ""
            try:
                self._hear(ears)
            finally:
                self._leave(ears)
        except (NearhandError, OSError) as error:
            return f"{error} Until then this window works alone."
        return LEFT

    def _hear(self, ears: Remote) -> None:
        talk = self._find(self._progress)
        with self._lock:
            self._ears, self._remote = ears, talk
        if talk is None or self._ended.is_set():
            return
        self._last = ""
        self._told(Joined())
        self._looked.set()
        for event in ears.events():
            self._told(Happened(event))

    def _leave(self, ears: Remote) -> None:
        with self._lock:
            talk, self._ears, self._remote = self._remote, None, None
            if talk is not None:
                talk.hang_up()
                self._retired.append(talk)
        ears.close()
