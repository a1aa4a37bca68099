"""Names of mailboxes: what a person reads ("Family/School") and the Maildir++ folder it is (".Family.School").

Names are written in the modified UTF-7 of IMAP (RFC 3501, 5.1.3), as Dovecot and Courier do; a dot, slash, tilde or
colon inside a name is encoded too (Courier's way), so that it cannot nest. Nothing here touches the disk.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata

from nearhand.connectors.errors import DeniedError

INBOX = "INBOX"
"""The folder name of the top of a Maildir; every other one begins with a dot."""
SENT, DRAFTS, ARCHIVE, TRASH, OUTBOX, JUNK = ".Sent", ".Drafts", ".Archive", ".Trash", ".Outbox", ".Junk"
STANDING = frozenset({SENT, DRAFTS, ARCHIVE, TRASH, OUTBOX, JUNK})
"""Mailboxes that every mail program has; one that was made stays, whatever is undone."""
OWN_FOLDERS = frozenset({SENT, DRAFTS, OUTBOX})
"""What lies here was written by the person, not by others."""
MAX_NAME = 255
"""Bytes of one folder name, the limit of the usual file systems."""

_PLAIN = re.compile(r"[\x20-\x7e]")
_ESCAPED = frozenset("./~:")
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def plain(text: str, limit: int = 1000) -> str:
    """Make one printable line of any text: no control, bidi or zero-width characters, no runs of white space."""
    text = text[: 4 * limit]
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:limit]
    kept = "".join(c if _printable(c) else " " if c.isspace() else "" for c in text)
    return " ".join(kept.split())[:limit]


def _printable(char: str) -> bool:
    return char == " " or not (char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs"))


def display(folder: str) -> str:
    """Say a folder as a person reads it: "INBOX" is Inbox, ".Family.School" is Family/School."""
    if folder == INBOX:
        return "Inbox"
    return "/".join(plain(_decode(part)) for part in folder.removeprefix(".").split("."))


def folder_for(name: str) -> str:
    """Turn what a person calls a mailbox into a folder name; raises DeniedError when nothing usable remains."""
    parts = [plain(unicodedata.normalize("NFC", part)) for part in name.split("/")]
    parts = [part for part in parts if part]
    if [part.casefold() for part in parts] == ["inbox"]:
        return INBOX
    folder = "".join("." + _encode(part) for part in parts)
    if not folder or len(folder) > MAX_NAME:
        raise DeniedError(f"“{plain(name, 80)}” cannot be the name of a mailbox. Choose a shorter, printable name.")
    return folder


def part_of(coded: str) -> str:
    """Turn one part of the name of an IMAP mailbox into the same part of a folder name."""
    return coded if not _ESCAPED & set(coded) else _encode(_decode(coded))


def coded_part(part: str) -> str:
    """Turn one part of a folder name into the same part of the name of an IMAP mailbox."""
    return _encode(_decode(part), escaped=frozenset())


def acceptable(folder: str) -> bool:
    """Tell whether a folder name stays inside the Maildir and has no control characters."""
    if folder == INBOX:
        return True
    inside = folder.startswith(".") and ".." not in folder and not folder.endswith(".") and "/" not in folder
    return inside and len(folder.encode("utf-8", "surrogateescape")) <= MAX_NAME and folder.isprintable()


def _encode(name: str, escaped: frozenset[str] = _ESCAPED) -> str:
    out: list[str] = []
    run = ""
    for char in name:
        if _PLAIN.fullmatch(char) and char not in escaped:
            out.append(_shift(run) + ("&-" if char == "&" else char))
            run = ""
        else:
            run += char
    return "".join(out) + _shift(run)


def _shift(run: str) -> str:
    if not run:
        return ""
    coded = base64.b64encode(run.encode("utf-16-be", "replace")).decode("ascii")
    return "&" + coded.rstrip("=").replace("/", ",") + "-"


def _decode(name: str) -> str:
    return _SHIFTED.sub(_unshift, name)


def _unshift(match: re.Match[str]) -> str:
    coded = match[1].replace(",", "/")
    if not coded:
        return "&"
    try:
        return base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except (binascii.Error, ValueError):
        return match[0]
