"""`nearhand sync` as a person has it: a config, a secret, real servers over TLS; mail comes, a mail goes, all is told."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nearhand.agent.config.settings import load
from nearhand.agent.effects.records import Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.paths import Profile
from nearhand.agent.policy.digest import digest
from nearhand.agent.servers.accounts import Accounts
from nearhand.agent.servers.sync_parts import Part, Wish, outcome
from nearhand.agent.servers.syncing import sync
from nearhand.connectors.base import Call, Person
from nearhand.models.worker import ScriptedPlanner

from ...servers import certificates, dovecot
from ...servers.cutting import Cutting
from ...servers.submission import Submission

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")


class OnePassword:
    """A vault in which everything is the same."""

    def get(self, name: str) -> str:
        return dovecot.PASSWORD


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[dovecot.Dovecot, Submission, Path]]:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    made = certificates.make(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.cert_file, made.key_file)
    with dovecot.Dovecot.started(made) as mail, Submission.started(context) as post:
        yield mail, post, made.ca_file


def profile(folder: Path, mail: dovecot.Dovecot, post: Submission, ca_file: Path) -> Profile:
    for part in ("cur", "new", "tmp"):
        (folder / "Mail" / part).mkdir(parents=True)
    (folder / "config.toml").write_text(
        f"""
[me]
name = "Robin"
email = "robin@keller.example"
[mail]
maildir = "Mail"
[privacy]
mode = "accounts"
[[account]]
name = "work"
imap = "imaps://robin@127.0.0.1:{mail.secure.port}"
smtp = "smtps://robin@127.0.0.1:{post.endpoint.port}"
ca_file = "{ca_file}"
"""
    )
    return Profile(folder)


def send(engine: Engine) -> None:
    """Put an approved mail into the Outbox, its hold over."""
    connector: Any = engine.home.need("mail")
    then = datetime.now(UTC) - timedelta(minutes=1)
    args = {"to": (Person("Olga", "olga@brandt.example"),), "subject": "Plan", "text": "Hi", "date": then, "not_before": then}
    steps = (Ready(tuple(connector.expand(Call("mail.send", args=args)))),)
    turn = engine.journal.begin(Turn("send it", "plan", then))
    engine.journal.approve(turn, digest("plan", steps))
    engine.executor.run(turn, steps, digest("plan", steps))


def test_mail_comes_and_goes_once_and_every_connection_is_told(
    tmp_path: Path, servers: tuple[dovecot.Dovecot, Submission, Path]
) -> None:
    mail, post, ca_file = servers
    home = profile(tmp_path / "home", mail, post, ca_file)
    accounts: Any = Accounts(home, load(home), lambda: OnePassword())  # type: ignore[arg-type, return-value]
    with accounts.all[0].imap() as session:
        session.append("INBOX", b"Subject: Hello\nMessage-ID: <1@x>\n\nHi\n", "", datetime.now(UTC))
    with open_engine(home.folder, None, ScriptedPlanner({})) as engine:
        send(engine)
        planned = [change for part in sync(accounts, Wish(dry=True), engine) for change in part.changes]
        assert "Send “Plan”." in planned and "Fetch from the server: 1 mail (Inbox)." in planned
        assert post.got == []
        parts = sync(accounts, Wish(), engine)
        assert [part.troubles for part in parts] == [[], []]
        assert "Sent “Plan”." in parts[0].changes
        again = sync(accounts, Wish(), engine)
        assert [part.changes for part in again if part.area == "outbox"] == []
    assert len(post.got) == 1
    with accounts.all[0].imap() as session:
        session.select("Sent")
        assert len(session.uids()) == 1
    purposes = {each.purpose for each in accounts.ledger.connections()}
    assert purposes == {"mail of work", "sending mail of work"}
    assert all(each.outcome == "ok" for each in accounts.ledger.connections())


def test_a_sync_that_breaks_off_tells_what_was_done_what_went_wrong_and_what_is_left(
    tmp_path: Path, servers: tuple[dovecot.Dovecot, Submission, Path]
) -> None:
    mail, post, ca_file = servers
    home = profile(tmp_path / "home", mail, post, ca_file)
    accounts: Any = Accounts(home, load(home), lambda: OnePassword())  # type: ignore[arg-type, return-value]
    body = b"x" * 70 + b"\n"
    with accounts.all[0].imap() as session:
        for number in (1, 2):  # each is so large that it is fetched by itself
            raw = b"Subject: Large %d\nMessage-ID: <%d@x>\n\n" % (number, number) + body * 70_000
            session.append("INBOX", raw, "", datetime.now(UTC))
    config = home.folder / "config.toml"
    whole = config.read_text()
    with Cutting(mail.secure, after_received=7_500_000) as line:
        config.write_text(whole.replace(str(mail.secure.port), str(line.endpoint.port)))
        (part,) = sync(Accounts(home, load(home), lambda: OnePassword()), Wish())  # type: ignore[arg-type, return-value]
    assert "Fetched from the server: 1 mail (Inbox)." in part.changes
    why, *left = part.troubles
    assert "hung up" in why or "broke" in why
    assert left == ["Left for the next sync, to fetch from the server: 1 mail (Inbox)."]
    config.write_text(whole)
    (part,) = sync(accounts, Wish())
    assert "Fetched from the server: 1 mail (Inbox)." in part.changes and part.troubles == []
    (part,) = sync(accounts, Wish())
    assert part.changes == []


def test_what_the_server_refuses_is_not_told_as_done(tmp_path: Path) -> None:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    made = certificates.make(tmp_path, "127.0.0.1")
    small = "mail_plugins = quota\nplugin {\n quota = count:User quota\n quota_rule = *:storage=10k\n quota_vsizes = yes\n}\n"
    with dovecot.Dovecot.started(made, small) as mail, Submission.started() as post:
        home = profile(tmp_path / "home", mail, post, made.ca_file)
        cur = home.folder / "Mail" / "cur"
        accounts: Any = Accounts(home, load(home), lambda: OnePassword())  # type: ignore[arg-type, return-value]
        with accounts.all[0].imap() as session:
            session.append("INBOX", b"Subject: Small\nMessage-ID: <1@x>\n\nHi\n", "", datetime.now(UTC))
        (cur / "1700000002.large:2,").write_bytes(b"Subject: Large\nMessage-ID: <2@x>\n\n" + b"x" * 20_000 + b"\n")
        (part,) = sync(accounts, Wish())
    assert "Fetched from the server: 1 mail (Inbox)." in part.changes
    assert not [change for change in part.changes if "Copied" in change]
    full, left = part.troubles
    assert "is full" in full and left == "Left for the next sync, to copy to the server: 1 mail (Inbox)."


def test_mails_are_counted_and_not_the_lines_that_tell_of_them() -> None:
    parts = [Part("work", "mail", ["Fetched from the server: 30 mails (Inbox).", "Made the folder Sent here."], count=31)]
    assert outcome(parts) == "31 changes made."
    assert outcome(parts, dry=True) == "31 changes would be made. Nothing was changed."
    assert outcome([Part("work", "mail", count=1)]) == "1 change made."
    assert outcome([Part("work", "mail", troubles=["It is full."])]) == "Everything is in step."
