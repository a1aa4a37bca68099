"""Times that hang on an event of the person's own calendar: "since the audit", "the evening before the trip".

The event is looked for by its name: the next one, or the last one where the past is meant. None found, none guessed.
Deliberately not here: times that need no calendar (`when/`).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nearhand.agent.search.query import Query
from nearhand.agent.texts.folding import stem, telling, words
from nearhand.connectors.base import Item, Span

if TYPE_CHECKING:
    from nearhand.agent.home import Home

_SAID = re.compile(
    r"(?:(?:the )?(?P<part>day|morning|afternoon|evening|night|week) )?"
    r"(?P<word>before|after|since|until|till|by|during|over|throughout) "
    r"(?:the |my |our |his |her |their )?(?P<name>\S.*)",
    re.I,
)
_PARTS = {"day": (0, 24), "morning": (6, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 24)}


def anchored(said: str, home: Home, past: bool = False) -> Span | None:
    """The time that words mean by an event they name; None if they name none."""
    match = _SAID.fullmatch(said.strip())
    if match is None or not home.has("calendar"):
        return None
    word, part = match["word"].lower(), (match["part"] or "").lower()
    event = _event(match["name"], home, past or word == "since")
    if event is None or event.when is None or (part and word not in ("before", "after")):
        return None
    start, end = (moment.astimezone(home.zone) for moment in (event.when, event.end or event.when))
    return _beside(start, part, word) if part else _bounded(start, end, word, home.clock.now, past)


def _event(name: str, home: Home, past: bool) -> Item | None:
    wanted = {*map(stem, telling(name))}
    found = home.find(Query(area="calendar", words=(name,), which="last" if past else "next"))
    return found[0] if len(found) == 1 and wanted <= {*map(stem, words(found[0].title))} else None


def _bounded(start: datetime, end: datetime, word: str, now: datetime, past: bool) -> Span:
    match word:
        case "before":
            return Span(None if past else now, start, "minute")
        case "after":
            return Span(end, now if past else None, "minute")
        case "since":
            return Span(end, now, "minute")
        case "until" | "till" | "by":
            return Span(None if past else now, start, "minute")
    return Span(start, end, "minute")


def _beside(start: datetime, part: str, word: str) -> Span:
    """The day or week before or after, or a part of that day."""
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if part == "week":
        monday = day + timedelta(days=(7 if word == "after" else -7) - day.weekday())
        return Span(monday, monday + timedelta(days=7), "week")
    day += timedelta(days=1 if word == "after" else -1)
    first, last = _PARTS[part]
    midnight = day + timedelta(days=1)
    return Span(day.replace(hour=first), midnight if last == 24 else day.replace(hour=last),
                "day" if part == "day" else "part")  # fmt: skip
