"""Lists that narrow while somebody types, and the search over everything. Runs in the engine's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearhand.agent.tui.looks import items
from nearhand.agent.tui.looks.values import Listing, Page, Row, heading, listed
from nearhand.connectors.base import Item

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

PAGE = 200
"""How many rows are fetched at a time."""
_AREAS = {"mail": "Mail", "files": "Files", "calendar": "Calendar", "tasks": "Tasks", "contacts": "People"}


def area(engine: Engine, name: str, text: str, most: int, place: str = "") -> Listing:
    """The rows of one area."""
    found = engine.home.index.narrow(name, text, most, place=place)
    rows = items.rows(found, engine.home.clock.now)
    total = engine.home.index.counted(name, place) if not text else len(found)
    if not found:
        return listed(
            (), f"Nothing in {_AREAS[name]} begins with that." if text else f"There is nothing in {_AREAS[name]}."
        )
    return listed(rows, total=total)


def everything(engine: Engine, text: str, each: int = 8) -> Listing:
    """The first finds of every area, under their headings."""
    rows: list[Row] = []
    for name, title in _AREAS.items():
        found = engine.home.index.narrow(name, text, each + 1) if name in engine.home.connectors and text else []
        if found:
            rows += [heading(title), *items.rows(found[:each], engine.home.clock.now)]
    return listed(rows, "" if rows or not text else "Nothing begins with that. Word for word: ask in a sentence.")


def page(engine: Engine, item: Item) -> Page:
    """An item to read, as it is now; as it was, if it is gone."""
    return items.page(engine.home.load(item.connector, item.ref) or item, engine.home.zone)


def thread(engine: Engine, item: Item) -> Listing:
    """The mails of one conversation, the oldest first."""
    from nearhand.connectors.mail.threads import bare_subject

    name, subject = item.extra.get("thread", ""), bare_subject(item.title)
    near = engine.home.index.narrow("mail", subject, 200)
    same = [each for each in near if each.ref == item.ref or (name and each.extra.get("thread") == name)]
    ordered = sorted(same or [item], key=lambda each: each.when.timestamp() if each.when else 0.0)
    return listed(items.rows(ordered, engine.home.clock.now))


def places(engine: Engine, name: str) -> tuple[str, ...]:
    """The mailboxes, calendars or lists of an area, empty ones too."""
    return tuple(engine.home.places.names(name))


def suggestions(engine: Engine, action: str, slot: str) -> tuple[str, ...]:
    """What an argument could be, to choose from."""
    from nearhand.connectors.catalogue import SLOTS

    area_of = action.partition(".")[0]
    if SLOTS[slot].values:
        return SLOTS[slot].values
    if slot in ("who", "from", "cc", "bcc", "invite") or (slot == "to" and action in _TO_PEOPLE):
        return tuple(dict.fromkeys(who.name or who.address for who in engine.home.index.people() if who.address))[:500]
    if slot in ("to", "in") and area_of == "files":
        return tuple(path.rpartition("/")[2] for path in engine.home.index.folders()[:2000])
    return places(engine, area_of) if slot in ("to", "in") else ()


_TO_PEOPLE = ("mail.send", "mail.draft", "mail.forward")
