"""Sees what has changed: hints say when to look, the difference to the last look is the truth, and it is kept on disk.

    hint ─► told ─► scan: look ─ difference ─ settled? ─► seen and event, in one transaction ─► the daemon
So every change becomes one event, whatever dies when. A file is settled when nobody has it open for writing and it has
stood still for a moment. Everything vanishing is taken for an unplugged disk, and nothing is made of it. Deliberately
not here: what an event means for a rule (`rules/run.py`), and watchdog (`connectors/watch.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from nearhand.agent.home import Home
from nearhand.agent.loop import Engine
from nearhand.agent.rules.shelf import Shelf
from nearhand.agent.senses.hints import Hints
from nearhand.agent.senses.places import (
    HasFolders,
    Place,
    arrived,
    concerns,
    finished,
    in_any,
    look,
    mark,
    places_of,
    watched,
)
from nearhand.agent.senses.rests import Rests
from nearhand.agent.senses.settling import Settling
from nearhand.agent.senses.storms import Storms
from nearhand.agent.senses.watch_store import BATCH, Pending, Seen, WatchStore
from nearhand.agent.work import Change, Event, Put
from nearhand.connectors.base import Connector
from nearhand.connectors.errors import ConnectorError, NearhandError
from nearhand.connectors.watch import Blind, Watch

_FEW = 64
"""So many folders are looked at one by one; of more, the whole place is."""
_STORM = 1_000
"""So many hints since the last look, and a place is not listened to but looked at until nothing new comes any more."""
_KEPT = 7 * 86400.0
"""Seconds for which a thing that is gone is still known when it turns up elsewhere."""
_POLL, _SELDOM = timedelta(seconds=60), timedelta(hours=1)
_SLEPT = 5.0
"""Seconds by which the clock may go its own way before it is taken for a suspend."""


def watcher(engine: Engine, now: Callable[[], datetime] | None = None) -> PlaceWatcher:
    """The Watcher of the daemon for one engine."""
    home, store = engine.home, WatchStore(engine.home.profile.watch)
    return PlaceWatcher(home, store, Shelf(engine, store), now or (lambda: home.clock.now))


class PlaceWatcher:
    """Looks after the places that the rules need. `scan` is called by one thread."""

    def __init__(self, home: Home, store: WatchStore, shelf: Shelf, now: Callable[[], datetime]) -> None:
        self.home, self.store, self.problems = home, store, dict[str, str]()
        """Why a place cannot be looked at or watched, by its folder."""
        self._shelf, self._now = shelf, now
        self._told, self._settling = Hints(), Settling()
        self._places: tuple[Place, ...] = ()
        self._known = False
        """Whether the places have been worked out at all."""
        self._due: set[Place] = set()
        """To be looked at wholly."""
        self._hints: dict[Place, set[str]] = {}
        """Folders in which something may have changed, and that could not be looked at at once."""
        self._storms = Storms()
        self._rests = Rests()
        self._looked: dict[Place, float] = {}
        self._handed: dict[Event, list[int]] = {}
        self._put: Put = lambda: None
        self._watch: Watch | None = None
        self._polled: tuple[str, ...] = ()
        self._clocks = time.time() - time.monotonic()
        self._last = time.monotonic()

    def start(self, put: Put) -> None:
        """Begin to watch."""
        self._put = put
        self._watch = Watch(self._hinted)
        self._placed()
        self._due = set(self._places)

    def stop(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.stop()
        self._watch = None
        self.store.close()

    def scan(self) -> Sequence[Event]:
        """What is different and has settled, and what was not dealt with before; a limited number at a time."""
        self._placed()
        told = self._told.take()
        if self._slept() or time.monotonic() - self._last >= self._every().total_seconds():
            self._due = set(self._places)
        for place in self._places:
            here = [each for each in told if concerns(self.home, place, each)]
            inside = self._hints.pop(place, set()).union(here)
            if sum(told[each] for each in here) > _STORM:
                self._calm(place, False)
            if self._held(place):
                self._hints[place] = inside
            elif place in self._due or len(inside) > _FEW or (inside and not place.folder):
                self._look(place, None)
            elif inside := inside | self._settling.folders(place):
                self._look(place, inside)
        return self._handed_out()

    @property
    def waiting(self) -> bool:
        """Whether something has to settle, or to be looked at that could not be at once."""
        return self._settling.waiting or bool(self._due) or any(self._hints.values())

    def next(self) -> datetime | None:
        """When to look again by itself."""
        waits = [max(0.0, self._every().total_seconds() - (time.monotonic() - self._last))]
        for place in self._places:
            if place in self._due or self._hints.get(place):
                waits.append(self._storms.left(place) if place in self._storms else self._rests.left(place))
            elif self._settling.waits(place):
                waits.append(max(self._rests.left(place), self._settling.left().total_seconds()))
        return self._now() + timedelta(seconds=min(waits)) if self._places else None

    def seen(self, events: Sequence[Event]) -> None:
        """These were dealt with."""
        self.store.drop_events([number for event in events for number in self._handed.pop(event, [])])

    # --- places -------------------------------------------------------------------------------------------------------

    def _hinted(self, folder: str) -> None:
        self._told.add(folder)
        self._put()

    def _placed(self) -> None:
        """Look after the places that the rules of now need; what was seen elsewhere is forgotten."""
        wanted = tuple(sorted(places_of((rule.trigger for rule in self._shelf.active()), self.home)))
        if self._known and wanted == self._places:
            return
        self._due = (self._due | (set(wanted) - set(self._places))) & set(wanted)
        self._hints = {place: folders for place, folders in self._hints.items() if place in wanted}
        self._forget(wanted)
        self._known = True
        for place in set(self._places) - set(wanted):
            self._storms.end(place)
        self._places = wanted
        self._listen()

    def _calm(self, place: Place, calm: bool) -> None:
        """Begin to listen to a place, or cease to; either way it is looked at once more."""
        self._due.add(place)
        if calm == (place in self._storms):
            (self._storms.end if calm else self._storms.begin)(place)
            self._listen()

    def _held(self, place: Place) -> bool:
        """Whether a place is not to be looked at yet."""
        rest = self._rests.left(place)
        return not self._storms.lulls(place, watched(self.home, [place]), rest) if place in self._storms else rest > 0

    def _listen(self) -> None:
        calm = [place for place in self._places if place not in self._storms]
        folders = {**watched(self.home, calm), str(self.home.profile.rules): False}
        blind = self._watch.set(folders) if self._watch else [Blind(folder, "") for folder in folders]
        self._polled = tuple(each.folder for each in blind if each.folder != str(self.home.profile.rules))
        self.problems = {each.folder: each.why for each in blind if each.why}

    def _forget(self, wanted: Sequence[Place]) -> None:
        kept = {(place.area, place.name) for place in wanted}
        with self.store.writing():
            for area, name in self.store.places() - kept:
                self.store.drop_place(area, name)
                folder = name.rpartition("/")[0]
                others = [place for place in wanted if place.area == area]
                inside = self.store.seen(area, folder)
                self.store.drop_seen(area, (ref for ref in inside if not any(each.holds(ref) for each in others)))

    def _every(self) -> timedelta:
        """How long to wait between two looks that nobody has hinted at."""
        return _POLL if self._polled or self.problems else _SELDOM

    def _slept(self) -> bool:
        """Whether the machine slept, or somebody set the clock: hints may be lost."""
        clocks = time.time() - time.monotonic()
        jumped, self._clocks = abs(clocks - self._clocks) > _SLEPT, clocks
        return jumped

    # --- looking ------------------------------------------------------------------------------------------------------

    def _look(self, place: Place, folders: set[str] | None) -> None:
        """Compare a place, or some folders in it, with the last look."""
        begun = self._now().timestamp()
        if folders is None:
            self._due.discard(place)
            self._last = time.monotonic()
        try:
            self._compare(place, self.home.need(place.area), folders, begun)
        except (ConnectorError, OSError) as error:
            self.problems[place.folder or place.area] = str(error)
        else:
            self.problems.pop(place.folder or place.area, None)
            self._looked[place] = begun

    def _compare(self, place: Place, connector: Connector, folders: set[str] | None, begun: float) -> None:
        with self._rests.looking(place):
            before = self.store.versions(place.area, place.folder, place.deep)
            whole = folders is None or not place.deep
            there = look(connector, place) if whole else self._partly(connector, place, folders or set(), before)
        if len(before) > 1 and not there:
            why = "everything in it is gone at once, which looks like an unplugged disk; nothing is made of it."
            self.problems[place.folder or place.area] = f"{place.folder or place.area}: {why}"
            return
        if self._is_new(place):
            self._first(place, there, begun)
            return
        gone = [ref for ref in before if ref not in there]
        other = {ref: v for ref, v in there.items() if before.get(ref) != v}
        if place in self._storms:
            self._calm(place, not other)
        ready = self._settling.settled(place, other) if place.area == "files" else other
        if gone or ready:
            self._keep(place, before, ready, gone, begun)

    def _partly(
        self, connector: Connector, place: Place, folders: set[str], before: dict[str, str]
    ) -> dict[str, str]:
        """The last look with these folders of a deep place looked at anew; one that is new is, all the way down."""
        files = cast(HasFolders, connector)
        found: dict[str, str] = {}
        for folder in folders:
            found |= finished(files.children(folder)) if Path(folder).is_dir() else {}
        new = [ref for ref, version in found.items() if ref not in before and version.count(":") == 1]
        for ref in new:
            found |= finished(files.under(ref))
        gone = {ref for ref in before if ref.rpartition("/")[0] in folders and ref not in found}
        kept = {ref: version for ref, version in before.items() if not in_any(ref, gone)} if gone else before
        return kept | found

    def _is_new(self, place: Place) -> bool:
        return (place.area, place.name) not in self.store.places()

    def _first(self, place: Place, there: dict[str, str], begun: float) -> None:
        """The first look at a place: what is there is no news, but for what came after the rule was made."""
        wanting = (rule for rule in self._shelf.active() if place in places_of((rule.trigger,), self.home))
        since = min((rule.since for rule in wanting), default=begun)
        came = {ref: v for ref, v in there.items() if arrived(self.home, place.area, ref) >= since}
        old = {ref: v for ref, v in there.items() if ref not in came}
        with self.store.writing():
            known = self.store.seen(place.area, place.folder)
            fresh = [ref for ref in old if ref not in known]
            first = self.store.next_born(len(fresh))
            self.store.put_seen(place.area, (
                Seen(ref, old[ref], mark(place.area, ref, old[ref]), first + n) for n, ref in enumerate(fresh)
            ))  # fmt: skip
            self.store.add_place(place.area, place.name)
        ready = self._settling.settled(place, came) if place.area == "files" else came
        if ready:
            self._keep(place, {}, ready, [], begun)

    def _keep(self, place: Place, before: dict[str, str], ready: dict[str, str], gone: list[str], now: float) -> None:
        """Remember the difference and queue it, together."""
        area, since = place.area, self._looked.get(place, 0.0)
        with self.store.writing():
            self.store.put_gone(area, gone, now)
            first = self.store.next_born(len(ready))
            marks = {ref: mark(area, ref, version) for ref, version in ready.items()}
            same = self.store.marked(area, [each for ref, each in marks.items() if ref not in before])
            seen, events = [], []
            for number, (ref, version) in enumerate(sorted(ready.items())):  # SQLite takes them twice as fast in order
                others = same.get(marks[ref], ())
                was = self.store.one(area, ref) if ref in before else others and self._elsewhere(area, ref, others)
                born = was.born if was else first + number
                moved = was.ref if was and was.ref != ref else ""
                seen.append(Seen(ref, version, marks[ref], born))
                change = Change.CHANGED if ref in before else Change.NEW
                events.append(Pending(0, area, change, ref, version, moved, born, now, since))
            self.store.put_seen(area, seen)
            self.store.add_events(events)
            self.store.forget_gone(now - _KEPT)
        self.home.index.take(area, {}, gone)

    def _elsewhere(self, area: str, ref: str, same: Sequence[Seen]) -> Seen | None:
        """The same thing where it was before, be that here; None if it is still there too, or was never seen."""
        known = [seen for seen in same if seen.ref != ref or seen.gone is not None]
        return next((seen for seen in known if seen.gone is not None or self._left(area, seen)), None)

    def _left(self, area: str, seen: Seen) -> bool:
        if area == "files":
            return not Path(seen.ref).exists()
        try:
            self.home.need(area).load(seen.ref)
        except NearhandError:
            return True
        return False

    def _handed_out(self) -> Sequence[Event]:
        self._handed = {}
        for each in self.store.events(BATCH):
            at = datetime.fromtimestamp(each.at, self.home.zone)
            event = Event(each.area, Change(each.change), each.ref, each.version, at)
            self._handed.setdefault(event, []).append(each.id)
        return list(self._handed)
