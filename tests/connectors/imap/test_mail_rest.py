"""Where nothing happened on either side nothing is compared; whatever happens ends the rest, and is seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nearhand.connectors.imap import rest
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.state import MailState
from nearhand.connectors.imap.sync import MailAccount, sync_mail
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

from ...servers.liar import Liar, Mail
from ..conftest import Post
from .test_mail_sync import NOW, do, fill, in_step, mail

FINE = 50_000_000
"""Nanoseconds within which the disk of these tests does tell changes apart, so that they need not wait for seconds."""


@pytest.fixture
def fine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rest, "YOUNG", FINE)
    yield


def rests(account: MailAccount) -> bool:
    with closing(MailState(account.state)) as state:
        return state.rest() != ""


def settled(post: Post) -> None:
    """Sync until a comparison has found nothing to do on folders that are old enough."""
    for _ in range(3):
        time.sleep(FINE / 1e9 * 2)
        post.sync()
    assert rests(post.account())


def test_where_nothing_happened_no_mail_is_looked_at(post: Post, fine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with post.session() as session:
        fill(session, 3)
    settled(post)
    with monkeypatch.context() as patch:
        patch.setattr(MailState, "mails", lambda state: pytest.fail("the mails were compared"))
        patch.setattr(MailState, "save_boxes", lambda state, boxes: pytest.fail("something was written down"))
        for options in ({}, {"dry_run": True}, {"allow_emptied": True}):
            report = post.sync(**options)
            assert report.plan.empty and not list(report.lines()) and not list(report.left())
    assert in_step(post)


def lies_new_here(post: Post) -> None:
    (post.account().maildir / "new" / "1700000009.here").write_bytes(mail(9))


def removed_here(post: Post) -> None:
    next((post.account().maildir / "cur").iterdir()).unlink()


def on_the_server(act: Callable[[ImapSession], object]) -> Callable[[Post], None]:
    def acted(post: Post) -> None:
        with post.session() as session:
            session.select("INBOX")
            act(session)

    return acted


CHANGES: dict[str, Callable[[Post], object]] = {
    "a new mail here": lies_new_here,
    "a mark here": lambda post: do(post.account(), "mail.flag", "Mail 0"),
    "a move here": lambda post: do(post.account(), "mail.archive", "Mail 1"),
    "a new folder here": lambda post: [
        (post.account().maildir / ".Plans" / part).mkdir(parents=True) for part in ("tmp", "new", "cur")
    ],
    "a new mail there": on_the_server(lambda session: session.append("INBOX", mail(8), "", NOW)),
    "a mark there": on_the_server(lambda session: session.mark(session.uids(), "F", "")),
    "a move there": on_the_server(lambda session: session.move([min(session.uids())], "Junk")),
    "a removal there": on_the_server(lambda session: session.remove([min(session.uids())])),
    "a new mailbox there": on_the_server(lambda session: session.create("Travel")),
    "a removal here": removed_here,  # the last, for the mail stays in the trash of the server, and only there
}


def test_whatever_happens_on_one_side_ends_the_rest(post: Post, fine: None) -> None:
    with post.session() as session:
        fill(session, 6)
    for what, change in CHANGES.items():
        settled(post)
        change(post)
        assert not post.sync().plan.empty, what
        assert not rests(post.account()), what
        settled(post)
        assert in_step(post) or what == "a removal here", what
    assert (post.account().maildir / ".Travel" / "cur").is_dir()


def test_a_folder_that_changed_a_moment_ago_is_not_trusted(post: Post) -> None:
    with post.session() as session:
        fill(session, 2)
    post.sync(), post.sync(), post.sync()
    assert not rests(post.account()), "another change could bear the same stamp"


def test_a_maildir_that_was_put_in_the_place_of_another_is_compared(post: Post, fine: None) -> None:
    with post.session() as session:
        fill(session, 2)
    settled(post)
    maildir = post.account().maildir
    (maildir / "cur").rename(maildir / "old")
    (maildir / "cur").mkdir()
    for path in (maildir / "old").iterdir():
        (maildir / "cur" / path.name).write_bytes(path.read_bytes())
    next((maildir / "cur").iterdir()).unlink()
    time.sleep(FINE / 1e9 * 2)
    assert not post.sync().plan.empty


def test_a_server_that_does_not_say_what_changed_is_always_compared(tmp_path: Path, fine: None) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / "Mail" / part).mkdir(parents=True)
    account = MailAccount("one", tmp_path / "Mail", tmp_path / "state.db")
    with Liar([Mail(1, mail(1).replace(b"\n", b"\r\n"))]) as server:
        wire = Wire([server.endpoint], NetworkLedger(tmp_path / "network.db"))
        for _ in range(3):
            time.sleep(FINE / 1e9 * 2)
            with ImapSession(wire, server.endpoint, Login("robin", "secret"), "mail") as session:
                sync_mail(session, account)
    assert not rests(account)
