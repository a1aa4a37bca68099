"""What no honest server says: answers twice, dates that cannot be, half a literal; and XOAUTH2 word for word."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nearhand.connectors.errors import NetworkError, SignInError
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.sync import MailAccount, MailReport, sync_mail
from nearhand.connectors.imap.sync_types import Verb
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

from ...servers.cutting import Cutting
from ...servers.liar import Liar, Mail
from ..conftest import Post
from .test_mail_sync import NOW, here, in_step, mail, reader, there

SASL = b"user=robin@keller.example\x01auth=Bearer ya29.token\x01\x01"


def raw(number: int, message_id: int = 0, more: str = "") -> bytes:
    return (f"Message-ID: <{message_id or number}@test>\r\nSubject: Mail {number}\r\n{more}\r\nHello {number}\r\n").encode()


def account(folder: Path) -> MailAccount:
    for part in ("cur", "new", "tmp"):
        (folder / "Mail" / part).mkdir(parents=True, exist_ok=True)
    return MailAccount("one", folder / "Mail", folder / "state.db")


def session(server: Liar, folder: Path, token: str = "") -> ImapSession:
    wire = Wire([server.endpoint], NetworkLedger(folder / "network.db"))
    login = Login("robin@keller.example", token=token) if token else Login("robin", "secret")
    return ImapSession(wire, server.endpoint, login, "mail", 20.0)


def sync(server: Liar, folder: Path) -> MailReport:
    with session(server, folder) as line:
        return sync_mail(line, account(folder))


# --- XOAUTH2 --------------------------------------------------------------------------------------------------------


def test_a_token_is_said_as_xoauth2_has_it_to_the_byte(tmp_path: Path) -> None:
    with Liar([Mail(1, raw(1))], xoauth2=SASL) as server:
        with session(server, tmp_path, "ya29.token") as line:
            assert line.select("INBOX").validity == 7
        at = next(number for number, said in enumerate(server.heard) if b"AUTHENTICATE" in said)
        assert server.heard[at].endswith(b" AUTHENTICATE XOAUTH2")
        assert server.heard[at + 1] == b"dXNlcj1yb2JpbkBrZWxsZXIuZXhhbXBsZQFhdXRoPUJlYXJlciB5YTI5LnRva2VuAQE="
        assert base64.b64decode(server.heard[at + 1]) == SASL


def test_a_token_that_is_refused_is_answered_with_an_empty_line_and_told(tmp_path: Path) -> None:
    with Liar([], xoauth2=SASL) as server:
        with pytest.raises(SignInError, match=r"does not let robin@keller\.example in: .*Invalid credentials.*connect again"):
            session(server, tmp_path, "ya29.old")
        at = next(number for number, said in enumerate(server.heard) if b"AUTHENTICATE" in said)
        assert server.heard[at + 2 :] == [b""], "the challenge is answered with nothing, and nothing is tried again"
    (told,) = NetworkLedger(tmp_path / "network.db").connections()
    assert "ya29" not in told.outcome


# --- lies -----------------------------------------------------------------------------------------------------------


def test_a_server_that_says_everything_twice_doubles_no_mail(tmp_path: Path) -> None:
    with Liar([Mail(uid, raw(uid)) for uid in (1, 2, 3)], times=2) as server:
        report = sync(server, tmp_path)
        assert report.done == {Verb.PULL: 3} and not list(report.left())
        assert len(here(account(tmp_path))["INBOX"]) == 3
        assert sync(server, tmp_path).plan.empty
        assert len(here(account(tmp_path))["INBOX"]) == 3


def test_two_mails_that_share_a_uid_come_as_one_and_the_rest_comes_too(tmp_path: Path) -> None:
    with Liar([Mail(1, raw(1)), Mail(2, raw(2)), Mail(2, raw(9)), Mail(3, raw(3))]) as server:
        sync(server, tmp_path)
        assert len(here(account(tmp_path))["INBOX"]) == 3
        assert sync(server, tmp_path).plan.empty


def test_mails_that_share_a_message_id_all_come_and_stay_apart(tmp_path: Path) -> None:
    with Liar([Mail(uid, raw(uid, message_id=5)) for uid in (1, 2, 3)]) as server:
        sync(server, tmp_path)
        assert [data.splitlines()[1] for data, _ in here(account(tmp_path))["INBOX"]] == [
            b"Subject: Mail 1", b"Subject: Mail 2", b"Subject: Mail 3",
        ]  # fmt: skip
        assert sync(server, tmp_path).plan.empty


@pytest.mark.parametrize(
    "when",
    [
        "01-Jan-9999 00:00:00 +0000",
        "31-Dec-9999 23:59:59 -1200",
        "01-Jan-0001 00:00:00 +1400",
        "13-Dec-1901 20:45:52 +0000",
        "19-Jan-2038 03:14:08 +0000",
        "30-Feb-2026 25:61:61 +9999",
        "",
    ],
)
def test_a_server_whose_clock_is_off_loses_and_doubles_nothing(tmp_path: Path, when: str) -> None:
    mails = [Mail(1, raw(1), when), Mail(2, raw(2, more="Date: Fri, 31 Dec 9999 23:59:59 -1200\r\n")), Mail(3, raw(3))]
    with Liar(mails) as server:
        sync(server, tmp_path)
        state = account(tmp_path).state
        state.unlink()  # what is known by its name, in which the date stands, is found again
        assert sync(server, tmp_path).done == {}
        assert len(here(account(tmp_path))["INBOX"]) == 3
    connector = reader(account(tmp_path))
    assert sorted(connector.load(ref).title for ref, _ in connector.scan()) == ["Mail 1", "Mail 2", "Mail 3"]


@pytest.mark.parametrize("age", [timedelta(days=-36500), timedelta(days=-1), timedelta(days=1), timedelta(days=36500)])
def test_a_clock_that_is_off_here_or_there_changes_nothing(post: Post, age: timedelta) -> None:
    with post.session() as session_:
        session_.append("INBOX", mail(1), "", max(NOW + age, datetime(1971, 1, 1, tzinfo=UTC)))
    path = post.account().maildir / "cur" / "odd.mail:2,"
    path.write_bytes(mail(2))
    os.utime(path, ((NOW + age).timestamp(),) * 2)
    assert post.sync().done == {Verb.PULL: 1, Verb.PUSH: 1}
    assert post.sync().plan.empty and in_step(post)


def test_a_file_of_a_year_that_no_calendar_has_is_brought_to_the_server(post: Post) -> None:
    path = post.account().maildir / "cur" / "odd.mail:2,"
    path.write_bytes(mail(2))
    os.utime(path, (10**12, 10**12))  # the year 33658, where the disk can say so
    assert post.sync().done == {Verb.PUSH: 1}
    assert post.sync().plan.empty and in_step(post)


# --- half a literal -------------------------------------------------------------------------------------------------


def test_half_a_mail_that_was_fetched_never_lies_in_the_maildir(post: Post) -> None:
    with post.session() as line:
        line.append("INBOX", mail(1, "x" * 70 + "\n" + "y" * 400_000), "", NOW)
    with Cutting(post.server.endpoint, after_received=200_000) as cut, pytest.raises(NetworkError, match=r"broke|hung up"):
        post.sync(endpoint=cut.endpoint)
    assert here(post.account()) == {} and not list((post.account().maildir / "tmp").iterdir())
    assert post.sync().done == {Verb.PULL: 1} and in_step(post)


def test_half_a_mail_that_was_sent_is_not_on_the_server_and_goes_there_once(post: Post) -> None:
    (post.account().maildir / "cur" / "1700000001.big:2,S").write_bytes(mail(1, "y" * 400_000))
    with Cutting(post.server.endpoint, after_sent=200_000) as cut, pytest.raises(NetworkError, match=r"broke|hung up"):
        post.sync(endpoint=cut.endpoint)
    with post.session() as line:
        assert there(line) == {}
    assert post.sync().done == {Verb.PUSH: 1}
    assert post.sync().plan.empty and in_step(post)
