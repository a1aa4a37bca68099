"""The channel to the process that reads, and how long it is waited for.

A blocking pair of sockets that comes back after a tick: asking for that once is cheaper than a timeout for each call.
Deliberately not here: what is asked, and starting the process again (`parsing_apart.py`).
"""

from __future__ import annotations

import pickle
import socket
import struct
import sys
import time
from typing import BinaryIO

from nearhand.connectors.sealed.parsing_process import ANSWER, ASKED

CHUNK = 1 << 16
_PATIENCE = 10.0
"""How many times longer it may take by the clock than of processor time, on a machine that has much else to do."""
_MOST = 256 << 20
"""Bytes that an answer may have."""
_TICK = 0.25


class FellError(Exception):
    """The process is gone."""


class LateError(Exception):
    """It took too long."""


class Deadline:
    """So much processor time of a process, by the clock ten times as much; looked at only while nothing comes."""

    def __init__(self, process: int, seconds: float) -> None:
        self._clock = (~process << 3) | 2  # CPUCLOCK_SCHED of that process, as clock_getcpuclockid(3) makes it
        self._begun, self._seconds = time.monotonic(), seconds
        self._spent: float | None = None

    def check(self) -> None:
        """Raise LateError if the time is up."""
        waited, used = time.monotonic() - self._begun, self._used()
        if self._spent is None:
            self._spent = used - min(waited, _TICK)  # what it had spent before, as far as that is known by now
        if used - self._spent > self._seconds or waited > self._seconds * _PATIENCE:
            raise LateError

    def _used(self) -> float:
        if sys.platform != "linux":
            return time.monotonic()
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0


class Line:
    """Asks and takes answers, in order; several questions may be on their way."""

    def __init__(self, ours: socket.socket) -> None:
        tick = struct.pack("ll", 0, int(_TICK * 1e6))
        for which in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            ours.setsockopt(socket.SOL_SOCKET, which, tick)
        self._ours, self._held = ours, b""

    def ask(self, deadline: Deadline, name: str, data: bytes | BinaryIO, rest: tuple[object, ...]) -> None:
        """Send one question; raises LateError or OSError."""
        head = pickle.dumps((name, rest))
        if isinstance(data, bytes):
            first = ASKED.pack(False, len(head), len(data)) + head
            for part in (first + data,) if len(data) < CHUNK else (first, data):
                self._send(deadline, part)
            return
        self._send(deadline, ASKED.pack(True, len(head), 0))
        socket.send_fds(self._ours, [b"f"], [data.fileno()])
        self._send(deadline, head)

    def answer(self, deadline: Deadline) -> tuple[bytes, bytes]:
        """The next answer: its kind, and what it says; raises FellError, LateError or OSError."""
        kind, size = ANSWER.unpack(self._take(deadline, ANSWER.size))
        if size > _MOST:
            raise FellError
        return kind, self._take(deadline, size)

    def close(self) -> None:
        """Let go of it, which also ends the process."""
        self._ours.close()

    def _send(self, deadline: Deadline, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._ours.send(rest) :]
            except BlockingIOError:
                deadline.check()

    def _take(self, deadline: Deadline, size: int) -> bytes:
        parts, held = [self._held], len(self._held)
        while held < size:
            parts.append(self._some(deadline))
            held += len(parts[-1])
        whole = b"".join(parts)
        self._held = whole[size:]
        return whole[:size]

    def _some(self, deadline: Deadline) -> bytes:
        while True:
            try:
                found = self._ours.recv(CHUNK)
            except BlockingIOError:
                deadline.check()
                continue
            if not found:
                raise FellError
            return found
