"""Times that hang on an event of the calendar, in the test home (18 November 2026, a Wednesday)."""

from __future__ import annotations

from pathlib import Path

from nearhand.agent.loop import open_engine
from nearhand.agent.resolve.anchored import anchored
from nearhand.models.worker import ScriptedPlanner

from . import home
from .world import make

CASES = {
    "before the site visit": "11-18 10:00 to 11-19 14:00",
    "the day before the site visit": "11-18 00:00 to 11-19 00:00",
    "the evening after the site visit": "11-20 18:00 to 11-21 00:00",
    "the week after the site visit": "11-23 00:00 to 11-30 00:00",
    "after the site visit": "11-19 15:00 to None",
    "until the site visit": "11-18 10:00 to 11-19 14:00",
    "during the site visit": "11-19 14:00 to 11-19 15:00",
    "before the coronation": "None",
    "the evening of the site visit": "None",
    "since the site visit": "None",
}


def test_a_time_may_hang_on_an_event_that_is_in_the_calendar(tmp_path: Path) -> None:
    with open_engine(make(tmp_path / "world").profile, home.NOW, ScriptedPlanner({})) as engine:
        for said, wanted in CASES.items():
            span = anchored(said, engine.home)
            ends = span and [time and f"{time:%m-%d %H:%M}" for time in (span.start, span.end)]
            assert (f"{ends[0]} to {ends[1]}" if ends else "None") == wanted, said
