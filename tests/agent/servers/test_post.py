"""A mail goes out through real servers: submitted once, filed once, and a cut line is looked into, never repeated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.agent.effects.outbox import Stand
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.sync import MailAccount, sync_mail
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire
from nearhand.connectors.smtp.sent import SentMail
from nearhand.connectors.smtp.session import SmtpSession

from ...servers import certificates, dovecot
from ...servers.submission import Submission
from ..effects.test_outbox import LATER, Desk


class Office:
    """A desk with accounts."""

    def __init__(self, folder: Path, mail: dovecot.Dovecot, smtp: Submission) -> None:
        self.desk = Desk(folder)
        self.smtp, self._mail, self._folder = smtp, mail, folder
        self.wire = Wire([mail.endpoint, smtp.endpoint], NetworkLedger(folder / "network.db"))

    def session(self) -> ImapSession:
        return ImapSession(self.wire, self._mail.endpoint, Login("robin", dovecot.PASSWORD), "mail")

    def sync(self) -> None:
        with self.session() as session:
            sync_mail(session, MailAccount("work", self.desk.maildir, self._folder / "state.db"))

    def post(self) -> list[Stand]:
        with SmtpSession(self.wire, self.smtp.endpoint, None) as smtp:
            return [waiting.stand for waiting in self.desk.outbox.submit_due(smtp, lambda: LATER)]

    def sent(self) -> int:
        with self.session() as session:
            session.select("Sent")
            return len(session.uids())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    made = certificates.make(tmp_path, "127.0.0.1")
    with dovecot.Dovecot.started(made) as mail, Submission.started() as smtp:
        found = Office(tmp_path, mail, smtp)
        yield found
        found.desk.journal.close()


def test_a_mail_goes_once_and_its_copy_is_in_sent_once_on_both_sides(office: Office) -> None:
    office.desk.send()
    assert office.post() == [Stand.ACCEPTED]
    office.sync()
    office.sync()
    assert office.post() == []
    assert len(office.smtp.got) == 1 and office.sent() == 1
    assert office.desk.folders()[".Sent"] == 1


def test_a_cut_between_the_final_dot_and_its_answer_is_settled_by_looking(office: Office) -> None:
    office.desk.send()
    office.smtp.hangs_up = True
    assert office.post() == [Stand.UNKNOWN]
    assert office.post() == [] and len(office.smtp.got) == 1
    with office.session() as session:
        assert len(office.desk.outbox.look_up(SentMail(session), lambda: LATER)) == 1
        session.append("Sent", office.smtp.got[0].content or b"", "S", LATER)  # the server files what it took
        assert office.desk.outbox.look_up(SentMail(session), lambda: LATER) == ()
    office.sync()
    assert office.sent() == 1 and office.desk.folders()[".Sent"] == 1
