"""Looks at both sides of a sync: the files of the Maildir, and each mailbox, as briefly as the server allows.

Nothing is changed. A mailbox that stands as it did costs nothing; one with CONDSTORE or QRESYNC tells its changes;
any other lists its flags. A mail that is marked as deleted on the server counts as gone from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nearhand.connectors.imap.layout import Layout
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.state import Box, Known
from nearhand.connectors.imap.sync_types import Here, There
from nearhand.connectors.imap.words import Fetched, Status
from nearhand.connectors.mail.maildir import Maildir
from nearhand.connectors.mail.maildir_files import flags_of


@dataclass(slots=True)
class Remote:
    """What the server has."""

    mails: list[There] = field(default_factory=list)
    stands: dict[str, Status] = field(default_factory=dict)
    """By folder, as of when its mails were listed."""


def look_here(store: Maildir, folders: Iterable[str]) -> list[Here]:
    """List the mails of some folders."""
    found = []
    for folder in folders:
        for ref, version in store.scan_folder(folder):
            found.append(Here(folder, ref.partition("/")[2], version, flags_of(version)))
    return found


def look_there(
    session: ImapSession,
    layout: Layout,
    stands: Mapping[str, Status],
    known: Sequence[Known],
    boxes: Mapping[str, Box],
) -> Remote:
    """List the mails of every mailbox of an account."""
    by_place: dict[str, list[Known]] = defaultdict(list)
    for mail in known:
        by_place[mail.place].append(mail)
    remote = Remote()
    for folder, mailbox in layout.boxes.items():
        if folder not in layout.made:
            _look(session, remote, folder, mailbox, stands[mailbox], by_place[folder], boxes.get(folder))
    return remote


def _look(
    session: ImapSession,
    remote: Remote,
    folder: str,
    mailbox: str,
    stand: Status,
    known: Sequence[Known],
    box: Box | None,
) -> None:
    same = box is not None and box.mailbox == mailbox and box.status.validity == stand.validity and stand.modseq > 0
    rows = {mail.uid: mail for mail in known if mail.validity == stand.validity and mail.uid}
    if box is not None and same and stand == box.status:
        remote.stands[folder] = stand
        remote.mails += [There(folder, stand.validity, uid, row.flags, row.size) for uid, row in rows.items()]
        return
    changed = _changed(session, folder, mailbox, box.status, rows) if box and same and box.status.modseq else None
    if changed is None:
        stand = session.select(mailbox)
        changed = stand, [_there(folder, stand, mail) for mail in session.listing() if "T" not in (mail.flags or "")]
    remote.stands[folder], mails = changed
    remote.mails += mails if session.keywords else [_without_keyword(mail, rows) for mail in mails]


def _changed(
    session: ImapSession, folder: str, mailbox: str, since: Status, rows: Mapping[int, Known]
) -> tuple[Status, list[There]] | None:
    """What a mailbox has, from what it had and what changed; None if that does not add up."""
    stand, flags, gone = session.changes(mailbox, since)
    if stand.validity != since.validity:
        return None
    gone = set(rows) - session.uids() if gone is None else gone
    mails = [
        There(folder, stand.validity, uid, flags.get(uid, row.flags), row.size)
        for uid, row in rows.items()
        if uid not in gone and "T" not in flags.get(uid, "")
    ]
    asked = {uid for uid, now in flags.items() if uid not in rows and "T" not in now and uid < since.uidnext}
    fresh = [*session.listing_of(asked), *(session.listing(since.uidnext) if stand.uidnext > since.uidnext else ())]
    mails += [_there(folder, stand, mail) for mail in fresh if mail.uid not in rows and "T" not in (mail.flags or "")]
    return (stand, mails) if len(mails) <= stand.messages else None


def _there(folder: str, stand: Status, mail: Fetched) -> There:
    return There(folder, stand.validity, mail.uid, mail.flags or "", mail.size, mail.when)


def _without_keyword(mail: There, rows: Mapping[int, Known]) -> There:
    """A server that cannot keep $Forwarded says nothing about it: that flag stays as it was."""
    kept = "P" if mail.uid in rows and "P" in rows[mail.uid].flags else ""
    flags = "".join(sorted({*mail.flags.replace("P", ""), *kept}))
    return There(mail.place, mail.validity, mail.uid, flags, mail.size, mail.when)
