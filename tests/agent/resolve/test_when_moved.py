"""New times for old events, amounts, lengths and reminders."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nearhand.agent.resolve.when.spans import Clock, all_day, amount, duration, lasting, moved, reminder
from nearhand.connectors.base import Shift, Span

BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = Clock(datetime(2026, 11, 25, 10, 30, tzinfo=BERLIN))  # a Wednesday
START = datetime(2026, 12, 1, 18, tzinfo=BERLIN)
OLD = Span(START, START + timedelta(hours=1), "minute")  # Tuesday of next week
TOMORROW = Span(datetime(2026, 11, 26, 9, tzinfo=BERLIN), datetime(2026, 11, 26, 9, 30, tzinfo=BERLIN), "minute")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("half past", ["12-01 18:30"]),
        ("quarter to", ["12-01 17:45"]),
        ("quarter past", ["12-01 18:15"]),
        ("make it half past instead", ["12-01 18:30"]),
        ("six", ["12-01 18:00"]),
        ("7", ["12-01 19:00"]),
        ("9", ["12-01 21:00"]),
        ("half seven", ["12-01 19:30"]),
        ("noon", ["12-01 12:00"]),
        ("7am", ["12-01 07:00"]),
        ("to 6:30pm instead", ["12-01 18:30"]),
        ("5:15", ["12-01 17:15"]),
        ("twenty past", ["12-01 18:20"]),
        ("Friday", ["12-04 18:00", "11-27 18:00"]),
        ("Wednesday", ["12-02 18:00"]),
        ("Monday", ["11-30 18:00"]),
        ("Friday at 7", ["12-04 19:00", "11-27 19:00"]),
        ("next week", ["12-08 18:00"]),
        ("this week", ["11-24 18:00"]),
        ("next month", ["01-01 18:00"]),
        ("the 3rd", ["12-03 18:00"]),
        ("the 28th", ["11-28 18:00"]),
        ("3 December", ["12-03 18:00"]),
        ("3 December at noon", ["12-03 12:00"]),
        ("tomorrow", ["11-26 18:00"]),
        ("tomorrow at 8", ["11-26 20:00"]),
        ("the day after", ["12-02 18:00"]),
        ("the next day", ["12-02 18:00"]),
        ("the day before", ["11-30 18:00"]),
        ("the day after at 5", ["12-02 17:00"]),
        ("the following week", ["12-08 18:00"]),
        ("an hour later", ["12-01 19:00"]),
        ("half an hour earlier", ["12-01 17:30"]),
        ("back a day", ["12-02 18:00"]),
        ("a week later", ["12-08 18:00"]),
        ("a day later", ["12-02 18:00"]),
        ("June", ["06-01 18:00"]),
        ("the evening", ["12-01 18:00"]),
        ("in two hours", ["11-25 12:30"]),
        ("the same time on Friday", ["12-04 18:00", "11-27 18:00"]),
        ("same time next week", ["12-08 18:00"]),
        ("Wednesday same time", ["12-02 18:00"]),
        ("tomorrow at the same time", ["11-26 18:00"]),
        ("the same time", ["12-01 18:00"]),
        ("Wednesday, same hour", ["12-02 18:00"]),
        ("Thursday, same hours", ["12-03 18:00", "11-26 18:00"]),
        ("3.15 the same day", ["12-01 15:15"]),
        ("the same day at 11", ["12-01 23:00", "12-01 11:00"]),
        ("the Tuesday after", ["12-08 18:00"]),
        ("the Monday after", ["12-07 18:00"]),
        ("the Sunday following", ["12-06 18:00"]),
        ("the Wednesday before", ["11-25 18:00"]),
        ("the weekend after", ["12-05 18:00"]),
        ("the weekend before", ["11-28 18:00"]),
        ("the evening before", ["11-30 18:00"]),
        ("the day before at four", ["11-30 16:00"]),
        ("the morning after at ten", ["12-02 10:00"]),
        ("Mondays at nine", ["11-30 21:00"]),
        ("Wednesdays", ["12-02 18:00"]),
        ("Fridays", ["12-04 18:00"]),
        ("Saturdays at ten", ["12-05 22:00", "12-05 10:00"]),
        ("by Tuesday", ["12-01 18:00"]),
        ("by six", ["12-01 18:00"]),
        ("today by six", ["11-25 18:00"]),
        ("by 6 am", ["12-01 06:00"]),
        ("till Sunday midnight", ["12-07 00:00", "11-30 00:00"]),
        ("till the weekend", ["11-28 18:00"]),
        ("till spring", ["03-01 18:00"]),
        ("Monday next", ["11-30 18:00"]),
        ("wk after nxt", ["12-08 18:00"]),
        ("930", ["12-01 21:30"]),
        ("14 hour", ["12-01 14:00"]),
        ("banana", []),
        ("", []),
        ("Friday with Olga", []),
        ("to", []),
        ("before Saturday", []),
        ("after the exam", []),
        ("the Saturday list", []),
        ("the weekend list", []),
        ("until after Christmas", []),
        ("next week at 5", ["12-08 17:00"]),
    ],
)
def test_a_move_keeps_what_was_not_said(text: str, expected: list[str]) -> None:
    found = moved(OLD, text, CLOCK)
    assert [f"{r.span.start:%m-%d %H:%M}" for r in found] == expected
    assert all(r.span.start and r.span.end and r.span.end - r.span.start == timedelta(hours=1) for r in found)


def test_this_weeks_event_moves_to_next_week() -> None:
    (reading,) = moved(TOMORROW, "next week", CLOCK)
    assert reading.span.start == datetime(2026, 12, 3, 9, tzinfo=BERLIN)


def test_a_weekday_of_the_same_week_is_meant() -> None:
    (reading,) = moved(TOMORROW, "Friday", CLOCK)
    assert reading.span.start == datetime(2026, 11, 27, 9, tzinfo=BERLIN)


def test_a_weekday_that_is_over_is_next_weeks() -> None:
    (reading,) = moved(TOMORROW, "Tuesday", CLOCK)
    assert reading.span.start == datetime(2026, 12, 1, 9, tzinfo=BERLIN)


def test_an_unclear_hour_lies_near_the_old_one() -> None:
    (reading,) = moved(TOMORROW, "six", CLOCK)
    assert reading.span.start == datetime(2026, 11, 26, 6, tzinfo=BERLIN)


def test_both_ends_replace_the_length() -> None:
    (reading,) = moved(OLD, "2 to half past 3", CLOCK)
    assert reading.span.start == datetime(2026, 12, 1, 14, tzinfo=BERLIN)
    assert reading.span.end == datetime(2026, 12, 1, 15, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("2 til 10", "12-01 14:00", "12-01 22:00"), ("14 June from 11 to 4", "06-14 11:00", "06-14 16:00"),
     ("Friday from 2 to 4", "11-27 14:00", "11-27 16:00"), ("the Saturday after, 9 to 11", "12-05 09:00", "12-05 11:00")],
)  # fmt: skip
def test_a_new_stretch_of_the_day_may_stand_behind_a_new_day(text: str, start: str, end: str) -> None:
    (reading,) = moved(OLD, text, CLOCK)
    assert (f"{reading.span.start:%m-%d %H:%M}", f"{reading.span.end:%m-%d %H:%M}") == (start, end)


def test_a_part_of_the_day_without_a_time_is_loose() -> None:
    (reading,) = moved(OLD, "Wednesday morning", CLOCK)
    assert reading.approximate and reading.span.grain == "part"


def test_a_whole_day_stays_whole_over_a_change_of_the_clocks() -> None:
    day = Span(datetime(2027, 3, 20, tzinfo=BERLIN), datetime(2027, 3, 21, tzinfo=BERLIN), "day")
    (reading,) = moved(day, "28 March 2027", CLOCK)
    assert reading.span.end == datetime(2027, 3, 29, tzinfo=BERLIN)


def test_a_wall_clock_time_is_kept_over_a_change_of_the_clocks() -> None:
    evening = datetime(2027, 3, 27, 20, tzinfo=BERLIN)
    (reading,) = moved(Span(evening, evening, "minute"), "a day later", CLOCK)
    assert reading.span.start == datetime(2027, 3, 28, 20, tzinfo=BERLIN)


def _minutes(count: int) -> Shift:
    return Shift(time=timedelta(minutes=count))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an hour later", _minutes(60)),
        ("back a day", Shift(days=1)),
        ("half an hour earlier", _minutes(-30)),
        ("by 90 minutes", _minutes(90)),
        ("back by 30 minutes", _minutes(30)),
        ("an hour", _minutes(60)),
        ("a week", Shift(days=7)),
        ("two months later", Shift(months=2)),
        ("up an hour", _minutes(-60)),
        ("-30 min", _minutes(-30)),
        ("+1h", _minutes(60)),
        ("forward an hour", _minutes(-60)),
        ("a year", Shift(months=12)),
        ("an hour and a half later", _minutes(90)),
        ("a quarter of an hour earlier", _minutes(-15)),
        ("push it back by an hour", _minutes(60)),
        ("bring it forward 10 minutes", _minutes(-10)),
        ("a day earlier", Shift(days=-1)),
        ("a fortnight later", Shift(days=14)),
        ("45 minutes sooner", _minutes(-45)),
        ("five", None),
        ("tomorrow", None),
        ("", None),
        ("later", None),
        ("a few hours later", None),
        ("an hour banana", None),
    ],
)
def test_an_amount_has_a_direction(text: str, expected: Shift | None) -> None:
    assert amount(text) == expected


def test_pushing_forward_is_later() -> None:
    assert amount("forward two weeks", "push the review forward two weeks") == Shift(days=14)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("an hour and a half", 90),
        ("90 min", 90),
        ("2h30", 150),
        ("1.5 hours", 90),
        ("half an hour", 30),
        ("half hour", 30),
        ("three quarters of an hour", 45),
        ("two and a half hours", 150),
        ("1:30", 90),
        ("a couple of hours", 120),
        ("for two hours", 120),
        ("2 hours and 15 minutes", 135),
        ("1 hr 15", 75),
        ("45 minutes long", 45),
        ("20m", 20),
        ("an hour and a quarter", 75),
        ("quarter of an hour", 15),
        ("a day", 1440),
        ("3 days", 4320),
        ("a week", 10080),
        ("twenty five minutes", 25),
        ("2h 30m", 150),
        ("an hour and ten", 70),
        ("2 hours and 15", 135),
        ("another half hour", 30),
        ("another hour and a half", 90),
        ("an uninterrupted half hour", 30),
        ("like 2 hrs", 120),
        ("half an huor", 30),
        ("fourty five minuts", 45),
        ("all morning", None),
        ("an hour longer", None),
        ("two evenings", None),
        ("1½ hours", None),
        ("45", None),
        ("hour", None),
        ("", None),
        ("a month", None),
        ("a few hours", None),
        ("tomorrow", None),
        ("two bananas", None),
    ],
)
def test_a_length_is_counted(text: str, minutes: int | None) -> None:
    assert duration(text) == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("another half hour", 90), ("an hour longer", 120), ("half an hour more", 90), ("15 minutes shorter", 45),
     ("an extra ten minutes", 70), ("two hours", 120), ("an hour shorter", None), ("all evening", 360),
     ("all morning", None), ("banana longer", None)],
)  # fmt: skip
def test_a_length_may_be_told_from_the_old_one(text: str, minutes: int | None) -> None:
    assert lasting(text, OLD) == (None if minutes is None else timedelta(minutes=minutes))


def test_all_morning_lasts_from_the_known_hour_to_noon() -> None:
    nine = datetime(2026, 12, 1, 9, tzinfo=BERLIN)
    assert lasting("all morning", Span(nine, nine, "minute")) == timedelta(hours=3)
    assert lasting("all morning", Span(nine, nine + timedelta(days=1), "day")) is None
    assert lasting("all morning", None) is None


def test_all_day_is_flagged() -> None:
    assert all_day("all day") and all_day("the whole day") and not all_day("a day")
    assert duration("all day") == timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 minutes before", timedelta(minutes=15)),
        ("an hour before", timedelta(hours=1)),
        ("30 min", timedelta(minutes=30)),
        ("half an hour beforehand", timedelta(minutes=30)),
        ("two days ahead", timedelta(days=2)),
        ("the day before", timedelta(days=1)),
        ("a week before", timedelta(days=7)),
        ("at the start", timedelta()),
        ("10 minutes in advance", timedelta(minutes=10)),
        ("the day before at six", datetime(2026, 11, 30, 18, tzinfo=BERLIN)),
        ("at noon the day before", datetime(2026, 11, 30, 12, tzinfo=BERLIN)),
        ("the evening before", datetime(2026, 11, 30, 18, tzinfo=BERLIN)),
        ("the previous evening", datetime(2026, 11, 30, 18, tzinfo=BERLIN)),
        ("the night before at 9", datetime(2026, 11, 30, 21, tzinfo=BERLIN)),
        ("two days before at noon", datetime(2026, 11, 29, 12, tzinfo=BERLIN)),
        ("on the day at 8am", datetime(2026, 12, 1, 8, tzinfo=BERLIN)),
        ("that morning", datetime(2026, 12, 1, 6, tzinfo=BERLIN)),
        ("the morning", datetime(2026, 12, 1, 6, tzinfo=BERLIN)),
        ("that noon", datetime(2026, 12, 1, 12, tzinfo=BERLIN)),
        ("the hour before", timedelta(hours=1)),
        ("at 8 on the day", datetime(2026, 12, 1, 8, tzinfo=BERLIN)),
        ("seven that morning", datetime(2026, 12, 1, 7, tzinfo=BERLIN)),
        ("ten the night before", datetime(2026, 11, 30, 22, tzinfo=BERLIN)),
        ("9 the day before", datetime(2026, 11, 30, 9, tzinfo=BERLIN)),
        ("noon the Friday before", datetime(2026, 11, 27, 12, tzinfo=BERLIN)),
        ("the Friday before", datetime(2026, 11, 27, 18, tzinfo=BERLIN)),
        ("the Tuesday before at six", datetime(2026, 11, 24, 18, tzinfo=BERLIN)),
        ("a month before", datetime(2026, 11, 1, 18, tzinfo=BERLIN)),
        ("one month ahead", datetime(2026, 11, 1, 18, tzinfo=BERLIN)),
        ("before one day", timedelta(days=1)),
        ("at breakfast", datetime(2026, 12, 1, 7, tzinfo=BERLIN)),
        ("dusk", None),
        ("at sunrise tomorrow", None),
        ("seven", None),
        ("before", None),
        ("the previous evening", datetime(2026, 11, 30, 18, tzinfo=START.tzinfo)),
        ("the Friday", None),
        ("tomorrow at 9", datetime(2026, 11, 26, 9, tzinfo=BERLIN)),
        ("in an hour", datetime(2026, 11, 25, 11, 30, tzinfo=BERLIN)),
        ("banana", None),
        ("", None),
        ("when Olga calls", None),
        ("a few hours before", None),
    ],
)
def test_a_reminder_is_an_amount_or_a_moment(text: str, expected: timedelta | datetime | None) -> None:
    assert reminder(text, CLOCK, START) == expected


def test_a_reminder_needs_no_start_for_an_amount() -> None:
    assert reminder("15 minutes before", CLOCK, None) == timedelta(minutes=15)
    assert reminder("the evening before", CLOCK, None) is None
