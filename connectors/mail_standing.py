"""The mails that a sync works on while it does so, what became of them, and writing that down.

What was done is written down only when it was done; what failed is left for the next comparison to find again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from nearhand.connectors.errors import ConflictError, ConnectorError
from nearhand.connectors.imap import ImapSession
from nearhand.connectors.mail_layout import Layout
from nearhand.connectors.mail_pairing import key_of, wire_size
from nearhand.connectors.mail_state import Known, MailState
from nearhand.connectors.mail_sync_types import Deed, Here, MailPlan, There, Verb, Work
from nearhand.connectors.mailboxes import display
from nearhand.connectors.maildir import Maildir


@dataclass(slots=True)
class MailReport:
    """What a sync did."""

    plan: MailPlan
    done: Counter[Verb] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    """Sentences for the person."""
    stopped: bool = False

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

    def deeds(self, verb: Verb) -> Iterator[Deed]:
        """Its changes of one kind."""
        return (deed for deed in self.work.deeds if deed.verb is verb)

    def known(self) -> Known:
        """How both sides stand now, for the state."""
        was, here, there = self.work.known, self.here, self.there
        return Known(
            id=was.id if was else 0,
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

    def go(self, folder: str, standings: Iterable[Standing] = ()) -> None:
        """Select the mailbox of a folder; raises ConflictError if its UIDs mean something else by now."""
        if self._selected != folder:
            self.session.select(self.name(folder))
            self._selected = folder
        validity = self.session.validity
        if any(standing.there is not None and standing.there.validity != validity for standing in standings):
            raise ConflictError(f"{display(folder)} was made anew on the server meanwhile. Sync again.")


class Book:
    """What became of the mails."""

    def __init__(self, store: Maildir, state: MailState, report: MailReport, stop: Callable[[], bool]) -> None:
        self.store, self.state, self.report, self.stop = store, state, report, stop
        self.unfinished: set[str] = set()
        """Folders of which something was left undone."""

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
