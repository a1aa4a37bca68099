"""Changing one occurrence, the following ones, or all: whatever is not meant stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.connectors.base import Call, Person, Shift, Span
from nearhand.connectors.errors import ConnectorError, NotFoundError
from nearhand.connectors.vdir.event_calls import EventCall
from nearhand.connectors.vdir.ics import CalendarFile, read
from nearhand.connectors.vdir.occurrences import iso, named, within
from nearhand.connectors.vdir.series import cancel_one, split

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LOWER, UPPER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)


def series(
    rule: str, start: str = "DTSTART;TZID=Europe/Berlin:20261001T180000", extra: str = "", more: str = ""
) -> CalendarFile:
    end = "" if "VALUE=DATE" in start else "DURATION:PT1H\r\n"
    text = (f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:s@x\r\nDTSTAMP:20260101T000000Z\r\n"
            f"{start}\r\n{end}RRULE:{rule}\r\n{extra}SUMMARY:Yoga\r\n"
            f"X-KEEP;A=b:c\r\nEND:VEVENT\r\n{more}END:VCALENDAR\r\n")  # fmt: skip
    return read(text, BERLIN)


def times(file: CalendarFile) -> list[str]:
    return [f"{file.zones.local(each.start):%m-%d %H:%M}" for each in within(file, LOWER, UPPER).occurrences]


def nth(file: CalendarFile, number: int) -> str:
    return iso(file, within(file, LOWER, UPPER).occurrences[number].rid)


def call(action: str, **args: object) -> EventCall:
    return EventCall(Call(f"calendar.{action}", (), args), Person("Robin", "r@x.example"), NOW)


def move_one(file: CalendarFile, number: int, **by: float) -> CalendarFile:
    return call("move", by=Shift(time=timedelta(**by))).one(file, named(file, nth(file, number)))


def test_moving_one_occurrence_leaves_the_others() -> None:
    file = series("FREQ=WEEKLY;COUNT=4")
    assert times(move_one(file, 1, hours=1)) == ["10-01 18:00", "10-08 19:00", "10-15 18:00", "10-22 18:00"]


def test_moving_the_same_occurrence_twice_makes_one_exception() -> None:
    file = move_one(move_one(series("FREQ=WEEKLY;COUNT=3"), 1, hours=1), 1, days=1)
    assert times(file) == ["10-01 18:00", "10-09 19:00", "10-15 18:00"]
    assert len(file.overrides) == 1


def test_renaming_one_occurrence_leaves_the_title_of_the_others() -> None:
    file = series("FREQ=WEEKLY;COUNT=3")
    file = call("rename", name="Gym").one(file, named(file, nth(file, 2)))
    assert [each.block.value("SUMMARY") for each in within(file, LOWER, UPPER).occurrences] == ["Yoga", "Yoga", "Gym"]
    assert file.root.text.count("X-KEEP;A=b:c") == 2


def test_cancelling_one_occurrence_leaves_the_others_and_takes_its_change_with_it() -> None:
    file = move_one(series("FREQ=WEEKLY;COUNT=3"), 1, hours=1)
    file = cancel_one(file, named(file, nth(file, 1)), lambda block: block)
    assert times(file) == ["10-01 18:00", "10-15 18:00"]
    assert not file.overrides
    with pytest.raises(NotFoundError):
        named(file, "2026-10-08T18:00:00+02:00")


def test_a_series_renamed_keeps_the_title_an_occurrence_was_given() -> None:
    file = series("FREQ=WEEKLY;COUNT=3")
    file = call("rename", name="Gym").one(file, named(file, nth(file, 1)))
    file = move_one(file, 2, hours=1)
    file = call("rename", name="Pilates").series(file, "")
    assert [each.block.value("SUMMARY") for each in within(file, LOWER, UPPER).occurrences] == [
        "Pilates",
        "Gym",
        "Pilates",
    ]


def test_moving_a_series_takes_exceptions_extra_dates_and_changed_occurrences_along() -> None:
    extra = "EXDATE;TZID=Europe/Berlin:20261015T180000\r\nRDATE;TZID=Europe/Berlin:20261017T120000\r\n"
    file = move_one(series("FREQ=WEEKLY;BYDAY=TH;COUNT=4", extra=extra), 1, hours=1)
    assert times(file) == ["10-01 18:00", "10-08 19:00", "10-17 12:00", "10-22 18:00"]
    file = call("move", by=Shift(days=1)).series(file, "")
    assert times(file) == ["10-02 18:00", "10-09 19:00", "10-18 12:00", "10-23 18:00"]
    assert "RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=4" in file.root.text


def test_a_week_later_moves_each_changed_occurrence_once() -> None:
    file = move_one(move_one(series("FREQ=WEEKLY;COUNT=4"), 1, hours=1), 2, hours=2)
    assert times(call("move", by=Shift(days=7)).series(file, "")) == [
        "10-08 18:00",
        "10-15 19:00",
        "10-22 20:00",
        "10-29 18:00",
    ]


def test_moving_a_series_by_one_of_its_later_occurrences_moves_all_by_as_much() -> None:
    file = series("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4")
    to = Span(datetime(2026, 10, 9, 17, tzinfo=BERLIN), datetime(2026, 10, 9, 17, tzinfo=BERLIN), "minute")
    assert times(call("move", to=to).series(file, nth(file, 2))) == [
        "10-02 17:00",
        "10-07 17:00",
        "10-09 17:00",
        "10-14 17:00",
    ]


@pytest.mark.parametrize(
    ("rule", "start", "days", "expected"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=1;COUNT=3", "20261001T180000", 3, ["10-04", "11-04", "12-04"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "20261031T180000", -1, ["10-30", "11-29", "12-30"]),
        ("FREQ=MONTHLY;BYDAY=1TH;COUNT=3", "20261001T180000", 1, ["10-02", "11-06", "12-04"]),
        ("FREQ=MONTHLY;BYDAY=-1TH;COUNT=3", "20261029T180000", 1, ["10-30", "11-27", "12-25"]),
        ("FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=31;COUNT=1", "20261031T180000", 1, ["11-01"]),
        ("FREQ=WEEKLY;UNTIL=20261015T160000Z", "20261001T180000", 1, ["10-02", "10-09", "10-16"]),
        ("FREQ=WEEKLY;UNTIL=20261015", "20261001T180000", -1, ["09-30", "10-07", "10-14"]),
    ],
)  # fmt: skip
def test_the_rule_moves_with_its_series(rule: str, start: str, days: int, expected: list[str]) -> None:
    file = call("move", by=Shift(days=days)).series(series(rule, f"DTSTART;TZID=Europe/Berlin:{start}"), "")
    assert [time[:5] for time in times(file)] == expected


def test_a_rule_that_cannot_be_moved_is_refused_with_a_way_out() -> None:
    with pytest.raises(ConnectorError, match="one occurrence"):
        call("move", by=Shift(days=1)).series(series("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"), "")


def test_following_ends_the_old_series_and_begins_a_new_one() -> None:
    file = move_one(move_one(series("FREQ=WEEKLY;COUNT=6"), 1, hours=1), 4, hours=2)
    old, new = split(file, named(file, nth(file, 3)), "new@x", lambda block: block)
    assert times(old) == ["10-01 18:00", "10-08 19:00", "10-15 18:00"]
    assert times(new) == ["10-22 18:00", "10-29 20:00", "11-05 18:00"]
    assert "UID:s@x" not in new.root.text and "UID:new@x" not in old.root.text
    assert "UNTIL=20261022T155959Z" in old.root.text


def test_following_from_an_extra_date_goes_on_by_the_rule() -> None:
    file = series("FREQ=WEEKLY;COUNT=4", extra="RDATE;TZID=Europe/Berlin:20261010T120000\r\n")
    old, new = split(file, named(file, nth(file, 2)), "new@x", lambda block: block)
    assert times(old) == ["10-01 18:00", "10-08 18:00"]
    assert times(new) == ["10-10 12:00", "10-15 18:00", "10-22 18:00"]


def test_following_days_end_on_the_day_before() -> None:
    file = series("FREQ=DAILY", "DTSTART;VALUE=DATE:20261001")
    old, new = split(file, named(file, "2026-10-04"), "new@x", lambda block: block)
    assert times(old) == ["10-01 00:00", "10-02 00:00", "10-03 00:00"]
    assert times(new)[0] == "10-04 00:00"


def test_an_exception_written_in_utc_or_as_a_day_counts() -> None:
    extra = "EXDATE:20261008T160000Z\r\nEXDATE;VALUE=DATE:20261022\r\n"
    assert times(series("FREQ=WEEKLY;COUNT=4", extra=extra)) == ["10-01 18:00", "10-15 18:00"]


def test_a_changed_occurrence_that_was_cancelled_by_its_organizer_is_not_shown() -> None:
    more = ("BEGIN:VEVENT\r\nUID:s@x\r\nRECURRENCE-ID:20261008T160000Z\r\nDTSTART:20261008T160000Z\r\n"
            "STATUS:CANCELLED\r\nEND:VEVENT\r\n")  # fmt: skip
    assert times(series("FREQ=WEEKLY;COUNT=3", more=more)) == ["10-01 18:00", "10-15 18:00"]


def test_an_hour_that_summer_time_skips_can_still_be_moved() -> None:
    file = series("FREQ=DAILY;COUNT=3", "DTSTART;TZID=Europe/Berlin:20260328T023000")
    assert times(file) == ["03-28 02:30", "03-29 03:30", "03-30 02:30"]
    assert times(move_one(file, 1, hours=2)) == ["03-28 02:30", "03-29 05:30", "03-30 02:30"]


RULES = st.builds(
    lambda freq, interval, end, by: f"FREQ={freq};INTERVAL={interval}{end}{by}",
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]), st.integers(1, 5),
    st.sampled_from(["", ";COUNT=7", ";UNTIL=20261224T120000Z", ";UNTIL=20270101T000000Z"]),
    st.sampled_from(["", ";BYDAY=TH", ";BYDAY=MO,TH", ";BYMONTHDAY=1,15", ";BYMONTH=10,11"]),
)  # fmt: skip
STARTS = st.sampled_from(["DTSTART;TZID=Europe/Berlin:20261001T180000", "DTSTART:20261001T103000Z",
                          "DTSTART;TZID=America/New_York:20261001T223000",
                          "DTSTART;TZID=Europe/Berlin:20260328T023000", "DTSTART;VALUE=DATE:20261001"])  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(RULES, STARTS)
def test_occurrences_are_those_of_the_library(rule: str, start: str) -> None:
    if "VALUE=DATE" in start:
        rule = rule.replace("T120000Z", "").replace("T000000Z", "")
    file = series(rule, start)
    calendar = icalendar.Calendar.from_ical(file.root.text.encode())
    upper = datetime(2026, 12, 31, tzinfo=BERLIN)
    theirs = [event["DTSTART"].dt for event in recurring_ical_events.of(calendar).between(LOWER, upper)]
    ours = [file.zones.aware(each.start) for each in within(file, LOWER, upper).occurrences]
    as_days = "VALUE=DATE" in start
    assert sorted({t if as_days else t.astimezone(UTC) for t in theirs}) == [
        t.date() if as_days else t.astimezone(UTC) for t in ours
    ]


@settings(max_examples=30, deadline=None)
@given(RULES, STARTS, st.integers(0, 6), st.integers(-30, 30), st.sampled_from(["move", "rename", "cancel"]))
def test_a_change_of_one_never_touches_another(rule: str, start: str, number: int, days: int, verb: str) -> None:
    if "VALUE=DATE" in start:
        rule = rule.replace("T120000Z", "").replace("T000000Z", "")
    file = series(rule, start)
    before = {iso(file, each.rid): each for each in within(file, LOWER, UPPER).occurrences}
    name = list(before)[number % len(before)]
    if verb == "cancel":
        after = cancel_one(file, named(file, name), lambda block: block)
    else:
        after = call(verb, by=Shift(days=days), name="X").one(file, named(file, name))
    wide = within(after, LOWER - timedelta(days=60), UPPER + timedelta(days=60)).occurrences
    found = {iso(after, each.rid): each for each in wide}
    assert [(each.start, each.block.value("SUMMARY")) for key, each in before.items() if key != name] == [
        (found[key].start, found[key].block.value("SUMMARY")) for key in before if key != name
    ]
    assert (name in found) == (verb != "cancel")
    if verb == "move":
        old = before[name].start
        here = file.zones.local(old) if old.tzid == "UTC" else file.zones.aware(old)  # UTC keeps the person's hour
        goal = (here + timedelta(days=days)).astimezone(UTC)
        assert file.zones.local(found[name].start) == goal


@settings(max_examples=20, deadline=None)
@given(RULES, STARTS, st.integers(0, 6))
def test_splitting_a_series_loses_nothing(rule: str, start: str, number: int) -> None:
    if "VALUE=DATE" in start:
        rule = rule.replace("T120000Z", "").replace("T000000Z", "")
    file = series(rule, start)
    names = [iso(file, each.rid) for each in within(file, LOWER, UPPER).occurrences]
    at = number % len(names)
    if at:
        old, new = split(file, named(file, names[at]), "n@x", lambda block: block)
        assert times(old) == times(file)[:at]
        assert times(new) == times(file)[at:]


def test_a_series_that_no_longer_repeats_is_one_event() -> None:
    file = call("change", repeat="").series(move_one(series("FREQ=WEEKLY;COUNT=3"), 1, hours=1), "")
    assert times(file) == ["10-01 18:00"] and not file.recurring


def test_occurrences_without_their_series_are_changed_where_they_stand() -> None:
    one = ("BEGIN:VEVENT\r\nUID:s@x\r\nRECURRENCE-ID:202610{0}T160000Z\r\nDTSTART:202610{0}T160000Z\r\nSUMMARY:S\r\n"
           "END:VEVENT\r\n")  # fmt: skip
    file = read("BEGIN:VCALENDAR\r\n" + one.format("08") + one.format("15") + "END:VCALENDAR\r\n", BERLIN)
    assert times(move_one(file, 0, hours=1)) == ["10-08 19:00", "10-15 18:00"]
    assert times(cancel_one(file, named(file, nth(file, 0)), lambda block: block)) == ["10-15 18:00"]


def test_untouched_files_come_back_byte_for_byte() -> None:
    text = '\ufeffBEGIN:VCALENDAR\r\n\r\nX-A;B="c;d":e\\,\r\n f\n'
    text += "BEGIN:VEVENT\nDTSTART:20260101\n\tx\nEND:VEVENT\nEND:VCALENDAR\ntail"
    assert read(text, BERLIN).root.text == text
