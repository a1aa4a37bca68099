"""Changes mails that both sides know: marks and moves on the server, marks and moves here, setting aside.

Many at a time where the server allows it. What changed under our hands is left for the next comparison; nothing is ever
deleted here. Deliberately not here: mails that only one side has (`imap/transfer.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from nearhand.connectors import atomic
from nearhand.connectors.errors import (
    ConflictError,
    ConnectorError,
    ExistsError,
    LimitError,
    NotFoundError,
    RefusedError,
)
from nearhand.connectors.imap.moves import CopyMoves
from nearhand.connectors.imap.standing import Book, Boxes, Standing
from nearhand.connectors.imap.sync_types import Deed, Here, There, Verb
from nearhand.connectors.imap.words import Status
from nearhand.connectors.mail.maildir import Entry
from nearhand.connectors.mail.maildir_files import flags_of, healed, portable

ASIDE = "nearhand-removed"
"""Folder in the Maildir, no mailbox, for mails that are gone from the server."""
_AT_ONCE = 250
_OnServer = Callable[[str, Deed, list[Standing]], None]


class Changes:
    """The changes of one sync."""

    def __init__(self, boxes: Boxes, book: Book) -> None:
        self._boxes, self._book, self._copies = boxes, book, CopyMoves(boxes, book)

    def run(self, standings: Sequence[Standing]) -> None:
        """Make all of them, then write down how the mails stand."""
        self._there(standings, Verb.MARK_THERE, self._mark_there)
        self._there(standings, Verb.MOVE_THERE, self._move_there)
        self._here(standings)
        self._book.save(standings)

    # --- the server's side ------------------------------------------------------------------------------------------

    def _there(self, standings: Iterable[Standing], verb: Verb, act: _OnServer) -> None:
        """Do one kind of change on the server, many mails at a time."""
        groups: dict[tuple[str, Deed], list[Standing]] = defaultdict(list)
        for standing in standings:
            for deed in standing.deeds(verb):
                if standing.there is not None and not standing.failed:
                    groups[standing.there.place, deed].append(standing)
        for (place, deed), group in groups.items():
            for some in (group[start : start + _AT_ONCE] for start in range(0, len(group), _AT_ONCE)):
                if self._book.stop():
                    self._book.fail(some)
                    continue
                try:
                    self._boxes.go(place, some)
                    act(place, deed, some)
                    self._book.report.did((each.work for each in some if not each.failed), verb)
                except (NotFoundError, LimitError, ConflictError, RefusedError) as error:
                    self._book.fail(some, str(error))

    def _mark_there(self, place: str, deed: Deed, some: list[Standing]) -> None:
        add = deed.add if self._boxes.session.keywords else deed.add.replace("P", "")
        self._boxes.session.mark(_uids(some), add, deed.remove)

    def _move_there(self, place: str, deed: Deed, some: list[Standing]) -> None:
        self._boxes.ensure(deed.to)
        if not self._boxes.session.moves:
            self._copies.move(place, deed.to, some)
            return
        self._book.intend_copies(some, deed.to, Status(0, 0, 0))
        placed = self._boxes.session.move(_uids(some), self._boxes.name(deed.to))
        for standing in some:
            was = standing.there
            uid = placed.uids.get(was.uid, 0) if was else 0
            if was is None or not uid:  # moved by somebody else meanwhile, or the server does not say where to
                self._book.fail([standing])
            else:
                standing.there = There(deed.to, placed.validity, uid, was.flags, was.size, was.when)

    # --- this side --------------------------------------------------------------------------------------------------

    def _here(self, standings: Iterable[Standing]) -> None:
        for standing in standings:
            for deed in standing.work.deeds:
                if standing.failed or standing.here is None or deed.verb not in _HERE:
                    continue
                if self._book.stop():
                    self._book.fail([standing])
                    continue
                try:
                    _HERE[deed.verb](self, standing, standing.here, deed)
                    self._book.report.did([standing.work], deed.verb)
                except (ConflictError, NotFoundError):
                    self._book.fail([standing])  # changed under our hands; the next comparison sees it
                except ConnectorError as error:
                    self._book.fail([standing], str(error))

    def _mark_here(self, standing: Standing, here: Here, deed: Deed) -> None:
        entry = self._book.store.flag(here.ref, here.version, deed.add, deed.remove)
        standing.here = self._as_here(entry)

    def _move_here(self, standing: Standing, here: Here, deed: Deed) -> None:
        name = portable(here.name)
        for unique in (name, *(f"{name}.{number}" for number in range(2, 1000))):
            with suppress(ExistsError):
                standing.here = self._as_here(self._book.store.move(here.ref, here.version, deed.to, unique))
                return

    def _set_aside(self, standing: Standing, here: Here, deed: Deed) -> None:
        entry = self._book.store.find(here.ref)
        folder = self._book.store.root / ASIDE / here.folder.removeprefix(".")
        atomic.make_folders(folder)
        name = healed(here.name)
        for number in range(1, 1000):
            with suppress(ExistsError):
                atomic.move(entry.path, folder / (name if number == 1 else f"{name}.{number}"))
                break
        standing.here = None

    def _as_here(self, entry: Entry) -> Here:
        version = self._book.store.version(entry)
        return Here(entry.folder, entry.unique, version, flags_of(version))


_HERE: dict[Verb, Callable[[Changes, Standing, Here, Deed], None]] = {
    Verb.MARK_HERE: Changes._mark_here,
    Verb.MOVE_HERE: Changes._move_here,
    Verb.SET_ASIDE: Changes._set_aside,
}


def _uids(standings: Iterable[Standing]) -> list[int]:
    return [standing.there.uid for standing in standings if standing.there is not None]


