"""Events are found though more was said than their names and times hold: an hour of a day left open, a sort of event."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from nearhand.agent.loop import open_engine
from nearhand.agent.reply import Reply, Status
from nearhand.models.worker import ScriptedPlanner
from nearhand.models.written import read_line

from .rules import rules_desk
from .rules.rules_desk import Desk

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=rules_desk.ZONE)


def asked(base: Path, line: str) -> Reply:
    turn = read_line(line).turn
    with open_engine(base, NOW, ScriptedPlanner({turn.request: str(turn.plan)})) as engine:
        desk = Desk(base, engine, ScriptedPlanner({}))
        desk.event("Site visit", datetime(2026, 11, 26, 14))
        desk.event("Site visit", datetime(2026, 12, 3, 14), name="later")
        desk.event("Yoga", datetime(2026, 11, 24, 18))
        return engine.do(turn.request, approve=lambda card: True)


@pytest.mark.parametrize("hour", ["2", "14:00", "2pm", "two o'clock"])
def test_the_event_of_that_name_at_that_hour_is_moved(tmp_path: Path, hour: str) -> None:
    base = rules_desk.make(tmp_path / "home")
    reply = asked(base, f"calendar.move | the {{what:site visit}} is at {{to:3}} now, not {{when:{hour}}}")
    assert reply.status is Status.DONE, reply
    texts = [path.read_text() for path in (base / "calendars").rglob("*.ics")]
    assert sorted("20261126T150000" in text for text in texts) == [False, False, True]


@pytest.mark.parametrize("line", [
    "calendar.move | the {what:site visit} is at {to:3} now, not {when:five}",
    "calendar.cancel | cancel my {when:two o'clock}",
    "calendar.cancel | cancel the {what:site visit} {when:today at two}",
])  # fmt: skip
def test_nothing_is_taken_that_was_not_said(tmp_path: Path, line: str) -> None:
    assert asked(rules_desk.make(tmp_path / "home"), line).status is Status.ASK


@pytest.mark.parametrize("name", ["yoga class", "Yoga lesson", "yoga sessions"])
def test_the_sort_of_event_need_not_be_in_its_title(tmp_path: Path, name: str) -> None:
    base = rules_desk.make(tmp_path / "home")
    assert asked(base, f"calendar.cancel | cancel the {{what:{name}}}").status is Status.DONE
    assert not list((base / "calendars" / "personal").glob("yoga.ics"))
