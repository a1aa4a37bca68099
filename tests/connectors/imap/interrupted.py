"""A session in which something happens right before, or after, one of the commands of a sync: another sync, or a cut."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from nearhand.connectors.errors import NetworkError
from nearhand.connectors.imap.session import ImapSession, Placed
from nearhand.connectors.imap.sync import MailReport, sync_mail
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

from ...servers.dovecot import PASSWORD
from ..conftest import Post
from .test_mail_sync import do, fill, in_step, mail, there

BEYOND = 60
"""More commands than a sync of a few mails has."""


class Interrupted(ImapSession):
    """Counts commands down to the one."""

    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None
    at = 0

    def _call(self, command: str, *args: str, missing_ok: bool = False) -> None:
        self._ahead()
        super()._call(command, *args, missing_ok=missing_ok)
        self._done()

    def append(self, name: str, raw: bytes, flags: str, when: datetime) -> Placed:
        self._ahead()
        placed = super().append(name, raw, flags, when)
        self._done()
        return placed

    def _ahead(self) -> None:
        self.at -= 1
        if self.at == 0 and self.before is not None:
            self.before()

    def _done(self) -> None:
        if self.at == 0 and self.after is not None:
            self.after()


def session_of(post: Post) -> Interrupted:
    """A session that nothing happens in yet."""
    endpoint = post.server.endpoint
    return Interrupted(Wire([endpoint], post.ledger), endpoint, Login(post.user, PASSWORD), "mail")


def cut() -> None:
    raise NetworkError("cut")


def interrupted(post: Post, at: int, before: Callable[[], None]) -> bool:
    """Sync one side, with something happening before one command after the look; whether it came to that."""
    with session_of(post) as session:

        def begun(report: MailReport) -> None:
            session.at, session.before = at, before

        try:
            sync_mail(session, post.account("one"), begun=begun)
        finally:
            session.before = None
        return session.at <= 0


def broken_off(post: Post, at: int) -> bool:
    """Sync one side over a line that is cut after one command, its answer lost; whether it came to that."""
    with session_of(post) as session:
        session.at, session.after = at, cut
        try:
            sync_mail(session, post.account("one"))
        except NetworkError:
            return True
        finally:
            session.after = None
        return False


def settle_one(post: Post) -> None:
    """Sync one side until nothing changes any more."""
    for _ in range(4):
        if post.sync().plan.empty:
            return
    pytest.fail("the sides never agree")


def moved_on_after_a_cut(post: Post, to: str, folder: str, again: Callable[[int], int] = lambda at: 0) -> None:
    """Archive a mail, cut the sync off after each of its commands, move it on here: it ends where it was put last.

    `again` says after which command the sync after that is cut off, too; 0 is none.
    """
    at = 0
    for at in range(1, BEYOND):
        with post.session() as session:
            fill(session, 1, start=at)
        post.sync()
        do(post.account(), "mail.archive", f"Mail {at}")
        if not broken_off(post, at):
            break
        do(post.account(), "mail.move", f"Mail {at}", to=to)
        if again(at):
            broken_off(post, again(at))
        settle_one(post)
        with post.session() as session:
            assert there(session) == {folder: sorted((mail(number), "") for number in range(1, at + 1))}
    assert 3 < at < BEYOND and in_step(post)
