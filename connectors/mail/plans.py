"""Turns a call about mail into effects: what is moved, which flags change, which final bytes are added where.

Reads the Maildir and the files to attach, and changes nothing. New mail is fixed to the last byte here, so that what
is approved is what goes.
"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from nearhand.connectors.base import Call, Effect, Item, Person
from nearhand.connectors.errors import ConflictError, DeniedError, ExistsError, LimitError, NotFoundError
from nearhand.connectors.mail import compose, mailboxes, replies
from nearhand.connectors.mail.compose import Enclosure, Outgoing
from nearhand.connectors.mail.maildir import Maildir
from nearhand.connectors.mail.maildir_files import digest, flags_of, portable, split_ref
from nearhand.connectors.mail.message import Letter
from nearhand.connectors.mail.threads import references_for_reply
from nearhand.connectors.names import clean_name
from nearhand.connectors.sealed.parsing import HERE, LETTER, Parsing

NAME = "mail"
_FLAGS = {
    "mail.mark_read": ("S", ""), "mail.mark_unread": ("", "S"), "mail.flag": ("F", ""), "mail.unflag": ("", "F"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """What writing mail needs to know: where mails lie, who writes, and in which zone times are told."""

    store: Maildir
    me: Person
    zone: tzinfo
    reads: Parsing = HERE


def expand(desk: Desk, call: Call) -> list[Effect]:
    """List the effects of a call in the order in which they are to happen."""
    verb = call.action.removeprefix("mail.")
    if call.action in _FLAGS:
        return [effect for item in call.items for effect in flag(item, *_FLAGS[call.action])]
    if verb in ("move", "archive", "trash"):
        return _moves(desk.store, call.items, _target(desk.store, call))
    if call.action in _WRITERS:
        return list(_WRITERS[call.action](desk, call))
    raise DeniedError(f"Mail cannot do “{call.action}”.")


def flag(item: Item, add: str, remove: str) -> list[Effect]:
    """Change flags of a mail; nothing if they stand that way already."""
    flags = set(flags_of(item.version))
    add, remove = "".join(sorted(set(add) - flags)), "".join(sorted(set(remove) & flags))
    args = {"add": add, "remove": remove, "title": item.title}
    return [Effect(NAME, "flags", item.ref, item.version, args)] if add or remove else []


def _target(store: Maildir, call: Call) -> str:
    if call.action != "mail.move":
        return {"mail.archive": mailboxes.ARCHIVE, "mail.trash": mailboxes.TRASH}[call.action]
    return known_folder(store, _words(call.args, "to"))


def known_folder(store: Maildir, name: str) -> str:
    """Find the folder a person means by its name, letters small or capital; a new one gets the name as it was said."""
    wanted = mailboxes.folder_for(name)
    shown = mailboxes.display(wanted)
    there = {mailboxes.display(folder): folder for folder in reversed(store.folders())}
    folded = {display.casefold(): folder for display, folder in reversed(there.items())}
    return there.get(shown) or folded.get(shown.casefold()) or wanted


def _moves(store: Maildir, items: Sequence[Item], to: str) -> list[Effect]:
    taken: set[str] = set()
    effects = []
    made = {} if to in {*store.folders(), *mailboxes.STANDING} else {"made": to}
    for item in items:
        folder, unique = split_ref(item.ref)
        if folder != to:
            unique = free(store, to, portable(unique), taken)
            args = {"to": to, "as": unique, "title": item.title, **made}
            effects.append(Effect(NAME, "move", item.ref, item.version, args))
    return effects


def free(store: Maildir, folder: str, unique: str, taken: set[str]) -> str:
    """Choose a name that no mail of the folder has, and none that is about to come there."""
    names = (unique, *(f"{unique}.{n}" for n in range(2, 1000)))
    chosen = next((name for name in names if name not in taken and not store.exists(f"{folder}/{name}")), "")
    if not chosen:
        raise ExistsError(f"There are too many mails of one name in {mailboxes.display(folder)}.")
    taken.add(chosen)
    return chosen


def added(folder: str, raw: bytes, date: datetime, title: str) -> Effect:
    """The effect that puts final bytes into a folder; the same bytes always get the same name."""
    unique = f"{int(date.timestamp())}.N{digest(folder.encode() + raw)[7:31]}.nearhand"
    flags = "DS" if folder == mailboxes.DRAFTS else "S"
    args = {"folder": folder, "unique": unique, "flags": flags, "title": title}
    return Effect(NAME, "add", "", "", {**args, "raw": base64.b64encode(raw).decode("ascii")})


def _post(folder: str, mail: Outgoing) -> Effect:
    if folder == mailboxes.OUTBOX and not (mail.to or mail.cc or mail.bcc):
        raise DeniedError("The mail has nobody to go to. Say who should get it.")
    return added(folder, compose.build(mail), mail.date, mail.subject)


def _send(desk: Desk, call: Call) -> Iterator[Effect]:
    """Send what was said, or the drafts that were chosen; any other mail that was chosen is sent along."""
    drafts = [item for item in call.items if split_ref(item.ref)[0] == mailboxes.DRAFTS]
    along = [item for item in call.items if item not in drafts]
    base = _outgoing(desk, call, [_as_enclosure(desk, item) for item in along])
    for number, item in enumerate(drafts):
        yield _post(mailboxes.OUTBOX, _finished(desk, _numbered(base, number), *_original(desk, item)))
        yield from _moves(desk.store, (item,), mailboxes.TRASH)
    if not drafts:
        yield _post(mailboxes.OUTBOX, base)


def _finished(desk: Desk, base: Outgoing, raw: bytes, draft: Letter) -> Outgoing:
    """Complete a draft by what was said about it."""
    return replace(
        base,
        to=replies.unique((*draft.to, *base.to)),
        cc=replies.unique((*draft.cc, *base.cc)),
        bcc=replies.unique((*draft.bcc, *base.bcc)),
        subject=base.subject or draft.subject,
        text=base.text or draft.text,
        enclosures=(*replies.carried(raw, draft, desk.reads), *base.enclosures),
        references=draft.references or draft.in_reply_to,
    )


def _draft(desk: Desk, call: Call) -> Iterator[Effect]:
    yield _post(mailboxes.DRAFTS, _outgoing(desk, call, [_as_enclosure(desk, item) for item in call.items]))


def _reply(desk: Desk, call: Call) -> Iterator[Effect]:
    base = _outgoing(desk, call)
    for number, item in enumerate(call.items):
        _, letter = _original(desk, item)
        to = replies.answered_people(letter, desk.me)
        copied = replies.copied_people(letter, desk.me) if call.action == "mail.reply_all" else ()
        mail = replace(
            _numbered(base, number),
            to=to,
            cc=replies.without((*copied, *base.cc), to),
            subject=base.subject or replies.reply_subject(letter.subject),
            text=replies.reply_text(base.text, letter, _when(letter, desk.zone)),
            references=references_for_reply(letter),
        )
        yield _post(_folder(call), mail)
        yield from flag(item, "R", "")


def _forward(desk: Desk, call: Call) -> Iterator[Effect]:
    if not call.items:
        raise NotFoundError("There is no mail to pass on. Say which one.")
    originals = [_original(desk, item) for item in call.items]
    letters = [letter for _, letter in originals]
    carried = [file for raw, letter in originals for file in replies.carried(raw, letter, desk.reads)]
    base = _outgoing(desk, call, carried)
    text = replies.forward_text(base.text, letters, [_when(letter, desk.zone) for letter in letters])
    yield _post(_folder(call), replace(base, subject=base.subject or replies.forward_subject(letters), text=text))
    for item in call.items:
        yield from flag(item, "P", "")


_WRITERS: Mapping[str, Callable[[Desk, Call], Iterator[Effect]]] = {
    "mail.send": _send, "mail.draft": _draft, "mail.reply": _reply, "mail.reply_all": _reply, "mail.forward": _forward,
}  # fmt: skip


def _folder(call: Call) -> str:
    """Replies and forwards go to the Outbox, or to the drafts when the caller asks for that."""
    return mailboxes.DRAFTS if call.args.get("draft") else mailboxes.OUTBOX


def _original(desk: Desk, item: Item) -> tuple[bytes, Letter]:
    entry = desk.store.find(item.ref)
    if item.version and not desk.store.matches(entry, item.version):
        raise ConflictError(f"The mail “{item.title}” has changed since it was found. Ask again.")
    raw = desk.store.read(entry)
    return raw, desk.reads.read(LETTER, raw)


def _as_enclosure(desk: Desk, item: Item) -> Enclosure:
    raw, letter = _original(desk, item)
    return Enclosure(clean_name(f"{letter.subject.replace('/', '-')[:80] or 'mail'}.eml"), "message/rfc822", raw)


def _when(letter: Letter, zone: tzinfo) -> datetime | None:
    return letter.date.astimezone(zone) if letter.date else None


def _outgoing(desk: Desk, call: Call, more: Sequence[Enclosure] = ()) -> Outgoing:
    """Read what a call says about a new mail. The caller gives date and id; without a date it is the present."""
    args = call.args
    date = args.get("date")
    hold = args.get("not_before")
    kept = [(compose.NOT_BEFORE, hold.isoformat())] if isinstance(hold, datetime) else []
    kept += [(compose.DIGEST, _words(args, "digest"))] if args.get("digest") else []
    to = _people(args, "to")
    return Outgoing(
        sender=desk.me,
        date=date if isinstance(date, datetime) and date.tzinfo else datetime.now(desk.zone),
        message_id=_words(args, "message_id"),
        to=to,
        cc=replies.without(_people(args, "cc"), to),
        bcc=_people(args, "bcc"),
        subject=_words(args, "subject"),
        text=_words(args, "text"),
        enclosures=(*_enclosures(args.get("attach")), *more),
        answer=_words(args, "itip"),
        hold=tuple(kept),
    )


def _numbered(mail: Outgoing, number: int) -> Outgoing:
    """Give the second and later mails of one call message ids of their own."""
    given = mail.message_id.removeprefix("<")
    return replace(mail, message_id=f"{number + 1}.{given}") if number and given else mail


def _words(args: Mapping[str, object], name: str) -> str:
    value = args.get(name, "")
    return value if isinstance(value, str) else ""


def _people(args: Mapping[str, object], name: str) -> tuple[Person, ...]:
    value = args.get(name, ())
    found = (value,) if isinstance(value, Person) else value if isinstance(value, tuple | list) else ()
    people = tuple(person for person in found if isinstance(person, Person))
    if any(not person.address for person in people) or len(people) != len(found):
        raise DeniedError("Somebody the mail should go to has no e-mail address. Say the address.")
    return replies.unique(people)


def _enclosures(paths: object) -> list[Enclosure]:
    given = (paths,) if isinstance(paths, str | Path) else paths if isinstance(paths, tuple | list) else ()
    room = compose.MAX_OUTGOING
    enclosures = []
    for path in map(Path, given):
        enclosures.append(_enclosure(path, room))
        room -= len(enclosures[-1].data)
    return enclosures


def _enclosure(path: Path, room: int) -> Enclosure:
    if not path.is_file():
        raise NotFoundError(f"The file {path.name} to attach is not there, or not a file. Choose another one.")
    if path.stat().st_size > room:
        raise LimitError(f"{path.name} is too large: a mail may be 50 MB with everything attached.")
    type_, encoding = mimetypes.guess_type(path.name)
    kind = "application/octet-stream" if encoding or not type_ else type_
    return Enclosure(path.name, kind, path.read_bytes())
