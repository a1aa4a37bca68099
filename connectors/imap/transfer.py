"""Brings mails that only one side has to the other: to the server one by one, from the server in batches.

Each mail, or batch, is written down as soon as it has arrived, so a sync that was cut off goes on where it was; the
newest mails are fetched first. A mail that was sent but not written down is recognised by the next comparison.

Deliberately not here: headers before bodies. What that is for, the newest mails at hand at once, whole mails in batches
give as well: of 10,000 the newest 100 were readable, and with it searchable, 3.5 s after a first sync was started, all
of them after 27 s (`tests/bench_imap.py`, two busy cores); and no mail ever lies here without its text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from nearhand.connectors.errors import ConflictError, LimitError, NotFoundError, RefusedError
from nearhand.connectors.imap.pairing import key_of, wire_size
from nearhand.connectors.imap.session import Placed
from nearhand.connectors.imap.standing import Book, Boxes, Standing
from nearhand.connectors.imap.sync_types import Here, There, Verb
from nearhand.connectors.mail.mailboxes import INBOX, SENT, display
from nearhand.connectors.mail.maildir import Entry
from nearhand.connectors.mail.maildir_delivery import Parcel, deliver
from nearhand.connectors.mail.maildir_files import MAX_MESSAGE

BATCH_BYTES = 8 * 1024 * 1024
BATCH_MAILS = 250
Progress = Callable[[int, int], None]
"""Called with how many mails were fetched or sent, of how many."""


class Transfer:
    """The mails that one sync brings from side to side."""

    def __init__(self, boxes: Boxes, book: Book, names: Callable[[There], str], progress: Progress) -> None:
        self._boxes, self._book, self._names, self._progress = boxes, book, names, progress
        self._count = self._total = 0

    def run(self, pushes: Sequence[Standing], pulls: Sequence[Standing]) -> None:
        """Bring all of them, or as many as can be before somebody stops it."""
        self._total = len(pushes) + len(pulls)
        self._push(pushes)
        self._pull(pulls)

    def _push(self, standings: Sequence[Standing]) -> None:
        """Send mails to the server, one at a time, each written down at once."""
        full = False
        for standing in standings:
            if full or self._book.stop():
                self._book.fail([standing])
                continue
            try:
                self._push_one(standing)
            except (LimitError, RefusedError) as error:
                full = isinstance(error, LimitError) and "full" in str(error)
                self._book.fail([standing], str(error))
            except (ConflictError, NotFoundError):
                self._book.fail([standing])
            else:
                self._book.report.did([standing.work], Verb.PUSH)
            self._step(1)

    def _push_one(self, standing: Standing) -> None:
        here = standing.here
        if here is None:
            return
        entry = self._book.store.find(here.ref)
        raw = self._book.store.read(entry)
        size = wire_size(raw)
        key = key_of(raw, size)
        self._boxes.ensure(here.folder)
        placed = self._already(here.folder, key.message_id)
        standing.key = key.strong
        if placed is None:
            self._book.intend(standing, size)
            box, when = self._boxes.name(here.folder), _delivered(here, entry)
            placed = self._boxes.session.append(box, raw, standing.work.flags, when)
        if not placed.uids:
            self._book.fail([standing])  # it is there, but where? The next comparison recognises it
            return
        standing.there = There(here.folder, placed.validity, placed.uids[0], here.flags, size)
        self._book.save([standing])

    def _already(self, folder: str, message_id: str) -> Placed | None:
        """Where a mail is that the server filed under Sent by itself."""
        if not folder.endswith(SENT) or not message_id.isascii() or not message_id or self._boxes.is_new(folder):
            return None
        self._boxes.go(folder)
        found = self._boxes.session.with_message_id(message_id)
        taken = {known.uid for known in self._book.state.mails() if known.place == folder} if found else set()
        return Placed(self._boxes.session.validity, {0: min(found - taken)}) if found - taken else None

    def _pull(self, standings: Sequence[Standing]) -> None:
        by_place: dict[str, list[Standing]] = defaultdict(list)
        for standing in standings:
            if standing.there and (standing.there.place, standing.there.uid) in self._book.taken:
                self._book.report.drop([standing.work], Verb.PULL)
            else:
                by_place[standing.work.place].append(standing)
        for place in sorted(by_place, key=lambda name: (name != INBOX, name)):
            for batch in _batches(sorted(by_place[place], key=_newest)):
                if self._book.stop():
                    self._book.unfinished.add(place)
                    break
                try:
                    self._boxes.go(place, batch)
                    self._pull_some(place, batch)
                except (ConflictError, NotFoundError, RefusedError) as error:
                    self._book.fail(batch, str(error))

    def _pull_some(self, place: str, batch: Sequence[Standing]) -> None:
        """Fetch one batch, deliver it, and write it down."""
        wanted = {standing.there.uid: standing for standing in batch if standing.there}
        large = [uid for uid, standing in wanted.items() if standing.there and standing.there.size > MAX_MESSAGE]
        for uid in large:
            self._book.report.told(f"A mail in {display(place)} is larger than 50 MB. It stays on the server.")
            self._book.report.drop([wanted[uid].work], Verb.PULL)
            self._book.save([wanted.pop(uid)])
        fetched = list(self._boxes.session.bodies(wanted)) if wanted else []
        parcels = []
        for mail in fetched:
            standing = wanted[mail.uid]
            raw = (mail.data or b"").replace(b"\r\n", b"\n")
            standing.key = key_of(raw, standing.there.size if standing.there else 0).strong
            flags = standing.there.flags if standing.there else ""
            parcels.append(Parcel(self._names(standing.there) if standing.there else "", flags, raw))
        placed = deliver(self._book.store, place, parcels)
        arrived = [wanted[mail.uid] for mail in fetched]
        for standing, parcel, (name, version) in zip(arrived, parcels, placed, strict=True):
            standing.here = Here(place, name, version, parcel.flags)
        self._book.save(arrived)
        self._book.report.did([standing.work for standing in arrived], Verb.PULL)
        self._book.fail([standing for uid, standing in wanted.items() if standing.here is None])
        self._step(len(batch))

    def _step(self, count: int) -> None:
        self._count += count
        self._progress(self._count, self._total)


def _newest(standing: Standing) -> tuple[float, int]:
    there = standing.there
    return (-(there.when.timestamp() if there and there.when else 0.0), -(there.uid if there else 0))


def _batches(standings: Iterable[Standing]) -> Iterator[list[Standing]]:
    """Cut into pieces that fit into memory several times over."""
    batch: list[Standing] = []
    size = 0
    for standing in standings:
        own = min(standing.there.size if standing.there else 0, MAX_MESSAGE)
        if batch and (size + own > BATCH_BYTES or len(batch) >= BATCH_MAILS):
            yield batch
            batch, size = [], 0
        batch.append(standing)
        size += own
    if batch:
        yield batch


def _delivered(here: Here, entry: Entry) -> datetime:
    """When a mail came here, by its name or its file."""
    start = here.name.partition(".")[0]
    named = int(start) if start.isdigit() and 9 <= len(start) <= 10 else 0
    try:
        return datetime.fromtimestamp(named or entry.path.lstat().st_mtime, UTC)
    except (ValueError, OverflowError, OSError):  # a year that no calendar has
        return datetime.now(UTC)
