"""A home as it was, to go back to after each of many trials: only what differs is written anew."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Snapshot:
    """Every file and folder below some folders, with bytes and times; with `kept`, a folder of links, inodes too."""

    roots: tuple[Path, ...]
    kept: Path | None = None
    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    _stamps: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, info in self._walk():
            self.files[path] = (Path(path).read_bytes(), info.st_mtime_ns)
            self._stamps[path] = _stamp(info)
            if self.kept:
                self.kept.mkdir(exist_ok=True)
                os.link(path, self.kept / str(info.st_ino))
        self.folders = {folder for root in self.roots for folder, _, _ in os.walk(root)}

    def _walk(self) -> list[tuple[str, os.stat_result]]:
        found = (os.path.join(folder, name) for root in self.roots for folder, _, names in os.walk(root) for name in names)
        return [(path, os.lstat(path)) for path in found]

    def world(self) -> dict[str, bytes]:
        """What is there now; what has not changed is not read again."""
        return {path: self._read(path, info) for path, info in self._walk()}

    def _read(self, path: str, info: os.stat_result) -> bytes:
        return self.files[path][0] if self._stamps.get(path) == _stamp(info) else Path(path).read_bytes()

    def restore(self) -> None:
        """Put everything back as it was."""
        now = dict(self._walk())
        for path in now.keys() - self.files.keys():
            Path(path).unlink()
        for folder in [each for root in self.roots for each, _, _ in os.walk(root)]:
            if folder not in self.folders and Path(folder).is_dir():
                shutil.rmtree(folder)
        for folder in sorted(self.folders):
            Path(folder).mkdir(exist_ok=True)
        for path, (data, mtime) in self.files.items():
            if path not in now or _stamp(now[path]) != self._stamps[path]:
                self._put_back(path, data, mtime)

    def _put_back(self, path: str, data: bytes, mtime: int) -> None:
        inode = self._stamps[path][0]
        if self.kept and (not os.path.lexists(path) or os.lstat(path).st_ino != inode):
            Path(path).unlink(missing_ok=True)
            os.link(self.kept / str(inode), path)
        if not os.path.lexists(path) or _stamp(os.lstat(path)) != self._stamps[path]:
            Path(path).write_bytes(data)
            os.utime(path, ns=(mtime, mtime))
        self._stamps[path] = _stamp(os.lstat(path))


def _stamp(info: os.stat_result) -> tuple[int, int, int]:
    return info.st_ino, info.st_size, info.st_mtime_ns
