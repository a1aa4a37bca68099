"""The connector contract over a Maildir that a real Dovecot is in step with: each effect, its undo and its redo are seen
from a second computer, with the same mails, flags and folders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.sync import MailReport, sync_mail
from nearhand.connectors.mail.connector import MailConnector

from ..conftest import Post
from ..mail import test_mail
from ..synced import synced
from .test_mail_sync import here


class Elsewhere:
    """The same account on a second computer."""

    def __init__(self, post: Post, session: ImapSession) -> None:
        self._post, self._session = post, session

    def bring(self, name: str = "one") -> MailReport:
        """Sync one of the two; nothing may be left or go wrong."""
        report = sync_mail(self._session, self._post.account(name), allow_emptied=True)
        assert report.problems == [] and not list(report.left())
        return report

    def look(self) -> dict[str, list[tuple[bytes, str]]]:
        """What the second has once it was synchronized; it is what the first has. The trash may keep more."""
        self.bring("two")
        found, first = here(self._post.account("two")), here(self._post.account("one"))
        for each in (found, first):
            each.pop(".Trash", None)
        assert found == first
        return found


class TestMailOnAServerKeepsTheContract(test_mail.TestMailKeepsTheContract):
    elsewhere: Elsewhere

    @pytest.fixture
    def connector(self, post: Post) -> Iterator[MailConnector]:
        root = post.account("one").maildir
        for place, data in test_mail.MAILS.items():
            test_mail.put(root, place, data)
        with post.session() as session:
            self.elsewhere = Elsewhere(post, session)
            self.elsewhere.bring()
            made = MailConnector(root, test_mail.ME, test_mail.ZONE)
            yield synced(made, lambda: (self.elsewhere.bring(), None)[1])

    def snapshot(self, connector: MailConnector) -> object:  # type: ignore[override]
        return super().snapshot(connector), self.elsewhere.look()
