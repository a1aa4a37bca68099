"""What the comparison of a Maildir with an account works on, and what it finds. Values only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.imap.state import Known
from nearhand.connectors.mail.mailboxes import display
from nearhand.connectors.mail.maildir_files import identity


class VanishedError(ConnectorError):
    """Everything that was known of a folder is gone on one side; nothing was passed on."""


@dataclass(frozen=True, slots=True)
class Here:
    """A mail in the Maildir."""

    folder: str
    name: str
    version: str
    flags: str

    @property
    def identity(self) -> str:
        return identity(self.version)

    @property
    def ref(self) -> str:
        return f"{self.folder}/{self.name}"


@dataclass(frozen=True, slots=True)
class There:
    """A mail on the server; its place is the folder that its mailbox is here."""

    place: str
    validity: int
    uid: int
    flags: str
    size: int = 0
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What two copies of one mail have in common."""

    strong: str
    """Its size on the wire and the digest of its headers."""
    message_id: str = ""


class Verb(Enum):
    """What is to be done with one mail, in the order in which it is done."""

    MARK_THERE = "mark on the server"
    MOVE_THERE = "move on the server"
    MARK_HERE = "mark here"
    MOVE_HERE = "move here"
    SET_ASIDE = "set aside here (gone from the server)"
    PUSH = "copy to the server"
    PULL = "fetch from the server"

    @property
    def past(self) -> str:
        """The same as something that was done."""
        first, space, rest = self.value.partition(" ")
        return f"{_PAST[first]}{space}{rest}"


_PAST = {"mark": "marked", "move": "moved", "set": "set", "copy": "copied", "fetch": "fetched"}
Counted = Counter[tuple[Verb, str]]
"""How many mails, by kind of change and by folder as the person reads it."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One change of one mail on one side."""

    verb: Verb
    to: str = ""
    """Folder."""
    add: str = ""
    remove: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """One mail about which the sides differ, or the state is behind."""

    known: Known | None
    here: Here | None
    there: There | None
    deeds: tuple[Deed, ...] = ()
    flags: str = ""
    """What both sides have in the end."""
    forget: bool = False
    """Whether it is on neither side any more."""

    @property
    def place(self) -> str:
        """The folder that this is about."""
        if self.there is not None:
            return self.there.place
        return self.known.place if self.known else self.here.folder if self.here else ""


@dataclass(frozen=True, slots=True)
class MailPlan:
    """Everything that would make both sides equal."""

    make_here: tuple[str, ...] = ()
    """Folders."""
    make_there: tuple[str, ...] = ()
    works: tuple[Work, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing changes on either side; the state may still be behind."""
        return not (self.make_here or self.make_there or any(work.deeds for work in self.works))

    @property
    def settled(self) -> bool:
        """Whether both sides and the state agree in everything."""
        return not (self.make_here or self.make_there or self.works)

    @property
    def many(self) -> int:
        """How many folders are to be made and mails changed; a mail that is marked and moved counts twice."""
        return len(self.make_here) + len(self.make_there) + sum(self.counted().values())

    def lines(self) -> Iterator[str]:
        """Say it in words, one line for each kind of change and folder."""
        yield from (f"Make the folder {display(folder)} here." for folder in self.make_here)
        yield from (f"Make the mailbox {display(folder)} on the server." for folder in self.make_there)
        yield from (f"{verb.value.capitalize()}: {mails}" for verb, mails in ordered(self.counted()))

    def counted(self) -> Counted:
        """How many mails are to be changed."""
        return Counter(words(work, deed) for work in self.works for deed in work.deeds)


def ordered(counted: Counted) -> Iterator[tuple[Verb, str]]:
    """Each kind of change with how many mails of which folder, in the order in which they are done."""
    for (verb, where), count in sorted(counted.items(), key=lambda each: list(Verb).index(each[0][0])):
        yield verb, f"{count} mail{'s' if count > 1 else ''} ({where})."


def words(work: Work, deed: Deed) -> tuple[Verb, str]:
    """What kind of change of which folder this is."""
    here = work.here.folder if work.here else work.place
    match deed.verb:
        case Verb.MOVE_HERE:
            return deed.verb, f"{display(here)} to {display(deed.to)}"
        case Verb.MOVE_THERE:
            return deed.verb, f"{display(work.place)} to {display(deed.to)}"
        case Verb.MARK_HERE | Verb.SET_ASIDE:
            return deed.verb, display(here)
        case Verb.MARK_THERE:
            return deed.verb, display(work.place)
        case _:
            return deed.verb, display(deed.to)
