"""Say in a sentence what changes between two texts of an event or task: read from the texts, not from the plan.

So the sentence is also right for an undo, and never says what the text does not. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.names import shown
from nearhand.connectors.vdir.contentlines import Block
from nearhand.connectors.vdir.event_edits import reminders, text_of
from nearhand.connectors.vdir.ics import CalendarFile, Key, plain, read, stamps
from nearhand.connectors.vdir.invitations import people
from nearhand.connectors.vdir.reminder_words import length_in_words, reminders_in_words
from nearhand.connectors.vdir.rule_words import in_words
from nearhand.connectors.vdir.stamps import Stamp, read_line

_ONE = ", this time only"
_STATES = {"COMPLETED": "is done", "NEEDS-ACTION": "is to be done", "IN-PROCESS": "is begun",
           "CANCELLED": "is cancelled", "CONFIRMED": "is confirmed", "TENTATIVE": "is not certain"}  # fmt: skip
_ANSWERS = {"ACCEPTED": "accepts", "DECLINED": "declines", "TENTATIVE": "may come", "NEEDS-ACTION": "has not answered"}


def describe(old: str, new: str, zone: tzinfo, place: str) -> str:
    """The sentence; "" is no file."""
    try:
        before = read(old, zone) if old else None
        after = read(new, zone)
        if before is None:
            return _created(after, place)
        parts = list(_changes(before, after))
    except ConnectorError:
        return f"A file in {shown(place)} changes."
    return " ".join(parts) if parts else f"{_title(after.main)} changes in details."


def _title(block: Block) -> str:
    return shown(plain(block, "SUMMARY")) or "(no title)"


def _created(file: CalendarFile, place: str) -> str:
    title, rule = _title(file.main), file.main.line("RRULE")
    again = f", {in_words(rule.value)}" if rule else ""
    when = f" {_when(file, file.main, True)}" if _has_time(file.main) else ""
    with_whom = _names(file.main)
    return f"New in {shown(place)}: {title}{when}{again}{f', with {with_whom}' if with_whom else ''}."


def _names(block: Block) -> str:
    return ", ".join(shown(str(who)) for role, who in people(block) if role == "attendee")


def _has_time(block: Block) -> bool:
    return bool(block.line("DTSTART") or block.line("DUE"))


def _when(file: CalendarFile, block: Block, year: bool = False) -> str:
    start, end = file.start_of(block), file.end_of(block)
    if block.name == "VTODO":
        return _said(file, end, year)
    if start.is_date or end.wall.date() != start.wall.date() or end == start:
        return _said(file, start, year)
    return f"{_said(file, start, year)}-{file.zones.local(end):%H:%M}"


def _said(file: CalendarFile, stamp: Stamp, year: bool = False) -> str:
    here = file.zones.local(stamp)
    day = f"{here:%a} {here.day} {here:%b}" + (f" {here.year}" if year else "")
    return day if stamp.is_date else f"{day} {here:%H:%M}"


def _changes(old: CalendarFile, new: CalendarFile) -> Iterator[str]:
    series = ", the whole series" if old.recurring and new.recurring else ""
    yield from _component(old, old.main, new, new.main, series)
    yield from _rule(old, new)
    out_before, out_after = _out(old), _out(new)
    for key, stamp in out_after.items():
        if key not in out_before:
            yield f"{_title(new.main)} on {_said(new, stamp)} is cancelled{_ONE}."
    for key, stamp in out_before.items():
        if key not in out_after and not series_moved(old, new):
            yield f"{_title(new.main)} on {_said(old, stamp)} takes place again."
    if not series_moved(old, new):
        yield from _occurrences(old, new, set(out_after) - set(out_before))


def series_moved(old: CalendarFile, new: CalendarFile) -> bool:
    """Whether the series as a whole begins at another time, so that all its occurrences have new names."""
    return _has_time(old.main) and _has_time(new.main) and old.start != new.start


def _out(file: CalendarFile) -> dict[Key, Stamp]:
    return {file.key(stamp): stamp for stamp in stamps(file.main, "EXDATE")} if _has_time(file.main) else {}


def _occurrences(old: CalendarFile, new: CalendarFile, gone: set[Key]) -> Iterator[str]:
    for key, block in new.overrides.items():
        base = old.overrides.get(key)
        if base is None:
            yield from _component(old, old.moved(old.main, read_line(block.lines("RECURRENCE-ID")[0]),
                                                 old.length(old.main)), new, block, _ONE)  # fmt: skip
        else:
            yield from _component(old, base, new, block, _ONE)
    for key, block in old.overrides.items():
        if key not in new.overrides and key not in gone:
            yield f"{_title(block)} on {_when(old, block)} becomes as all the others again."


def _component(old: CalendarFile, a: Block, new: CalendarFile, b: Block, which: str) -> Iterator[str]:
    title = _title(a)
    moves = _has_time(b) and (not _has_time(a) or _times(old, a) != _times(new, b))
    if moves:
        yield _moved(old, a, new, b, which)
    elif _has_time(a) and not _has_time(b):
        yield f"{title} has no time any more."
    if _title(b) != title:
        yield f"{title} is renamed to {_title(b)}{which}."
    if text_of(a, "STATUS") != text_of(b, "STATUS"):
        yield f"{title} {_STATES.get(plain(b, 'STATUS').upper(), 'has another state')}{which}."
    for name, word in (("LOCATION", "place"), ("DESCRIPTION", "description")):
        if text_of(a, name) != text_of(b, name):
            yield f"{title}: the {word} is now {shown(plain(b, name, 80)) or 'empty'}{which}."
    along = moves and len(reminders(a)) == len(reminders(b))
    if reminders(a) != reminders(b) and not along:
        yield f"{title}: {_reminded(new, b)}{which}."
    yield from _people(a, b, which)


def _reminded(file: CalendarFile, block: Block) -> str:
    if not reminders(block):
        return "no reminder any more"
    said = reminders_in_words(block, file.zones)
    return f"the reminder is now {said}" if said else "the reminder changes"


def _times(file: CalendarFile, block: Block) -> tuple[datetime, datetime, bool]:
    return file.zones.local(file.start_of(block)), file.zones.local(file.end_of(block)), file.start_of(block).is_date


def _moved(old: CalendarFile, a: Block, new: CalendarFile, b: Block, which: str) -> str:
    if not _has_time(a):
        return f"{_title(a)} is now on {_when(new, b)}{which}."
    same_start = old.zones.local(old.start_of(a)) == new.zones.local(new.start_of(b))
    if same_start and a.name == "VEVENT":
        return f"{_title(a)} on {_said(old, old.start_of(a))} now lasts {length_in_words(new.length(b))}{which}."
    task = a.name == "VTODO"
    one, other = (old.end_of(a), new.end_of(b)) if task else (old.start_of(a), new.start_of(b))
    longer = "" if task or old.length(a) == new.length(b) else f" and lasts {length_in_words(new.length(b))}"
    year = one.wall.year != other.wall.year
    return f"{_title(a)} moves from {_said(old, one, year)} to {_said(new, other, year)}{longer}{which}."


def _rule(old: CalendarFile, new: CalendarFile) -> Iterator[str]:
    before, after = old.main.value("RRULE"), new.main.value("RRULE")
    if before != after:
        yield f"{_title(new.main)} " + (f"now repeats {in_words(after)}." if after else "no longer repeats.")


def _people(a: Block, b: Block, which: str) -> Iterator[str]:
    before, after = dict.fromkeys(people(a)), dict.fromkeys(people(b))
    added = [str(who) for role, who in after if role == "attendee" and (role, who) not in before]
    gone = [str(who) for role, who in before if role == "attendee" and (role, who) not in after]
    if added:
        yield f"{_title(b)}: {shown(', '.join(added))} is invited{which}."
    if gone:
        yield f"{_title(b)}: {shown(', '.join(gone))} is no longer invited{which}."
    if added or gone:
        return
    old = {one.value: one.param("PARTSTAT") for one in a.lines("ATTENDEE")}
    for one in b.lines("ATTENDEE"):
        answer = one.param("PARTSTAT")
        if answer != old.get(one.value, answer):
            who = shown(one.param("CN") or one.value.partition(":")[2] or one.value)
            yield f"{_title(b)}: {who} {_ANSWERS.get(answer.upper(), 'answers')}{which}."
