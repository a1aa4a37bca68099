"""The daemon's accounts: news, troubles and locked keyrings. (What a sync does is tested with `syncing.py`.)"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from nearhand.agent.config.settings import load
from nearhand.agent.daemon.servers import AccountServers, servers
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.agent.servers.accounts import Accounts
from nearhand.agent.servers.vault import VaultError

from .daemon_world import make_home


class GivenVault:
    """Every password is the same."""

    def get(self, name: str) -> str | None:
        return "secret"

    def set(self, name: str, secret: str) -> None: ...
    def delete(self, name: str) -> None: ...


def connected(folder: Path, port: int) -> Profile:
    """A profile with a mail account on a server at this port."""
    for name in ("cur", "new", "tmp"):
        (folder / "Mail" / name).mkdir(parents=True)
    account = f'[mail]\nmaildir = "Mail"\n[privacy]\nmode = "accounts"\n[[account]]\nname = "work"\nimap = "imap://robin@127.0.0.1:{port}"\n'
    return Profile(make_home(folder, more=account))


def test_a_server_that_is_not_there_is_told_and_nothing_is_left_waiting(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        profile = connected(tmp_path / "p", taken.getsockname()[1])
        held = AccountServers(Accounts(profile, load(profile), GivenVault))
        held.start(lambda: None)
        with pytest.raises(AgentError, match=r"127\.0\.0\.1"):
            held.sync()
        held.stop()


def test_a_locked_keyring_is_told_with_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(self: Accounts) -> Accounts:
        raise VaultError("The keyring of this system is locked.")

    monkeypatch.setattr(Accounts, "unlock", locked)
    profile = connected(tmp_path / "p", 1)
    held = servers(profile, load(profile))
    assert held is not None
    with pytest.raises(AgentError, match=r"locked\. Then: nearhand daemon stop"):
        held.sync()


def test_in_local_mode_there_are_no_servers(tmp_path: Path) -> None:
    profile = Profile(make_home(tmp_path / "p"))
    assert servers(profile, load(profile)) is None
