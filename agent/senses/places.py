"""Which places the rules want looked after, how each is looked at, and what says that a thing is the same elsewhere."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from nearhand.agent.home import Home
from nearhand.agent.rules.trigger import Trigger
from nearhand.connectors.base import Connector
from nearhand.connectors.errors import ConnectorError, NotFoundError

_UNFINISHED = (".part", ".crdownload", ".download", ".partial", ".tmp", ".!ut", ".aria2", ".filepart")
"""Endings of files that another program has not finished; under their last name they are new."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """An area, or a folder of files, that is looked after."""

    area: str
    folder: str = ""
    """An absolute path; "" for the whole area."""
    deep: bool = True
    """Whether all that lies in the folder counts, or only what lies in it directly."""

    @property
    def name(self) -> str:
        """How it is remembered."""
        return f"{self.folder}/{'**' if self.deep else '*'}" if self.folder else ""

    def holds(self, ref: str) -> bool:
        """Whether a ref of this area belongs to it."""
        inside = not self.folder or ref.startswith(f"{self.folder}/")
        return inside and (self.deep or "/" not in ref[len(self.folder) + 1 :])


class HasFolders(Protocol):
    """What the files connector can do beside the protocol."""

    def children(self, ref: str) -> Iterator[tuple[str, str]]: ...
    def under(self, ref: str) -> Iterator[tuple[str, str]]: ...


def places_of(triggers: Iterable[Trigger], home: Home) -> set[Place]:
    """The places that these triggers need, none of them twice."""
    wanted: set[Place] = set()
    for trigger in triggers:
        if trigger.area == "files":
            wanted |= set(_folders(trigger, home))
        elif trigger.area in home.connectors:
            wanted.add(Place(trigger.area))
    return {p for p in wanted if not any(o != p and o.deep and p.folder and _within(p, o) for o in wanted)}


def _within(place: Place, outer: Place) -> bool:
    return outer.area == place.area and f"{place.folder}/".startswith(f"{outer.folder}/")


def _folders(trigger: Trigger, home: Home) -> Iterator[Place]:
    """The folder that a rule names, itself only unless changes are meant; else every root with all inside."""
    named = trigger.query.place if trigger.query else None
    if named:
        yield Place("files", named.rstrip("/"), trigger.on == "changed")
        return
    for root in home.config.files.roots if home.has("files") else ():
        yield Place("files", str(Path(root).resolve()))


def look(connector: Connector, place: Place) -> dict[str, str]:
    """(ref, version) of everything that a place holds now; raises NotFoundError where the folder is gone."""
    if not place.folder:
        return dict(connector.scan())
    files = cast(HasFolders, connector)
    if not Path(place.folder).is_dir():  # a folder that is gone is an error, not an empty one
        raise NotFoundError(f"{place.folder} is not there. Is the disk connected?")
    return finished(files.under(place.folder) if place.deep else files.children(place.folder))


def finished(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Without the files that another program has not finished."""
    return {ref: version for ref, version in found if not ref.lower().endswith(_UNFINISHED)}


def mark(area: str, ref: str, version: str) -> str:
    """What stays the same when a thing is moved: inode with size and time, the unique name of a mail, else its ref."""
    if area == "files":
        return version
    return ref.rpartition("/")[2] if area == "mail" else ref


def arrived(home: Home, area: str, ref: str) -> float:
    """When a thing came to where it is, as far as the disk knows; 0 if it is gone."""
    with suppress(OSError, ConnectorError):
        if area == "files":
            return os.lstat(ref).st_ctime
        if area == "mail":
            return _delivered(ref.rpartition("/")[2], os.lstat(_path(home, area, ref)).st_mtime)
        return os.lstat(_path(home, area, ref)).st_mtime
    return 0.0


def _delivered(unique: str, written: float) -> float:
    """The moment in the unique name of a mail; that of its file where that is the same second, and so more exact."""
    said = unique.partition(".")[0]
    seconds = float(said) if said.isascii() and said.isdigit() and 9 <= len(said) <= 11 else written
    return written if abs(written - seconds) < 2 else seconds


class _Stored(Protocol):
    @property
    def store(self) -> object: ...


def _path(home: Home, area: str, ref: str) -> Path:
    store = cast(_Stored, home.need(area)).store
    if area == "mail":
        return cast(Path, store.find(ref).path)  # type: ignore[attr-defined]
    return cast(Path, store.path(ref))  # type: ignore[attr-defined]


def watched(home: Home, places: Sequence[Place]) -> Mapping[str, bool]:
    """The folders on the disk whose changes say that a place may have changed."""
    found: dict[str, bool] = {}
    for place in places:
        folder = place.folder or _base(home, place.area)
        if folder:
            found[folder] = found.get(folder, False) or place.deep
    return found


def concerns(home: Home, place: Place, folder: str) -> bool:
    """Whether something that has changed in a folder may have changed a place."""
    if place.folder:
        return folder == place.folder or (place.deep and folder.startswith(f"{place.folder}/"))
    base = _base(home, place.area)
    return bool(base) and (folder == base or folder.startswith(f"{base}/"))


def in_any(ref: str, gone: Collection[str]) -> bool:
    """Whether a ref is gone itself, or lies in a folder that is."""
    while ref and ref not in gone:
        ref = ref.rpartition("/")[0]
    return bool(ref)


def _base(home: Home, area: str) -> str:
    config = home.config
    match area:
        case "mail":
            return str(config.mail.maildir) if config.mail else ""
        case "contacts":
            return str(config.contacts.vdir) if config.contacts else ""
    return str(config.calendar.vdir) if config.calendar else ""
