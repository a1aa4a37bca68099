"""The files connector: the folders that the person has allowed, as items and effects.

It only joins its parts: `files/items.py` (seeing), `files/plans.py` (planning), `files/inverses.py` (taking back and
telling), `files/effects.py` (doing and looking). Deliberately not here: search; the index feeds on `scan` and `load`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from nearhand.connectors.base import Call, Effect, Item, Preview, Receipt, World
from nearhand.connectors.files import inverses, plans
from nearhand.connectors.files import items as file_items
from nearhand.connectors.files.effects import FileEffects
from nearhand.connectors.files.items import Usage
from nearhand.connectors.files.roots import Roots
from nearhand.connectors.files.trash import Trash
from nearhand.connectors.sealed.parsing import DOCUMENT, HERE, Parsing


class FilesConnector:
    """Files and folders under some roots; a ref is the real absolute path."""

    name = "files"

    def __init__(self, roots: Sequence[Path], trash_dir: Path | None = None, reads: Parsing = HERE) -> None:
        """`reads` may be one that reads in the sealed process."""
        self.roots = Roots(roots)
        self.trash = Trash(self.roots, trash_dir)
        self._reads = reads
        self._effects = FileEffects(self.roots, self.trash)
        self._skip = frozenset({str(self.trash.folder)})

    def scan(self) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every visible file and folder; raises NotFoundError if a root is missing."""
        self.roots.require()
        for root in self.roots.tops:
            yield from file_items.walk(str(root), self._skip)

    def children(self, ref: str) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of what lies directly in a folder."""
        return file_items.children(self.roots.canonical(ref), self._skip)

    def under(self, ref: str) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of everything that lies in a folder, all the way down."""
        return file_items.walk(self.roots.canonical(ref), self._skip)

    def load(self, ref: str) -> Item:
        """Read one file or folder; raises NotFoundError, or DeniedError outside the roots."""
        return file_items.load(self.roots, ref, self._text)

    def _text(self, name: str, data: bytes) -> str:
        return self._reads.read(DOCUMENT, data, name)

    def usage(self, ref: str) -> Usage:
        """Count what a folder holds, all the way down."""
        return file_items.usage(self.roots.canonical(ref))

    def duplicates(self, items: Sequence[Item]) -> list[tuple[Item, ...]]:
        """Groups of files with the same bytes, the largest first, each with its oldest file first."""
        return file_items.duplicates(self.roots, items)

    def expand(self, call: Call) -> Sequence[Effect]:
        """Turn a call into effects; raises ExistsError on a clash unless `on_clash` is "number"."""
        return plans.plan(call, self.roots, self.trash, self._reads)

    def plan_puts(self, folder: str, contents: Sequence[tuple[str, bytes]], number: bool = False) -> Sequence[Effect]:
        """Effects that write bytes from outside (attachments) into new files of a folder."""
        return plans.plan_puts(self.roots, self.trash, folder, contents, number)

    def preview(self, effect: Effect) -> Preview:
        """Say what an effect will do."""
        return inverses.preview(effect, self.roots)

    def inverse(self, effect: Effect) -> Effect:
        """The effect that takes this one back."""
        return inverses.inverse(effect, self.trash)

    def apply(self, effect: Effect) -> Receipt:
        """Do an effect durably and read it back."""
        return self._effects.apply(effect)

    def probe(self, effect: Effect) -> World:
        """Look whether an effect has happened."""
        return self._effects.probe(effect)

    def sweep(self) -> int:
        """Take away temporary files that a crash has left; returns how many."""
        return self._effects.sweep()
