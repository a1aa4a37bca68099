"""The comparison of here, there and the last state that makes a plan. Pure: no disk, no network, no clock.

A change on one side goes to the other. Flags are merged one by one. A mail moved to two places goes where the server
has it, unless that is the trash; a mail deleted on one side and moved on the other is kept. What is gone from the
server is set aside here, what is gone here goes to the server's trash. Everything of a folder gone is an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nearhand.connectors.imap.pairing import Pairs, Unpaired
from nearhand.connectors.imap.state import Known
from nearhand.connectors.imap.sync_types import Deed, Here, There, VanishedError, Verb, Work
from nearhand.connectors.mail.mailboxes import JUNK, TRASH, display

SHARED = frozenset("DFPRS")
"""Flags that both sides have; \\Deleted is not among them: such a mail counts as gone from the server."""
_MANY = 3
"""From so many mails on, all of them gone is an error."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides, and what is known of their mails."""

    known: Sequence[Known]
    here: Mapping[int, Here]
    """Where known mails are in the Maildir, by their number."""
    there: Mapping[int, There]
    """Where known mails are on the server."""
    fresh_here: Sequence[Here]
    fresh_there: Sequence[There]

    def unpaired(self) -> Unpaired:
        """What the state does not explain."""
        lost = [known for known in self.known if known.id not in self.there]
        return Unpaired(self.fresh_here, self.fresh_there, lost)


def sides(known: Sequence[Known], here: Sequence[Here], there: Sequence[There]) -> Sides:
    """Look the known mails up on both sides."""
    found = _located([mail for mail in known if mail.folder], here)
    taken = set(found.values())
    numbers = {(mail.place, mail.uid): mail for mail in there}
    present = {mail.id: numbers[mail.place, mail.uid] for mail in known if (mail.place, mail.uid) in numbers}
    known_there = set(present.values())
    return Sides(
        known,
        found,
        present,
        [mail for mail in here if mail not in taken],
        [mail for mail in there if mail not in known_there],
    )


def _located(known: Sequence[Known], here: Sequence[Here]) -> dict[int, Here]:
    """Find known mails: where they were, else by their name elsewhere, else by which file they are."""
    free = dict.fromkeys(here)
    found: dict[int, Here] = {}
    for of_known, of_here in (
        (lambda mail: (mail.folder, mail.name), lambda mail: (mail.folder, mail.name)),
        (lambda mail: mail.name, lambda mail: mail.name),
        (lambda mail: mail.identity, lambda mail: mail.identity),
    ):
        waiting = [mail for mail in known if mail.id not in found]
        if not waiting or not free:
            break
        by_mark = {of_here(mail): mail for mail in free}
        for each in waiting:
            mail = by_mark.pop(of_known(each), None)
            if mail is not None:
                found[each.id] = mail
                del free[mail]
    return found


def compare(sides: Sides, pairs: Pairs, trash: str = TRASH) -> list[Work]:
    """Say for every mail what is to be done; raises VanishedError."""
    there = {**sides.there, **pairs.known}
    works = [settled(mail, sides.here.get(mail.id), there.get(mail.id), trash) for mail in sides.known]
    works += [_both(_strangers(here, there), here, there, trash) for here, there in pairs.fresh]
    paired_here = {here for here, _ in pairs.fresh}
    paired_there = {*pairs.known.values(), *(there for _, there in pairs.fresh)}
    works += [_push(None, mail) for mail in sides.fresh_here if mail not in paired_here]
    works += [_pull(None, mail) for mail in sides.fresh_there if mail not in paired_there]
    return [work for work in works if work is not None]


def settled(known: Known, here: Here | None, there: There | None, trash: str = TRASH) -> Work | None:
    """Say what is to be done with one known mail; None if nothing is."""
    if not known.folder:
        return _hidden(known, there)
    if here is not None and there is not None:
        work = _both(known, here, there, trash)
        return work if work.deeds or _behind(known, work) else None
    if here is not None:
        return _gone_there(known, here)
    if there is not None:
        return _gone_here(known, there, trash)
    return Work(known, None, None, forget=True)


def _hidden(known: Known, there: There | None) -> Work | None:
    """A mail that is on the server only, because it was deleted here."""
    if there is None:
        return Work(known, None, None, forget=True)
    return _pull(known, there) if there.place != known.place else None


def _gone_there(known: Known, here: Here) -> Work:
    """Gone from the server: set aside, unless it was moved here or the server counts anew."""
    if not known.uid or here.folder != known.folder:
        return _push(known, here)
    return Work(known, here, None, (Deed(Verb.SET_ASIDE),), here.flags)


def _gone_here(known: Known, there: There, trash: str) -> Work:
    if there.place != known.place:
        return _pull(known, there)
    deeds = () if there.place == trash else (Deed(Verb.MOVE_THERE, trash),)
    return Work(known, None, there, deeds, there.flags)


def _both(known: Known, here: Here, there: There, trash: str) -> Work:
    """On both sides: the same flags, and the same place."""
    flags = _merged(known.flags, here.flags, there.flags)
    place = _place(known, here, there, trash)
    deeds = [
        *_marks(Verb.MARK_THERE, there.flags, flags),
        *_moves(Verb.MOVE_THERE, there.place, place),
        *_marks(Verb.MARK_HERE, here.flags, flags),
        *_moves(Verb.MOVE_HERE, here.folder, place),
    ]
    return Work(known, here, there, tuple(deeds), flags)


def _strangers(here: Here, there: There) -> Known:
    """The state of two mails of which nothing was known: what they have in common."""
    flags = "".join(sorted(set(here.flags) & set(there.flags)))
    return Known(0, there.place, here.name, "", flags, there.place, there.validity, there.uid, there.size, "")


def _merged(base: str, here: str, there: str) -> str:
    old, ours, theirs = set(base), set(here), set(there)
    kept = (old & ours & theirs) | (ours - old) | (theirs - old)
    return "".join(sorted(kept & SHARED))


def _place(known: Known, here: Here, there: There, trash: str) -> str:
    if there.place == known.place or (there.place == trash and here.folder != known.folder):
        return here.folder
    return there.place


def _marks(verb: Verb, now: str, wanted: str) -> Iterator[Deed]:
    has, wants = set(now) & SHARED, set(wanted)
    if has != wants:
        yield Deed(verb, "", "".join(sorted(wants - has)), "".join(sorted(has - wants)))


def _moves(verb: Verb, now: str, wanted: str) -> Iterator[Deed]:
    if now != wanted:
        yield Deed(verb, wanted)


def _behind(known: Known, work: Work) -> bool:
    """Whether the state says something else than both sides."""
    here, there = work.here, work.there
    if here is None or there is None:
        return False
    now = (here.folder, here.name, here.identity, work.flags, there.place, there.validity, there.uid)
    was = (known.folder, known.name, known.identity, known.flags, known.place, known.validity, known.uid)
    return now != was


def _push(known: Known | None, here: Here) -> Work:
    return Work(known, here, None, (Deed(Verb.PUSH, here.folder),), "".join(sorted(set(here.flags) & SHARED)))


def _pull(known: Known | None, there: There) -> Work:
    return Work(known, None, there, (Deed(Verb.PULL, there.place),), there.flags)


def check_vanished(sides: Sides, pairs: Pairs, spared: Iterable[str] = (), account: str = "") -> None:
    """Raise VanishedError if all that was known of a folder is gone on one side; trash and junk may be emptied."""
    skipped = {*spared, TRASH, JUNK}
    there = {**sides.there, **pairs.known}
    counted = [known for known in sides.known if known.folder and known.validity and known.folder not in skipped]
    crowded = {mail.place for mail in (*sides.fresh_there, *there.values())}
    for folder, mails in _by_folder(counted).items():
        if len(mails) < _MANY:
            continue
        if not any(mail.id in sides.here for mail in mails):
            raise VanishedError(_vanished(len(mails), folder, "here", account))
        missing = [mail for mail in mails if mail.id not in there]
        if len(missing) == len(mails) and (mails[0].uid or folder not in crowded):
            raise VanishedError(_vanished(len(mails), folder, "on the server", account))


def _by_folder(known: Iterable[Known]) -> dict[str, list[Known]]:
    found: dict[str, list[Known]] = defaultdict(list)
    for mail in known:
        found[mail.folder].append(mail)
    return found


def _vanished(count: int, folder: str, where: str, account: str) -> str:
    return (
        f"All {count} mails of {display(folder)} are gone {where} since the last sync. Nothing was changed. If it was"
        f" meant: nearhand sync --accept-removal “{account}”"
    )


def outdated(known: Sequence[Known], validity: Mapping[str, int], emptied: Iterable[str] = ()) -> list[Known]:
    """Forget the UIDs of mailboxes that count anew (UIDVALIDITY), but for those that were emptied on purpose."""
    anew = {place: number for place, number in validity.items() if place not in set(emptied)}
    return [replace(mail, uid=0) if anew.get(mail.place, mail.validity) != mail.validity else mail for mail in known]
