"""From a call of the area tasks to effects. A task that repeats is not ticked off but moves to its next time.

Deliberately not here: applying effects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from nearhand.connectors.base import Call, Effect, Item, Shift, Span
from nearhand.connectors.errors import ConnectorError, DeniedError
from nearhand.connectors.names import check_name, clean_name
from nearhand.connectors.vdir.contentlines import Block, Line, block
from nearhand.connectors.vdir.event_edits import fitting_rule, with_reminder, with_text
from nearhand.connectors.vdir.event_plans import Desk
from nearhand.connectors.vdir.ics import CalendarFile, touched
from nearhand.connectors.vdir.moving import moved_by, moved_to
from nearhand.connectors.vdir.new_events import calendar_text, first_start, fresh_uid
from nearhand.connectors.vdir.occurrences import rule_starts
from nearhand.connectors.vdir.recurrence import read_rule, write_rule
from nearhand.connectors.vdir.series import shifted_rule
from nearhand.connectors.vdir.stamps import Stamp, add_months, as_date, read_line, read_stamp, stamp_line
from nearhand.connectors.vdir.task_items import due_of, due_stamp, moment_of, settled
from nearhand.connectors.vdir.zones import Zones


class TaskPlans:
    """Plans for one person's lists."""

    def __init__(self, desk: Desk, default: str, zone: ZoneInfo, clock: Callable[[], datetime]) -> None:
        self._desk = desk
        self._default = default
        self._zone = zone
        self._clock = clock

    def effects(self, call: Call) -> Sequence[Effect]:
        """The effects of a call; raises DeniedError for an action that is none of this area."""
        verb = call.action.partition(".")[2]
        if verb == "add":
            return self._add(call.args)
        if verb not in ("complete", "change", "remove"):
            raise DeniedError(f'"{call.action}" is nothing that changes a task.')
        unique = {item.ref: item for item in call.items}.values()
        return [effect for item in unique for effect in self._one(verb, call, item)]

    def _one(self, verb: str, call: Call, item: Item) -> list[Effect]:
        if verb == "remove":
            return [self._desk.trash(item.ref, item.version)]
        if item.kind == "list":
            raise ConnectorError(f"{item.title} is a whole list. Say which of its tasks is meant.")
        file = self._desk.file(item.ref)
        if verb == "complete":
            return [self._desk.put(item.ref, item.version, self._completed(file).root.text)]
        return self._change(call.args, item, file)

    def _add(self, args: Mapping[str, object]) -> list[Effect]:
        title = str(args.get("name") or "").strip()
        if not title:
            raise ConnectorError("It is not clear what the task is. Say what should be done.")
        folder, effects = self._list(str(args.get("in") or self._default))
        uid, text = self._new(args, title)
        return [*effects, self._desk.new(self._desk.store.free(folder, uid), text)]

    def _list(self, name: str) -> tuple[str, list[Effect]]:
        """The folder of a list, with the effect that makes it where it is missing."""
        found = self._desk.store.named(name)
        if found is not None:
            return found, []
        folder = check_name(clean_name(name))
        return folder, [Effect("tasks", "mkdir", "", "", {"to": folder})]

    def _new(self, args: Mapping[str, object], title: str) -> tuple[str, str]:
        now, zones = self._clock(), Zones(self._zone)
        when, rule = args.get("when"), str(args.get("repeat") or "")
        today = as_date(now.astimezone(self._zone)) if rule else None
        due = due_stamp(zones, when) if isinstance(when, Span) else today
        rule = fitting_rule(zones, due, rule) if rule and due else ""
        due = first_start(due, rule) if due else None
        uid = str(args.get("uid") or fresh_uid(sorted(args.items(), key=str), now.isoformat()))
        stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        lines = [Line("UID", uid), Line("DTSTAMP", stamp), Line("CREATED", stamp), Line("STATUS", "NEEDS-ACTION")]
        lines += [stamp_line("DTSTART", due)] if due and rule else []
        lines += [stamp_line("DUE", due)] if due else []
        lines += [Line("RRULE", rule)] if rule else []
        task = with_text(block("VTODO", *lines), "SUMMARY", title)
        return uid, calendar_text(_reminded(task, args.get("remind"), due, zones), due)

    def _completed(self, file: CalendarFile) -> CalendarFile:
        now = self._clock()
        following = _next(file) if file.recurring else None
        if following is not None:
            return file.with_main(touched(following, now, True))
        stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        done = file.main.with_line("STATUS", "COMPLETED").with_line("COMPLETED", stamp)
        return file.with_main(touched(done.with_line("PERCENT-COMPLETE", "100"), now, True))

    def _change(self, args: Mapping[str, object], item: Item, file: CalendarFile) -> list[Effect]:
        task, to, by = file.main, args.get("to"), args.get("by")
        if args.get("name"):
            task = with_text(task, "SUMMARY", str(args["name"]))
        if isinstance(to, Span) or isinstance(by, Shift):
            task = _due(file, task, self._moved(file, to, by))
        if "repeat" in args:
            task = self._repeating(file.zones, task, str(args["repeat"]))
        due = due_of(file.with_main(task)) if task is not file.main else due_of(file)
        task = _reminded(task, args.get("remind"), due, file.zones)
        text = None
        if task is not file.main:
            text = file.with_main(touched(task, self._clock(), True)).root.text
        return self._placed(item, text, to if isinstance(to, str) else "")

    def _placed(self, item: Item, text: str | None, name: str) -> list[Effect]:
        """Leave a task on its list, or take it to another: as it is, or a changed one in place of the old."""
        here = item.ref.rpartition("/")[0]
        folder, effects = self._list(name) if name else (here, [])
        if folder == here:
            return [self._desk.put(item.ref, item.version, text)] if text is not None else []
        ref = self._desk.store.free(folder, item.ref.rpartition("/")[2].removesuffix(".ics"))
        if text is None:
            return [*effects, Effect("tasks", "move", item.ref, item.version, {"to": ref})]
        return [*effects, self._desk.new(ref, text), self._desk.trash(item.ref, item.version)]

    def _moved(self, file: CalendarFile, to: object, by: object) -> Stamp:
        old = due_of(file)
        if isinstance(to, Span):
            if old is None:
                return due_stamp(file.zones, to)
            return moved_to(file.zones, old, timedelta(), settled(to))[0]
        if not isinstance(by, Shift):
            raise ConnectorError("It is not clear when that is due. Say a day or a time.")
        return moved_by(file.zones, old or as_date(self._clock().astimezone(self._zone)), by)

    def _repeating(self, zones: Zones, task: Block, text: str) -> Block:
        if not text.strip():
            return task.without("RRULE", "RDATE", "EXDATE")
        line = task.line("DTSTART") or task.line("DUE")
        start = read_line(line) if line else as_date(self._clock().astimezone(self._zone))
        if task.line("DTSTART") is None:
            task = task.with_lines("DTSTART", [stamp_line("DTSTART", start)])
        if task.line("DUE") is None and task.line("DURATION") is None:
            task = task.with_lines("DUE", [stamp_line("DUE", start)])
        return task.with_line("RRULE", fitting_rule(zones, start, text))


def _reminded(task: Block, remind: object, due: Stamp | None, zones: Zones) -> Block:
    if isinstance(remind, datetime):
        return with_reminder(task, remind)
    if not isinstance(remind, timedelta):
        return task
    if due is None:
        raise ConnectorError("This task has no time, so it cannot be reminded of before it. Say when it is due.")
    return with_reminder(task, moment_of(due, zones) - abs(remind) if due.is_date else remind)


def _due(file: CalendarFile, task: Block, due: Stamp) -> Block:
    """A task with another due time; its beginning, rule and fixed reminders move along."""
    old, begin = due_of(file), task.line("DTSTART")
    if begin is not None:
        first = read_line(begin)
        same = old is not None and (old.is_date, old.tzid) == (due.is_date, due.tzid) and first.is_date == due.is_date
        start = first.plus(due.wall - old.wall) if old and same else due
        rules = [shifted_rule(file, line, start) for line in task.lines("RRULE")]
        task = task.with_lines("DTSTART", [stamp_line("DTSTART", start, begin)]).with_lines("RRULE", rules)
    if begin is None or task.line("DURATION") is None:
        task = task.without("DURATION").with_lines("DUE", [stamp_line("DUE", due, task.line("DUE"))])
    return _alarms_moved(task, due.wall - old.wall) if old else task


def _alarms_moved(task: Block, by: timedelta) -> Block:
    def moved(alarm: Block) -> Block:
        line = alarm.line("TRIGGER")
        if line is None or line.param("VALUE") != "DATE-TIME":
            return alarm
        return alarm.with_lines("TRIGGER", [replace(line, value=read_stamp(line.value).plus(by).value, raw="")])

    alarms = task.blocks("VALARM")
    fresh = [moved(alarm) for alarm in alarms]
    return task if fresh == alarms else task.with_blocks("VALARM", fresh)


def _next(file: CalendarFile) -> Block | None:
    """A repeating task at its next time; None when this was the last."""
    start = file.start
    now = file.zones.aware(start).astimezone(UTC)
    upper = add_months(now, 12 * 10)
    following = next((stamp for stamp in rule_starts(file, now, upper) if file.key(stamp) != file.key(start)), None)
    if following is None:
        return None
    by, main = following.wall - start.wall, file.main
    for name in ("DTSTART", "DUE"):
        line = main.line(name)
        if line is not None:
            main = main.with_lines(name, [stamp_line(name, read_line(line).plus(by), line)])
    main = main.with_lines("RRULE", [_one_less(line) for line in main.lines("RRULE")])
    return _alarms_moved(main.without("COMPLETED", "PERCENT-COMPLETE").with_line("STATUS", "NEEDS-ACTION"), by)


def _one_less(line: Line) -> Line:
    rule = dict(read_rule(line.value))
    if "COUNT" not in rule:
        return line
    rule["COUNT"] = str(max(1, int(rule["COUNT"]) - 1))
    return replace(line, value=write_rule(rule), raw="")
