"""Repeat rules: read them, refuse the ones that could run away, and find their starts inside a window.

dateutil walks the rule; its interval is a number that looks at the clock each time it is added, so that even a rule
that never comes true (30 February, every hour) ends after 200 ms, in any thread. That is why recurring-ical-events,
which cannot be stopped, is only the yardstick in the tests.
Deliberately not here: exceptions and changed occurrences (see `series.py`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dateutil.rrule import rrule, rrulestr  # type: ignore[import-untyped]  # dateutil ships no types

from nearhand.connectors.errors import LimitError, UnreadableError

MAX_OCCURRENCES = 1_000
MAX_SECONDS = 0.2
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
_KEYS = frozenset(
    ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYSETPOS", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO",
     "BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND")
)  # fmt: skip
_NUMBERS = re.compile(r"[+-]?\d{1,3}(,[+-]?\d{1,3})*\Z", re.ASCII)
_DAYS = re.compile(r"([+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))(,[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))*\Z", re.ASCII)
_STRIDES = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}


@dataclass(slots=True)
class Deadline:
    """When the time for expanding one series is up."""

    at: float

    @classmethod
    def soon(cls) -> Deadline:
        """200 ms of this thread's own work from now: a busy machine must not cut a calendar short."""
        return cls(time.thread_time() + MAX_SECONDS)

    def check(self) -> None:
        """Raise LimitError once the time is up."""
        if time.thread_time() > self.at:
            raise LimitError("Its repeat rule takes too long to work out, so only its first time is shown.")


class _Ticking(int):
    """An interval that looks at the deadline whenever the rule takes a step."""

    deadline: Deadline

    def __radd__(self, other: int) -> int:
        self.deadline.check()
        return int(self) + other

    def __mul__(self, other: int) -> int:
        self.deadline.check()
        return int(self) * other


Rule = Mapping[str, str]
"""The parts of an RRULE by name, checked."""


def read_rule(text: str) -> Rule:
    """Take an RRULE apart; raises LimitError for what we never expand and UnreadableError for what is no rule."""
    pairs = [part.partition("=") for part in text.strip().upper().removeprefix("RRULE:").split(";") if part]
    rule = {key.strip(): value.strip() for key, _, value in pairs if key.strip() in _KEYS}
    frequency = rule.get("FREQ", "")
    if frequency in ("SECONDLY", "MINUTELY"):
        raise LimitError("It repeats every minute or second; Nearhand repeats at most every hour.")
    if frequency not in FREQUENCIES:
        raise UnreadableError(f'"{text[:80]}" is not a rule for repeating.')
    for key in ("INTERVAL", "COUNT"):
        if key in rule and not (rule[key].isascii() and rule[key].isdigit() and 1 <= int(rule[key][:9]) < 100_000):
            raise LimitError(f"{key}={rule[key][:20]} in its repeat rule is out of bounds; it must be 1 or more.")
    for key, value in rule.items():
        _check_list(key, value)
    _check_times(rule)
    return rule


def _check_list(key: str, value: str) -> None:
    pattern = _DAYS if key in ("BYDAY", "WKST") else _NUMBERS if key.startswith("BY") else None
    if pattern is not None and not (len(value) < 2_000 and pattern.match(value)):
        raise UnreadableError(f'"{key}={value[:40]}" in its repeat rule means nothing.')


def _check_times(rule: Rule) -> None:
    times = 1
    for key in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= rule.get(key, "").count(",") + 1
    if times > 100:
        raise LimitError("It repeats more than 100 times a day, so it was not worked out.")


def write_rule(rule: Rule) -> str:
    """The text of a rule."""
    return ";".join(f"{key}={value}" for key, value in rule.items())


def starts(rule: Rule, first: datetime, last: datetime | None, window: tuple[datetime, datetime]) -> Iterator[datetime]:
    """Yield the starts of a rule from `first` on that lie inside the window, in order; all on one wall clock.

    `last` is the latest start (UNTIL on the same clock). Raises LimitError when time or number run out.
    """
    deadline = Deadline.soon()
    count = 0
    for start in _walk(rule, _near(rule, first, window[0]), deadline):
        if start > window[1] or (last is not None and start > last):
            return
        deadline.check()
        if start >= window[0]:
            count += 1
            if count > MAX_OCCURRENCES:
                raise LimitError(f"It comes more than {MAX_OCCURRENCES:,} times in that time; ask for a shorter one.")
            yield start


def _walk(rule: Rule, first: datetime, deadline: Deadline) -> Iterator[datetime]:
    interval = _Ticking(int(rule.get("INTERVAL", "1")))
    interval.deadline = deadline
    text = write_rule({key: value for key, value in rule.items() if key not in ("INTERVAL", "UNTIL")})
    try:
        walker: rrule = rrulestr(text, dtstart=first).replace(interval=interval)
        yield from walker
    except (ValueError, OverflowError, IndexError, TypeError, KeyError) as error:
        raise UnreadableError(f'"{write_rule(rule)[:80]}" is not a rule that can be worked out.') from error


def _near(rule: Rule, first: datetime, lower: datetime) -> datetime:
    """A later start from which the rule goes on in the same way, so that an old series costs no more than a new one."""
    stride = _STRIDES.get(rule["FREQ"])
    if stride is None or "COUNT" in rule or "BYWEEKNO" in rule or lower <= first:
        return first
    step = stride * int(rule.get("INTERVAL", "1"))
    return first + max((lower - first) // step - 1, 0) * step
