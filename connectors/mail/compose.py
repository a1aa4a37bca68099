"""Builds the final bytes of outgoing mail, and proves before they are used that they go to the people they should.

The same letter always gives the same bytes: message id, date and boundaries are fixed, not drawn. Deliberately not
here: what a reply quotes or a forward carries along (`replies.py`), and sending anything.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import compat32, default
from email.utils import format_datetime

from nearhand.connectors.base import Person
from nearhand.connectors.errors import DeniedError, LimitError
from nearhand.connectors.mail import addressees, message
from nearhand.connectors.mail.mailboxes import plain
from nearhand.connectors.mail.message import Letter
from nearhand.connectors.names import clean_name

NOT_BEFORE, DIGEST = "X-Nearhand-Not-Before", "X-Nearhand-Digest"
"""Headers for the outbox only; they are taken off before a mail goes."""
MAX_OUTGOING = 50 * 1024 * 1024
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{3,250}")
_POLICY = default.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Something to attach: a name, a content type and bytes."""

    name: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Everything that one mail to be sent consists of."""

    sender: Person
    date: datetime
    message_id: str
    """Without angle brackets; "" makes one from the rest, always the same."""
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    subject: str = ""
    text: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    references: tuple[str, ...] = ()
    """Ids of the conversation, the mail that is answered last."""
    answer: str = ""
    """The iTIP REPLY that the mail carries beside its text (RFC 6047)."""
    hold: tuple[tuple[str, str], ...] = field(default=())
    """Outbox headers and their values."""


def build(mail: Outgoing) -> bytes:
    """Write a mail as the bytes that will go; raises DeniedError if they would not reach exactly the people named."""
    for person in (mail.sender, *mail.to, *mail.cc, *mail.bcc):
        check_address(person.address)
    for named in (True, False):  # a name that the header writer cannot carry safely is left out, the address is not
        raw = _bytes(mail, named)
        if len(raw) > MAX_OUTGOING:
            raise LimitError("The mail with its attachments is larger than 50 MB. Attach less.")
        if _is_faithful(raw, mail):
            return raw
    raise DeniedError("This mail cannot be written so that it surely reaches the people named. Check their addresses.")


def check_address(address: str) -> str:
    """Return an address that can stand in a mail; raises DeniedError for anything else."""
    local, _, domain = address.rpartition("@")
    odd = local.startswith(".") or local.endswith(".") or ".." in address
    if odd or not domain or not _ADDRESS.fullmatch(address):
        raise DeniedError(f"“{plain(address, 80)}” is not an e-mail address Nearhand can write to. Give another one.")
    return address


def recipients(letter: Letter) -> list[str]:
    """List the addresses a mail goes to, in lower case and sorted, each as often as it is named."""
    return sorted(person.address.lower() for person in (*letter.to, *letter.cc, *letter.bcc))


def _is_faithful(raw: bytes, mail: Outgoing) -> bool:
    """Parse the final bytes again and compare them with what was wanted (SAFETY.md, R10)."""
    try:
        letter = message.read(raw)
    except LimitError:  # more names in other scripts than anybody agrees to read
        return False
    pairs = ((letter.to, mail.to), (letter.cc, mail.cc), (letter.bcc, mail.bcc), (letter.senders, (mail.sender,)))
    same = all([p.address for p in found] == [p.address for p in wanted] for found, wanted in pairs)
    parts = len(mail.enclosures) + bool(mail.answer)
    whole = letter.message_id == message_id(mail) and len(letter.attachments) == parts
    return same and whole and _is_plain_to_others(raw, mail)


def _is_plain_to_others(raw: bytes, mail: Outgoing) -> bool:
    """Read the address headers as other programs would, who may deliver or answer by them."""
    heads = HeaderParser(policy=compat32).parsestr(raw.partition(b"\n\n")[0].decode("ascii"))
    wanted = {name: [person.address for person in people] for name, people in _addressed(mail)}
    return all(addressees.read_alike(", ".join(heads.get_all(name, [])), wanted[name]) for name in wanted)


def _addressed(mail: Outgoing) -> list[tuple[str, tuple[Person, ...]]]:
    """The address headers of a mail, those without anybody too."""
    return [("From", (mail.sender,)), ("To", mail.to), ("Cc", mail.cc), ("Bcc", mail.bcc)]


def message_id(mail: Outgoing) -> str:
    """Give the id a mail goes by; made from its content unless it was given one."""
    if not mail.message_id:
        return f"{_fingerprint(mail)[:32]}@{mail.sender.address.rpartition('@')[2]}"
    given = mail.message_id.removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(given) or "@" not in given:
        raise DeniedError("The message id of this mail is not acceptable.")
    return given


def _fingerprint(mail: Outgoing) -> str:
    total = hashlib.sha256(repr((mail.sender, mail.to, mail.cc, mail.bcc, mail.subject, mail.text)).encode())
    total.update(repr((mail.date, mail.references, *([mail.answer] if mail.answer else []))).encode())
    for enclosure in mail.enclosures:
        total.update(repr((enclosure.name, enclosure.type)).encode() + hashlib.sha256(enclosure.data).digest())
    return total.hexdigest()


def _bytes(mail: Outgoing, named: bool) -> bytes:
    out = EmailMessage(policy=_POLICY)
    out["Date"] = format_datetime(mail.date)
    out["Subject"] = plain(mail.subject, 900)
    for name, value in mail.hold:
        out[name] = plain(value, 200)
    out.set_content(_body(mail.text), charset="utf-8")
    if mail.answer:
        out.add_alternative(_body(mail.answer), subtype="calendar", charset="utf-8", params={"method": "REPLY"})
        out.set_boundary(f"=_answer_{_fingerprint(mail)[:40]}")
    for enclosure in mail.enclosures:
        _attach(out, enclosure)
    if mail.enclosures:
        out.set_boundary(f"=_nearhand_{_fingerprint(mail)[:40]}")
    people = "".join(addressees.header(name, people, named) for name, people in _addressed(mail) if people)
    return _ids(mail) + people.encode("ascii") + out.as_bytes()


def _ids(mail: Outgoing) -> bytes:
    """Write the id headers by hand: the standard library turns a long id into encoded words, which no one matches."""
    lines = [f"Message-ID: <{message_id(mail)}>"]
    known = [ref for ref in mail.references if _MESSAGE_ID.fullmatch(ref)]
    if known:
        lines += [f"In-Reply-To: <{known[-1]}>", "References: " + "\n ".join(f"<{ref}>" for ref in known)]
    return "".join(line + "\n" for line in lines).encode("ascii")


def _body(text: str) -> str:
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    return unix.rstrip("\n") + "\n"


def _attach(out: EmailMessage, enclosure: Enclosure) -> None:
    main, _, sub = enclosure.type.partition("/")
    if main in ("multipart", "message") or not re.fullmatch(r"[\w.+-]+/[\w.+-]+", enclosure.type, re.ASCII):
        main, sub = "application", "octet-stream"
    name = clean_name(plain(enclosure.name, 255), "attachment")
    out.add_attachment(enclosure.data, maintype=main, subtype=sub, filename=name, cte="base64")
