"""A file of SQLite as our own, and one transaction in it as a `with` block; what it is for is the caller's business."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def own_file(path: Path) -> None:
    """Make the file for this person alone before SQLite makes it for everybody; one that is there is left alone.

    Such a file is never opened here: to close it would drop the locks of everybody in this process who has it open, and
    the next program to leave it would remove its write-ahead log under them (sqlite.org/howtocorrupt.html, 2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))


@contextmanager
def transaction(base: sqlite3.Connection) -> Iterator[None]:
    """Everything written inside is there together or not at all; within another transaction it is part of that one."""
    if base.in_transaction:
        yield
        return
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
        base.execute("COMMIT")
    except BaseException:
        if base.in_transaction:
            base.execute("ROLLBACK")
        raise
