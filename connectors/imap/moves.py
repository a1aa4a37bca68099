"""Moves mails on a server that cannot do it by itself: copy, look, and only then mark the originals as deleted.

A copy that is there already, from a run that was cut off or from another Nearhand at this very moment, is taken instead
of making a second one; of two made at once the older stays. No original is given up whose copy was not seen. Which
copies are about to be made is written down first: after a run that was cut off `finish` looks for them, so that a mail
that was moved on in the meantime is not doubled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from nearhand.connectors.errors import NotFoundError, RefusedError
from nearhand.connectors.imap.pairing import key_of
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.standing import Book, Boxes, Standing
from nearhand.connectors.imap.state import Copy, Known, MailState
from nearhand.connectors.imap.sync_types import There
from nearhand.connectors.imap.words import Fetched, Status

_Groups = dict[str, list[Standing]]
_Copies = dict[str, list[Fetched]]


class CopyMoves:
    """The moves of one sync."""

    def __init__(self, boxes: Boxes, book: Book) -> None:
        self._boxes, self._book = boxes, book
        self._known: dict[str, set[int]] = {}
        self._stand = Status(0, 0, 0)
        """How the mailbox stands in which copies were looked for last."""

    def move(self, place: str, to: str, some: Sequence[Standing]) -> None:
        """Move mails of one mailbox to another; those that are gone or changed meanwhile are left as failed."""
        groups = self._alive(place, some)
        copies = self._copies(to, groups)
        missing = [each for key, group in groups.items() for each in group[len(copies.get(key, ())) :]]
        if missing:
            self._book.intend_copies(missing, to, self._stand)
            self._boxes.go(place, missing)
            self._boxes.session.copy(_uids(missing), self._boxes.name(to))
            copies = self._copies(to, groups)
        self._withdraw(to, [copy for key, group in groups.items() for copy in copies.get(key, ())[len(group) :]])
        self._give_up(place, to, groups, copies)

    def _alive(self, place: str, some: Sequence[Standing]) -> _Groups:
        """The mails that are still there, by what is in them."""
        session = self._boxes.session
        alive = session.living(_uids(some))
        there = [each for each in some if each.there and each.there.uid in alive]
        self._book.fail([each for each in some if not each.there or each.there.uid not in alive])
        nameless = {each.there.uid: each for each in there if each.there and not _key(each)}
        for header in session.headers(nameless):
            standing = nameless[header.uid]
            standing.key = key_of(header.data or b"", standing.there.size if standing.there else 0).strong
        groups: _Groups = defaultdict(list)
        for each in there:
            groups[_key(each)].append(each)
        return groups

    def _copies(self, to: str, groups: _Groups) -> _Copies:
        """What the other mailbox has of these mails, and no state knows; the oldest first."""
        self._stand = self._boxes.refresh(to)
        strange = self._boxes.session.living() - self._known_in(to)
        sizes = {each.there.size for group in groups.values() for each in group if each.there}
        return _alike(self._boxes.session, strange, sizes, groups)

    def _known_in(self, to: str) -> set[int]:
        if to not in self._known:
            self._known[to] = {known.uid for known in self._book.state.mails() if known.place == to}
        return self._known[to] | {uid for folder, uid in self._book.taken if folder == to}

    def _withdraw(self, to: str, extra: Sequence[Fetched]) -> None:
        """Take back what was copied twice."""
        if extra:
            self._book.taken |= {(to, mail.uid) for mail in extra}
            self._boxes.session.remove([mail.uid for mail in extra])

    def _give_up(self, place: str, to: str, groups: _Groups, copies: _Copies) -> None:
        """Note where the copies are, and remove the originals."""
        moved = []
        for key, group in groups.items():
            self._book.fail(group[len(copies.get(key, ())) :])
            moved += list(zip(group, copies.get(key, ()), strict=False))
        if not moved:
            return
        validity = self._boxes.session.validity
        self._book.taken |= {(to, copy.uid) for _, copy in moved}
        self._boxes.go(place, [standing for standing, _ in moved])
        self._boxes.session.remove(_uids(standing for standing, _ in moved))
        unkept = set() if self._boxes.session.keywords else {"P"}
        for standing, copy in moved:
            standing.there = There(to, validity, copy.uid, copy.flags or "", copy.size, copy.when)
            if set(copy.flags or "") != set(standing.work.flags) - unkept:
                self._book.fail([standing])  # made before it was marked; the next comparison does that


def finish(boxes: Boxes, state: MailState) -> None:
    """Take note of the moves of a run that was cut off, so that they do not pass for somebody else's.

    Where a server cannot move by itself and there is a copy that the run made, the original is given up.
    """
    known = {mail.id: mail for mail in state.mails()}
    pending: dict[str, list[Copy]] = defaultdict(list)
    for copy in state.copies():
        pending[copy.folder].append(copy)
    for folder, copies in pending.items():
        with suppress(NotFoundError, RefusedError):  # the next sync tries again
            if folder in boxes.layout.boxes and not boxes.is_new(folder):
                _finish_in(boxes, state, folder, copies, known)
            state.settle(copy.mail for copy in copies)


def _finish_in(
    boxes: Boxes, state: MailState, folder: str, copies: Sequence[Copy], known: Mapping[int, Known]
) -> None:
    stand = boxes.refresh(folder)
    ours = [copy for copy in copies if copy.validity in (0, stand.validity) and copy.mail in known]
    taken = {mail.uid for mail in known.values() if mail.place == folder}
    oldest = min((copy.uidnext for copy in ours), default=0)
    strange = {uid for uid in boxes.session.living() - taken if uid >= oldest} if ours else set[int]()
    found = _alike(boxes.session, strange, {copy.size for copy in ours}, {copy.key for copy in ours})
    made = [(known[copy.mail], found[copy.key].pop(0).uid) for copy in ours if found.get(copy.key)]
    for place in sorted({mail.place for mail, _ in made} - {folder}):
        there = {mail: uid for mail, uid in made if mail.place == place}
        alive = _alive_in(boxes, place, there)
        if alive and not boxes.session.moves:
            boxes.session.remove(mail.uid for mail in alive)
        moved = [mail for mail in there if not (boxes.session.moves and mail in alive)]
        state.save(replace(mail, place=folder, validity=stand.validity, uid=there[mail]) for mail in moved)


def _alive_in(boxes: Boxes, place: str, mails: Collection[Known]) -> set[Known]:
    """Those of some mails that are where they were; goes there."""
    if place not in boxes.layout.boxes or boxes.is_new(place):
        return set()
    boxes.go(place)
    living = boxes.session.living()
    return {mail for mail in mails if mail.uid in living and mail.validity == boxes.session.validity}


def _alike(session: ImapSession, uids: Iterable[int], sizes: Collection[int], keys: Collection[str]) -> _Copies:
    """Those of some mails of the mailbox that have one of these keys, the oldest first."""
    listed = {mail.uid: mail for mail in session.listing_of(uids) if mail.size in sizes}
    found: _Copies = defaultdict(list)
    for header in sorted(session.headers(listed), key=lambda each: each.uid):
        mail = listed[header.uid]
        key = key_of(header.data or b"", mail.size).strong
        if key in keys:
            found[key].append(mail)
    return found


def _key(standing: Standing) -> str:
    return standing.key or (standing.work.known.key if standing.work.known else "")


def _uids(standings: Iterable[Standing]) -> list[int]:
    return [standing.there.uid for standing in standings if standing.there is not None]
