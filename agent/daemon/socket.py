"""The one place that opens sockets for the daemon: Unix sockets of this person, on this machine, and nothing else.

The listening socket lies in a folder that only its owner may enter (0700), is 0600 itself, and who connects is asked
of the kernel: another user's process is sent away. Deliberately not here: what is said (`protocol.py`).
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nearhand.agent.daemon import protocol
from nearhand.agent.errors import AgentError

_SEND_SECONDS = 30.0
"""How long a client may refuse to read before it is given up."""
_CHUNK = 1 << 16
_SOL_LOCAL, _LOCAL_PEERCRED = 0, 1
"""macOS: <sys/un.h>; there is no constant for them in Python."""


class Channel:
    """One connection: lines out (from any thread), lines in (for one reader)."""

    def __init__(self, connection: socket.socket, most: int) -> None:
        """`most` is the longest line that is read."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(_SEND_SECONDS), 0))
        self._socket = connection
        self._sending = threading.Lock()
        self._lines = protocol.Lines(most)

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: protocol.Message) -> None:
        """Send one message; raises OSError when the other side has gone or does not read."""
        data = protocol.line(message)
        with self._sending:
            self._socket.sendall(data)

    def receive(self) -> list[bytes | None] | None:
        """Wait for bytes; the lines they completed (None for one that was too long), or None at the end."""
        try:
            data = self._socket.recv(_CHUNK)
        except ConnectionError:
            return None
        return list(self._lines.feed(data)) if data else None

    def lines(self) -> Iterator[bytes | None]:
        """Every line until the end."""
        while (found := self.receive()) is not None:
            yield from found

    def shut(self) -> None:
        """End the conversation; whoever waits in `receive` finds the end. Callable from any thread."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the descriptor."""
        self._socket.close()


def listen(path: Path) -> socket.socket:
    """Listen at a path; call it only while holding the daemon's lock, for what lies there is taken to be stale."""
    _own_folder(path.parent)
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise AgentError(f"{path} is in the way and is not a socket. Move it away.")
        path.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        made.bind(os.fspath(path))
        made.listen(16)
    except OSError as error:
        made.close()
        raise AgentError(f"The background service cannot listen at {path}: {error.strerror}.") from error
    finally:
        os.umask(before)
    return made


def _own_folder(folder: Path) -> None:
    """Make a folder for ourselves alone; one that somebody else has put there is refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise AgentError(f"{folder} belongs to somebody else, so nothing is put there. Move it away.")
    if found.st_mode & 0o077:
        folder.chmod(0o700)


def connect(path: Path, seconds: float = 2.0) -> Channel | None:
    """A connection to whoever listens at a path as this person; None if nobody does."""
    try:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError:  # a sealed process makes no sockets
        return None
    try:
        made.settimeout(seconds)
        made.connect(os.fspath(path))
        made.settimeout(None)
        if peer(made) != os.getuid():
            raise PermissionError(path)
        return Channel(made, protocol.MOST_ANSWERED)
    except OSError:
        made.close()
        return None


def peer(connection: socket.socket) -> int:
    """The user id of the process at the other end, as the kernel knows it."""
    if sys.platform == "darwin":
        version, uid = struct.unpack("II", connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 76)[:8])
        if version != 0:
            raise OSError("unknown form of xucred")
        return int(uid)
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(uid)


def tell_manager(state: str) -> bool:
    """Tell the service manager how it stands (sd_notify(3): READY=1, WATCHDOG=1, ...); False if there is none."""
    made = _manager[0] if _manager else _to_manager()
    if made is None:
        return False
    try:
        made.sendall(state.encode())
    except OSError:
        return False
    finally:
        if not _manager:
            made.close()
    return True


_manager: list[socket.socket] = []


def keep_manager() -> list[int]:
    """Connect to the service manager for good, because a sealed process can open no socket; the descriptor, if any."""
    made = _manager[0] if _manager else _to_manager()
    if made is not None and not _manager:
        _manager.append(made)
    return [made.fileno()] if made is not None else []


def forget_manager() -> None:
    """Close that connection."""
    while _manager:
        _manager.pop().close()


def _to_manager() -> socket.socket | None:
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where.startswith(("/", "@")):
        return None
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        made.connect(f"\0{where[1:]}" if where.startswith("@") else where)
    except OSError:
        made.close()
        return None
    return made


def watchdog_seconds() -> float | None:
    """How often the service manager wants to hear from it: twice in the time it waits."""
    told = os.environ.get("WATCHDOG_USEC", "")
    return int(told) / 2_000_000 if told.isdigit() and int(told) > 0 else None
