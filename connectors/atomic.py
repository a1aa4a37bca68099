"""Durable file operations for every connector: each leaves the old world or the new one, also after a power cut.

A write is a hidden temporary file in the same folder, fsync, a rename that cannot overwrite, fsync of the folders.
Everything works on a `Spot` (an open folder and a name in it), so that no link swapped in later can lead elsewhere;
`create`, `overwrite` and `move` take plain paths for connectors whose folders are their own.
Deliberately not here: deciding what may be touched, and comparing versions; the caller does both right before.

Tests stop the world at every `failpoint`: NEARHAND_FAILPOINT=name in the environment dies there as kill -9 would, and
`hook` may be replaced to raise what a disk would raise.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nearhand.connectors.errors import ConflictError, ConnectorError, DeniedError, ExistsError, NotFoundError
from nearhand.connectors.renaming import rename_no_replace

FAILPOINTS = (
    "write.temp", "write.data", "fsync", "write.synced", "rename.before", "rename.done", "rename.synced",
    "replace.before", "replace.done", "mkdir.before", "mkdir.done", "rmdir.before", "rmdir.done",
)  # fmt: skip
"""Where tests may stop the operations of this module."""
TEMPORARY = re.compile(r"\.nearhand-[0-9a-f]{16}\.part")
"""Names of temporary files and folders; one that is left over after a crash is rubbish."""


def _die_if_told(name: str) -> None:
    if os.environ.get("NEARHAND_FAILPOINT") == name:
        os._exit(137)


hook: Callable[[str], None] = _die_if_told
"""Called with the name of every failpoint that is passed."""


def failpoint(name: str) -> None:
    """Mark a place where a crash must be survivable."""
    hook(name)


@dataclass(frozen=True, slots=True)
class Spot:
    """A name in an open folder."""

    folder: int
    """Descriptor of the open folder."""
    name: str
    path: str
    """The same as a path, for messages and for nothing else."""

    def stat(self) -> os.stat_result | None:
        """What is there now, not following a link; None if nothing is."""
        try:
            return os.lstat(self.name, dir_fd=self.folder)
        except FileNotFoundError:
            return None


@contextmanager
def at(path: str | Path) -> Iterator[Spot]:
    """Open the folder of a path for as long as the block runs."""
    where = Path(path)
    with translated(str(where.parent)):
        folder = os.open(where.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Spot(folder, where.name, str(where))
    finally:
        os.close(folder)


def create(path: str | Path, data: bytes) -> None:
    """Write a new file durably; raises ExistsError if the name is taken."""
    with at(path) as spot:
        write_new(spot, (data,))


def overwrite(path: str | Path, data: bytes) -> None:
    """Put other bytes into a file durably; the caller has compared the version and kept the old bytes."""
    with at(path) as spot, translated(spot.path), temporary(spot) as temp:
        _fill(temp, (data,), 0o666)
        failpoint("replace.before")
        os.rename(temp.name, spot.name, src_dir_fd=temp.folder, dst_dir_fd=spot.folder)
        failpoint("replace.done")
        sync(spot.folder)


def move(source: str | Path, target: str | Path) -> None:
    """Rename durably; raises ExistsError if the target is taken. Both lie on one device."""
    with at(source) as old, at(target) as new:
        rename_new(old, new)


def rename_new(source: Spot, target: Spot) -> None:
    """Rename without ever overwriting, then make both folders durable."""
    with translated(target.path):
        failpoint("rename.before")
        rename_no_replace(source.folder, source.name, target.folder, target.name)
        failpoint("rename.done")
        sync(target.folder)
        sync(source.folder)
        failpoint("rename.synced")


def write_new(target: Spot, chunks: Iterable[bytes], mode: int = 0o666, mtime_ns: int | None = None) -> None:
    """Write a new file through a temporary one; raises ExistsError, and nothing is left if it fails."""
    with translated(target.path):
        if target.stat() is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target.name)
        with temporary(target) as temp:
            _fill(temp, chunks, mode, mtime_ns)
            rename_new(temp, target)


@contextmanager
def temporary(target: Spot) -> Iterator[Spot]:
    """A hidden name beside the target, free now and taken away again unless it was renamed meanwhile."""
    digest = hashlib.sha256(os.fsencode(target.path)).hexdigest()[:16]
    temp = Spot(target.folder, f".nearhand-{digest}.part", target.path)
    discard(temp)
    try:
        yield temp
    finally:
        with suppress(OSError):
            discard(temp)


def discard(temp: Spot) -> None:
    """Take away a temporary file or folder of ours; refuses every other name."""
    found = temp.stat()
    if found is None:
        return
    if not TEMPORARY.fullmatch(temp.name):
        raise DeniedError(f"{temp.path} is not a temporary file of Nearhand, so it is left alone.")
    _remove(temp.folder, temp.name)


def _remove(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError as error:
        if error.errno not in (errno.EISDIR, errno.EPERM):
            raise
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        try:
            with os.scandir(inner) as entries:
                names = [entry.name for entry in entries]
            for each in names:
                _remove(inner, each)
        finally:
            os.close(inner)
        os.rmdir(name, dir_fd=folder)


def _fill(temp: Spot, chunks: Iterable[bytes], mode: int, mtime_ns: int | None = None) -> None:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(temp.name, flags, mode, dir_fd=temp.folder)
    failpoint("write.temp")
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        failpoint("write.data")
        if mtime_ns is not None:
            os.utime(handle, ns=(mtime_ns, mtime_ns))
        sync(handle)
    failpoint("write.synced")


def make_folder(target: Spot) -> None:
    """Make a folder durably; raises ExistsError if the name is taken."""
    with translated(target.path):
        failpoint("mkdir.before")
        os.mkdir(target.name, dir_fd=target.folder)
        failpoint("mkdir.done")
        sync(target.folder)


def make_folders(path: str | Path) -> None:
    """Make a folder of our own and what is missing above it, for nobody else to see, durably."""
    where = Path(path)
    if not where.is_dir():
        make_folders(where.parent)
        with translated(str(where)), at(where) as spot:
            with suppress(FileExistsError):
                os.mkdir(spot.name, 0o700, dir_fd=spot.folder)
            sync(spot.folder)


def remove_folder(target: Spot) -> None:
    """Take an empty folder away durably; raises ConflictError if something is in it."""
    with translated(target.path):
        failpoint("rmdir.before")
        os.rmdir(target.name, dir_fd=target.folder)
        failpoint("rmdir.done")
        sync(target.folder)


def sync(handle: int) -> None:
    """Wait until the disk has it; on macOS past the cache of the drive too."""
    failpoint("fsync")
    if sys.platform == "darwin":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    os.fsync(handle)


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn what the operating system says about a path into an error for the person."""
    try:
        yield
    except OSError as error:
        raise explain(error, path) from error


def explain(error: OSError, path: str) -> ConnectorError:
    """The error for the person that an OSError about a path means."""
    where = path.encode("unicode_escape", "backslashreplace").decode() if not path.isprintable() else path
    match error.errno:
        case errno.ENOENT:
            return NotFoundError(f"{where} is not there (any more). Look where it went and ask again.")
        case errno.EEXIST:
            return ExistsError(f"{where} is already there. Choose another name or place.")
        case errno.ENOTEMPTY:
            return ConflictError(f"{where} is not empty, so it stays. Move out what is in it first.")
        case errno.ELOOP | errno.ENOTDIR:
            return DeniedError(f"A folder on the way to {where} is a link or a file. Name the real folder.")
        case errno.ENAMETOOLONG:
            return DeniedError(f"The name {where} is too long. Choose one of at most 255 bytes.")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return ConnectorError(f"You may not change {where}. Check the permissions of its folder and disk.")
        case errno.ENOSPC | errno.EDQUOT:
            return ConnectorError(f"The disk is full: {where} could not be written. Free some space and try again.")
        case _:
            return ConnectorError(f"The disk reports a problem with {where}: {error.strerror}. Check the disk.")
