"""Secrets lie in the system's keyring, in an encrypted file, or nowhere; never in plain text."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from nearhand.agent.paths import Profile
from nearhand.agent.servers.vault import (
    AskedVault,
    RememberedVault,
    SystemVault,
    VaultError,
    open_vault,
    service_of,
    system_backend,
)
from nearhand.agent.servers.vault_file import VARIABLE, FileVault


class Backend:
    """A keyring in memory, as the packages of the system look."""

    priority = 5.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class KeyringLocked(Exception):
    """As keyring raises it."""


class Locked(Backend):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")


Backend.__module__ = "keyring.backends.SecretService"


class Plaintext(Backend):
    priority = 99.0


Plaintext.__module__ = "keyrings.alt.file"


def test_a_keyring_keeps_and_forgets() -> None:
    vault = SystemVault(Backend())
    vault.set("work/password", "s3cret")
    assert vault.get("work/password") == "s3cret"
    vault.delete("work/password")
    vault.delete("work/password")
    assert vault.get("work/password") is None


def test_only_keyrings_of_the_system_are_used_however_much_another_wants_to_be() -> None:
    good = Backend()
    assert system_backend([Plaintext(), good]) is good
    assert system_backend([Plaintext()]) is None
    assert system_backend([]) is None


def test_a_locked_keyring_is_said_to_be_locked() -> None:
    with pytest.raises(VaultError, match="is locked"):
        SystemVault(Locked()).get("work/password")


def test_without_a_keyring_the_choices_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nearhand.agent.servers.vault.system_backend", lambda: None)
    with pytest.raises(VaultError, match=r"--secrets file .* --secrets ask"):
        open_vault(Profile(tmp_path), "keyring")


def test_a_file_of_secrets_is_encrypted_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secrets.vault"
    FileVault(path, "a good passphrase").set("work/password", "s3cret-word")
    assert FileVault(path, "a good passphrase").get("work/password") == "s3cret-word"
    assert b"s3cret" not in path.read_bytes() and b"work" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(VaultError, match="not the passphrase"):
        FileVault(path, "another passphrase")


def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.vault"
    path.write_text("my notes")
    with pytest.raises(VaultError, match="Move it away"):
        FileVault(path, "a good passphrase")
    assert path.read_text() == "my notes"


def test_the_passphrase_is_asked_for_twice_at_first_then_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "a good passphrase"

    open_vault(Profile(tmp_path), "file", ask).set("a/password", "x")
    assert len(asked) == 2
    assert open_vault(Profile(tmp_path), "file", ask).get("a/password") == "x"
    assert len(asked) == 3
    with pytest.raises(VaultError, match="nobody can be asked"):
        open_vault(Profile(tmp_path), "file")
    monkeypatch.setenv(VARIABLE, "a good passphrase")
    assert open_vault(Profile(tmp_path), "file").get("a/password") == "x"


def test_a_slip_of_the_fingers_is_told_and_asked_about_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    good, prompts = "a good passphrase", list[str]()

    def typing(*words: str) -> Callable[[str], str]:
        left = list(words)
        return lambda prompt: (prompts.append(prompt), left.pop(0))[1]

    open_vault(Profile(tmp_path), "file", typing("short", good, "another one", good, good)).set("a/password", "x")
    assert "at least 8" in prompts[1] and "not the same" in prompts[3]
    assert open_vault(Profile(tmp_path), "file", typing("wrong", good)).get("a/password") == "x"
    with pytest.raises(VaultError, match="not the passphrase"):
        open_vault(Profile(tmp_path), "file", typing("wrong", "wrong", "wrong"))


def test_a_short_passphrase_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(VaultError, match="at least 8"):
        open_vault(Profile(tmp_path), "file")


def test_what_is_asked_for_is_kept_nowhere_but_in_this_run(tmp_path: Path) -> None:
    asked: list[str] = []
    vault = AskedVault(lambda prompt: asked.append(prompt) or "typed")
    assert vault.get("work/password") == vault.get("work/password") == "typed"
    assert asked == ["Password of work: "]
    assert list(tmp_path.iterdir()) == []


def test_secrets_that_were_looked_up_outlive_a_keyring_that_is_out_of_reach() -> None:
    backend = Backend()
    SystemVault(backend).set("work/oauth", "old")
    vault = RememberedVault(SystemVault(backend), ["work/oauth"])
    backend.__class__ = Locked
    assert vault.get("work/oauth") == "old"
    vault.set("work/oauth", "new")
    assert vault.get("work/oauth") == "new"


def test_profiles_do_not_share_secrets(tmp_path: Path) -> None:
    assert len({service_of(Profile(None)), service_of(Profile(tmp_path)), service_of(Profile(tmp_path / "b"))}) == 3
