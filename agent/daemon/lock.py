"""There is one daemon for a profile: whoever holds this lock. The kernel lets go of it however the process ends."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nearhand.agent.errors import AgentError


class RunningError(AgentError):
    """Another daemon has the profile."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Be the one daemon while the block runs; raises RunningError if there is one already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        _take(lock)
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(lock)


def _take(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        number = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
        raise RunningError(f"The background service runs already (process {number or 'unknown'}).") from None


def end(path: Path) -> None:
    """Ask the daemon that has the profile to end, by a signal."""
    number = path.read_text(encoding="ascii", errors="replace").strip()
    if is_held(path) and number.isdigit():
        with suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGTERM)


def is_held(path: Path) -> bool:
    """Whether a daemon has the profile."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
