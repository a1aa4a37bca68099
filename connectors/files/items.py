"""Files as items: walking the roots, reading one file, adding up sizes, and finding the same content twice.

Nothing is changed here. Hidden things and the trash are skipped, links are listed but never followed, names that are
not valid UTF-8 are left out because no database could keep them, and so are pipes, sockets and devices.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from nearhand.connectors.atomic import Spot, translated
from nearhand.connectors.base import Item
from nearhand.connectors.errors import ConnectorError, LimitError, NotFoundError
from nearhand.connectors.files import documents
from nearhand.connectors.files.kinds import kinds_of
from nearhand.connectors.files.roots import Roots
from nearhand.connectors.files.versions import version_of
from nearhand.connectors.names import shown

ReadText = Callable[[str, bytes], str]
"""Reads the text of a document from its name and bytes; may do so in a sealed worker."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LISTED = frozenset({stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK})
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Usage:
    """What a folder holds, itself not counted."""

    files: int
    folders: int
    size: int
    """Bytes."""


def walk(folder: str, skip: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Yield (ref, version) of everything under a folder; what cannot be read is passed over."""
    pending = [folder]
    while pending:
        for entry in _visible(pending.pop()):
            version = _version(entry)
            if version and (not skip or entry.path not in skip):
                yield entry.path, version
                if version.count(":") == 1:
                    pending.append(entry.path)


def children(folder: str, skip: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Yield (ref, version) of what lies directly in a folder."""
    for entry in _visible(folder):
        version = _version(entry)
        if version and entry.path not in skip:
            yield entry.path, version


def _version(entry: os.DirEntry[str]) -> str:
    """Its version, or "" for what is not listed or has just gone."""
    try:
        if not entry.name.isascii():
            entry.name.encode("utf-8")
        info = entry.stat(follow_symlinks=False)
    except (OSError, UnicodeEncodeError):
        return ""
    return version_of(info) if stat.S_IFMT(info.st_mode) in _LISTED else ""


def _visible(folder: str) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        return [entry for entry in entries if entry.name[0] != "."]
    return []


def usage(folder: str) -> Usage:
    """Count what lies in a folder, all the way down, hidden things too, links as themselves."""
    files = folders = size = 0
    pending = [folder]
    while pending:
        with suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders += 1
                    pending.append(entry.path)
                else:
                    files += 1
                    size += entry.stat(follow_symlinks=False).st_size
    return Usage(files, folders, size)


def load(roots: Roots, ref: str, read_text: ReadText) -> Item:
    """Make the item of one file or folder; what is wrong with its text is in `extra["unreadable"]`."""
    path = roots.canonical(ref)
    if path in {str(root) for root in roots.tops}:
        return _folder_item(path, os.lstat(path), "", _is_empty_path(path))
    with roots.spot(path) as spot:
        info = spot.stat()
        if info is None:
            raise NotFoundError(f"{roots.say(path)} is not there (any more). Look where it went and ask again.")
        place = roots.place(path.rpartition("/")[0])
        if stat.S_ISDIR(info.st_mode):
            return _folder_item(path, info, place, _is_empty_path(path))
        return _file_item(spot, info, place, read_text)


def _folder_item(path: str, info: os.stat_result, place: str, empty: bool) -> Item:
    tags = frozenset({"folder", "empty"} if empty else {"folder"})
    title = path.rpartition("/")[2]
    return Item("files", path, version_of(info), "folder", title, place, _when(info), tags=tags)


def _file_item(spot: Spot, info: os.stat_result, place: str, read_text: ReadText) -> Item:
    text, extra = "", dict[str, str]()
    if stat.S_ISLNK(info.st_mode):
        extra["link"] = os.readlink(spot.name, dir_fd=spot.folder)
    elif stat.S_ISREG(info.st_mode) and info.st_size and documents.has_text(spot.name):
        try:
            text = _text(spot, info, read_text)
        except ConnectorError as error:
            extra["unreadable"] = str(error)
    tags = kinds_of(spot.name, place) | ({"empty"} if stat.S_ISREG(info.st_mode) and not info.st_size else set())
    return Item(
        "files", spot.path, version_of(info), "file", spot.name, place, _when(info),
        size=info.st_size, tags=tags, text=text, extra=extra,
    )  # fmt: skip


def _text(spot: Spot, info: os.stat_result, read_text: ReadText) -> str:
    if info.st_size > documents.MAX_BYTES:
        raise LimitError(f"{shown(spot.name)} is too large for its text to be searched.")
    with translated(spot.path), os.fdopen(os.open(spot.name, _READ, dir_fd=spot.folder), "rb") as file:
        return read_text(spot.name, file.read(documents.MAX_BYTES + 1))


def _when(info: os.stat_result) -> datetime | None:
    with suppress(OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(info.st_mtime, tz=UTC)
    return None


def _is_empty_path(path: str) -> bool:
    with suppress(OSError), os.scandir(path) as entries:
        return next(entries, None) is None
    return False


def duplicates(roots: Roots, items: Sequence[Item]) -> list[tuple[Item, ...]]:
    """Groups of non-empty files with the same bytes, the largest first, each with its oldest file first."""
    by_size: defaultdict[int, list[Item]] = defaultdict(list)
    for item in items:
        if item.kind == "file" and item.size and "link" not in item.extra:
            by_size[item.size].append(item)
    groups: list[tuple[Item, ...]] = []
    for _, same_size in sorted(by_size.items(), reverse=True):
        for same_head in _grouped(roots, same_size, _HEAD):
            groups += _grouped(roots, same_head, -1) if same_head[0].size > _HEAD else [same_head]
    return groups


def _grouped(roots: Roots, items: Iterable[Item], limit: int) -> list[tuple[Item, ...]]:
    found: defaultdict[bytes, dict[tuple[int, int], Item]] = defaultdict(dict)
    for item in sorted(items, key=_age):
        with suppress(ConnectorError, OSError):
            digest, inode = _digest(roots, item, limit)
            found[digest].setdefault(inode, item)  # two names of one file take its space only once
    return [tuple(group.values()) for group in found.values() if len(group) > 1]


def _age(item: Item) -> tuple[float, str]:
    return (item.when.timestamp() if item.when else 0.0), item.ref


def _digest(roots: Roots, item: Item, limit: int) -> tuple[bytes, tuple[int, int]]:
    with roots.spot(roots.canonical(item.ref)) as spot:
        handle = os.open(spot.name, _READ, dir_fd=spot.folder)
        with os.fdopen(handle, "rb") as file:
            info = os.fstat(file.fileno())
            inode = (info.st_dev, info.st_ino)
            if limit >= 0:
                return hashlib.blake2b(file.read(limit)).digest(), inode
            return hashlib.file_digest(file, hashlib.blake2b).digest(), inode
