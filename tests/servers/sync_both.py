"""One run of all that a profile has, mail and calendars, in a process of its own that may die as by kill -9:

    python sync_both.py PROFILE PASSWORD [DIE_AT]

Counts what reaches a server, the disk or a state, and dies right before the DIE_AT-th of them; prints how many.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nearhand.agent.config.settings import load
from nearhand.agent.paths import Profile
from nearhand.agent.servers.accounts import Accounts
from nearhand.agent.servers.sync_parts import Wish
from nearhand.agent.servers.syncing import sync
from nearhand.connectors import atomic
from nearhand.connectors.dav.state import DavState
from nearhand.connectors.imap.state import MailState
from nearhand.connectors.mail import maildir_delivery
from nearhand.connectors.network.lines import Line


class OnePassword:
    """A vault in which everything is the same."""

    def get(self, name: str) -> str:
        return sys.argv[2]


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


def main() -> None:
    dying = Dying(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    home = Profile(Path(sys.argv[1]))
    accounts = Accounts(home, load(home), OnePassword)  # type: ignore[arg-type]
    atomic.hook = dying.step
    maildir_delivery.rename_no_replace = dying.counted(maildir_delivery.rename_no_replace)  # type: ignore[attr-defined]
    for owner, names in (
        (Line, ("sendall",)),
        (MailState, ("save", "save_boxes", "intend", "intend_copies")),
        (DavState, ("keep", "intend", "in_step", "bind", "drop")),
    ):
        for name in names:
            setattr(owner, name, dying.counted(getattr(owner, name)))
    troubles = [trouble for part in sync(accounts, Wish()) for trouble in part.troubles]
    print(dying.count, *troubles)


if __name__ == "__main__":
    main()
