"""A mail account from end to end: connected, synchronized, and what waits in the Outbox goes out and is filed."""

from __future__ import annotations

import importlib.util
import io
import json
import ssl
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearhand.agent.cli.main import main
from nearhand.agent.loop import open_engine
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.network.endpoints import Endpoint
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire
from nearhand.models.worker import ScriptedPlanner

from ...e2e.world import row
from ...servers import certificates, dovecot

if dovecot.program() is None or importlib.util.find_spec("aiosmtpd") is None:
    pytest.skip(dovecot.HOW, allow_module_level=True)
from ...servers.submission import Submission

MAIL = b"Message-ID: <1@x.example>\nFrom: Olga <olga@x.example>\nTo: robin@x.example\nSubject: Hello\n\nSee you.\n"
SEND = row("mail.send | tell {to:olga@x.example} {say:I'm late}")


def private(trust: certificates.Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trust.cert_file, trust.key_file)
    return context


def run(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, dict[str, object]]:
    code = main(["--profile", str(home), "--json", *words])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not see that the line is private from the start
def test_mail_is_connected_fetched_sent_and_filed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEARHAND_PASSPHRASE", "a good passphrase")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{dovecot.PASSWORD}\n"))
    home, trust = tmp_path / "home", certificates.make(tmp_path, "127.0.0.1")
    with dovecot.Dovecot.started(trust) as server, Submission.started(private(trust)) as post:
        code, said = run(
            capsys, home, "connect", "mail", "--account", "work", "--address", "robin@x.example", "--user", "robin",
            "--imap", f"imaps://{server.secure}", "--smtp", f"smtps://{post.endpoint}", "--ca-file", str(trust.ca_file),
            "--secrets", "file", "--password-stdin",
        )  # fmt: skip
        assert code == 0, said
        config = tomllib.loads((home / "config.toml").read_text())
        assert config["account"][0]["imap"] == f"imaps://robin@{server.secure}"
        wire = Wire([server.secure], NetworkLedger(tmp_path / "other.db"), trust.ca_file)
        with ImapSession(wire, Endpoint.of(f"imaps://{server.secure}"), Login("robin", dovecot.PASSWORD), "test") as session:
            session.append("INBOX", MAIL, "", datetime(2026, 11, 22, tzinfo=UTC))
        code, said = run(capsys, home, "sync", "--dry-run")
        assert code == 0 and "1 mail" in str(said["parts"])
        assert run(capsys, home, "sync")[0] == 0
        assert any(b"See you." in path.read_bytes() for path in (home / "Mail").rglob("*") if path.is_file())
        (home / "config.toml").write_text((home / "config.toml").read_text() + "\n[policy]\nhold_seconds = 0\n")
        with open_engine(home, None, ScriptedPlanner({SEND.turn.request: str(SEND.turn.plan)})) as engine:
            assert engine.do(SEND.turn.request, approve=lambda card: True).status.value == "done"
        assert "Send “" in str(run(capsys, home, "sync", "--dry-run")[1]["parts"]) and post.got == []
        code, said = run(capsys, home, "sync")
        assert code == 0 and "Sent “" in str(said["parts"]), said
        assert [envelope.rcpt_tos for envelope in post.got] == [["olga@x.example"]]
        code, said = run(capsys, home, "sync")
        assert (code, said["answer"], len(post.got)) == (0, "Everything is in step.", 1)
        assert "127.0.0.1" in str(run(capsys, home, "privacy")[1]["connections"])


def test_a_wrong_password_for_mail_is_told_step_by_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    trust = certificates.make(tmp_path, "127.0.0.1")
    with dovecot.Dovecot.started(trust) as server:
        code, said = run(
            capsys, tmp_path / "home", "connect", "mail", "--account", "work", "--address", "robin@x.example",
            "--imap", f"imaps://{server.secure}", "--ca-file", str(trust.ca_file), "--secrets", "file", "--password-stdin",
        )  # fmt: skip
    steps = said["steps"]
    assert isinstance(steps, list)
    assert code == 1 and [step["ok"] for step in steps] == [True, False] and "app password" in steps[1]["advice"]
