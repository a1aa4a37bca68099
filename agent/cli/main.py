"""`nearhand` on the command line: reads the words, starts the verb, and turns every error into one sentence.

Nothing that takes time is imported here; each verb imports what it needs. Deliberately not here: planning, acting and
policy (`loop.py`), and what things look like (`show.py`, `cli/reply.py`).
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nearhand.agent.cli.options import BROKEN_OFF, UsageError, parser
from nearhand.agent.privacy.sealing import own_process
from nearhand.connectors.errors import NearhandError

if TYPE_CHECKING:
    from nearhand.agent.cli.session import Progress, Session
    from nearhand.agent.daemon.remote import Remote
    from nearhand.agent.loop import Engine
    from nearhand.models.worker import PlanSource

_VERBS = {
    "": "tui.launch:app",
    "serve": "tui.launch:serve",
    "do": "cli.do:do",
    "plan": "cli.do:plan",
    "undo": "cli.do:undo",
    "approve": "cli.queue:approve",
    "reject": "cli.queue:reject",
    "log": "cli.log:log",
    "demo": "cli.demo:demo",
    "connect": "cli.connect:connect",
    "sync": "cli.sync:run",
    "rules": "cli.rules:rules",
    "daemon": "cli.daemon:daemon",
    "privacy": "cli.privacy:privacy",
    "doctor": "cli.doctor:doctor",
    "model": "cli.model:model",
}
"""Verb to module and function, imported when the verb is used."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code. Without words the process is the command's own, and may be sealed."""
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None:
        own_process()
    _forgiving_output()
    try:
        return _run(words)
    except UsageError as error:
        return _failed(words, str(error), 2)
    except NearhandError as error:
        return _failed(words, str(error), 1)
    except KeyboardInterrupt:
        return _failed(words, "Stopped. `nearhand log` shows what was done, if anything was.", BROKEN_OFF)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read the output has gone; Python flushes at its end
        return 1
    except Exception as error:
        if os.environ.get("NEARHAND_TRACEBACK"):
            raise
        return _failed(words, _surprise(error), 1)


def open_engine(
    profile_dir: Path | None,
    now: datetime | None,
    planner: PlanSource | None = None,
    progress: Progress | None = None,
) -> AbstractContextManager[Engine]:
    """The engine of a profile; imported here, because most of what `nearhand` is asked for help does not need it."""
    from nearhand.agent.config.settings import load
    from nearhand.agent.paths import Profile
    from nearhand.agent.planning import start
    from nearhand.agent.privacy.sealing import seal_engine

    config = load(Profile(profile_dir))
    seal_engine(config)  # before the model's process is started, which gets a seal of its own on top
    planner = planner or start(config)
    from nearhand.agent.loop import open_engine as opened  # the model loads meanwhile

    return opened(profile_dir, now, planner, progress)


def find_daemon(profile_dir: Path | None, progress: Progress | None = None) -> Remote | None:
    """The daemon of a profile if one runs; nothing is imported for it if none does."""
    from nearhand.agent.paths import Profile

    if not Profile(profile_dir).socket.exists():
        return None
    from nearhand.agent.daemon.remote import connect

    return connect(profile_dir, progress)


def _run(words: list[str]) -> int:
    read = parser(_version)
    options = read.parse_args(words)
    if not options.verb and not _shows_screens():
        read.print_help()
        return 0
    module, _, function = _VERBS[options.verb or ""].partition(":")
    verb = getattr(importlib.import_module(f"nearhand.agent.{module}"), function)
    return int(verb(_session(options), options))


def _shows_screens() -> bool:
    """Whether there is a terminal, or the browser that `nearhand serve` stands in for."""
    return "TEXTUAL_DRIVER" in os.environ or (sys.stdin.isatty() and sys.stdout.isatty())


def _session(options: Namespace) -> Session:
    from nearhand.agent.cli.session import Session

    return Session(
        opener=lambda *wanted: open_engine(*wanted),
        profile=getattr(options, "profile", None),
        now=getattr(options, "now", None),
        json=getattr(options, "json", False),
        finder=lambda *wanted: find_daemon(*wanted),
    )


def _failed(words: Sequence[str], sentence: str, code: int) -> int:
    """One sentence on stderr; for a program, an object on stdout instead."""
    from nearhand.agent.showing.show import plain

    if _wants_json(words):
        import json

        request = {"status": "failed", "request": "", "plan": [], "results": [], "answer": sentence, "journal": []}
        print(json.dumps(request), flush=True)
    else:
        print(plain(sentence), file=sys.stderr, flush=True)
    return code


def _wants_json(words: Sequence[str]) -> bool:
    asked = words[: words.index("--")] if "--" in words else words
    return "--json" in asked or "--batch" in asked


def _surprise(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The system'}: {error.strerror}. `nearhand doctor` finds out what is wrong."
    said = f"Something unexpected happened ({type(error).__name__}: {error})."
    return f"{said} `nearhand log` shows what was done; NEARHAND_TRACEBACK=1 says where."


def _forgiving_output() -> None:
    """A character that the terminal cannot show becomes "?", never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _version() -> str:
    from nearhand.agent.version import version

    return version()


if __name__ == "__main__":
    sys.exit(main())
