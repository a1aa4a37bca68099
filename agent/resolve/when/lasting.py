"""How long something takes, seen from what is known of it: "another half hour", "all morning" from nine on.

A plain length is read in `lengths.py`. "All morning" without an hour to begin at is a part of a day and no length.
"""

from __future__ import annotations

import re
from datetime import timedelta

from nearhand.agent.resolve.when.civil import local
from nearhand.agent.resolve.when.lengths import duration
from nearhand.connectors.base import Span

_MORE = re.compile(r"^(?:another|(?:an?|the)? ?(?:extra|additional|further)) |\b(?:longer|more|extra|on top)$", re.I)
_LESS = re.compile(r"\b(?:shorter|less)$", re.I)
_PART = re.compile(r"^(?:all|the (?:whole|entire|rest of the)|the full) ?(?P<part>morning|afternoon|evening)$", re.I)
_PARTS = {"morning": (5, 12), "afternoon": (12, 18), "evening": (17, 24)}


def lasting(text: str, known: Span | None) -> timedelta | None:
    """The length that the words give; `known` is the time of the thing, as far as it is known."""
    said = text.strip(" .,!")
    part = _PART.match(said)
    if part:
        return _until_end(part["part"].lower(), known)
    sign = 1 if _MORE.search(said) else -1 if _LESS.search(said) else 0
    if not sign:
        return duration(said)
    amount = duration(_LESS.sub("", _MORE.sub("", said)).strip()) or duration(f"an {_MORE.sub('', said).strip()}")
    old = known.end - known.start if known is not None and known.start and known.end else timedelta()
    if amount is None or (sign < 0 and old <= amount):
        return None
    return old + sign * amount


def _until_end(part: str, known: Span | None) -> timedelta | None:
    first, last = _PARTS[part]
    if known is None or known.start is None or known.grain != "minute" or known.start.tzinfo is None:
        return None
    start = known.start
    if not first <= start.hour < last:
        return None
    assert start.tzinfo is not None
    return local(start.date(), last * 60, start.tzinfo) - start
