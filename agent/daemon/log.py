"""The daemon's own log: when it did what kind of thing, and what kind of error came of it.

Kinds, numbers and names of rules only: no word of a request, a mail, a file or an error's text gets into it, because
people send logs to others. What was really done is in the journal (`nearhand log`), which stays here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

NAME = "nearhand.daemon"
_BYTES, _KEPT = 500_000, 3


class _Private(RotatingFileHandler):
    """A rotating file that only its owner may read."""

    def _open(self):  # type: ignore[no-untyped-def]  # the stream's type is the standard library's own affair
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=_opened)


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


@contextmanager
def logging_to(path: Path) -> Iterator[logging.Logger]:
    """Write the daemon's log to a file while the block runs; a full disk loses lines and nothing else."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = _Private(path, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8")
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk must not fill stderr as well
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(message)s"))
    log = logging.getLogger(NAME)
    before = log.level, log.propagate
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(handler)
    try:
        yield log
    finally:
        log.removeHandler(handler)
        handler.close()
        log.level, log.propagate = before


def tail(path: Path, count: int) -> list[str]:
    """The last lines of the log, the oldest first; none if there is no log yet."""
    lines: list[str] = []
    for each in (path, *(path.with_name(f"{path.name}.{number}") for number in range(1, _KEPT + 1))):
        if len(lines) < count and each.is_file():
            lines = each.read_text(encoding="utf-8", errors="replace").splitlines() + lines
    return lines[-count:]
