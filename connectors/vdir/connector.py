"""What calendars, tasks and contacts on vdir folders have in common: their effects, and how one is taken back.

    put      the exact new text of a file; ref "" and args["to"] for a new one    <-> put the old text, or trash
             (an undo also holds the text that it takes away, for the redo)
    trash    a file or a whole collection goes to args["to"] in the trash         <-> restore
    move     a file goes to another collection                                    <-> move
    mkdir    a new collection args["to"]                                          <-> rmdir, only while it is empty

Deliberately not here: what the text means; each connector says that in `describe`.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nearhand.connectors.base import Call, Effect, Item, Preview, Receipt, World
from nearhand.connectors.errors import ConflictError, ConnectorError, DeniedError, NotFoundError
from nearhand.connectors.names import shown
from nearhand.connectors.vdir.store import TRASH, Vdir, digest

_RENAMES = {"trash": "restore", "restore": "trash", "move": "move"}
_NAMELESS = "latin-1"
"""How bytes that are not UTF-8 travel through JSON unharmed."""


class VdirConnector(ABC):
    """A connector whose items are files of a vdir."""

    name: str

    def __init__(self, store: Vdir) -> None:
        self.store = store
        self._mine: dict[str, tuple[str, bool]] = {}

    @abstractmethod
    def holds(self, data: bytes) -> bool:
        """Whether a file of these bytes belongs to this connector."""

    @abstractmethod
    def describe(self, old: str, new: str, ref: str) -> str:
        """Say in one sentence what changes between two texts; "" is no file."""

    @abstractmethod
    def load(self, ref: str) -> Item:
        """Read and parse one item."""

    @abstractmethod
    def expand(self, call: Call) -> Sequence[Effect]:
        """Turn a call into effects without touching the world."""

    def scan(self) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every file of this connector; a file is opened once per version."""
        for ref, version in self.store.scan():
            if self.owns(ref, version):
                yield ref, version

    def folders(self) -> list[str]:
        """What the collections are called in which nothing lies yet: nobody else would know of them."""
        store = self.store
        return [store.display(each) for each in store.collections() if next(store.files(each), None) is None]

    def owns(self, ref: str, version: str) -> bool:
        """Whether a file belongs to this connector."""
        known = self._mine.get(ref)
        if known is None or known[0] != version:
            try:
                known = version, self.holds(self.store.read(ref))
            except NotFoundError:
                return False
            except ConnectorError:
                known = version, self.holds(b"")
            self._mine[ref] = known
        return known[1]

    def text(self, ref: str) -> str:
        """The text of a file; bytes that are not UTF-8 come as surrogates and go back as they were."""
        return decoded(self.store.read(ref))

    def put(self, ref: str, seen: str, text: str) -> Effect:
        """The effect that replaces the text of a file."""
        return Effect(self.name, "put", ref, seen, packed(text))

    def new(self, ref: str, text: str) -> Effect:
        """The effect that makes a new file."""
        return Effect(self.name, "put", "", "", {"to": ref, **packed(text)})

    def trash(self, ref: str, seen: str) -> Effect:
        """The effect that moves a file or a collection to the trash."""
        return Effect(self.name, "trash", ref, seen, {"to": self.store.trash_entry(ref, seen)})

    def preview(self, effect: Effect) -> Preview:
        """Say what the effect will do, with a diff of the text where one changes."""
        where = effect.ref or effect.args["to"]
        if effect.verb == "put":
            old, new = self._old(effect), unpacked(effect).decode("utf-8", "surrogateescape")
            return Preview(self.describe(old, new, where), _diff(old, new, where))
        if effect.verb == "mkdir":
            return Preview(f"A new folder {shown(effect.args['to'])} is made.")
        if effect.verb == "rmdir":
            return Preview(f"The empty folder {shown(effect.ref)} is taken away.")
        if effect.verb not in _RENAMES:
            raise _unknown(effect)
        return Preview(self._renaming(effect))

    def _renaming(self, effect: Effect) -> str:
        outside = effect.ref if effect.verb != "restore" else effect.args["to"]
        try:
            title = self.load(effect.ref).title if self.store.path(effect.ref).is_file() else outside
        except ConnectorError:
            title = outside
        ways = {"trash": "goes to the trash", "restore": "comes back from the trash",
                "move": f"goes to {self.store.display(effect.args['to'].partition('/')[0])}"}  # fmt: skip
        return f"{shown(title)} {ways[effect.verb]}."

    def _old(self, effect: Effect) -> str:
        return self.text(effect.ref) if effect.ref and self.store.exists(effect.ref) else ""

    def inverse(self, effect: Effect) -> Effect:
        """The effect that takes this one back; it names the bytes it expects, so it holds whenever it is run."""
        if effect.verb == "put":
            return self._put_back(effect)
        if effect.verb in _RENAMES:
            seen = effect.seen if effect.seen.startswith("sha256:") else self.store.lasting(effect.ref)
            back = {"to": effect.ref}
            return replace(effect, verb=_RENAMES[effect.verb], ref=effect.args["to"], seen=seen, args=back)
        if effect.verb == "mkdir":
            return Effect(self.name, "rmdir", effect.args["to"], "empty")
        if effect.verb == "rmdir":
            return Effect(self.name, "mkdir", "", "", {"to": effect.ref})
        raise _unknown(effect)

    def _put_back(self, effect: Effect) -> Effect:
        after = digest(unpacked(effect))
        if not effect.ref:
            to = effect.args["to"]
            return Effect(self.name, "trash", to, after, {"to": self.store.trash_entry(to, after)})
        old = {key.removeprefix("old_"): value for key, value in effect.args.items() if key.startswith("old_")}
        if not old:
            self.store.check(effect.ref, effect.seen)
            old = packed(self.text(effect.ref))
        new = {f"old_{key}": value for key, value in effect.args.items() if not key.startswith("old_")}
        return Effect(self.name, "put", effect.ref, after, {**old, **new})

    def apply(self, effect: Effect) -> Receipt:
        """Do it durably and read it back; raises ConflictError, NotFoundError or ExistsError, changing nothing."""
        ref = effect.args.get("to", effect.ref)
        if effect.verb == "put" and not effect.ref:
            self.store.create(ref, unpacked(effect))
        elif effect.verb == "put":
            self.store.replace(effect.ref, effect.seen, unpacked(effect))
        elif effect.verb in _RENAMES:
            self.store.move(effect.ref, effect.seen, ref)
        elif effect.verb == "mkdir":
            self.store.make(ref)
        elif effect.verb == "rmdir":
            self._remove(effect)
            return Receipt(effect, "", "", f"Looked: the folder {shown(effect.ref)} is gone.")
        else:
            raise _unknown(effect)
        return Receipt(effect, ref, self.store.version(ref), _evidence(effect, ref))

    def _remove(self, effect: Effect) -> None:
        if effect.seen != "empty":
            raise ConflictError(f"The folder {shown(effect.ref)} has changed since the plan was made. Ask again.")
        self.store.remove(effect.ref)

    def probe(self, effect: Effect) -> World:
        """Look whether the effect has happened."""
        if effect.verb == "put":
            return self._probe_put(effect)
        if effect.verb in ("mkdir", "rmdir"):
            there = self.store.exists(effect.args.get("to", effect.ref))
            return World.AFTER if there == (effect.verb == "mkdir") else World.BEFORE
        if effect.verb not in _RENAMES:
            raise _unknown(effect)
        here, there = self.store.exists(effect.ref), self.store.exists(effect.args["to"])
        if here and not there and self.store.matches(effect.ref, effect.seen):
            return World.BEFORE
        after = there and not here and self.store.matches(effect.args["to"], effect.seen)
        return World.AFTER if after else World.NEITHER

    def _probe_put(self, effect: Effect) -> World:
        ref = effect.ref or effect.args["to"]
        if not self.store.exists(ref):
            return World.NEITHER if effect.ref else World.BEFORE
        if self.store.matches(ref, digest(unpacked(effect))):
            return World.AFTER
        return World.BEFORE if effect.ref and self.store.matches(ref, effect.seen) else World.NEITHER


def decoded(data: bytes) -> str:
    """Bytes as text, every byte kept."""
    return data.decode("utf-8", "surrogateescape")


def packed(text: str) -> dict[str, str]:
    """A text as the arguments of an effect."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return {"text": text.encode("utf-8", "surrogateescape").decode(_NAMELESS), "encoding": _NAMELESS}
    return {"text": text}


def unpacked(effect: Effect) -> bytes:
    """The exact bytes that an effect puts."""
    return effect.args["text"].encode(effect.args.get("encoding", "utf-8"))


def _evidence(effect: Effect, ref: str) -> str:
    if effect.verb == "put":
        return f"Read back: {shown(ref)} holds the new text."
    place = "in the trash" if ref.startswith(f"{TRASH}/") else f"at {shown(ref)}"
    return f"Looked: it is now {place}."


def _unknown(effect: Effect) -> DeniedError:
    return DeniedError(f'"{effect.verb}" is nothing that can be done to {effect.connector}.')


def _diff(old: str, new: str, where: str) -> str:
    before, after = (decoded(text.encode("utf-8", "surrogateescape")).splitlines() for text in (old, new))
    return "\n".join(difflib.unified_diff(before, after, where, where, lineterm="", n=2))
