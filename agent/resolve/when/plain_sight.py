"""Times that stand in a text in plain sight: a weekday, a date, an hour with "at" or as on a clock.

Only what can hardly be anything else: "sun", "may" and "second" alone are none.
"""

from __future__ import annotations

import re

from nearhand.agent.resolve.when.words import MONTHS, WEEKDAYS

_DAY = rf"(?:{'|'.join(word for word in WEEKDAYS if word.endswith('day'))})"
_MONTH = rf"(?:{'|'.join(MONTHS)})"
_NUMBER = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|1[0-2]|[1-9])"
_FACE = rf"(?:{_NUMBER}|half (?:past )?{_NUMBER}|(?:a )?quarter (?:to|past) {_NUMBER}|noon|midnight)"
_CLOCK = r"(?:\d{1,2}[:.]\d\d|\d{1,2}(?:[:.]\d\d)? ?[ap]m|\d{1,2}h\d\d)"
_PART = r"(?: (?:morning|afternoon|evening|night))?"
_NTH = r"\d{1,2}(?:st|nd|rd|th)"
_DATE = rf"(?:the )?(?:{_NTH}|\d{{1,2}})(?: of)? {_MONTH}|{_MONTH} (?:{_NTH}|\d{{1,2}})|the {_NTH}"
_HOUR = re.compile(rf"\b(?:at (?:{_CLOCK}|{_FACE}(?: ?[ap]m| o['’]?clock)?)|{_CLOCK})(?![\w-]|['’]\w|[:.]\d)", re.I)
_DAYS = re.compile(rf"\b(?:{_DATE}|(?:(?:next|this) )?{_DAY}{_PART}|tomorrow{_PART}|tonight)(?![\w-]|['’]s)", re.I)
_ONLY_HOUR = re.compile(rf"(?:at )?(?:the )?(?:{_CLOCK}|{_FACE}(?: ?[ap]m| o['’]?clock)?)", re.I)
_ANY_HOUR = re.compile(rf"\b(?:{_CLOCK}|{_FACE})\b|\d", re.I)


def hours_in(text: str) -> list[re.Match[str]]:
    """Hours of the clock, in order: "at eight", "17:30", "3pm"."""
    return list(_HOUR.finditer(text))


def times_in(text: str) -> list[re.Match[str]]:
    """Days and hours, in order."""
    return sorted([*_DAYS.finditer(text), *_HOUR.finditer(text)], key=lambda found: found.start())


def only_hour(said: str) -> bool:
    """Whether a time is an hour of the clock and nothing besides, so that its day is open."""
    return bool(_ONLY_HOUR.fullmatch(said.strip()))


def has_hour(said: str) -> bool:
    """Whether a time may name an hour, or anything in figures."""
    return bool(_ANY_HOUR.search(said))
