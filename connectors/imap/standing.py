"""The mails that a sync works on while it does so, what became of them, and writing that down.

What was done is written down only when it was done; what failed is left for the next comparison to find again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from nearhand.connectors.errors import ConflictError, ConnectorError
from nearhand.connectors.imap.layout import Layout
from nearhand.connectors.imap.pairing import key_of, wire_size
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.state import Copy, Known, MailState
from nearhand.connectors.imap.sync_types import Counted, Deed, Here, MailPlan, There, Verb, Work, ordered, words
from nearhand.connectors.imap.words import Status
from nearhand.connectors.mail.mailboxes import display
from nearhand.connectors.mail.maildir import Maildir


@dataclass(slots=True)
class MailReport:
    """What a sync did."""

    plan: MailPlan
    counted: Counted = field(default_factory=Counter)
    """What was really done."""
    dropped: Counted = field(default_factory=Counter)
    """What was planned, and is not to be done any more."""
    folders: list[str] = field(default_factory=list)
    """What was made, in words."""
    problems: list[str] = field(default_factory=list)
    """Sentences for the person."""
    stopped: bool = False

    @property
    def done(self) -> Counter[Verb]:
        """How many mails were changed, by kind."""
        found: Counter[Verb] = Counter()
        for (verb, _), count in self.counted.items():
            found[verb] += count
        return found

    @property
    def many(self) -> int:
        """How many folders were made and mails changed; a mail that was marked and moved counts twice."""
        return len(self.folders) + sum(self.counted.values())

    def did(self, works: Iterable[Work], verb: Verb) -> None:
        """Note that one kind of change was made to mails."""
        self.counted.update(words(work, deed) for work in works for deed in work.deeds if deed.verb is verb)

    def drop(self, works: Iterable[Work], verb: Verb) -> None:
        """Note that one kind of change need not be made to mails after all."""
        self.dropped.update(words(work, deed) for work in works for deed in work.deeds if deed.verb is verb)

    def lines(self) -> Iterator[str]:
        """Say what was done, one line for each kind of change and folder."""
        yield from self.folders
        yield from (f"{verb.past.capitalize()}: {mails}" for verb, mails in ordered(self.counted))

    def left(self) -> Iterator[str]:
        """Say what was planned and is not done."""
        for verb, mails in ordered(self.plan.counted() - self.counted - self.dropped):
            yield f"Left for the next sync, to {verb.value}: {mails}"

    def told(self, problem: str) -> None:
        """Note a problem, each only once."""
        if problem not in self.problems:
            self.problems.append(problem)


@dataclass(slots=True)
class Standing:
    """A mail while it is worked on."""

    work: Work
    here: Here | None
    there: There | None
    key: str = ""
    failed: bool = False
    number: int = 0
    """In the state, of a mail that was not known."""

    def deeds(self, verb: Verb) -> Iterator[Deed]:
        """Its changes of one kind."""
        return (deed for deed in self.work.deeds if deed.verb is verb)

    def known(self) -> Known:
        """How both sides stand now, for the state."""
        was, here, there = self.work.known, self.here, self.there
        return Known(
            id=(was.id if was else 0) or self.number,
            folder=here.folder if here else "",
            name=here.name if here else "",
            identity=here.identity if here else "",
            flags=self.work.flags,
            place=there.place if there else "",
            validity=there.validity if there else 0,
            uid=there.uid if there else 0,
            size=there.size if there else 0,
            key=self.key or (was.key if was else ""),
        )


class Boxes:
    """The mailboxes of an account, by the folders that they are here."""

    def __init__(self, session: ImapSession, layout: Layout) -> None:
        self.session, self.layout = session, layout
        self._made: set[str] = set()
        self._selected = ""

    def name(self, folder: str) -> str:
        """What the mailbox of a folder is called on the server."""
        return self.layout.boxes[folder]

    def ensure(self, folder: str) -> None:
        """Make the mailbox of a folder unless it is there."""
        if folder in self.layout.made and folder not in self._made:
            self.session.create(self.name(folder))
            self._made.add(folder)

    def is_new(self, folder: str) -> bool:
        """Whether the server did not have this mailbox when the sync began."""
        return folder in self.layout.made

    def refresh(self, folder: str) -> Status:
        """Select the mailbox of a folder anew, so that what others put there is seen, and say how it stands."""
        self._selected = ""
        stand = self.session.select(self.name(folder))
        self._selected = folder
        return stand

    def go(self, folder: str, standings: Iterable[Standing] = ()) -> None:
        """Select the mailbox of a folder; raises ConflictError if its UIDs mean something else by now."""
        if self._selected != folder:
            self.refresh(folder)
        validity = self.session.validity
        if any(standing.there is not None and standing.there.validity != validity for standing in standings):
            raise ConflictError(f"{display(folder)} was made anew on the server meanwhile. Sync again.")


class Book:
    """What became of the mails."""

    def __init__(self, store: Maildir, state: MailState, report: MailReport, stop: Callable[[], bool]) -> None:
        self.store, self.state, self.report, self.stop = store, state, report, stop
        self.unfinished: set[str] = set()
        """Folders of which something was left undone."""
        self.taken: set[tuple[str, int]] = set()
        """Folder and UID of mails on the server that a move settled, so that they are not fetched as new ones."""

    def intend(self, standing: Standing, size: int) -> None:
        """Write down that a mail is about to go to the server, so that it is recognised there wherever it is moved."""
        if standing.here is not None:
            known = replace(standing.known(), place=standing.here.folder, validity=0, uid=0, size=size)
            standing.number = self.state.intend(known)

    def intend_copies(self, standings: Iterable[Standing], to: str, stand: Status) -> None:
        """Write down which copies are about to be made; `stand` is how the mailbox that gets them stands."""
        copies = []
        for standing in standings:
            was, here = standing.work.known, standing.here
            if was is not None and here is not None and standing.there is not None:
                key = standing.key or was.key
                if not was.id:
                    standing.number = self.state.intend(replace(was, identity=here.identity, key=key))
                number = was.id or standing.number
                copies.append(Copy(number, to, stand.validity, stand.uidnext, key, standing.there.size))
        self.state.intend_copies(copies)

    def save(self, standings: Iterable[Standing]) -> None:
        """Write down how mails stand now; those that failed are left out."""
        done = [standing for standing in standings if not standing.failed]
        gone = [s.work.known.id for s in done if s.work.known and s.here is None and s.there is None]
        self.state.save([self._keyed(standing).known() for standing in done if standing.there is not None], gone)

    def _keyed(self, standing: Standing) -> Standing:
        """A pair that was only now recognised gets its key from the file."""
        was, here = standing.work.known, standing.here
        if not standing.key and here is not None and not (was and was.key):
            with suppress(ConnectorError):
                raw = self.store.read(self.store.find(here.ref))
                standing.key = key_of(raw, wire_size(raw)).strong
        return standing

    def fail(self, standings: Iterable[Standing], why: str = "") -> None:
        """Note that mails could not be worked on, and why if the person should know."""
        for standing in standings:
            standing.failed = True
            self.unfinished.add(standing.work.place)
        if why:
            self.report.told(why)
