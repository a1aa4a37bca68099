"""Rules that answer invitations which came by mail: prepared each time, sent only when the person says yes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from nearhand.agent.reply import Status

from . import rules_desk
from .rules_desk import Desk

ICS = """\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Elsewhere//EN\r
METHOD:REQUEST\r
BEGIN:VEVENT\r
UID:{title}@olga\r
DTSTAMP:20261101T080000Z\r
DTSTART;VALUE=DATE:{day:%Y%m%d}\r
SUMMARY:{title}\r
ORGANIZER;CN=Olga Lindqvist:mailto:olga@lindqvist.example\r
ATTENDEE;CN=Mira Holm;PARTSTAT=NEEDS-ACTION:mailto:mira@holm.example\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with rules_desk.opened(rules_desk.make(tmp_path)) as opened:
        yield opened


def invite(desk: Desk, title: str, weekday: int) -> None:
    day = desk.now + timedelta(days=7 + (weekday - desk.now.weekday()) % 7)
    desk.mail(f"Invitation: {title}", files=[("invite.ics", ICS.format(title=title, day=day).encode())])


def in_calendar(desk: Desk) -> list[str]:
    return [path.read_text() for path in (desk.base / "calendars").rglob("*.ics")]


def test_an_answer_is_prepared_and_waits(desk: Desk) -> None:
    desk.rule("rules.add event=mail kind=invitation ; calendar.respond what=$1 answer=accept | accept all {from:Olga} invites me to")
    invite(desk, "Walk", 2)
    desk.mail("No invitation")
    desk.go()
    (entry,) = desk.engine.journal.waiting()
    assert in_calendar(desk) == []
    assert desk.engine.approve(entry.id).status is Status.DONE
    (event,) = in_calendar(desk)
    assert "SUMMARY:Walk" in event and "PARTSTAT=ACCEPTED" in event


@pytest.mark.parametrize(("weekday", "fires"), [(5, 1), (6, 1), (2, 0)])
def test_the_days_of_a_rule_are_those_of_the_event(desk: Desk, weekday: int, fires: int) -> None:
    desk.rule("rules.add event=mail kind=invitation ; calendar.respond what=$1 answer=decline | decline invitations for {when:weekends}")
    invite(desk, "Walk", weekday)
    desk.go()
    assert len(desk.engine.journal.waiting()) == fires


def test_a_broken_invitation_is_left_alone(desk: Desk) -> None:
    desk.rule("rules.add event=mail kind=invitation ; calendar.respond what=$1 answer=decline | decline invitations for {when:weekends}")
    desk.mail("Odd", files=[("invite.ics", b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n")])
    saturday = desk.now + timedelta(days=(5 - desk.now.weekday()) % 7)
    desk.mail("Off", files=[("off.ics", ICS.format(title="x", day=saturday).replace("REQUEST", "CANCEL").encode())])
    desk.go()
    assert not desk.engine.journal.waiting()
