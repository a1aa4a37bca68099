"""Dates made of numbers and month names: 3/4, 04.03.2025, 2025-03-04, 3 March, March 3rd 2025, the 31st."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nearhand.agent.resolve.when.civil import DAY
from nearhand.agent.resolve.when.days import (
    Days,
    date_of,
    mapped,
    month,
    month_day,
    month_in,
    one_date,
    valid,
    years,
)  # fmt: skip
from nearhand.agent.resolve.when.words import MONTHS, Text

Found = Iterator[tuple[Days, int]]


def year_at(text: Text, i: int) -> tuple[int, int] | None:
    """A year that begins here and the position after it; spoken ones may be two numbers ("twenty twenty six")."""
    token = text[i]
    if token.kind != "n":
        return None
    if 1900 <= token.value <= 2100 and len(token.text) == 4:
        return token.value, i + 1
    second = text[i + 1]
    pair = token.spelled and second.spelled and second.kind == "n" and 10 <= second.value <= 99
    if pair and (token.value == 20 or (token.value == 19 and second.value >= 50)):
        return token.value * 100 + second.value, i + 2
    return None


def numeric(text: Text, i: int) -> Found:
    """Dates written in figures only."""
    token = text[i]
    if token.kind == "f":
        yield from _dotted(text, i)
    if token.kind != "d":
        return
    parts = [int(part) for part in re.split(r"\D+", token.text) if part]
    found = _ordered(parts, token.text)
    if found:
        yield (found[0] if len(found) == 1 else Days("date", "day", either=tuple(found))), i + 1


def _dotted(text: Text, i: int) -> Found:
    """21.11 beside a clock time, or 13.2, which is no clock time itself."""
    day, number = text[i].text.split(".")
    clock = any(token.kind == "t" for token in text.tokens)
    if len(day) < 3 and len(number) < 3 and (clock or (len(number) == 1 and 12 < int(day) < 32)):
        found = date_of(int(day), int(number))
        if found is not None:
            yield found, i + 1


def _ordered(parts: list[int], written: str) -> list[Days]:
    if parts[0] > 99:
        found = [one_date(parts[0], parts[1], parts[2])]
    else:
        year = None if len(parts) == 2 else parts[2] + (2000 if parts[2] < 70 else 1900) * (parts[2] < 100)
        orders = [(parts[0], parts[1])]
        if "." not in written and parts[0] != parts[1]:
            orders.append((parts[1], parts[0]))
        found = [one_date(year, m, d) if year else date_of(d, m) for d, m in orders]
    return [days for days in found if days is not None]


def _day_number(text: Text, i: int) -> int | None:
    token = text[i]
    return token.value if token.kind in ("n", "o") and 1 <= token.value <= 31 else None


def _month_at(text: Text, i: int) -> int | None:
    return MONTHS.get(text.word(i)) if text[i].kind == "w" else None


def named(text: Text, i: int) -> Found:
    """3 March, March 3rd 2025, June, June 2026."""
    day = _day_number(text, i)
    if day is not None:
        j = i + 1 + (text.word(i + 1) == "of")
        number = _month_at(text, j)
        if number is None and j > i + 1 and text[i].kind == text[j].kind == "o" and text[j].value <= 12:
            number = text[j].value  # "the fourth of the ninth"
        if number is not None:
            yield from _with_year(text, j + 1, day, number)
    number = _month_at(text, i)
    if number is not None:
        yield from _after_month(text, i + 1, number)


def _after_month(text: Text, i: int, number: int) -> Found:
    year = year_at(text, i + (text.word(i) == "of"))
    if year is not None:
        yield month_in(year[0], number), year[1]
    day = _day_number(text, i)
    if day is not None and (year is None or text[i].kind == "o"):
        yield from _with_year(text, i + 1, day, number)
    if year is None:
        yield month(number), i


def _with_year(text: Text, i: int, day: int, number: int) -> Found:
    year = year_at(text, i + (text.word(i) in ("of", "in")))
    if year is not None:
        full = one_date(year[0], number, day)
        if full is not None:
            yield full, year[1]
        return
    days = date_of(day, number)
    if days is not None:
        yield days, i


def day_of_month(text: Text, i: int) -> Found:
    """The 3rd, "on the 15"; a bare number only after "the ... of" would be guessing, so it needs its ending."""
    token = text[i]
    if token.kind == "o" and 1 <= token.value <= 31:
        yield month_day(token.value), i + 1


def date_range(text: Text, i: int) -> Found:
    """3 to 5 March, March 3-5 2025, between the 3rd and the 5th of June."""
    i += text.word(i) in ("from", "between")
    number = _month_at(text, i)
    first, middle = (_day_number(text, i + (number is not None)), i + 1 + (number is not None))
    second = _day_number(text, middle + 1)
    if first is None or second is None or text.word(middle) not in ("to", "until", "till", "through", "and"):
        return
    if first >= second or (text.word(middle) == "and" and text.word(i - 1) != "between" and second > first + 1):
        return  # "4 and 9 March" are two days
    end = middle + 2
    if number is None:
        end += text.word(end) == "of"
        number = _month_at(text, end)
        end += 1
    if number is not None:
        yield from _month_days(text, end, number, first, second)


def _month_days(text: Text, i: int, number: int, first: int, second: int) -> Found:
    year = year_at(text, i)
    start = one_date(year[0], number, first) if year else date_of(first, number)
    if start is None or not valid(year[0] if year else 2024, number, second):
        return
    length = (second - first + 1) * DAY
    yield mapped(start, "other", "day", lambda s, _: (s[0], s[0] + length)), year[1] if year else i


def year_alone(text: Text, i: int) -> Found:
    """2023, the 90s, the 2010s."""
    i += text.word(i) == "year"
    year = year_at(text, i)
    if year is not None:
        if text.word(year[1]) == "s" and year[0] % 10 == 0:
            yield years(year[0], 10), year[1] + 1
        else:
            yield years(year[0]), year[1]
    token = text[i]
    decade = token.value if token.kind == "n" and text.word(i + 1) == "s" else _DECADES.get(token.text, 0)
    if decade in range(20, 100, 10):
        yield years((1900 if decade > 29 else 2000) + decade, 10), i + 1 + (token.kind == "n")


_DECADES = {"twenties": 20, "thirties": 30, "sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90,
            "fifties": 50, "forties": 40}  # fmt: skip
