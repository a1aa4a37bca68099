"""What the daemon and its clients say to each other: one JSON object a line, each line of a bounded length.

    daemon   {"nearhand": 2, "version": "0.1.0", "pid": 4711}                       at once, for a client of any version
    client   {"op": "hello", "protocol": 2, "version": "0.1.0"}
    client   {"op": "do", "id": 1, "text": "bin the drafts", "asks": true}
    daemon   {"id": 1, "card": {...}}   client   {"op": "say", "id": 1, "yes": true}
    daemon   {"id": 1, "reply": {...}}  or  {"id": 1, "error": "a sentence"}  or  {"id": 1, "progress": [...]}
A line that cannot be read is answered with a sentence and changes nothing. Deliberately not here: sockets, and what a
reply or a card looks like on the way (`daemon/protocol_replies.py`, `daemon/protocol_cards.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from nearhand.agent.errors import AgentError

T = TypeVar("T", str, int, bool)

PROTOCOL = 2
"""Raised when a line of today would be misread by a program of yesterday."""
MOST_ASKED = 1 << 20
"""Bytes of a line that a client may send."""
MOST_ANSWERED = 256 << 20
"""Bytes of a line that the daemon may send."""
OPS = frozenset(
    "hello do plan point change undo redo approve reject withdraw rule queue status stop resume quit subscribe sync say"
    .split()
)
_HIGHEST = 2**53

Message: TypeAlias = Mapping[str, object]


class WireError(AgentError):
    """A line that means nothing, or an end where there should have been a line."""

    def __init__(self, text: str, id: int = 0) -> None:
        """`id` is that of the request the line was meant to be, if it could be read."""
        super().__init__(text)
        self.id = id


@dataclass(frozen=True, slots=True)
class Request:
    """One line of a client."""

    op: str
    id: int = 0
    """The client's own number for it; answers carry it. 0 where no answer is needed or everything is meant."""
    text: str = ""
    numbers: tuple[int, ...] = ()
    """Turns of the journal."""
    yes: bool = False
    """The answer to a card; for a request, whether somebody is there to be shown one."""
    protocol: int = 0
    version: str = ""
    plan: str = ""
    """A plan that the person pointed together, or changed on its card."""
    items: tuple[object, ...] = ()
    """What they pointed at, as `protocol_replies.items_written` makes them."""
    ref: str = ""
    """One mail in the Outbox, or one rule."""


def line(message: Message) -> bytes:
    """A message as it is sent; ASCII, so that a line is a line."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def table(data: bytes) -> dict[str, object]:
    """The object in a line; raises WireError."""
    try:
        found = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise WireError("The line is not text in UTF-8, so it was not read.") from None
    except (ValueError, RecursionError):
        raise WireError("The line is not one JSON object, so it was not read.") from None
    if not isinstance(found, dict):
        raise WireError("The line is not one JSON object, so it was not read.")
    return found


def request(data: bytes) -> Request:
    """What a client asks for; raises WireError that says what is wrong with the line."""
    found = table(data)
    number = found.get("id", 0)
    if type(number) is not int or not 0 <= number < _HIGHEST:
        raise WireError("“id” must be a number from 1.")
    try:
        return _request(found, number)
    except WireError as error:
        raise WireError(str(error), number) from None


def _request(found: Message, number: int) -> Request:
    op, text, numbers = _get(found, "op", ""), _get(found, "text", ""), found.get("numbers", [])
    if op not in OPS:
        raise WireError(f"“op” must be one of: {', '.join(sorted(OPS))}.")
    plan, ref, items = _get(found, "plan", ""), _get(found, "ref", ""), found.get("items", [])
    for name, each in (("text", text), ("plan", plan), ("ref", ref)):
        if any("\ud800" <= char <= "\udfff" for char in each):
            raise WireError(f"“{name}” is not text in UTF-8.")
    if not isinstance(numbers, list) or not all(type(n) is int and 0 < n < _HIGHEST for n in numbers):
        raise WireError("“numbers” must be a list of numbers of turns, as `nearhand log` shows them.")
    if not isinstance(items, list):
        raise WireError("“items” must be a list.")
    yes = _get(found, "yes", False) or _get(found, "asks", False)
    protocol, version = _get(found, "protocol", 0), _get(found, "version", "")
    return Request(op, number, text, tuple(numbers), yes, protocol, version, plan, tuple(items), ref)


def _get(found: Message, key: str, default: T) -> T:
    value = found.get(key, default)
    if type(value) is not type(default):
        raise WireError(f"“{key}” must be {_NAMES[type(default)]}.")
    return value


_NAMES = {str: "a text", int: "a number", bool: "true or false"}


class Lines:
    """Cuts what arrives into lines. A line that is too long is dropped up to its end and stands as None."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: bytearray | None = bytearray()
        """The beginning of a line; None while one is dropped."""

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that are complete now."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            if self._add(end):
                yield None
            elif self._held is not None:
                yield bytes(self._held)
            self._held = bytearray()
        if self._add(rest):
            yield None

    def _add(self, part: bytes) -> bool:
        """Keep a part of a line; True if the line has become too long by it."""
        if self._held is None or len(self._held) + len(part) <= self._most:
            if self._held is not None:
                self._held += part
            return False
        self._held = None
        return True


def newer(mine: str, theirs: str) -> bool:
    """Whether the second version is the newer one, as far as the numbers tell."""
    return _numbers(theirs) > _numbers(mine)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isascii() and part.isdigit())
