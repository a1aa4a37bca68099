"""Feasts whose dates can be computed, by name; whether a shop or school is closed then is deliberately not known here.

Where a name means one day in one country and another elsewhere ("Mother's Day"), both are known and neither is picked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from nearhand.agent.resolve.when.civil import DAY, Stretch, add_months, day_of, week_of


def easter(year: int) -> date:
    """Western Easter Sunday (anonymous Gregorian algorithm, Meeus/Jones/Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _fixed(month: int, day: int) -> Callable[[int], Stretch]:
    return lambda year: day_of(date(year, month, day))


def _easter(offset: int, length: int = 1) -> Callable[[int], Stretch]:
    def stretch(year: int) -> Stretch:
        first = easter(year) + timedelta(days=offset)
        return first, first + length * DAY

    return stretch


def _nth(month: int, weekday: int, nth: int, offset: int = 0, length: int = 1) -> Callable[[int], Stretch]:
    def stretch(year: int) -> Stretch:
        first = date(year, month, 1)
        first += timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1) + offset)
        return first, first + length * DAY

    return stretch


def _last(month: int, weekday: int, offset: int = 0, length: int = 1) -> Callable[[int], Stretch]:
    def stretch(year: int) -> Stretch:
        end = add_months(date(year, month, 1), 1) - DAY
        first = end - timedelta(days=(end.weekday() - weekday) % 7 - offset)
        return first, first + length * DAY

    return stretch


def _advent(week: int) -> Callable[[int], Stretch]:
    def stretch(year: int) -> Stretch:
        fourth = date(year, 12, 24) - (date(year, 12, 24).weekday() + 1) % 7 * DAY
        return day_of(fourth - 7 * (4 - week) * DAY)

    return stretch


def _week_of(feast: Callable[[int], Stretch]) -> Callable[[int], Stretch]:
    """Monday to Sunday around it."""
    return lambda year: week_of(feast(year)[0], 0)


def _range(month: int, day: int, length: int) -> Callable[[int], Stretch]:
    return lambda year: (date(year, month, day), date(year, month, day) + length * DAY)


FEASTS: dict[str, Callable[[int], Stretch]] = {
    "new year day": _fixed(1, 1), "new years day": _fixed(1, 1), "new year": _fixed(1, 1), "new years": _fixed(1, 1),
    "epiphany": _fixed(1, 6), "twelfthnight": _fixed(1, 5), "burns night": _fixed(1, 25),
    "valentine": _fixed(2, 14), "valentines": _fixed(2, 14), "valentine day": _fixed(2, 14),
    "valentines day": _fixed(2, 14), "st patrick day": _fixed(3, 17), "st patricks day": _fixed(3, 17),
    "april fools day": _fixed(4, 1), "april fool day": _fixed(4, 1), "april fools": _fixed(4, 1),
    "may day": _fixed(5, 1), "midsummer day": _fixed(6, 24), "halloween": _fixed(10, 31),
    "all saints day": _fixed(11, 1), "all saints": _fixed(11, 1), "bonfire night": _fixed(11, 5),
    "guy fawkes night": _fixed(11, 5), "st nicholas day": _fixed(12, 6), "christmas eve": _fixed(12, 24),
    "christmas": _fixed(12, 25), "christmas day": _fixed(12, 25), "xmas": _fixed(12, 25), "xmas day": _fixed(12, 25),
    "xmas eve": _fixed(12, 24), "boxing day": _fixed(12, 26), "new year eve": _fixed(12, 31),
    "new years eve": _fixed(12, 31), "nye": _fixed(12, 31), "independence day": _fixed(7, 4),
    "christmas holidays": _range(12, 24, 3), "between the years": _range(12, 27, 5),
    "thanksgiving": _nth(11, 3, 4), "thanksgiving day": _nth(11, 3, 4), "black friday": _nth(11, 3, 4, 1),
    "cyber monday": _nth(11, 3, 4, 4), "advent": _advent(1), "advent sunday": _advent(1),
    **{f"{n}th {name}": _advent(n) for n in (1, 2, 3, 4)
       for name in ("advent", "sunday of advent", "sunday in advent", "advent sunday")},
    "easter": _easter(0), "easter sunday": _easter(0), "easter monday": _easter(1), "good friday": _easter(-2),
    "easter saturday": _easter(-1), "easter weekend": _easter(-2, 4), "maundy thursday": _easter(-3),
    "palm sunday": _easter(-7), "ash wednesday": _easter(-46), "shrove tuesday": _easter(-47),
    "pancake day": _easter(-47), "mardi gras": _easter(-47), "mardi gras day": _easter(-47),
    "ascension day": _easter(39), "ascension": _easter(39), "pentecost": _easter(49), "whit sunday": _easter(49),
    "whit monday": _easter(50), "corpus christi": _easter(60), "whitsun": _easter(49), "whitsunday": _easter(49),
    "pentecost sunday": _easter(49), "pentecost monday": _easter(50), "whitsun monday": _easter(50),
    "whitsun weekend": _easter(48, 3), "whit weekend": _easter(48, 3), "pentecost weekend": _easter(48, 3),
    "trinity sunday": _easter(56), "low sunday": _easter(7), "ascension weekend": _easter(39, 4),
    "holy week": _easter(-7, 7), "holy thursday": _easter(-3), "holy saturday": _easter(-1), "lent": _easter(-46, 46),
    "mothering sunday": _easter(-21), "pancake tuesday": _easter(-47), "fat tuesday": _easter(-47),
    "shrove monday": _easter(-48), "rose monday": _easter(-48), "lundi gras": _easter(-48), "pasquetta": _easter(1),
    "candlemas": _fixed(2, 2), "groundhog day": _fixed(2, 2), "st david day": _fixed(3, 1), "lady day": _fixed(3, 25),
    "st george day": _fixed(4, 23), "anzac day": _fixed(4, 25), "walpurgis night": _fixed(4, 30),
    "midsummer eve": _fixed(6, 23), "juneteenth": _fixed(6, 19), "canada day": _fixed(7, 1),
    "bastille day": _fixed(7, 14), "lammas": _fixed(8, 1), "michaelmas": _fixed(9, 29), "michaelmas day": _fixed(9, 29),
    "reformation day": _fixed(10, 31), "all souls": _fixed(11, 2), "all souls day": _fixed(11, 2),
    "martinmas": _fixed(11, 11), "armistice day": _fixed(11, 11), "veterans day": _fixed(11, 11),
    "remembrance sunday": _nth(11, 6, 2), "st andrew day": _fixed(11, 30), "st lucia day": _fixed(12, 13),
    "st stephen day": _fixed(12, 26), "hogmanay": _fixed(12, 31), "international women day": _fixed(3, 8),
    "womens day": _fixed(3, 8), "women day": _fixed(3, 8), "international womens day": _fixed(3, 8),
    "memorial day": _last(5, 0), "memorial day weekend": _last(5, 0, -2, 3), "labor day": _nth(9, 0, 1),
    "labor day weekend": _nth(9, 0, 1, -2, 3), "presidents day": _nth(2, 0, 3),
    "martin luther king day": _nth(1, 0, 3), "mlk day": _nth(1, 0, 3), "columbus day": _nth(10, 0, 2),
    "indigenous peoples day": _nth(10, 0, 2), "thanksgiving weekend": _nth(11, 3, 4, 0, 4),
    "thanksgiving week": _week_of(_nth(11, 3, 4)), "christmas week": _week_of(_fixed(12, 25)),
    "xmas week": _week_of(_fixed(12, 25)), "whit week": _easter(50, 7),
}  # fmt: skip
"""Name (articles and apostrophes dropped) to its days in a year."""

DISPUTED: dict[str, tuple[Callable[[int], Stretch], ...]] = {
    **dict.fromkeys(("mother day", "mothers day"), (_easter(-21), _nth(5, 6, 2))),
    "labour day": (_fixed(5, 1), _nth(9, 0, 1)),
    "august bank holiday": (_nth(8, 0, 1), _last(8, 0)),
}
"""Name to the days that it means in one country or another."""
