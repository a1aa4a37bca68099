"""A recurrence as data, its RRULE text (RFC 5545) and its first day. Reads no words: `repeat.py` does."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from nearhand.agent.resolve.when.civil import DAY, step

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = (0, 1, 2, 3, 4)
_STEPS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What recurs, without its clock time and its end."""

    freq: str = ""
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    nth: tuple[int, ...] = ()
    """Which of those weekdays in the month: 1 first, -1 last."""
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    any_weekday: bool = False
    """With `nth`: count the weekdays together ("the last working day"), not each on its own."""

    @property
    def frequency(self) -> str:
        """The frequency, said or implied by the days."""
        if self.nth:
            return "YEARLY" if self.freq == "YEARLY" else "MONTHLY"
        if self.month_days:
            return "YEARLY" if self.freq == "YEARLY" or (self.months and not self.freq) else "MONTHLY"
        if self.weekdays:
            return "WEEKLY" if self.freq in ("", "DAILY", "WEEKLY") else self.freq
        return self.freq or ("YEARLY" if self.months else "")

    def text(self, week_start: int = 0) -> str:
        """The RRULE without COUNT and UNTIL."""
        fields = [f"FREQ={self.frequency}"]
        if self.interval > 1:
            fields.append(f"INTERVAL={self.interval}")
        fields += [f"{name}={','.join(map(str, sorted(v)))}" for name, v in
                   (("BYMONTH", self.months), ("BYMONTHDAY", self.month_days)) if v]  # fmt: skip
        if self.weekdays:
            fields.append(f"BYDAY={','.join(self._by_day())}")
        if self.any_weekday:
            fields.append(f"BYSETPOS={','.join(map(str, self.nth))}")
        if week_start == 6 and self.frequency == "WEEKLY" and self.interval > 1:
            fields.append("WKST=SU")
        return ";".join(fields)

    def _by_day(self) -> list[str]:
        codes = [CODES[day] for day in sorted(self.weekdays)]
        if not self.nth or self.any_weekday:
            return codes
        return [f"{n}{code}" for n in self.nth for code in codes]

    def holds(self, day: date) -> bool:
        """Whether the rule can fall on this day, the interval aside."""
        if self.months and day.month not in self.months:
            return False
        last = monthrange(day.year, day.month)[1]
        if self.month_days and not any(day.day == (n if n > 0 else last + 1 + n) for n in self.month_days):
            return False
        if self.weekdays and day.weekday() not in self.weekdays:
            return False
        return not self.nth or any(self._is_nth(day, n, last) for n in self.nth)

    def _is_nth(self, day: date, n: int, last: int) -> bool:
        if self.any_weekday:
            days = [d for d in range(1, last + 1) if day.replace(day=d).weekday() in self.weekdays]
            index = n - 1 if n > 0 else n
            return days[index] == day.day
        return (day.day - 1) // 7 == n - 1 if n > 0 else (last - day.day) // 7 == -n - 1

    @property
    def pinned(self) -> bool:
        """Whether the rule itself says on which days it falls."""
        return bool(self.weekdays or self.month_days or self.months)

    def first(self, start: date) -> date | None:
        """The first day from `start` on that the rule falls on."""
        for n in range(366 * 8 if self.pinned else 1):
            if self.holds(start + n * DAY):
                return start + n * DAY
        return None

    def following(self, day: date) -> date | None:
        """The next day after one, when the first turned out to be over."""
        if self.pinned:
            return self.first(day + DAY)
        return step(day, _STEPS.get(self.frequency, "day"), 1)


def until_text(limit: datetime, all_day: bool) -> str:
    """UNTIL for an exclusive limit: a date for all-day series, else the second before it, in UTC."""
    if all_day:
        return f"UNTIL={(limit - timedelta(seconds=1)).date():%Y%m%d}"
    return f"UNTIL={limit.astimezone(UTC) - timedelta(seconds=1):%Y%m%dT%H%M%SZ}"
