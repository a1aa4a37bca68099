"""A session with an IMAP server, over a line that the wire gave; the only file that knows imaplib.

Reading never marks a mail as read (BODY.PEEK). Nothing is expunged but what was copied elsewhere a moment ago, and
that by its UID. Deliberately not here: what to read and what to change (`imap/sync.py`), and opening connections.
"""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from nearhand.connectors.errors import (
    ConnectorError,
    NetworkError,
    NotFoundError,
    SignInError,
    TrustError,
)
from nearhand.connectors.imap import words
from nearhand.connectors.imap.protocol import Protocol, no_entry, translated
from nearhand.connectors.imap.words import Fetched, Mailbox, Part, Status, fetched, line, quoted, uid_set, uids_in
from nearhand.connectors.network.endpoints import Endpoint, Privacy
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

_LIST_FIELDS = "UID FLAGS RFC822.SIZE INTERNALDATE"
_STATUS_FIELDS = "UIDVALIDITY UIDNEXT MESSAGES"
MOST = 256 * 1024 * 1024
"""Bytes that one answer may have."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where mails are after they were moved or added."""

    validity: int
    """UIDVALIDITY of the mailbox."""
    uids: Mapping[int, int]
    """The UID before to the UID now; empty where the server does not say."""


class ImapSession:
    """One signed-in session."""

    def __init__(self, wire: Wire, endpoint: Endpoint, login: Login, purpose: str, timeout: float = 60.0) -> None:
        self.endpoint = endpoint
        self._line = wire.connect(endpoint, purpose, timeout)
        self._name = ""
        self.validity = 0
        """Of the mailbox that is selected."""
        self.keywords = True
        """Whether the mailbox that is selected can keep $Forwarded."""
        try:
            with translated(self.endpoint):
                self._imap = Protocol(self._line)
                self._start_tls()
                self._sign_in(login)
                self.capabilities = frozenset(self._capabilities())
                self._enable()
        except BaseException as error:
            self._line.close(str(error) or "stopped")
            raise

    def close(self) -> None:
        """Say goodbye and hang up."""
        with suppress(ConnectorError):
            self._line.fresh(5.0)
            self._call("LOGOUT")
        self._line.close()

    def __enter__(self) -> ImapSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- getting in -------------------------------------------------------------------------------------------------

    def _start_tls(self) -> None:
        if self.endpoint.privacy is Privacy.STARTTLS:
            if "STARTTLS" not in self._imap.capabilities:
                raise TrustError(f"{self.endpoint} offers no encryption. Use its imaps:// address, port 993.")
            self._call("STARTTLS")
            self._imap.secure()
        if not self._line.private:
            raise TrustError(f"The line to {self.endpoint} is not private, so no password was sent.")

    def _sign_in(self, login: Login) -> None:
        offered = self._imap.capabilities
        try:
            if login.token:
                self._imap.sign_in("XOAUTH2", login.xoauth2())
            elif "AUTH=PLAIN" in offered:
                self._imap.sign_in("PLAIN", login.plain())
            else:
                self._call("LOGIN", quoted(login.user), quoted(login.password))
                self._imap.state = "AUTH"
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, ConnectorError) as error:
            if isinstance(error, NetworkError):
                raise
            raise SignInError(no_entry(self.endpoint, login, error)) from error

    def _capabilities(self) -> list[str]:
        self._call("CAPABILITY")
        return " ".join(line(part) for part in self._answers("CAPABILITY")).upper().split()

    def _enable(self) -> None:
        self.resync = "QRESYNC" in self.capabilities and "ENABLE" in self.capabilities
        self.condstore = self.resync or "CONDSTORE" in self.capabilities
        if self.resync:
            self._call("ENABLE", "QRESYNC")

    # --- looking ----------------------------------------------------------------------------------------------------

    def mailboxes(self) -> tuple[list[Mailbox], dict[str, Status]]:
        """List the mailboxes and how each of them stands."""
        fields = _STATUS_FIELDS + (" HIGHESTMODSEQ" if self.condstore else "")
        at_once = {"LIST-STATUS", "LIST-EXTENDED"} <= self.capabilities
        special = "SPECIAL-USE " if "SPECIAL-USE" in self.capabilities else ""
        self._call("LIST", '""', '"*"', *([f"RETURN ({special}STATUS ({fields}))"] if at_once else []))
        boxes = [box for box in map(words.mailbox, self._answers("LIST")) if box]
        stands = dict(filter(None, map(words.status, self._answers("STATUS"))))
        usable = [box for box in boxes if not box.attributes & {"\\noselect", "\\nonexistent"}]
        for box in usable:
            if box.name not in stands and not at_once:
                stands.update(self._status(box.name, fields))
        return [box for box in usable if box.name in stands], stands

    def _status(self, name: str, fields: str) -> dict[str, Status]:
        with suppress(NotFoundError):
            self._call("STATUS", quoted(name), f"({fields})")
            return dict(filter(None, map(words.status, self._answers("STATUS"))))
        return {}

    def select(self, name: str, *more: str) -> Status:
        """Go to a mailbox, and say how it stands; `more` are options, ready for the wire."""
        self._name = ""
        self._call("SELECT", quoted(name), *more)
        self._imap.state = "SELECTED"
        self._name = name
        self.validity = self._number("UIDVALIDITY")
        permanent = b" ".join(part for part in self._answers("PERMANENTFLAGS") if isinstance(part, bytes)).lower()
        self.keywords = not permanent or b"\\*" in permanent or b"$forwarded" in permanent
        modseq = self._number("HIGHESTMODSEQ")
        return Status(self.validity, self._number("UIDNEXT"), self._number("EXISTS"), modseq)

    def _number(self, answer: str) -> int:
        found = [line(part).strip() for part in self._answers(answer)]
        return int(found[-1]) if found and found[-1].isdigit() else 0

    def listing(self, since_uid: int = 1) -> list[Fetched]:
        """List the mails of the mailbox from a UID on: flags, size, when it came."""
        return [mail for mail in self._listed(f"{since_uid}:*") if mail.uid >= since_uid]

    def listing_of(self, uids: Iterable[int]) -> list[Fetched]:
        """List some mails of the mailbox."""
        some = list(uids)
        return self._listed(uid_set(some)) if some else []

    def _listed(self, which: str) -> list[Fetched]:
        """Each mail once, whatever the server says."""
        found = self._fetch(which, f"({_LIST_FIELDS})")
        return list({mail.uid: mail for mail in found if mail.flags is not None}.values())

    def changes(self, name: str, since: Status) -> tuple[Status, dict[int, str], set[int] | None]:
        """Go to a mailbox and say what happened since: (stand, changed flags, UIDs that are gone or None).

        None means that the server does not say what is gone; the caller lists `uids`.
        """
        if self.resync:
            stand = self.select(name, f"(QRESYNC ({since.validity} {since.modseq}))")
            gone = [line(part).partition(")")[2] or line(part) for part in self._answers("VANISHED")]
            return stand, self._changed(self._answers("FETCH")), {uid for text in gone for uid in uids_in(text)}
        stand = self.select(name)
        self._call("UID", "FETCH", "1:*", f"(UID FLAGS) (CHANGEDSINCE {since.modseq})")
        return stand, self._changed(self._answers("FETCH")), None

    def _changed(self, parts: Sequence[Part]) -> dict[int, str]:
        return {mail.uid: mail.flags for mail in fetched(parts) if mail.flags is not None}

    def uids(self, *criteria: str) -> set[int]:
        """UIDs of the mails of the mailbox that match; of all without criteria."""
        self._call("UID", "SEARCH", *(criteria or ("ALL",)))
        return {int(uid) for part in self._answers("SEARCH") for uid in line(part).split() if uid.isdigit()}

    def living(self, uids: Iterable[int] = ()) -> set[int]:
        """Those of some mails, or of all of the mailbox, that are there and not marked as deleted."""
        return self.uids("UNDELETED", *(("UID", uid_set(some)) if (some := list(uids)) else ()))

    def with_message_id(self, message_id: str) -> set[int]:
        """UIDs of the mails of the mailbox that have a Message-ID, given without its brackets."""
        return self.uids("HEADER", "MESSAGE-ID", quoted(f"<{message_id}>"))

    def headers(self, uids: Iterable[int]) -> Iterator[Fetched]:
        """Read the headers of mails."""
        for some in _chunks(sorted(uids), 200):
            yield from self._bodies(some, "BODY.PEEK[HEADER]")

    def bodies(self, uids: Iterable[int]) -> Iterator[Fetched]:
        """Read whole mails; the caller keeps the number small enough to hold them all."""
        yield from self._bodies(sorted(uids), "BODY.PEEK[]")

    def _bodies(self, uids: Sequence[int], what: str) -> Iterator[Fetched]:
        wanted = set(uids)
        for mail in self._fetch(uid_set(uids), f"(UID {what})"):
            if mail.uid in wanted and mail.data is not None:
                wanted.discard(mail.uid)
                yield mail

    def _fetch(self, which: str, what: str) -> Iterator[Fetched]:
        self._call("UID", "FETCH", which, what)
        return fetched(self._answers("FETCH"))

    # --- changing ---------------------------------------------------------------------------------------------------

    def mark(self, uids: Iterable[int], add: str, remove: str) -> None:
        """Set and clear flags, given as Maildir letters."""
        which = uid_set(uids)
        for sign, flags in (("+", add), ("-", remove)):
            if flags:
                self._call("UID", "STORE", which, f"{sign}FLAGS.SILENT", f"({words.words(flags)})")

    @property
    def moves(self) -> bool:
        """Whether the server moves mails by itself, each of them once, whoever else moves it."""
        return "MOVE" in self.capabilities

    def move(self, uids: Iterable[int], to: str) -> Placed:
        """Move mails to another mailbox, where the server can; says where each is now, as far as the server does."""
        self._call("UID", "MOVE", uid_set(uids), quoted(to))
        return self._copied()

    def copy(self, uids: Iterable[int], to: str) -> None:
        """Copy mails to another mailbox."""
        self._call("UID", "COPY", uid_set(uids), quoted(to))

    def remove(self, uids: Iterable[int]) -> None:
        """Mark mails as deleted, of which there is a copy elsewhere, and expunge exactly those if the server can."""
        which = uid_set(uids)
        self._call("UID", "STORE", which, "+FLAGS.SILENT", "(\\Deleted)")
        if "UIDPLUS" in self.capabilities:
            self._call("UID", "EXPUNGE", which)

    def give_up(self, uids: Iterable[int], modseq: int) -> set[int]:
        """Remove mails of which there is a copy elsewhere, unless somebody has touched them since; says which were.

        `modseq` is how the mailbox stood when they were untouched; without it only what was expunged is noticed.
        """
        alive = self.living(uids)
        if not alive:
            return alive
        which = uid_set(alive)
        condition = [f"(UNCHANGEDSINCE {modseq})"] if self.condstore and modseq else []
        self._call("UID", "STORE", which, *condition, "+FLAGS.SILENT", "(\\Deleted)")
        touched = self._imap.modified()
        marked = self.uids("DELETED", "UID", which) - touched
        if marked and "UIDPLUS" in self.capabilities:
            self._call("UID", "EXPUNGE", uid_set(marked))
        return marked

    def _copied(self) -> Placed:
        for part in self._answers("COPYUID"):
            said = line(part).split()
            if len(said) == 3 and said[0].isdigit():
                return Placed(int(said[0]), dict(zip(uids_in(said[1]), uids_in(said[2]), strict=False)))
        return Placed(0, {})

    def append(self, name: str, raw: bytes, flags: str, when: datetime) -> Placed:
        """Add a mail to a mailbox; says where it is under the key 0, if the server does."""
        with translated(self.endpoint):
            self._imap.add(quoted(name), f"({words.words(flags)})", when, raw)
        said = next((line(part).split() for part in self._answers("APPENDUID")), [])
        usable = len(said) == 2 and said[0].isdigit() and said[1].isdigit()
        return Placed(int(said[0]), {0: int(said[1])}) if usable else Placed(0, {})

    def create(self, name: str) -> None:
        """Make a mailbox unless it is there, and subscribe to it as mail programs expect."""
        self._call("CREATE", quoted(name), missing_ok=True)
        self._call("SUBSCRIBE", quoted(name), missing_ok=True)

    # --- waiting ----------------------------------------------------------------------------------------------------

    def idle(self, seconds: float, stop: Callable[[], bool] = lambda: False) -> bool:
        """Wait for news of the mailbox that is selected, for so long at most; tells whether there was any."""
        with translated(self.endpoint):
            return self._imap.wait_for_news(min(seconds, 540.0), stop)

    def noop(self) -> bool:
        """Ask whether there is news of the mailbox that is selected."""
        self._call("NOOP")
        return any(self._answers(kind) for kind in ("EXISTS", "EXPUNGE", "VANISHED", "FETCH"))

    # --- talking ----------------------------------------------------------------------------------------------------

    def _call(self, command: str, *args: str, missing_ok: bool = False) -> None:
        with translated(self.endpoint):
            self._imap.call(command, args, missing_ok)

    def _answers(self, kind: str) -> list[Part]:
        return self._imap.answers(kind)


def _chunks(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (uids[start : start + size] for start in range(0, len(uids), size))
