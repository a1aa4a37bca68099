"""A Maildir and a real Dovecot are kept in step: nothing is marked as read, nothing lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nearhand.connectors.base import Call, Person
from nearhand.connectors.errors import ConflictError, NotFoundError, SignInError, TrustError
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.sync import MailAccount, sync_mail
from nearhand.connectors.imap.sync_apply import ASIDE
from nearhand.connectors.imap.sync_types import VanishedError, Verb
from nearhand.connectors.mail.connector import MailConnector
from nearhand.connectors.mail.maildir_files import flags_of
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

from ...servers import certificates, dovecot
from ...servers.dovecot import PASSWORD
from ..conftest import Post

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def mail(number: int, body: str = "") -> bytes:
    return f"Message-ID: <{number}@test>\nSubject: Mail {number}\n\n{body or f'Hello {number}'}\n".encode()


def fill(session: ImapSession, count: int, box: str = "INBOX", start: int = 0) -> None:
    if box != "INBOX":
        session.create(box)
    for number in range(start, start + count):
        session.append(box, mail(number), "", NOW + timedelta(minutes=number))


def here(account: MailAccount) -> dict[str, list[tuple[bytes, str]]]:
    """Folder to sorted (bytes, flags)."""
    connector = reader(account)
    found: dict[str, list[tuple[bytes, str]]] = {}
    for ref, version in connector.scan():
        found.setdefault(ref.partition("/")[0], []).append((connector.raw(ref), flags_of(version)))
    return {folder: sorted(mails) for folder, mails in found.items() if folder != ".Outbox"}


def there(session: ImapSession) -> dict[str, list[tuple[bytes, str]]]:
    """The same of the server, by the folder names of the Maildir."""
    found: dict[str, list[tuple[bytes, str]]] = {}
    for box in session.mailboxes()[0]:
        session.select(box.name)
        flags = {each.uid: each.flags or "" for each in session.listing()}
        bodies = {each.uid: (each.data or b"").replace(b"\r\n", b"\n") for each in session.bodies(flags)} if flags else {}
        mails = sorted((bodies[uid], mark) for uid, mark in flags.items() if "T" not in mark)
        if mails:
            found["INBOX" if box.name == "INBOX" else "." + box.name.replace("/", ".")] = mails
    return found


def reader(account: MailAccount) -> MailConnector:
    return MailConnector(account.maildir, Person("Robin", "robin@keller.example"), UTC)


def do(account: MailAccount, action: str, *titles: str, **args: object) -> None:
    """Act on mails as the agent does."""
    connector = reader(account)
    items = [connector.load(ref) for ref, _ in connector.scan()]
    chosen = tuple(item for item in items if item.title in titles)
    assert len(chosen) == len(titles)
    for effect in connector.expand(Call(action, chosen, args)):
        connector.apply(effect)


def trashed(post: Post) -> Callable[[], object]:
    """One of two mails that have come is put into the trash here; returns its undo."""
    with post.session() as session:
        fill(session, 2)
    post.sync()
    connector = reader(post.account())
    item = next(connector.load(ref) for ref, _ in connector.scan())
    (effect,) = connector.expand(Call("mail.trash", (item,)))
    inverse = connector.inverse(effect)
    connector.apply(effect)
    return lambda: connector.apply(inverse)


def in_step(post: Post, *names: str) -> bool:
    with post.session() as session:
        return all(here(post.account(name)) == there(session) for name in names or ("one",))


def test_the_first_sync_brings_every_mail_unread_and_the_second_nothing(post: Post) -> None:
    with post.session() as session:
        fill(session, 30)
    report = post.sync()
    assert report.done == {Verb.PULL: 30} and report.problems == []
    assert report.many == report.plan.many == 30 + len(report.folders), "mails are counted, not lines"
    assert in_step(post)
    assert all(flags == "" for _, flags in here(post.account())["INBOX"])
    assert post.sync().plan.empty


def test_over_tls_and_with_an_own_authority_it_is_the_same(post: Post) -> None:
    server = post.server
    wire = Wire([server.secure], post.ledger, server.ca_file)
    with ImapSession(wire, server.secure, Login(post.user, PASSWORD), "mail") as session:
        assert "IDLE" in session.capabilities
    with pytest.raises(TrustError, match="ca_file"):
        ImapSession(Wire([server.secure], post.ledger), server.secure, Login(post.user, PASSWORD), "mail")


@pytest.mark.parametrize("why", ["expired", "wrong host"])
def test_a_certificate_that_proves_nothing_is_not_believed(tmp_path: Path, why: str) -> None:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    made = certificates.make(tmp_path, "other.example" if why == "wrong host" else "127.0.0.1", expired=why == "expired")
    with dovecot.Dovecot.started(made) as server:
        wire = Wire([server.secure], NetworkLedger(tmp_path / "network.db"), made.ca_file)
        with pytest.raises(TrustError, match="could not prove"):
            ImapSession(wire, server.secure, Login("robin", PASSWORD), "mail")


def test_a_dry_run_says_what_would_change_and_changes_nothing(post: Post) -> None:
    with post.session() as session:
        fill(session, 3)
    lines = list(post.sync(dry_run=True).plan.lines())
    assert "Fetch from the server: 3 mails (Inbox)." in lines
    assert here(post.account()) == {}


def test_what_is_done_offline_reaches_the_server(post: Post) -> None:
    with post.session() as session:
        fill(session, 6)
    post.sync()
    account = post.account()
    do(account, "mail.archive", "Mail 0", "Mail 1")
    do(account, "mail.flag", "Mail 2")
    do(account, "mail.mark_read", "Mail 1", "Mail 3")
    do(account, "mail.move", "Mail 4", to="Family/Schulö")
    do(account, "mail.trash", "Mail 5")
    post.sync()
    assert in_step(post)
    with post.session() as session:
        assert set(there(session)) == {"INBOX", ".Archive", ".Family.Schul&APY-", ".Trash"}
    assert post.sync().plan.empty


def test_an_undo_offline_before_the_sync_leaves_no_trace_on_the_server(post: Post) -> None:
    undo = trashed(post)
    undo()
    assert post.sync(dry_run=True).plan.empty


def test_an_undo_after_the_sync_goes_to_the_server_with_the_next_one(post: Post) -> None:
    undo = trashed(post)
    post.sync()
    undo()
    post.sync()
    assert in_step(post) and list(here(post.account())) == ["INBOX"]


def test_what_another_mail_program_does_comes_here_without_fetching_a_mail_again(post: Post) -> None:
    with post.session() as session:
        fill(session, 5)
        post.sync()
        session.select("INBOX")
        session.mark([1], "SF", "")
        session.create("Project X")
        session.move([2, 3], "Project X")
        fill(session, 1, start=9)
    report = post.sync()
    assert report.done == {Verb.MARK_HERE: 1, Verb.MOVE_HERE: 2, Verb.PULL: 1}
    assert in_step(post)


def test_a_mail_deleted_on_the_server_is_set_aside_here_and_not_lost(post: Post) -> None:
    with post.session() as session:
        fill(session, 4)
        post.sync()
        session.select("INBOX")
        session.mark([1], "T", "")
    assert post.sync().done == {Verb.SET_ASIDE: 1}
    assert in_step(post)
    kept = list((post.account().maildir / ASIDE).rglob("*nearhand*"))
    assert [path.read_bytes() for path in kept] == [mail(0)]


def test_a_mail_deleted_here_by_another_program_goes_to_the_trash_of_the_server(post: Post) -> None:
    with post.session() as session:
        fill(session, 4)
    post.sync()
    account = post.account()
    next((account.maildir / "cur").iterdir()).unlink()
    assert post.sync().done == {Verb.MOVE_THERE: 1}
    with post.session() as session:
        assert {folder: len(mails) for folder, mails in there(session).items()} == {"INBOX": 3, ".Trash": 1}
    assert post.sync().plan.empty


def test_both_sides_change_flags_of_one_mail_and_both_changes_hold(post: Post) -> None:
    with post.session() as session:
        fill(session, 1)
        post.sync()
        do(post.account(), "mail.flag", "Mail 0")
        session.select("INBOX")
        session.mark([1], "SR", "")
    post.sync()
    assert here(post.account())["INBOX"] == [(mail(0), "FRS")] and in_step(post)


@pytest.mark.parametrize(
    ("elsewhere", "goes_to"),
    [
        (lambda session: session.move([1], "Junk"), ".Junk"),  # where the server has it
        (lambda session: session.move([1], "Trash"), ".Archive"),  # kept
        (lambda session: session.mark([1], "T", ""), ".Archive"),  # kept
    ],
    ids=["moved", "trashed", "expunged"],
)
def test_a_mail_moved_here_and_something_else_there_is_kept_in_one_place(
    post: Post, elsewhere: Callable[[ImapSession], object], goes_to: str
) -> None:
    with post.session() as session:
        fill(session, 2)
        post.sync()
        do(post.account(), "mail.archive", "Mail 0")
        session.select("INBOX")
        elsewhere(session)
    post.sync()
    assert in_step(post) and here(post.account())[goes_to] == [(mail(0), "")]


def test_a_new_mail_here_goes_to_the_server_with_its_flags(post: Post) -> None:
    account = post.account()
    (account.maildir / "new" / "1700000000.M1P2.host").write_bytes(mail(1))
    do(account, "mail.draft", to=(Person("Olga", "olga@brandt.example"),), subject="Later", text="Hi", date=NOW)
    post.sync()
    assert in_step(post)
    assert [flags for _, flags in here(account)[".Drafts"]] == ["DS"]


def test_the_outbox_never_goes_to_the_server(post: Post) -> None:
    account = post.account()
    do(account, "mail.send", to=(Person("Olga", "olga@brandt.example"),), subject="Later", text="Hi", date=NOW)
    post.sync()
    with post.session() as session:
        assert there(session) == {} and "Outbox" not in {box.name for box in session.mailboxes()[0]}


def test_a_copy_that_the_server_filed_under_sent_by_itself_is_not_doubled(post: Post) -> None:
    account = post.account()
    sent = b"Received: by the server\n" + mail(7)
    with post.session() as session:
        session.append("Sent", sent, "S", NOW)
    do(account, "mail.draft", to=(Person("Olga", "olga@brandt.example"),), subject="x", text="y", date=NOW)
    (account.maildir / ".Sent" / "cur").mkdir(parents=True)
    (account.maildir / ".Sent" / "cur" / "1700000000.N1.nearhand:2,S").write_bytes(mail(7))
    post.sync()
    post.sync()
    with post.session() as session:
        assert there(session)[".Sent"] == [(sent, "S")]
    assert len(here(account)[".Sent"]) == 1


def test_when_the_server_counts_anew_nothing_is_fetched_or_sent_again(post: Post) -> None:
    with post.session() as session:
        fill(session, 5, "Project")
        post.sync()
        session._call("DELETE", '"Project"')
        fill(session, 1, "Project", start=99)
        fill(session, 5, "Project")
    do(post.account(), "mail.flag", "Mail 3")
    report = post.sync()
    assert report.done == {Verb.PULL: 1, Verb.MARK_THERE: 1}
    assert in_step(post) and post.sync().plan.empty


def test_mails_of_one_message_id_are_all_kept(post: Post) -> None:
    with post.session() as session:
        for body in ("same", "same", "other"):
            session.append("INBOX", mail(1, body), "", NOW)
        post.sync()
        assert len(here(post.account())["INBOX"]) == 3
        session.select("INBOX")
        session.move([1, 3], "Archive")
    post.sync()
    assert in_step(post) and len(here(post.account())[".Archive"]) == 2


def test_a_lost_state_is_made_anew_without_a_transfer(post: Post) -> None:
    with post.session() as session:
        fill(session, 5)
    post.sync()
    for path in post.account().state.parent.glob("state.db*"):
        path.unlink()
    report = post.sync()
    assert report.done == {} and in_step(post)
    assert post.sync().plan.empty


def test_everything_gone_here_is_an_error_and_nothing_is_passed_on(post: Post) -> None:
    with post.session() as session:
        fill(session, 4)
    post.sync()
    for path in (post.account().maildir / "cur").iterdir():
        path.unlink()
    with pytest.raises(VanishedError, match=r"All 4 mails of Inbox are gone here .* --accept-removal “one”"):
        post.sync()
    with post.session() as session:
        assert len(there(session)["INBOX"]) == 4
    assert post.sync(allow_emptied=True).done == {Verb.MOVE_THERE: 4}


def test_everything_gone_on_the_server_is_an_error_and_nothing_is_passed_on(post: Post) -> None:
    with post.session() as session:
        fill(session, 4, "Archive")
        post.sync()
        session.select("Archive")
        session.mark([1, 2, 3, 4], "T", "")
    with pytest.raises(VanishedError, match="gone on the server"):
        post.sync()
    assert len(here(post.account())[".Archive"]) == 4
    assert post.sync(allow_emptied=True).done == {Verb.SET_ASIDE: 4}


def test_a_mailbox_that_was_deleted_and_made_again_empty_does_not_pass_for_counting_anew(post: Post) -> None:
    with post.session() as session:
        fill(session, 4, "Project")
        post.sync()
        session._call("DELETE", '"Project"')
        session.create("Project")
    with pytest.raises(VanishedError, match="Project are gone on the server"):
        post.sync()


def test_a_maildir_that_is_not_there_is_an_error(post: Post) -> None:
    with post.session() as session:
        fill(session, 1)
    post.sync()
    account = post.account()
    account.maildir.rename(post.folder / "elsewhere")
    with post.session() as session, pytest.raises(NotFoundError, match="cannot be read"):
        sync_mail(session, account)


def test_two_syncs_of_one_account_do_not_run_at_once(post: Post) -> None:
    with post.session() as session:
        fill(session, 1)

    def again(done: int, total: int) -> None:
        with pytest.raises(ConflictError, match="under way"):
            post.sync()

    assert post.sync(progress=again).done == {Verb.PULL: 1}


def test_a_sync_that_is_stopped_goes_on_where_it_was(post: Post) -> None:
    with post.session() as session:
        fill(session, 260)
    seen: list[int] = []
    report = post.sync(progress=lambda done, total: seen.append(done), stop=lambda: bool(seen))
    assert report.stopped and report.done == {Verb.PULL: 250} and seen == [250]
    titles = {raw.split(b"\n")[1] for raw, _ in here(post.account())["INBOX"]}
    assert b"Subject: Mail 259" in titles and b"Subject: Mail 0" not in titles  # the newest come first
    assert post.sync().done == {Verb.PULL: 10}
    assert in_step(post)


def test_a_password_that_was_changed_is_said_and_nothing_is_tried_again(post: Post) -> None:
    wire = Wire([post.server.endpoint], post.ledger)
    with pytest.raises(SignInError, match="Check the name and the password"):
        ImapSession(wire, post.server.endpoint, Login(post.user, "old"), "mail")
    (tried,) = post.ledger.connections()
    assert "does not let" in tried.outcome and "old" not in tried.outcome
