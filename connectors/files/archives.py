"""Reading archives from anybody: .zip, .tar, .tar.gz and .tar.bz2, checked before anything of them is written.

Refused, whole: more than 100 times the archive's size, more than 10,000 entries, absolute paths, "..", links, devices,
two entries of one name, invisible characters in a name. Deliberately not here: passwords, .7z, .rar, .xz (their readers
cannot be kept within memory), and writing archives (see `packing.py`).
"""

from __future__ import annotations

import bz2
import gzip
import io
import os
import stat
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO

from nearhand.connectors.atomic import failpoint, sync
from nearhand.connectors.errors import DeniedError, LimitError, UnreadableError
from nearhand.connectors.files.versions import Leaf, check_depth
from nearhand.connectors.names import check_part, shown

MAX_RATIO = 100
MAX_ENTRIES = 10_000
FAILPOINTS = ("unzip.entry", "unzip.filled")
"""Where tests may stop the operations of this module."""
_HEADERS = 32 << 20
"""Bytes that the headers and padding of a .tar may take beside what is in it."""
_CHUNK = 1 << 18
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, OverflowError,
    NotImplementedError, RuntimeError, IndexError, KeyError, UnicodeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder in an archive, found acceptable."""

    path: str
    """Relative, with slashes, and no empty or dotted part."""
    is_folder: bool
    size: int
    mtime_ns: int
    runs: bool
    """Whether it may be executed."""


def entries_in(file: BinaryIO) -> list[Entry]:
    """List an archive within the limits; raises LimitError, DeniedError or UnreadableError."""
    with _understood():
        return [entry for entry, _ in _members(file)]


def top_folder(entries: list[Entry]) -> str:
    """The one folder that everything lies in, or ""."""
    tops = {entry.path.partition("/")[0] for entry in entries}
    plain_files = any("/" not in entry.path and not entry.is_folder for entry in entries)
    return tops.pop() if len(tops) == 1 and not plain_files else ""


def without_top(path: str, top: str) -> str:
    """The path with the leading folder taken off; "" for that folder itself."""
    return path.removeprefix(top).removeprefix("/") if top else path


def leaves_in(entries: list[Entry], top: str) -> list[Leaf]:
    """What the folder will hold when an archive is unpacked, less the leading folder `top`."""
    leaves: dict[str, Leaf] = {}
    for entry in entries:
        path = without_top(entry.path, top)
        above = [*parents(path), path] if entry.is_folder else parents(path)
        leaves |= {folder: Leaf(folder, "d") for folder in above if folder}
        if not entry.is_folder:
            leaves[path] = Leaf(path, "f", entry.size, entry.mtime_ns)
    return list(leaves.values())


def unpack(file: BinaryIO, folder: int, top: str) -> None:
    """Write everything under the folder `top` of the archive into an open, empty folder, durably."""
    folders: set[str] = set()
    with _understood():
        for entry, content in _members(file):
            path = without_top(entry.path, top)
            _make_folders(folder, path if entry.is_folder else path.rpartition("/")[0], folders)
            if not entry.is_folder:
                failpoint("unzip.entry")
                _write(folder, path, entry, content)
    for path in sorted(folders, reverse=True):
        inner = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        try:
            sync(inner)
        finally:
            os.close(inner)
    failpoint("unzip.filled")
    sync(folder)


def check_bomb(file: BinaryIO) -> None:
    """Raise LimitError if a zip container (a .docx, say) would become far larger than it is."""
    with _understood(), zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        size = file.seek(0, os.SEEK_END)
        if len(infos) > MAX_ENTRIES or sum(info.file_size for info in infos) > MAX_RATIO * size:
            raise LimitError("It would become far larger than it is when unpacked. It was left as it is.")


def _make_folders(folder: int, path: str, made: set[str]) -> None:
    parts = path.split("/") if path else []
    for depth in range(1, len(parts) + 1):
        inner = "/".join(parts[:depth])
        if inner not in made:
            os.mkdir(inner, dir_fd=folder)
            made.add(inner)


def _write(folder: int, path: str, entry: Entry, content: IO[bytes] | None) -> None:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o777 if entry.runs else 0o666, dir_fd=folder)
    with os.fdopen(handle, "wb") as new:
        written = 0
        while content is not None and (chunk := content.read(_CHUNK)):
            written += len(chunk)
            if written > entry.size:
                raise LimitError("The archive holds more than it says. Nothing of it was kept.")
            new.write(chunk)
        if written != entry.size:
            raise UnreadableError("The archive is cut off. Nothing of it was kept.")
        new.flush()
        os.utime(handle, ns=(entry.mtime_ns, entry.mtime_ns))
        sync(handle)


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (LimitError, DeniedError, UnreadableError):
        raise
    except (*_BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's fault, not the archive's
            raise
        raise UnreadableError("The archive is damaged or of an unknown sort. It was left as it is.") from error


def _members(file: BinaryIO) -> Iterator[tuple[Entry, IO[bytes] | None]]:
    """Every acceptable entry with its content, which must be read before the next one is asked for."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    found = _zip_members(file) if magic[:2] == b"PK" else _tar_members(file, magic, size)
    total, names = 0, _Names()
    for number, (entry, content) in enumerate(found, 1):
        total += entry.size
        if number > MAX_ENTRIES:
            raise LimitError(f"The archive has more than {MAX_ENTRIES:,} entries. It was left as it is.")
        if total > MAX_RATIO * size:
            raise LimitError(f"The archive would grow to more than {MAX_RATIO} times its size. It was left as it is.")
        if names.admit(entry):
            yield entry, content


class _Names:
    """The names of an archive so far, so that no two of them can stand for one place."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def admit(self, entry: Entry) -> bool:
        """Whether it is to be unpacked (once); raises UnreadableError if its place is taken."""
        above = set(parents(entry.path))
        if entry.path in self._files or above & self._files or (not entry.is_folder and entry.path in self._folders):
            raise UnreadableError(f"The archive has two entries named {shown(entry.path)}. It was left as it is.")
        self._folders |= above | ({entry.path} if entry.is_folder else set())
        if not entry.is_folder:
            self._files.add(entry.path)
        return entry.path.partition("/")[0] != "__MACOSX"


def parents(path: str) -> Iterator[str]:
    """Every folder above a relative path, the outermost first."""
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _path(name: str) -> str:
    if name.startswith("/") or name[1:3] in (":/", ":"):
        raise DeniedError(f"The archive wants to write to {shown(name)}, outside its folder. It was left as it is.")
    parts = [part for part in name.removesuffix("/").split("/") if part != "."]
    check_depth("/".join(parts))
    for part in parts:
        check_part(part)
    return "/".join(parts)


def _zip_members(file: BinaryIO) -> Iterator[tuple[Entry, IO[bytes] | None]]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            entry = _zip_entry(info)
            if entry.is_folder or not entry.size:
                yield entry, None
                continue
            with archive.open(info) as content:
                yield entry, content


def _zip_entry(info: zipfile.ZipInfo) -> Entry:
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _no_link(info.filename)
    if info.flag_bits & 1:
        raise UnreadableError("The archive is protected by a password. Unpack it yourself.")
    path = _path(info.filename.replace("\\", "/"))
    try:
        seconds = int(time.mktime((*info.date_time, 0, 0, -1)))
    except (ValueError, OverflowError):
        seconds = 315_532_800
    folder = info.filename.endswith(("/", "\\"))
    return Entry(path, folder, 0 if folder else info.file_size, seconds * 10**9, bool(mode & 0o100))


def _no_link(name: str) -> DeniedError:
    return DeniedError(f"The archive holds a link or a device ({shown(name)}). It was left as it is.")


def _tar_members(file: BinaryIO, magic: bytes, size: int) -> Iterator[tuple[Entry, IO[bytes] | None]]:
    stream: BinaryIO | gzip.GzipFile | bz2.BZ2File = file
    if magic[:2] == b"\x1f\x8b":
        stream = gzip.GzipFile(fileobj=file)
    elif magic[:3] == b"BZh":
        stream = bz2.BZ2File(file)
    bounded = _Bounded(stream, MAX_RATIO * size + _HEADERS)
    with tarfile.open(fileobj=bounded, mode="r|", errorlevel=1) as archive:
        for member in archive:
            entry = _tar_entry(member)
            if entry.path:
                yield entry, archive.extractfile(member) if member.isreg() and member.size else None


def _tar_entry(member: tarfile.TarInfo) -> Entry:
    if not (member.isreg() or member.isdir()):
        raise _no_link(member.name)
    size = 0 if member.isdir() else member.size
    if size < 0:
        raise UnreadableError("The archive is damaged. It was left as it is.")
    name = "" if member.name in (".", "./") else member.name
    path = _path(name) if name else ""
    seconds = min(max(int(member.mtime), 0), 1 << 33)
    return Entry(path, member.isdir(), size, seconds * 10**9, bool(member.mode & 0o100))


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than a number of bytes."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile | bz2.BZ2File, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > self._left:
            raise LimitError(f"The archive would grow to more than {MAX_RATIO} times its size. It was left as it is.")
        data = self._stream.read(size)
        self._left -= len(data)
        return data
