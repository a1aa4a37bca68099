"""`nearhand connect` for an account tries every step and says what failed; `nearhand sync` brings it into step."""

from __future__ import annotations

import fcntl
import importlib.util
import io
import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.agent.cli.main import main
from nearhand.agent.config.settings import load
from nearhand.agent.paths import Profile
from nearhand.agent.servers.providers import PROVIDERS, provider_at, provider_of
from nearhand.connectors.network.endpoints import Endpoint

from ...connectors.dav.dav_side import CARD, EVENT, Side, text
from ...servers import certificates, dav

if importlib.util.find_spec("radicale") is None:
    pytest.skip(dav.HOW, allow_module_level=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dav.Server]:
    """Over TLS, with a certificate of its own."""
    with dav.radicale(certificates.make(tmp_path_factory.mktemp("trust"), "127.0.0.1")) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEARHAND_PASSPHRASE", "a good passphrase")
    monkeypatch.setenv("NEARHAND_TRACEBACK", "1")
    return tmp_path / "home"


class Cli:
    """The command line as a program sees it."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self._capsys, self._patch = home, capsys, monkeypatch

    def __call__(self, *words: str, typed: str = "") -> tuple[int, dict[str, object]]:
        self._patch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["--profile", str(self.home), "--json", *words])
        return code, json.loads(self._capsys.readouterr().out)

    def text(self, *words: str) -> tuple[int, str]:
        code = main(["--profile", str(self.home), *words])
        found = self._capsys.readouterr()
        return code, found.out + found.err


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    return Cli(home, capsys, monkeypatch)


def connected(cli: Cli, server: dav.Server, *more: str, password: str = dav.PASSWORD) -> tuple[int, dict[str, object]]:
    url = server.url.replace(f"{dav.USER}@", "")
    return cli(
        "connect", "calendar", "--account", "home", "--address", "robin@home.example", "--user", dav.USER, "--caldav", url,
        "--ca-file", str(server.ca_file), "--secrets", "file", "--password-stdin", *more, typed=f"{password}\n",
    )  # fmt: skip


def test_an_account_is_tried_then_written_down_without_its_password(cli: Cli, server: dav.Server, home: Path) -> None:
    code, said = connected(cli, server)
    assert (code, said["status"]) == (0, "done")
    steps = said["steps"]
    assert isinstance(steps, list) and all(step["ok"] for step in steps) and len(steps) >= 2
    config = tomllib.loads((home / "config.toml").read_text())
    assert config["privacy"] == {"mode": "accounts", "secrets": "file"}
    assert config["account"][0]["name"] == "home" and config["account"][0]["caldav"] == server.url
    assert config["me"]["email"] == "robin@home.example"
    assert not [p for p in home.rglob("*") if p.is_file() and dav.PASSWORD.encode() in p.read_bytes()]


def test_connecting_again_changes_the_account_and_keeps_comments(cli: Cli, server: dav.Server, home: Path) -> None:
    connected(cli, server)
    config = home / "config.toml"
    config.write_text(config.read_text().replace("[[account]]", "[[account]]   # mine"))
    assert connected(cli, server)[0] == 0
    assert config.read_text().count("[[account]]") == 1 and "# mine" in config.read_text()
    assert len(load(Profile(home)).accounts) == 1


def test_a_wrong_password_is_told_with_what_to_try_and_nothing_is_written(cli: Cli, server: dav.Server, home: Path) -> None:
    code, said = connected(cli, server, password="wrong")
    assert (code, said["status"]) == (1, "failed")
    steps = said["steps"]
    assert isinstance(steps, list)
    assert [step["ok"] for step in steps][:2] == [True, False]
    assert "password" in steps[1]["said"] and "app password" in steps[1]["advice"]
    assert not (home / "config.toml").exists() and not (home / "secrets.vault").exists()


def test_a_certificate_that_nobody_vouches_for_is_told_with_what_to_try(cli: Cli, server: dav.Server, tmp_path: Path) -> None:
    other = certificates.make(tmp_path, "127.0.0.1")
    code, said = connected(cli, server, "--ca-file", str(other.ca_file))
    steps = said["steps"]
    assert isinstance(steps, list)
    assert code == 1 and "could not prove" in steps[0]["said"] and "--ca-file" in steps[0]["advice"]


def test_a_server_that_is_not_there_is_told(cli: Cli, home: Path) -> None:
    code, said = cli(
        "connect", "mail", "--account", "x", "--address", "a@b.example", "--imap", f"imap://127.0.0.1:{dav.free_port()}",
        "--secrets", "file", "--password-stdin", typed="x\n",
    )  # fmt: skip
    assert code == 1 and "cannot be reached" in str(said["steps"])


def test_without_a_keyring_the_person_is_told_the_choice(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nearhand.agent.cli.account.system_backend", lambda: None)
    code, said = cli("connect", "mail", "--address", "robin@gmail.com", "--password-stdin", typed="x\n")
    assert code == 1 and "--secrets file" in str(said["answer"])


def test_a_dry_run_lists_a_run_does_and_a_second_has_nothing_left(
    cli: Cli, server: dav.Server, home: Path, tmp_path: Path
) -> None:
    other = Side(tmp_path / "other", server.url, ca_file=server.ca_file)
    other.empty_server()
    other.put("team/a.ics", text(EVENT, "a@x", "Lunch"))
    other.sync()
    connected(cli, server)
    (home / "contacts" / "olga.vcf").write_bytes(text(CARD, "olga", "Olga"))
    code, said = cli("sync", "--dry-run")
    assert code == 0 and said["dry_run"] is True
    assert "a.ics" in str(said["parts"]) and "olga.vcf" in str(said["parts"])
    assert not list((home / "calendars").rglob("*.ics"))
    code, said = cli("sync")
    assert code == 0 and "Lunch" in str(said["parts"])
    assert "Lunch" in (home / "calendars" / "team" / "a.ics").read_text()
    assert cli("sync", "home")[1]["answer"] == "Everything is in step."
    other.close()


def test_a_changed_password_is_told_and_the_exit_code_says_so(cli: Cli, server: dav.Server) -> None:
    connected(cli, server)
    dav.set_password(server.folder, "changed")
    try:
        code, said = cli("sync")
    finally:
        dav.set_password(server.folder, dav.PASSWORD)
    assert code == 1 and said["status"] == "failed"
    assert "does not accept your name or password" in str(said["parts"])


def test_an_account_that_is_not_there_and_no_account_at_all_are_told(cli: Cli, server: dav.Server, home: Path) -> None:
    connected(cli, server)
    assert "There is no account called" in str(cli("sync", "nobody")[1]["answer"])
    (home / "config.toml").write_text("[me]\n")
    code, said = cli("sync")
    assert code == 1 and "nearhand connect" in str(said["answer"])


def test_only_one_run_at_a_time(cli: Cli, server: dav.Server, home: Path) -> None:
    connected(cli, server)
    (home / "sync").mkdir(exist_ok=True)
    lock = os.open(home / "sync" / "lock", os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, said = cli("sync")
    finally:
        os.close(lock)
    assert code == 1 and "Another run" in str(said["answer"])


def test_everything_gone_needs_to_be_said(cli: Cli, server: dav.Server, home: Path, tmp_path: Path) -> None:
    other = Side(tmp_path / "other", server.url, ca_file=server.ca_file)
    other.empty_server()
    for name in "ab":
        other.put(f"team/{name}.ics", text(EVENT, f"{name}@x", f"Event {name}"))
    other.sync()
    connected(cli, server)
    cli("sync")
    for path in (home / "calendars" / "team").glob("*.ics"):
        path.unlink()
    code, said = cli("sync")
    assert code == 1 and "--accept-removal" in str(said["parts"])
    assert cli("sync", "--accept-removal", "Team")[0] == 0
    other.close()


def answering(monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]) -> list[str]:
    """Somebody sits there who answers by the words of a question; what was asked is written down."""
    asked: list[str] = []

    def ask(self: object, prompt: str) -> str:
        asked.append(prompt)
        return next(answer for words, answer in answers.items() if words in prompt)

    monkeypatch.setattr("nearhand.agent.cli.session.Session.interactive", True)
    monkeypatch.setattr("nearhand.agent.cli.session.Session.ask", ask)
    monkeypatch.setattr("nearhand.agent.cli.account.system_backend", lambda: None)
    monkeypatch.setattr("getpass.getpass", lambda prompt: dav.PASSWORD)
    return asked


def test_the_wizard_asks_for_what_was_not_said(cli: Cli, server: dav.Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"server (s)": "s", "mail address": "robin@home.example", "calendars": server.url.replace("robin@", ""),
               "contacts": "", "name there": dav.USER, "file or ask": "ask"}  # fmt: skip
    asked = answering(monkeypatch, answers)
    code, said = cli.text("connect", "calendar", "--ca-file", str(server.ca_file))
    assert code == 0, said
    assert len(asked) == len(answers) and said.count("ok ") >= 2
    assert load(Profile(home)).privacy.secrets == "ask"


def test_the_wizard_takes_a_bare_address_and_asks_again_for_a_password_that_was_wrong(
    cli: Cli, server: dav.Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = server.url.removeprefix("https://").replace("robin@", "")
    answers = {"server (s)": "s", "mail address": "robin@home.example", "calendars": bare, "contacts": "",
               "name there": dav.USER, "file or ask": "ask"}  # fmt: skip
    answering(monkeypatch, answers)
    passwords = ["wrong", "wrong again", dav.PASSWORD]
    monkeypatch.setattr("getpass.getpass", lambda prompt="": passwords.pop(0))
    code, said = cli.text("connect", "calendar", "--ca-file", str(server.ca_file))
    assert code == 0 and said.count("NO ") == 2 and passwords == [], said
    assert load(Profile(home)).accounts[0].caldav == server.url
    passwords = ["wrong", ""]
    code, said = cli.text("connect", "calendar", "--ca-file", str(server.ca_file))
    assert code == 1 and "nothing was written" in said and passwords == []


def test_every_provider_of_the_table_has_addresses_that_can_be_reached_privately() -> None:
    for provider in PROVIDERS:
        for url in filter(None, (provider.imap, provider.smtp, provider.caldav, provider.carddav)):
            assert Endpoint.of(url.replace("{address}", "a%40b")).privacy.value in ("tls", "starttls"), url
        assert provider.password and provider.domains
    found = {provider.name for provider in PROVIDERS}
    assert {"Gmail", "Outlook", "iCloud", "Yahoo", "Fastmail", "GMX", "Posteo", "mailbox.org"} <= found


def test_a_provider_is_known_by_its_domain_and_by_its_servers() -> None:
    assert (provider_of("robin@GMAIL.com") or PROVIDERS[-1]).name == "Gmail"
    assert provider_of("robin@home.example") is None
    assert (provider_at("imap.mail.me.com") or PROVIDERS[0]).name == "iCloud"


def test_contacts_are_connected_by_themselves_and_come(cli: Cli, server: dav.Server, home: Path, tmp_path: Path) -> None:
    other = Side(tmp_path / "other", server.url, ca_file=server.ca_file, kind="r")
    other.empty_server()
    for name in ("Olga", "Tom"):
        other.put(f"people/{name}.vcf", text(CARD, name, name))
    other.sync()
    other.close()
    code, said = cli(
        "connect", "contacts", "--account", "home", "--address", "robin@home.example", "--user", dav.USER,
        "--carddav", server.url.replace(f"{dav.USER}@", ""), "--ca-file", str(server.ca_file), "--secrets", "file",
        "--password-stdin", typed=f"{dav.PASSWORD}\n",
    )  # fmt: skip
    assert code == 0, said
    config = tomllib.loads((home / "config.toml").read_text())
    assert config["account"][0]["carddav"] == server.url and "caldav" not in config["account"][0]
    assert set(config) >= {"contacts", "account"} and "calendar" not in config
    code, said = cli("sync")
    assert (code, said["answer"]) == (0, "3 changes made."), "a folder and two cards"
    assert len(list((home / "contacts").rglob("*.vcf"))) == 2


def test_contacts_that_are_added_to_an_account_sign_in_as_the_rest_of_it(cli: Cli, server: dav.Server, home: Path) -> None:
    connected(cli, server)
    url = server.url.replace(f"{dav.USER}@", "")
    code, said = cli("connect", "contacts", "--account", "home", "--carddav", url, "--password-stdin", typed=f"{dav.PASSWORD}\n")
    assert code == 0, said
    (account,) = tomllib.loads((home / "config.toml").read_text())["account"]
    assert account["carddav"] == account["caldav"] == server.url and account["ca_file"] == str(server.ca_file)


def test_an_area_without_a_server_says_what_to_type(cli: Cli) -> None:
    words = ("--secrets", "file", "--password-stdin")
    code, said = cli("connect", "contacts", "--address", "robin@home.example", *words, typed="x\n")
    assert code == 2 and "--carddav https://" in str(said["answer"])
    code, said = cli("connect", "contacts", "--address", "robin@gmail.com", *words, typed="x\n")
    assert code == 2 and "Gmail opens its contacts to programs by OAuth2 only" in str(said["answer"])


def test_the_wizard_asks_for_the_server_of_contacts(cli: Cli, server: dav.Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"server (s)": "s", "mail address": "robin@home.example", "contacts (CardDAV)": server.url.replace("robin@", ""),
               "name there": dav.USER, "file or ask": "ask"}  # fmt: skip
    asked = answering(monkeypatch, answers)
    code, said = cli.text("connect", "contacts", "--ca-file", str(server.ca_file))
    assert code == 0, said
    assert len(asked) == len(answers) and "empty if it is the same" not in "".join(asked)
    assert not load(Profile(home)).accounts[0].caldav
