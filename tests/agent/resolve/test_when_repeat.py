"""Recurrences in words, as RRULE text with a first occurrence."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from icalendar import vRecur

from nearhand.agent.resolve.when.spans import Clock, question, repeat

BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = Clock(datetime(2026, 11, 25, 10, 30, tzinfo=BERLIN))  # a Wednesday
WORK = "MO,TU,WE,TH,FR"

TABLE = [
    ("every day", "2026-11-25", "FREQ=DAILY"),
    ("daily at noon", "2026-11-25 12:00", "FREQ=DAILY"),
    ("daily at 7", "2026-11-26 07:00", "FREQ=DAILY"),
    ("every day at 7pm", "2026-11-25 19:00", "FREQ=DAILY"),
    ("everyday at 9", "2026-11-26 09:00", "FREQ=DAILY"),
    ("each day at noon", "2026-11-25 12:00", "FREQ=DAILY"),
    ("every single day", "2026-11-25", "FREQ=DAILY"),
    ("seven days a week", "2026-11-25", "FREQ=DAILY"),
    ("every 19 February", "2027-02-19", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=19"),
    ("every year by 31 January", "2027-01-31", "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=31"),
    ("first Fridays at 7 p.m.", "2026-12-04 19:00", "FREQ=MONTHLY;BYDAY=1FR"),
    ("Mondays only", "2026-11-30", "FREQ=WEEKLY;BYDAY=MO"),
    ("the 1st and 15th at 7 in the evening", "2026-12-01 19:00", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
    ("the first Wednesday of January, April and July at 17:30", "2027-01-06 17:30",
     "FREQ=YEARLY;BYMONTH=1,4,7;BYDAY=1WE"),
    ("every 7th of February and May", "2027-02-07", "FREQ=YEARLY;BYMONTH=2,5;BYMONTHDAY=7"),
    ("by 31 March every year", "2027-03-31", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=31"),
    ("every month's end", "2026-11-30", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("Fridays before four", "2026-11-27 16:00", "FREQ=WEEKLY;BYDAY=FR"),
    ("Wednesdays 6pm x 10", "2026-11-25 18:00", "FREQ=WEEKLY;BYDAY=WE;COUNT=10"),
    ("every other day", "2026-11-25", "FREQ=DAILY;INTERVAL=2"),
    ("every 3 days at 8", "2026-11-26 08:00", "FREQ=DAILY;INTERVAL=3"),
    ("every morning", "2026-11-25", "FREQ=DAILY"),
    ("every morning at 6", "2026-11-26 06:00", "FREQ=DAILY"),
    ("every evening at 9", "2026-11-25 21:00", "FREQ=DAILY"),
    ("nightly at 11", "2026-11-25 23:00", "FREQ=DAILY"),
    ("every weekday at 8", "2026-11-26 08:00", f"FREQ=WEEKLY;BYDAY={WORK}"),
    ("weekdays at 8:15am", "2026-11-26 08:15", f"FREQ=WEEKLY;BYDAY={WORK}"),
    ("every working day at noon", "2026-11-25 12:00", f"FREQ=WEEKLY;BYDAY={WORK}"),
    ("Monday to Friday at 9", "2026-11-26 09:00", f"FREQ=WEEKLY;BYDAY={WORK}"),
    ("mon-fri at 9", "2026-11-26 09:00", f"FREQ=WEEKLY;BYDAY={WORK}"),
    ("every week day at noon", "2026-11-25 12:00", f"FREQ=WEEKLY;BYDAY={WORK}"),
    ("June 5th every year", "2027-06-05", "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=5"),
    ("every weekend", "2026-11-28", "FREQ=WEEKLY;BYDAY=SA,SU"),
    ("weekends at 10am", "2026-11-28 10:00", "FREQ=WEEKLY;BYDAY=SA,SU"),
    ("every Tuesday", "2026-12-01", "FREQ=WEEKLY;BYDAY=TU"),
    ("Tuesdays", "2026-12-01", "FREQ=WEEKLY;BYDAY=TU"),
    ("on Tuesdays at 5", "2026-12-01 17:00", "FREQ=WEEKLY;BYDAY=TU"),
    ("each Tuesday", "2026-12-01", "FREQ=WEEKLY;BYDAY=TU"),
    ("every Wednesday at 8", "2026-12-02 08:00", "FREQ=WEEKLY;BYDAY=WE"),
    ("every Wednesday at 11", "2026-11-25 11:00", "FREQ=WEEKLY;BYDAY=WE"),
    ("Monday mornings", "2026-11-30", "FREQ=WEEKLY;BYDAY=MO"),
    ("every Friday night", "2026-11-27", "FREQ=WEEKLY;BYDAY=FR"),
    ("weekly", "2026-11-25", "FREQ=WEEKLY"),
    ("every week", "2026-11-25", "FREQ=WEEKLY"),
    ("once a week", "2026-11-25", "FREQ=WEEKLY"),
    ("weekly on Tue and Thu", "2026-11-26", "FREQ=WEEKLY;BYDAY=TU,TH"),
    ("every week on Wednesday at 11", "2026-11-25 11:00", "FREQ=WEEKLY;BYDAY=WE"),
    ("every Monday, Wednesday and Friday at 7:30am", "2026-11-27 07:30", "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
    ("Mondays and Thursdays at 6", "2026-11-26 18:00", "FREQ=WEEKLY;BYDAY=MO,TH"),
    ("every Tuesday and every Thursday", "2026-11-26", "FREQ=WEEKLY;BYDAY=TU,TH"),
    ("every Tuesday through Thursday at 4", "2026-11-25 16:00", "FREQ=WEEKLY;BYDAY=TU,WE,TH"),
    ("every other Tuesday", "2026-12-01", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"),
    ("every second Tuesday", "2026-12-01", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"),
    ("every other week on Tuesday and Thursday", "2026-11-26", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"),
    ("every two weeks on Friday at 3pm", "2026-11-27 15:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
    ("every fortnight", "2026-11-25", "FREQ=WEEKLY;INTERVAL=2"),
    ("fortnightly on Mondays", "2026-11-30", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"),
    ("biweekly", "2026-11-25", "FREQ=WEEKLY;INTERVAL=2"),
    ("monthly", "2026-11-25", "FREQ=MONTHLY"),
    ("every month on the 15th", "2026-12-15", "FREQ=MONTHLY;BYMONTHDAY=15"),
    ("monthly on the 1st", "2026-12-01", "FREQ=MONTHLY;BYMONTHDAY=1"),
    ("the 15th of every month at noon", "2026-12-15 12:00", "FREQ=MONTHLY;BYMONTHDAY=15"),
    ("the 1st and the 15th of each month", "2026-12-01", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
    ("every 31st", "2026-12-31", "FREQ=MONTHLY;BYMONTHDAY=31"),
    ("the last day of every month", "2026-11-30", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("the first Monday of each month", "2026-12-07", "FREQ=MONTHLY;BYDAY=1MO"),
    ("every first Monday", "2026-12-07", "FREQ=MONTHLY;BYDAY=1MO"),
    ("first Monday of the month", "2026-12-07", "FREQ=MONTHLY;BYDAY=1MO"),
    ("every second Tuesday of the month", "2026-12-08", "FREQ=MONTHLY;BYDAY=2TU"),
    ("the last Friday of every month at 4", "2026-11-27 16:00", "FREQ=MONTHLY;BYDAY=-1FR"),
    ("every last Friday", "2026-11-27", "FREQ=MONTHLY;BYDAY=-1FR"),
    ("first and third Thursday of every month", "2026-12-03", "FREQ=MONTHLY;BYDAY=1TH,3TH"),
    ("the last working day of each month", "2026-11-30", f"FREQ=MONTHLY;BYDAY={WORK};BYSETPOS=-1"),
    ("every 3 months", "2026-11-25", "FREQ=MONTHLY;INTERVAL=3"),
    ("quarterly", "2026-11-25", "FREQ=MONTHLY;INTERVAL=3"),
    ("every quarter", "2026-11-25", "FREQ=MONTHLY;INTERVAL=3"),
    ("every year on 3 March", "2027-03-03", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3"),
    ("every March 3rd", "2027-03-03", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3"),
    ("every 3rd of March", "2027-03-03", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3"),
    ("yearly", "2026-11-25", "FREQ=YEARLY"),
    ("annually on 29 February", "2028-02-29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
    ("every Christmas", "2026-12-25", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25"),
    ("every May Day", "2027-05-01", "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1"),
    ("every April and October", "2027-04-01", "FREQ=YEARLY;BYMONTH=4,10"),
    ("twice a year, April and October", "2027-04-01", "FREQ=YEARLY;BYMONTH=4,10"),
    ("the second Tuesday in April at 19:00", "2027-04-13 19:00", "FREQ=YEARLY;BYMONTH=4;BYDAY=2TU"),
    ("last Sunday in March", "2027-03-28", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
    ("every year on the second Tuesday of April", "2027-04-13", "FREQ=YEARLY;BYMONTH=4;BYDAY=2TU"),
    ("first Friday, 11 o'clock", "2026-12-04 11:00", "FREQ=MONTHLY;BYDAY=1FR"),
    ("wed 20:00", "2026-11-25 20:00", "FREQ=WEEKLY;BYDAY=WE"),
    ("every day but Sunday", "2026-11-25", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA"),
    ("twice weekly, Tue and Fri 8:40", "2026-11-27 08:40", "FREQ=WEEKLY;BYDAY=TU,FR"),
    ("hourly", "2026-11-25 11:00", "FREQ=HOURLY"),
    ("every 2 hours", "2026-11-25 11:00", "FREQ=HOURLY;INTERVAL=2"),
    ("every other Tuesday until June", "2026-12-01", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270531"),
    ("every Friday until Christmas", "2026-11-27", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261225"),
    ("every Friday at 5 until 18 December", "2026-11-27 17:00", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261218T225959Z"),
    ("every Monday until the end of the year", "2026-11-30", "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231"),
    ("daily at 7 for two weeks", "2026-11-26 07:00", "FREQ=DAILY;UNTIL=20261209T225959Z"),
    ("every day for the next 10 days", "2026-11-25", "FREQ=DAILY;UNTIL=20261204"),
    ("every Tuesday for three months", "2026-12-01", "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270228"),
    ("every Tuesday for 10 times", "2026-12-01", "FREQ=WEEKLY;BYDAY=TU;COUNT=10"),
    ("weekly, 5 times", "2026-11-25", "FREQ=WEEKLY;COUNT=5"),
    ("every Monday starting next week", "2026-11-30", "FREQ=WEEKLY;BYDAY=MO"),
    ("every Monday from January", "2027-01-04", "FREQ=WEEKLY;BYDAY=MO"),
    ("every Friday from March to May", "2027-03-05", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20270531"),
    ("every Tuesday in June", "2027-06-01", "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270630"),
    ("every day this week at noon", "2026-11-25 12:00", "FREQ=DAILY;UNTIL=20261129T225959Z"),
    ("every day next week", "2026-11-30", "FREQ=DAILY;UNTIL=20261206"),
    ("every weekday except Friday", "2026-11-25", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH"),
    ("every day except Sunday", "2026-11-25", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA"),
    ("every day but not on weekends", "2026-11-25", f"FREQ=WEEKLY;BYDAY={WORK}"),
    ("every Tuesday except in August", "2026-12-01", "FREQ=WEEKLY;BYMONTH=1,2,3,4,5,6,7,9,10,11,12;BYDAY=TU"),
    ("alternate Thursdays, 2–4 pm", "2026-11-26 14:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"),
    ("alternate Fridays", "2026-11-27", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
    ("fortnightly on a Tuesday", "2026-12-01", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"),
    ("every six weeks on a Monday", "2026-11-30", "FREQ=WEEKLY;INTERVAL=6;BYDAY=MO"),
    ("every sixth Monday at 9:40", "2026-11-30 09:40", "FREQ=WEEKLY;INTERVAL=6;BYDAY=MO"),
    ("every third weekend", "2026-11-28", "FREQ=WEEKLY;INTERVAL=3;BYDAY=SA,SU"),
    ("every other evening", "2026-11-25", "FREQ=DAILY;INTERVAL=2"),
    ("mon wed fri 6am", "2026-11-27 06:00", "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
    ("Mon + Thu 9.15", "2026-11-26 09:15", "FREQ=WEEKLY;BYDAY=MO,TH"),
    ("twice a week, Monday and Thursday", "2026-11-26", "FREQ=WEEKLY;BYDAY=MO,TH"),
    ("Tue and Thu at 19:00 for the next six weeks", "2026-11-26 19:00",
     "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270106T225959Z"),
    ("the 1st and 3rd Monday", "2026-12-07", "FREQ=MONTHLY;BYDAY=1MO,3MO"),
    ("the end of every month", "2026-11-30", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("the start of each month", "2026-12-01", "FREQ=MONTHLY;BYMONTHDAY=1"),
    ("the last of each month", "2026-11-30", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("each 1st of the quarter", "2027-01-01", "FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=1"),
    ("the last day of every quarter", "2026-12-31", "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1"),
    ("every spring", "2027-03-01", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1"),
    ("ten Mondays from six to nine", "2026-11-30 18:00", "FREQ=WEEKLY;BYDAY=MO;COUNT=10"),
    ("5 Tuesdays running from 7.30", "2026-12-01 07:30", "FREQ=WEEKLY;BYDAY=TU;COUNT=5"),
    ("the next four Fridays", "2026-11-27", "FREQ=WEEKLY;BYDAY=FR;COUNT=4"),
    ("every morning from 8", "2026-11-26 08:00", "FREQ=DAILY"),
    ("five each morning", "2026-11-26 05:00", "FREQ=DAILY"),
    ("first thing each morning", "2026-11-26 09:00", "FREQ=DAILY"),
    ("evry moring at 7", "2026-11-26 07:00", "FREQ=DAILY"),
    ("every night from ten to six", "2026-11-25 22:00", "FREQ=DAILY"),
    ("every Monday from ten to six", "2026-11-30 10:00", "FREQ=WEEKLY;BYDAY=MO"),
    ("the second Saturday of the month from ten", "2026-12-12 10:00", "FREQ=MONTHLY;BYDAY=2SA"),
    ("every other week until November", "2026-11-25", "FREQ=WEEKLY;INTERVAL=2;UNTIL=20271031"),
    ("every Wednesday until Lent", "2026-11-25", "FREQ=WEEKLY;BYDAY=WE;UNTIL=20270209"),
    ("every Tuesday until the clocks change", "2026-12-01", "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270328"),
    ("every Tuesday except in the summer", "2026-12-01", "FREQ=WEEKLY;BYMONTH=1,2,3,4,5,9,10,11,12;BYDAY=TU"),
]

REFUSED = [
    "",
    "Tuesday at 5",
    "tomorrow",
    "banana",
    "banana every day",
    "every",
    "every banana",
    "every weekday not on holidays",
    "every full moon",
    "every Tuesday until yesterday",
    "every 3 Tuesday banana",
    "two weeks",
    "at 5",
    "every day with Olga",
    "twice a day",
    "three times a week",
    "twice a week, Monday",
    "every morning and evening",
    "daily at 6:45 am and 7:15 pm",
    "Monday at 5 and Thursday at 6",
    "every other Friday from 4 until Monday morning",
    "every payday",
    "every Tuesday at 7 8",
    "every Thursday in term",
    "until Christmas",
]


@pytest.mark.parametrize(("text", "first", "rrule"), TABLE)
def test_a_recurrence_has_its_rule_and_its_first_day(text: str, first: str, rrule: str) -> None:
    found = repeat(text, CLOCK)
    assert found is not None and found.first.start is not None
    shape = "%Y-%m-%d %H:%M" if len(first) > 10 else "%Y-%m-%d"
    assert (found.first.start.strftime(shape), found.rrule) == (first, rrule)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_wholly_understood_is_refused(text: str) -> None:
    assert repeat(text, CLOCK) is None


@pytest.mark.parametrize("text", [row[0] for row in TABLE])
def test_the_first_time_is_an_occurrence_of_the_rule(text: str) -> None:
    found = repeat(text, CLOCK)
    assert found is not None and found.first.start is not None
    assert vRecur.from_ical(found.rrule)
    start = found.first.start.replace(tzinfo=None)
    plain = ";".join(part for part in found.rrule.split(";") if not part.startswith("UNTIL"))
    assert next(iter(rrulestr(plain, dtstart=start))) == start


@pytest.mark.parametrize(
    ("text", "first", "rrule"),
    [
        ("daily at 8 and 20", "11-25 20:00", "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0"),
        ("every day at nine and at twenty-one", "11-25 21:00", "FREQ=DAILY;BYHOUR=9,21;BYMINUTE=0"),
        ("8, 14 and 20 o'clock daily", "11-25 14:00", "FREQ=DAILY;BYHOUR=8,14,20;BYMINUTE=0"),
        ("daily at 8, 12, 16 and 20", "11-25 12:00", "FREQ=DAILY;BYHOUR=8,12,16,20;BYMINUTE=0"),
        ("daily at 6:45 am and 6:45 pm", "11-25 18:45", "FREQ=DAILY;BYHOUR=6,18;BYMINUTE=45"),
        ("every Monday at 9 and 5", "11-30 09:00", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9,17;BYMINUTE=0"),
    ],
)
def test_several_times_of_a_day_are_one_rule_from_the_next_of_them_on(text: str, first: str, rrule: str) -> None:
    found = repeat(text, CLOCK)
    assert found is not None and f"{found.first.start:%m-%d %H:%M}" == first
    assert found.rrule == rrule
    assert vRecur.from_ical(found.rrule)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("twice a day", "At what times is “twice a day”? Say it like “daily at 8 and 20”."),
        ("twice daily", "At what times is “twice daily”? Say it like “daily at 8 and 20”."),
        ("three times a week", "On which days is “three times a week”? Say it like “every Monday and Thursday”."),
        ("every morning and evening", "At what times is “every morning and evening”? Say it like “daily at 8 and 20”."),
        ("every payday", "How often is “every payday”? I do not understand that."),
    ],
)
def test_what_a_frequency_leaves_open_is_asked_for(said: str, asked: str) -> None:
    assert question(said) == asked


def test_both_ends_of_the_time_are_kept() -> None:
    found = repeat("every Monday from 3 to 5 until the end of the year", CLOCK)
    assert found is not None
    assert found.first.start == datetime(2026, 11, 30, 15, tzinfo=BERLIN)
    assert found.first.end == datetime(2026, 11, 30, 17, tzinfo=BERLIN)
    assert found.rrule == "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231T225959Z"


def test_a_length_gives_the_end() -> None:
    found = repeat("every Sunday at 9 for an hour", CLOCK)
    assert found is not None
    assert found.first.end == datetime(2026, 11, 29, 10, tzinfo=BERLIN)


def test_a_single_day_left_out_is_an_exclusion() -> None:
    found = repeat("every Tuesday at 5 except next Tuesday", CLOCK)
    assert found is not None
    assert [span.start for span in found.exclusions] == [datetime(2026, 12, 1, tzinfo=BERLIN)]


def test_a_day_that_some_months_lack_is_noted() -> None:
    found = repeat("every 31st", CLOCK)
    assert found is not None and "skipped" in found.note


def test_a_week_from_sunday_is_said_in_the_rule() -> None:
    found = repeat("every other week on Sunday and Tuesday", Clock(CLOCK.now, week_start=6))
    assert found is not None and found.rrule.endswith("WKST=SU")


def test_a_dinner_is_in_the_evening() -> None:
    found = repeat("every Friday at 7", CLOCK, about="dinner")
    assert found is not None and found.first.start == datetime(2026, 11, 27, 19, tzinfo=BERLIN)
