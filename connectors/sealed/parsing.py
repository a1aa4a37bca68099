"""Reading what others wrote, as one table of functions, so that it can be done in a process of its own.

A connector asks a `Parsing` for it: `Here` reads in this process (tests, tools), `Apart` (`parsing_apart.py`) in a
sealed one. Bytes go in, typed values come out, or a ConnectorError. Deliberately not here: opening files, and what is
done with what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import BinaryIO, Generic, Protocol, TypeVar

from nearhand.connectors.base import Item, Person
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.files import archives, documents
from nearhand.connectors.files.archives import Entry
from nearhand.connectors.mail import message
from nearhand.connectors.mail.message import Letter
from nearhand.connectors.vdir import vcards
from nearhand.connectors.vdir.event_items import Place, event_item, occurrence_item
from nearhand.connectors.vdir.ics import read
from nearhand.connectors.vdir.occurrences import named, within
from nearhand.connectors.vdir.task_items import task_item
from nearhand.connectors.vdir.vcards import Card

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Reader(Generic[T_co]):
    """One way to read something, by its name."""

    name: str
    result: object
    """The type that comes out."""
    function: Callable[..., T_co]
    """Takes the bytes (or the open file), and what else the reading depends on."""


class Parsing(Protocol):
    """Whoever does the reading."""

    def read(self, reader: Reader[T], data: bytes | BinaryIO, *rest: object) -> T:
        """What the data says; raises a ConnectorError if it cannot be read."""

    def read_all(self, reader: Reader[T], every: Iterable[bytes]) -> Iterator[T | ConnectorError]:
        """What each says, in order, an error in its place."""


class Here:
    """Reads in this process."""

    def read(self, reader: Reader[T], data: bytes | BinaryIO, *rest: object) -> T:
        return reader.function(data, *rest)

    def read_all(self, reader: Reader[T], every: Iterable[bytes]) -> Iterator[T | ConnectorError]:
        for data in every:
            try:
                yield reader.function(data)
            except ConnectorError as error:
                yield error


HERE = Here()


def _document(data: bytes, name: str) -> str:
    return documents.document_text(name, data)


def _card(data: bytes) -> Card:
    return vcards.read_card(data.decode("utf-8", "surrogateescape"))[1]


def _event(data: bytes, zone: tzinfo, place: Place, me: Person, name: str) -> Item:
    """The item of a file, or of the occurrence of that name in it."""
    file = read(data, zone)
    item = event_item(file, place, me)
    return occurrence_item(item, file, named(file, name), me) if name else item


def _occurrences(data: bytes, zone: tzinfo, item: Item, lower: datetime, upper: datetime, me: Person) -> list[Item]:
    """The items of the occurrences of a series in a window."""
    file = read(data, zone)
    return [occurrence_item(item, file, each, me) for each in within(file, lower, upper).occurrences]


def _calendar(data: bytes, zone: tzinfo) -> str:
    """The kind of a file that can be read; a change reads it again where it is made, knowing now that this ends."""
    return read(data, zone).main.name


def _task(data: bytes, zone: tzinfo, place: Place) -> Item:
    return task_item(read(data, zone), place)


LETTER = Reader("letter", Letter, message.read)
GLIMPSE = Reader("glimpse", str, message.glimpse)
ATTACHMENT = Reader("attachment", bytes, message.attachment_bytes)
INVITATION = Reader("invitation", bytes, message.invitation)
DOCUMENT = Reader("document", str, _document)
CARD = Reader("card", Card, _card)
EVENT = Reader("event", Item, _event)
OCCURRENCES = Reader("occurrences", list[Item], _occurrences)
CALENDAR = Reader("calendar", str, _calendar)
TASK = Reader("task", Item, _task)
ARCHIVE = Reader("archive", list[Entry], archives.entries_in)

_ALL: tuple[Reader[object], ...] = (
    LETTER, GLIMPSE, ATTACHMENT, INVITATION, DOCUMENT, CARD, EVENT, OCCURRENCES, CALENDAR, TASK, ARCHIVE,
)  # fmt: skip
READERS = {reader.name: reader for reader in _ALL}
"""Everything a sealed process can be asked for."""
