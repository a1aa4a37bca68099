"""One run of the command: where it prints, whether somebody is there to be asked, and how Ctrl-C stops it.

Ctrl-C sets `engine.stop`, which is looked at before each effect, so that what is being written is written whole; a
second one, or one at a question, breaks off at once. Deliberately not here: what the verbs do.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from nearhand.agent.cli.options import BROKEN_OFF
from nearhand.agent.errors import AgentError
from nearhand.agent.showing.show import Paint, plain

if TYPE_CHECKING:
    from types import FrameType

    from nearhand.agent.daemon.remote import Agent, Remote
    from nearhand.agent.loop import Engine
    from nearhand.agent.reply import Reply
    from nearhand.models.language import Plan
    from nearhand.models.worker import Answer, PlanSource

Progress: TypeAlias = "Callable[[str, int, int], None]"
Opener: TypeAlias = (
    "Callable[[Path | None, datetime | None, PlanSource | None, Progress | None], AbstractContextManager[Engine]]"
)
Finder: TypeAlias = "Callable[[Path | None, Progress], Remote | None]"


class NoPlanner:
    """Stands where nothing has to be planned, so that no model is loaded for looking at the journal."""

    threshold = 1.0

    def plan(self, request: str, before: tuple[str, Plan] | None = None) -> Answer:
        raise AgentError("Nothing is planned here.")

    def close(self) -> None:
        """Nothing to close."""


@dataclass(slots=True)
class Session:
    """What every verb gets."""

    opener: Opener
    profile: Path | None = None
    now: datetime | None = None
    json: bool = False
    finder: Finder | None = None
    """Finds the daemon of a profile."""
    stop: threading.Event = field(default_factory=threading.Event)
    """The engine's, once there is one."""
    _waiting: bool = False
    """Whether the person is being asked something right now."""
    _drawn: bool = False
    """Whether a line of progress stands on the terminal."""
    _last: float = 0.0

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked."""
        return not self.json and sys.stdin.isatty() and sys.stdout.isatty()

    @property
    def paint(self) -> Paint:
        """Colours on a terminal that wants them."""
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return Paint(wanted and not self.json and sys.stdout.isatty())

    @property
    def columns(self) -> int:
        """The width of the terminal; lines that go to a file are not cut."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000

    def say(self, lines: Iterable[str]) -> None:
        """Print lines that are fit for a terminal."""
        self._wipe()
        for line in lines:
            print(line)
        sys.stdout.flush()

    def tell(self, value: object) -> None:
        """Print one JSON object on one line; ASCII, so that nothing in it can act on a terminal."""
        self._wipe()
        print(json.dumps(value), flush=True)

    def warn(self, text: str) -> None:
        """Print a sentence on stderr."""
        self._wipe()
        print(plain(text), file=sys.stderr, flush=True)

    def ask(self, prompt: str) -> str:
        """What the person types; "" when there is no answer. Ctrl-C is no answer, and stops."""
        self._wipe()
        self._waiting = True
        try:
            return input(prompt).strip()
        except EOFError:
            print()
        except KeyboardInterrupt:
            print()
            self.stop.set()
        finally:
            self._waiting = False
        return ""

    @contextmanager
    def agent(self, planner: PlanSource | None = None) -> Iterator[Agent]:
        """The daemon where it runs, else the engine of this profile; the same to whoever asks."""
        remote = self._remote()
        if remote is None:
            with self.engine(planner) as engine:
                yield engine
            return
        with closing(remote), self._stoppable(remote.stop):
            yield remote

    @contextmanager
    def engine(self, planner: PlanSource | None = None) -> Iterator[Engine]:
        """The engine of this profile; while it is open, Ctrl-C stops it between two effects."""
        with self.opener(self.profile, self.now, planner, self.progress) as engine, self._stoppable(engine.stop):
            yield engine

    def _remote(self) -> Remote | None:
        """The daemon; it knows no other time than now, and one of another version is only told of."""
        if self.finder is None or self.now is not None:
            return None
        from nearhand.agent.errors import VersionError

        try:
            return self.finder(self.profile, self.progress)
        except VersionError as error:
            self.warn(f"{error} This is done without it.")
            return None

    @contextmanager
    def _stoppable(self, stop: threading.Event) -> Iterator[None]:
        """While the block runs, Ctrl-C sets this flag."""
        self.stop = stop
        before = self._catch()
        try:
            yield
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
            self._wipe()

    def code(self, reply: Reply) -> int:
        """The exit code of a reply."""
        from nearhand.agent.effects.records import State
        from nearhand.agent.reply import EXIT_CODES, Status

        if self.stop.is_set() and reply.status is not Status.DONE:
            begun = (State.DONE, State.FAILED, State.UNKNOWN)
            return 1 if any(o.state in begun for r in reply.results for o in r.outcomes) else BROKEN_OFF
        return EXIT_CODES[reply.status]

    def progress(self, what: str, done: int, total: int) -> None:
        """Show how far long work is, on a terminal; breaks it off when the person wants it to stop."""
        if self.stop.is_set():
            raise KeyboardInterrupt
        if not sys.stderr.isatty() or time.monotonic() - self._last < 0.1:
            return
        self._last, self._drawn = time.monotonic(), True
        print(f"\r\x1b[K{plain(what)} {done}{f' of {total}' if total else ''}", end="", file=sys.stderr, flush=True)

    def _wipe(self) -> None:
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._drawn = False

    def _catch(self) -> Callable[[int, FrameType | None], object] | int | None:
        if threading.current_thread() is not threading.main_thread():
            return None
        before = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, self._interrupted)
        return before

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self._waiting or self.stop.is_set():
            raise KeyboardInterrupt
        self.stop.set()
        os.write(2, b"\nStopping before the next step ...\n")
