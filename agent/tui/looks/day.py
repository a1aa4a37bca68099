"""Days: the agenda, what is due, what is unread, and weeks and months of the calendar. Runs in the engine's thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from nearhand.agent.search.query import Query
from nearhand.agent.showing import show
from nearhand.agent.tui.looks import items
from nearhand.agent.tui.looks.values import Listing, Row, cell, heading, listed
from nearhand.connectors.base import Item, Span

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

_MAILS = 12


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a month, for its little square."""

    day: date
    inside: bool
    """Whether it belongs to the month that is shown."""
    today: bool
    titles: tuple[str, ...]


def today(engine: Engine) -> Listing:
    """The agenda of today, the next thing after it, tasks that are due, and unread mail."""
    home, now = engine.home, engine.home.clock.now
    start = datetime.combine(now.date(), time(), home.zone)
    rows: list[Row] = []
    if "calendar" in home.connectors:
        rows += _agenda(engine, start, now)
    if "tasks" in home.connectors:
        due = home.index.find(Query("tasks", states=("open",), span=Span(None, start + timedelta(days=1))), home.clock)
        rows += [heading(f"Due ({len(due)})"), *(items.rows(due, now) or [_nothing("Nothing is due.")])]
    if "mail" in home.connectors:
        unread = home.index.find(Query("mail", states=("unread",), place="Inbox"), home.clock, _MAILS + 1)
        more = "+" if len(unread) > _MAILS else ""
        newest = sorted(unread[:_MAILS], key=lambda item: item.when.timestamp() if item.when else 0.0, reverse=True)
        title = f"Unread ({min(len(unread), _MAILS)}{more})"
        rows += [heading(title), *(items.rows(newest, now) or [_nothing("No unread mail.")])]
    return listed(rows, "" if rows else "Nothing is connected yet. F2 opens the settings.")


def _agenda(engine: Engine, start: datetime, now: datetime) -> list[Row]:
    events = between(engine, start, start + timedelta(days=1))
    rows = [heading(f"Today, {show.day(start)}"), *(items.rows(events, now) or [_nothing("Nothing is planned.")])]
    later = between(engine, start + timedelta(days=1), start + timedelta(days=8))[:3]
    if later:
        rows.append(heading("Next"))
        rows += [_dated(each, now) for each in later]
    return rows


def _dated(item: Item, now: datetime) -> Row:
    """A row of a later day, with the weekday in its time."""
    made = items.of_item(item, now)
    at = f"{item.when:%a} {made.cells[3].text}" if item.when else ""
    return Row(made.key, (*made.cells[:3], cell(at, "faint")), item)


def _nothing(text: str) -> Row:
    return Row(f"- {text}", (cell(" "), cell(text, "faint")), heading=True)


def between(engine: Engine, start: datetime, end: datetime) -> list[Item]:
    """The events of a stretch of time, in order."""
    found = engine.home.index.find(Query("calendar", span=Span(start, end)), engine.home.clock)
    return sorted(found, key=lambda item: (item.when or start, item.title))


def span_of(view: str, day: date, week_start: int) -> tuple[date, date]:
    """The first day of a view, and the first day after it."""
    if view == "day":
        return day, day + timedelta(days=1)
    if view == "week":
        first = day - timedelta(days=(day.weekday() - week_start) % 7)
        return first, first + timedelta(days=7)
    return day.replace(day=1), (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def agenda(engine: Engine, view: str, day: date, text: str = "") -> Listing:
    """The events of a day, a week or a month as a list, day under day."""
    home, now = engine.home, engine.home.clock.now
    first, last = span_of(view, day, engine.config.me.week_start)
    found = between(engine, _midnight(first, engine), _midnight(last, engine))
    fits = [item for item in found if text.casefold() in f"{item.title} {item.extra.get('location', '')}".casefold()]
    rows: list[Row] = []
    for number in range((last - first).days):
        each = first + timedelta(days=number)
        mine = [item for item in fits if _on(item, each, home.zone)]
        if mine or view != "month":
            mark = " (today)" if each == now.date() else ""
            rows.append(heading(show.day(_midnight(each, engine)) + mark))
            rows += [_hours(item, now) for item in mine] or [_nothing("–")]
    return listed(rows, "" if rows else "Nothing is planned in this month.")


def _hours(item: Item, now: datetime) -> Row:
    made = items.of_item(item, now)
    until = f"–{item.end:%H:%M}" if item.end and not item.all_day else ""
    return Row(made.key, (*made.cells[:3], cell(made.cells[3].text + until, made.cells[3].tone)), item)


def _on(item: Item, day: date, zone: object) -> bool:
    """Whether an event begins on a day, or goes on over its midnight."""
    if item.when is None:
        return False
    start = item.when.date()
    end = (item.end - timedelta(microseconds=1)).date() if item.end and item.end > item.when else start
    return start <= day <= end


def _midnight(day: date, engine: Engine) -> datetime:
    return datetime.combine(day, time(), engine.home.zone)


def month(engine: Engine, day: date) -> tuple[tuple[Day, ...], ...]:
    """The weeks of a month, each day with what is on."""
    first, after = span_of("month", day, 0)
    start = span_of("week", first, engine.config.me.week_start)[0]
    weeks: list[tuple[Day, ...]] = []
    found = between(engine, _midnight(start, engine), _midnight(after + timedelta(days=7), engine))
    while start < after:
        days = [start + timedelta(days=number) for number in range(7)]
        weeks.append(tuple(_square(each, first, found, engine) for each in days))
        start += timedelta(days=7)
    return tuple(weeks)


def _square(day: date, first: date, found: Sequence[Item], engine: Engine) -> Day:
    titles = tuple(show.plain(item.title[:200]) for item in found if _on(item, day, engine.home.zone))
    return Day(day, (day.year, day.month) == (first.year, first.month), day == engine.home.clock.now.date(), titles)
