"""Another program moves, or marks, the very mail that is being moved on a server that cannot move by itself: before each
of the commands of a move. The mail is there once, and what was marked stays marked. And what a dry run says of a move
that was cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nearhand.connectors.errors import NetworkError
from nearhand.connectors.imap.session import ImapSession

from ...servers import certificates, dovecot
from ..conftest import Post
from .interrupted import BEYOND, cut, interrupted, settle_one
from .test_mail_moves import total
from .test_mail_sync import do, fill, here, in_step, mail, there


@pytest.fixture(scope="module", params=["IMAP4rev1 UIDPLUS", "IMAP4rev1 CONDSTORE"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dovecot.Dovecot]:
    """One that says, in one way or the other, whether a mail was touched."""
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    made = certificates.make(tmp_path_factory.mktemp("certificates"), "127.0.0.1")
    with dovecot.Dovecot.started(made, f"protocol imap {{\n imap_capability = {request.param}\n}}\n") as found:
        yield found


@pytest.fixture
def post(server: dovecot.Dovecot, tmp_path: Path) -> Post:
    return Post(server, tmp_path)


def program(post: Post, number: int, act: Callable[[ImapSession, int], object]) -> Callable[[], None]:
    """Another mail program at work on one mail, wherever it is in the inbox."""

    def run() -> None:
        with post.session() as session:
            session.select("INBOX")
            for uid in session.with_message_id(f"{number}@test") & session.living():
                act(session, uid)

    return run


def moves_it(session: ImapSession, uid: int) -> None:
    session.copy([uid], "Junk")
    session.remove([uid])


def archived_meanwhile(post: Post, act: Callable[[ImapSession, int], object]) -> int:
    """Archive mail after mail, another program being at each before one more command; returns how many."""
    at = 0
    for at in range(1, BEYOND):
        with post.session() as session:
            fill(session, 1, start=at)
        settle_one(post)
        do(post.account(), "mail.archive", f"Mail {at}")
        if not interrupted(post, at, program(post, at, act)):
            break
        settle_one(post)
    settle_one(post)
    assert 8 < at < BEYOND and in_step(post)
    return at


def test_a_mail_that_another_program_moves_elsewhere_at_the_same_time_is_there_once(post: Post) -> None:
    count = archived_meanwhile(post, moves_it)
    with post.session() as session:
        found = there(session)
    assert total(found) == [mail(number) for number in sorted(range(1, count + 1), key=mail)]
    assert set(found) == {".Archive", ".Junk"} and len(found[".Junk"]) > 4


def test_a_mail_that_another_program_marks_at_the_same_time_stays_marked(post: Post) -> None:
    with post.session() as session:
        if not session.condstore:
            pytest.skip("only CONDSTORE says that a mail was marked")
    marked: list[int] = []

    def mark(session: ImapSession, uid: int) -> None:
        session.mark([uid], "F", "")
        marked.append(uid)

    archived_meanwhile(post, mark)
    assert len(marked) > 6, "every mail that was still in the inbox"
    assert sum(flags == "F" for _, flags in here(post.account())[".Archive"]) == len(marked)


def test_two_that_move_one_mail_to_different_places_leave_it_in_one(post: Post) -> None:
    at = 0
    for at in range(1, BEYOND):
        with post.session() as session:
            fill(session, 1, start=at)
        for _ in range(2):
            post.sync("one"), post.sync("two")
        do(post.account("one"), "mail.archive", f"Mail {at}")
        do(post.account("two"), "mail.move", f"Mail {at}", to="Family")
        if not interrupted(post, at, lambda: (post.sync("two"), None)[1]):
            break
    for _ in range(6):
        if all(post.sync(name).plan.empty for name in ("one", "two")):
            break
    with post.session() as session:
        assert total(there(session)) == sorted(mail(number) for number in range(1, at + 1))
    assert 8 < at < BEYOND and in_step(post, "one", "two")


def test_a_dry_run_after_a_move_that_was_cut_off_does_not_take_the_copy_for_a_new_mail(post: Post) -> None:
    at = 0
    said: set[tuple[str, ...]] = set()
    for at in range(1, BEYOND):
        with post.session() as session:
            fill(session, 1, start=at)
        settle_one(post)
        do(post.account(), "mail.archive", f"Mail {at}")
        try:
            interrupted(post, at, cut)
            break
        except NetworkError:
            said.add(tuple(post.sync(dry_run=True).plan.lines()))
            settle_one(post)
    assert said <= {("Move on the server: 1 mail (Inbox to Archive).",), ()} and len(said) == 2
    assert 8 < at < BEYOND and in_step(post)
