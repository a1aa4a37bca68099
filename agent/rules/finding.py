"""From differences and moments to firings: which rules are set off by what, once each, and which must ask first.

Everything that is found at one look is matched together, so that "more than 50 at once" can be seen, and written down
in one transaction. Deliberately not here: running.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from nearhand.agent.effects.journal import Journal
from nearhand.agent.home import Home
from nearhand.agent.rules.firings import Firings, Occasion, Standing
from nearhand.agent.rules.match import matched
from nearhand.agent.rules.shelf import Active, Shelf
from nearhand.agent.rules.times import around, last_due
from nearhand.agent.rules.trigger import STATES_THAT_COME
from nearhand.agent.senses.places import arrived
from nearhand.agent.senses.watch_store import Pending, WatchStore
from nearhand.connectors.base import Item
from nearhand.connectors.mail.maildir_files import identity

_AT_ONCE = 500
_WINDOW = 600.0
"""Seconds in which a rule that keeps being set off is noticed."""
_OFTEN = 4
"""So many times more than it may do at once, within the window, is more than a person would expect."""
_JUMP = 86400.0
_AWAY = frozenset(
    {"files.move", "files.rename", "files.sort", "files.trash", "mail.move", "mail.archive", "mail.trash",
     "calendar.cancel", "tasks.complete", "tasks.remove"}
)  # fmt: skip
"""Actions after which a thing is no longer where, or what, the trigger of another rule says."""


class Finder:
    """Writes down what is set off."""

    def __init__(self, home: Home, journal: Journal, store: WatchStore, shelf: Shelf) -> None:
        self.home, self.journal, self.store, self.shelf = home, journal, store, shelf
        self.firings = Firings(store)
        self._ready: set[str] = set()
        """Keys of rules whose standing matches have been looked at since the program began."""

    # --- what has come ------------------------------------------------------------------------------------------------

    def match(self) -> None:
        """Look at the differences that come next and that no rule has looked at yet, not at all there are: of a great
        many, the first are dealt with before the last are matched."""
        while self.store.short():
            events = self.store.events(_AT_ONCE, unmatched=True)
            for area in sorted({event.area for event in events}):
                self.home.index.take(area, {event.ref: event.version for event in events if event.area == area})
            self.home.forget()
            self.begin()
            found = [each for rule in self.shelf.active() for each in self._set_off(rule, events)]
            self._write(found, [event.id for event in events])

    def in_order(self, found: Sequence[Occasion]) -> Sequence[Occasion]:
        """Rules that leave a thing as it is before those that take it away, so that each of them still finds it."""
        return sorted(found, key=lambda each: self._takes_away(each.rule)) if len(found) > 1 else found

    def _takes_away(self, key: str) -> bool:
        rule = self.shelf.named(key)
        return rule is not None and any(step.action in _AWAY for step in rule.work.steps)

    def begin(self) -> None:
        """Look once, for ever, at what a rule that is new finds already there, when its place has been looked at."""
        new = [r for r in self.shelf.active() if r.key not in self._ready and r.trigger.sort == "come"]
        looked = {area for area, _ in self.store.places()} if new else set()
        for rule in new:
            if rule.trigger.area in looked:
                with self.store.writing():
                    if not self.store.begun(rule.key):
                        self.firings.add(self._standing(rule))
                self._ready.add(rule.key)

    def _standing(self, rule: Active) -> Iterator[Occasion]:
        """What meets a rule when it begins: what waits for its time will have it; of states only new ones count."""
        trigger = rule.trigger
        assert trigger.query is not None
        if trigger.waits or set(trigger.query.states) & STATES_THAT_COME:
            seen = self.store.seen(trigger.area)
            there = matched(self.home, trigger, seen.keys(), later=True) if trigger.waits else {}
            there = there or {item.ref: item for item in self.home.find(trigger.query)}
            for ref, item in there.items():
                if ref not in seen or arrived(self.home, trigger.area, ref) >= rule.since:
                    continue
                each = self._occasion(rule, item, seen[ref].born, None, "new", seen[ref].version)
                if not trigger.waits:
                    yield replace(each, state=Standing.BEFORE)
                elif each.due > rule.since:
                    yield each

    def _set_off(self, rule: Active, events: Sequence[Pending]) -> Iterator[Occasion]:
        trigger = rule.trigger
        if trigger.sort != "come":
            return
        fit = {event.ref: event for event in events if event.area == trigger.area and self._concerns(rule, event)}
        for ref, item in matched(self.home, trigger, fit.keys(), later=True).items() if fit else ():
            event = fit[ref]
            sort = f"changed:{event.version}" if trigger.on == "changed" else "new"
            each = self._occasion(rule, item, event.born, event, sort, event.version)
            yield replace(each, state=Standing.LOOP) if rule.key in each.ancestors.split("\n") else each

    def _concerns(self, rule: Active, event: Pending) -> bool:
        """Whether a rule looks at a difference of this sort at all."""
        trigger = rule.trigger
        if event.since < rule.since and arrived(self.home, event.area, event.ref) < rule.since - 0.05:
            return event.change == "changed" and self._stateful(rule) and event.at >= rule.since
        if event.change == "new":
            return not event.was or self._from_elsewhere(rule, event)
        return trigger.on == "changed" or self._stateful(rule) or event.born >= rule.born

    def _stateful(self, rule: Active) -> bool:
        query = rule.trigger.query
        return query is not None and (bool(set(query.states) & STATES_THAT_COME) or rule.trigger.waits)

    def _from_elsewhere(self, rule: Active, event: Pending) -> bool:
        """Something moved counts as come only where the rule names the place, and it was not there before."""
        place = rule.trigger.query.place if rule.trigger.query else None
        if not place or "in" not in rule.rule.trigger:
            return False
        if event.area == "files":
            return event.was.rpartition("/")[0] != place.rstrip("/")
        return event.was.rpartition("/")[0] != event.ref.rpartition("/")[0]

    def _occasion(
        self, rule: Active, item: Item, born: int, event: Pending | None, sort: str, version: str
    ) -> Occasion:
        now = self.home.clock.now.timestamp()
        due, key = now, f"{rule.key}/{sort}:{item.connector}:{born}"
        if rule.trigger.delay is not None:
            due = (item.when.timestamp() if item.when else now) + rule.trigger.delay.total_seconds()
        elif rule.trigger.waits:
            end = item.end or item.when
            due = (end.timestamp() + (86400 if item.all_day and item.end is None else 0)) if end else 4e12
            key += f":{due:.0f}"
        number = event.id if event else None
        ancestors = "\n".join(self._ancestors(item.connector, item.ref, version))
        return Occasion(
            key, rule.key, number, item.connector, item.ref, version, born, due, ancestors=ancestors, at=now
        )

    def _ancestors(self, area: str, ref: str, version: str) -> list[str]:
        """The rules whose work left this thing here, as it is now."""
        made = self.journal.made(area, ref)
        if made is None or not _same(area, made.version, version):
            return []
        cause = self.journal.entry(made.turn).turn.cause
        if not cause:
            return []
        before = self.firings.get(cause)
        return [cause.partition("/")[0], *(before.ancestors.split("\n") if before and before.ancestors else ())]

    def _write(self, found: Sequence[Occasion], dealt: Sequence[int]) -> None:
        """Keep what is new of it; more of one rule at once than it may do waits for the person."""
        known = self.firings.known([each.id for each in found])
        fresh: defaultdict[str, list[Occasion]] = defaultdict(list)
        for each in found:
            if each.id not in known:
                fresh[each.rule].append(each)
        limits = {rule.key: rule.rule.grant.most for rule in self.shelf.active()}
        with self.store.writing() as base:
            for key, occasions in fresh.items():
                self.firings.add(self._bounded(key, occasions, limits.get(key, 0)))
            base.executemany("UPDATE event SET matched = 1 WHERE id = ?", ((number,) for number in dealt))

    def _bounded(self, key: str, occasions: Sequence[Occasion], most: int) -> Sequence[Occasion]:
        now = self.home.clock.now.timestamp()
        many = sum(each.state is Standing.DUE for each in occasions)
        lately = self.firings.lately(key, now - _WINDOW)
        if many <= most and lately + many <= _OFTEN * most:
            return occasions
        batch = f"{key}/batch:{occasions[0].id.rpartition('/')[2]}"
        return [replace(e, state=Standing.HELD, said=batch) if e.state is Standing.DUE else e for e in occasions]

    # --- moments ------------------------------------------------------------------------------------------------------

    def come(self, now: datetime) -> None:
        """Write down every rule whose moment has come since it was looked at last: once, however long ago that is."""
        timers = self.believed(now)
        for rule in self.shelf.active():
            if rule.trigger.sort == "time":
                self._own_time(rule, now, timers)
            elif rule.trigger.sort == "near":
                with self.store.writing():
                    self.firings.add(self._near(rule, now))

    def believed(self, now: datetime) -> Mapping[str, float]:
        """Up to when each rule's moments are dealt with; what a clock said that was far ahead is not believed."""
        timers, stamp = dict(self.store.timers()), now.timestamp()
        for key in [key for key, last in timers.items() if last > stamp + _JUMP]:
            timers[key] = stamp
            with self.store.writing():
                self.store.set_timer(key, stamp)
        return timers

    def _own_time(self, rule: Active, now: datetime, timers: Mapping[str, float]) -> None:
        since = datetime.fromtimestamp(max(timers.get(rule.key, rule.since), rule.since), self.home.zone)
        due = last_due(rule.trigger, since, now, self.home.clock)
        if due is None:
            return
        key = f"{rule.key}/time:{due.timestamp():.0f}"
        each = Occasion(key, rule.key, None, "time", rule.rule.name, "", 0, due.timestamp(), at=now.timestamp())
        with self.store.writing():
            self.firings.add([each])
            self.store.set_timer(rule.key, due.timestamp())

    def _near(self, rule: Active, now: datetime) -> Iterator[Occasion]:
        for each in around(rule.trigger, self.home, now):
            if each.due <= now < each.gone and each.gone.timestamp() > rule.since:
                key = f"{rule.key}/near:{each.key}"
                yield Occasion(
                    key, rule.key, None, each.item.connector, each.item.ref, each.item.version, 0,
                    each.due.timestamp(), at=now.timestamp(),
                )  # fmt: skip


def _same(area: str, made: str, version: str) -> bool:
    return made == version or (area == "mail" and identity(made) == identity(version))
