"""Whether a file is still the one that was seen, or as good as the one that an effect was to make.

A version is exact: device, inode, size and time of change. A likeness is what can be known before a thing is made:
    like:file:SIZE:MTIME     a copy that keeps the time      like:sha256:HEX   a file with these bytes
    like:tree:HEX,HEX,...    a copied or unpacked folder     like:zip:HEX      an archive with this listing
    like:empty               an empty folder
File systems cut times to their own grain, so a likeness holds for every common grain.
Deliberately not here: any change of the world.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nearhand.connectors.atomic import TEMPORARY, Spot
from nearhand.connectors.errors import ConflictError, LimitError, NotFoundError
from nearhand.connectors.names import shown

GRAINS = (1, 100, 1_000, 10_000_000, 1_000_000_000, 2_000_000_000)
"""Nanoseconds to which ext4, NTFS, microsecond systems, exFAT, HFS+ and FAT cut a time."""
EMPTY = "like:empty"
MAX_DEPTH = 200
"""Folders in folders that are gone into; deeper ones are made to be fallen over."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One thing in a folder that is to be compared: path inside it, d, f or l, size, and time."""

    path: str
    sort: str
    size: int = 0
    mtime_ns: int = 0


def version_of(info: os.stat_result) -> str:
    """The exact version of what was looked at; a folder's does not change with what is in it."""
    if stat.S_ISDIR(info.st_mode):
        return f"{info.st_dev}:{info.st_ino}"  # one colon: a folder; `file_items.walk` relies on it
    return f"{info.st_dev}:{info.st_ino}:{info.st_size}:{info.st_mtime_ns}"


def copy_of(version: str) -> str:
    """The likeness of a copy of the file with this exact version."""
    return "like:file:" + version.split(":", 2)[2]


def bytes_like(digest: str) -> str:
    """The likeness of a file with this SHA-256."""
    return f"like:sha256:{digest}"


def tree_like(leaves: Iterable[Leaf]) -> str:
    """The likeness of a folder with these things in it."""
    ordered = sorted(leaves, key=lambda leaf: leaf.path)
    return "like:tree:" + ",".join(_digest(ordered, grain) for grain in GRAINS)


def zip_like(entries: Iterable[tuple[str, int, tuple[int, ...]]]) -> str:
    """The likeness of an archive with these names, sizes and times."""
    return "like:zip:" + hashlib.sha256(repr(sorted(entries)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def matches(spot: Spot, seen: str) -> bool:
    """Whether what is there now has this version or likeness."""
    info = spot.stat()
    if info is None:
        return False
    if not seen.startswith("like:"):
        return version_of(info) == seen
    _, how, rest = [*seen.split(":", 2), ""][:3]
    if stat.S_ISDIR(info.st_mode):
        return _folder_matches(spot, how, rest)
    return _file_matches(spot, info, how, rest)


def check(spot: Spot, seen: str) -> os.stat_result:
    """Look again before acting; raises NotFoundError if it is gone and ConflictError if it has changed."""
    info = spot.stat()
    if info is None:
        raise NotFoundError(f"{shown(spot.path)} is not there (any more). Look where it went and ask again.")
    if not matches(spot, seen):
        raise ConflictError(f"{shown(spot.path)} has changed since this was planned. Look at it and ask again.")
    return info


def leaves_of(spot: Spot) -> list[Leaf]:
    """Everything in a folder, links not followed, temporary files of ours left out."""
    handle = open_folder(spot.folder, spot.name)
    try:
        return list(_walk(handle, ""))
    finally:
        os.close(handle)


def check_depth(path: str) -> None:
    """Raise LimitError if a relative path leads through more folders than anybody makes."""
    if path.count("/") > MAX_DEPTH:
        raise LimitError(f"{shown(path)[:80]} … is nested more than {MAX_DEPTH} folders deep. It was left as it is.")


def open_folder(parent: int, name: str) -> int:
    """Open a folder that must not be a link."""
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


@contextmanager
def opened(spot: Spot) -> Iterator[int]:
    """A folder that must not be a link, open for the time of a block."""
    handle = open_folder(spot.folder, spot.name)
    try:
        yield handle
    finally:
        os.close(handle)


def entries_of(handle: int) -> list[str]:
    """Names in an open folder, in order, temporary files of ours left out."""
    with os.scandir(handle) as entries:
        return sorted(entry.name for entry in entries if not TEMPORARY.fullmatch(entry.name))


def _walk(handle: int, prefix: str) -> Iterator[Leaf]:
    check_depth(prefix)
    for name in entries_of(handle):
        info = os.lstat(name, dir_fd=handle)
        path = prefix + name
        if stat.S_ISDIR(info.st_mode):
            yield Leaf(path, "d")
            inner = open_folder(handle, name)
            try:
                yield from _walk(inner, path + "/")
            finally:
                os.close(inner)
        else:
            yield Leaf(path, "l" if stat.S_ISLNK(info.st_mode) else "f", info.st_size, info.st_mtime_ns)


def _digest(leaves: Iterable[Leaf], grain: int) -> str:
    lines = (f"{leaf.path}\0{leaf.sort}\0{leaf.size}\0{leaf.mtime_ns // grain * grain}\n" for leaf in leaves)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _folder_matches(spot: Spot, how: str, rest: str) -> bool:
    if how == "empty":
        return not leaves_of(spot)
    return how == "tree" and tree_like(leaves_of(spot)).split(",")[0].rpartition(":")[2] in rest.split(",")


def _file_matches(spot: Spot, info: os.stat_result, how: str, rest: str) -> bool:
    if how == "file":
        size, _, mtime = rest.partition(":")
        return info.st_size == int(size) and info.st_mtime_ns in {int(mtime) // grain * grain for grain in GRAINS}
    if not stat.S_ISREG(info.st_mode):
        return False
    handle = os.open(spot.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=spot.folder)
    with os.fdopen(handle, "rb") as file:
        if how == "sha256":
            return hashlib.file_digest(file, "sha256").hexdigest() == rest
        if how != "zip" or not zipfile.is_zipfile(file):
            return False
        try:
            with zipfile.ZipFile(file) as archive:
                listing = [(i.filename, i.file_size, i.date_time) for i in archive.infolist()]
                return zip_like(listing) == f"like:zip:{rest}"
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return False
