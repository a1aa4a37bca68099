"""A server that cannot move by itself: whoever else moves the same mail meanwhile, and wherever the line is cut between
copying and marking, each mail is there once. Another sync, or the cut, comes before each of the commands of a move."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nearhand.connectors.errors import NetworkError
from nearhand.connectors.imap.pairing import key_of, wire_size
from nearhand.connectors.imap.state import Known, MailState

from ...servers import certificates, dovecot
from ..conftest import Post
from .interrupted import BEYOND, cut, interrupted, moved_on_after_a_cut, settle_one
from .test_mail_sync import NOW, do, fill, here, in_step, mail, reader, there


@pytest.fixture(scope="module", params=["IMAP4rev1", "IMAP4rev1 UIDPLUS"])
def poor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dovecot.Dovecot]:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    made = certificates.make(tmp_path_factory.mktemp("certificates"), "127.0.0.1")
    with dovecot.Dovecot.started(made, f"protocol imap {{\n imap_capability = {request.param}\n}}\n") as server:
        yield server


@pytest.fixture
def post(poor: dovecot.Dovecot, tmp_path: Path) -> Post:
    return Post(poor, tmp_path)


def total(mails: dict[str, list[tuple[bytes, str]]]) -> list[bytes]:
    return sorted(data for folder in mails.values() for data, _ in folder)


def settle(post: Post) -> None:
    for _ in range(6):
        if all(post.sync(name).plan.empty for name in ("one", "two")):
            return
    pytest.fail("the sides never agree")


def test_two_that_move_one_mail_at_the_same_time_do_not_double_it(post: Post) -> None:
    at = 0
    for at in range(1, BEYOND):
        with post.session() as session:
            fill(session, 1, start=at)
        settle(post)
        do(post.account("one"), "mail.archive", f"Mail {at}")
        do(post.account("two"), "mail.archive", f"Mail {at}")
        if not interrupted(post, at, lambda: (post.sync("two"), None)[1]):
            break
    settle(post)
    with post.session() as session:
        assert total(there(session)) == sorted(mail(number) for number in range(1, at + 1))
    assert 5 < at < BEYOND and in_step(post, "one", "two")


def test_a_move_that_is_cut_between_copy_and_mark_does_not_double_the_mail(post: Post) -> None:
    at = 0
    for at in range(1, BEYOND):
        with post.session() as session:
            fill(session, 1, start=at)
        post.sync()
        do(post.account(), "mail.archive", f"Mail {at}")
        try:
            interrupted(post, at, cut)
            break
        except NetworkError:
            for _ in range(3):
                post.sync()
    assert post.sync().plan.empty
    with post.session() as session:
        assert total(there(session)) == sorted(mail(number) for number in range(1, at + 1))
    assert 5 < at < BEYOND and in_step(post)


def test_a_mail_whose_move_was_cut_off_and_that_is_moved_on_before_the_next_sync_is_there_once(post: Post) -> None:
    """Cut off after each command of a sync; the sync after that, too, after one or another."""
    moved_on_after_a_cut(post, "Family", ".Family", lambda at: at * 7 % 17 + 1)


def test_a_state_of_before_copies_were_written_down_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    state = MailState(path)
    state.save([Known(0, "INBOX", "1", "", "S", "INBOX", 5, 1, 10, "k")])
    state.close()
    with closing(sqlite3.connect(path)) as base:
        base.executescript("DROP TABLE copies; DROP TABLE rest; PRAGMA user_version = 1")
    with closing(MailState(path)) as state:
        assert [known.uid for known in state.mails()] == [1] and state.copies() == [] and state.rest() == ""


def test_two_mails_that_are_the_same_to_the_byte_are_two_after_they_were_moved(post: Post) -> None:
    with post.session() as session:
        for _ in range(2):
            session.append("INBOX", mail(1), "", NOW)
        session.create("Archive")
        session.append("Archive", mail(1), "", NOW)
    post.sync()
    connector = reader(post.account())
    for ref, version in list(connector.scan()):
        if ref.startswith("INBOX/"):
            connector.store.move(ref, version, ".Archive", ref.partition("/")[2])
    report = post.sync()
    assert "Moved on the server: 2 mails (Inbox to Archive)." in report.lines() and not list(report.left())
    assert post.sync().plan.empty and in_step(post)
    assert len(here(post.account())[".Archive"]) == 3


def test_marks_and_a_move_by_two_at_the_same_time_all_hold(post: Post) -> None:
    at = 0
    for at in range(1, BEYOND):
        with post.session() as session:
            fill(session, 1, start=at)
        settle(post)
        for name, action in (("one", "mail.flag"), ("two", "mail.mark_read")):
            do(post.account(name), action, f"Mail {at}")
            do(post.account(name), "mail.archive", f"Mail {at}")
        if not interrupted(post, at, lambda: (post.sync("two"), None)[1]):
            break
    settle(post)
    assert here(post.account("one")) == {".Archive": sorted((mail(number), "FS") for number in range(1, at + 1))}
    assert in_step(post, "one", "two")


def test_a_mail_that_went_to_the_server_and_is_moved_here_before_the_next_sync_is_there_once(post: Post) -> None:
    """Without UIDPLUS nobody says where it went; with it, the line may be cut before that is said."""
    (post.account().maildir / "cur" / "1700000001.one:2,S").write_bytes(mail(1))
    post.sync()
    do(post.account(), "mail.archive", "Mail 1")
    post.sync(), post.sync()
    (post.account().maildir / "cur" / "1700000002.two:2,S").write_bytes(mail(2))
    with post.session() as session:
        session.append("INBOX", mail(2), "S", NOW)  # as a run does that is killed right after
    state, size = MailState(post.account().state), wire_size(mail(2))
    state.intend(Known(0, "INBOX", "1700000002.two", "", "S", "INBOX", 0, 0, size, key_of(mail(2), size).strong))
    state.close()
    do(post.account(), "mail.archive", "Mail 2")
    settle_one(post)
    with post.session() as session:
        assert total(there(session)) == [mail(1), mail(2)] and list(there(session)) == [".Archive"]
    assert in_step(post)
