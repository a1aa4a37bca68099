"""Which mailbox of a server is which folder of the Maildir. Pure: names in, pairs out.

Special folders go by what the server says they are for (SPECIAL-USE), else by their usual names. Views of mail that
lies elsewhere too ("All Mail", "Starred", "Important") are left out, and so is the Outbox. A pair that was known stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nearhand.connectors.imap.words import Mailbox
from nearhand.connectors.mail import mailboxes
from nearhand.connectors.mail.mailboxes import ARCHIVE, DRAFTS, INBOX, JUNK, OUTBOX, SENT, TRASH

_ROLES = {"\\sent": SENT, "\\drafts": DRAFTS, "\\trash": TRASH, "\\archive": ARCHIVE, "\\junk": JUNK}
_VIEWS = frozenset({"\\all", "\\flagged", "\\important"})
_USUAL = {
    "sent": SENT, "sent items": SENT, "sent messages": SENT, "sent mail": SENT, "drafts": DRAFTS, "draft": DRAFTS,
    "trash": TRASH, "deleted items": TRASH, "deleted messages": TRASH, "bin": TRASH, "junk": JUNK, "spam": JUNK,
    "junk e-mail": JUNK, "bulk mail": JUNK, "archive": ARCHIVE, "archives": ARCHIVE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """The pairs of one account."""

    boxes: Mapping[str, str]
    """Folder to mailbox."""
    made: frozenset[str]
    """Folders whose mailbox is not on the server yet."""

    def folder(self, mailbox: str) -> str | None:
        """The folder of a mailbox; None if it is left out."""
        return next((folder for folder, box in self.boxes.items() if box == mailbox), None)


def layout(
    found: Iterable[Mailbox],
    folders: Iterable[str],
    known: Mapping[str, str],
    under: str = "",
    others: Iterable[str] = (),
) -> Layout:
    """Pair mailboxes with folders; `under` is the folder of an account that does not own the whole Maildir."""
    boxes = [box for box in found if not box.attributes & _VIEWS]
    names = {box.name for box in boxes}
    pairs = {folder: name for folder, name in known.items() if name in names}
    taken = set(pairs.values())
    for box, folder in [*_by_role(boxes), *_by_name(boxes)]:
        if box.name not in taken:
            pairs[_free(_under(folder, under), pairs)] = box.name
            taken.add(box.name)
    return _with_new(pairs, boxes, folders, known, under, tuple(others))


def _by_role(boxes: list[Mailbox]) -> list[tuple[Mailbox, str]]:
    said = [(box, _ROLES[role]) for box in boxes for role in sorted(box.attributes & set(_ROLES))]
    roles = {folder for _, folder in said}
    usual = [(box, _USUAL[_last(box).casefold()]) for box in boxes if _last(box).casefold() in _USUAL]
    shallow = sorted(usual, key=lambda pair: pair[0].name.count(pair[0].delimiter or "\0"))
    firsts: dict[str, Mailbox] = {}
    for box, folder in shallow:
        if folder not in roles:
            firsts.setdefault(folder, box)
    return [*said[: len(said)], *((box, folder) for folder, box in firsts.items())]


def _by_name(boxes: list[Mailbox]) -> list[tuple[Mailbox, str]]:
    prefix = _prefix(boxes)
    named = [(box, _folder(box, prefix)) for box in boxes]
    return [(box, folder) for box, folder in named if mailboxes.acceptable(folder)]


def _folder(box: Mailbox, prefix: str) -> str:
    if box.name.upper() == INBOX:
        return INBOX
    parts = box.name.removeprefix(prefix).split(box.delimiter) if box.delimiter else [box.name]
    return "".join(f".{mailboxes.part_of(part)}" for part in parts)


def _prefix(boxes: list[Mailbox]) -> str:
    """Some servers keep everything under INBOX; there that is not part of the names."""
    rest = [box for box in boxes if box.name.upper() != INBOX]
    starts = {f"INBOX{box.delimiter}" for box in rest if box.delimiter}
    start = starts.pop() if len(starts) == 1 else ""
    return start if start and all(box.name.startswith(start) for box in rest) else ""


def _last(box: Mailbox) -> str:
    return box.name.rpartition(box.delimiter)[2] if box.delimiter else box.name


def _under(folder: str, under: str) -> str:
    return folder if not under else under if folder == INBOX else under + folder


def _free(folder: str, pairs: Mapping[str, str]) -> str:
    number, chosen = 1, folder
    while chosen in pairs or (chosen == OUTBOX):
        number += 1
        chosen = f"{folder}_{number}"
    return chosen


def _with_new(
    pairs: dict[str, str],
    boxes: list[Mailbox],
    folders: Iterable[str],
    known: Mapping[str, str],
    under: str,
    others: tuple[str, ...],
) -> Layout:
    """Add the folders of this account that the server does not have."""
    prefix = _prefix(boxes)
    delimiter = next((box.delimiter for box in boxes if box.delimiter), "/")
    made = []
    for folder in folders:
        if folder in pairs or folder == OUTBOX or not _ours(folder, under, others):
            continue
        parts = folder.removeprefix(under).removeprefix(".").split(".")
        named = prefix + delimiter.join(mailboxes.coded_part(part) for part in parts)
        pairs[folder] = known.get(folder, named)
        made.append(folder)
    return Layout(pairs, frozenset(made))


def _ours(folder: str, under: str, others: tuple[str, ...]) -> bool:
    if under and folder != under and not folder.startswith(f"{under}."):
        return False
    return not any(folder == other or folder.startswith(f"{other}.") for other in others)
