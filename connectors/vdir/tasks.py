"""Tasks on vdir folders: a list is a folder, a task is a VTODO in an .ics file; calendars may lie beside them.

A ref is `<list>/<file>.ics`, of a whole list `<list>`. Deliberately not here: events, and what "overdue" is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from nearhand.connectors.base import Call, Effect, Item
from nearhand.connectors.errors import ConnectorError, LimitError
from nearhand.connectors.sealed.parsing import CALENDAR, HERE, TASK, Parsing
from nearhand.connectors.vdir.calendars import ODD, utc_now
from nearhand.connectors.vdir.connector import VdirConnector
from nearhand.connectors.vdir.event_changes import describe
from nearhand.connectors.vdir.event_items import Place, located, unreadable
from nearhand.connectors.vdir.ics import CalendarFile, read
from nearhand.connectors.vdir.store import Vdir
from nearhand.connectors.vdir.task_items import list_item
from nearhand.connectors.vdir.task_plans import TaskPlans


class TaskConnector(VdirConnector):
    """The tasks under one root."""

    name = "tasks"

    def __init__(
        self, root: Path, default: str, zone: ZoneInfo, clock: Callable[[], datetime] = utc_now, reads: Parsing = HERE
    ) -> None:
        """`reads` may be one that reads in the sealed process."""
        super().__init__(Vdir(root, ".ics"))
        self.zone = zone
        self._reads = reads
        self._plans = TaskPlans(self, default, zone, clock)

    def holds(self, data: bytes) -> bool:
        """Whether a file is an entry of a list."""
        todo, event = data.find(b"BEGIN:VTODO"), data.find(b"BEGIN:VEVENT")
        return todo >= 0 and not 0 <= event < todo

    def scan(self) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every task, and of every list: a folder with tasks, or with nothing in it yet."""
        for folder in ["", *self.store.collections()]:
            files = list(self.store.files(folder))
            mine = [(ref, version) for ref, version in files if self.owns(ref, version)]
            yield from mine
            if folder and (mine or not files):
                yield folder, self.store.version(folder)

    def load(self, ref: str) -> Item:
        """Read one task, or a whole list; raises NotFoundError."""
        if self.store.path(ref).is_dir():
            return list_item(self._place(ref, ref, b""), len(self._tasks(ref)[0]))
        version_first = self._place(ref, ref.rpartition("/")[0], b"")
        try:
            data = self.store.read(ref)
            place = self._place(ref, ref.rpartition("/")[0], data)
            return located(self._reads.read(TASK, data, self.zone, place), place)
        except ODD as error:
            return unreadable(version_first, "task", str(error))

    def _place(self, ref: str, folder: str, data: bytes) -> Place:
        called = self.store.display(folder) if folder else ""
        return Place(self.name, ref, self.store.version(ref), called, len(data))

    def _tasks(self, folder: str) -> tuple[list[tuple[str, str]], bool]:
        """The tasks in a folder, and whether nothing else lies there."""
        files = list(self.store.files(folder))
        mine = [(ref, version) for ref, version in files if self.owns(ref, version)]
        return mine, len(mine) == len(files)

    def file(self, ref: str) -> CalendarFile:
        """Read the file of a ref for a change; raises NotFoundError, LimitError and UnreadableError."""
        text = self.text(ref)
        self._reads.read(CALENDAR, text.encode("utf-8", "surrogateescape"), self.zone)  # so that it is known to end
        return read(text, self.zone)

    def expand(self, call: Call) -> Sequence[Effect]:
        """Turn a call of the area tasks into effects; a list that also holds events loses only its tasks."""
        items = tuple(each for item in call.items for each in self._spread(call, item))
        try:
            return self._plans.effects(Call(call.action, items, call.args))
        except (OverflowError, ValueError) as error:
            raise ConnectorError("That leads to a time that does not exist. Say another one.") from error

    def _spread(self, call: Call, item: Item) -> list[Item]:
        if item.kind != "list" or call.action != "tasks.remove":
            return [item]
        mine, alone = self._tasks(item.ref)
        if alone:
            return [item]
        found: list[Item] = []
        for ref, _ in mine:
            with suppress(LimitError):
                found.append(self.load(ref))
        return found

    def describe(self, old: str, new: str, ref: str) -> str:
        """Say what changes between two texts of a task."""
        return describe(old, new, self.zone, self.store.display(ref.partition("/")[0]))
