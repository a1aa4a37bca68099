"""The firings of rules, one row for each rule and occasion for ever: an occasion that has a row never fires twice.

    due ─► done | failed | asked | waiting (for an approval) | moot (gone, or it no longer meets the rule)
    held ─► due, when the person lets a large batch go;  before: it met the rule already when that began
Deliberately not here: deciding what fires (`rules/finding.py`) and doing it (`rules/run.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from nearhand.agent.senses.watch_store import WatchStore


class Standing(StrEnum):
    """How a firing stands."""

    DUE = "due"
    HELD = "held"
    BEFORE = "before"
    DONE = "done"
    FAILED = "failed"
    ASKED = "asked"
    WAITING = "waiting"
    MOOT = "moot"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class Occasion:
    """One rule and what sets it off."""

    id: str
    rule: str
    """The rule's key."""
    event: int | None
    area: str
    ref: str
    version: str
    born: int
    due: float
    """When it may run, in seconds since 1970."""
    state: Standing = Standing.DUE
    turn: int | None = None
    ancestors: str = ""
    """The keys of the rules whose work led to it, one in each line."""
    said: str = ""
    """What came of it; for one that is held, its batch."""
    at: float = 0.0


_COLUMNS = "id, rule, event, area, ref, version, born, due, state, turn, ancestors, said, at"


class Firings:
    """The table, in the file of what was seen."""

    def __init__(self, store: WatchStore) -> None:
        self._store = store

    def add(self, occasions: Iterable[Occasion]) -> None:
        """Keep those that have no row yet; the caller's transaction makes them last."""
        rows = [_row(each) for each in occasions]
        marks = ", ".join("?" * len(_COLUMNS.split(", ")))
        self._store.base.executemany(f"INSERT OR IGNORE INTO firing VALUES ({marks})", rows)

    def known(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that have a row."""
        found: set[str] = set()
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            marks = ", ".join("?" * len(part))
            found |= {row[0] for row in self._store.base.execute(f"SELECT id FROM firing WHERE id IN ({marks})", part)}
        return found

    def get(self, number: str) -> Occasion | None:
        """One firing."""
        return next(iter(self._where("id = ?", number)), None)

    def of_event(self, area: str, ref: str, version: str, now: float) -> list[Occasion]:
        """What a difference set off that is to run by now."""
        condition = "area = ? AND ref = ? AND version = ? AND event IS NOT NULL AND state = 'due' AND due <= ?"
        return self._where(condition, area, ref, version, now, index="firing_thing")

    def due(self, now: float, limit: int = 500) -> list[Occasion]:
        """What is to run by now, the first first."""
        return self._where("state = 'due' AND due <= ? ORDER BY due, id LIMIT ?", now, limit)

    def next(self) -> float | None:
        """When the next one is due."""
        found = self._store.base.execute("SELECT min(due) FROM firing WHERE state = 'due'").fetchone()[0]
        return float(found) if found is not None else None

    def held(self, batch: str) -> list[Occasion]:
        """A batch that waits for the person."""
        return self._where("state = 'held' AND said <> '' AND said = ?", batch, index="firing_batch")

    def unasked(self) -> list[Occasion]:
        """One firing of each held batch about which the person was not asked yet."""
        return self._where("state = 'held' AND turn IS NULL GROUP BY said", index="firing_unasked")

    def lately(self, rule: str, since: float) -> int:
        """How often a rule was set off since a moment."""
        sql = "SELECT count(*) FROM firing WHERE rule = ? AND at >= ? AND state <> 'before'"
        return int(self._store.base.execute(sql, (rule, since)).fetchone()[0])

    def of_rule(self, rule: str, limit: int = 50) -> list[Occasion]:
        """What a rule was set off by, the latest first."""
        return self._where("rule = ? AND state <> 'before' ORDER BY at DESC, id DESC LIMIT ?", rule, limit)

    def ended(self, occasion: Occasion, state: Standing, said: str = "", turn: int | None = None) -> None:
        """Note durably what came of it."""
        with self._store.writing() as base:
            base.execute(
                "UPDATE firing SET state = ?, said = ?, turn = ? WHERE id = ?", (state, said[:500], turn, occasion.id)
            )

    def asked(self, batch: str, turn: int) -> None:
        """The person was asked about a batch, by this turn."""
        with self._store.writing() as base:
            base.execute("UPDATE firing SET turn = ? WHERE state = 'held' AND said = ?", (turn, batch))

    def release(self, batch: str, now: float) -> None:
        """Let a batch go."""
        with self._store.writing() as base:
            base.execute(
                "UPDATE firing SET state = 'due', due = max(due, ?) WHERE state = 'held' AND said = ?", (now, batch)
            )

    def hold(self, batch: str) -> None:
        """Hold what of a batch has not run yet."""
        with self._store.writing() as base:
            base.execute("UPDATE firing SET state = 'held' WHERE state = 'due' AND said = ?", (batch,))

    def counted(self, batch: str) -> tuple[int, int]:
        """How many of a batch are held, and how many there are."""
        still = "INDEXED BY firing_batch WHERE said <> '' AND said = ? AND state IN ('held', 'due')"
        sql = f"SELECT coalesce(sum(state = 'held'), 0), count(*) FROM firing {still}"
        held, all_of_them = self._store.base.execute(sql, (batch,)).fetchone()
        return int(held), int(all_of_them)

    def _where(self, condition: str, *values: object, index: str = "") -> list[Occasion]:
        """`index` where SQLite, which knows nothing of how many rows are alike, would walk through too many."""
        by = f" INDEXED BY {index}" if index else ""
        found = self._store.base.execute(f"SELECT {_COLUMNS} FROM firing{by} WHERE {condition}", values)
        return [_occasion(row) for row in found]


def _occasion(row: tuple[Any, ...]) -> Occasion:
    """A row of SQLite, whose values have the types of the table (STRICT in all but name)."""
    turn, ancestors, said, at = row[9:]
    return replace(Occasion(*row[:8]), state=Standing(row[8]), turn=turn, ancestors=ancestors, said=said, at=at)


def _row(each: Occasion) -> tuple[object, ...]:
    return (
        each.id, each.rule, each.event, each.area, each.ref, each.version, each.born, each.due, each.state.value,
        each.turn, each.ancestors, each.said, each.at,
    )  # fmt: skip
