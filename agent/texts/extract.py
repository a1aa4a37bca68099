"""Takes typed values out of a text that others wrote (a mail, a letter), by code: no model ever reads it.

Each value comes with the sentence it stands in, and is marked as coming from outside: it never becomes a recipient, a
path or an account by itself. The text is cut at 200,000 characters and every pattern is linear. Deliberately not here:
which text to look in, and what is done with a value.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from math import log

from nearhand.agent.resolve.when.spans import Clock
from nearhand.agent.texts import extract_place, extract_plain, extract_when
from nearhand.agent.texts.extract_text import MAX_QUOTE, Page, root, roots
from nearhand.agent.texts.extract_types import Amount, Birthday, Candidate, EventDetails, Found, Value
from nearhand.connectors.base import Span

__all__ = ["Amount", "Birthday", "EventDetails", "Found", "Value", "event_details", "extract", "passage"]

_READERS: dict[str, Callable[[Page, Clock], Iterable[Candidate]]] = {
    "date": extract_when.dates,
    "time": extract_when.times,
    "birthday": extract_when.birthdays,
    "place": lambda page, _: extract_place.places(page),
    "address": lambda page, _: extract_place.addresses(page),
    "amount": lambda page, _: extract_plain.amounts(page),
    "code": lambda page, _: extract_plain.codes(page),
    "link": lambda page, _: extract_plain.links(page),
    "phone": lambda page, _: extract_plain.phones(page),
    "email": lambda page, _: extract_plain.emails(page),
}
_MOST = 100
"""Values that are handed back for one field."""
_READ = 300
"""Candidates that are looked at; what comes after is left out."""
_REACH = 200
"""Characters within which a word of the topic says something about a value."""


def extract(text: str, field: str, clock: Clock, about: Sequence[str] = ()) -> list[Found]:
    """Every value of a field of `catalogue.FIELDS`, the likeliest first; `clock` tells when the text was written."""
    page = Page(text)
    return _ranked(page, field, _READERS[field](page, clock), about)


def _ranked(page: Page, field: str, candidates: Iterable[Candidate], about: Sequence[str]) -> list[Found]:
    wanted = [word for word in dict.fromkeys(roots(about)) if word not in _SAID_BY_ALL]
    best: dict[tuple[Value, int], Found] = {}
    for each in islice(candidates, _READ):
        found = _found(page, field, each, wanted)
        key = (found.value, found.at if field in ("date", "time") else -1)
        if key not in best or best[key].score < found.score:
            best[key] = found
    return sorted(best.values(), key=lambda f: (-f.score, f.at))[:_MOST]


_SAID_BY_ALL = frozenset(root(word) for word in str.split("the a an of my our for in on at to from is"))


def _found(page: Page, field: str, each: Candidate, wanted: Sequence[str]) -> Found:
    written = " ".join(page.text[each.at : each.end].split())[:MAX_QUOTE]
    score = each.cue + sum(_nearness(page, each, word) for word in wanted)
    return Found(field, each.value, written, page.quote(each.at, each.end), each.at, round(score, 4), each.others)


def _nearness(page: Page, each: Candidate, word: str) -> float:
    """1 in the same sentence right beside the value, falling to 0 at `_REACH`; half as much across a sentence's end."""
    first, last = page.sentence(each.at)
    best, places = 0.0, page.places(word)
    for at in places[bisect_left(places, each.at - _REACH) : bisect_right(places, each.end + _REACH)]:
        gap = max(each.at - at, at - each.end, 0)
        if gap < _REACH:
            near = (1 - gap / _REACH) * (1.0 if first <= at < last else 0.5)
            best = max(best, near * (0.9 if at > each.at else 1.0))
    return best


def passage(text: str, words: Sequence[str]) -> str | None:
    """The sentence, or two, that share most with a question; None if nothing does. At most 400 characters, one line."""
    page = Page(text)
    wanted = {word for word in roots(words) if word not in _SAID_BY_ALL and word not in _ASKING}
    held = [(set(roots([page.text[s:e]])) & wanted) for s, e in page.sentences]
    weight = {word: 1 + log((len(held) + 1) / (1 + sum(word in h for h in held))) for word in wanted}
    scores = [sum(weight[word] for word in h) for h in held]
    if not scores or max(scores) <= 0:
        return None
    # A heading or a question names the thing; what answers it comes next.
    best = max(range(len(scores)), key=lambda i: (scores[i], -_opening(page, i), -i))
    return _quoted(page, best)


_ASKING = frozenset(
    root(word) for word in str.split("what when where who which how why does do did are was were much many i it")
)


def _opening(page: Page, number: int) -> bool:
    start, end = page.sentences[number]
    return page.text[start:end].startswith("#") or page.text[end - 1] in "?:"


def _quoted(page: Page, number: int) -> str:
    start, end = page.sentences[number]
    with_next = number + 1 < len(page.sentences) and (_opening(page, number) or "." not in page.text[end - 1 : end + 1])
    parts = page.sentences[number : number + (2 if with_next and end - start < 80 else 1)]
    said = " ".join(" ".join(page.text[s:e].split()).lstrip("#>* ")[:MAX_QUOTE] for s, e in parts)
    return said or " ".join(page.text[start:end].split())[:MAX_QUOTE]


_EVENTS = (
    r"appointment|check-?up|meeting|concert|interview|viewing|rehearsal|lesson|class|course|workshop|webinar|conference"
    r"|party|wedding|funeral|christening|dinner|lunch|breakfast|brunch|drinks|reception|exam|test|trip|visit|inspection"
    r"|flight|delivery|service|surgery|operation|examination|consultation|treatment|vaccination|session|tour|match|game"
    r"|performance|show|exhibition|assembly|parents?['\u2019]? evening|open day|sports day|hearing|call|training|repair"
)
_TITLE = re.compile(
    r"(?P<lead>(?:[^\W\d_][\w'\u2019-]{0,30} ){0,3})(?P<noun>\b(?i:" + _EVENTS + r")\b)"
    r"(?P<more> (?:with|for|at) (?:the |your |our )?(?:Dr\.? |Mrs?\.? |Ms\.? "
    r"|Prof\.? )?[A-Z][\w'\u2019-]{1,30}(?: [A-Z][\w'\u2019-]{1,30}){0,2})?"
)
_SUBJECT = re.compile(r"^[ \t>]{0,4}(?:subject|re|title|event|what"
                      r"|betreff)[ \t]{0,2}:[ \t]{0,3}(?P<title>[^\n]{2,120})", re.I | re.M)  # fmt: skip
_DROPPED = frozenset(
    str.split(
        "a an the your our my his her their this that for to of in on at with and is was be has have had will "
        "would we you i it as about by from next new upcoming following confirm confirming confirmed reminder "
        "remind dear hello hi are scheduled booked arranged regarding invite invited inviting please confirms "
        "attend another re"
    )
)  # fmt: skip


def event_details(text: str, clock: Clock, about: Sequence[str] = ()) -> EventDetails:
    """The time, place and title of the event that a text announces; what it does not say is None."""
    page = Page(text)
    times = _ranked(page, "time", extract_when.moments(page, clock), about)
    ahead = [found for found in times if _ahead(found, clock)] or times
    when = ahead[0] if ahead else None
    near = _near(page, when)
    place = next(iter(sorted(_ranked(page, "place", extract_place.places(page), about), key=near)), None)
    return EventDetails(
        when.value if when is not None and isinstance(when.value, Span) else None,
        str(place.value) if place else None,
        _title(page, when),
        tuple(found for found in (when, place) if found is not None),
    )


def _ahead(found: Found, clock: Clock) -> bool:
    return isinstance(found.value, Span) and found.value.start is not None and found.value.start >= clock.now


def _near(page: Page, when: Found | None) -> Callable[[Found], float]:
    """A key that puts first what is likely and stands close to the time."""

    def key(found: Found) -> float:
        gap = abs(found.at - when.at) if when else 0
        return -found.score + min(gap, 2_000) / 1_000

    return key


def _title(page: Page, when: Found | None) -> str | None:
    named = _SUBJECT.search(page.text)
    if named:
        return re.sub(r"^(?:(?:re|fwd?|aw|wg):\s*)+", "", named["title"].strip(), flags=re.IGNORECASE) or None
    found = list(_TITLE.finditer(page.text[:20_000]))
    if not found:
        return None
    return _tidy(min(found, key=lambda m: abs(m.start("noun") - when.at) if when else m.start()))


def _tidy(match: re.Match[str]) -> str:
    lead = match["lead"].split()
    while any(word.casefold() in _DROPPED for word in lead):
        lead = lead[next(i for i, word in enumerate(lead) if word.casefold() in _DROPPED) + 1 :]
    title = " ".join([*lead, match["noun"]]) + (match["more"] or "")
    return title[:1].upper() + title[1:120]
