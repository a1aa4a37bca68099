"""Reads outside data in a sealed process: what is wrong with an item costs that item, never the engine.

The process is started when the first thing is to be read, given up on after 2 seconds of processor time (or much more
of waiting), and started again. It gets 256 MB. Deliberately not here: what the process does (`parsing_process.py`), and
the channel (`parsing_line.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import typing
from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO, TypeVar

from nearhand.connectors import errors
from nearhand.connectors.errors import ConnectorError, LimitError, NearhandError, UnreadableError
from nearhand.connectors.sealed import parsing_process, seal, typed
from nearhand.connectors.sealed.parsing import Reader
from nearhand.connectors.sealed.parsing_line import CHUNK, Deadline, FellError, LateError, Line
from nearhand.connectors.sealed.seal import Sealed

T = TypeVar("T")
SECONDS = 2.0
MEMORY = 256 << 20
_START_SECONDS = 30.0
_AHEAD = 32
"""How many things may be asked for before the first is taken; while one is put away, the next is being read."""


class Apart:
    """A sealed process for reading. One object may be used by several threads, one at a time."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.seconds, self.memory = seconds, memory
        self.sealed: Sealed | None = None
        """What holds in the process; None while there is none."""
        self.started = 0
        """How often a process was started."""
        self._line: Line | None = None
        self._process = 0
        self._lock = threading.RLock()
        self._ahead: deque[tuple[Reader[object], bytes]] = deque()
        """What was asked and not yet answered."""
        self._found: deque[object] = deque()
        """What was answered and not yet taken."""

    def read(self, reader: Reader[T], data: bytes | BinaryIO, *rest: object) -> T:
        """What the data says; raises the ConnectorError that reading ended in, or one that says why it was given up."""
        with self._lock:
            while self._ahead:
                self._take()
            return typing.cast(T, self._alone(reader, data, rest))

    def read_all(self, reader: Reader[T], every: Iterable[bytes]) -> Iterator[T | ConnectorError]:
        """What each says, in order, an error in its place; the next are read while one is being put away."""
        with self._lock:
            self._ahead.clear()
            self._found.clear()
        coming = iter(every)
        more = True
        while more or self._ahead or self._found:
            with self._lock:
                more = more and self._fill(reader, coming)
                if not self._found and self._ahead:
                    self._take()
                if not self._found:
                    continue
                found = self._found.popleft()
            yield typing.cast("T | ConnectorError", found)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _fill(self, reader: Reader[object], coming: Iterator[bytes]) -> bool:
        """Ask ahead; False when nothing more comes. Never so much that both sides could wait for each other."""
        while len(self._ahead) + len(self._found) < _AHEAD and sum(len(data) for _, data in self._ahead) < CHUNK:
            data = next(coming, None)
            if data is None:
                return False
            if len(data) >= CHUNK:
                while self._ahead:
                    self._take()
                self._found.append(self._settled(reader, data))
                continue
            self._ahead.append((reader, data))
            with contextlib.suppress(OSError, LateError):  # seen when the answer is missing
                line = self._line or self._start()
                line.ask(Deadline(self._process, self.seconds), reader.name, data, ())
        return True

    def _take(self) -> None:
        """Wait for the next answer; if the process is lost over it, everything on its way is read one by one."""
        (reader, data), line = self._ahead[0], self._line
        try:
            found = self._answered(reader)
        except ConnectorError as error:
            found = error
        except (LateError, FellError, OSError) as error:
            self._end()
            found = self._late() if isinstance(error, LateError) else self._settled(reader, data)
        self._ahead.popleft()
        self._found.append(found)
        if self._line is not line:
            lost, self._ahead = self._ahead, deque()
            self._found.extend(self._settled(*each) for each in lost)

    def _settled(self, reader: Reader[object], data: bytes) -> object:
        try:
            return self._alone(reader, data, ())
        except ConnectorError as error:
            return error

    def _alone(self, reader: Reader[object], data: bytes | BinaryIO, rest: tuple[object, ...]) -> object:
        for last in (False, True):
            try:
                line = self._line or self._start()
                line.ask(Deadline(self._process, self.seconds), reader.name, data, rest)
                return self._answered(reader)
            except LateError:
                self._end()
                raise self._late() from None
            except (FellError, OSError):  # perhaps over what came before
                self._end()
                if last:
                    raise UnreadableError("It cannot be read: reading it ended the process.") from None
        raise AssertionError

    def _answered(self, reader: Reader[object]) -> object:
        if self._line is None:
            raise FellError
        kind, said = self._line.answer(Deadline(self._process, self.seconds))
        if kind == b"e":
            raise _error(said)
        try:
            return said if reader.result is bytes and kind == b"b" else typed.loaded(reader.result, said)
        except (TypeError, ValueError):
            self._end()  # what it sends is not what reading gives
            raise UnreadableError("What reading it gave cannot be used. It was left as it is.") from None

    def _late(self) -> LimitError:
        return LimitError(f"Reading it takes longer than {self.seconds:g} s. It was left as it is.")

    def _start(self) -> Line:
        ours, theirs = socket.socketpair()
        alone = sys.platform == "linux" and threading.active_count() == 1
        try:
            self._process = _fork(theirs, self.memory) if alone else _spawn(theirs, self.memory)
        finally:
            theirs.close()
        self._line, self.started = Line(ours), self.started + 1
        try:
            _, hello = self._line.answer(Deadline(self._process, _START_SECONDS))
            self.sealed = typing.cast(Sealed, typed.loaded(Sealed, hello))
        except (OSError, FellError, LateError, TypeError, ValueError) as error:
            self._end()
            said = "The process that reads mail and documents cannot be started. Run: nearhand doctor"
            raise NearhandError(said) from error  # not the fault of an item, so none is to be blamed for it
        return self._line

    def _end(self) -> None:
        line, self._line, self.sealed = self._line, None, None
        if line is None:
            return
        line.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._process, 0)


def _fork(theirs: socket.socket, memory: int) -> int:
    """A copy of this process; cheap, and everything is imported already. Only while there is one thread."""
    process = os.fork()
    if process:
        return process
    try:
        parsing_process.serve(theirs.detach(), memory)
    finally:
        os._exit(0)


def _spawn(theirs: socket.socket, memory: int) -> int:
    """A fresh process, where threads or the system forbid a copy."""
    told = [sys.executable, "-P", "-m", "nearhand.connectors.sealed.parsing_process", str(theirs.fileno()), str(memory)]
    nowhere = subprocess.DEVNULL
    started = subprocess.Popen(seal.sandboxed(told), pass_fds=(theirs.fileno(),), stdin=nowhere, stdout=nowhere)
    started.returncode = 0  # it is waited for here, not by the object
    return started.pid


def _error(said: bytes) -> ConnectorError:
    try:
        name, text = json.loads(said)
    except ValueError:
        name, text = "", ""
    kind = getattr(errors, name) if name in parsing_process.KINDS else UnreadableError
    return typing.cast(ConnectorError, kind(str(text)[:2000]))
