"""The process that owns the model, and the handle by which the engine asks it for plans.

One request a line, one answer a line, JSON both ways. The model is loaded once, memory-mapped, and checked against its
pinned SHA-256 before llama.cpp sees it; once it is loaded the process is sealed, and says in its greeting what holds.
A crash of the runtime costs one request, never the engine.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from nearhand.connectors.errors import NearhandError
from nearhand.connectors.sealed.seal import Sealed, own_files, sandboxed, seal_worker
from nearhand.models.language import Plan, parse

if TYPE_CHECKING:
    from nearhand.models.planner import Planner

START_SECONDS = 60.0
PLAN_SECONDS = 20.0
_MEMORY, _SECONDS = 512 << 20, 24 * 3600
"""What the process may grow by once the model is loaded, and how much processor time it may use in its life."""
TRY = "--try"
"""Behind the arguments: try to break out instead of serving, and print what became of it."""
PIN = Path(__file__).parent / "weights" / "nearhand-action.sha256"


class WorkerError(NearhandError):
    """The planner gave no plan; says what happened. Nothing was done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan as the worker gave it."""

    plan: Plan
    confidence: float
    seconds: float
    tokens: int = 0
    """How many tokens the plan came to; 0 if that is not known."""


class PlanSource(Protocol):
    """Anything that makes plans (the worker, or a scripted one in tests)."""

    @property
    def threshold(self) -> float: ...
    def plan(self, request: str, before: tuple[str, Plan] | None = None) -> Answer: ...
    def close(self) -> None: ...


class ScriptedPlanner:
    """Plans from a fixed table of request to plan text; a shipped stand-in for tests and for trying a plan by hand."""

    threshold = 0.5

    def __init__(self, plans: dict[str, str], confidence: float = 1.0) -> None:
        self.plans, self.confidence = plans, confidence

    def plan(self, request: str, before: tuple[str, Plan] | None = None) -> Answer:
        if request not in self.plans:
            raise WorkerError(f"No plan is written down for: {request}")
        return Answer(parse(self.plans[request]), self.confidence, 0.0)

    def close(self) -> None:
        """Nothing to close."""


class Worker:
    """Starts the process at once, waits for it only when the first plan is wanted, and starts it again if it fell."""

    def __init__(self, model: Path, sha256: str | None = None, threads: int = 1) -> None:
        # -P: never import from the folder the person happens to stand in
        told = [sys.executable, "-P", "-m", "nearhand.models.worker", str(model), sha256 or "-", str(threads)]
        self._command = sandboxed(told)
        self.sealed = Sealed()
        """What holds in the process; nothing until it is ready."""
        self._process: subprocess.Popen[str] | None = self._start()
        self._ready = self._closed = False
        self._threshold = 0.5

    @property
    def threshold(self) -> float:
        """The shipped confidence below which the agent asks."""
        self._wait_ready()
        return self._threshold

    def plan(self, request: str, before: tuple[str, Plan] | None = None) -> Answer:
        """Ask for a plan. Raises WorkerError if the request cannot be planned or the worker fell over it."""
        process = self._wait_ready()
        begun = time.perf_counter()
        self._send(process, {"request": request, "before": [before[0], str(before[1])] if before else None})
        told = self._receive(process, PLAN_SECONDS)
        seconds = time.perf_counter() - begun
        return Answer(parse(str(told["plan"])), float(str(told["confidence"])), seconds, int(str(told["tokens"])))

    def interrupt(self) -> None:
        """Break off the plan that another thread waits for; the next one starts the process again."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._end()

    def _start(self) -> subprocess.Popen[str]:
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=nowhere, text=True, bufsize=1)

    def _end(self) -> None:
        process, self._process, self._ready = self._process, None, False
        if process is None:
            return
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was not yet sent to a dead process
                _pipe(pipe).close()

    def _wait_ready(self) -> subprocess.Popen[str]:
        if self._closed:
            raise WorkerError("The planner was closed.")
        if self._ready and self._process and self._process.poll() is not None:
            self._end()
        process = self._process = self._process or self._start()
        if not self._ready:
            try:
                greeting = self._receive(process, START_SECONDS)
                self._threshold, self.sealed = float(str(greeting["threshold"])), _sealed(greeting)
            except WorkerError:
                self._end()
                raise
            self._ready = True
        return process

    def _send(self, process: subprocess.Popen[str], message: dict[str, object]) -> None:
        try:
            _pipe(process.stdin).write(json.dumps(message) + "\n")
        except OSError:
            raise self._fallen() from None

    def _receive(self, process: subprocess.Popen[str], seconds: float) -> dict[str, object]:
        out = _pipe(process.stdout)
        if not select.select([out], [], [], seconds)[0]:
            self._end()  # its late answer must not be taken for that of the next request
            raise WorkerError(f"The planner gave no answer within {seconds:.0f} seconds; nothing was done.")
        try:
            told = json.loads(out.readline())
        except ValueError:
            raise self._fallen() from None
        if "error" in told:
            raise WorkerError(str(told["error"]))
        return dict(told)

    def _fallen(self) -> WorkerError:
        self._end()
        return WorkerError("The planner stopped unexpectedly; nothing was done. Try again, or run: nearhand doctor")


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _sealed(greeting: dict[str, object]) -> Sealed:
    kernel, missing = greeting.get("kernel"), greeting.get("missing")
    if not isinstance(kernel, list) or not isinstance(missing, list):
        return Sealed(missing=("the process does not say what holds",))
    return Sealed(tuple(map(str, kernel)), tuple(map(str, missing)))


def pinned(path: Path = PIN) -> str | None:
    """The SHA-256 of the shipped model."""
    return path.read_text(encoding="ascii").split()[0] if path.is_file() else None


def prepare(model: Path, sha256: str | None, threads: int) -> tuple[Planner, float]:
    """Load a model that is the one that was pinned; with its threshold. Raises NearhandError or OSError."""
    from nearhand.models import llama
    from nearhand.models.planner import Planner, check_catalogue
    from nearhand.models.vocab import IDS

    if sha256 and model.is_file() and llama.sha256(model) != sha256:
        raise llama.ModelError(f"{model} is not the file that was pinned (its SHA-256 differs); it is not used.")
    runtime = llama.Llama(model, threads=threads)
    check_catalogue([runtime.token_text(i) for i in range(min(runtime.size, len(IDS)))])
    return Planner(runtime), runtime.number("nearhand.calibration.threshold") or 0.5


def seal_model() -> Sealed:
    """Seal this process, the model being loaded: it maps the file already and has no other to read but Python's own."""
    return seal_worker(own_files(), _MEMORY, _SECONDS)


def serve(model: Path, sha256: str | None, threads: int) -> None:
    """Load the model, seal the process, say so, and answer requests until the input ends."""

    def say(message: dict[str, object]) -> None:
        print(json.dumps(message), flush=True)

    try:
        planner, threshold = prepare(model, sha256, threads)
    except (NearhandError, OSError) as error:
        say({"error": str(error)})
        return
    sealed = seal_model()
    say({"threshold": threshold, "kernel": sealed.kernel, "missing": sealed.missing})
    for line in sys.stdin:
        asked = json.loads(line)
        before = asked.get("before")
        try:
            got = planner.plan(asked["request"], (before[0], parse(before[1])) if before else None)
        except NearhandError as error:
            say({"error": str(error)})
        else:
            say({"plan": str(got.plan), "confidence": got.confidence, "tokens": got.plan_tokens})


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    told = Path(sys.argv[1]), None if sys.argv[2] == "-" else sys.argv[2], int(sys.argv[3])
    if sys.argv[4:] == [TRY]:
        from nearhand.connectors.sealed import escapes

        held = prepare(*told)  # kept alive: the model is loaded, as it is when the process is sealed
        print(json.dumps(escapes.tried(seal_model)))
    else:
        serve(*told)
