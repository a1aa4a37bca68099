"""All calendars and address books of one account: which folder belongs to which collection, and each brought into step.

A collection that is new on one side is made on the other. One that is gone from one side is an error until the person
says that it was meant; then it goes to the trash here, or, unchanged there and kept here in the trash, from the server.
Deliberately not here: passwords, and the entries themselves (`dav/sync.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from nearhand.connectors import atomic
from nearhand.connectors.dav.client import Collection, DavClient
from nearhand.connectors.dav.report import Deed, How, Report, Side
from nearhand.connectors.dav.state import Bound, DavState
from nearhand.connectors.dav.sync import CollectionSync, Tell, quiet
from nearhand.connectors.dav.xml import last_name
from nearhand.connectors.errors import ConnectorError, NetworkError, NotFoundError
from nearhand.connectors.names import clean_name, numbered, shown
from nearhand.connectors.vdir.store import TRASH, Vdir

_ENTRIES = frozenset({"VEVENT", "VTODO"})


@dataclass(frozen=True, slots=True)
class Place:
    """One folder and one collection; either may not be there."""

    folder: str | None = None
    remote: Collection | None = None
    bound: Bound | None = None


class AccountSync:
    """The calendars (kind "c") or the address books (kind "r") of one account."""

    def __init__(
        self,
        account: str,
        kind: str,
        store: Vdir,
        state: DavState,
        client: DavClient,
        takes_new: bool = True,
        tell: Tell = quiet,
    ) -> None:
        """`takes_new`: whether folders that belong to no account yet are made on this one."""
        self._account, self._kind, self._store, self._state, self._client = account, kind, store, state, client
        self._takes_new, self._tell = takes_new, tell

    def run(self, dry: bool = False, accept: Callable[[str], bool] = lambda name: False) -> Report:
        """Bring everything into step, or say what would be done. `accept` names what may vanish.

        A collection that cannot be brought into step is a trouble of the report; the others go on.
        """
        report = Report()
        for place in self._places():
            try:
                report.add(self._one(place, dry, accept))
            except NetworkError:
                raise
            except ConnectorError as error:
                report.troubles.append(str(error))
        return report

    def _one(self, place: Place, dry: bool, accept: Callable[[str], bool]) -> Report:
        report = Report()
        if place.bound is not None and (place.remote is None or not self._there(place.bound.folder)):
            return self._vanished(place, dry, accept)
        if place.remote is None:
            place = self._made_there(place, report, dry)
        elif place.folder is None:
            place = self._made_here(place, report, dry)
        if place.remote is None or place.folder is None:
            return report
        bound = place.bound or self._bind(place.folder, place.remote, dry)
        named = self._named(place.folder, place.remote)
        sync = CollectionSync(self._store, self._state, self._client, bound, named, self._tell)
        allowed = accept(named.name)
        report.add(sync.plan(allowed) if dry else sync.run(allowed))
        return report

    def _named(self, folder: str, remote: Collection) -> Collection:
        """The collection under the name that the person knows here."""
        return replace(remote, name=self._store.display(folder) if folder else remote.name)

    def _there(self, folder: str) -> bool:
        return not folder or self._store.exists(folder)

    # --- which belongs to which -------------------------------------------------------------------------------------

    def _places(self) -> Iterator[Place]:
        """Every folder and every collection once."""
        remotes = {each.href: each for each in self._client.collections(self._kind) if self._holds(each)}
        for bound in self._state.bound(self._account, self._kind):
            yield Place(bound.folder, remotes.pop(bound.href, None), bound)
        free = self._free_folders()
        for remote in remotes.values():
            folder = self._folder_for(remote, free)
            if folder is not None:
                free.remove(folder)
            yield Place(folder, remote)
        if self._takes_new:
            yield from (Place(folder) for folder in free)

    def _holds(self, remote: Collection) -> bool:
        return self._kind == "r" or not remote.holds or bool(remote.holds & _ENTRIES)

    def _free_folders(self) -> list[str]:
        """Folders that belong to no account; the root itself if entries lie in it."""
        taken = self._state.taken(self._kind)
        loose = [""] if next(self._store.files(""), None) else []
        return [folder for folder in (*loose, *self._store.collections()) if folder not in taken]

    def _folder_for(self, remote: Collection, free: list[str]) -> str | None:
        """The folder that is meant by the name of a collection; entries in the root belong to the first."""
        wanted = {remote.name.casefold(), last_name(remote.href).casefold()}
        for folder in filter(None, free):
            if {folder.casefold(), self._store.display(folder).casefold()} & wanted:
                return folder
        return "" if "" in free else None

    def _bind(self, folder: str, remote: Collection, dry: bool) -> Bound:
        if dry:
            return Bound(0, self._kind, folder, remote.href)
        return self._state.bind(self._account, self._kind, folder, remote.href)

    # --- new ones ---------------------------------------------------------------------------------------------------

    def _made_here(self, place: Place, report: Report, dry: bool) -> Place:
        assert place.remote is not None
        title = place.remote.name.rpartition("/")[2] or last_name(place.remote.href)
        folder, number = clean_name(title, "calendar"), 1
        base = folder
        while self._store.exists(folder):
            number += 1
            folder = numbered(base, number)
        report.deeds.append(Deed(Side.HERE, "new", f"the folder {shown(folder)}", shown(title), _how(dry)))
        if not dry:
            self._store.make(folder)
            if folder != title:
                atomic.create(self._store.root / folder / "displayname", title.encode())
        return replace(place, folder=folder)

    def _made_there(self, place: Place, report: Report, dry: bool) -> Place:
        folder = place.folder or ""
        title = self._store.display(folder) if folder else ("Calendar" if self._kind == "c" else "Contacts")
        what = "calendar" if self._kind == "c" else "address book"
        report.deeds.append(Deed(Side.SERVER, "new", f"the {what} {shown(title)}", shown(title), _how(dry)))
        if dry:
            entries = [ref for ref, _ in self._store.files(folder)]
            report.deeds += [Deed(Side.SERVER, "new", shown(ref), shown(title), How.PLANNED) for ref in entries]
            return place
        href = self._client.make(self._kind, _address(folder or title), title)
        return replace(place, remote=Collection(href, self._kind, title))

    # --- gone ones --------------------------------------------------------------------------------------------------

    def _vanished(self, place: Place, dry: bool, accept: Callable[[str], bool]) -> Report:
        """Tell that one side is gone altogether; pass it on only when the person has said so."""
        bound, here = place.bound, self._there(place.folder or "")
        assert bound is not None
        name = shown(place.remote.name if place.remote else self._store.display(bound.folder))
        if not here and place.remote is None:
            if not dry:
                self._state.unbind(bound)
            return Report()
        side = Side.HERE if here else Side.SERVER
        if not accept(place.remote.name if place.remote else bound.folder):
            gone, kept = ("from the server", "here") if here else ("here", "on the server")
            raise NotFoundError(
                f"“{name}” is gone {gone}, so it was left alone {kept}. If it was meant: "
                f"nearhand sync --accept-removal “{name}”"
            )
        deed = Deed(side, "removed", f"all of {name}", name, _how(dry))
        if not dry:
            if here:
                self._store.move(bound.folder, self._store.version(bound.folder), self._trash(bound.folder))
            else:
                self._remove_there(bound, name)
            self._state.unbind(bound)
        return Report([deed])

    def _trash(self, folder: str) -> str:
        return self._store.trash_entry(folder, self._store.version(folder))

    def _remove_there(self, bound: Bound, name: str) -> None:
        """Empty and remove a collection on the server, if it holds just what was here and all of it is kept."""
        pairs = {each.pair.href: each.pair for each in self._state.agreed(bound)}
        there = self._client.changes(bound.href, "").etags
        if any(href not in pairs or pairs[href].etag != etag for href, etag in there.items()):
            raise ConnectorError(f"“{name}” has changed on the server since, so it stays. Look at it there first.")
        self._keep_copies(bound)
        self._client.remove_collection(bound.href)

    def _keep_copies(self, bound: Bound) -> None:
        """Write what the server had into the trash, unless the whole folder lies there already."""
        with suppress(OSError):
            if any(each.name.startswith(f"{bound.folder}.") for each in (self._store.root / TRASH).iterdir()):
                return
        for each in self._state.agreed(bound):
            self._store.throw_away(each.pair.ref, self._state.base(bound, each.pair.ref))


def _how(dry: bool) -> How:
    return How.PLANNED if dry else How.DONE


def _address(title: str) -> str:
    """The last part of the address of a new collection: plain letters, and a mark where some were lost."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in title.lower()).strip("-")
    return plain if plain == title.lower() else f"{plain or 'list'}-{hashlib.sha256(title.encode()).hexdigest()[:6]}"
