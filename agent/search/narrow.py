"""A list that narrows while somebody types: words begun are enough, the latest stand first, a page is taken at once.

Deliberately not here: understanding a request (`select.py`); what is typed here is letters, not a sentence.
"""

from __future__ import annotations

import sqlite3

from nearhand.agent.texts import folding

_MOST = 5000
"""How many matches are put in order of time; of more only the last that were indexed."""
_UNDATED = "contacts"


def ids(base: sqlite3.Connection, area: str, text: str, limit: int, start: int = 0, place: str = "") -> list[int]:
    """The items of one page."""
    sql, values = _where(area, text, place)
    order = "title, id" if area == _UNDATED else "at DESC, id DESC"
    found = base.execute(f"SELECT id FROM item WHERE {sql} ORDER BY {order} LIMIT ? OFFSET ?", (*values, limit, start))
    return [row[0] for row in found]


def count(base: sqlite3.Connection, area: str, place: str = "") -> int:
    """How many items there are."""
    sql, values = _where(area, "", place)
    return int(base.execute(f"SELECT count(*) FROM item WHERE {sql}", values).fetchone()[0])


def _where(area: str, text: str, place: str) -> tuple[str, tuple[object, ...]]:
    begun = folding.words(text)
    column = "+area" if begun else "area"  # with words the full-text index leads
    parts, values = [f"{column} = ?", "kind <> 'list'"], [area]
    if begun:
        wanted = " ".join(f'"{word}"*' for word in begun)
        parts.append(f"id IN (SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT {_MOST})")
        values.append(wanted)
    if place:
        parts.append("place = (SELECT id FROM place WHERE area = ? AND name = ?)")
        values += [area, place]
    return " AND ".join(parts), tuple(values)
