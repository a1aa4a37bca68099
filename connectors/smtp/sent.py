"""Looks on the server whether a mail has gone: by its Message-ID, where servers keep what was sent. Changes nothing."""

from __future__ import annotations

from nearhand.connectors.imap.layout import layout
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.mail.mailboxes import SENT


class SentMail:
    """The sent mail of one account."""

    def __init__(self, session: ImapSession) -> None:
        self._session = session
        found, _ = session.mailboxes()
        sent = layout(found, (), {}).boxes.get(SENT)
        everything = [box.name for box in found if "\\all" in box.attributes]
        self._boxes = ([sent] if sent else []) + everything

    def arrived(self, message_id: str) -> bool:
        """Whether a mail with this Message-ID, without its brackets, is there."""
        for box in self._boxes:
            self._session.select(box)
            if self._session.with_message_id(message_id):
                return True
        return False
