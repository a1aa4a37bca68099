"""Invitations that came by mail and lie in no calendar: answered from the mailbox, taken into the calendar, undone."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.reply import Reply, Status
from nearhand.models.worker import ScriptedPlanner
from nearhand.models.written import read_line

from .rules import rules_desk

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=rules_desk.ZONE)

ICS = """\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Elsewhere//EN\r
METHOD:{method}\r
BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:20261101T080000Z\r
DTSTART:20261128T100000Z\r
DTEND:20261128T110000Z\r
SUMMARY:{title}\r
ORGANIZER;CN=Olga Lindqvist:mailto:olga@lindqvist.example\r
ATTENDEE;CN=Mira Holm;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{to}\r
BEGIN:VALARM\r
ACTION:EMAIL\r
TRIGGER:-PT15M\r
END:VALARM\r
END:VEVENT\r
END:VCALENDAR\r
"""


def invite(base: Path, title: str = "Harbour walk", uid: str = "walk@olga", method: str = "REQUEST",
           to: str = "mira@holm.example") -> None:  # fmt: skip
    """Deliver an invitation to the Maildir."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Olga Lindqvist <olga@lindqvist.example>", "Mira Holm <mira@holm.example>"
    mail["Subject"], mail["Message-ID"] = f"Invitation: {title}", f"<{uid}.mail>"
    mail["Date"] = "Mon, 23 Nov 2026 07:00:00 +0000"
    mail.set_content("Do come.")
    mail.add_alternative(ICS.format(title=title, uid=uid, method=method, to=to), subtype="calendar", params={"method": method})
    (base / "Mail" / "new" / f"{uid}.1").write_bytes(bytes(mail))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return rules_desk.make(tmp_path / "home")


def do(base: Path, line: str) -> Reply:
    with engine(base, line) as opened:
        return opened.do(read_line(line).turn.request, approve=lambda card: True)


def engine(base: Path, *lines: str) -> AbstractContextManager[Engine]:
    turns = [read_line(line).turn for line in lines]
    return open_engine(base, NOW, ScriptedPlanner({turn.request: str(turn.plan) for turn in turns}))


def events(base: Path) -> list[str]:
    return [path.read_text() for path in sorted((base / "calendars").rglob("*.ics")) if ".trash" not in path.parts]


def outbox(base: Path) -> Iterator[EmailMessage]:
    for path in sorted((base / "Mail" / ".Outbox").rglob("*.nearhand*")):
        yield email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


@pytest.mark.parametrize(("answer", "state"), [("accept", "ACCEPTED"), ("tentative", "TENTATIVE")])
def test_the_event_comes_into_the_calendar_and_the_organizer_hears(base: Path, answer: str, state: str) -> None:
    invite(base)
    reply = do(base, f"calendar.respond answer={answer} | {answer} the {{what:harbour walk}}")
    assert reply.status is Status.DONE, reply
    (event,) = events(base)
    assert f"PARTSTAT={state}" in event and "METHOD" not in event and "VALARM" not in event
    (mail,) = outbox(base)
    part = next(each for each in mail.walk() if each.get_content_type() == "text/calendar")
    assert part.get_param("method") == "REPLY" and f"PARTSTAT={state}" in part.get_content()
    assert str(mail["To"]) == "Olga Lindqvist <olga@lindqvist.example>"
    assert mail["In-Reply-To"] == "<walk@olga.mail>"


def test_declining_puts_nothing_into_the_calendar_and_is_not_asked_about_again(base: Path) -> None:
    invite(base)
    assert do(base, "calendar.respond answer=decline | decline the {what:harbour walk}").status is Status.DONE
    assert events(base) == [] and len(list(outbox(base))) == 1
    again = do(base, "calendar.respond answer=accept | accept the {what:harbour walk}")
    assert again.status is Status.ASK and len(list(outbox(base))) == 1


def test_an_answer_is_taken_back_whole(base: Path) -> None:
    invite(base)
    line = "calendar.respond answer=accept | accept {from:Olga}'s invitation"
    with engine(base, line) as opened:
        assert opened.do(read_line(line).turn.request, approve=lambda card: True).status is Status.DONE
        opened.undo(approve=lambda card: True)
    assert events(base) == [] and list(outbox(base)) == []


def test_one_that_is_in_the_calendar_is_answered_there(base: Path) -> None:
    invite(base)
    text = ICS.format(title="Harbour walk", uid="walk@olga", method="REQUEST", to="mira@holm.example")
    (base / "calendars" / "personal" / "walk.ics").write_text(text.replace("METHOD:REQUEST\r\n", ""), newline="")
    assert do(base, "calendar.respond answer=accept | accept the {what:harbour walk}").status is Status.DONE
    (event,) = events(base)
    assert "PARTSTAT=ACCEPTED" in event


@pytest.mark.parametrize(("when", "count"), [("Saturday", 1), ("Friday", 0)])
def test_the_time_said_is_that_of_the_event(base: Path, when: str, count: int) -> None:
    invite(base)
    reply = do(base, f"calendar.respond answer=accept | accept the invitation for {{when:{when}}}")
    assert (reply.status is Status.DONE) == bool(count) and len(events(base)) == count


def test_of_two_it_is_asked_which(base: Path) -> None:
    invite(base)
    invite(base, "Boat supper", "supper@olga")
    reply = do(base, "calendar.respond answer=accept | accept the invitation about the {what:boat}")
    assert reply.status is Status.DONE and "Boat supper" in events(base)[0]
    invite(base, "Boat race", "race@olga")
    invite(base, "Boat picnic", "picnic@olga")
    asked = do(base, "calendar.respond answer=accept | accept the {what:boat} invitation")
    assert asked.status is Status.ASK and len(events(base)) == 1


@pytest.mark.parametrize("method", ["CANCEL", "REPLY"])
def test_what_asks_for_no_answer_gets_none(base: Path, method: str) -> None:
    invite(base, method=method)
    assert do(base, "calendar.respond answer=accept | accept the {what:harbour walk}").status is Status.ASK
    found = do(base, "mail.find ; calendar.respond what=$1 answer=accept | find the {what:harbour walk} mail and accept it")
    assert "asks for no answer" in found.answer + found.question and events(base) == []


def test_who_is_not_invited_is_told_so(base: Path) -> None:
    invite(base, to="someone.else@holm.example")
    reply = do(base, "calendar.respond answer=accept | accept the {what:harbour walk}")
    assert "not invited" in reply.answer + reply.question and events(base) == [] and list(outbox(base)) == []


def test_those_not_answered_are_listed_and_answered_by_number(base: Path) -> None:
    invite(base)
    invite(base, "Boat supper", "supper@olga")
    lines = ("calendar.find kind=invitation state=pending | which invitations are still open",
             "calendar.respond what=$0 which=second answer=accept | accept the second one")  # fmt: skip
    with engine(base, *lines) as opened:
        found = opened.do("which invitations are still open")
        titles = [item.title for item in found.results[0].items]
        assert sorted(titles) == ["Boat supper", "Harbour walk"]
        assert opened.do("accept the second one", approve=lambda card: True).status is Status.DONE
    (event,) = events(base)
    assert f"SUMMARY:{titles[1]}" in event
