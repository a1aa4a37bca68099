"""Making a .zip out of files and folders: written beside its place, tested, then renamed into place.

The listing is known beforehand, so that undo can tell whether the archive is still the one that was made.
Links are left out (an archive with links is one that Nearhand would not unpack). Deliberately not here: other formats.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
import zipfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from nearhand.connectors.atomic import Spot, failpoint, rename_new, sync, temporary, translated
from nearhand.connectors.errors import ConnectorError, ExistsError
from nearhand.connectors.files.versions import check_depth, entries_of, opened, zip_like
from nearhand.connectors.names import numbered, shown

FAILPOINTS = ("zip.begun", "zip.filled", "zip.tested")
"""Where tests may stop the operations of this module."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def archive_names(paths: Sequence[str]) -> list[str]:
    """A name inside the archive for each thing, numbered where two would have the same."""
    names: list[str] = []
    for path in paths:
        plain = path.rpartition("/")[2]
        name, number = plain, 1
        while name in names:
            number += 1
            name = numbered(plain, number)
        names.append(name)
    return names


def packed_like(sources: Sequence[Spot]) -> str:
    """The likeness of the archive that these things would become now."""
    names = archive_names([spot.path for spot in sources])
    infos = [info for spot, name in zip(sources, names, strict=True) for info, _, _ in _walk(spot, name)]
    return zip_like((info.filename, info.file_size, info.date_time) for info in infos)


def pack(sources: Sequence[Spot], target: Spot) -> None:
    """Pack things into a new archive durably; raises ExistsError if its name is taken."""
    if target.stat() is not None:
        raise ExistsError(f"{shown(target.path)} is already there. Choose another name.")
    with translated(target.path), temporary(target) as temp:
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temp.name, flags, 0o666, dir_fd=temp.folder), "w+b") as file:
            failpoint("zip.begun")
            _fill(file, sources)
            file.flush()
            failpoint("zip.filled")
            sync(file.fileno())
            _test(file, target.path)
        failpoint("zip.tested")
        rename_new(temp, target)


def _fill(file: BinaryIO, sources: Sequence[Spot]) -> None:
    names = archive_names([spot.path for spot in sources])
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for spot, name in zip(sources, names, strict=True):
            for info, folder, inner in _walk(spot, name):
                if info.is_dir():
                    archive.writestr(info, b"")
                    continue
                large = info.file_size > 1 << 30
                old = os.fdopen(os.open(inner, _READ, dir_fd=folder), "rb")
                with old, archive.open(info, "w", force_zip64=large) as new:
                    shutil.copyfileobj(old, new, 1 << 20)


def _test(file: BinaryIO, path: str) -> None:
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        if archive.testzip() is not None:
            raise ConnectorError(f"The archive {shown(path)} reads back differently. Check the disk.")


def _walk(spot: Spot, name: str) -> Iterator[tuple[zipfile.ZipInfo, int, str]]:
    """Every file and folder of one thing: its entry, and the open folder and name to read it from."""
    info = os.lstat(spot.name, dir_fd=spot.folder)
    if stat.S_ISREG(info.st_mode):
        yield _entry(name, info), spot.folder, spot.name
    elif stat.S_ISDIR(info.st_mode):
        check_depth(name)
        yield _entry(name + "/", info), spot.folder, spot.name
        with opened(spot) as folder:
            for inner in entries_of(folder):
                yield from _walk(Spot(folder, inner, f"{spot.path}/{inner}"), f"{name}/{inner}")


def _entry(name: str, info: os.stat_result) -> zipfile.ZipInfo:
    local = time.localtime(max(info.st_mtime, 0))
    year = min(max(local.tm_year, 1980), 2107)
    second = min(local.tm_sec, 59) // 2 * 2  # the format counts in steps of two
    entry = zipfile.ZipInfo(name, (year, local.tm_mon, local.tm_mday, local.tm_hour, local.tm_min, second))
    entry.external_attr = (info.st_mode & 0xFFFF) << 16 | (0x10 if name.endswith("/") else 0)
    entry.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
    entry.file_size = 0 if name.endswith("/") else info.st_size
    return entry
