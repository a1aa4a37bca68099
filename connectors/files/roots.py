"""The folders that Nearhand may see, and the only way to open what lies in them.

A path is opened one folder at a time from its root, never through a link, so that nothing swapped in later leads out.
Deliberately not here: versions, and the trash (which lies outside the roots).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nearhand.connectors.atomic import Spot, explain, translated
from nearhand.connectors.errors import DeniedError, NotFoundError
from nearhand.connectors.names import shown

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Roots:
    """An allow-list of folders."""

    def __init__(self, paths: Sequence[Path]) -> None:
        real = [Path(os.path.realpath(path.expanduser())) for path in paths]
        self.paths = tuple(p for i, p in enumerate(real) if p not in real[:i])
        """Real paths of the roots, in the order given."""
        self.tops = tuple(p for p in self.paths if not any(q != p and p.is_relative_to(q) for q in self.paths))
        """The roots that lie in no other root, so that a walk sees everything once."""

    def of(self, path: str) -> Path:
        """The outermost root that a path lies in or is; raises DeniedError if there is none."""
        for root in self.tops:
            if path == str(root) or path.startswith(f"{str(root).rstrip('/')}/"):
                return root
        names = ", ".join(str(root) for root in self.tops) or "none"
        raise DeniedError(f"{shown(path)} lies outside the folders Nearhand may see ({names}).")

    def _inner(self, path: str) -> str:
        """What follows the root: "" or "/Taxes/2023.txt"."""
        return path.rstrip("/")[len(str(self.of(path)).rstrip("/")) :]

    def canonical(self, path: str) -> str:
        """The real absolute path, the last name not followed; raises DeniedError if it is outside or hidden."""
        if not path.startswith("/") or "\0" in path or {".", ".."} & set(path.split("/")):
            raise DeniedError(f"{shown(path)} is not a full path. Name a folder inside the roots.")
        parent, _, name = path.rstrip("/").rpartition("/")
        real = f"{os.path.realpath(parent or '/').rstrip('/')}/{name}"
        if "/." in self._inner(real):
            raise DeniedError(f"{shown(path)} is hidden, and Nearhand leaves hidden files alone.")
        return real

    @contextmanager
    def spot(self, path: str) -> Iterator[Spot]:
        """Open the folder a path lies in, for as long as the block runs; roots themselves cannot be had."""
        root = self.of(path)
        parts = self._inner(path).split("/")[1:]
        if not parts or path != os.path.normpath(path):
            raise DeniedError(f"{shown(path)} is a whole root, which stays as it is. Name something in it.")
        if any(part.startswith(".") for part in parts):
            raise DeniedError(f"{shown(path)} is hidden, and Nearhand leaves hidden files alone.")
        with translated(path):
            folder = _descend(root, parts[:-1])
        try:
            yield Spot(folder, parts[-1], path)
        finally:
            os.close(folder)

    def place(self, path: str) -> str:
        """The path as a person would say it: under its root, with the root's name first if there are several."""
        inner = self._inner(path)
        return (self.of(path).name + inner if len(self.tops) > 1 else inner).lstrip("/")

    def say(self, path: str) -> str:
        """The path for a message, with nothing invisible in it."""
        try:
            return shown(self.place(path) or Path(path).name)
        except DeniedError:
            return shown(path)

    def require(self) -> None:
        """Raise NotFoundError if a root is missing: an unplugged disk is an error, never a deletion."""
        for root in self.tops:
            if not root.is_dir():
                raise NotFoundError(f"The folder {shown(str(root))} is missing. Connect its disk or change the roots.")


def _descend(root: Path, parts: Sequence[str]) -> int:
    folder = os.open(root, _FOLDER)
    for part in parts:
        try:
            inner = os.open(part, _FOLDER, dir_fd=folder)
        except OSError as error:
            code = errno.ELOOP if error.errno == errno.ENOTDIR else error.errno
            raise explain(OSError(code, error.strerror), f"{root}/{'/'.join(parts)}") from error
        finally:
            os.close(folder)
        folder = inner
    return folder


def nearest_folder(path: str) -> str:
    """The closest folder at or above a path that exists."""
    where = Path(path)
    while not where.is_dir():
        where = where.parent
    return str(where)
