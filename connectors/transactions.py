"""One SQLite transaction as a `with` block; what it is for is the caller's business."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


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
