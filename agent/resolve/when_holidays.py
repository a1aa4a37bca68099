"""Feasts whose dates can be computed, by name. Public holidays of a country are deliberately not known here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from nearhand.agent.resolve.when_civil import DAY, Stretch, day_of


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


def _nth(month: int, weekday: int, nth: int, offset: int = 0) -> Callable[[int], Stretch]:
    def stretch(year: int) -> Stretch:
        first = date(year, month, 1)
        return day_of(first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1) + offset))

    return stretch


def _advent(year: int) -> Stretch:
    fourth = date(year, 12, 24) - (date(year, 12, 24).weekday() + 1) % 7 * DAY
    return day_of(fourth - 21 * DAY)


def _range(month: int, day: int, length: int) -> Callable[[int], Stretch]:
    return lambda year: (date(year, month, day), date(year, month, day) + length * DAY)


FEASTS: dict[str, Callable[[int], Stretch]] = {
    "new year day": _fixed(1, 1), "new years day": _fixed(1, 1), "new year": _fixed(1, 1), "new years": _fixed(1, 1),
    "epiphany": _fixed(1, 6), "twelfth night": _fixed(1, 5), "burns night": _fixed(1, 25),
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
    "cyber monday": _nth(11, 3, 4, 4), "advent": _advent, "first advent": _advent,
    "easter": _easter(0), "easter sunday": _easter(0), "easter monday": _easter(1), "good friday": _easter(-2),
    "easter saturday": _easter(-1), "easter weekend": _easter(-2, 4), "maundy thursday": _easter(-3),
    "palm sunday": _easter(-7), "ash wednesday": _easter(-46), "shrove tuesday": _easter(-47),
    "pancake day": _easter(-47), "mardi gras": _easter(-47), "mardi gras day": _easter(-47),
    "ascension day": _easter(39), "ascension": _easter(39), "pentecost": _easter(49), "whit sunday": _easter(49),
    "whit monday": _easter(50), "corpus christi": _easter(60),
}  # fmt: skip
"""Name (articles and apostrophes dropped) to its days in a year."""
