"""The hours that a morning, an afternoon or an evening stands for when something is put into it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nearhand.connectors.base import Span
from nearhand.connectors.vdir.parts_of_day import inside, usual_hours

BERLIN = ZoneInfo("Europe/Berlin")


def part(start: int, end: int, grain: str = "part") -> Span:
    day = datetime(2026, 11, 19, tzinfo=BERLIN)
    return Span(day + timedelta(hours=start), day + timedelta(hours=end), grain)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (part(6, 12), part(9, 12)),
        (part(12, 18), part(13, 17)),
        (part(18, 24), part(18, 22)),
        (part(5, 9), part(5, 9)),
        (part(6, 12, "minute"), part(6, 12, "minute")),
        (Span(None, part(6, 12).end, "part"), Span(None, part(6, 12).end, "part")),
    ],
)
def test_a_whole_part_of_the_day_stands_for_its_usual_hours(said: Span, meant: Span) -> None:
    assert usual_hours(said, BERLIN) == meant


@pytest.mark.parametrize(("hour", "span", "is_in"), [(19, (18, 24), True), (17, (18, 24), False), (9, (6, 12), True)])
def test_a_time_of_day_lies_in_an_evening_that_ends_at_midnight(hour: int, span: tuple[int, int], is_in: bool) -> None:
    assert inside(datetime(2026, 11, 30, hour, 30, tzinfo=BERLIN), part(*span), BERLIN) is is_in
