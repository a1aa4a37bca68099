"""The time grammar: a table of expressions under fixed clocks, and what holds for every text."""

from __future__ import annotations

import time as stopwatch
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.agent.resolve.when.spans import Clock, Prefer, Reading, Readings, span, spans

BERLIN = ZoneInfo("Europe/Berlin")
WEDNESDAY = Clock(datetime(2026, 11, 25, 10, 30, tzinfo=BERLIN))
Row = tuple[Clock, Prefer, str, str]


def _table() -> list[Row]:
    rows: list[Row] = []
    clock = WEDNESDAY
    prefers: dict[str, Prefer] = {"future": "future", "past": "past", "near": "near"}
    for line in Path(__file__).with_name("test_when_table.txt").read_text("utf-8").splitlines():
        if line.startswith("@"):
            now, zone, *sunday = line[1:].split()
            clock = Clock(datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone)), 6 if sunday else 0)
        elif line and not line.startswith("#"):
            prefer, text, expected = line.split(" | ")
            rows.append((clock, prefers[prefer], text, expected))
    return rows


TABLE = _table()


def _shown(readings: Readings) -> str:
    return " || ".join(map(_one, readings)) or "-"


def _one(reading: Reading) -> str:
    start, end = reading.span.start, reading.span.end
    loose = " ~" if reading.approximate else ""
    if start is not None and start == end:
        return f"{start:%Y-%m-%d %H:%M}{loose}"
    whole = start and end and reading.span.grain == "day" and _whole(start) and _whole(end)
    if whole and start and end and end.date() - start.date() == timedelta(days=1):
        return f"{start:%Y-%m-%d}{loose}"
    return f"{_end(reading, start)} .. {_end(reading, end)}{loose}"


def _end(reading: Reading, moment: datetime | None) -> str:
    if moment is None:
        return "..."
    dated = _whole(moment) and reading.span.grain not in ("minute", "part")
    return f"{moment:%Y-%m-%d}" if dated else f"{moment:%Y-%m-%d %H:%M}"


def _whole(moment: datetime) -> bool:
    return moment.time() == time()


@pytest.mark.parametrize(("clock", "prefer", "text", "expected"), TABLE)
def test_an_expression_reads_as_the_table_says(clock: Clock, prefer: Prefer, text: str, expected: str) -> None:
    assert _shown(span(text, clock, prefer)) == expected


def test_the_table_is_large() -> None:
    assert len(TABLE) >= 800


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["Tuesday", "at noon"], "2026-12-01 12:00"),
        (["at noon", "Tuesday"], "2026-12-01 12:00"),
        (["from 3", "to 5", "tomorrow"], "2026-11-26 15:00 .. 2026-11-26 17:00"),
        (["tomorrow", "from 3 to half past 4"], "2026-11-26 15:00 .. 2026-11-26 16:30"),
        (["7", "Friday evening"], "2026-11-27 19:00"),
        (["3 March", "2027", "at 5"], "2027-03-03 17:00"),
        (["Friday"], "2026-11-27"),
        (["Tuesday", "Thursday"], "-"),
        (["Tuesday", "banana"], "-"),
        ([], "-"),
    ],
)
def test_several_quotes_of_one_request_are_read_together(parts: list[str], expected: str) -> None:
    assert _shown(spans(parts, WEDNESDAY)) == expected


@pytest.mark.parametrize(
    ("text", "about", "expected"),
    [
        ("Saturday at 7", "Dinner with Olga", "2026-11-28 19:00"),
        ("Saturday half seven", "dinner", "2026-11-28 19:30"),
        ("tomorrow at 8", "drinks", "2026-11-26 20:00"),
        ("tomorrow at 6", "breakfast", "2026-11-26 06:00"),
        ("tomorrow at 8", "site visit", "2026-11-26 08:00"),
        ("tomorrow 7 to 9", "dinner", "2026-11-26 19:00 .. 2026-11-26 21:00"),
        ("tomorrow at 07:00", "dinner", "2026-11-26 07:00"),
        ("tomorrow at 1", "dinner", "2026-11-26 13:00"),
    ],
)
def test_the_title_tells_morning_from_evening_where_the_hour_does_not(text: str, about: str, expected: str) -> None:
    assert _shown(span(text, WEDNESDAY, about=about)) == expected


def test_first_thing_and_end_of_day_follow_the_working_hours() -> None:
    early = Clock(WEDNESDAY.now, work_start=time(7, 30), work_end=time(15))
    assert _shown(span("first thing tomorrow", early)) == "2026-11-26 07:30 ~"
    assert _shown(span("end of day", early)) == "2026-11-25 15:00 ~"


def test_a_skipped_hour_is_moved_on_and_said() -> None:
    (reading,) = span("28 March 2027 at 2:30 am", WEDNESDAY)
    assert reading.span.start == datetime(2027, 3, 28, 3, 30, tzinfo=BERLIN)
    assert "skip" in reading.note


def test_a_doubled_hour_is_the_first_one_and_said() -> None:
    (reading,) = span("31 October 2027 at 2:30 am", WEDNESDAY)
    assert reading.span.start is not None and reading.span.start.utcoffset() == timedelta(hours=2)
    assert "twice" in reading.note


def test_hours_from_now_are_exact_over_a_change_of_the_clocks() -> None:
    evening = Clock(datetime(2026, 10, 24, 22, tzinfo=BERLIN))
    (reading,) = span("in 5 hours", evening)
    assert reading.span.start is not None
    assert reading.span.start.utcoffset() == timedelta(hours=1)
    assert reading.span.start.timestamp() - evening.now.timestamp() == 5 * 3600


def test_a_day_of_25_hours_is_one_day() -> None:
    (reading,) = span("25 October 2026", WEDNESDAY)
    assert reading.span.start and reading.span.end
    assert reading.span.end.timestamp() - reading.span.start.timestamp() == 25 * 3600


def test_a_time_elsewhere_is_noted_as_it_was_said() -> None:
    (reading,) = span("3pm London time", WEDNESDAY)
    assert reading.span.start == datetime(2026, 11, 25, 16, tzinfo=BERLIN)
    assert reading.note == "15:00 London"


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock(datetime(2026, 11, 25))


@pytest.mark.parametrize(
    ("text", "grain"),
    [("at 5", "minute"), ("this evening", "part"), ("Friday", "day"), ("the weekend", "day"), ("next week", "week"),
     ("June", "month"), ("Q3", "month"), ("2023", "year"), ("the 90s", "year"), ("3 to 5 March", "day")],
)  # fmt: skip
def test_the_grain_says_how_finely_it_was_said(text: str, grain: str) -> None:
    assert {reading.span.grain for reading in span(text, WEDNESDAY)} == {grain}


WORDS = (
    "next last this friday tuesday at on in 5 7 half past quarter to noon from until between and before after "
    "3rd march 2025 two weeks ago month end of the first every day hour 10:30 3/4 tonight morning by since for "
    "pm easter week or - a"
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=9).map(" ".join) | st.text(max_size=40))
def test_any_text_is_read_or_not_but_never_breaks(text: str) -> None:
    for prefer in ("future", "past", "near"):
        for reading in span(text, WEDNESDAY, prefer):
            start, end = reading.span.start, reading.span.end
            assert start is not None or end is not None
            assert all(moment is None or moment.tzinfo is not None for moment in (start, end))
            assert start is None or end is None or start <= end


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(TABLE), st.sampled_from(["banana", "with Olga", "xyz", "the blue one"]))
def test_a_word_that_is_not_understood_makes_it_empty(row: Row, stray: str) -> None:
    clock, prefer, text, _ = row
    assert span(f"{text} {stray}", clock, prefer) == ()


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.sampled_from([row[2] for row in TABLE]))
def test_every_expression_reads_at_every_time(now: datetime, text: str) -> None:
    clock = Clock(now.replace(tzinfo=BERLIN))
    assert len(span(text, clock)) <= 3


def test_a_very_long_text_is_refused_at_once() -> None:
    begun = stopwatch.process_time()
    assert span("tomorrow at 5 or " * 2000, WEDNESDAY) == ()
    assert span("from 3 to 5 on friday in the week of march " * 3, WEDNESDAY) == ()
    assert stopwatch.process_time() - begun < 1
