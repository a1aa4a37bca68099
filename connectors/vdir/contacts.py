"""Contacts on a vdir: one .vcf file per person, in the root or in folders under it (address books).

Deliberately not here: who is meant by a name (the agent resolves that), and removing people, which nobody can ask for.
A file that holds several cards shows only its first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from nearhand.connectors.base import Call, Effect, Item, Person, Span
from nearhand.connectors.errors import ConnectorError, DeniedError, LimitError
from nearhand.connectors.names import shown
from nearhand.connectors.sealed.parsing import CARD, HERE, Parsing
from nearhand.connectors.vdir.calendars import ODD, utc_now
from nearhand.connectors.vdir.connector import VdirConnector, decoded
from nearhand.connectors.vdir.contentlines import Block, parse
from nearhand.connectors.vdir.event_items import Place, unreadable
from nearhand.connectors.vdir.new_events import fresh_uid
from nearhand.connectors.vdir.store import Vdir
from nearhand.connectors.vdir.vcards import (
    Card,
    new_card,
    read_card,
    with_address,
    with_birthday,
    with_email,
    with_name,
    with_phone,
)

MAX_BYTES = 5 * 1024 * 1024
_FIELDS = (("name", "name"), ("birthday", "birthday"), ("address", "address"), ("emails", "mail address"),
           ("phones", "number"))  # fmt: skip


class ContactConnector(VdirConnector):
    """The people under one root."""

    name = "contacts"

    def __init__(
        self, root: Path, me: Person | None = None, clock: Callable[[], datetime] = utc_now, reads: Parsing = HERE
    ) -> None:
        """`reads` may be one that reads in the sealed process."""
        super().__init__(Vdir(root, ".vcf"))
        self._reads = reads
        self.me = me or Person()
        self._clock = clock

    def holds(self, data: bytes) -> bool:
        """Every .vcf file is one of ours."""
        return True

    def owns(self, ref: str, version: str) -> bool:
        """Every .vcf file is one of ours, without opening it."""
        return True

    def load(self, ref: str) -> Item:
        """Read one person; raises NotFoundError."""
        folder = ref.rpartition("/")[0]
        place = Place(self.name, ref, self.store.version(ref), self.store.display(folder) if folder else "")
        try:
            return self._item(place, self._reads.read(CARD, self._data(ref)))
        except ODD as error:
            return unreadable(place, "contact", str(error))

    def _data(self, ref: str) -> bytes:
        data = self.store.read(ref)
        if len(data) > MAX_BYTES:
            raise LimitError("It is larger than 5 MB, so it was not read.")
        return data

    def _item(self, place: Place, card: Card) -> Item:
        extra = {
            "phones": "\n".join(card.phones), "emails": "\n".join(card.emails), "birthday": card.birthday,
            "address": card.address, "nickname": card.nickname, "org": card.org, "relation": self._relation(card),
            "role": card.role, "categories": card.categories,
            "related": "\n".join(f"{relation}: {name}" for relation, name in card.related),
        }  # fmt: skip
        people = tuple(("self", Person(card.name, address)) for address in card.emails or ("",))
        text = "\n".join(filter(None, (card.nickname, card.role, card.org, card.address, card.note)))
        kept = {key: value for key, value in extra.items() if value}
        return Item(self.name, place.ref, place.version, "contact", card.name, place.name, people=people, text=text,
                    extra=kept)  # fmt: skip

    def _relation(self, card: Card) -> str:
        """What the person is to the owner: said in a note, or in a list of relatives that names the owner."""
        me = self.me.name.casefold()
        mine = (relation for relation, name in card.related if me and name.casefold() == me)
        return card.relation or next(mine, "")

    def expand(self, call: Call) -> Sequence[Effect]:
        """Turn a call of the area contacts into effects."""
        if call.action == "contacts.add":
            return [self._add(call)]
        if call.action != "contacts.change":
            raise DeniedError(f'"{call.action}" is nothing that changes contacts.')
        return [effect for item in call.items for effect in self._change(call, item)]

    def _add(self, call: Call) -> Effect:
        name = str(call.args.get("name") or _first(call.args.get("email")).partition("@")[0])
        uid = str(call.args.get("uid") or fresh_uid(sorted(call.args.items(), key=str), self._clock().isoformat()))
        root = parse(new_card(uid, name))
        card = root.blocks("VCARD")[0]
        text = root.exchanged(card, (_with_details(card, call),)).text
        books = self.store.collections()
        return self.new(self.store.free(books[0] if books and not any(self.store.files("")) else "", uid), text)

    def _change(self, call: Call, item: Item) -> list[Effect]:
        data = self._data(item.ref)
        self._reads.read(CARD, data)  # so that it is known to end
        text = decoded(data)
        old, _ = read_card(text)
        new = _with_details(with_name(old, str(call.args["name"])) if call.args.get("name") else old, call)
        if new is old:
            return []
        root = parse(text)
        there = next(each for each in root.walk() if each == old)
        return [self.put(item.ref, item.version, root.exchanged(there, (new,)).text)]

    def describe(self, old: str, new: str, ref: str) -> str:
        """Say what changes between two texts of a card."""
        try:
            after, before = read_card(new)[1], read_card(old)[1] if old else None
        except ConnectorError:
            return "A contact changes."
        if before is None:
            details = ", ".join((*after.emails, *after.phones))
            return f"New contact {shown(after.name)}{f' ({shown(details)})' if details else ''}."
        changes = [f"the {word} is now {shown(_said(after, field))}" for field, word in _FIELDS
                   if getattr(after, field) != getattr(before, field)]  # fmt: skip
        return f"{shown(before.name)}: {'; '.join(changes) or 'details change'}."


def _said(card: Card, field: str) -> str:
    value = getattr(card, field)
    return ", ".join(value) if isinstance(value, tuple) else str(value) or "empty"


def _first(value: object) -> str:
    return str(value[0]) if isinstance(value, tuple) and value else str(value or "")


def _with_details(card: Block, call: Call) -> Block:
    args = call.args
    if args.get("email"):
        card = with_email(card, _first(args["email"]))
    if args.get("phone"):
        card = with_phone(card, _first(args["phone"]))
    if args.get("where"):
        card = with_address(card, str(args["where"]))
    when = args.get("when")
    if isinstance(when, Span) and when.start is not None:
        card = with_birthday(card, when.start.date())
    return card
