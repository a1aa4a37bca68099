"""One Dovecot for all tests of this folder; each test has a user, and so a mailbox, of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.sync import MailAccount, MailReport, sync_mail
from nearhand.connectors.network.endpoints import Endpoint
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

from ..servers import certificates, dovecot
from ..servers.dovecot import PASSWORD, Dovecot


@dataclass
class Post:
    """One user of one server, and a Maildir or two that are kept in step with it."""

    server: Dovecot
    folder: Path
    user: str = field(default_factory=lambda: f"robin-{secrets.token_hex(6)}")

    @property
    def ledger(self) -> NetworkLedger:
        return NetworkLedger(self.folder / "network.db")

    def session(self, endpoint: Endpoint | None = None, timeout: float = 20.0) -> ImapSession:
        """Sign in."""
        where = endpoint or self.server.endpoint
        return ImapSession(Wire([where], self.ledger), where, Login(self.user, PASSWORD), "mail", timeout)

    def account(self, name: str = "one") -> MailAccount:
        """A Maildir and its state; made if they are not there."""
        maildir = self.folder / name / "Mail"
        for part in ("cur", "new", "tmp"):
            (maildir / part).mkdir(parents=True, exist_ok=True)
        return MailAccount(name, maildir, self.folder / name / "state.db")

    def sync(self, name: str = "one", endpoint: Endpoint | None = None, **options: object) -> MailReport:
        """Sync one Maildir over a session of its own."""
        with self.session(endpoint) as session:
            return sync_mail(session, self.account(name), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def dovecot_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    made = certificates.make(tmp_path_factory.mktemp("certificates"), "127.0.0.1", "localhost")
    with ExitStack() as stack:
        yield stack.enter_context(Dovecot.started(made))


@pytest.fixture
def post(dovecot_server: Dovecot, tmp_path: Path) -> Post:
    return Post(dovecot_server, tmp_path)
