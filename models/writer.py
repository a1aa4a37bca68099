"""The process that owns the larger model, and the handle by which the engine has a text written or a request planned.

It is started when it is wanted, loads the file that was pinned, seals itself as the action model's process does, and
ends by itself when nobody has asked for a while. One task a line, one answer a line, JSON both ways: a text, or a plan
in the plan language, which is checked on both sides. Who waits looks at a stop flag, and ends the process with it.
Deliberately not here: what is to be written or planned, and what becomes of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from nearhand.connectors.errors import NearhandError
from nearhand.connectors.sealed.seal import Sealed, own_files, sandboxed, seal_worker
from nearhand.models.language import Plan, check, parse
from nearhand.models.tasks import Asked, Task, Written
from nearhand.models.worker import TRY

if TYPE_CHECKING:
    from nearhand.models.caller import Caller
    from nearhand.models.generalist import Generalist

START_SECONDS = 180.0
IDLE_SECONDS = 120.0
SLACK_SECONDS = 15.0
"""How much longer than its own deadline a text is waited for."""
_FALLEN = "The larger model stopped unexpectedly; nothing was done. Try again, or run: nearhand doctor"
_TICK, _MARGIN = 0.05, 1.0
_MOST = 1 << 20
"""Bytes that an answer may have."""
_MEMORY, _SECONDS = 2 << 30, 6 * 3600
"""What the process may grow by once the model is loaded, and how much processor time it may use in its life."""


class WriterError(NearhandError):
    """There is no text and no plan; says what happened. Nothing was done."""


class StoppedError(WriterError):
    """The person stopped it."""


class TextSource(Protocol):
    """Anything that writes texts and plans requests."""

    def write(self, task: Task, stop: threading.Event | None = None) -> Written: ...
    def plan(self, asked: Asked, stop: threading.Event | None = None) -> Plan: ...
    def close(self) -> None: ...


class ScriptedWriter:
    """Gives the same text for every task, plans from a table, and remembers both; a shipped stand-in for tests."""

    def __init__(self, text: str, cut: str = "", plans: Mapping[str, str] | None = None) -> None:
        self.text, self.cut, self.plans = text, cut, plans or {}
        self.tasks: list[Task] = []
        self.asked: list[Asked] = []

    def write(self, task: Task, stop: threading.Event | None = None) -> Written:
        self.tasks.append(task)
        return Written(self.text, len(task.content), self.cut)

    def plan(self, asked: Asked, stop: threading.Event | None = None) -> Plan:
        self.asked.append(asked)
        if asked.request not in self.plans:
            raise WriterError(f"No plan is written down for: {asked.request}")
        return _checked(asked, self.plans[asked.request])

    def close(self) -> None:
        """Nothing to close."""


class Writer:
    """The process, started when it is needed, and again if it fell or has gone to rest."""

    def __init__(self, model: Path, sha256: str | None = None, idle: float = IDLE_SECONDS, threads: int = 0) -> None:
        many = threads or min(8, os.cpu_count() or 2)
        # -P: never import from the folder the person happens to stand in
        told = [sys.executable, "-P", "-m", "nearhand.models.writer", str(model), sha256 or "-", str(many), str(idle)]
        self._command = sandboxed(told)
        self.sealed = Sealed()
        """What holds in the process; nothing until it is ready."""
        self.process: subprocess.Popen[bytes] | None = None
        self._held, self._idle, self._last = b"", idle, 0.0

    def write(self, task: Task, stop: threading.Event | None = None) -> Written:
        """Have a text written. Raises WriterError, and StoppedError as soon as the flag is set."""
        told = self._told({"text": asdict(task)}, task.seconds, stop)
        return Written(str(told.get("text", "")), int(str(told.get("read", 0))), str(told.get("cut", "")))

    def plan(self, asked: Asked, stop: threading.Event | None = None) -> Plan:
        """Have a request planned. Raises NearhandError if there is no legal plan, StoppedError as soon as it is set."""
        return _checked(asked, str(self._told({"plan": asdict(asked)}, asked.seconds, stop).get("plan", "")))

    def _told(self, task: dict[str, object], seconds: float, stop: threading.Event | None) -> dict[str, object]:
        stop = stop or threading.Event()
        process = self.ready(stop)
        try:
            _pipe(process.stdin).write(json.dumps(task).encode() + b"\n")
        except OSError:
            raise self._fallen() from None
        told = self._answer(process, seconds + SLACK_SECONDS, stop)
        self._last = time.monotonic()
        return told

    def close(self) -> None:
        """End the process."""
        process, self.process, self._held = self.process, None, b""
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                _pipe(pipe).close()

    def ready(self, stop: threading.Event) -> subprocess.Popen[bytes]:
        """The process, which has loaded the model and sealed itself."""
        leaves = time.monotonic() - self._last > self._idle - _MARGIN  # it may be about to go: not to be asked
        if self.process is not None and self.process.poll() is None and not leaves:
            return self.process
        self.close()
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        self.process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=nowhere, bufsize=0)
        try:
            self.sealed = _sealed(self._answer(self.process, START_SECONDS, stop))
        except WriterError:
            self.close()
            raise
        self._last = time.monotonic()
        return self.process

    def _answer(self, process: subprocess.Popen[bytes], seconds: float, stop: threading.Event) -> dict[str, object]:
        until = time.monotonic() + seconds
        while b"\n" not in self._held:
            if stop.is_set():
                self.close()
                raise StoppedError("You stopped it. Nothing was done.")
            if time.monotonic() > until:
                self.close()
                raise WriterError(f"The larger model gave no answer within {seconds:.0f} seconds; nothing was done.")
            self._hear(process)
        line, _, self._held = self._held.partition(b"\n")
        try:
            told = dict(json.loads(line))
        except (ValueError, TypeError):
            raise self._fallen() from None
        if "error" in told:
            raise WriterError(str(told["error"]))
        return told

    def _hear(self, process: subprocess.Popen[bytes]) -> None:
        """Take what comes within a moment."""
        out = _pipe(process.stdout)
        if not select.select([out], [], [], _TICK)[0]:
            return
        found = os.read(out.fileno(), 1 << 16)
        self._held += found
        if not found or len(self._held) > _MOST:
            raise self._fallen()

    def _fallen(self) -> WriterError:
        self.close()
        return WriterError(_FALLEN)


def _checked(asked: Asked, plan: str) -> Plan:
    """A plan from its text, if it is legal and quotes nothing but the request."""
    found = parse(plan)
    check(found, asked.request, asked.before[0] if asked.before else "")
    return found


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _sealed(told: dict[str, object]) -> Sealed:
    kernel, missing = told.get("kernel"), told.get("missing")
    if not isinstance(kernel, list) or not isinstance(missing, list):
        return Sealed(missing=("the process does not say what holds",))
    return Sealed(tuple(map(str, kernel)), tuple(map(str, missing)))


def prepare(model: Path, sha256: str | None, threads: int) -> Generalist:
    """Load a model that is the one that was pinned. Raises NearhandError or OSError."""
    from nearhand.models import llama
    from nearhand.models.generalist import Generalist

    if sha256 and model.is_file() and llama.sha256(model) != sha256:
        said = f"{model} is not the file that was pinned (its SHA-256 differs); it is not used."
        raise llama.ModelError(f"{said} If you changed it yourself: nearhand model add {model}")
    return Generalist(model, threads)


def seal_writer() -> Sealed:
    """Seal this process, the model being loaded: it maps the file already and has no other to read but Python's own."""
    return seal_worker(own_files(), _MEMORY, _SECONDS)


def serve(model: Path, sha256: str | None, threads: int, idle: float) -> None:
    """Load the model, seal the process, say so, and answer until the input ends or nothing comes for long."""
    from nearhand.models.caller import Caller

    def say(message: dict[str, object]) -> None:
        print(json.dumps(message), flush=True)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the engine
    try:
        caller = Caller(prepare(model, sha256, threads))
    except (NearhandError, OSError) as error:
        say({"error": str(error)})
        return
    sealed = seal_writer()
    say({"kernel": sealed.kernel, "missing": sealed.missing})
    while select.select([0], [], [], idle)[0] and (line := sys.stdin.readline()):
        try:
            told = _done(caller, line)
        except NearhandError as error:
            told = {"error": str(error)}
        say(told)


def _done(caller: Caller, line: str) -> dict[str, object]:
    """The answer to one task."""
    task = json.loads(line)
    if "plan" not in task:
        return asdict(caller.runtime.write(Task(**task["text"])))
    before = task["plan"].pop("before")
    return {"plan": str(caller.plan(Asked(**task["plan"], before=tuple(before) if before else None)))}


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    told = Path(sys.argv[1]), None if sys.argv[2] == "-" else sys.argv[2], int(sys.argv[3])
    if sys.argv[4:] == [TRY]:
        from nearhand.connectors.sealed import escapes

        held = prepare(*told)  # kept alive: the model is loaded, as it is when the process is sealed
        print(json.dumps(escapes.tried(seal_writer)))
    else:
        serve(*told, float(sys.argv[4]))
