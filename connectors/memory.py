"""A connector whose world is a dictionary: for demonstrations, and for testing whatever drives connectors.

It keeps the whole contract of `testing.py`, only nothing outlives the process. Each effect holds an item before and
after it, so an inverse is the same effect turned round. Deliberately not here: any rule about what items mean.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from nearhand.connectors.base import Call, Effect, Item, Person, Preview, Receipt, Source, World
from nearhand.connectors.errors import ConflictError, DeniedError, ExistsError, NotFoundError, UnreadableError


class MemoryConnector:
    """Items in memory. Understands the verbs of `_NEW` and `_CHANGES`, whatever the area before the dot."""

    def __init__(self, items: Iterable[Item] = (), name: str = "memory") -> None:
        self.name = name
        self.items = {item.ref: _stamped(replace(item, connector=name)) for item in items}
        """The world: every item by its ref."""
        self.done: list[Effect] = []
        """Every effect that was applied, in order, for a test to look at."""

    def scan(self) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every item."""
        return iter([(item.ref, item.version) for item in self.items.values()])

    def load(self, ref: str) -> Item:
        """Return one item; raises NotFoundError."""
        try:
            return self.items[ref]
        except KeyError:
            raise NotFoundError(f"{ref} is not there (any more). Look where it went and ask again.") from None

    def expand(self, call: Call) -> Sequence[Effect]:
        """Turn a call into one effect for each item it is about; raises DeniedError for an unknown verb."""
        verb = call.action.rpartition(".")[2]
        if verb in _NEW:
            return (self._set(None, self._made(call)),)
        if verb not in _CHANGES:
            raise DeniedError(f"{call.action} is nothing that can be done to {self.name}.")
        return tuple(self._set(item, _CHANGES[verb](item, call)) for item in call.items)

    def preview(self, effect: Effect) -> Preview:
        """Say what an effect will do."""
        old, new = _read(effect.args["before"]), _read(effect.args["after"])
        lines = [sign + item.title for sign, item in (("-", old), ("+", new)) if item is not None]
        what = "Change" if old and new else "Add" if new else "Remove"
        return Preview(f"{what} {(new or old or _NOBODY).title}.", "\n".join(lines))

    def inverse(self, effect: Effect) -> Effect:
        """The same effect turned round."""
        return self._set(_read(effect.args["after"]), _read(effect.args["before"]))

    def apply(self, effect: Effect) -> Receipt:
        """Do an effect; raises ConflictError or ExistsError if the world is not as it was planned for."""
        old, new = _read(effect.args["before"]), _read(effect.args["after"])
        ref = (old or new or _NOBODY).ref
        there = self.items.get(ref)
        if old is None and there is not None:
            raise ExistsError(f"{ref} is already there. Choose another name.")
        if old is not None and there is None:
            raise NotFoundError(f"{ref} is not there (any more). Look where it went and ask again.")
        if there is not None and there.version != effect.seen:
            raise ConflictError(f"{ref} has changed since this was planned. Look at it and ask again.")
        if new is None:
            del self.items[ref]
        else:
            self.items[ref] = new
        self.done.append(effect)
        return Receipt(effect, new.ref if new else "", new.version if new else "", f"Looked: {ref} is as planned.")

    def probe(self, effect: Effect) -> World:
        """Look whether an effect has happened."""
        old, new = _read(effect.args["before"]), _read(effect.args["after"])
        there = self.items.get((old or new or _NOBODY).ref)
        if there == old:
            return World.BEFORE
        return World.AFTER if there == new else World.NEITHER

    def _set(self, old: Item | None, new: Item | None) -> Effect:
        args = {"before": _written(old), "after": _written(new)}
        return Effect(self.name, "set", old.ref if old else "", old.version if old else "", args)

    def _made(self, call: Call) -> Item:
        title = str(call.args.get("name") or call.args.get("subject") or call.args.get("text") or "untitled")
        ref, number = title, 1
        while ref in self.items:
            number += 1
            ref = f"{title} ({number})"
        place = str(call.args.get("in") or call.args.get("to") or "")
        return _stamped(Item(self.name, ref, "", call.action.partition(".")[0].removesuffix("s"), title, place))


_NEW = frozenset({"add", "new_folder", "draft", "send"})


def _renamed(item: Item, call: Call) -> Item | None:
    return _stamped(replace(item, title=str(call.args["name"])))


def _moved(item: Item, call: Call) -> Item | None:
    return _stamped(replace(item, place=str(call.args["to"])))


def _gone(item: Item, call: Call) -> Item | None:
    return None


def _tagged(add: str, drop: str) -> Callable[[Item, Call], Item | None]:
    def change(item: Item, call: Call) -> Item | None:
        return _stamped(replace(item, tags=(item.tags | {add}) - {drop}))

    return change


_CHANGES: dict[str, Callable[[Item, Call], Item | None]] = {
    "rename": _renamed, "move": _moved, "trash": _gone, "remove": _gone, "cancel": _gone,
    "complete": _tagged("done", "open"), "mark_read": _tagged("read", "unread"),
    "mark_unread": _tagged("unread", "read"), "flag": _tagged("flagged", "unflagged"),
    "unflag": _tagged("unflagged", "flagged"),
}  # fmt: skip
_NOBODY = Item("memory", "", "", "", "nothing")


def _stamped(item: Item) -> Item:
    """The item with a version that follows from everything else in it."""
    plain = _written(replace(item, version=""))
    return replace(item, version=hashlib.sha256(plain.encode()).hexdigest()[:16])


def _written(item: Item | None) -> str:
    if item is None:
        return ""
    fields = {
        "connector": item.connector, "ref": item.ref, "version": item.version, "kind": item.kind, "title": item.title,
        "place": item.place, "when": item.when.isoformat() if item.when else "",
        "end": item.end.isoformat() if item.end else "", "all_day": item.all_day, "size": item.size,
        "people": [[role, who.name, who.address] for role, who in item.people], "tags": sorted(item.tags),
        "text": item.text, "source": item.source.value, "extra": dict(item.extra),
    }  # fmt: skip
    return json.dumps(fields, sort_keys=True)


def _read(written: str) -> Item | None:
    if not written:
        return None
    try:
        it = json.loads(written)
        return Item(
            it["connector"], it["ref"], it["version"], it["kind"], it["title"], it["place"],
            datetime.fromisoformat(it["when"]) if it["when"] else None,
            datetime.fromisoformat(it["end"]) if it["end"] else None, it["all_day"], it["size"],
            tuple((role, Person(name, address)) for role, name, address in it["people"]), frozenset(it["tags"]),
            it["text"], Source(it["source"]), it["extra"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError("The effect does not hold an item. Plan it again.") from error
