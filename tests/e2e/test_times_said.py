"""Times as people say them, from the request to the calendar file: several a day, relative ones, and what is asked."""

from __future__ import annotations

import pytest

from nearhand.agent.reply import Status

from .world import World, row


def test_two_times_of_a_day_are_one_series_and_are_shown_as_such(world: World) -> None:
    said = row("calendar.add | put {name:pills} in the diary {repeat:daily at 8 and 20}")
    before = world.look()
    shown: list[str] = []

    def approve(card: object) -> bool:
        shown.append(str(card))
        return True

    with world.engine(said) as engine:
        done = engine.do(said.turn.request, approve=approve)
    assert done.status is Status.DONE, done.answer
    (fresh,) = [data for path, data in world.look().items() if path not in before and b"pills" in data.lower()]
    assert b"RRULE:FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0" in fresh
    assert "every day at 08:00 and 20:00" in f"{shown} {done.answer}"


@pytest.mark.parametrize(
    ("line", "slot", "asked"),
    [
        ("tasks.add | {name:log the fridge} {repeat:twice a day}", "repeat", "At what times is “twice a day”?"),
        ("calendar.add | {name:lunch} {when:after the audit}", "when", "When is “after the audit”?"),
        ("calendar.add | {name:drinks} {when:the first payday}", "when", "When is “the first payday”?"),
        ("calendar.add | {name:dinner} {when:Saturday at 7pm} remind me {remind:dusk}", "remind", "When is “dusk”?"),
    ],
)
def test_what_only_the_person_knows_is_asked_in_a_sentence(world: World, line: str, slot: str, asked: str) -> None:
    said = row(line)
    with world.engine(said) as engine:
        reply = engine.do(said.turn.request, approve=lambda card: True)
    assert reply.status is Status.ASK and reply.missing == slot
    assert reply.question.startswith(asked) or reply.answer.startswith(asked)
