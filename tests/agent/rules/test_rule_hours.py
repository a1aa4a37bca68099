"""Rules that hold at some hours of the day or on some days of the week only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nearhand.agent.approve import Card
from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.rules.hours import hours, within

from . import rules_desk
from .rules_desk import Desk

ZONE = ZoneInfo("Europe/Berlin")
CLOCK = Clock(datetime(2026, 11, 24, tzinfo=ZONE))
"""A Tuesday."""
WORKDAYS, WEEKEND = "MO,TU,WE,TH,FR", "SA,SU"


@pytest.mark.parametrize(
    ("said", "begin", "end", "days"),
    [
        ("after 6 pm", "18:00", "00:00", ""),
        ("before 8 am", "00:00", "08:00", ""),
        ("between 9 and 5", "09:00", "17:00", ""),
        ("from 10 pm to 6 am", "22:00", "06:00", ""),
        ("at night", "18:00", "06:00", ""),
        ("during working hours", "09:00", "17:00", ""),
        ("on weekdays", "00:00", "00:00", WORKDAYS),
        ("during the week", "00:00", "00:00", WORKDAYS),
        ("at the weekend", "00:00", "00:00", WEEKEND),
        ("on Mondays", "00:00", "00:00", "MO"),
        ("on Saturdays and Sundays", "00:00", "00:00", WEEKEND),
        ("weekday evenings", "18:00", "00:00", WORKDAYS),
        ("after 6 on Fridays", "18:00", "00:00", "FR"),
        ("between 9 and 5 on weekdays", "09:00", "17:00", WORKDAYS),
    ],
)
def test_hours_and_days_are_read(said: str, begin: str, end: str, days: str) -> None:
    found = hours(said, CLOCK)
    assert found is not None and found.first.start and found.first.end, said
    assert (f"{found.first.start:%H:%M}", f"{found.first.end:%H:%M}") == (begin, end)
    assert found.rrule == (f"FREQ=WEEKLY;BYDAY={days}" if days else "FREQ=DAILY")


@pytest.mark.parametrize(
    "said",
    ["tomorrow from 9 to 5", "on the 24th from 9 to 5", "Tuesday from 9 to 5", "until 6 pm", "this weekend", "for a week",
     "the week of the 12th", "between the 5th and the 12th", "yesterday evening", "in August", "every blue moon"],
)  # fmt: skip
def test_one_day_or_no_time_at_all_is_something_else(said: str) -> None:
    assert hours(said, CLOCK) is None


@pytest.mark.parametrize(
    ("said", "day", "hour", "inside"),
    [
        ("at night", 28, 3, True), ("at night", 28, 19, True), ("at night", 28, 12, False),
        ("after 6 on Fridays", 27, 18, True), ("after 6 on Fridays", 28, 18, False),
        ("from 10 pm to 6 am on Fridays", 28, 5, True), ("from 10 pm to 6 am on Fridays", 27, 5, False),
        ("on weekdays", 27, 0, True), ("on weekdays", 28, 0, False),
    ],
)  # fmt: skip
def test_what_goes_on_past_midnight_belongs_to_the_day_it_begins_on(said: str, day: int, hour: int, inside: bool) -> None:
    at = hours(said, CLOCK)
    assert at is not None
    assert within(datetime(2026, 11, day, hour, tzinfo=ZONE), at, CLOCK) is inside


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with rules_desk.opened(rules_desk.make(tmp_path)) as opened:
        yield opened


def test_a_mail_counts_by_the_hour_at_which_it_was_written(desk: Desk) -> None:
    cards: list[Card] = []
    desk.ask("rules.add event=mail ; mail.archive what=$1 | archive {from:Olga}'s mails that come {when:after 6 pm}", cards)
    assert "from 18:00 to 00:00" in str(cards)
    morning = desk.now.replace(hour=9, minute=30) - timedelta(days=1)
    late, early = desk.mail("Late", when=morning.replace(hour=21)), desk.mail("Early", when=morning)
    desk.go()
    assert desk.mails(".Archive") == [late] and desk.mails() == [early]


@pytest.mark.parametrize(("said", "days"), [("on weekdays", range(5)), ("at weekends", (5, 6))])
def test_a_file_counts_by_the_day_on_which_it_came(desk: Desk, said: str, days: range | tuple[int, ...]) -> None:
    desk.rule(f"rules.add event=file kind=pdf ; files.move what=$1 | PDFs that land in {{in:Downloads}} {{when:{said}}} go to {{2.to:Bills}}")
    desk.put("Downloads/water.pdf")
    desk.go()
    assert desk.files("Downloads") == ([] if datetime.now(desk.now.tzinfo).weekday() in days else ["water.pdf"])
