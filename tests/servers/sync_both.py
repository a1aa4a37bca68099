"""Runs of all that a profile has, mail and calendars, each in a process of its own that may die as by kill -9:

    python sync_both.py PASSWORD          then, line by line: PROFILE DIE_AT

Each run counts what reaches a server, the disk or a state, and dies right before the DIE_AT-th of them, or never at 0.
Answers each line with the exit code, how many there were, and the troubles. A run is split off from a process that has
everything loaded, because a thousand of them would otherwise mostly start Python.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nearhand.agent.config.settings import load
from nearhand.agent.paths import Profile
from nearhand.agent.servers.accounts import Accounts
from nearhand.agent.servers.sync_parts import Wish
from nearhand.agent.servers.syncing import sync
from nearhand.connectors import atomic
from nearhand.connectors.dav import account as _loaded  # noqa: F401
from nearhand.connectors.dav.state import DavState
from nearhand.connectors.imap import sync as _loaded_too  # noqa: F401
from nearhand.connectors.imap.state import MailState
from nearhand.connectors.mail import maildir_delivery
from nearhand.connectors.network.lines import Line


class OnePassword:
    """A vault in which everything is the same."""

    def get(self, name: str) -> str:
        return sys.argv[1]


class Dying:
    """Counts, and dies in time."""

    def __init__(self, die_at: int) -> None:
        self.count, self._die_at = 0, die_at

    def step(self, *_: object) -> None:
        self.count += 1
        if self.count == self._die_at:
            os._exit(137)

    def counted(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            self.step()
            return work(*args, **options)

        return run


def run(folder: Path, die_at: int) -> str:
    """One run, in the process that may die."""
    dying = Dying(die_at)
    home = Profile(folder)
    accounts = Accounts(home, load(home), OnePassword)  # type: ignore[arg-type]
    atomic.hook = dying.step
    maildir_delivery.rename_no_replace = dying.counted(maildir_delivery.rename_no_replace)  # type: ignore[attr-defined]
    for owner, names in (
        (Line, ("sendall",)),
        (MailState, ("save", "save_boxes", "keep_rest", "intend", "intend_copies")),
        (DavState, ("keep", "intend", "in_step", "bind", "drop")),
    ):
        for name in names:
            setattr(owner, name, dying.counted(getattr(owner, name)))
    troubles = [trouble for part in sync(accounts, Wish()) for trouble in part.troubles]
    return " ".join([str(dying.count), *troubles])


def split_off(folder: Path, die_at: int) -> str:
    """Run in a new process; its exit code and what it said."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.write(theirs, run(folder, die_at).encode())
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return f"{os.waitstatus_to_exitcode(status)} {said}".replace("\n", " ")


def main() -> None:
    for line in sys.stdin:
        folder, _, die_at = line.strip().rpartition(" ")
        print(split_off(Path(folder), int(die_at)), flush=True)


if __name__ == "__main__":
    main()
