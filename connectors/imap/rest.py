"""Whether a Maildir and an account stand as they did when a comparison last found nothing to do: then none is needed.

The server says so by HIGHESTMODSEQ, the disk by when its folders changed, as they do with each file that is new, moved,
marked or removed. Where either cannot be sure there is no rest: a server without CONDSTORE, a folder that changed so
short a time ago that another change could bear the same stamp. Deliberately not here: what changed (`sync_look.py`).
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path

from nearhand.connectors.imap.layout import Layout
from nearhand.connectors.imap.words import Status
from nearhand.connectors.mail.maildir import Maildir

_FORM = 1
"""Changes with what a comparison takes for nothing to do."""
YOUNG = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system that people have (FAT)."""


def resting(layout: Layout, stands: Mapping[str, Status], store: Maildir, folders: list[str]) -> str:
    """A token of how both sides stand, the same only if nothing happened in between; "" where nobody can tell."""
    boxes = {folder: (box, astuple(stands[box])) for folder, box in layout.boxes.items() if folder not in layout.made}
    if any(not stands[box].modseq for box, _ in boxes.values()):
        return ""
    stamps = {folder: _stamps(store, folder) for folder in folders if folder in layout.boxes}
    latest = max((stamp for each in stamps.values() for stamp in each[2:]), default=0)
    if latest > time.time_ns() - YOUNG:
        return ""
    said = repr((_FORM, str(store.root), sorted(boxes.items()), sorted(layout.made), sorted(stamps.items())))
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()


def _stamps(store: Maildir, folder: str) -> tuple[int, ...]:
    """Which folders `cur` and `new` are, and when they changed; the time of change of an inode nobody can set."""
    subs = [_stat(store.directory(folder) / sub) for sub in ("cur", "new")]
    which = [stat.st_ino if stat else 0 for stat in subs]
    return (*which, *(each for stat in subs if stat for each in (stat.st_mtime_ns, stat.st_ctime_ns)))


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
