"""Brings the local store and the person's accounts into step: mail, calendars, contacts, and what waits to be sent.

One account after the other, one run at a time over all processes. An account that cannot be reached is told, and the
others go on. Deliberately not here: how each is compared (`connectors/imap/sync.py`, `dav/account.py`), and printing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nearhand.agent.errors import BusyError
from nearhand.agent.paths import Profile
from nearhand.agent.servers.accounts import Accounts, OpenAccount
from nearhand.agent.servers.posting import post
from nearhand.agent.servers.sync_parts import Part, Tell, Wish
from nearhand.connectors import atomic
from nearhand.connectors.errors import NearhandError

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine
    from nearhand.connectors.imap.sync import MailReport

_ROUNDS = 3
"""How often the mail of an account is compared while others change it under our hands."""


def sync(accounts: Accounts, wish: Wish, engine: Engine | None = None, tell: Tell = lambda *_: None) -> list[Part]:
    """Bring everything into step, or say what would change; raises BusyError when another run is at it.

    With an engine, what waits in the Outbox and is due is handed over first.
    """
    chosen = accounts.chosen(wish.account)
    with _alone(accounts.profile):
        parts: list[Part] = []
        if engine is not None:
            parts += post(engine, chosen, wish.dry)
        for account in chosen:
            for area, act in (("mail", _mail), ("calendar", _dav), ("contacts", _dav)):
                part = Part(account.name, area)
                try:
                    if act(accounts, account, part, wish, tell):
                        parts.append(part)
                except NearhandError as error:
                    part.troubles.insert(0, str(error))
                    parts.append(part)
        return parts


@contextmanager
def _alone(profile: Profile) -> Iterator[None]:
    """Hold the right to synchronize this profile."""
    atomic.make_folders(profile.sync)
    lock = os.open(profile.sync / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("Another run is synchronizing right now. Wait until it is done.") from None
        yield
    finally:
        os.close(lock)


def _mail(accounts: Accounts, account: OpenAccount, part: Part, wish: Wish, tell: Tell) -> bool:
    if not account.config.imap or accounts.config.mail is None:
        return False
    from nearhand.connectors.imap.sync import MailAccount, sync_mail

    named = [each.name for each in accounts.config.accounts if each.imap]
    first = named[0] == account.name
    place = MailAccount(
        account.name,
        accounts.config.mail.maildir,
        accounts.profile.sync / f"mail-{_plain(account.name)}.db",
        "" if first else _under(account.name),
        tuple(map(_under, named[1:])) if first else (),
    )
    reports: list[MailReport] = []
    try:
        with account.imap() as session:
            while not reports or (_unsettled(reports[-1]) and not wish.dry and len(reports) < _ROUNDS):
                sync_mail(
                    session,
                    place,
                    dry_run=wish.dry,
                    allow_emptied=wish.accepts(account.name),
                    progress=lambda done, total: tell(f"mail of {account.name}", done, total),
                    begun=reports.append,
                )
    finally:
        _tell_mail(part, reports, wish.dry)
    return True


def _unsettled(report: MailReport) -> bool:
    """Whether something was left undone only because it changed at that moment: looking again settles it."""
    return not report.problems and any(report.left())


def _tell_mail(part: Part, reports: Sequence[MailReport], dry: bool) -> None:
    """Say what was really done, also by a sync that broke off, and what is left; of a dry run, what would be."""
    for report in reports:
        part.changes += report.plan.lines() if dry else report.lines()
        part.count += report.plan.many if dry else report.many
    if reports and not dry:
        part.troubles += [*reports[-1].problems, *reports[-1].left()]


def _dav(accounts: Accounts, account: OpenAccount, part: Part, wish: Wish, tell: Tell) -> bool:
    kind, suffix = ("c", ".ics") if part.area == "calendar" else ("r", ".vcf")
    known = accounts.config.calendar if kind == "c" else accounts.config.contacts
    client = account.dav(kind) if known is not None else None
    if known is None or client is None:
        return False
    from nearhand.connectors.dav.account import AccountSync
    from nearhand.connectors.dav.state import DavState
    from nearhand.connectors.errors import NotFoundError
    from nearhand.connectors.vdir.store import Vdir

    takes_new = next((each.name for each in accounts.all if each.dav_url(kind)), "") == account.name
    state = DavState(accounts.profile.sync / "dav.db")
    try:
        run = AccountSync(account.name, kind, Vdir(known.vdir, suffix), state, client, takes_new, tell)
        report = run.run(wish.dry, wish.accepts)
    except NotFoundError:
        if kind == "r" and not account.config.carddav:
            return False  # a server of calendars that keeps no contacts
        raise
    finally:
        client.close()
        state.close()
    changes = [str(deed) for deed in report.deeds if deed.changed]
    part.changes += changes
    part.count += len(changes)
    part.troubles += report.troubles
    part.troubles += [str(deed) for deed in report.deeds if deed.why and deed.how not in ("done", "planned")]
    return True


def _plain(name: str) -> str:
    """The name of an account as part of a file name."""
    return "".join(c if c.isalnum() else f"-{ord(c):x}" for c in name)


def _under(name: str) -> str:
    return f".{_plain(name)}"
