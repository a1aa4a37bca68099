"""Dates and times inside running text: patterns point at the words, the time grammar reads them.

The clock is that of the writing ("on Friday" in a mail of last month is a Friday of last month). Deliberately not here:
spoken shapes that only requests have ("a week on Friday").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from nearhand.agent.resolve.when.spans import Clock, Prefer, Readings, span, spans
from nearhand.agent.texts.extract_text import Page
from nearhand.agent.texts.extract_types import Birthday, Candidate
from nearhand.connectors.base import Span

MAX_FOUND = 200
"""Candidates of one kind in one text; what comes after is left out."""

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?"
)
_WEEKDAY = (
    r"(?:(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b|(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\b\.?)"
)
_DAY = r"(?:the\ )?\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\ ?(?:of\ )?(?:19|20)\d\d\b)"
_DATE = re.compile(
    rf"""(?<![\w./-])(?:
        (?P<iso>(?:19|20)\d\d-\d\d-\d\d)
      | (?P<figures>\d{{1,2}}(?P<sep>[./-])\ ?\d{{1,2}}(?P=sep)\ ?(?:(?:19|20)\d\d|\d\d))(?![\w/])
      | (?:{_WEEKDAY},?\ )?(?:the\ )?(?P<short>\d{{1,2}}[/.]\d{{1,2}}\.?)(?![\w/.%€$])
      | (?P<named>(?:{_WEEKDAY},?\ (?:on\ )?)?(?:{_DAY}\.?(?:\ of)?\ {_MONTH}{_YEAR}?
                 | {_MONTH}\ {_DAY}(?!\d|[:.]\d){_YEAR}?))
      | (?P<month>{_MONTH}\ (?:19|20)\d\d)
      | (?P<weekday>(?:(?:next|this|last|coming)\ )?{_WEEKDAY}(?:\ (?:next\ week|week))?)
      | (?P<relative>the\ day\ after\ tomorrow|today|tomorrow|yesterday|tonight|next\ week|next\ month)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_HOURS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_CLOCK = (
    r"(?:\d{1,2}:\d\d(?![\d.,]\d|\d)(?::\d\d)?(?:\ ?[ap]\.?m\b\.?)?"
    r"|\d{1,2}\.\d\d(?=\ ?(?:[ap]\.?m|h|Uhr)\b)(?:\ ?[ap]\.?m\b\.?)?"
    r"|(?:(?<=\bat\ )|(?<=\bfrom\ )|(?<=\buntil\ ))[012]?\d\.[0-5]\d(?![\d.,]\d|\d|\ ?[€%])"
    r"|\d{1,2}\ ?(?:[ap]\.m\.|[ap]m\b|o['\u2019]?clock\b|h\b|Uhr\b)"
    rf"|noon\b|midday\b|midnight\b|(?:(?:half|quarter)\ (?:past|to)\ )(?:{_HOURS}|\d{{1,2}})\b)"
)
_BARE = rf"(?:(?<=\bat\ )|(?<=\bfrom\ )|(?<=\buntil\ )|(?<=\bby\ ))(?:{_HOURS}|\d{{1,2}})\b(?![:.,]\d|\ ?(?:%|€|EUR))"
_TIME = re.compile(
    rf"(?<![\w.,:/€$£-])(?P<first>{_CLOCK}|\d{{1,2}}(?=\ ?[-\u2013]\ ?{_CLOCK})|{_BARE})"
    rf"(?:\ ?(?:[-\u2013]|to|until|till)\ ?(?P<last>{_CLOCK}|(?:{_HOURS})\b))?"
    r"(?:\ ?(?P<uhr>Uhr)|\ (?P<zone>CES?T|UTC|GMT|BST|[ECMP][SD]T)\b)?",
    re.VERBOSE | re.IGNORECASE,
)
_CLOSE = 60
"""Characters that may lie between a day and its time."""
_PERIOD = re.compile(r"\b(?:phone|call|valid|page|open(?:ing)?|version|chapter|section)\W{0,3}$", re.IGNORECASE)
_AGREED = re.compile(
    r"\b(?:on|appointment|due|until|by|starts?|date|when|deadline|expires?|ends?)\b[^\n]{0,20}$", re.IGNORECASE
)
_BORN = re.compile(r"\b(?:born|birthday|birth|dob|bday|turn(?:s|ed)?\b[^\n]{0,10})\b[^\n.]{0,25}$", re.IGNORECASE)
_ITS_BIRTHDAY = re.compile(r"^,? (?:is|was|will be) [^\n.]{0,25}birthday", re.IGNORECASE)
_PLAIN_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def dates(page: Page, clock: Clock) -> Iterator[Candidate]:
    """Yield every day, or month with its year, that the text names."""
    for match in _matches(_DATE, page):
        readings = _read_date(match, page, clock)
        if readings:
            others = tuple(r.span for r in readings[1:])
            exact = match.lastgroup in ("iso", "figures", "named")
            cue = 0.3 * exact + 0.3 * bool(_before(_AGREED, page, match.start()))
            yield Candidate(readings[0].span, match.start(), match.end(), cue, others)


def _matches(pattern: re.Pattern[str], page: Page) -> list[re.Match[str]]:
    return [match for _, match in zip(range(MAX_FOUND), pattern.finditer(page.text), strict=False)]


def _before(pattern: re.Pattern[str], page: Page, at: int) -> re.Match[str] | None:
    return pattern.search(page.text[max(0, at - 40) : at])


def _read_date(match: re.Match[str], page: Page, clock: Clock) -> Readings:
    words = match[0]
    if match["short"] and not _before(_ON, page, match.start()):
        return ()  # "3/4" and "2.5" are dates only where the words say so
    if words.rstrip(".") in ("sun", "wed", "sat", "mon"):
        return ()  # words of their own, or of another language
    prefer: Prefer = "future" if match["weekday"] or match["relative"] else "near"
    return span(re.sub(r"(?<=[a-z])\.", "", _spaced(words)).removeprefix("on "), clock, prefer)


_ON = re.compile(r"\b(?:on|by|until|due|before|from|date:?|day,?) (?:the )?$", re.IGNORECASE)


def _spaced(words: str) -> str:
    return re.sub(r"(?<=\d[./-]) (?=\d)", "", " ".join(words.split()))


def times(page: Page, clock: Clock) -> Iterator[Candidate]:
    """Yield every clock time, or stretch between two, on the day that stands next to it."""
    days = [c for c in dates(page, clock)]
    for match in _matches(_TIME, page):
        if _before(_PERIOD, page, match.start()):
            continue
        day = _day_of(match, days, page)
        found = _placed(match, day, clock)
        if found:
            cue = 0.2 + 0.2 * (day is not None)
            at, end = match.start(), match.end()
            yield Candidate(found[0], at, end, cue, found[1:])


def _day_of(match: re.Match[str], days: list[Candidate], page: Page) -> Candidate | None:
    near = [(gap, day) for day in days if (gap := max(match.start() - day.end, day.at - match.end())) >= 0]
    close = [(gap, day) for gap, day in near if gap <= _CLOSE and _grain(day) == "day" and _linked(match, day, page)]
    return min(close, key=lambda pair: pair[0], default=(0, None))[1]


def _grain(day: Candidate) -> str:
    return day.value.grain if isinstance(day.value, Span) else ""


def _linked(match: re.Match[str], day: Candidate, page: Page) -> bool:
    """Whether a time may belong to a day: the same sentence, or the next line ("Date: ... / Time: ...")."""
    first, last = sorted((match.start(), day.at))
    return page.sentence(first) == page.sentence(last) or page.text.count("\n", first, last) == 1


def _placed(match: re.Match[str], day: Candidate | None, clock: Clock) -> tuple[Span, ...]:
    first, last = _clock_words(match["first"]), _clock_words(match["last"] or "")
    words = f"{first} to {last}" if last else first
    words += f" {match['zone']}" if match["zone"] else ""
    if day is None:
        return tuple(r.span for r in span(words, clock, "future"))
    assert isinstance(day.value, Span) and day.value.start is not None
    return tuple(r.span for r in spans([f"{day.value.start:%Y-%m-%d}", words], clock, "near"))


def _clock_words(words: str) -> str:
    return re.sub(r"(?<=\d) ?(?:h|Uhr)$", ":00", re.sub(r"^(\d{1,2})\.(?=\d\d)", r"\1:", words), flags=re.IGNORECASE)


def moments(page: Page, clock: Clock) -> Iterator[Candidate]:
    """Yield what an event may be at: times on a known day first, then days."""
    days = list(dates(page, clock))
    for found in times(page, clock):
        if found.cue > 0.3:
            yield replace(found, cue=found.cue + 0.4)
    yield from days


def birthdays(page: Page, clock: Clock) -> Iterator[Candidate]:
    """Yield every day of birth or birthday."""
    for day in dates(page, clock):
        born = _before(_BORN, page, day.at) or _ITS_BIRTHDAY.search(page.text[day.end : day.end + 50])
        if born and isinstance(day.value, Span) and day.value.start is not None and day.value.grain == "day":
            year = _PLAIN_YEAR.search(page.text[day.at : day.end])
            start = day.value.start
            past = year is not None and start < clock.now - timedelta(days=366)
            yield replace(day, value=Birthday(start.month, start.day, start.year if past else None), others=())
