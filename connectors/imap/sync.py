"""Keeps a Maildir and a mail account in step: look at both, compare with the last state, and make them equal.

What was done here offline (moved, marked, trashed, undone) reaches the server by this comparison, so nothing has to be
queued. Deliberately not here: sending (`smtp/session.py`), when to sync (the daemon and `nearhand sync`), and secrets.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.errors import ConflictError
from nearhand.connectors.imap.layout import Layout, layout
from nearhand.connectors.imap.pairing import Pairs, key_of, pair, wire_size
from nearhand.connectors.imap.rest import resting
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.standing import Book, Boxes, MailReport, Standing
from nearhand.connectors.imap.state import Box, Known, MailState
from nearhand.connectors.imap.sync_apply import Changes
from nearhand.connectors.imap.sync_look import Remote, look_here, look_there
from nearhand.connectors.imap.sync_plan import Sides, check_vanished, compare, outdated, sides
from nearhand.connectors.imap.sync_types import Here, Key, MailPlan, There, Verb
from nearhand.connectors.imap.transfer import Progress, Transfer
from nearhand.connectors.imap.unfinished import Half, finish, halves
from nearhand.connectors.mail.mailboxes import TRASH, display
from nearhand.connectors.mail.maildir import Maildir

__all__ = ["MailAccount", "MailReport", "sync_mail"]
_HEADERS = 256 * 1024


@dataclass(frozen=True, slots=True)
class MailAccount:
    """Which part of a Maildir belongs to which account."""

    name: str
    maildir: Path
    state: Path
    """File of the last state; a lock lies beside it."""
    under: str = ""
    """Folder of an account that does not own the whole Maildir: ".work"."""
    others: tuple[str, ...] = ()
    """Folders of other accounts in the same Maildir."""

    @property
    def trash(self) -> str:
        return self.under + TRASH


def sync_mail(
    session: ImapSession,
    account: MailAccount,
    *,
    dry_run: bool = False,
    allow_emptied: bool = False,
    progress: Progress = lambda done, total: None,
    stop: Callable[[], bool] = lambda: False,
    begun: Callable[[MailReport], None] = lambda report: None,
) -> MailReport:
    """Bring both sides in step, or only say what would be done; raises VanishedError when a whole folder is gone.

    `begun` is given the report before anything is done, for whoever wants to know how far a sync came that broke off.
    """
    with _alone(account.state), closing(MailState(account.state)) as state:
        look = _Look(session, account, state, allow_emptied)
        begun_before = state.copies()
        if begun_before and dry_run:
            look.pretend(halves(Boxes(session, look.layout), state))
        elif begun_before:
            finish(Boxes(session, look.layout), state)
            look = _Look(session, account, state, allow_emptied)
        at_rest = look.resting != "" and look.resting == state.rest()
        report = MailReport(MailPlan() if at_rest else look.plan())
        begun(report)
        if not dry_run and not at_rest:
            state.keep_rest(look.resting if report.plan.settled else "")
            _carry_out(look, Book(look.store, state, report, stop), progress)
        return report


def _carry_out(look: _Look, book: Book, progress: Progress) -> None:
    """Do what was planned, in an order in which a crash at any moment loses and doubles nothing."""
    boxes, plan = Boxes(look.session, look.layout), book.report.plan
    for folder in plan.make_here:
        look.store.ensure(folder)
        book.report.folders.append(f"Made the folder {display(folder)} here.")
    for folder in plan.make_there:
        boxes.ensure(folder)
        book.report.folders.append(f"Made the mailbox {display(folder)} on the server.")
    standings = [Standing(work, work.here, work.there) for work in plan.works]
    pushes = [standing for standing in standings if any(standing.deeds(Verb.PUSH))]
    pulls = [standing for standing in standings if any(standing.deeds(Verb.PULL))]
    carried = {*map(id, pushes), *map(id, pulls)}
    Changes(boxes, book).run([standing for standing in standings if id(standing) not in carried])
    Transfer(boxes, book, look.name, progress).run(pushes, pulls)
    book.report.stopped = book.stop()
    if not book.report.stopped:
        stands = {folder: stand for folder, stand in look.remote.stands.items() if folder not in book.unfinished}
        book.state.save_boxes({folder: Box(boxes.name(folder), stand) for folder, stand in stands.items()})


class _Look:
    """One look at both sides."""

    def __init__(self, session: ImapSession, account: MailAccount, state: MailState, allow_emptied: bool) -> None:
        self.session, self._account, self._allow_emptied = session, account, allow_emptied
        self._state, self._boxes = state, state.boxes()
        self.store = Maildir(account.maildir)
        found, self._stands = session.mailboxes()
        mailboxes = {folder: box.mailbox for folder, box in self._boxes.items()}
        self._folders = self.store.folders()
        self.layout: Layout = layout(found, self._folders, mailboxes, account.under, account.others)
        self.resting = resting(self.layout, self._stands, self.store, self._folders)

    @cached_property
    def _known(self) -> list[Known]:
        return self._state.mails()

    @cached_property
    def remote(self) -> Remote:
        """What the server has; asked for only when it matters."""
        return look_there(self.session, self.layout, self._stands, self._known, self._boxes)

    def pretend(self, some: Iterable[Half]) -> None:
        """Look at moves that were cut off as a run would that finishes them: a copy is no mail of its own."""
        found = list(some)
        hidden = {(half.moved.place, half.moved.uid) for half in found if half.alive}
        moved = {half.mail.id: half.moved for half in found if not half.alive}
        self._known = [moved.get(mail.id, mail) for mail in self._known]
        self.remote.mails = [mail for mail in self.remote.mails if (mail.place, mail.uid) not in hidden]

    def name(self, mail: There) -> str:
        """What a mail of the server is called here: the same after a crash."""
        box = self.layout.boxes[mail.place]
        tag = hashlib.sha256(f"{self._account.name}\n{box}".encode()).hexdigest()[:8]
        when = int(mail.when.timestamp()) if mail.when else 0
        return f"{when}.V{mail.validity}U{mail.uid}.{tag}.nearhand"

    def plan(self) -> MailPlan:
        """Compare, asking the server for headers only where they settle something."""
        validity = {folder: stand.validity for folder, stand in self.remote.stands.items()}
        here = look_here(self.store, [folder for folder in self._folders if folder in self.layout.boxes])
        crowded = {mail.place for mail in self.remote.mails}
        emptied = [place for place in validity if place not in crowded] if self._allow_emptied else []
        found = sides(outdated(self._known, validity, emptied), here, self.remote.mails)
        pairs = self._pairs(found)
        if not self._allow_emptied:
            check_vanished(found, pairs, [self._account.trash], self._account.name)
        known = set(self._boxes)
        return MailPlan(
            tuple(folder for folder in self.layout.boxes if folder not in self._folders and folder not in known),
            tuple(folder for folder in sorted(self.layout.made) if folder not in known),
            tuple(compare(found, pairs, self._account.trash)),
        )

    def _pairs(self, found: Sides) -> Pairs:
        unpaired = found.unpaired()
        asked = unpaired.asked_there()
        there = self._keys_there(asked) if asked else {}
        here = {mail: self._key_here(mail) for mail in unpaired.asked_here()} if there else {}
        names = {mail: self.name(mail) for mail in unpaired.fresh_there} if unpaired.fresh_here else {}
        return pair(unpaired, names, here, there)

    def _keys_there(self, mails: list[There]) -> dict[There, Key]:
        found: dict[There, Key] = {}
        for place in sorted({mail.place for mail in mails}):
            some = {mail.uid: mail for mail in mails if mail.place == place}
            self.session.select(self.layout.boxes[place])
            for header in self.session.headers(some):
                found[some[header.uid]] = key_of(header.data or b"", some[header.uid].size)
        return found

    def _key_here(self, mail: Here) -> Key:
        raw = self.store.head(self.store.find(mail.ref), 1 << 26)
        return key_of(raw[:_HEADERS], wire_size(raw))


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the account for one run; raises ConflictError if another process has it."""
    atomic.make_folders(state.parent)
    with state.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConflictError("Another sync of this account is under way. Wait for it to end.") from None
        yield
