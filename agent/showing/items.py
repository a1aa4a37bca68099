"""Items as rows of a list: what a person needs to tell one from another, per kind. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from nearhand.agent.showing import show
from nearhand.connectors.base import Item


def rows(items: Sequence[Item], columns: int = 100, most: int = show.MOST) -> list[str]:
    """A readable list; things of one kind stand together in aligned columns, in the order in which they were found."""
    shown = items[:most]
    lines: list[str] = []
    for _, group in groupby(shown, key=_sort):
        lines += show.table([_row(item) for item in group], columns)
    if len(items) > len(shown):
        lines.append(f"  ... and {len(items) - len(shown)} more (all of them with --json)")
    return lines


def _sort(item: Item) -> str:
    return "file" if item.kind == "folder" else item.kind


def _row(item: Item) -> tuple[str, ...]:
    match item.kind:
        case "file" | "folder":
            return _path(item), "folder" if item.kind == "folder" else show.size(item.size), show.moment(item.when)
        case "mail":
            return "●" if "unread" in item.tags else " ", _sender(item), item.title, show.moment(item.when), _odd(item)
        case "event":
            when = show.span(item.when, item.end, None, item.all_day)
            return when, item.title, item.extra.get("location", ""), _others(item) or _odd(item)
        case "task":
            return _box(item), item.title, _due(item), item.place
        case "contact":
            return item.title, _address(item), item.extra.get("phones", "").replace("\n", ", ")
        case "list":
            return item.title, f"{item.extra.get('count', '0')} open" if "count" in item.extra else ""
    return item.title, item.place, show.moment(item.when, None, item.all_day)


def _path(item: Item) -> str:
    name = f"{item.place}/{item.title}" if item.place else item.title
    return f"{name}/" if item.kind == "folder" else name


def _sender(item: Item) -> str:
    role = "to" if item.place in ("Sent", "Drafts", "Outbox") else "from"
    names = [person.name or person.address for held, person in item.people if held == role]
    return f"to {', '.join(names)}" if role == "to" else ", ".join(names)


def _others(item: Item) -> str:
    role, word = ("organizer", "from") if "pending" in item.tags else ("attendee", "with")
    names = [person.name or person.address for held, person in item.people if held == role]
    return f"{word} {', '.join(names)}" if names else ""


def _address(item: Item) -> str:
    return ", ".join(person.address for role, person in item.people if role == "self" and person.address)


def _box(item: Item) -> str:
    return "[x]" if "done" in item.tags else "[ ]"


def _due(item: Item) -> str:
    return f"due {show.moment(item.when, None, item.all_day)}" if item.when else ""


def _odd(item: Item) -> str:
    return "cannot be read" if "unreadable" in item.extra else ""
