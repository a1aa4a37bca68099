"""The way from a sealed app to the daemon: a process split off just before the seal, which connects and hands over.

A sealed process can make no socket, and the daemon may come and go while the app is open. The doorkeeper knows one
path, the socket of this profile's daemon, and does one thing: connect to it as this person and pass the connection on.
So nothing else can be reached through it. Deliberately not here: what is said over the connection (`remote.py`).
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

from nearhand.agent.daemon import protocol
from nearhand.agent.daemon.socket import Channel, connect
from nearhand.agent.privacy.launcher import alone

_SECONDS = 10.0
_ASK, _HERE, _NOBODY = b"?", b"+", b"-"


class Door:
    """The app's side. Any thread may use it."""

    def __init__(self, line: socket.socket, path: Path) -> None:
        self._line, self._path, self._lock = line, path, threading.Lock()
        line.settimeout(_SECONDS)

    def fileno(self) -> int:
        """The descriptor that must outlive the seal."""
        return self._line.fileno()

    def connect(self) -> Channel | None:
        """A connection to the daemon; None if none runs."""
        if not self._path.exists():
            return None
        with self._lock, suppress(OSError):
            self._line.sendall(_ASK)
            said, handles, _, _ = socket.recv_fds(self._line, 1, 1)
            if said == _HERE and handles:
                made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, handles[0])
                return Channel(made, protocol.MOST_ANSWERED)
        return None

    def close(self) -> None:
        """Let the doorkeeper go."""
        self._line.close()


def start(path: Path) -> Door:
    """Split the doorkeeper off; it ends when the app does. To be called before there are threads."""
    ours, theirs = socket.socketpair()
    if os.fork():
        theirs.close()
        return Door(ours, path)
    try:
        ours.close()
        alone(theirs.fileno())
        serve(theirs, path)
    finally:
        os._exit(0)


def serve(line: socket.socket, path: Path) -> None:
    """Connect as often as asked, until the app goes."""
    with suppress(OSError):
        while line.recv(1) == _ASK:
            channel = connect(path)
            if channel is None:
                line.sendall(_NOBODY)
                continue
            socket.send_fds(line, [_HERE], [channel.fileno()])
            channel.close()
