"""A vdir on disk: one folder per collection, one file per item, changed durably and never blindly.

A ref is `<collection>/<file>`, a file right in the root goes by its name alone, and a collection by the name of its
folder. What is thrown away lies in `.trash`, which is hidden and never scanned. Links, hidden names and names that are
not UTF-8 are left alone. Deliberately not here: what is in a file.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.bulk import create_all
from nearhand.connectors.errors import (
    ConflictError,
    ConnectorError,
    DeniedError,
    ExistsError,
    LimitError,
    NotFoundError,
)
from nearhand.connectors.names import clean_name, numbered, shown

TRASH = ".trash"
MAX_BYTES = 20 * 1024 * 1024
"""No file is read beyond this, whatever is in it."""
_DIGEST = "sha256:"


class Vdir:
    """The files with one ending (`.ics`, `.vcf`) under one root."""

    def __init__(self, root: Path, suffix: str) -> None:
        self.root = root
        self.suffix = suffix

    def collections(self) -> list[str]:
        """The names of the collection folders, in order; raises NotFoundError when the root itself is gone."""
        try:
            with os.scandir(self.root) as entries:
                found = [e.name for e in entries if _visible(e.name) and e.is_dir(follow_symlinks=False)]
        except OSError as error:
            raise NotFoundError(f"The folder {self.root} cannot be read ({error.strerror}). Is it there?") from error
        return sorted(found)

    def display(self, collection: str) -> str:
        """What a collection is called: its displayname file, else its folder."""
        try:
            text = (self.root / collection / "displayname").read_bytes()[:400].decode("utf-8", "replace")
        except OSError:
            return collection
        return " ".join(text.split()) or collection

    def named(self, name: str) -> str | None:
        """The collection that a person means by a name; None if there is none."""
        wanted = name.strip().casefold()
        every = self.collections()
        for called in (lambda c: c, self.display):
            for collection in every:
                if called(collection).casefold() == wanted:
                    return collection
        return None

    def scan(self) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every file, without opening any."""
        for collection in ["", *self.collections()]:
            yield from self.files(collection)

    def files(self, collection: str) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of the files in one collection ("" is the root)."""
        with suppress(FileNotFoundError), os.scandir(self.root / collection) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if entry.name.endswith(self.suffix) and _visible(entry.name):
                    with suppress(FileNotFoundError):
                        info = entry.stat(follow_symlinks=False)
                        if stat.S_ISREG(info.st_mode):
                            yield (f"{collection}/{entry.name}" if collection else entry.name), _version(info)

    def path(self, ref: str) -> Path:
        """Where a ref lies; raises DeniedError for one that could lead elsewhere."""
        parts = ref.split("/")
        inside = parts[1:] if parts[0] == TRASH and len(parts) == 2 else parts
        if len(parts) > 2 or not all(_visible(part) for part in inside):
            raise DeniedError(f'"{shown(ref)[:80]}" is not the name of an item. Search again and pick it.')
        if len(parts) == 2 and (self.root / parts[0]).is_symlink():
            raise DeniedError(f"{shown(parts[0])} is a link to another place; Nearhand does not go there.")
        return self.root / ref

    def exists(self, ref: str) -> bool:
        """Whether something (also a link) has this name."""
        return os.path.lexists(self.path(ref))

    def version(self, ref: str) -> str:
        """The token that changes with a file, or with any file of a collection; raises NotFoundError."""
        path = self.path(ref)
        with atomic.translated(str(path)):
            info = path.lstat()
            if not stat.S_ISDIR(info.st_mode):
                return _version(info)
            rows = sorted((e.name, _version(e.stat(follow_symlinks=False))) for e in os.scandir(path))
        return _DIGEST + hashlib.sha256(repr(rows).encode("utf-8", "surrogateescape")).hexdigest()

    def lasting(self, ref: str) -> str:
        """A version that can be known of what will be: it names the bytes, so it holds after undo and redo too."""
        return self.version(ref) if self.path(ref).is_dir() else digest(self.read(ref))

    def matches(self, ref: str, seen: str) -> bool:
        """Whether a thing is still the version (or has the lasting version) that was seen."""
        try:
            same = seen == self.version(ref)
            return same or (seen.startswith(_DIGEST) and not self.path(ref).is_dir() and digest(self.read(ref)) == seen)
        except (NotFoundError, LimitError):
            return False

    def check(self, ref: str, seen: str) -> None:
        """Raise ConflictError if a thing is not what was seen, NotFoundError if it is gone."""
        if not self.exists(ref):
            raise NotFoundError(f"{shown(ref)} is not there (any more). Search again and pick it from the list.")
        if not self.matches(ref, seen):
            raise ConflictError(f"{shown(ref)} has changed since the plan was made. Look at it and ask again.")

    def read(self, ref: str) -> bytes:
        """The bytes of a file; raises NotFoundError and LimitError."""
        path = self.path(ref)
        with atomic.translated(str(path)):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb", closefd=True) as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise NotFoundError(f"{shown(ref)} is not a file.")
                data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise LimitError(f"{shown(ref)} is larger than 20 MB. It was left as it is.")
        return data

    def create(self, ref: str, data: bytes) -> None:
        """Write a new file; raises ExistsError, and ConnectorError if it does not read back the same."""
        atomic.create(self.path(ref), data)
        self._read_back(ref, data)

    def create_all(self, collection: str, files: Mapping[str, bytes]) -> set[str]:
        """Write many new files (by ref) of one collection; returns the refs that were taken."""
        by_name = {ref.rpartition("/")[2]: ref for ref in files if self.path(ref)}
        taken = create_all(self.root / collection, {name: files[ref] for name, ref in by_name.items()})
        for ref in files:
            if ref.rpartition("/")[2] not in taken:
                self._read_back(ref, files[ref])
        return {by_name[name] for name in taken}

    def replace(self, ref: str, seen: str, data: bytes) -> None:
        """Put other bytes into a file that is still the version that was seen."""
        self.check(ref, seen)
        atomic.overwrite(self.path(ref), data)
        self._read_back(ref, data)

    def move(self, ref: str, seen: str, to: str) -> None:
        """Rename a file or a collection that is still what was seen; to and from the trash as well."""
        self.check(ref, seen)
        source, target = self.path(ref), self.path(to)
        if to.startswith(f"{TRASH}/"):
            with suppress(ExistsError):
                self.make(TRASH)
        atomic.move(source, target)
        if ref.startswith(f"{TRASH}/"):
            with suppress(ConnectorError):
                self.remove(TRASH)

    def make(self, collection: str) -> None:
        """Make a collection; raises ExistsError. The root is never made: it may be a disk that is not mounted."""
        with atomic.at(self._collection(collection)) as spot:
            atomic.make_folder(spot)

    def remove(self, collection: str) -> None:
        """Take an empty collection away; raises ConflictError if something is in it."""
        with atomic.at(self._collection(collection)) as spot:
            atomic.remove_folder(spot)

    def _collection(self, name: str) -> Path:
        if name != TRASH and ("/" in name or not _visible(name)):
            raise DeniedError(f'"{shown(name)[:80]}" cannot be the name of a calendar or list. Choose another one.')
        return self.root / name

    def trash_entry(self, ref: str, seen: str) -> str:
        """A free name in the trash for a thing; the same each time as long as the world is."""
        mark = hashlib.sha256(f"{ref}\0{seen}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
        name = ref.rpartition("/")[2]
        ending = self.suffix if name.endswith(self.suffix) else ""
        return f"{TRASH}/{self._free(TRASH, clean_name(f'{name.removesuffix(self.suffix)[:60]}.{mark}{ending}'))}"

    def throw_away(self, ref: str, data: bytes) -> None:
        """Put bytes into the trash as if a file of this name had held them."""
        with suppress(ExistsError):
            self.make(TRASH)
        self.create(self.trash_entry(ref, digest(data)), data)

    def free(self, collection: str, stem: str) -> str:
        """A ref for a new file in a collection, numbered when the name is taken."""
        plain = "".join(c if c.isalnum() or c in "-_@." else "-" for c in stem)[:60]
        name = self._free(collection, clean_name(plain + self.suffix))
        return f"{collection}/{name}" if collection else name

    def _free(self, folder: str, name: str) -> str:
        number, candidate = 1, name
        while os.path.lexists(self.root / folder / candidate):
            number += 1
            candidate = numbered(name, number).replace(" ", "-")
        return candidate

    def _read_back(self, ref: str, data: bytes) -> None:
        if self.read(ref) != data:
            raise ConnectorError(f"{shown(ref)} does not hold what was written. Another program is writing it too.")


def digest(data: bytes) -> str:
    """The lasting version of bytes."""
    return _DIGEST + hashlib.sha256(data).hexdigest()


def _version(info: os.stat_result) -> str:
    return f"{info.st_ino}-{info.st_size}-{info.st_mtime_ns}"


def _visible(name: str) -> bool:
    return bool(name) and name.isprintable() and not name.startswith(".") and len(name.encode()) <= 255
