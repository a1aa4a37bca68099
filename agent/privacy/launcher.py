"""The helper that stays outside the seal, because what a person opens must not be sealed with Nearhand.

A seal holds for everything that is started under it: a PDF viewer or a browser opened from a sealed engine would have
no network, and the desktop's message bus is a socket. So one small process is split off just before the seal. It can do
two things, named by the engine and checked here again: open something that lies inside the roots, and show a notice.
Deliberately not here: commands, arguments, and anything that comes from a model or from content.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from nearhand.agent.errors import AgentError

_MOST = 1 << 16
_SECONDS = 10.0
_NOTICE = "import sys; from nearhand.agent.daemon.notices_desktop import send; send(sys.argv[1], sys.argv[2])"


class Launcher:
    """The engine's side. Any thread may use it."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._lock = line, threading.Lock()
        line.settimeout(_SECONDS)

    def fileno(self) -> int:
        """The descriptor of the channel, which must outlive the seal."""
        return self._line.fileno()

    def open(self, path: str) -> None:
        """Open a file or folder with the program of the desktop; raises AgentError."""
        self._ask(["open", path])

    def notify(self, title: str, text: str) -> None:
        """Show a notice; raises AgentError."""
        self._ask(["notify", title[:500], text[:2000]])

    def _ask(self, words: Sequence[str]) -> None:
        with self._lock:
            try:
                self._line.sendall(json.dumps(words).encode("ascii") + b"\n")
                said = self._line.recv(_MOST).decode("utf-8", "replace").strip()
            except OSError:
                said = "The helper that opens things has ended. Start Nearhand again."
        if said != "ok":
            raise AgentError(said or "The helper that opens things has ended. Start Nearhand again.")


def there_is_a_desktop() -> bool:
    """Whether anything could be opened or shown."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in named)


def start(roots: Sequence[Path]) -> Launcher:
    """Split the helper off; it ends when the engine does."""
    ours, theirs = socket.socketpair()
    if os.fork():
        theirs.close()
        return Launcher(ours)
    try:
        ours.close()
        alone(theirs.fileno())
        serve(theirs, [os.path.realpath(root) for root in roots])
    finally:
        os._exit(0)


def alone(keep: int) -> None:
    """Nothing of the engine's but the channel; Ctrl-C is for the engine, and what was opened is nobody's child."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)


def serve(line: socket.socket, roots: Sequence[str]) -> None:
    """Do what is asked, one line at a time, until the engine goes."""
    with line.makefile("rb") as asked:
        for words in asked:
            said = "That is nothing that is opened."
            with suppress(ValueError):
                said = _done(json.loads(words), roots)
            line.sendall(said.encode("utf-8"))


def _done(words: object, roots: Sequence[str]) -> str:
    match words:
        case ["open", str() as path]:
            return _opened(path, roots)
        case ["notify", str() as title, str() as text]:
            return _run([sys.executable, "-P", "-c", _NOTICE, title, text])
        case _:
            return "That is nothing that is opened."


def _opened(path: str, roots: Sequence[str]) -> str:
    real = os.path.realpath(path)
    if not any(real == root or real.startswith(f"{root}/") for root in roots) or not Path(real).exists():
        return f"{path} is not in your folders, so it was not opened."
    return _run([*_outside(), "open" if sys.platform == "darwin" else "xdg-open", real])


def _outside() -> list[str]:
    """In systemd's service: have the manager start it, or it would be fenced in with the service and end with it."""
    service = os.environ.get("NOTIFY_SOCKET") and shutil.which("systemd-run")
    return ["systemd-run", "--user", "--quiet", "--collect", "--"] if service else []


def _run(command: list[str]) -> str:
    nowhere = subprocess.DEVNULL
    try:
        subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
    except OSError:
        return f"{command[0]} is not installed, so it cannot be opened. The file is {command[-1]}"
    return "ok"
