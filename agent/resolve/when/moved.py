"""A new time for something that has one: what is not said is kept. "half past", "Friday", "six", "next week"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from nearhand.agent.resolve.when.amount import directed
from nearhand.agent.resolve.when.civil import DAY, add_months, day_of, later, local, shift_moment, step, unit_of
from nearhand.agent.resolve.when.days import Days, Frame, fixed
from nearhand.agent.resolve.when.moment import Moment, moments
from nearhand.agent.resolve.when.place import place
from nearhand.agent.resolve.when.range import TO, between, ranges
from nearhand.agent.resolve.when.types import Clock, Reading, Readings
from nearhand.agent.resolve.when.words import PLURAL_DAYS, WEEKDAYS, Phrases, Text, Token, tokens
from nearhand.connectors.base import Shift, Span

_RELATIVE = Phrases({
    "day after": ("day", 1), "next day": ("day", 1), "following day": ("day", 1), "day later": ("day", 1),
    "day before": ("day", -1), "previous day": ("day", -1), "day earlier": ("day", -1), "week after": ("week", 1),
    "following week": ("week", 1), "week before": ("week", -1), "previous week": ("week", -1),
    "month after": ("month", 1), "following month": ("month", 1), "month before": ("month", -1),
    "same day": ("day", 0), "same time": ("day", 0), "same date": ("day", 0), "that day": ("day", 0),
    "same hour": ("day", 0),
})  # fmt: skip
_HOUR = ("same", "time")
_PARTS = frozenset(("morning", "afternoon", "evening", "night"))
_BESIDE = {"after": 1, "following": 1, "before": -1, "preceding": -1}
_LEAD = frozenset(("to", "until", "till", "til", "by", "make", "it", "be", "at", "on", "for", "instead"))


def moved(old: Span, text: str, clock: Clock) -> Readings:
    """The span that `old` becomes; its length is kept unless both ends are said. Empty if not understood."""
    if old.start is None or old.end is None:
        return ()
    found = list(tokens(text))
    while found and found[-1].text in ("instead", "then"):
        found.pop()
    while found and found[0].text in _LEAD:
        found.pop(0)
    found = [_singular(t) for t in _less_same(found) if t.text != "by"]
    cut = Text(tuple(found))
    if not cut.length:
        return ()
    shifted = directed(cut)
    if shifted is not None and shifted[1]:
        return (Reading(_shifted(old, shifted[0].shift, shifted[1])),)
    readings = tuple(dict.fromkeys(_parsed(old, cut, clock)))
    series = any(t.text in PLURAL_DAYS for t in tokens(text))  # of "Mondays at nine" the first is as good as the next
    return tuple(r for r in readings if not series or _day(r) == _day(readings[0]))


def _day(reading: Reading) -> date | None:
    return reading.span.start.date() if reading.span.start else None


def _less_same(found: list[Token]) -> list[Token]:
    """Without "same time" before or behind a day, and "same day" behind a time: what is not said is kept anyway."""
    texts = [token.text for token in found]
    for said in (("at", *_HOUR), ("at", "same", "hour"), ("at", "same", "hours"), _HOUR, ("same", "hour"),
                 ("same", "hours"), ("on", "same", "day"), ("same", "day"), ("that", "day")):  # fmt: skip
        size = len(said)
        if len(texts) > size and tuple(texts[-size:]) == said:
            return found[:-size]
        if len(texts) > size and tuple(texts[:size]) == said and said[-1] != "day":
            return found[size + (texts[size] in ("on", "at")) :]
    return found


def _shifted(old: Span, shift: Shift, sign: int) -> Span:
    assert old.start is not None and old.end is not None
    start = shift_moment(old.start, shift, sign)
    return _lasting(old, start)


def _lasting(old: Span, start: datetime) -> Span:
    """The old length from a new start; whole days stay whole days over a change of the clocks."""
    assert old.start is not None and old.end is not None
    if old.grain == "day":
        length = old.end.date() - old.start.date()
        zone = start.tzinfo
        assert zone is not None
        return Span(start, local(start.date() + length, 0, zone), old.grain)
    return Span(start, later(start, old.end.astimezone(start.tzinfo) - old.start), old.grain)


def _singular(token: Token) -> Token:
    """Mondays are a Monday where a whole series is moved."""
    return token._replace(text=token.text[:-1]) if token.text in PLURAL_DAYS else token


def _parsed(old: Span, text: Text, clock: Clock) -> Readings:
    assert old.start is not None
    start = old.start.astimezone(clock.zone)
    for day, rest in _beside(text, start.date()):
        found = _on(old, rest, day, clock)
        if found:
            return found
    for moment, end in moments(text, 0, clock):
        if end == text.length:
            return _replaced(old, moment, clock)
        if text.word(end) in TO and moment.clocked:
            readings = _spanned(moment, text, end + 1, start.date(), clock)
            if readings:
                return readings
    frame = Frame(clock, "future", clock.today)
    return next((found for found in ranges(text, frame) if found and found[0].span.grain == "minute"), ())


def _beside(text: Text, old: date) -> Iterator[tuple[date, Text]]:
    """The days that are told from the old one ("the Tuesday after"), each with the text that is left."""
    for (unit, count), i in _RELATIVE.match(text, 0):
        yield step(old, unit, count), Text(text.tokens[i:])
    sign, number = _BESIDE.get(text.word(1), 0), WEEKDAYS.get(text.word(0))
    if sign and number is not None:
        yield old + sign * (((number - old.weekday()) * sign) % 7 or 7) * DAY, Text(text.tokens[2:])
    if sign and text.word(0) in _PARTS:
        yield old + sign * DAY, Text((text[0], *text.tokens[2:]))
    if sign and text.word(0) == "weekend":
        inside = old + DAY if sign > 0 else old - DAY
        yield inside + ((5 - inside.weekday()) % 7 - 7 * (sign < 0)) * DAY, Text(text.tokens[2:])


def _on(old: Span, text: Text, day: date, clock: Clock) -> Readings:
    """The old time, a new one or a new stretch on a known day."""
    assert old.start is not None
    if not text.length:
        return (Reading(_lasting(old, _at(day, old.start.astimezone(clock.zone), clock))),)
    for moment, end in moments(text, 0, clock):
        if end == text.length and moment.clocked and not moment.days:
            return _timed(old, moment, [day], clock)
        if text.word(end) in TO and moment.clocked and not moment.days:
            found = _spanned(moment, text, end + 1, day, clock)
            if found:
                return found
    return ()


def _at(day: date, start: datetime, clock: Clock) -> datetime:
    return local(day, start.hour * 60 + start.minute, clock.zone)


def _spanned(left: Moment, text: Text, i: int, day: date, clock: Clock) -> Readings:
    frame = Frame(clock, "future", clock.today)
    for right, end in moments(text, i, clock):
        if end == text.length:
            days = left.days or (_single(day),)
            return between(replace(left, days=days), right, frame)
    return ()


def _replaced(old: Span, moment: Moment, clock: Clock) -> Readings:
    assert old.start is not None
    start = old.start.astimezone(clock.zone)
    if moment.exact is not None:
        span = moment.exact.at(clock)
        return (Reading(_lasting(old, span.start)),) if span.instant and span.start else ()
    days = _days(moment, start, clock) if moment.days else [start.date()]
    if moment.clocked:
        return _timed(old, moment, days, clock)
    return tuple(Reading(_lasting(old, _at(day, start, clock)), moment.approximate) for day in days)


def _timed(old: Span, moment: Moment, days: list[date], clock: Clock) -> Readings:
    """A new clock time on known days; an unclear hour is the one nearest to the old time."""
    assert old.start is not None
    start = old.start.astimezone(clock.zone)
    beside = 12 * 60 if old.grain == "day" else start.hour * 60 + start.minute
    if moment.hour is not None and moment.hour.relative:
        face = _relative_minutes(moment.hour.minutes, beside)
        moment = replace(moment, hour=replace(moment.hour, minutes=face % (24 * 60), sure=True, relative=False))
    if moment.days and clock.work_start <= start.time() < clock.work_end:
        beside = 13 * 60  # what is moved from one day's work to another is not moved into the night: "Friday at 9"
    found: list[Reading] = []
    for day in days:
        on = replace(moment, days=(_single(day),))
        frame = Frame(clock, "near", day, beside=beside if old.grain != "day" else None)
        found.extend(_fitted(old, reading, start) for reading in place(on, frame))
    return tuple(found) if moment.part or moment.hour is None or moment.hour.sure else _less_late(tuple(found))


def _less_late(found: Readings) -> Readings:
    """What would come to lie at night for being near the old time may be meant by day: "Saturday at ten"."""
    both = list(found)
    for reading in found:
        start, end = reading.span.start, reading.span.end
        if start is not None and end is not None and not 6 <= start.hour < 22:
            half = timedelta(hours=12 if start.hour < 6 else -12)
            both.append(replace(reading, span=Span(later(start, half), later(end, half), reading.span.grain)))
    return tuple(both)


def _relative_minutes(said: int, old: int) -> int:
    """Half past keeps the hour; quarter to is the nearest one."""
    hour = old - old % 60
    if said >= 0:
        return hour + said
    return min((hour + said, hour + 60 + said), key=lambda m: (abs(m - old), m))


def _single(day: date) -> Days:
    return fixed("day", "day", lambda _: day_of(day))


def _fitted(old: Span, reading: Reading, start: datetime) -> Reading:
    """A part of the day keeps the old clock time when that lies in it."""
    span = reading.span
    assert span.start is not None and span.end is not None
    if not span.instant:
        assert start.tzinfo is not None
        kept = local(span.start.date(), start.hour * 60 + start.minute, start.tzinfo)
        if old.grain != "day" and span.start <= kept < span.end:
            return replace(reading, span=_lasting(old, kept))
        return replace(reading, approximate=True, note="only the part of the day was said")
    if old.grain == "day":
        return replace(reading, span=Span(span.start, span.start, "minute"))
    return replace(reading, span=_lasting(old, span.start))


def _days(moment: Moment, start: datetime, clock: Clock) -> list[date]:
    """The days that a new day can be, seen from the old one."""
    old, first = start.date(), moment.days[0]
    if len(moment.days) == 1 and not first.either:
        if first.kind in ("week", "month", "quarter", "year") and first.at is not None and not first.open:
            return [_kept_in(first, old, clock)]
        if first.kind in ("weekday", "dom") and first.inside is not None:
            return _nearby(first, old, clock)
        if first.kind == "month":
            return [_into_month(first, old, clock)]
    readings = place(replace(moment, hour=None, part=None, zone=None), Frame(clock, "future", clock.today))
    return [r.span.start.date() for r in readings if r.span.start is not None]


def _kept_in(days: Days, old: date, clock: Clock) -> date:
    """The same weekday of that week, the same day of that month or year."""
    first, after = days.stretches(Frame(clock, "future", clock.today))[0]
    unit = days.kind
    if first <= old < after and first > clock.today:  # it is there already: "next week" means the one after
        return step(old, unit, 1)
    if unit == "week":
        here = unit_of(old, "week", clock.week_start)[0]
        return first + (old - here)
    if unit == "year":
        return add_months(old, 12 * (first.year - old.year))
    return add_months(old, (first.year - old.year) * 12 + first.month - old.month)


def _into_month(days: Days, old: date, clock: Clock) -> date:
    first = next((s[0] for s in days.stretches(Frame(clock, "future", clock.today)) if s[1] > clock.today), old)
    return add_months(old, (first.year - old.year) * 12 + first.month - old.month)


def _nearby(days: Days, old: date, clock: Clock) -> list[date]:
    """A weekday or day of the month near the old day and near now; both where they differ."""
    assert days.inside is not None
    ahead = [s[0] for s in days.inside((clock.today, max(old, clock.today) + timedelta(days=70)))]
    if not ahead:
        return []
    if days.kind == "dom":
        return [min(ahead, key=lambda d: abs(d - old))]
    week = unit_of(old, "week", clock.week_start)
    beside = [d for d in ahead if week[0] <= d < week[1]]
    coming = ahead[0] if ahead[0] > clock.today else ahead[1]
    chosen = beside[:1] or [coming]
    this_week = unit_of(clock.today, "week", clock.week_start)
    if beside and coming < beside[0] and coming - clock.today <= 7 * DAY and not this_week[0] <= old < this_week[1]:
        chosen.append(coming)
    return chosen
