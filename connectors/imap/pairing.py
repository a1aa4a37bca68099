"""Which mail here is which mail there when no state says so: after a move elsewhere, a crash, or a lost state. Pure.

A mail is recognised by its size on the wire and the digest of all its headers, in Sent also by its Message-ID (servers
file a copy of their own). Pairs are one to one; what two identical mails are called does not matter.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from nearhand.connectors.imap.state import Known
from nearhand.connectors.imap.sync_types import Here, Key, There
from nearhand.connectors.mail.mailboxes import SENT

K = TypeVar("K")
V = TypeVar("V")

_BLANK = re.compile(rb"\r?\n\r?\n")
_ID = re.compile(rb"^Message-ID:\s*<([^<>\s]{1,400})>", re.IGNORECASE | re.MULTILINE)


def key_of(header: bytes, size: int) -> Key:
    """Make the key of a mail from its headers, or from all of it, and its size on the wire."""
    head = _BLANK.split(header, maxsplit=1)[0].replace(b"\r\n", b"\n").strip()
    found = _ID.search(head)
    return Key(f"{size}-{hashlib.sha256(head).hexdigest()[:40]}", found[1].decode("ascii", "replace") if found else "")


def wire_size(raw: bytes) -> int:
    """How many bytes a mail has with the line ends of the wire."""
    return len(raw) + raw.count(b"\n") - raw.count(b"\r\n")


@dataclass(frozen=True, slots=True)
class Unpaired:
    """What the state does not explain."""

    fresh_here: Sequence[Here]
    fresh_there: Sequence[There]
    lost: Sequence[Known]
    """Known mails that are not on the server where they were."""

    def asked_there(self) -> list[There]:
        """Mails on the server whose headers could settle something."""
        places = {here.folder for here in self.fresh_here} | {known.place for known in self.lost if not known.uid}
        sizes = {known.size for known in self.lost}
        return [there for there in self.fresh_there if there.place in places or there.size in sizes]

    def asked_here(self) -> list[Here]:
        """Mails here whose headers could settle something."""
        places = {there.place for there in self.fresh_there}
        return [here for here in self.fresh_here if here.folder in places]


@dataclass(frozen=True, slots=True)
class Pairs:
    """What belongs together."""

    known: Mapping[int, There]
    """Where known mails are on the server now, by their number."""
    fresh: Sequence[tuple[Here, There]]
    """Mails that are on both sides and were not known."""


def pair(
    unpaired: Unpaired, names: Mapping[There, str], here: Mapping[Here, Key], there: Mapping[There, Key]
) -> Pairs:
    """Find pairs; `names` says what each mail of the server is called once it was fetched."""
    free = dict.fromkeys(unpaired.fresh_there)
    fresh = _by_name(unpaired.fresh_here, names, free)
    known = _lost(unpaired.lost, there, free)
    done = {mail for mail, _ in fresh}
    rest = [mail for mail in unpaired.fresh_here if mail not in done and mail in here]
    return Pairs(known, [*fresh, *_by_key(rest, here, there, free)])


def _by_name(fresh: Iterable[Here], names: Mapping[There, str], free: dict[There, None]) -> list[tuple[Here, There]]:
    """A file that was fetched right before a crash bears the name of its mail, wherever it has been moved since."""
    called = {names[mail]: mail for mail in free if mail in names}
    found = [(mail, called.pop(mail.name)) for mail in fresh if mail.name in called]
    for _, mail in found:
        del free[mail]
    return found


def _lost(lost: Iterable[Known], there: Mapping[There, Key], free: dict[There, None]) -> dict[int, There]:
    """Known mails that turn up elsewhere, or in the same mailbox under another number."""
    by_key = _grouped((there[mail].strong, mail) for mail in free if mail in there)
    found: dict[int, There] = {}
    waiting = sorted(lost, key=lambda known: known.id)
    for same_place in (True, False):
        for known in waiting:
            if known.id in found:
                continue
            some = by_key.get(known.key, [])
            chosen = next((m for m in some if (m.place == known.place) or not same_place), None)
            if chosen is not None:
                some.remove(chosen)
                found[known.id] = chosen
                del free[chosen]
    return found


def _by_key(
    rest: Iterable[Here], here: Mapping[Here, Key], there: Mapping[There, Key], free: dict[There, None]
) -> list[tuple[Here, There]]:
    by_key = _grouped(((mail.place, _mark(mail.place, there[mail])), mail) for mail in free if mail in there)
    found = []
    for mail in rest:
        some = by_key.get((mail.folder, _mark(mail.folder, here[mail])), [])
        if some:
            found.append((mail, some.pop(0)))
            del free[found[-1][1]]
    return found


def _mark(place: str, key: Key) -> str:
    return f"id {key.message_id}" if place.endswith(SENT) and key.message_id else key.strong


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
