"""One sync in a process of its own, which may die in the middle as by kill -9:

    python sync_once.py PORT USER PASSWORD MAILDIR STATE [DIE_AT]

Counts everything that reaches the server, the disk or the state, and dies right before the DIE_AT-th of them. Prints
how many there were.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nearhand.connectors import atomic
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.state import MailState
from nearhand.connectors.imap.sync import MailAccount, sync_mail
from nearhand.connectors.mail import maildir_delivery
from nearhand.connectors.network.endpoints import Endpoint, Privacy
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.lines import Line
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

_count, _die_at = 0, 0


def _event(*_: object) -> None:
    global _count
    _count += 1
    if _count == _die_at:
        os._exit(137)


def _counted(work: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **options: Any) -> Any:
        _event()
        return work(*args, **options)

    return run


def main() -> None:
    global _die_at
    port, user, password, maildir, state, *rest = sys.argv[1:]
    _die_at = int(rest[0]) if rest else 0
    server = Endpoint("127.0.0.1", int(port), Privacy.PLAIN)
    wire = Wire([server], NetworkLedger(Path(state).with_name("network.db")))
    with ImapSession(wire, server, Login(user, password), "mail") as session:
        atomic.hook = _event
        maildir_delivery.rename_no_replace = _counted(maildir_delivery.rename_no_replace)  # type: ignore[attr-defined]
        Line.sendall = _counted(Line.sendall)  # type: ignore[method-assign]
        MailState.save = _counted(MailState.save)  # type: ignore[method-assign]
        MailState.save_boxes = _counted(MailState.save_boxes)  # type: ignore[method-assign]
        MailState.keep_rest = _counted(MailState.keep_rest)  # type: ignore[method-assign]
        MailState.intend_copies = _counted(MailState.intend_copies)  # type: ignore[method-assign]
        sync_mail(session, MailAccount("one", Path(maildir), Path(state)))
    print(_count)


if __name__ == "__main__":
    main()
