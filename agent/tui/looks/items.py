"""Items as rows of a list, and as a page to read. Runs in the engine's thread; everything that leaves is plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from nearhand.agent.showing import show
from nearhand.agent.tui.looks.values import Cell, Page, Row, cell, lines, row
from nearhand.connectors.base import Item, Source
from nearhand.connectors.vdir.rule_words import in_words

_OWN = ("Sent", "Drafts", "Outbox")


def key(item: Item) -> str:
    """What names an item in a list."""
    return f"{item.connector} {item.ref}"


def rows(items: Sequence[Item], now: datetime) -> list[Row]:
    """Items as rows, each kind in its columns."""
    return [of_item(item, now) for item in items]


def of_item(item: Item, now: datetime) -> Row:
    """One item as a row: mark, name, more, time."""
    match item.kind:
        case "mail":
            return _mail(item, now)
        case "event":
            return _event(item, now)
        case "task":
            return _task(item, now)
        case "contact":
            named = ", ".join(person.address for role, person in item.people if role == "self" and person.address)
            return row(key(item), cell(" "), cell(item.title), cell(named, "faint"), cell(""), item=item)
    more = "folder" if item.kind == "folder" else show.size(item.size)
    name = f"{item.title}/" if item.kind == "folder" else item.title
    cells = (cell(item.place, "faint"), cell(short(item.when, now), "faint"), cell(more, "faint"))
    return row(key(item), cell(" "), cell(name), *cells, item=item)


def _mail(item: Item, now: datetime) -> Row:
    unread = "unread" in item.tags
    mark = cell("●", "accent") if unread else cell("★", "warn") if "flagged" in item.tags else cell(" ")
    who = ", ".join(person.name or person.address for role, person in item.people if role == _role(item))
    who = f"to {who}" if item.place in _OWN else who
    title = item.title or "(no subject)"
    broken = " (cannot be read)" if "unreadable" in item.extra else ""
    tone = "strong" if unread else ""
    return row(key(item), mark, cell(title + broken, tone), cell(who or "nobody", tone or "faint"),
               cell(short(item.when, now), "faint"), item=item)  # fmt: skip


def _role(item: Item) -> str:
    return "to" if item.place in _OWN else "from"


def _event(item: Item, now: datetime) -> Row:
    at = "all day" if item.all_day else f"{item.when:%H:%M}" if item.when else ""
    names = [person.name or person.address for role, person in item.people if role == "attendee"]
    more = "  ".join(filter(None, (item.extra.get("location", ""), ", ".join(names))))
    over = item.end is not None and item.end <= now
    return row(key(item), cell("◆", "faint" if over else "accent"), cell(item.title, "faint" if over else ""),
               cell(more, "faint"), cell(at, "strong" if not over else "faint"), item=item)  # fmt: skip


def _task(item: Item, now: datetime) -> Row:
    done = "done" in item.tags
    late = not done and item.when is not None and item.when < now
    due = f"due {short(item.when, now)}" if item.when else ""
    tone = "faint" if done else ""
    box, place = cell("☑" if done else "☐", tone), cell(item.place, "faint")
    return row(key(item), box, cell(item.title, tone), place, cell(due, "bad" if late else "faint"), item=item)


def short(when: datetime | None, now: datetime) -> str:
    """A time as briefly as it can be told today."""
    if when is None:
        return ""
    there = when.astimezone(now.tzinfo)
    if there.date() == now.date():
        return f"{there:%H:%M}"
    if abs((now.date() - there.date()).days) < 7:
        return f"{there:%a %H:%M}"
    return f"{there.day} {there:%b}" if there.year == now.year else f"{there.day} {there:%b %Y}"


def page(item: Item, zone: ZoneInfo) -> Page:
    """An item to read: what it is, then what it says. Nothing remote is loaded, no link is live."""
    head = list(_head(item, zone))
    body = lines(item.text.strip("\n")) if item.text.strip() and item.kind not in ("event", "task", "contact") else []
    told = [cell("Written by others:", "faint")] if item.source is Source.OUTSIDE and body else []
    unreadable = [cell(item.extra["unreadable"], "warn")] if "unreadable" in item.extra else []
    notes = _notes(item)
    every = [*head, *unreadable, *([Cell("")] if body or notes else []), *told, *body, *notes]
    return Page(cell(item.title or "(no title)").text, tuple(every), copy=show.block(item.text[:100_000]))


def _notes(item: Item) -> list[Cell]:
    """What stands in an event or a task beside its title and its place, which are told already."""
    said = item.text.strip().removesuffix(item.extra.get("location", "")).strip()
    return lines(said) if item.kind in ("event", "task") and said and said != item.title else []


def _head(item: Item, zone: ZoneInfo) -> Iterator[Cell]:
    match item.kind:
        case "mail":
            for role in ("from", "to", "cc"):
                people = ", ".join(str(person) for held, person in item.people if held == role)
                yield from _fact(role.capitalize(), people)
            yield from _fact("Date", when_of(item, zone))
            yield from _fact("In", item.place)
            yield from _fact("Attached", item.extra.get("attachments", "").replace("\n", ", "))
        case "event":
            yield from _fact("When", when_of(item, zone))
            yield from _fact("Where", item.extra.get("location", ""))
            people = ", ".join(str(person) for role, person in item.people if role in ("attendee", "organizer"))
            yield from _fact("With", people)
            yield from _fact("Repeats", in_words(item.extra.get("rrule", "")))
            yield from _fact("Calendar", item.place)
        case "task":
            yield from _fact("Due", when_of(item, zone))
            yield from _fact("List", item.place)
            yield from _fact("Stands", "done" if "done" in item.tags else "open")
        case "contact":
            for role, person in item.people:
                yield from _fact(role.capitalize(), str(person))
            for name in ("phones", "emails", "address", "birthday", "org"):
                yield from _fact(name.capitalize(), item.extra.get(name, "").replace("\n", ", "))
        case _:
            yield from _fact("Where", item.ref if item.connector == "files" else item.place)
            yield from _fact("Size", show.size(item.size) if item.kind == "file" else "")
            yield from _fact("Changed", when_of(item, zone))


def _fact(name: str, value: str) -> Iterator[Cell]:
    if value:
        yield cell(f"{name}: {value}", "faint")


def when_of(item: Item, zone: ZoneInfo) -> str:
    """A time with its weekday and zone."""
    told = show.span(item.when, item.end, zone, item.all_day)
    return f"{told} ({zone.key})" if told and not item.all_day else told
