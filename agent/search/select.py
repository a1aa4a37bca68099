"""A query as SQL over the index: every slot but the words is one condition, the words take the best tier that finds.

Deliberately not here: the tiers (`matching.py`), orders and counts (`pick.py`), and the occurrences of series, which
are no rows (`index.py`). Where a mail is not said to be, the trash and the junk are left out; where nothing at all is
said about it, what the person wrote is left out too: "my latest mail" is one that came.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from nearhand.agent.resolve.places import place_names
from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.search.matching import Condition, best, full_text
from nearhand.agent.search.pick import Pick, pick
from nearhand.agent.search.query import Query
from nearhand.agent.search.store import TAGS, path_key
from nearhand.agent.texts import folding
from nearhand.connectors.base import Person, Span

_GRAINS = {"minute": timedelta(minutes=1), "part": timedelta(hours=1), "day": timedelta(days=1)}
_UNWANTED = ("/trash/", "/junk/", "/spam/", "/deleted items/")
_WRITTEN = ("/sent/", "/drafts/", "/outbox/")
_EXTREMES = {
    "newest": "at DESC", "latest": "at DESC", "last": "at DESC", "most recent": "at DESC", "oldest": "at",
    "first": "at", "largest": "size DESC", "biggest": "size DESC", "smallest": "size",
}  # fmt: skip


class Selection:
    """What one query comes to on one index."""

    def __init__(self, base: sqlite3.Connection, query: Query, clock: Clock) -> None:
        self.base, self.query, self.clock = base, query, clock
        self.pick = pick(query, clock)
        self.where = _all([*self._narrow(), *self._except()])
        self.words = best(query.words, query, self._finds)

    def rows(self, ordered: Pick | None, limit: int | None = None) -> list[int]:
        """The ids of what is found, in order and cut if there is a pick; all of them in no order if there is none."""
        if self.words is None:
            return []
        if ordered is None:
            return self._ids("item", self.where & self.words, "item.id")
        most = min((n for n in (ordered.limit, limit) if n is not None), default=-1)
        if ordered.relative:
            sql, values = ordered.conditions()
            condition = self.where & self.words & Condition(sql, tuple(values))
            return self._ids("item", condition, ordered.order(), (), most, ordered.start)
        if self.query.area != "files":
            return self._ids("item", self.where & self.words, ordered.order(), (), most)
        if self.words.match:
            condition = self.where & Condition("words MATCH ?", (self.words.match,))
            order = f"rank, {ordered.order()}"
            return self._ids("words JOIN item ON item.id = words.rowid", condition, order, (), most)
        start = folding.key(self.query.words[0]) if len(self.query.words) == 1 else ""
        order = f"substr(item.title, 1, length(?)) = ? DESC, {ordered.order()}"
        return self._ids("item", self.where & self.words, order, (start, start), most)

    def _ids(
        self, source: str, where: Condition, order: str, values: tuple[str, ...] = (), most: int = -1, start: int = 0
    ) -> list[int]:
        sql = f"SELECT item.id FROM {source} WHERE {where.sql} ORDER BY {order} LIMIT ? OFFSET ?"
        return [row[0] for row in self.base.execute(sql, (*where.values, *values, most, start))]

    def measure(self) -> tuple[int, int]:
        """How many there are, and their bytes together."""
        if self.words is None:
            return 0, 0
        condition = self.where & self.words
        sql = f"SELECT count(*), coalesce(sum(size), 0) FROM item WHERE {condition.sql}"
        count, size = self.base.execute(sql, condition.values).fetchone()
        return count, size

    def missed(self) -> tuple[str, ...]:
        """The exceptions that match nothing of what is selected, so that nothing was left out because of them."""
        return tuple(word for word in self.query.except_words if not self._met(word))

    def _met(self, word: str) -> bool:
        plain = Selection(self.base, replace(self.query, except_words=()), self.clock)
        return plain.words is not None and plain._finds(plain.words & exception(word))

    def _finds(self, condition: Condition) -> bool:
        whole = self.where & condition
        return self.base.execute(f"SELECT 1 FROM item WHERE {whole.sql} LIMIT 1", whole.values).fetchone() is not None

    def _narrow(self) -> list[Condition]:
        query = self.query
        sharp = query.words or query.people or query.place  # then the index over areas would only lead SQLite astray
        area = Condition("+item.area = ?" if sharp else "item.area = ?", (query.area,))
        found = [area, *_kinds(query), *_sizes(query), *_states(query, self.clock)]
        found += [_place(query)] if query.place else _usual_places(query)
        found += [_takes_part(query.area, role, who) for role, who in query.people]
        found += [_span(query.span, query.area)] if query.span else []
        return found if query.refs is None else [_among(query.refs), *found]

    def _except(self) -> list[Condition]:
        kept = _all(self._narrow())
        out: list[Condition] = []
        for word in self.query.except_words:
            order = _EXTREMES.get(" ".join(folding.telling(word)).removesuffix(" one"))
            if order:
                one = f"item.id <> (SELECT item.id FROM item WHERE {kept.sql} ORDER BY {order} LIMIT 1)"
                out.append(Condition(one, kept.values))
            else:
                left_out = exception(word)
                out.append(Condition(f"NOT ({left_out.sql})", left_out.values))
        return out


def _among(refs: Sequence[str]) -> Condition:
    return Condition("item.ref IN (SELECT value FROM json_each(?))", (json.dumps(refs),))


def exception(word: str) -> Condition:
    """What the words of an exception mean: a kind or a state, else words of title, place or people, else nothing."""
    tag = _tag(word)
    groups = [group for group in folding.sought(word) if not group & {"one", "thing", "stuff"}]
    named = full_text("title place people", groups) if groups else Condition("0")
    bare = Condition(named.sql, named.values)
    return bare | Condition("item.tags & ? OR item.kind = ?", (TAGS[tag], tag)) if tag else bare


def _tag(word: str) -> str:
    found = [tag for form in folding.forms(folding.key(word)) for tag in TAGS if form == tag]
    return found[0] if found else ""


def _all(conditions: Sequence[Condition]) -> Condition:
    whole = Condition("1")
    for condition in conditions:
        whole = condition if whole.sql == "1" else whole & condition
    return whole


def _kinds(query: Query) -> list[Condition]:
    if not query.kinds:
        return [Condition("item.kind <> 'list'")] if query.area == "tasks" else []  # a list is no task
    if set(query.kinds) == {"pdf", "scan"}:
        return [_tagged(query.kinds)]
    mask = sum(TAGS[kind] for kind in set(query.kinds) if kind != "file" and kind in TAGS)
    names = tuple(query.kinds)
    marks = ", ".join("?" * len(names))
    return [Condition(f"item.tags & ? OR item.kind IN ({marks})", (mask, *names))]


def _tagged(tags: Sequence[str]) -> Condition:
    mask = sum(TAGS.get(tag, 0) for tag in set(tags))
    return Condition("item.tags & ? = ?", (mask, mask))


def _sizes(query: Query) -> list[Condition]:
    least, most = query.size
    found = [Condition("item.kind <> 'folder'")] if query.size != (None, None) else []
    found += [Condition("item.size >= ?", (least,))] if least is not None else []
    return found + ([Condition("item.size <= ?", (most,))] if most is not None else [])


def _states(query: Query, clock: Clock) -> list[Condition]:
    found: list[Condition] = []
    for state in query.states:
        if state == "overdue":
            open_and_late = "NOT item.tags & ? AND item.until < ?"
            found.append(Condition(open_and_late, (TAGS["done"], clock.now.timestamp())))
        elif state == "open":
            found.append(Condition("NOT item.tags & ?", (TAGS["done"],)))
        elif state != "duplicate":
            found.append(_tagged([state]) if state in TAGS else Condition("0"))
    return found


def _span(span: Span, area: str) -> Condition:
    """Whatever overlaps: an event that began before it too. A moment without length lies in it or at its start."""
    start, end = span.start, span.end
    if span.instant and start is not None:
        end = start + _GRAINS.get(span.grain, timedelta(minutes=1))
    found = Condition("item.at IS NOT NULL")
    if start is not None:
        lasts = Condition("item.until > ?", (start.timestamp(),)) | Condition("item.at >= ?", (start.timestamp(),))
        found = found & (lasts if area == "calendar" else Condition("item.at >= ?", (start.timestamp(),)))
    return found & Condition("item.at < ?", (end.timestamp(),)) if end is not None else found


def _place(query: Query) -> Condition:
    place = query.place or ""
    if query.area == "files" and place.startswith("/"):
        inside = "item.place IN (SELECT id FROM place WHERE area = 'files' AND (name = ? OR (name >= ? AND name < ?)))"
        folder = place.rstrip("/")
        return Condition(inside, (folder, folder + "/", folder + "0"))
    keys = sorted({path_key(name) for name in place_names(place, query.area)} - {"/"})
    named = " OR ".join("instr(key, ?)" for _ in keys) or "0"
    return Condition(f"item.place IN (SELECT id FROM place WHERE area = ? AND ({named}))", (query.area, *keys))


def _usual_places(query: Query) -> list[Condition]:
    if query.area != "mail":
        return []
    said = query.words or query.people
    left_out = _UNWANTED if said else _UNWANTED + _WRITTEN
    marks = ", ".join("?" * len(left_out))
    inside = f"item.place NOT IN (SELECT id FROM place WHERE area = 'mail' AND key IN ({marks}))"
    return [Condition(inside, left_out)]


def _takes_part(area: str, role: str | None, who: Person | str) -> Condition:
    """Has a part in it; an event, a task or a file with only the name in its title (or its folder) counts too."""
    found = _part(role, who)
    name = (who.name if isinstance(who, Person) else who) if area != "mail" else ""
    groups = [folding.sought(name)[0]] if isinstance(who, Person) and name.strip() else folding.sought(name)
    return found | full_text("title place" if area == "files" else "title", groups) if groups else found


def _part(role: str | None, who: Person | str) -> Condition:
    known, values = _same(who)
    in_role = " AND role = ?" if role else ""
    inside = f"item.id IN (SELECT item FROM part WHERE person IN (SELECT id FROM person WHERE {known}){in_role})"
    return Condition(inside, (*values, role) if role else values)


def _same(who: Person | str) -> tuple[str, tuple[object, ...]]:
    """Who counts as this person: by address, by full name where one of both has no address, by words of the name."""
    if isinstance(who, Person) and who.address:
        bare = "address = ? COLLATE NOCASE"
        full = len(folding.words(who.name)) > 1
        return (f"{bare} OR name = ? COLLATE NOCASE", (who.address, who.name)) if full else (bare, (who.address,))
    groups = folding.sought(who.name if isinstance(who, Person) else who)
    each = ["(" + " OR ".join("instr(key, ?)" for _ in group) + ")" for group in groups]
    return " AND ".join(each) or "0", tuple(f" {word} " for group in groups for word in sorted(group))
