"""Those who are connected to the daemon: a thread that lets them in, and what is said to all of them.

Deliberately not here: what one of them says (`daemon/talk.py`), and the rules.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from nearhand.agent.daemon import protocol
from nearhand.agent.daemon.socket import Channel, listen, peer
from nearhand.agent.daemon.talk import Host, Talk

MOST = 32
"""How many may be connected at once."""
_END, _STOP = b"x", b"s"
_LOG = logging.getLogger("nearhand.daemon")


class Clients:
    """The listening socket and the talks that came of it."""

    def __init__(self, path: Path, host: Host, uid: Callable[[socket.socket], int] = peer) -> None:
        """Listens from now on. `uid` says whose process is at the other end."""
        self._path, self._host, self._uid = path, host, uid
        self._socket = listen(path)
        self._wake, self._woken = os.pipe()
        self._lock = threading.Lock()
        self._talks: set[Talk] = set()
        self._thread = threading.Thread(target=self._accepting, name="nearhand-accept")

    def start(self, beat: Callable[[], None] = lambda: None, every: float | None = None) -> None:
        """Let clients in; `beat` is called every so many seconds (for a watchdog)."""
        self._beat, self._every = beat, every
        self._thread.start()

    def close(self) -> None:
        """Send everybody away, stop what they asked for, and leave no thread and no socket behind."""
        os.write(self._woken, _END)
        self._thread.join()
        with suppress(FileNotFoundError):
            self._path.unlink()
        self._socket.close()
        for talk in self._all():
            talk.end()
        for talk in self._all():
            talk.join()
        os.close(self._wake)
        os.close(self._woken)

    def fileno(self) -> int:
        """The descriptor of the listening socket, which must outlive the seal."""
        return self._socket.fileno()

    def stop(self) -> None:
        """Set the stop flag of everything that anybody asked for."""
        for talk in self._all():
            talk.stop_all()

    def interrupt(self) -> None:
        """`stop`, from a signal handler: the accepting thread does it."""
        os.write(self._woken, _STOP)

    def publish(self, event: protocol.Message) -> None:
        """Tell those who subscribed."""
        for talk in self._all():
            talk.tell(event)

    def count(self) -> int:
        """How many are connected."""
        return len(self._all())

    def _all(self) -> list[Talk]:
        with self._lock:
            return list(self._talks)

    def _accepting(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                ready = [key.fd for key, _ in selector.select(self._every)]
                told = os.read(self._wake, 100) if self._wake in ready else b""
                if told:
                    self.stop()
                if _END in told:
                    return
                if self._every is not None:
                    self._beat()
                if self._socket.fileno() in ready:
                    self._let_in()

    def _let_in(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError as error:  # it has gone again, or there is no descriptor left for it
            _LOG.warning("a client could not be let in (%s)", error.strerror)
            time.sleep(0.1)
            return
        channel = Channel(connection, protocol.MOST_ASKED)
        refusal = self._refusal(connection)
        if refusal:
            _LOG.warning("a client was sent away: %s", refusal)
            with suppress(OSError):
                channel.send({"id": 0, "error": refusal})
            channel.close()
            return
        talk = Talk(channel, self._host, self._gone)
        with self._lock:
            self._talks.add(talk)
        talk.start()

    def _refusal(self, connection: socket.socket) -> str:
        """Why somebody may not come in; "" if they may."""
        try:
            if self._uid(connection) != os.getuid():
                return "This Nearhand belongs to another user."
        except OSError:
            return "The system does not say who you are."
        return "Too many programs are connected to Nearhand already." if self.count() >= MOST else ""

    def _gone(self, talk: Talk) -> None:
        with self._lock:
            self._talks.discard(talk)
