"""Calendars on vdir folders: what items say, what each action writes, and that nothing of others is lost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest

from nearhand.connectors.base import Call, Connector, Effect, Item, Person, Shift, Source, Span
from nearhand.connectors.errors import ConnectorError, DeniedError, LimitError, NotFoundError, UnreadableError
from nearhand.connectors.testing import ConnectorContract, refused
from nearhand.connectors.vdir.calendars import CalendarConnector

BERLIN = ZoneInfo("Europe/Berlin")
ME = Person("Robin Keller", "robin@keller.example")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOSTILE = Path(__file__).resolve().parents[4] / "shared" / "data" / "hostile" / "ics"
WORLD = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))

WEEKLY = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Other//Program//EN\r
X-UNKNOWN;X-P="a;b":kept\r
BEGIN:VEVENT\r
UID:yoga@x\r
DTSTAMP:20260101T000000Z\r
DTSTART;TZID=Europe/Berlin:20261001T180000\r
DTEND;TZID=Europe/Berlin:20261001T190000\r
RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=10\r
SUMMARY;LANGUAGE=en:Yoga\r
X-COLOR:a very long value that goes over the end of the line and is folded in a\r
  strange place\r
BEGIN:VALARM\r
ACTION:DISPLAY\r
TRIGGER:-PT10M\r
END:VALARM\r
END:VEVENT\r
END:VCALENDAR\r
"""
INVITED = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:board@x
DTSTAMP:20260101T000000Z
SEQUENCE:3
DTSTART:20261110T130000Z
DURATION:PT30M
SUMMARY:Board meeting
LOCATION:Room 4\\, upstairs
ORGANIZER;CN=Olga:mailto:olga@x.example
ATTENDEE;CN=Robin;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:MAILTO:Robin@Keller.example
ATTENDEE;PARTSTAT=ACCEPTED:mailto:tom@x.example
END:VEVENT
END:VCALENDAR
"""
ALL_DAY = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:fair@x
DTSTART;VALUE=DATE:20261107
DTEND;VALUE=DATE:20261109
SUMMARY:Fair
END:VEVENT
END:VCALENDAR
"""


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=BERLIN)  # type: ignore[arg-type,misc]


def instant(*when: int) -> Span:
    return Span(local(*when), local(*when), "minute")


def day(*when: int) -> Span:
    return Span(local(*when), local(*when) + timedelta(days=1))


def make(root: Path) -> CalendarConnector:
    for folder in ("personal", "work"):
        (root / folder).mkdir(parents=True)
    (root / "work" / "displayname").write_text("Office")
    (root / "personal" / "yoga.ics").write_bytes(WEEKLY.encode())
    (root / "work" / "board.ics").write_text(INVITED)
    (root / "personal" / "fair.ics").write_text(ALL_DAY)
    (root / "personal" / "milk.ics").write_text(
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:Milk\nEND:VTODO\nEND:VCALENDAR\n"
    )
    return CalendarConnector(root, "personal", ME, BERLIN, clock=lambda: NOW)


@pytest.fixture
def calendar(tmp_path: Path) -> CalendarConnector:
    return make(tmp_path / "cal")


def do(calendar: CalendarConnector, action: str, *items: Item, **args: object) -> list[Effect]:
    """Plan and apply; `in_` and `for_` stand for the slots that Python has as keywords."""
    effects = calendar.expand(Call(action, items, {key.rstrip("_"): value for key, value in args.items()}))
    for effect in effects:
        calendar.apply(effect)
    return list(effects)


def times(calendar: CalendarConnector, ref: str, span: Span = WORLD) -> list[str]:
    return [f"{item.when:%m-%d %H:%M}" for item in calendar.occurrences([calendar.load(ref)], span)]


def nth(calendar: CalendarConnector, ref: str, number: int) -> Item:
    return calendar.occurrences([calendar.load(ref)], WORLD)[number]


class TestContract(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path: Path) -> CalendarConnector:
        return make(tmp_path / "cal")

    def effects(self, connector: Connector) -> Sequence[Effect]:
        assert isinstance(connector, CalendarConnector)
        yoga, board, fair = (connector.load(f"{r}.ics") for r in ("personal/yoga", "work/board", "personal/fair"))
        third = nth(connector, "personal/yoga.ics", 2)
        calls = (
            Call("calendar.add", (), {"name": "Lunch", "when": instant(2026, 11, 5, 12)}),
            Call("calendar.move", (third,), {"by": Shift(time=timedelta(hours=1))}),
            Call("calendar.move", (yoga,), {"by": Shift(days=1)}),
            Call("calendar.rename", (fair,), {"name": "Book fair"}),
            Call("calendar.change", (fair,), {"to": "Office"}),
            Call("calendar.cancel", (third,)),
            Call("calendar.cancel", (yoga,)),
            Call("calendar.respond", (board,), {"answer": "accept"}),
        )
        return [*(effect for call in calls for effect in connector.expand(call)),
                Effect("calendar", "mkdir", "", "", {"to": "new"})]  # fmt: skip

    def snapshot(self, connector: Connector) -> object:
        assert isinstance(connector, CalendarConnector)
        root = connector.store.root
        return {str(p.relative_to(root)): p.read_bytes() if p.is_file() else b"" for p in sorted(root.rglob("*"))
                if ".trash" not in p.parts}  # fmt: skip


def test_an_event_says_when_where_and_with_whom(calendar: CalendarConnector) -> None:
    item = calendar.load("work/board.ics")
    assert (item.title, item.place, item.when, item.end) == (
        "Board meeting", "Office", local(2026, 11, 10, 14), local(2026, 11, 10, 14, 30),
    )  # fmt: skip
    assert item.people[0] == ("organizer", Person("Olga", "olga@x.example"))
    assert item.tags == {"invitation", "pending", "meeting"}
    assert (item.extra["location"], item.source, item.text) == ("Room 4, upstairs", Source.OUTSIDE, "Room 4, upstairs")


def test_a_day_lasts_from_midnight_to_midnight(calendar: CalendarConnector) -> None:
    item = calendar.load("personal/fair.ics")
    assert (item.when, item.end, item.all_day) == (local(2026, 11, 7), local(2026, 11, 9), True)


def test_tasks_are_not_events(calendar: CalendarConnector) -> None:
    assert {ref for ref, _ in calendar.scan()} == {"personal/yoga.ics", "personal/fair.ics", "work/board.ics"}


def test_a_series_keeps_its_hour_across_the_end_of_summer_time(calendar: CalendarConnector) -> None:
    found = calendar.occurrences([calendar.load("personal/yoga.ics")], WORLD)
    assert [f"{item.when:%m-%d %H:%M %z}" for item in found][3:5] == ["10-22 18:00 +0200", "10-29 18:00 +0100"]
    assert found[4].ref == "personal/yoga.ics#2026-10-29T18:00:00+01:00"
    assert calendar.load(found[4].ref) == found[4]


def test_a_window_shows_what_overlaps_it_and_no_more(calendar: CalendarConnector) -> None:
    items = [calendar.load(ref) for ref, _ in calendar.scan()]
    span = Span(local(2026, 11, 5, 18, 30), local(2026, 11, 8))
    assert [item.title for item in calendar.occurrences(items, span)] == ["Yoga", "Fair"]
    assert calendar.occurrences(items, Span(local(2026, 11, 5, 19), local(2026, 11, 7))) == []
    assert len(calendar.occurrences(items, Span(local(2026, 11, 5), None))) == 7


def test_a_new_event_is_in_the_persons_zone_and_other_programs_can_read_it(calendar: CalendarConnector) -> None:
    [effect] = do(calendar, "calendar.add", name="Lunch; with, Olga", when=instant(2026, 7, 5, 12), where="Café",
                  invite=(Person("Olga, B", "olga@x.example"),), remind=timedelta(minutes=15))  # fmt: skip
    item = calendar.load(effect.args["to"])
    assert (item.title, item.when, item.end) == ("Lunch; with, Olga", local(2026, 7, 5, 12), local(2026, 7, 5, 13))
    assert item.tags == {"meeting"}
    parsed = icalendar.Calendar.from_ical(effect.args["text"].encode())
    event = parsed.walk("VEVENT")[0]
    assert event["DTSTART"].dt == local(2026, 7, 5, 12)
    assert event["ATTENDEE"].params["CN"] == "Olga, B"
    assert event["ORGANIZER"] == "mailto:robin@keller.example"
    assert event.walk("VALARM")[0]["TRIGGER"].dt == timedelta(minutes=-15)
    assert parsed.walk("VTIMEZONE")[0].to_tz(lookup_tzid=False).utcoffset(datetime(2026, 7, 5)) == timedelta(hours=2)


def test_a_day_makes_an_all_day_event_and_a_repeating_one_begins_with_its_rule(calendar: CalendarConnector) -> None:
    [effect] = do(calendar, "calendar.add", name="Fast", when=day(2026, 11, 4), repeat="FREQ=WEEKLY;BYDAY=FR;COUNT=2")
    assert times(calendar, effect.args["to"]) == ["11-06 00:00", "11-13 00:00"]
    assert "DTEND;VALUE=DATE:20261107" in effect.args["text"]


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=DAILY;INTERVAL=0", "daily", "FREQ=MINUTELY;COUNT=3"])
def test_a_rule_that_could_run_away_is_refused(calendar: CalendarConnector, rule: str) -> None:
    with pytest.raises((LimitError, UnreadableError)):
        do(calendar, "calendar.add", name="X", when=day(2026, 11, 4), repeat=rule)


def test_an_invitation_needs_an_address_that_is_one(calendar: CalendarConnector) -> None:
    for address, error in (("", ConnectorError), ("a@b\r\nX-EVIL:1", DeniedError), ("a@b.c,d@e.f", DeniedError)):
        with pytest.raises(error):
            do(calendar, "calendar.add", name="X", when=day(2026, 11, 4), invite=(Person("A", address),))


def test_a_title_cannot_add_lines(calendar: CalendarConnector) -> None:
    [effect] = do(
        calendar, "calendar.add", name="X\r\nATTENDEE:mailto:evil@x", when=day(2026, 11, 4), where="a\nEND:VEVENT"
    )
    assert calendar.load(effect.args["to"]).people == ()


def test_an_unknown_calendar_is_named_with_the_ones_there_are(calendar: CalendarConnector) -> None:
    error = refused(lambda: do(calendar, "calendar.add", name="X", when=day(2026, 11, 4), in_="Sport"))
    assert "Office" in str(error) and "personal" in str(error)


def test_planning_without_a_default_calendar_makes_it(tmp_path: Path) -> None:
    connector = CalendarConnector(tmp_path, "home", ME, BERLIN, clock=lambda: NOW)
    assert [effect.verb for effect in do(connector, "calendar.add", name="X", when=day(2026, 11, 4))] == [
        "mkdir",
        "put",
    ]


def test_a_move_changes_the_times_and_its_stamps_and_nothing_else(calendar: CalendarConnector) -> None:
    item = calendar.load("work/board.ics")
    [effect] = do(calendar, "calendar.move", item, to=day(2026, 11, 12))
    old, new = INVITED.splitlines(), effect.args["text"].splitlines()
    assert [line for line in old if line not in new] == ["DTSTAMP:20260101T000000Z", "DTSTART:20261110T130000Z"]
    assert "DTSTART:20261112T130000Z" in new and "SEQUENCE:3" in new
    assert calendar.load("work/board.ics").end == local(2026, 11, 12, 14, 30)


def test_a_shift_by_days_keeps_the_persons_hour_also_in_utc(calendar: CalendarConnector, tmp_path: Path) -> None:
    text = ALL_DAY.replace(";VALUE=DATE:20261107", ":20261024T100000Z").replace(
        ";VALUE=DATE:20261109", ":20261024T110000Z"
    )
    (calendar.store.root / "personal" / "utc.ics").write_text(text)
    do(calendar, "calendar.move", calendar.load("personal/utc.ics"), by=Shift(days=1))
    item = calendar.load("personal/utc.ics")
    assert (item.when, item.end) == (local(2026, 10, 25, 12), local(2026, 10, 25, 13))


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (instant(2026, 11, 9, 16), ("11-09 16:00", "17:00")),
        (Span(local(2026, 11, 9, 16), local(2026, 11, 9, 18), "minute"), ("11-09 16:00", "18:00")),
        (day(2026, 11, 9), ("11-09 18:00", "19:00")),
        (Span(local(2026, 11, 16), local(2026, 11, 23), "week"), ("11-19 18:00", "19:00")),
        (Span(local(2027, 2, 1), local(2027, 3, 1), "month"), ("02-05 18:00", "19:00")),
        (Span(local(2026, 11, 9, 12), local(2026, 11, 9, 18), "part"), ("11-09 13:00", "14:00")),
        (Span(local(2026, 11, 9, 6), local(2026, 11, 9, 12), "part"), ("11-09 09:00", "10:00")),
        (Span(local(2026, 11, 9, 18), local(2026, 11, 10), "part"), ("11-09 18:00", "19:00")),
        (Span(local(2026, 11, 9, 17), local(2026, 11, 9, 22), "part"), ("11-09 18:00", "19:00")),
    ],
)
def test_moving_to_a_time_a_day_a_week(calendar: CalendarConnector, to: Span, expected: tuple[str, str]) -> None:
    [effect] = do(calendar, "calendar.add", name="Talk", when=instant(2026, 11, 5, 18))
    do(calendar, "calendar.move", calendar.load(effect.args["to"]), to=to)
    item = calendar.load(effect.args["to"])
    assert (f"{item.when:%m-%d %H:%M}", f"{item.end:%H:%M}") == expected


def test_an_all_day_event_moved_to_an_hour_takes_one(calendar: CalendarConnector) -> None:
    do(calendar, "calendar.move", calendar.load("personal/fair.ics"), to=instant(2026, 11, 9, 16))
    item = calendar.load("personal/fair.ics")
    assert (item.when, item.end, item.all_day) == (local(2026, 11, 9, 16), local(2026, 11, 9, 17), False)


def test_changes_of_place_length_people_and_reminder_come_in_one_effect(calendar: CalendarConnector) -> None:
    item = calendar.load("personal/yoga.ics")
    effects = do(calendar, "calendar.change", item, for_=timedelta(minutes=90), where="Hall", remind=timedelta(hours=1))
    after = calendar.load("personal/yoga.ics")
    assert len(effects) == 1
    assert (after.end, after.extra["location"]) == (local(2026, 10, 1, 19, 30), "Hall")
    assert "TRIGGER:-PT1H" in effects[0].args["text"] and "TRIGGER:-PT10M" not in effects[0].args["text"]
    assert (
        "X-COLOR:a very long value that goes over the end of the line and is folded in a\r\n  strange"
        in effects[0].args["text"]
    )
    assert "SUMMARY;LANGUAGE=en:Yoga" in effects[0].args["text"]


def test_an_event_goes_to_another_calendar_and_back(calendar: CalendarConnector) -> None:
    [effect] = calendar.expand(Call("calendar.change", (calendar.load("personal/fair.ics"),), {"to": "office"}))
    back = calendar.inverse(effect)
    calendar.apply(effect)
    assert calendar.load("work/fair.ics").place == "Office"
    calendar.apply(back)
    assert calendar.load("personal/fair.ics").place == "personal"
    fair = calendar.load("personal/fair.ics")
    assert [e.verb for e in do(calendar, "calendar.change", fair, to="Office", where="B")] == [
        "put", "trash",
    ]  # fmt: skip
    assert calendar.load("work/fair.ics").extra["location"] == "B"


def test_answering_sets_only_my_own_state_and_the_reply_says_it(calendar: CalendarConnector) -> None:
    reply = calendar.reply_ics("work/board.ics", "accept")
    [effect] = do(calendar, "calendar.respond", calendar.load("work/board.ics"), answer="accept")
    assert "accepted" in calendar.load("work/board.ics").tags
    assert (
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:tom@x.example" in effect.args["text"] and "SEQUENCE:3" in effect.args["text"]
    )
    event = icalendar.Calendar.from_ical(reply.encode()).walk("VEVENT")[0]
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED" and event["UID"] == "board@x"
    with pytest.raises(ConnectorError):
        do(calendar, "calendar.respond", calendar.load("personal/fair.ics"), answer="accept")


def test_an_answer_that_goes_by_mail_is_not_also_sent_by_the_server_of_the_calendar(calendar: CalendarConnector) -> None:
    board = calendar.load("work/board.ics")
    (effect,) = do(calendar, "calendar.respond", board, answer="accept")
    assert "ORGANIZER;CN=Olga;SCHEDULE-AGENT=CLIENT:mailto:olga@x.example" in effect.args["text"]
    assert effect.args["text"].count("SCHEDULE-AGENT") == 1, "nobody is invited by this"
    (again,) = do(calendar, "calendar.respond", calendar.load("work/board.ics"), answer="decline")
    assert again.args["text"].count("SCHEDULE-AGENT") == 1
    assert "SCHEDULE-AGENT" not in calendar.reply_ics("work/board.ics", "accept"), "no message may say it"
    assert calendar.preview(again).text.count("Olga") == 0


def test_the_sentence_says_what_happens_and_the_diff_shows_it(calendar: CalendarConnector) -> None:
    item = nth(calendar, "personal/yoga.ics", 5)
    [effect] = calendar.expand(Call("calendar.move", (item,), {"by": Shift(time=timedelta(hours=1))}))
    preview = calendar.preview(effect)
    assert preview.text == "Yoga moves from Thu 5 Nov 18:00 to Thu 5 Nov 19:00, this time only."
    assert "+RECURRENCE-ID;TZID=Europe/Berlin:20261105T180000" in preview.diff
    [effect] = calendar.expand(Call("calendar.cancel", (item,)))
    assert calendar.preview(effect).text == "Yoga on Thu 5 Nov 18:00 is cancelled, this time only."
    [effect] = calendar.expand(Call("calendar.rename", (item,), {"name": "Gym", "scope": "series"}))
    assert calendar.preview(effect).text == "Yoga is renamed to Gym, the whole series."
    back = calendar.inverse(effect)
    calendar.apply(effect)
    assert calendar.preview(back).text == "Gym is renamed to Yoga, the whole series."


@pytest.mark.parametrize(
    ("tzid", "hour", "known"),
    [
        ("W. Europe Standard Time", 18, True), ("/mozilla.org/20070129_1/Europe/London", 19, True),
        ("Nowhere/Town", 18, False),
        ("../../etc/passwd", 18, False), ("America/New_York", 0, True),
    ],
)  # fmt: skip
def test_odd_zones(calendar: CalendarConnector, tzid: str, hour: int, known: bool) -> None:
    text = WEEKLY.replace("Europe/Berlin", tzid)
    (calendar.store.root / "personal" / "odd.ics").write_text(text)
    item = calendar.load("personal/odd.ics")
    assert item.when is not None and item.when.hour == hour
    assert ("unknown_zone" in item.extra) is not known


def test_a_zone_that_only_the_file_knows_is_read_from_the_file(calendar: CalendarConnector) -> None:
    zone = ("BEGIN:VTIMEZONE\nTZID:Custom\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
            "TZOFFSETFROM:+0500\nTZOFFSETTO:+0500\nEND:STANDARD\nEND:VTIMEZONE\n")  # fmt: skip
    text = (
        WEEKLY.replace("\r\n", "\n").replace("Europe/Berlin", "Custom").replace("BEGIN:VEVENT", zone + "BEGIN:VEVENT")
    )
    (calendar.store.root / "personal" / "odd.ics").write_text(text)
    assert calendar.load("personal/odd.ics").when == datetime(2026, 10, 1, 13, tzinfo=UTC)


def test_a_floating_time_is_the_persons_and_stays_floating(calendar: CalendarConnector) -> None:
    (calendar.store.root / "personal" / "f.ics").write_text(WEEKLY.replace(";TZID=Europe/Berlin", ""))
    do(calendar, "calendar.move", nth(calendar, "personal/f.ics", 1), by=Shift(time=timedelta(hours=2)))
    assert times(calendar, "personal/f.ics")[:3] == ["10-01 18:00", "10-08 20:00", "10-15 18:00"]
    assert "\nDTSTART:20261008T200000" in (calendar.store.root / "personal" / "f.ics").read_text()


def bomb(rule: str, start: str = "20000101T000000Z") -> str:
    return (
        f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:b\nDTSTART:{start}\nRRULE:{rule}\nSUMMARY:B\nEND:VEVENT\nEND:VCALENDAR\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        bomb("FREQ=SECONDLY"), bomb("FREQ=MINUTELY;INTERVAL=1"), bomb("FREQ=DAILY;INTERVAL=0"), bomb("FREQ=HOURLY"),
        bomb("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"), bomb("FREQ=YEARLY;COUNT=99999999999999999999"),
        bomb("FREQ=DAILY;BYDAY=5MO"),
        bomb("FREQ=DAILY", "99991231T235959Z"), bomb("FREQ=DAILY", "00010101T000000"), bomb("X" * 100_000),
        "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 5000, "BEGIN:VEVENT\n" + "X-A:1\n" * 20_000 + "END:VEVENT\n",
        "BEGIN:VEVENT\nSUMMARY:" + "x" * 10_000_000, "BEGIN:VEVENT\nDTSTART;" + 'A="' * 300_000, "\0" * 1_000_000,
        "BEGIN:VEVENT\nDTSTART:20260101\nDURATION:P99999999999999D\nEND:VEVENT\n", "\n " * 2_000_000,
    ],
)  # fmt: skip
def test_a_bomb_costs_one_item_and_no_time(calendar: CalendarConnector, text: str) -> None:
    (calendar.store.root / "personal" / "b.ics").write_text(text)
    before = time.thread_time()
    item = calendar.load("personal/b.ics")
    calendar.occurrences([item], WORLD)
    calendar.occurrences([item], Span(None, None))
    assert time.thread_time() - before < 2


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the hostile calendars lie in shared/data, which is not here")
def test_every_hostile_calendar_loads_and_expands_in_time(calendar: CalendarConnector) -> None:
    for path in sorted(HOSTILE.rglob("*")):
        if path.is_file():
            (calendar.store.root / "personal" / "h.ics").write_bytes(path.read_bytes())
            before = time.thread_time()
            item = calendar.load("personal/h.ics")
            calendar.occurrences([item], WORLD)
            calendar.occurrences([item], Span(local(2005, 1, 1), local(2015, 1, 1)))
            assert time.thread_time() - before < 2, path
            assert item.title and (item.when is None) == ("unreadable" in item.extra), path


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the hostile calendars lie in shared/data, which is not here")
def test_changing_a_hostile_calendar_works_or_says_why(calendar: CalendarConnector) -> None:
    for path in sorted(HOSTILE.rglob("*")):
        if path.is_file():
            (calendar.store.root / "personal" / "h.ics").write_bytes(path.read_bytes())
            item = calendar.load("personal/h.ics")
            for verb, args in (("move", {"by": Shift(days=1)}), ("rename", {"name": "X"}), ("cancel", {})):
                for target in [item, *calendar.occurrences([item], Span(local(2005, 1, 1), local(2015, 1, 1)))[:1]]:
                    try:
                        for effect in calendar.expand(Call(f"calendar.{verb}", (target,), args)):
                            assert calendar.preview(effect).text
                            calendar.inverse(effect)
                    except ConnectorError as error:
                        assert str(error)


def test_what_cannot_be_read_is_still_an_item_that_can_be_thrown_away(calendar: CalendarConnector) -> None:
    (calendar.store.root / "personal" / "bad.ics").write_text("BEGIN:VEVENT\nSUMMARY:x\n")
    item = calendar.load("personal/bad.ics")
    assert item.title == "(unreadable)" and "never closed" in item.extra["unreadable"]
    do(calendar, "calendar.cancel", item)
    assert refused(lambda: calendar.load("personal/bad.ics")).__class__ is NotFoundError
