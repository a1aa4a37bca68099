"""Delivers many mails into one folder at once: each is whole and on the disk before it can be seen.

The folder is made durable once for all of them. Nothing is overwritten: a name that is taken is left as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.errors import ExistsError
from nearhand.connectors.mail.maildir import Maildir
from nearhand.connectors.mail.maildir_files import INFO, version_of
from nearhand.connectors.renaming import rename_no_replace

_AT_ONCE, _THREADS = 100, 8


@dataclass(frozen=True, slots=True)
class Parcel:
    """One mail to be delivered."""

    name: str
    """Its unique name."""
    flags: str
    data: bytes


def deliver(store: Maildir, folder: str, parcels: Sequence[Parcel]) -> list[tuple[str, str]]:
    """Deliver mails; returns (unique name, version) of each, in the same order."""
    base = store.ensure(folder)
    with atomic.translated(str(base)), _opened(base / "tmp") as tmp, _opened(base / "cur") as cur:
        taken = store.places(folder)
        names = [_name(base, taken, parcel) for parcel in parcels]
        _write([(name, parcel.data) for name, parcel in zip(names, parcels, strict=True) if name not in taken], tmp)
        found = []
        for name, parcel in zip(names, parcels, strict=True):
            if name not in taken:
                taken[name] = f"cur/{name}{INFO}{parcel.flags}"
                rename_no_replace(tmp, name, cur, taken[name].removeprefix("cur/"))
            found.append((name, version_of((base / taken[name]).lstat(), taken[name])))
        atomic.sync(cur)
    store.keep_places(folder, taken)
    return found


def _name(base: Path, taken: dict[str, str], parcel: Parcel) -> str:
    """Choose a name; a file of this name with the same bytes is the work of a run that was cut off."""
    for number in range(1, 1000):
        name = parcel.name if number == 1 else f"{parcel.name}.{number}"
        if name not in taken or (base / taken[name]).read_bytes() == parcel.data:
            return name
    raise ExistsError(f"There are too many mails named {parcel.name}.")


def _write(files: Sequence[tuple[str, bytes]], tmp: int) -> None:
    """Write files, then wait for the disk to have them: all at once, as a disk does many in the time of one."""
    from concurrent.futures import ThreadPoolExecutor  # a sync that fetches nothing starts faster without

    with ThreadPoolExecutor(_THREADS) as pool:
        for some in (files[start : start + _AT_ONCE] for start in range(0, len(files), _AT_ONCE)):
            with ExitStack() as stack:
                handles = [_written(stack, tmp, name, data) for name, data in some]
                list(pool.map(_synced, (handles[start::_THREADS] for start in range(_THREADS))))


def _written(stack: ExitStack, tmp: int, name: str, data: bytes) -> int:
    flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    file = stack.enter_context(os.fdopen(os.open(name, flags, 0o600, dir_fd=tmp), "wb"))
    file.write(data)
    file.flush()
    return file.fileno()


def _synced(handles: Sequence[int]) -> None:
    for handle in handles:
        atomic.sync(handle)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)
