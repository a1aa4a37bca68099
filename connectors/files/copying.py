"""Durable copies of files and whole folders: copied beside the target, read back and compared, then renamed into place.

Links are copied as links and never followed. Deliberately not here: archives, the trash, and which copies are allowed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import suppress

from nearhand.connectors.atomic import Spot, failpoint, rename_new, sync, temporary, translated
from nearhand.connectors.errors import ConflictError, ConnectorError, UnreadableError
from nearhand.connectors.files.versions import entries_of, opened
from nearhand.connectors.names import shown

FAILPOINTS = ("copy.begun", "copy.filled", "copy.verified")
"""Where tests may stop the operations of this module."""
_CHUNK = 1 << 20
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def copy_new(source: Spot, target: Spot) -> None:
    """Copy a file, folder or link to a free name; raises ExistsError if it is taken, ConflictError if it changes."""
    with translated(target.path):
        if target.stat() is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target.name)
        with temporary(target) as temp:
            failpoint("copy.begun")
            _copy(source, temp)
            failpoint("copy.verified")
            rename_new(temp, target)


def _copy(source: Spot, target: Spot) -> None:
    info = os.lstat(source.name, dir_fd=source.folder)
    if stat.S_ISDIR(info.st_mode):
        _copy_folder(source, target, info)
    elif stat.S_ISLNK(info.st_mode):
        link = os.readlink(source.name, dir_fd=source.folder)
        os.symlink(link, target.name, dir_fd=target.folder)
        times = (info.st_atime_ns, info.st_mtime_ns)
        os.utime(target.name, ns=times, dir_fd=target.folder, follow_symlinks=False)
    elif stat.S_ISREG(info.st_mode):
        _copy_file(source, target)
    else:
        raise UnreadableError(f"{shown(source.path)} is neither a file nor a folder, so it cannot be copied.")


def _copy_folder(source: Spot, target: Spot, info: os.stat_result) -> None:
    os.mkdir(target.name, 0o700, dir_fd=target.folder)
    with opened(source) as old, opened(target) as new:
        for name in entries_of(old):
            path = f"{source.path}/{name}"
            _copy(Spot(old, name, path), Spot(new, name, target.path))
        os.fchmod(new, stat.S_IMODE(info.st_mode) | stat.S_IRWXU)
        os.utime(new, ns=(info.st_atime_ns, info.st_mtime_ns))
        sync(new)


def _copy_file(source: Spot, target: Spot) -> None:
    with os.fdopen(os.open(source.name, _READ, dir_fd=source.folder), "rb") as old:
        before = os.fstat(old.fileno())
        digest = hashlib.blake2b()
        with os.fdopen(os.open(target.name, _NEW, 0o600, dir_fd=target.folder), "wb") as new:
            while chunk := old.read(_CHUNK):
                digest.update(chunk)
                new.write(chunk)
            new.flush()
            failpoint("copy.filled")
            _dress(old.fileno(), new.fileno(), before)
            sync(new.fileno())
        after = os.fstat(old.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ConflictError(f"{shown(source.path)} was changed while it was copied. Try again when it is at rest.")
    _verify(target, digest.digest())


def _dress(old: int, new: int, info: os.stat_result) -> None:
    """Permissions, extended attributes where the system has them, and times, as the original has them."""
    os.fchmod(new, stat.S_IMODE(info.st_mode) & 0o777)
    with suppress(OSError, AttributeError):
        for name in os.listxattr(old):
            with suppress(OSError):
                os.setxattr(new, name, os.getxattr(old, name))
    os.utime(new, ns=(info.st_atime_ns, info.st_mtime_ns))


def _verify(target: Spot, digest: bytes) -> None:
    with os.fdopen(os.open(target.name, _READ, dir_fd=target.folder), "rb") as file:
        if hashlib.file_digest(file, hashlib.blake2b).digest() != digest:
            raise ConnectorError(f"The copy at {shown(target.path)} reads back differently. Check the disk.")
