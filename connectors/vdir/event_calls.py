"""What one call does inside a file: to one occurrence, or to a series with the occurrences that still agree with it.

Deliberately not here: which files, and effects (see `event_plans.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from nearhand.connectors.base import Call, Item, Person, Shift, Span
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.vdir.contentlines import Block
from nearhand.connectors.vdir.event_edits import reminders, text_of, with_reminder, with_rule, with_text
from nearhand.connectors.vdir.event_items import split_ref
from nearhand.connectors.vdir.ics import CalendarFile, touched
from nearhand.connectors.vdir.invitations import answered, invite, is_me, organized_by, people
from nearhand.connectors.vdir.moving import moved_by, moved_to
from nearhand.connectors.vdir.occurrences import Occurrence, named
from nearhand.connectors.vdir.series import change_all, change_one, is_first, shift
from nearhand.connectors.vdir.stamps import Stamp

_Edit = tuple[Callable[[CalendarFile, Block], Block], Callable[[CalendarFile, Block], object]]
"""A change of a component, and the part it changes: a changed occurrence that differs there keeps its own."""


class EventCall:
    """One call, ready to be done to files."""

    def __init__(self, call: Call, me: Person, now: datetime) -> None:
        self.args = call.args
        self.verb = call.action.partition(".")[2]
        self._me = me
        self._now = now
        self.calendar = str(call.args["to"]) if self.verb == "change" and call.args.get("to") else ""
        """The calendar it should go to, "" if it stays."""
        self._edits = self._all_edits()
        self.edits_text = self.verb == "move" or bool(self._edits)

    def finish(self, block: Block) -> Block:
        """Write down that a component was changed; only who organizes it counts up its SEQUENCE."""
        return touched(block, self._now, self.verb != "respond" and organized_by(block, self._me))

    def one(self, file: CalendarFile, occurrence: Occurrence) -> CalendarFile:
        """Change one occurrence."""

        def change(block: Block) -> Block:
            if self.verb == "move":
                block = file.moved(block, *self._goal(file, occurrence))
            for edit, _ in self._edits:
                block = edit(file, block)
            return self.finish(block)

        return change_one(file, occurrence, change)

    def series(self, file: CalendarFile, name: str) -> CalendarFile:
        """Change a whole series, or what does not repeat; `name` says for which occurrence a new time was meant."""
        before = {id(block) for block in file.root.walk()}
        if self.verb == "move":
            file = self._shifted(file, name)
        for edit in self._edits:
            file = _everywhere(file, edit)
        if self.verb == "change" and not str(self.args.get("repeat", "x")).strip():
            file = file.exchanged((block, ()) for block in file.overrides.values())
        fresh = [block for block in (file.main, *file.overrides.values()) if id(block) not in before]
        return file.exchanged((block, (self.finish(block),)) for block in fresh)

    def _shifted(self, file: CalendarFile, name: str) -> CalendarFile:
        rid = named(file, name).rid if name and file.recurring else file.start
        start, length = self._goal(file, Occurrence(rid, file.main, rid, file.length(file.main)))
        if (start.is_date, start.tzid) == (rid.is_date, rid.tzid):
            return shift(file, file.start.plus(start.wall - rid.wall), length)
        days = timedelta(days=(start.wall.date() - rid.wall.date()).days)
        first = datetime.combine(file.start.wall.date(), start.wall.time()) + days
        return shift(file, replace(start, wall=first), length)

    def _goal(self, file: CalendarFile, occurrence: Occurrence) -> tuple[Stamp, timedelta]:
        to, by = self.args.get("to"), self.args.get("by")
        if isinstance(by, Shift):
            return moved_by(file.zones, occurrence.start, by), occurrence.length
        if isinstance(to, Span):
            return moved_to(file.zones, occurrence.start, occurrence.length, to)
        raise ConnectorError("It is not clear to which time it should move. Say a day, a time, or by how much.")

    def _all_edits(self) -> list[_Edit]:
        args, found = self.args, list[_Edit]()
        if self.verb == "respond":
            return [self._answer(str(args.get("answer", "")))]
        if self.verb == "rename":
            found.append(_text("SUMMARY", str(args["name"])))
        if self.verb != "change":
            return found
        if "where" in args:
            found.append(_text("LOCATION", str(args["where"])))
        length, remind, who = args.get("for"), args.get("remind"), args.get("invite")
        if isinstance(length, timedelta):
            lasting = _positive(length)
            found.append((lambda file, block: file.moved(block, file.start_of(block), lasting), CalendarFile.length))
        if isinstance(remind, timedelta | datetime):
            found.append((lambda file, block: with_reminder(block, remind), lambda file, block: reminders(block)))
        if isinstance(who, tuple) and who:
            found.append((lambda file, block: invite(block, who, self._me), lambda file, block: people(block)))
        if "repeat" in args:
            rule = str(args["repeat"])
            found.append((lambda file, block: with_rule(file, block, rule), lambda file, block: block is file.main))
        return found

    def _answer(self, answer: str) -> _Edit:
        def invited(file: CalendarFile, block: Block) -> object:
            return any(is_me(line, self._me) for line in block.lines("ATTENDEE"))

        return (lambda file, block: answered(block, self._me, answer), invited)


def _positive(length: timedelta) -> timedelta:
    if length <= timedelta():
        raise ConnectorError("An event has to take some time. Say how long.")
    return length


def _text(name: str, value: str) -> _Edit:
    if name == "SUMMARY" and not value.strip():
        raise ConnectorError("A title cannot be empty. Say what it should be called.")
    return (lambda file, block: with_text(block, name, value), lambda file, block: text_of(block, name))


def _everywhere(file: CalendarFile, edit: _Edit) -> CalendarFile:
    change, part = edit
    return change_all(file, lambda block: change(file, block), lambda block: part(file, block))


def scope_of(call: EventCall, item: Item, file: CalendarFile) -> tuple[str, str]:
    """Which of a series is meant (one, following, series), and by which occurrence; raises ConnectorError."""
    name, said = split_ref(item.ref)[1], str(call.args.get("scope") or "")
    if not file.recurring or said == "series":
        return "series", name if file.recurring else ""
    if call.verb == "change" and "repeat" in call.args and said != "following":
        return "series", name
    if not name:
        if said:
            raise ConnectorError(f"{item.title} comes more than once. Say which one is meant.")
        return "series", ""
    if said == "following":
        return ("series" if is_first(file, named(file, name)) else "following"), name
    return "one", name


def own_block(file: CalendarFile, name: str) -> Block:
    """The component of one occurrence as it would be if it were changed, or of the whole file."""
    if not name:
        return file.main
    occurrence = named(file, name)
    changed = change_one(file, occurrence, lambda block: block)
    return changed.overrides.get(changed.key(occurrence.rid), changed.main)
