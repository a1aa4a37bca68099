"""The mail connector: mails in a Maildir++ as items, and every change of them as an effect that can be taken back.

No mail is ever deleted: trashing, withdrawing and undoing are moves. Reading never marks a mail as read. Deliberately
not here: searching (the index does it), sending (the outbox does it), accounts (`imap/`).
"""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path

from nearhand.connectors.base import Call, Effect, Item, Person, Preview, Receipt, World
from nearhand.connectors.errors import (
    ConflictError,
    ConnectorError,
    DeniedError,
    LimitError,
    NotFoundError,
    UnreadableError,
)
from nearhand.connectors.mail import mailboxes, message, outgoing, plans
from nearhand.connectors.mail.items import letter_item, unreadable_item
from nearhand.connectors.mail.maildir import Entry, Maildir
from nearhand.connectors.mail.maildir_files import digest, healed, identity, portable, split_ref
from nearhand.connectors.mail.message import Letter
from nearhand.connectors.mail.plans import Desk
from nearhand.connectors.mail.threads import thread_id
from nearhand.connectors.names import numbered
from nearhand.connectors.sealed.parsing import ATTACHMENT, GLIMPSE, HERE, INVITATION, LETTER, Parsing

_MARKS = {"S": "read", "F": "flagged", "R": "answered", "D": "a draft", "P": "passed on", "T": "to be removed"}


class MailConnector:
    """Mail in one Maildir++ root, for one person."""

    name = plans.NAME

    def __init__(self, maildir: Path, me: Person, zone: tzinfo, reads: Parsing = HERE) -> None:
        """`reads` may be one that reads in the sealed process."""
        self.store = Maildir(maildir)
        self.me = me
        self.zone = zone
        self._reads = reads

    def scan(self) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every mail in every folder, without opening any."""
        return self.store.scan()

    def load(self, ref: str) -> Item:
        """Read one mail; one that cannot be parsed is an item too, saying why in `extra["unreadable"]`."""
        for _ in range(3):
            entry = self.store.find(ref)
            try:
                return self._item(entry)
            except (NotFoundError, FileNotFoundError):  # renamed by another program a moment ago
                continue
        raise NotFoundError("That mail keeps moving. Another program is at work in this mailbox; try again.")

    def load_all(self, refs: Sequence[str]) -> Iterator[tuple[str, Item | ConnectorError]]:
        """`load` for many: the next are read while one is being put away; what went elsewhere meanwhile is last."""
        coming: deque[tuple[str, Entry, str, int]] = deque()
        odd: list[str] = []

        def raws() -> Iterator[bytes]:
            for ref in refs:
                try:
                    entry = self.store.find(ref)
                    version, raw = self.store.version(entry), self.store.read(entry)
                except (ConnectorError, FileNotFoundError):
                    odd.append(ref)
                else:
                    coming.append((ref, entry, version, len(raw)))
                    yield raw

        for letter in self._reads.read_all(LETTER, raws()):
            ref, entry, version, size = coming.popleft()
            if isinstance(letter, ConnectorError):
                odd.append(ref)
            else:
                yield ref, letter_item(entry, version, size, letter, self.zone)
        for ref in odd:
            try:
                yield ref, self.load(ref)
            except ConnectorError as error:
                yield ref, error

    def _item(self, entry: Entry) -> Item:
        version = self.store.version(entry)
        try:
            raw = self.store.read(entry)
            return letter_item(entry, version, len(raw), self._reads.read(LETTER, raw), self.zone)
        except (LimitError, UnreadableError) as error:
            try:
                head = self.store.head(entry)
            except UnreadableError:
                head = b""
            return unreadable_item(entry, version, self._glimpse(head), str(error), self.zone)

    def _glimpse(self, head: bytes) -> str:
        try:
            return self._reads.read(GLIMPSE, head)
        except ConnectorError:
            return ""

    def folders(self) -> list[str]:
        """List the mailboxes that exist, as a person reads them."""
        return [mailboxes.display(folder) for folder in self.store.folders()]

    def letter(self, ref: str) -> Letter:
        """Read one mail in full; raises NotFoundError, LimitError or UnreadableError."""
        return self._reads.read(LETTER, self.raw(ref))

    def raw(self, ref: str) -> bytes:
        """Give the bytes of one mail as they are on disk."""
        return self.store.read(self.store.find(ref))

    def attachments(self, ref: str) -> list[tuple[str, str, int]]:
        """List (safe name, content type, size in bytes) of what is attached to a mail."""
        return [(attached.name, attached.type, attached.size) for attached in self.letter(ref).attachments]

    def attachment_bytes(self, ref: str, number: int) -> bytes:
        """Give the decoded bytes of an attachment, counted from 0 in the order of `attachments`."""
        return self._reads.read(ATTACHMENT, self.raw(ref), number)

    def attachment_files(self, call: Call) -> list[tuple[str, bytes]]:
        """Give (safe name, bytes) of everything attached to the mails of a call, no name twice."""
        files: dict[str, bytes] = {}
        for item in call.items:
            raw = self.raw(item.ref)
            for number, attached in enumerate(self._reads.read(LETTER, raw).attachments):
                files[_unused(attached.name, files)] = self._reads.read(ATTACHMENT, raw, number)
        return list(files.items())

    def invitation(self, ref: str) -> bytes:
        """Give the calendar part of an invitation, b"" if the mail is none."""
        return self._reads.read(INVITATION, self.raw(ref))

    def thread(self, ref: str) -> str:
        """Name the conversation a mail belongs to; all mails of it have the same one in `extra["thread"]`."""
        return thread_id(self.letter(ref))

    def waiting(self) -> list[str]:
        """List the refs of the mails in the Outbox, the oldest first."""
        return outgoing.waiting(self.store)

    def release(self, ref: str) -> outgoing.Departure:
        """Say what of a mail in the Outbox is to be handed over, and to whom; changes nothing."""
        return outgoing.release(self.store, ref)

    def sent(self, ref: str) -> Effect:
        """The effect that files a mail that has gone under Sent."""
        return outgoing.sent(self.store, ref)

    def withdraw(self, ref: str) -> Effect:
        """The effect that takes a mail out of the Outbox before it goes."""
        return outgoing.withdraw(self.store, ref)

    def expand(self, call: Call) -> Sequence[Effect]:
        """Turn a call into effects; new mail is fixed to its last byte. Changes nothing."""
        return plans.expand(Desk(self.store, self.me, self.zone, self._reads), call)

    def preview(self, effect: Effect) -> Preview:
        """Say what an effect will do; a new mail is shown in full."""
        args = effect.args
        match effect.verb:
            case "move" | "withdraw":
                here = mailboxes.display(split_ref(effect.ref)[0])
                return Preview(f"Move “{args['title']}” from {here} to {mailboxes.display(args['to'])}.")
            case "flags":
                return Preview(f"Mark “{args['title']}” as {_marks(args['add'], args['remove'])}.")
            case _:
                return _preview_new(effect)

    def inverse(self, effect: Effect) -> Effect:
        """The effect that takes this one back; flags that other programs set meanwhile do not stand in its way."""
        args = effect.args
        match effect.verb:
            case "move" | "withdraw":
                folder, unique = split_ref(effect.ref)
                back = {"to": folder, "as": portable(unique), "title": args["title"], **_made_back(args)}
                return Effect(self.name, "move", f"{args['to']}/{args['as']}", identity(effect.seen), back)
            case "flags":
                folder, unique = split_ref(effect.ref)
                changed = {"add": args["remove"], "remove": args["add"], "title": args["title"]}
                return Effect(self.name, "flags", f"{folder}/{healed(unique)}", identity(effect.seen), changed)
            case "add":
                # the same mail may lie in the trash already, if it was written, taken back and written again
                kept = plans.free(self.store, mailboxes.TRASH, args["unique"], set())
                gone = {"to": mailboxes.TRASH, "as": kept, "title": args["title"]}
                return Effect(self.name, "withdraw", _added_ref(effect), digest(_raw(effect)), gone)
            case _:
                raise DeniedError(f"Mail cannot do “{effect.verb}”.")

    def apply(self, effect: Effect) -> Receipt:
        """Do it durably, then look; raises ConflictError, ExistsError or NotFoundError and changes nothing then."""
        args = effect.args
        match effect.verb:
            case "move" | "withdraw":
                entry = self.store.move(effect.ref, effect.seen, args["to"], args["as"])
                if "unmade" in args:
                    self.store.discard(args["unmade"])
            case "flags":
                entry = self.store.flag(effect.ref, effect.seen, args["add"], args["remove"])
            case "add" if not effect.seen:
                entry = self.store.add(args["folder"], args["unique"], args["flags"], _raw(effect))
            case "add":
                raise ConflictError("A new mail cannot have been seen before.")
            case _:
                raise DeniedError(f"Mail cannot do “{effect.verb}”.")
        return self._receipt(effect, entry)

    def _receipt(self, effect: Effect, entry: Entry) -> Receipt:
        if effect.verb == "add" and self.store.read(entry) != _raw(effect):
            raise ConnectorError("The mail on disk is not what was written. Check the disk.")
        where = mailboxes.display(entry.folder)
        evidence = f"“{effect.args['title']}” is in {where}"
        if effect.verb == "flags":
            evidence += f" and marked {_marks(entry.flags, '') or 'unread'}"
        return Receipt(effect, entry.ref, self.store.version(entry), evidence + ".")

    def probe(self, effect: Effect) -> World:
        """Look whether the effect has happened."""
        match effect.verb:
            case "move" | "withdraw":
                return self._probe_move(effect)
            case "flags":
                return self._probe_flags(effect)
            case _:
                return self._probe_add(effect)

    def _probe_move(self, effect: Effect) -> World:
        """Where it was comes first: the same bytes may lie where it goes because they were there once already."""
        if self._same(effect.ref, effect.seen):
            return World.BEFORE
        there = self._same(f"{effect.args['to']}/{effect.args['as']}", identity(effect.seen))
        return World.AFTER if there else World.NEITHER

    def _probe_flags(self, effect: Effect) -> World:
        folder, unique = split_ref(effect.ref)
        if self._same(effect.ref, effect.seen) and not self._marked(effect, effect.ref):
            return World.BEFORE
        after = f"{folder}/{healed(unique)}"
        marked = self._same(after, identity(effect.seen)) and self._marked(effect, after)
        return World.AFTER if marked else World.NEITHER

    def _marked(self, effect: Effect, ref: str) -> bool:
        flags = set(self.store.find(ref).flags)
        return flags >= set(effect.args["add"]) and not flags & set(effect.args["remove"])

    def _probe_add(self, effect: Effect) -> World:
        """A mail that is in another folder under its name has been there: it was sent or moved since."""
        if self._same(_added_ref(effect), digest(_raw(effect))):
            return World.AFTER
        folders = [folder for folder in self.store.folders() if folder != mailboxes.TRASH]
        elsewhere = any(self.store.exists(f"{folder}/{effect.args['unique']}") for folder in folders)
        return World.NEITHER if elsewhere else World.BEFORE

    def _same(self, ref: str, seen: str) -> bool:
        try:
            return self.store.matches(self.store.find(ref), seen)
        except (NotFoundError, FileNotFoundError):
            return False


def _raw(effect: Effect) -> bytes:
    try:
        return base64.b64decode(effect.args["raw"], validate=True)
    except (binascii.Error, KeyError) as error:
        raise UnreadableError("The journal entry of this mail is damaged. Nothing was done.") from error


def _added_ref(effect: Effect) -> str:
    return f"{effect.args['folder']}/{effect.args['unique']}"


def _unused(name: str, taken: dict[str, bytes]) -> str:
    number = 1
    chosen = name
    while chosen.casefold() in {other.casefold() for other in taken}:
        number += 1
        chosen = numbered(name, number)
    return chosen


def _marks(add: str, remove: str) -> str:
    words = [_MARKS.get(flag, flag) for flag in add] + [f"not {_MARKS.get(flag, flag)}" for flag in remove]
    return ", ".join(words)


def _preview_new(effect: Effect) -> Preview:
    letter = message.read(_raw(effect))
    where = mailboxes.display(effect.args["folder"])
    people = ", ".join(map(str, (*letter.to, *letter.cc, *letter.bcc))) or "nobody yet"
    lines = [f"From: {', '.join(map(str, letter.senders))}"]
    for role, named in (("To", letter.to), ("Cc", letter.cc), ("Bcc", letter.bcc)):
        lines += [f"{role}: {', '.join(map(str, named))}"] if named else []
    lines += [f"Subject: {letter.subject}", *(f"Attached: {a.name} ({a.size} bytes)" for a in letter.attachments), ""]
    body = "".join(f"+{line}\n" for line in [*lines, *letter.text.split("\n")])
    verb = "Send" if effect.args["folder"] == mailboxes.OUTBOX else "Write"
    return Preview(f"{verb} “{letter.subject}” to {people} (into {where}).", f"--- /dev/null\n+++ {where}\n{body}")


def _made_back(args: Mapping[str, str]) -> dict[str, str]:
    """What an effect says of the mailbox that it makes, or takes away again, turned round."""
    turned = {"made": "unmade", "unmade": "made"}
    return {turned[key]: folder for key, folder in args.items() if key in turned}
