"""The outbox: held, listed, withdrawn; handed over once, and only what was approved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.outbox import HOLD, Outbox, Stand, Submission
from nearhand.agent.effects.records import State, Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.effects.undo import plan_redo, plan_undo, run_undo
from nearhand.agent.errors import AgentError, UndoError
from nearhand.agent.policy.digest import digest
from nearhand.connectors.base import Call, Connector, Person, Risk
from nearhand.connectors.mail.connector import MailConnector
from nearhand.connectors.mail.outgoing import Departure

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + HOLD


class Server:
    """A submitter that keeps what it gets, and answers as it is told."""

    def __init__(self, accepts: bool = True, breaks: bool = False) -> None:
        self.got: list[Departure] = []
        self.accepts, self.breaks = accepts, breaks

    def submit(self, departure: Departure) -> Submission:
        self.got.append(departure)
        if self.breaks:
            raise TimeoutError("nothing came back")
        return Submission(self.accepts, "250 ok" if self.accepts else "550 no such person")


class Desk:
    """A Maildir, a journal, an executor, and the outbox over them."""

    def __init__(self, folder: Path) -> None:
        self.maildir = folder / "Mail"
        for sub in ("cur", "new", "tmp"):
            (self.maildir / sub).mkdir(parents=True)
        self.mail = MailConnector(self.maildir, Person("Robin", "robin@keller.example"), UTC)
        self.journal = Journal(folder / "journal")
        self.connectors: dict[str, Connector] = {"mail": self.mail}
        self.executor = Executor(self.connectors, self.journal, Event())
        self.outbox = Outbox(self.mail, self.journal, self.executor)

    def send(self, subject: str = "Hello") -> str:
        args = {"to": (Person("Olga", "olga@brandt.example"),), "subject": subject, "text": "Hi", "date": NOW,
                "not_before": NOW + HOLD}  # fmt: skip
        steps = (Ready(tuple(self.mail.expand(Call("mail.send", args=args)))),)
        turn = self.journal.begin(Turn("send it", "plan", NOW, risk=Risk.OUTWARD))
        self.journal.approve(turn, digest("plan", steps))
        (outcome,) = self.executor.run(turn, steps, digest("plan", steps))
        assert outcome.receipt
        return outcome.receipt.ref

    def submit(self, server: Server, now: datetime = LATER) -> list[Stand]:
        return [waiting.stand for waiting in self.outbox.submit_due(server, lambda: now)]

    def folders(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for ref, _ in self.mail.scan():
            found[ref.partition("/")[0]] = found.get(ref.partition("/")[0], 0) + 1
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


def test_what_waits_is_listed_with_its_people_and_its_hold(desk: Desk) -> None:
    ref = desk.send()
    (waiting,) = desk.outbox.queue()
    assert waiting.ref == ref and waiting.stand is Stand.QUEUED and waiting.departure
    assert waiting.departure.recipients == ("olga@brandt.example",)
    assert waiting.departure.not_before == NOW + timedelta(seconds=10)


def test_a_mail_that_is_held_can_be_undone_and_nobody_sees_it(desk: Desk) -> None:
    desk.send()
    run_undo(desk.executor, plan_undo(desk.journal, desk.connectors, now=NOW))
    assert desk.outbox.queue() == () and desk.folders() == {".Trash": 1}
    assert desk.submit(Server()) == []


def test_a_mail_can_be_withdrawn_from_the_list_and_that_is_its_undo(desk: Desk) -> None:
    assert desk.outbox.withdraw(desk.send(), NOW).state is State.DONE
    assert desk.outbox.queue() == ()
    with pytest.raises(UndoError, match="nothing to undo"):
        plan_undo(desk.journal, desk.connectors, now=NOW)


def test_bringing_a_withdrawn_mail_back_is_outward_and_then_it_goes(desk: Desk) -> None:
    desk.outbox.withdraw(desk.send(), NOW)
    redo = plan_redo(desk.journal, desk.connectors, now=NOW)
    assert redo.turn.risk is Risk.OUTWARD
    run_undo(desk.executor, redo)
    server = Server()
    assert desk.submit(server) == [Stand.ACCEPTED] and len(server.got) == 1


def test_a_withdrawn_mail_that_another_program_puts_back_does_not_go(desk: Desk) -> None:
    ref = desk.send()
    raw = desk.mail.raw(ref)
    desk.outbox.withdraw(ref, NOW)
    (desk.maildir / ".Outbox" / "cur" / f"{ref.partition('/')[2]}:2,S").write_bytes(raw)
    assert desk.submit(Server()) == [] and len(desk.outbox.queue()) == 1


def test_nothing_goes_before_its_hold_is_over(desk: Desk) -> None:
    desk.send()
    server = Server()
    assert desk.submit(server, LATER - timedelta(seconds=1)) == [] and server.got == []
    assert desk.submit(server) == [Stand.ACCEPTED]


def test_an_accepted_mail_goes_once_is_filed_under_sent_and_cannot_be_undone(desk: Desk) -> None:
    desk.send()
    server = Server()
    desk.submit(server)
    desk.submit(server)
    assert len(server.got) == 1 and desk.folders() == {".Sent": 1}
    assert b"X-Nearhand" not in server.got[0].raw
    with pytest.raises(UndoError, match="has gone"):
        run_undo(desk.executor, plan_undo(desk.journal, desk.connectors, now=NOW))
    with pytest.raises(UndoError, match="has gone"):
        plan_undo(desk.journal, desk.connectors, (2,), now=NOW)


def test_a_rejected_mail_stays_with_what_the_server_said_and_is_not_tried_again(desk: Desk) -> None:
    desk.send()
    server = Server(accepts=False)
    assert desk.submit(server) == [Stand.REJECTED] and desk.submit(server) == []
    (waiting,) = desk.outbox.queue()
    assert (waiting.stand, waiting.detail, len(server.got)) == (Stand.REJECTED, "550 no such person", 1)


def test_a_mail_that_was_cut_off_is_unknown_and_never_sent_again(desk: Desk) -> None:
    desk.send()
    server = Server(breaks=True)
    assert desk.submit(server) == [Stand.UNKNOWN] and desk.submit(server) == []
    assert len(server.got) == 1


def test_a_crash_while_it_was_handed_over_is_unknown_too(desk: Desk) -> None:
    ref = desk.send()
    record = desk.journal.made("mail", ref)
    assert record
    desk.journal.mail_moved_on(record.id, Stand.SUBMITTING, "")
    server = Server()
    assert desk.submit(server) == [] and server.got == []
    assert desk.outbox.queue()[0].stand is Stand.UNKNOWN


def test_a_mail_being_handed_over_cannot_be_withdrawn(desk: Desk) -> None:
    ref = desk.send()
    record = desk.journal.made("mail", ref)
    assert record
    desk.journal.mail_moved_on(record.id, Stand.SUBMITTING, "")
    with pytest.raises(AgentError, match="handed over"):
        desk.outbox.withdraw(ref, NOW)


def test_a_mail_whose_bytes_were_changed_after_the_approval_does_not_go(desk: Desk) -> None:
    ref = desk.send()
    (path,) = (desk.maildir / ".Outbox" / "cur").iterdir()
    path.write_bytes(path.read_bytes().replace(b"olga@brandt.example", b"eve@evil.example"))
    server = Server()
    assert desk.submit(server) == [] and server.got == []
    assert desk.outbox.queue()[0].ref == ref and desk.outbox.queue()[0].effect is None


def test_a_mail_of_another_program_is_listed_and_left_to_it(desk: Desk) -> None:
    desk.send()
    folder = desk.maildir / ".Outbox" / "cur"
    (folder / "1.other:2,S").write_bytes(b"From: a@b.example\nTo: c@d.example\nSubject: Mine\n\nHi\n")
    (folder / "2.broken:2,S").write_bytes(b"X-Nearhand-Not-Before: soon\n\n")
    server = Server()
    assert len(desk.outbox.queue()) == 3
    assert desk.submit(server) == [Stand.ACCEPTED]
    assert [departure.subject for departure in server.got] == ["Hello"]


class Sent:
    """A server that has these mails among what was sent."""

    def __init__(self, *found: str) -> None:
        self.found = found

    def arrived(self, message_id: str) -> bool:
        return message_id in self.found


def uncertain(desk: Desk) -> tuple[str, str]:
    """A mail that was cut off while it was handed over: its ref and Message-ID."""
    ref = desk.send()
    assert desk.submit(Server(breaks=True)) == [Stand.UNKNOWN]
    (waiting,) = desk.outbox.unknown()
    assert waiting.departure
    return ref, waiting.departure.message_id


def test_an_unknown_mail_that_is_found_among_the_sent_ones_has_gone(desk: Desk) -> None:
    _, message_id = uncertain(desk)
    assert desk.outbox.look_up(Sent(message_id), lambda: LATER) == ()
    assert desk.folders() == {".Sent": 1}


def test_an_unknown_mail_that_is_not_found_is_asked_about_and_not_sent_again(desk: Desk) -> None:
    ref, _ = uncertain(desk)
    (asked,) = desk.outbox.look_up(Sent(), lambda: LATER)
    assert asked.ref == ref and desk.submit(Server()) == []


def test_only_the_word_of_the_person_sends_an_unknown_mail_again(desk: Desk) -> None:
    ref, _ = uncertain(desk)
    desk.outbox.decide(ref, went=False, now=lambda: LATER)
    server = Server()
    assert desk.submit(server) == [Stand.ACCEPTED] and len(server.got) == 1
    with pytest.raises(AgentError, match="not in doubt"):
        desk.outbox.decide(ref, went=False, now=lambda: LATER)


def test_an_unknown_mail_that_the_person_knows_went_is_filed(desk: Desk) -> None:
    ref, _ = uncertain(desk)
    desk.outbox.decide(ref, went=True, now=lambda: LATER)
    assert desk.folders() == {".Sent": 1} and desk.submit(Server()) == []


def test_a_mail_that_was_not_handed_over_at_all_stays_queued_and_goes_later(desk: Desk) -> None:
    class Busy(Server):
        def submit(self, departure: Departure) -> Submission:
            return Submission(False, "451 not now", later=True)

    desk.send()
    assert desk.submit(Busy()) == [Stand.QUEUED]
    assert desk.outbox.queue()[0].detail == "451 not now"
    assert desk.submit(Server()) == [Stand.ACCEPTED]


def test_nothing_due_means_that_no_server_need_be_reached(desk: Desk) -> None:
    assert desk.outbox.due(LATER) == ()
    desk.send()
    assert desk.outbox.due(NOW) == () and len(desk.outbox.due(LATER)) == 1
