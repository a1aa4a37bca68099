"""Events as items: what an index and a person see of one file, or of one occurrence in it.

Deliberately not here: reading files, and tasks (see `task_items.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nearhand.connectors.base import Item, Person, Source
from nearhand.connectors.errors import UnreadableError
from nearhand.connectors.vdir.contentlines import Block, unescape
from nearhand.connectors.vdir.ics import CalendarFile, plain
from nearhand.connectors.vdir.invitations import organized_by, people, tags
from nearhand.connectors.vdir.occurrences import Occurrence, iso

UNREADABLE = "(unreadable)"
_BIRTHDAY = re.compile(r"\b(birthday|geburtstag)", re.IGNORECASE)
_MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies and which version of it was read."""

    connector: str
    ref: str
    version: str
    name: str
    """What the calendar or list is called."""
    size: int = 0


def unreadable(place: Place, kind: str, reason: str) -> Item:
    """The item of a file that cannot be understood; the file itself stays as it is."""
    extra = {"unreadable": reason}
    return Item(place.connector, place.ref, place.version, kind, UNREADABLE, place.name, size=place.size,
                source=Source.OUTSIDE, extra=extra)  # fmt: skip


def event_item(file: CalendarFile, place: Place, me: Person) -> Item:
    """The item of a whole file: a series stands at its first time."""
    if file.main.name != "VEVENT":
        raise UnreadableError("There is no event in it.")
    main = file.main
    start, end = file.start, file.end_of(main)
    base = Item(
        place.connector, place.ref, place.version, "event", plain(main, "SUMMARY") or "(no title)", place.name,
        file.zones.local(start), file.zones.local(end), start.is_date, place.size,
    )  # fmt: skip
    return _described(base, file, main, me)


def occurrence_item(item: Item, file: CalendarFile, each: Occurrence, me: Person) -> Item:
    """The item of one occurrence; its ref names the time that the rule gives it."""
    end = file.zones.later(each.start, each.length)
    base = replace(
        item, ref=f"{split_ref(item.ref)[0]}#{iso(file, each.rid)}",
        title=plain(each.block, "SUMMARY") or item.title, when=file.zones.local(each.start),
        end=file.zones.local(end), all_day=each.start.is_date,
    )  # fmt: skip
    return _described(base, file, each.block, me)


def located(item: Item, place: Place) -> Item:
    """The item as it was read, at the place where it was read: no content can make it another one."""
    name = split_ref(item.ref)[1]
    ref = f"{place.ref}#{name}" if name else place.ref
    return replace(item, connector=place.connector, ref=ref, version=place.version, place=place.name, size=place.size)


def _described(item: Item, file: CalendarFile, block: Block, me: Person) -> Item:
    found = tags(block, me)
    if file.recurring:
        found.add("recurring")
    if _BIRTHDAY.search(item.title) or _BIRTHDAY.search(block.value("CATEGORIES")):
        found.add("birthday")
    words = [unescape(block.value(name)).strip() for name in ("DESCRIPTION", "LOCATION")]
    own = organized_by(block, me)
    return replace(
        item, people=people(block), tags=frozenset(found), text="\n".join(filter(None, words))[:_MAX_TEXT],
        source=Source.OWN if own else Source.OUTSIDE, extra=_extra(file, block),
    )  # fmt: skip


def _extra(file: CalendarFile, block: Block) -> dict[str, str]:
    start = file.start_of(block)
    rule = file.main.line("RRULE")
    extra = {"uid": block.value("UID"), "location": plain(block, "LOCATION"), "rrule": rule.value if rule else "",
             "status": block.value("STATUS").lower(), "tzid": start.tzid}  # fmt: skip
    if not file.zones.understood(start.tzid):
        extra["unknown_zone"] = start.tzid
    return {key: value for key, value in extra.items() if value}


def split_ref(ref: str) -> tuple[str, str]:
    """Take the name of an occurrence off a ref: ("personal/a.ics", "2026-11-05"), or the ref and ""."""
    base, mark, name = ref.rpartition(".ics#")
    if mark and re.match(r"\d{4}-\d\d-\d\d(T[\d:+.-]+)?\Z", name):
        return f"{base}.ics", name
    return ref, ""
