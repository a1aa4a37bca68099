"""File names in a Maildir: unique names, flags, versions, and what a folder holds right now.

Deliberately not here: changing anything (`maildir.py`). Names that are not printable UTF-8, hidden files and links are
left alone.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path

from nearhand.connectors.errors import DeniedError
from nearhand.connectors.mail.mailboxes import acceptable

INFO = ":2,"
"""What separates the unique part of a file name from its flags."""
MAX_MESSAGE = 50 * 1024 * 1024
"""Bytes of one mail; a larger one is left where it is."""
_UID = re.compile(r",U=\d+")
_TRIES = 4


def flags_of(name: str) -> str:
    """Read the flags out of a file name or a version, sorted: those of "x:2,SR" are "RS"."""
    return _sorted(name.partition(INFO)[2])


@lru_cache(maxsize=1024)
def _sorted(flags: str) -> str:
    return "".join(sorted(set(flags)))


def split_ref(ref: str) -> tuple[str, str]:
    """Take a ref apart into folder and unique name; raises DeniedError for anything that could leave the Maildir."""
    folder, slash, unique = ref.partition("/")
    if not slash or not acceptable(folder) or not good_unique(unique):
        raise DeniedError("That is not the name of a mail. Search again and pick it from the list.")
    return folder, unique


def good_unique(unique: str) -> bool:
    """Tell whether a unique name is safe to use as part of a file name."""
    fits = 0 < len(unique.encode("utf-8", "replace")) <= 255
    return fits and "/" not in unique and not unique.startswith(".") and unique.isprintable()


def healed(unique: str) -> str:
    """Give the unique name under which a doubled mail (named by its whole file name) goes on after a change."""
    base, info, flags = unique.partition(INFO)
    return f"{base}-{flags or '0'}" if info else unique


def portable(unique: str) -> str:
    """Give the unique name for another folder: without mbsync's UID of this one, which would mislead it there."""
    return _UID.sub("", healed(unique)) or "mail"


def renamed(unique: str, old: str) -> str:
    """Give a file another unique name and keep its flags."""
    return unique + "".join(old.partition(INFO)[1:])


def version_of(stat: os.stat_result, name: str) -> str:
    """Make the version of a mail: which file, how large, when written, and its flags."""
    return f"{stat.st_ino}-{stat.st_size}-{stat.st_mtime_ns}{INFO}{flags_of(name)}"


def identity(version: str) -> str:
    """Cut a version down to what says which bytes these are, whatever the flags."""
    return version.partition(INFO)[0]


def digest(data: bytes) -> str:
    """Name bytes by their SHA-256; wherever a version is asked for, this stands for "exactly these bytes"."""
    return "sha256-" + hashlib.sha256(data).hexdigest()


def stamps(base: Path) -> tuple[int, ...]:
    """When `new` and `cur` last changed; a listing during which this moved may have missed a mail."""
    subs = (base / "new", base / "cur")
    return tuple(sub.stat().st_mtime_ns if sub.is_dir() else 0 for sub in subs)


def listing(base: Path) -> tuple[tuple[int, ...], dict[str, str]]:
    """Map the unique names in a folder to "new/..." or "cur/...", and say as of when."""
    for _ in range(_TRIES):
        before = stamps(base)
        found = _listing(base)
        if stamps(base) == before:
            break
    return before, found


def _listing(base: Path) -> dict[str, str]:
    """List `new` before `cur`, so that a mail on its way is seen twice rather than never."""
    found: dict[str, str] = {}
    doubled: list[str] = []
    for sub in ("new", "cur"):
        for name in _names(base / sub):
            place = f"{sub}/{name}"
            if found.setdefault(name.partition(INFO)[0], place) != place:
                doubled.append(place)
    for place in sorted(doubled):
        _add_double(base, found, place)
    return found


def _names(directory: Path) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    return [name for name in files if name[0] != "." and name.isprintable()]


def _add_double(base: Path, found: dict[str, str], place: str) -> None:
    """Two files share a unique name: the first keeps it, the second goes by its whole name."""
    unique = place.partition("/")[2].partition(INFO)[0]
    first, second = sorted((found[unique], place), key=lambda each: (each.startswith("cur/"), each))
    if not os.path.lexists(base / first):
        found[unique] = second
        return
    found[unique] = first
    found[second.partition("/")[2]] = second
