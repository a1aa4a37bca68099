"""Grammar of what recurs: "every other Tuesday", "the first Monday of each month", "weekly", "Mondays"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nearhand.agent.resolve.when.rule import WORKDAYS, Rule
from nearhand.agent.resolve.when.words import MONTHS, PLURAL_DAYS, SEASONS, UNITS, WEEKDAYS, Phrases, Text

Found = Iterator[tuple[Rule, int]]

_ADVERBS = Phrases({
    "daily": ("DAILY", 1), "everyday": ("DAILY", 1), "once a day": ("DAILY", 1),
    "day in day out": ("DAILY", 1), "weekly": ("WEEKLY", 1), "once a week": ("WEEKLY", 1), "1 a week": ("WEEKLY", 1),
    "fortnightly": ("WEEKLY", 2), "biweekly": ("WEEKLY", 2), "bi weekly": ("WEEKLY", 2), "monthly": ("MONTHLY", 1),
    "once a month": ("MONTHLY", 1), "quarterly": ("MONTHLY", 3), "once a quarter": ("MONTHLY", 3),
    "yearly": ("YEARLY", 1),
    "annually": ("YEARLY", 1), "annual": ("YEARLY", 1), "once a year": ("YEARLY", 1), "hourly": ("HOURLY", 1),
    "half yearly": ("MONTHLY", 6), "once a fortnight": ("WEEKLY", 2), "of month": ("MONTHLY", 1),
    "in month": ("MONTHLY", 1), "of year": ("YEARLY", 1), "per week": ("WEEKLY", 1), "per month": ("MONTHLY", 1),
    "each and every day": ("DAILY", 1), "every single day": ("DAILY", 1), "7 days a week": ("DAILY", 1),
})  # fmt: skip
_FREQUENCY = {
    "hour": ("HOURLY", 1), "day": ("DAILY", 1), "week": ("WEEKLY", 1), "fortnight": ("WEEKLY", 2),
    "month": ("MONTHLY", 1), "quarter": ("MONTHLY", 3), "year": ("YEARLY", 1),
}  # fmt: skip
_GROUPS = {
    "weekday": WORKDAYS, "weekdays": WORKDAYS, "workday": WORKDAYS, "workdays": WORKDAYS, "weekend": (5, 6),
    "weekends": (5, 6),
}  # fmt: skip
_FIXED_FEASTS = Phrases({
    "christmas eve": (12, 24), "christmas": (12, 25), "christmas day": (12, 25), "boxing day": (12, 26),
    "new year eve": (12, 31), "new years eve": (12, 31), "new year day": (1, 1), "new years day": (1, 1),
    "may day": (5, 1), "burns night": (1, 25), "bonfire night": (11, 5),
    "halloween": (10, 31), "valentine day": (2, 14), "valentines day": (2, 14), "new year": (1, 1),
})  # fmt: skip
_THROUGH = ("to", "through", "thru", "till", "until")
_PARTS = ("morning", "afternoon", "evening", "night", "lunchtime", "noon", "midnight")


def cycles(text: Text, i: int, rule: Rule, said: bool) -> Iterator[tuple[Rule, bool, int]]:
    """Yield the rule with what stands here added, and whether it has been said by now that something recurs."""
    for (freq, interval), j in _ADVERBS.match(text, i):
        if rule.freq in ("", freq) and (text.word(i) not in ("of", "in") or rule.pinned):
            yield replace(rule, freq=freq, interval=interval), True, j
    yield from _counted(text, i, rule)
    j = i + (text.word(i) in ("on", "of", "in"))
    j += text.word(i) == "on" and text.word(j) == "a" and text.word(j + 1) in WEEKDAYS  # "fortnightly on a Tuesday"
    j += text.word(j) in ("all",) and text.word(j + 1) in ("weekdays", "weekends")
    if text.word(j) in ("every", "each") or (text.word(j) == "alternate" and j == i):
        start = j + (text.word(j) != "alternate")
        for found, k in _every(text, start + (text.word(start) == "single"), rule):
            yield found, True, k
    for found, k in _edges(text, i, rule):
        yield found, True, k
    for found, k in _month_days(text, i + 1, rule, False) if text.word(i) == "by" and not rule.month_days else ():
        if found.months:  # "every year by 31 January"
            yield found, said, k
    for found, k in _days(text, j, rule):
        plural = text.word(k - 1) in PLURAL_DAYS or text.word(k - 1) in _GROUPS
        ranged = text.word(k - 2) in _THROUGH  # "Monday to Friday at 9"
        several = (len(found.weekdays) > 1 or len(found.nth) > 1) and found.weekdays != rule.weekdays
        several = several or len(found.month_days) > 1 or len(found.months) > 1  # "the 1st and 15th"
        yield found, said or plural or ranged or several, k


def _counted(text: Text, i: int, rule: Rule) -> Iterator[tuple[Rule, bool, int]]:
    """Twice a week, where just so many days of the week are named as well."""
    for count, phrase in ((2, "twice a week"), (text.number(i, 2, 6) or 0, f"{text.word(i)} times a week")):
        j = text.phrase(i, phrase)
        named = {WEEKDAYS.get(t.text, PLURAL_DAYS.get(t.text)) for t in text.tokens[i:]} - {None}
        if j is not None and count == len(named):
            yield rule, True, j


def _edges(text: Text, i: int, rule: Rule) -> Found:
    """The end of every month, the start of each quarter, the 1st of the quarter."""
    k = i + (text.word(i) in ("every", "each"))
    first = {"start": 1, "beginning": 1, "1th": 1, "end": -1, "last": -1}.get(text.word(k))
    j = k + 1 + (text.word(k + 1) == "day" and text.word(k) in ("1th", "last"))
    each = text.word(j + 1) in ("every", "each")
    unit = text.word(j + 1 + each)
    if text.word(k) == "month" and text.word(k + 1) == "end" and not rule.pinned:
        yield replace(rule, freq="MONTHLY", month_days=(-1,)), k + 2
    wanted = each or (text.word(k) == "1th" and unit == "quarter")
    if first is None or text.word(j) != "of" or not wanted or rule.pinned:
        return
    if unit == "month":
        yield replace(rule, freq="MONTHLY", month_days=(first,)), j + 2 + each
    if unit in ("quarter", "year"):
        months = {"quarter": ((1, 4, 7, 10), (3, 6, 9, 12)), "year": ((1,), (12,))}[unit][first < 0]
        yield replace(rule, freq="YEARLY", months=months, month_days=(first,)), j + 2 + each


def _every(text: Text, i: int, rule: Rule) -> Found:
    """What follows "every": a unit, a count of units, other days, days, or a part of the day."""
    interval, j = _interval(text, i)
    unit = UNITS.get(text.word(j))
    if unit in _FREQUENCY and rule.freq in ("", _FREQUENCY[unit][0]):  # "June 5th every year"
        freq, factor = _FREQUENCY[unit]
        yield replace(rule, freq=freq, interval=interval * factor), j + 1
    if interval > 1 and not rule.freq:
        for found, k in _weekdays(text, j, rule):
            yield replace(found, freq="WEEKLY", interval=interval), k
        if text.word(j) in _PARTS:
            yield replace(rule, freq="DAILY", interval=interval), j
    if interval > 1:
        return
    if text.word(i) in SEASONS and not rule.freq:
        yield replace(rule, freq="YEARLY", months=(SEASONS[text.word(i)],), month_days=(1,)), i + 1
    yield from _days(text, i, rule, after_every=True)
    if text.word(i) in _PARTS and not rule.freq:
        yield replace(rule, freq="DAILY"), i
    if text.word(i) in MONTHS and not rule.freq and text[i].kind == "w":
        yield replace(rule, freq="YEARLY", months=(MONTHS[text.word(i)],)), i + 1
        if text.word(i + 1) == "and" and text.word(i + 2) in MONTHS:
            yield replace(rule, freq="YEARLY", months=tuple(MONTHS[text.word(k)] for k in (i, i + 2))), i + 3
    if text.word(i) in ("working", "business", "work") and text.word(i + 1) == "day":
        yield replace(rule, weekdays=WORKDAYS), i + 2


def _interval(text: Text, i: int) -> tuple[int, int]:
    if text.word(i) in ("other", "alternate"):
        return 2, i + 1
    number = text.number(i, 1, 99)
    if number is not None and text.word(i + 1) not in MONTHS:  # "every 19 February" is no interval
        return number, i + 1
    token = text[i]
    weekday = text.word(i + 1) in WEEKDAYS
    monthly = text.word(i + 2) in ("of", "in", "every", "each")
    counted = text.word(i + 1) in UNITS or (weekday and (token.value == 2 or token.value > 5) and not monthly)
    if token.kind == "o" and counted:
        return token.value, i + 1
    return 1, i


def _days(text: Text, i: int, rule: Rule, after_every: bool = False) -> Found:
    """Days of the week, of the month, or of the year."""
    if rule.weekdays or rule.month_days:
        return
    yield from _weekdays(text, i, rule)
    yield from _positions(text, i, rule)
    yield from _month_days(text, i, rule, after_every)
    for (month, day), j in _FIXED_FEASTS.match(text, i):
        if after_every or rule.freq == "YEARLY":
            yield replace(rule, freq="YEARLY", months=(month,), month_days=(day,)), j


def _weekdays(text: Text, i: int, rule: Rule) -> Found:
    """Tuesday and Thursday; Monday to Friday; weekdays; Mondays, Wednesdays and Fridays."""
    found: list[int] = []
    j = i
    while True:
        group = _GROUPS.get(text.word(j))
        day = WEEKDAYS.get(text.word(j), PLURAL_DAYS.get(text.word(j)))
        if group is None and day is None:
            break
        found.extend(group if group is not None else (day,) if day is not None else ())
        j += 1
        if text.word(j) in _THROUGH and text.word(j + 1) in {**WEEKDAYS, **PLURAL_DAYS}:
            last = WEEKDAYS.get(text.word(j + 1), PLURAL_DAYS.get(text.word(j + 1), 0))
            found.extend([(found[-1] + n) % 7 for n in range(1, (last - found[-1]) % 7 + 1)])
            j += 2
        yield replace(rule, weekdays=tuple(sorted(set(found)))), j
        j += text.word(j) in ("and", "plus")
        j += text.word(j) in ("every", "each", "on")
        j += text.word(j) in ("every", "each")


def _positions(text: Text, i: int, rule: Rule) -> Found:
    """First Monday, last Friday, second and fourth Tuesday, last weekday, last day."""
    nth: list[int] = []
    j = i
    while text[j].kind == "o" or text.word(j) in ("last", "and"):
        if text.word(j) != "and":
            nth.append(-1 if text.word(j) == "last" else text[j].value)
        j += 1
    if not nth or any(n > 5 for n in nth):
        return
    word = text.word(j)
    day = WEEKDAYS.get(word, PLURAL_DAYS.get(word))
    if day is not None:
        found = replace(rule, weekdays=(day,), nth=tuple(nth))
        yield found, j + 1
        months, end = _months(text, j + 1 + (text.word(j + 1) in ("of", "in")))
        if len(months) > 1:
            yield replace(found, freq="YEARLY", months=months), end
    elif word in ("weekday", "workday") or text.phrase(j, "working day") or text.phrase(j, "business day"):
        end = j + (1 if word in ("weekday", "workday") else 2)
        yield replace(rule, weekdays=WORKDAYS, nth=tuple(nth), any_weekday=True), end
    elif word == "day" and text.word(j + 1) in ("of", "in", "every", "each"):
        yield replace(rule, month_days=tuple(nth)), j + 1


def _months(text: Text, i: int) -> tuple[tuple[int, ...], int]:
    """January, April, July and October."""
    found: list[int] = []
    while text.word(i) in MONTHS and text[i].kind == "w":
        found.append(MONTHS[text.word(i)])
        i += 1 + (text.word(i + 1) == "and" and text.word(i + 2) in MONTHS)
    return tuple(found), i


def _month_days(text: Text, i: int, rule: Rule, after_every: bool) -> Found:
    """The 15th; the 1st and the 15th; 3 March; March 3rd."""
    token = text[i]
    if token.kind in ("n", "o") and 1 <= token.value <= 31:
        j = i + 1 + (text.word(i + 1) == "of")
        months, end = _months(text, j)
        for many in dict.fromkeys((1, len(months))) if months else ():
            days = (token.value,)
            yield replace(rule, freq="YEARLY", months=months[:many], month_days=days), j + 1 if many == 1 else end
    if text.word(i) in MONTHS and token.kind == "w" and text[i + 1].kind in ("n", "o") and text[i + 1].value <= 31:
        yield replace(rule, freq="YEARLY", months=(MONTHS[text.word(i)],), month_days=(text[i + 1].value,)), i + 2
    numbers: list[int] = []
    j = i
    while text[j].kind == "o" and text[j].value <= 31:
        numbers.append(text[j].value)
        j += 1
        if text.word(j) not in MONTHS and not (rule.freq == "WEEKLY" or text.word(j) in WEEKDAYS):
            yield replace(rule, month_days=tuple(numbers)), j
        j += text.word(j) == "and" and text[j + 1].kind == "o"
