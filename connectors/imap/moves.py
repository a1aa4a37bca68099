"""Moves mails on a server that cannot do it by itself: copy, look, and only then mark the originals as deleted.

A copy that is there already, from a run that was cut off or from another Nearhand at this very moment, is taken instead
of making a second one; of two made at once the older stays. No original is given up whose copy was not seen, nor one
that somebody else has changed or moved since it was copied: then the copy is taken back. Which copies are about to be
made is written down first, for `unfinished.py`.

What remains: a server without CONDSTORE and UIDPLUS cannot say who marked an original as deleted, so a program that
moves it elsewhere between two of our commands, the last look and the mark, leaves a copy in both places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from nearhand.connectors.imap.pairing import key_of
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.standing import Book, Boxes, Standing
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
        since = self._boxes.refresh(place).modseq
        groups = self._alive(place, some)
        copies = self._copies(to, groups)
        missing = [each for key, group in groups.items() for each in group[len(copies.get(key, ())) :]]
        made = Status(0, self._stand.uidnext if missing else 0, 0, since)
        if missing:
            self._book.intend_copies(missing, to, self._stand)
            self._boxes.go(place, missing)
            self._boxes.session.copy(_uids(missing), self._boxes.name(to))
            copies = self._copies(to, groups)
        self._withdraw(to, [copy for key, group in groups.items() for copy in copies.get(key, ())[len(group) :]])
        self._give_up(place, to, groups, copies, made)

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
        return alike(self._boxes.session, strange, sizes, groups)

    def _known_in(self, to: str) -> set[int]:
        if to not in self._known:
            self._known[to] = {known.uid for known in self._book.state.mails() if known.place == to}
        return self._known[to] | {uid for folder, uid in self._book.taken if folder == to}

    def _withdraw(self, to: str, extra: Sequence[Fetched]) -> None:
        """Take back what was copied twice."""
        if extra:
            self._book.taken |= {(to, mail.uid) for mail in extra}
            self._boxes.session.remove([mail.uid for mail in extra])

    def _give_up(self, place: str, to: str, groups: _Groups, copies: _Copies, made: Status) -> None:
        """Note where the copies are, and remove the originals.

        `made` has the first UID of the copies that were made just now, and how the originals stood before.
        """
        moved = []
        for key, group in groups.items():
            self._book.fail(group[len(copies.get(key, ())) :])
            moved += list(zip(group, copies.get(key, ()), strict=False))
        if not moved:
            return
        validity = self._boxes.session.validity
        self._book.taken |= {(to, copy.uid) for _, copy in moved}
        self._boxes.go(place, [standing for standing, _ in moved])
        given_up = self._boxes.session.give_up(_uids(standing for standing, _ in moved), made.modseq)
        left = [(each, copy) for each, copy in moved if each.there and each.there.uid not in given_up]
        unwanted = self._unwanted(place, to, left)
        back = [(each, copy) for each, copy in left if each in unwanted]
        self._take_back(to, [copy.uid for _, copy in back if 0 < made.uidnext <= copy.uid])
        self._book.fail(each for each, _ in back)
        for standing, copy in moved:
            if not standing.failed:
                self._note(standing, There(to, validity, copy.uid, copy.flags or "", copy.size, copy.when))

    def _note(self, standing: Standing, there: There) -> None:
        standing.there = there
        if set(there.flags) != set(standing.work.flags) - (set() if self._boxes.session.keywords else {"P"}):
            self._book.fail([standing])  # made before it was marked; the next comparison does that

    def _unwanted(self, place: str, to: str, left: Sequence[tuple[Standing, Fetched]]) -> list[Standing]:
        """Those of the originals that we did not give up whose copy must go: marked since, or moved elsewhere.

        Of the others, another Nearhand has taken our copy for its own, or somebody has deleted them: the copy stays.
        """
        if not left:
            return []
        listed = self._boxes.session.listing_of(_uids(each for each, _ in left))
        flags = {mail.uid: mail.flags or "" for mail in listed if "T" not in (mail.flags or "")}
        changed: list[Standing] = []
        lost: _Groups = defaultdict(list)
        same: list[int] = []
        for each, copy in left:
            uid = each.there.uid if each.there else 0
            if uid not in flags:
                lost[_key(each)].append(each)
            elif set(flags[uid]) != set(copy.flags or ""):
                changed.append(each)
            else:
                same.append(uid)  # touched, but as it was
        if same:
            self._boxes.session.remove(same)
        for folder in sorted(set(self._boxes.layout.boxes) - self._boxes.layout.made - {place, to}):
            for key, found in self._copies(folder, lost).items() if lost else ():
                changed += lost[key][: len(found)]
                del lost[key][: len(found)]
        return changed

    def _take_back(self, to: str, uids: Sequence[int]) -> None:
        """Remove copies that were made just now."""
        if uids:
            self._boxes.go(to)
            self._boxes.session.remove(uids)


def alike(session: ImapSession, uids: Iterable[int], sizes: Collection[int], keys: Collection[str]) -> _Copies:
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
