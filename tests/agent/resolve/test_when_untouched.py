"""What nobody has touched since a time lies before that time."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from nearhand.agent.resolve.when.spans import Clock, spans
from nearhand.agent.resolve.when.untouched import said_before

CLOCK = Clock(datetime(2026, 11, 25, 10, 30, tzinfo=ZoneInfo("Europe/Berlin")), 0, time(9), time(17))


@pytest.mark.parametrize(("said", "before"), [
    ("not open since March", date(2026, 3, 1)),
    ("never opened since 2022", date(2022, 1, 1)),
    ("hasn't been touched for a year", date(2025, 11, 25)),
    ("not used in over two years", date(2024, 11, 25)),
    ("not touched in the last six months", date(2026, 5, 25)),
    ("haven't looked at this year", date(2026, 1, 1)),
    ("haven’t changed all month", date(2026, 11, 1)),
])  # fmt: skip
def test_it_ends_where_it_was_touched_last(said: str, before: date) -> None:
    (reading,) = spans([said], CLOCK, "past")
    assert reading.span.start is None and reading.span.end is not None and reading.span.end.date() == before


@pytest.mark.parametrize(("said", "same"), [("not after Friday", "until Friday"), ("not later than Friday", "by Friday")])
def test_other_nots_stay_what_they_are(said: str, same: str) -> None:
    assert spans([said], CLOCK, "past") == spans([same], CLOCK, "past")


@pytest.mark.parametrize(("text", "when", "found"), [
    ("which files have I not touched in the last six months?", "in the last six months",
     "not touched in the last six months"),
    ("anything I haven't looked at this year", "this year", "haven't looked at this year"),
    ("bin the scans since March, not the photos", "since March", ""),
    ("files since March", "since March", ""),
])  # fmt: skip
def test_the_not_is_found_before_the_time(text: str, when: str, found: str) -> None:
    assert said_before(text, when) == found
