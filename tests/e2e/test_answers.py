"""Answering an invitation puts an iTIP REPLY for the organizer into the Outbox, in words and for their calendar."""

from __future__ import annotations

import pytest

from nearhand.connectors.base import Person
from nearhand.connectors.vdir.contentlines import parse
from nearhand.connectors.vdir.invitations import is_me

from .world import World, row


@pytest.mark.parametrize(("answer", "state"), [("accept", "ACCEPTED"), ("decline", "DECLINED"), ("tentative", "TENTATIVE")])
def test_the_organizer_gets_a_reply_that_their_calendar_understands(world: World, answer: str, state: str) -> None:
    asked = row(f"calendar.respond answer={answer} | {answer} the {{what:budget review}}")
    with world.engine(asked) as engine:
        assert engine.do(asked.turn.request, approve=lambda card: True).status.value == "done"
        me = engine.home.me
    (mail,) = world.outbox()
    part = next(each for each in mail.walk() if each.get_content_type() == "text/calendar")
    assert part.get_param("method") == "REPLY"
    assert "dana@harbour-studio.example" in str(mail["To"])
    calendar = parse(part.get_content()).blocks("VCALENDAR")[0]
    event = calendar.blocks("VEVENT")[0]
    (mine,) = event.lines("ATTENDEE")
    assert calendar.value("METHOD") == "REPLY" and event.value("UID") == "budget@home"
    assert is_me(mine, Person(me.name, me.address)) and mine.param("PARTSTAT") == state


def test_undoing_an_answer_withdraws_the_reply(world: World) -> None:
    asked = row("calendar.respond answer=accept | accept the {what:budget review}")
    before = world.look()
    with world.engine(asked) as engine:
        engine.do(asked.turn.request, approve=lambda card: True)
        engine.undo(approve=lambda card: True)
    assert world.outbox() == []
    assert [path for path, data in before.items() if world.look().get(path) != data] == []
