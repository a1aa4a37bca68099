"""A recurrence rule in words: "every 2 weeks on Monday and Thursday, 10 times".

What has no short words is shown as it stands in the rule, so nothing is ever left out. Nothing here reads or changes a
calendar.
"""

from __future__ import annotations

import re

_UNITS = {"HOURLY": "hour", "DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday",
         "SU": "Sunday"}  # fmt: skip
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_ORDER = {"1": "first ", "2": "second ", "3": "third ", "4": "fourth ", "5": "fifth ", "-1": "last ",
          "-2": "last but one "}  # fmt: skip
_WORKDAYS = ("MO", "TU", "WE", "TH", "FR")


def in_words(rule: str) -> str:
    """Say a rule; one that is no rule comes back as it is."""
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
    unit = _UNITS.get(parts.pop("FREQ", ""))
    if unit is None:
        return rule
    every = parts.pop("INTERVAL", "1")
    parts.pop("WKST", None)
    said = f"every {unit}" if every == "1" else f"every {every} {unit}s"
    if every == "1":
        said = _plainly(unit, parts) or said
    times = _times(parts.get("BYHOUR", ""), parts.get("BYMINUTE", ""))
    kept = [(name, value) for name, value in parts.items() if not times or name not in ("BYHOUR", "BYMINUTE")]
    return said + times + "".join(_part(name, value) for name, value in kept)


def _plainly(unit: str, parts: dict[str, str]) -> str:
    """The short way to say the days of each week or year, taken out of the parts; "" where there is none."""
    days = parts.get("BYDAY", "").split(",")
    if unit == "week" and all(day in _DAYS for day in days):
        del parts["BYDAY"]
        return "every weekday" if set(days) == set(_WORKDAYS) else f"every {_listed([_DAYS[day] for day in days])}"
    day, month = parts.get("BYMONTHDAY", ""), parts.get("BYMONTH", "")
    if unit == "year" and _number(day, 31) and _number(month, 12):
        del parts["BYMONTHDAY"], parts["BYMONTH"]
        return f"every year on {int(day)} {_MONTHS[int(month) - 1]}"
    return ""


def _number(text: str, most: int) -> bool:
    return re.fullmatch("[0-9]{1,2}", text) is not None and 1 <= int(text) <= most


def _times(hours: str, minute: str) -> str:
    """Several times of a day, where the rule holds them wholly."""
    if not minute.isdecimal() or not all(hour.isdecimal() for hour in hours.split(",")):
        return ""
    return f" at {_listed([f'{int(hour):02}:{int(minute):02}' for hour in hours.split(',')])}"


def _part(name: str, value: str) -> str:
    if name == "BYDAY" and all(re.fullmatch(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)", day) for day in value.split(",")):
        return f" on {_listed([_day(day) for day in value.split(',')])}"
    if name == "BYMONTHDAY":
        return f" on {_listed([_day_of_month(day) for day in value.split(',')])}"
    if name == "BYMONTH" and all(_number(month, 12) for month in value.split(",")):
        return f" in {_listed([_MONTHS[int(month) - 1] for month in value.split(',')])}"
    if name == "COUNT":
        return ", once" if value == "1" else f", {value} times"
    if name == "UNTIL" and (found := re.match(r"(\d{4})(0[1-9]|1[0-2])(\d\d)", value)):
        return f", until {int(found[3])} {_MONTHS[int(found[2]) - 1][:3]} {found[1]}"
    return f" ({name}={value})"


def _day_of_month(day: str) -> str:
    if day == "-1":
        return "the last day"
    return f"the {_nth(int(day))}" if _number(day, 31) else f"day {day}"


def _nth(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def _day(day: str) -> str:
    number, name = day[:-2].lstrip("+"), _DAYS[day[-2:]]
    return f"the {_ORDER[number]}{name}" if number in _ORDER else f"{number}{name}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
