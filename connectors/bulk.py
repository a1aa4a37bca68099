"""Writes many new files into one folder and waits for the disk once, not once a file.

As safe as one by one (`atomic.py`): the names appear only when all bytes are on the disk, and none is ever overwritten.
Deliberately not here: changing files that are there.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.atomic import Spot
from nearhand.connectors.renaming import rename_no_replace

FAILPOINTS = ("bulk.written", "bulk.synced", "bulk.named")
"""Where tests may stop the operations of this module."""


def create_all(folder: Path, files: Mapping[str, bytes]) -> set[str]:
    """Write new files (by name) durably; returns the names that were taken, which were left alone."""
    with atomic.at(folder / "new") as place, atomic.translated(str(folder)):
        temps = {name: _temporary(place, name) for name in files}
        try:
            for name, data in files.items():
                _write(temps[name], data)
            atomic.failpoint("bulk.written")
            if sys.platform != "darwin":
                os.sync()
            atomic.failpoint("bulk.synced")
            return {name for name, temp in temps.items() if not _named(temp, name)}
        finally:
            for temp in temps.values():
                atomic.discard(temp)
            atomic.sync(place.folder)
            atomic.failpoint("bulk.named")


def _temporary(place: Spot, name: str) -> Spot:
    mark = hashlib.sha256(os.fsencode(f"{place.path}\0{name}")).hexdigest()[:16]
    return Spot(place.folder, f".nearhand-{mark}.part", f"{place.path}/{name}")


def _write(temp: Spot, data: bytes) -> None:
    atomic.discard(temp)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(temp.name, flags, 0o666, dir_fd=temp.folder), "wb") as file:
        file.write(data)
        file.flush()
        if sys.platform == "darwin":  # where sync() does not wait
            atomic.sync(file.fileno())


def _named(temp: Spot, name: str) -> bool:
    try:
        rename_no_replace(temp.folder, temp.name, temp.folder, name)
    except FileExistsError:
        return False
    return True
