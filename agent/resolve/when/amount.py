"""Amounts to move by, with their direction: "half an hour earlier", "back a day", "by 90 minutes".

Direction follows the dictionaries: to push or put *back* is later, to bring *forward* or move *up* is earlier.
"""

from __future__ import annotations

import re

from nearhand.agent.resolve.when.lengths import Length, lengths
from nearhand.agent.resolve.when.words import Phrases, Text, tokens
from nearhand.connectors.base import Shift

_LATER = ("later", "after", "back", "out", "down", "further", "further back", "plus", "afterwards", "on", "longer")
_EARLIER = ("earlier", "sooner", "before", "forward", "forwards", "up", "ahead", "minus", "prior")
_VERBS = ("push", "put", "bring", "move", "shift", "pull", "set", "delay", "postpone")
_PHRASES: dict[str, int] = {word: 1 for word in _LATER} | {word: -1 for word in _EARLIER}
_PHRASES |= {
    "push forward": 1, "pushed forward": 1, "push ahead": 1, "skip forward": 1, "push": 1, "delay": 1,
    "postpone": 1, "delayed": 1, "postponed": 1, "bring back": 1, "pull": -1, "pull in": -1, "later than that": 1,
}  # fmt: skip
_PHRASES |= {f"{verb} {way}": sign for verb in _VERBS for way, sign in (("back", 1), ("out", 1), ("up", -1))}
_PHRASES |= {f"{verb} {way}": -1 for verb in _VERBS[2:6] for way in ("forward", "forwards")}
_DIRECTIONS = Phrases(_PHRASES)
_IDLE = ("by", "about", "around", "for", "roughly", "just", "to", "be", "start")


_OBJECTS = frozenset(("it", "them", "this", "that"))
_ONWARD = re.compile(r"\b(push|skip|jump)", re.IGNORECASE)


def amount(text: str, request: str = "") -> Shift | None:
    """How far to shift; later unless a word says otherwise. None if the words are no amount.

    `request` may give the whole sentence: its verb turns "forward" into later ("push it forward two weeks").
    """
    found = directed(Text(tuple(t for t in tokens(text) if t.text not in _OBJECTS)))
    if found is None:
        return None
    length, sign = found
    if "forward" in text.lower() and _ONWARD.search(request):
        sign = 1
    sign = sign or 1
    return Shift(sign * length.shift.months, sign * length.shift.days, sign * length.shift.time)


def directed(text: Text) -> tuple[Length, int] | None:
    """A length and its sign (0 where no direction was said), if that is all the text holds."""
    length: Length | None = None
    sign = i = 0
    while i < text.length:
        found = None if length else next(lengths(text, i), None)
        way = None if sign else next(_DIRECTIONS.match(text, i), None)
        if found is not None:
            length, i = found
        elif way is not None:
            sign, i = way
        elif text.word(i) in _IDLE:
            i += 1
        else:
            return None
    return (length, sign) if length is not None and not length.approximate else None
