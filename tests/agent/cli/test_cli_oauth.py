"""An account whose provider wants OAuth2: the code is shown, the token kept, renewed when it is refused, never printed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.agent.cli.main import main

from ...servers.liar import Liar, Mail
from ..servers.test_oauth import CODE, GIVEN, Provider, provider

__all__ = ["provider"]
WHO = "robin@keller.example"


def sasl(token: str) -> bytes:
    return f"user={WHO}\x01auth=Bearer {token}\x01\x01".encode()


@pytest.fixture
def mail() -> Iterator[Liar]:
    with Liar([Mail(1, b"Message-ID: <1@x>\r\nSubject: Hello\r\n\r\nHi\r\n")], xoauth2=sasl("at1")) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEARHAND_PASSPHRASE", "a good passphrase")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    return tmp_path / "home"


def run(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, dict[str, object], str]:
    code = main(["--profile", str(home), "--json", *words])
    found = capsys.readouterr()
    return code, json.loads(found.out), found.out + found.err


COMES = [{**CODE, "interval": 1}, {"error": "authorization_pending"}, GIVEN]
REFUSED: list[dict[str, object]] = [{**CODE, "interval": 1}, {"error": "access_denied", "error_description": "She said no"}]


def connect(
    capsys: pytest.CaptureFixture[str], home: Path, mail: Liar, provider: Provider, answers: list[dict[str, object]] = COMES
) -> tuple[int, dict[str, object], str]:
    provider.answers = list(answers)
    return run(
        capsys, home, "connect", "mail", "--account", "work", "--address", WHO, "--imap", f"imap://{mail.endpoint}",
        "--secrets", "file", "--oauth", "--client-id", "my-id", "--device-url", f"{provider.url}/device",
        "--token-url", f"{provider.url}/token", "--scope", "mail",
    )  # fmt: skip


def test_a_code_connects_an_account_and_its_token_is_written_nowhere_in_the_clear(
    capsys: pytest.CaptureFixture[str], home: Path, mail: Liar, provider: Provider
) -> None:
    code, said, all_of_it = connect(capsys, home, mail, provider)
    assert code == 0, said
    assert "https://x.example/go" in all_of_it and "ABCD-EFGH" in all_of_it
    assert [asked.get("client_id") for asked in provider.asked] == ["my-id"] * 3
    written = [path for path in home.rglob("*") if path.is_file() and (b"at1" in path.read_bytes() or b"rt1" in path.read_bytes())]
    assert written == [] and "at1" not in all_of_it and "rt1" not in all_of_it
    code, said, _ = run(capsys, home, "sync")
    assert code == 0 and "Fetched from the server: 1 mail (Inbox)." in str(said["parts"])


def test_a_token_that_is_refused_before_its_time_is_renewed_once(
    capsys: pytest.CaptureFixture[str], home: Path, mail: Liar, provider: Provider
) -> None:
    """As where the clock of this computer is behind."""
    connect(capsys, home, mail, provider)
    mail._xoauth2 = sasl("at2")
    provider.answers = [{"access_token": "at2", "expires_in": 3600}]
    code, said, _ = run(capsys, home, "sync")
    assert code == 0 and "Fetched" in str(said["parts"]), said
    assert provider.asked[-1]["grant_type"] == "refresh_token"
    mail._xoauth2 = sasl("at3")
    provider.answers = [{"access_token": "at2", "expires_in": 3600}]
    code, said, _ = run(capsys, home, "sync")
    assert code == 1 and "connect again" in str(said["parts"]), "once, and then it is told"
    assert provider.answers == []


def test_a_person_who_says_no_connects_nothing(
    capsys: pytest.CaptureFixture[str], home: Path, mail: Liar, provider: Provider
) -> None:
    code, said, all_of_it = connect(capsys, home, mail, provider, REFUSED)
    assert code == 1 and "She said no" in all_of_it and said["status"] == "failed"
    assert not (home / "config.toml").exists() and mail.heard == []
