"""From a call of the area calendar to effects: which files change, and to exactly which text.

All changes that a call makes in one file become one effect. Deliberately not here: applying them, and what a change
does inside a file (see `event_calls.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from nearhand.connectors.base import Call, Effect, Item, Person
from nearhand.connectors.errors import ConnectorError, DeniedError, NotFoundError
from nearhand.connectors.vdir.event_calls import EventCall, scope_of
from nearhand.connectors.vdir.event_items import split_ref
from nearhand.connectors.vdir.ics import CalendarFile
from nearhand.connectors.vdir.invitations import accepted, requested
from nearhand.connectors.vdir.new_events import fresh_uid, new_event
from nearhand.connectors.vdir.occurrences import named
from nearhand.connectors.vdir.series import cancel_one, split
from nearhand.connectors.vdir.store import Vdir

VERBS = ("move", "rename", "change", "cancel", "respond")


class Desk(Protocol):
    """What planning needs of the connector."""

    store: Vdir

    def file(self, ref: str) -> CalendarFile:
        """The parsed file of a ref."""

    def put(self, ref: str, seen: str, text: str) -> Effect:
        """The effect that replaces a text."""

    def new(self, ref: str, text: str) -> Effect:
        """The effect that makes a file."""

    def trash(self, ref: str, seen: str) -> Effect:
        """The effect that moves to the trash."""


class EventPlans:
    """Plans for one person's calendars."""

    def __init__(self, desk: Desk, default: str, me: Person, zone: ZoneInfo, clock: Callable[[], datetime]) -> None:
        self._desk = desk
        self._default = default
        self._me = me
        self._zone = zone
        self._clock = clock

    def effects(self, call: Call) -> Sequence[Effect]:
        """The effects of a call; raises DeniedError for an action that is none of this area."""
        verb = call.action.partition(".")[2]
        if verb == "add":
            return self._add(call)
        if verb == "respond" and "ics" in call.args:
            return self._take_in(call)
        if verb not in VERBS:
            raise DeniedError(f'"{call.action}" is nothing that changes a calendar.')
        effects: list[Effect] = []
        for items in by_file(call.items).values():
            change = EventCall(call, self._me, self._clock())
            effects += self._cancel(call, items, change) if verb == "cancel" else self._edit(call, items, change)
        return effects

    def _add(self, call: Call) -> list[Effect]:
        uid, text = new_event(call.args, self._me, self._zone, self._clock())
        folder, effects = self._collection(call.args.get("in"))
        return [*effects, self._desk.new(self._desk.store.free(folder, uid), text)]

    def _take_in(self, call: Call) -> list[Effect]:
        """Put what a mail invites to into the default calendar, with the person's answer in it."""
        file = accepted(requested(str(call.args["ics"]), self._zone), self._me, str(call.args.get("answer", "")))
        folder, effects = self._collection(None)
        return [*effects, self._desk.new(self._desk.store.free(folder, file.main.value("UID")), file.root.text)]

    def _collection(self, name: object) -> tuple[str, list[Effect]]:
        store = self._desk.store
        found = store.named(str(name or self._default))
        if found is None and not name:
            return self._default, [Effect("calendar", "mkdir", "", "", {"to": self._default})]
        if found is None:
            every = ", ".join(store.display(each) for each in store.collections())
            raise NotFoundError(f'There is no calendar "{name}". There are: {every or "none yet"}.')
        return found, []

    def _edit(self, call: Call, items: list[Item], change: EventCall) -> list[Effect]:
        base, seen = split_ref(items[0].ref)[0], items[0].version
        original = self._desk.file(base)
        file, rest = self._changed(original, items, change) if change.edits_text else (original, None)
        text = file.root.text if file is not original else None
        later = [self._desk.new(self._desk.store.free(_folder(base), rest[0]), rest[1])] if rest else []
        if change.calendar:
            return [*self._to_calendar(base, seen, change.calendar, text), *later]
        return [*([self._desk.put(base, seen, text)] if text is not None else []), *later]

    def _changed(
        self, file: CalendarFile, items: list[Item], change: EventCall
    ) -> tuple[CalendarFile, tuple[str, str] | None]:
        """The file with every change in it and, where a series was split, UID and text of the new one."""
        for item in items:
            scope, name = scope_of(change, item, file)
            if scope == "one":
                file = change.one(file, named(file, name))
            elif scope == "series":
                return change.series(file, name), None
            else:
                uid = fresh_uid(file.main.value("UID"), name, self._clock().isoformat())
                old, new = split(file, named(file, name), uid, change.finish)
                return old, (uid, change.series(new, name).root.text)
        return file, None

    def _to_calendar(self, base: str, seen: str, name: str, text: str | None) -> list[Effect]:
        """Take a file to another calendar: as it is, or a changed one in place of the old."""
        folder, _ = self._collection(name)
        if folder == _folder(base):
            return [self._desk.put(base, seen, text)] if text is not None else []
        to = self._desk.store.free(folder, base.rpartition("/")[2].removesuffix(".ics"))
        if text is None:
            return [Effect("calendar", "move", base, seen, {"to": to})]
        return [self._desk.new(to, text), self._desk.trash(base, seen)]

    def _cancel(self, call: Call, items: list[Item], change: EventCall) -> list[Effect]:
        base, seen = split_ref(items[0].ref)[0], items[0].version
        if not all(split_ref(item.ref)[1] for item in items) or call.args.get("scope") == "series":
            return [self._desk.trash(base, seen)]
        file = self._desk.file(base)
        for item in items:
            scope, name = scope_of(change, item, file)
            if scope == "series":
                return [self._desk.trash(base, seen)]
            if scope == "following":
                file = split(file, named(file, name), "unused", change.finish)[0]
                break
            file = cancel_one(file, named(file, name), change.finish)
        return [self._desk.put(base, seen, file.root.text)]


def _folder(ref: str) -> str:
    return ref.rpartition("/")[0]


def by_file(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Items grouped by their file; raises ConnectorError if they were read from different versions of it."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(split_ref(item.ref)[0], []).append(item)
    for group in found.values():
        if len({item.version for item in group}) > 1:
            raise ConnectorError(f"{group[0].title} changed while this was planned. Ask again.")
    return found
