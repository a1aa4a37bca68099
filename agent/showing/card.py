"""An item as one line of JSON and back, equal in every field but its text, which the index keeps beside it.

The zone of a time is kept by name, so that "10 o'clock in Berlin" stays that. What goes into the journal is not written
here (`encoding.py`).
"""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from nearhand.connectors.base import Item, Person, Source


def written(item: Item) -> str:
    """Write an item without its text."""
    return json.dumps(
        [
            item.connector, item.ref, item.version, item.kind, item.title, item.place, _time(item.when),
            _time(item.end), item.all_day, item.size, [[role, who.name, who.address] for role, who in item.people],
            sorted(item.tags), item.source.value, dict(item.extra),
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )  # fmt: skip


def read(line: str, text: str) -> Item:
    """Read back what `written` wrote."""
    known = json.loads(line)
    connector, ref, version, kind, title, place, when, end, all_day, size, people, tags, source, extra = known
    return Item(
        connector, ref, version, kind, title, place, _moment(when), _moment(end), all_day, size,
        tuple((role, Person(name, address)) for role, name, address in people), frozenset(tags), text,
        Source(source), extra,
    )  # fmt: skip


def _time(moment: datetime | None) -> str | list[str]:
    if moment is None:
        return ""
    zone = getattr(moment.tzinfo, "key", None)
    return [moment.isoformat(), zone] if isinstance(zone, str) else moment.isoformat()


def _moment(written_time: str | list[str]) -> datetime | None:
    if not written_time:
        return None
    if isinstance(written_time, str):
        return datetime.fromisoformat(written_time)
    moment, zone = written_time
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
