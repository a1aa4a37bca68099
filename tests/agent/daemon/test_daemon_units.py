"""The unit and the property list: what stands in them, and that the platform's own checker takes them."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nearhand.agent.config.settings import Config, Files, Mail, Privacy
from nearhand.agent.daemon import units as daemon_units
from nearhand.agent.daemon.service import Service
from nearhand.agent.daemon.units import Fences
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile

from .daemon_world import make_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def config(home: Path, mode: str = "local") -> Config:
    return Config(files=Files((home / "Documents", Path("/srv/scans"))), mail=Mail(home / "Mail"), privacy=Privacy(mode))


def unit(home: Path, mode: str = "local", fences: Fences | None = None, folder: Path | None = None) -> dict[str, list[str]]:
    text = daemon_units.systemd(Profile(folder or home / "p"), config(home, mode), sys.executable, fences or Fences())
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.M):
        found.setdefault(key, []).append(value)
    return found


def test_it_tells_the_manager_when_it_is_ready_and_is_watched(home: Path) -> None:
    found = unit(home)
    assert (found["Type"], found["WatchdogSec"], found["Restart"]) == (["notify"], ["120"], ["on-failure"])
    assert found["ExecStart"] == [f'"{sys.executable}" "-P" "-m" "nearhand.agent.cli.main" "--profile" "{home}/p" "daemon" "run"']


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is for Linux")
@pytest.mark.parametrize("abstract", [False, True])
def test_the_command_of_the_unit_speaks_with_its_manager_from_behind_its_seal(home: Path, abstract: bool) -> None:
    """As systemd starts it: READY with its own number, WATCHDOG in time, STOPPING when it is told to end."""
    folder = make_home(home / "p")
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        where = f"{short}/notify"
        manager.settimeout(60)
        manager.bind(f"\0{where[1:]}" if abstract else where)
        told = {**os.environ, "NOTIFY_SOCKET": f"@{where[1:]}" if abstract else where, "WATCHDOG_USEC": "200000"}
        command = daemon_units.command(Profile(folder), sys.executable)
        running = subprocess.Popen(command, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            heard = [manager.recv(200) for _ in range(3)]
            assert heard.count(f"READY=1\nMAINPID={running.pid}".encode()) == 1
            assert heard.count(b"WATCHDOG=1") == 2
            running.terminate()
            while manager.recv(200) != b"STOPPING=1":
                pass
            assert running.wait(60) == 0
        finally:
            running.kill()
            running.wait()
    assert "enforced by the kernel" in Profile(folder).log.read_text()


def test_it_is_fenced_in(home: Path) -> None:
    found = unit(home)
    for key in ("NoNewPrivileges", "RestrictNamespaces", "MemoryDenyWriteExecute", "LockPersonality", "ProtectHostname"):
        assert found[key] == ["yes"], key
    assert found["ProtectSystem"] == ["strict"] and found["UMask"] == ["0077"]


def test_no_network_socket_can_be_made_in_local_mode(home: Path) -> None:
    assert unit(home)["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert unit(home, "accounts")["RestrictAddressFamilies"] == ["AF_UNIX AF_INET AF_INET6"]


def test_only_the_home_and_what_is_connected_can_be_written_and_keys_cannot_be_seen(home: Path) -> None:
    found = unit(home)
    assert found["ReadWritePaths"] == ['"/srv/scans"', f'"{home}"']
    assert f'-"{home}/.ssh"' in found["InaccessiblePaths"] and f'-"{home}/.gnupg"' in found["InaccessiblePaths"]


def test_what_the_machine_cannot_do_is_left_out_and_the_rest_stays(home: Path) -> None:
    found = unit(home, fences=Fences(namespaces=False, no_new_code=False))
    assert not {"ProtectSystem", "ReadWritePaths", "MemoryDenyWriteExecute"} & found.keys()
    assert found["NoNewPrivileges"] == ["yes"] and found["RestrictAddressFamilies"] == ["AF_UNIX"]


def test_odd_paths_are_quoted(home: Path) -> None:
    odd = home / 'a "b" 100% $HOME \\x'
    assert unit(home, folder=odd)["ExecStart"][0].endswith(f'"--profile" "{home}/a \\"b\\" 100%% $$HOME \\\\x" "daemon" "run"')


def test_each_profile_has_a_service_of_its_own(home: Path) -> None:
    names = {daemon_units.name(Profile(folder)) for folder in (None, home / "a", home / "b")}
    assert len(names) == 3 and "nearhand" in names


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("fences", [Fences(), Fences(False, False)])
def test_systemd_itself_finds_nothing_wrong_with_the_unit(home: Path, tmp_path: Path, fences: Fences) -> None:
    path = tmp_path / "nearhand.service"
    path.write_text(daemon_units.systemd(Profile(home / "a 100%"), config(home), sys.executable, fences))
    command = ["systemd-analyze", "--user", "verify", str(path)]
    at_login = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}  # what a login gives; without it nothing can be asked
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=at_login)
    if "Failed to initialize manager" in done.stderr:
        pytest.skip("this systemd cannot be asked here")
    assert (done.returncode, [line for line in done.stderr.splitlines() if "nearhand" in line]) == (0, [])


def test_the_launch_agent_says_the_same_on_macos(home: Path) -> None:
    found = plistlib.loads(daemon_units.launchd(Profile(home / "p"), "/usr/bin/python3"))
    assert found["ProgramArguments"] == daemon_units.command(Profile(home / "p"), "/usr/bin/python3")
    assert found["RunAtLoad"] is True and found["KeepAlive"] == {"SuccessfulExit": False} and found["Umask"] == 0o077


@dataclass
class GivenSystem:
    """Answers to the commands of a service manager, and what it was asked."""

    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    def __call__(self, command: Sequence[str]) -> tuple[int, str]:
        self.asked.append(list(command))
        line = " ".join(command)
        return next((answer for part, answer in self.answers.items() if part in line), (0, '{"threshold": 0.5}'))


def test_installing_writes_the_unit_and_starts_it(home: Path) -> None:
    system = GivenSystem()
    service = Service(Profile(home / "p"), system, "linux")
    assert service.install(config(home)) == []
    assert service.file.parent == home / ".config/systemd/user" and "MemoryDenyWriteExecute=yes" in service.file.read_text()
    assert ["systemctl", "--user", "enable", "--now", service.file.name] in system.asked


@pytest.mark.skipif(shutil.which("systemd-run") is None, reason="there is no systemd here")
@pytest.mark.parametrize(("refused", "left"), [
    (["ProtectSystem"], ["MemoryDenyWriteExecute=yes"]),
    (["MemoryDenyWriteExecute"], ["ProtectSystem=strict"]),
    (["ProtectSystem", "MemoryDenyWriteExecute"], []),
])  # fmt: skip
def test_what_cannot_be_enforced_is_found_out_by_trying_and_told(
    home: Path, refused: list[str], left: list[str]
) -> None:
    system = GivenSystem({each: (226, "Failed to set it up") for each in refused})
    service = Service(Profile(home / "p"), system, "linux")
    told = service.install(config(home))
    assert len(told) == len(refused) and all("does not let the kernel enforce" in line for line in told)
    text = service.file.read_text()
    assert not any(each in text for each in refused) and all(each in text for each in left)
    assert "RestrictAddressFamilies=AF_UNIX\n" in text


def test_without_a_service_manager_it_says_what_to_do(home: Path) -> None:
    service = Service(Profile(home / "p"), GivenSystem({"show-environment": (1, "Failed to connect to bus")}), "linux")
    with pytest.raises(AgentError, match=r"Failed to connect to bus.*nearhand daemon start"):
        service.install(config(home))
    assert not service.installed


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_uninstalling_leaves_nothing(home: Path, platform: str) -> None:
    system = GivenSystem()
    service = Service(Profile(home / "p"), system, platform)
    assert not service.uninstall()
    service.install(config(home))
    assert service.installed and service.uninstall() and not service.installed
    assert any("disable" in each or "bootout" in each for each in system.asked)


def test_a_command_that_fails_is_told_with_what_it_said(home: Path) -> None:
    service = Service(Profile(home / "p"), GivenSystem({"enable": (5, "Unit is masked.")}), "linux")
    with pytest.raises(AgentError, match=r"failed \(5\): Unit is masked"):
        service.install(config(home))
