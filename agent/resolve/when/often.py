"""What to ask about a recurrence that was not understood; it reads into the words only what they leave open."""

from __future__ import annotations

import re

_COUNTED = re.compile(
    r"\b(?:twice|(?:two|three|four|five|six|several|a few|\d+|a couple of) times) (?:(?:a|an|per|each|every) )?"
    r"(?P<unit>day|daily|week|weekly|month|monthly|year|yearly)\b|\b(?P<parts>morning and (?:evening|night))\b",
    re.IGNORECASE,
)
_ASKED = {
    "d": ("At what times", "daily at 8 and 20"), "w": ("On which days", "every Monday and Thursday"),
    "m": ("On which days", "the 1st and the 15th of every month"), "y": ("On which date", "every year on 1 April"),
}  # fmt: skip


def question(said: str) -> str:
    """The sentence that asks for what is missing: the times of "twice a day", the days of "three times a week"."""
    counted = _COUNTED.search(said)
    if counted is None:
        return f"How often is “{said}”? I do not understand that."
    what, example = _ASKED["d" if counted["parts"] else counted["unit"][0].lower()]
    return f"{what} is “{said}”? Say it like “{example}”."
