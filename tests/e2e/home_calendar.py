"""The calendars and lists of the test home: three calendars, three lists, one .ics file per entry."""

from __future__ import annotations

from pathlib import Path

_ZONE = (
    "BEGIN:VTIMEZONE", "TZID:Europe/Berlin",
    "BEGIN:DAYLIGHT", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST", "DTSTART:19700329T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT",
    "BEGIN:STANDARD", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET", "DTSTART:19701025T030000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip
_ME_WAITS = "ATTENDEE;CN=Mira Holm;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:mira@holm.example"
_CHOIR = (
    "ORGANIZER;CN=Mira Holm:mailto:mira@holm.example",
    "ATTENDEE;CN=Anna Weber;PARTSTAT=ACCEPTED:mailto:anna@weber.example",
    "ATTENDEE;CN=Tom Weber:mailto:tom@weber.example",
    "ATTENDEE;CN=Olga Lindqvist:mailto:olga@lindqvist.example",
)
_VIKTOR = ("ATTENDEE;CN=Viktor Sørensen:mailto:viktor@sorensen.example",)
_YOGA_MOVED = (
    "BEGIN:VEVENT", "UID:yoga@home", "DTSTAMP:20260901T080000Z", "RECURRENCE-ID;TZID=Europe/Berlin:20261112T180000",
    "DTSTART;TZID=Europe/Berlin:20261112T190000", "DTEND;TZID=Europe/Berlin:20261112T203000", "SUMMARY:Yoga", "END:VEVENT",
)  # fmt: skip

Event = tuple[str, str, str, str, str, tuple[str, ...]]
EVENTS: tuple[Event, ...] = (
    # calendar, uid, title, start, end, more
    ("personal", "yoga", "Yoga", "20261001T180000", "20261001T193000",
     ("RRULE:FREQ=WEEKLY", "EXDATE;TZID=Europe/Berlin:20261029T180000", "X-KEEP-ME;X-A=1:as it is")),
    ("personal", "dentist", "Dentist", "20261119T160000", "20261119T163000", ("LOCATION:Marktplatz 3",)),
    ("work", "site", "Site visit", "20261119T140000", "20261119T150000", ("LOCATION:Hafenstraße 9",)),
    ("work", "lunch", "Lunch with Dana", "20261119T120000", "20261119T130000", ()),
    ("work", "standup", "Standup", "20261102T091500", "20261102T093000", ("RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",)),
    ("personal", "rehearsal", "Choir rehearsal", "20261120T193000", "20261120T213000", _CHOIR),
    ("personal", "haircut", "Haircut", "20261121T110000", "20261121T114500", ()),
    ("personal", "cinema", "Cinema", "20261122T200000", "20261122T223000", ()),
    ("work", "budget", "Budget review", "20261123T100000", "20261123T110000",
     ("ORGANIZER;CN=Dana Ito:mailto:dana@harbour-studio.example", _ME_WAITS)),
    ("personal", "wine", "Wine tasting", "20261127T190000", "20261127T220000",
     ("ORGANIZER;CN=Ramesh Patel:mailto:ramesh@patel.example", _ME_WAITS)),
    ("work", "review", "Design review", "20261124T100000", "20261124T113000", ()),
    ("work", "handover", "Handover", "20261124T140000", "20261124T143000", ()),
    ("family", "parents", "Parents' evening", "20261125T190000", "20261125T203000", ("LOCATION:Birkenhof School",)),
    ("family", "mum", "Mum's birthday", "20261206", "20261207", ("RRULE:FREQ=YEARLY",)),
    ("family", "holiday", "Winter holiday", "20261221", "20270103", ()),
    ("personal", "tokyo", "Call with Tokyo", "Z20261126T080000", "Z20261126T090000", ()),
    ("work", "swim", "Swimming course", "20261005T070000", "20261005T080000", ("RRULE:FREQ=WEEKLY;COUNT=12",)),
    ("personal", "doctor", "Doctor", "20261201T083000", "20261201T090000", ()),
    ("personal", "concert", "Concert", "20261205T200000", "20261205T230000", ()),
    ("personal", "viktor-coffee", "Coffee with Viktor", "20270601T150000", "20270601T160000", ("RRULE:FREQ=WEEKLY", *_VIKTOR)),
    ("personal", "sailing", "Sailing", "20270612T100000", "20270612T180000", _VIKTOR),
    ("personal", "picnic", "Picnic", "20270613T120000", "20270613T150000", ()),
    ("personal", "viktor-may", "Boat fair", "20270520T100000", "20270520T120000", _VIKTOR),
    ("work", "past", "Kickoff", "20261110T100000", "20261110T110000", ()),
    ("work", "past2", "Retro", "20261113T150000", "20261113T160000", ()),
)  # fmt: skip
TASKS = (
    # list, uid, title, more
    ("shopping", "milk", "Milk", ()),
    ("shopping", "bread", "Bread", ()),
    ("shopping", "eggs", "Eggs", ()),
    ("todo", "bank", "Call the bank", ("DUE;VALUE=DATE:20261118",)),
    ("todo", "tax", "Tax papers", ("DUE;VALUE=DATE:20261110", "X-KEEP-ME:yes")),
    ("todo", "tyres", "Change the tyres", ("DUE;TZID=Europe/Berlin:20261128T100000",)),
    ("todo", "plants", "Water the plants", ("DUE;VALUE=DATE:20261120", "RRULE:FREQ=WEEKLY")),
    ("packing", "boots", "Boots", ()),
    ("packing", "tent", "Tent", ()),
)  # fmt: skip


def build(root: Path) -> None:
    """Write calendars and lists."""
    for name in ("personal", "work", "family", "shopping", "todo", "packing"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for calendar, uid, title, start, end, more in EVENTS:
        lines = ["BEGIN:VEVENT", f"UID:{uid}@home", "DTSTAMP:20260901T080000Z", _time("DTSTART", start), _time("DTEND", end),
                 f"SUMMARY:{title}", *more, "END:VEVENT"]  # fmt: skip
        write(root / calendar / f"{uid}.ics", [*_ZONE, *lines, *(_YOGA_MOVED if uid == "yoga" else ())])
    for listed, uid, title, more in TASKS:
        lines = ["BEGIN:VTODO", f"UID:{uid}@home", "DTSTAMP:20260901T080000Z", f"SUMMARY:{title}", "STATUS:NEEDS-ACTION",
                 *more, "END:VTODO"]  # fmt: skip
        write(root / listed / f"{uid}.ics", lines)


def _time(name: str, value: str) -> str:
    if value.startswith("Z"):
        return f"{name};TZID=Asia/Tokyo:{value[1:]}"
    return f"{name};TZID=Europe/Berlin:{value}" if "T" in value else f"{name};VALUE=DATE:{value}"


def write(path: Path, lines: list[str]) -> None:
    """Write an .ics file as other programs would."""
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Other//Program//EN", *lines, "END:VCALENDAR", ""])
    path.write_bytes(text.encode())
