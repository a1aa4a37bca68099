"""The times that a rule names itself, read from its words: "every weekday at 8", "the end of each month", "on 3 May".

What a person says of a standing wish and not of an appointment is put into the words of the grammar first. Deliberately
not here: the grammar (`resolve/when/`), and when such a time has come (`rules/times.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from nearhand.agent.resolve.when import spans as times
from nearhand.agent.resolve.when.types import Clock, Repeat
from nearhand.connectors.base import Span
from nearhand.connectors.vdir.rule_words import in_words

_EACH = r"(?:every|each|the)"
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_IN_OTHER_WORDS = tuple(
    (re.compile(pattern, re.I), plain)
    for pattern, plain in (
        (rf"\b(?:at |by )?(?:the )?end of {_EACH} month\b", "on the last day of every month"),
        (r"^(?:at |every |each )?month['’]s end$", "on the last day of every month"),
        (rf"^(?:at |by )?(?:the )?end of {_EACH} week$", "every Friday"),
        (rf"^(?:on |every |each )?(?:the )?(\d+(?:st|nd|rd|th)?) (?:of )?({_MONTHS})$", r"every year on \1 \2"),
        (r"^(?:on )?(the \d+(?:st|nd|rd|th))$", r"\1 of every month"),
        (rf"\b(?:at |from )?(?:the )?(?:start|beginning) of {_EACH} month\b", "on the first of every month"),
        (r"\b(?:every|each) spring\b", "every year on 1 March"),
        (r"\b(?:every|each) summer\b", "every year on 1 June"),
        (r"\b(?:every|each) (?:autumn|fall)\b", "every year on 1 September"),
        (r"\b(?:every|each) winter\b", "every year on 1 December"),
        (r"\bfirst thing (?:in the|(each|every)) ", r"\1 "),
        (r"^(?:at )?(\S+) ((?:each|every) (?:morning|afternoon|evening|night|day))$", r"\2 at \1"),
        (rf"^(?:at |by )?(?:the )?end of {_EACH} (?:working |work ?)?day$", "every weekday at {work_end}"),
        (r"\b(?:on |each |every )?(?:school|work(?:ing)?) ?days?\b", "every weekday"),
        (r"^(?:on )?the hour$", "every hour"),
        (r"^come ", ""),
        (r"^(?:at )?\w+(?: \w+)? time, ", ""),
        (r" after [^,]+, (?=at )", " "),
        (r"\bevr?e?y\b", "every"),
        (r"\bni(?:hgt|gth)\b", "night"),
        (r"\bmor(?:in|ni)[gn]?\b", "morning"),
    )
)
_MINUTES = re.compile(r"^(?:every|each) (?:(?P<half>half(?: an)? hour)|(?P<quarter>quarter of an hour|quarter hour)"
                      r"|(?P<some>.+ minutes?))$", re.I)  # fmt: skip
_TWO_TIMES = re.compile(r"^(?P<days>.*?\bat )(?P<one>\S+) and (?:at )?(?P<other>\S+)$", re.I)


def recurrence(said: str, clock: Clock, about: str = "") -> Repeat | None:
    """The recurrence that these words name; None if they name none. `about` may settle morning or evening."""
    for words in dict.fromkeys((said, _in_other_words(said, clock))):
        if found := _minutes(words, clock) or times.repeat(words, clock, about) or _twice(words, clock, about):
            return found
    return None


def spoken(said: str, request: str) -> str:
    """The words with the days that stand elsewhere in the request: "nine" of "every evening, at nine"."""
    if re.match(r"(?:on )?\w+day at ", said, re.I) and re.search(r"\b(?:every week|weekly)\b", request, re.I):
        return f"every {re.sub('^on ', '', said, flags=re.I)}"
    found = re.search(rf"\b((?:every|each) \w+),? (?:at )?{re.escape(said)}\b", request, re.I)
    return f"{found[1]} at {said}" if found else said


def moment(said: str, clock: Clock) -> datetime | None:
    """The one moment that these words name."""
    readings = times.span(said, clock)
    return readings[0].span.start if len(readings) == 1 else None


def first_of(span: Span, clock: Clock) -> datetime:
    """When a rule is due that may run within this stretch: where only a day was said, when the day's work begins."""
    assert span.start is not None
    start = span.start.astimezone(clock.zone)
    if span.grain in ("minute", "part"):
        return start
    return start.replace(hour=clock.work_start.hour, minute=clock.work_start.minute)


def told(repeat: Repeat, clock: Clock) -> str:
    """A recurrence in words, with the time of day at which it is due."""
    kept, by = [], dict[str, list[int]]()
    for part in repeat.rrule.split(";"):
        name, _, value = part.partition("=")
        if name in ("BYHOUR", "BYMINUTE"):
            by[name] = [int(each) for each in value.split(",")]
        else:
            kept.append(part)
    if "FREQ=HOURLY" in kept:
        often = len(by.get("BYMINUTE", ()))
        return f"every {60 // often} minutes" if often > 1 else in_words(";".join(kept))
    due = first_of(repeat.first, clock)
    hours = sorted(by.get("BYHOUR", [due.hour]))
    return f"{in_words(';'.join(kept))} at {' and '.join(f'{hour:02}:{due:%M}' for hour in hours)}"


def _in_other_words(said: str, clock: Clock) -> str:
    for pattern, plain in _IN_OTHER_WORDS:
        said = pattern.sub(plain, said)
    return said.replace("{work_end}", f"{clock.work_end:%H:%M}")


def _minutes(said: str, clock: Clock) -> Repeat | None:
    """Parts of an hour, at the full hour first; other stretches of minutes are nothing that a rule can keep to."""
    found = _MINUTES.match(said)
    if found is None:
        return None
    shift = times.amount(re.sub(r"^(?:every|each) ", "", said, flags=re.I)) if found["some"] else None
    every = 30 if found["half"] else 15 if found["quarter"] else int(shift.time.total_seconds()) // 60 if shift else 0
    if not (5 <= every < 60 and 60 % every == 0):
        return None
    hourly = times.repeat("every hour", clock)
    rule = f"FREQ=HOURLY;BYMINUTE={','.join(map(str, range(0, 60, every)))}"
    return replace(hourly, rrule=rule) if hourly else None


def _twice(said: str, clock: Clock, about: str) -> Repeat | None:
    """Two times of a day: "daily at 8 and 20"."""
    found = _TWO_TIMES.match(said)
    both = [times.repeat(found["days"] + found[each], clock, about) for each in ("one", "other")] if found else []
    if len(both) != 2 or both[0] is None or both[1] is None or both[0].rrule != both[1].rrule:
        return None
    one, other = (each.first.start for each in both if each)
    if one is None or other is None or one.minute != other.minute:
        return None
    earlier = both[0] if one <= other else both[1]
    return replace(earlier, rrule=f"{earlier.rrule};BYHOUR={','.join(map(str, sorted({one.hour, other.hour})))}")


def mornings(actions: Sequence[str], request: str) -> str:
    """What settles whether "at half past six" is in the morning: a briefing is, and so is what speaks of mornings."""
    early = re.search(r"\b(?:mornings?|breakfast|wake|get up)\b", request, re.I) or "agent.briefing" in actions
    return "morning" if early else ""
