"""Hands the daemon to the service manager of the platform, so that it starts at login: systemd, or launchd on macOS.

What the machine cannot enforce is found out by trying before the unit is written, and told. Deliberately not here: the
texts (`daemon/units.py`) and what the command says (`cli/daemon.py`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearhand.agent.config.settings import Config
from nearhand.agent.daemon import units
from nearhand.agent.daemon.units import Fences
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile

_SECONDS = 90.0
Run = Callable[[Sequence[str]], tuple[int, str]]
"""Runs a command without a shell: exit code, and what it said."""


def run(command: Sequence[str]) -> tuple[int, str]:
    """Run a command; 127 if it is not there, 124 if it hangs."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except FileNotFoundError:
        return 127, f"{command[0]} is not installed"
    except subprocess.TimeoutExpired:
        return 124, f"{command[0]} did not answer"
    return done.returncode, (done.stdout + done.stderr).strip()


@dataclass(frozen=True, slots=True)
class Service:
    """The service of one profile."""

    profile: Profile
    call: Run = run
    platform: str = sys.platform

    @property
    def file(self) -> Path:
        """The unit or the property list."""
        name = units.name(self.profile)
        if self.platform == "darwin":
            return Path.home() / "Library" / "LaunchAgents" / f"org.nearhand.{name}.plist"
        config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        return Path(config) / "systemd" / "user" / f"{name}.service"

    @property
    def installed(self) -> bool:
        """Whether the service manager has it."""
        return self.file.is_file()

    def install(self, config: Config) -> list[str]:
        """Write the file, start the service now and at every login; returns what the person should know."""
        if self.platform == "darwin":
            self._write(units.launchd(self.profile, sys.executable))
            self.call(["launchctl", "bootout", self._label()])
            self._must(["launchctl", "bootstrap", f"gui/{os.getuid()}", str(self.file)])
            return ["macOS offers no fences to a service of this kind; nearhand privacy says what is checked."]
        self._need_systemd()
        fences, told = self._fences(config)
        self._write(units.systemd(self.profile, config, sys.executable, fences).encode())
        self._must(["systemctl", "--user", "daemon-reload"])
        self._must(["systemctl", "--user", "enable", "--now", self.file.name])
        self._must(["systemctl", "--user", "restart", self.file.name])  # a new unit also for one that runs
        return told

    def uninstall(self) -> bool:
        """Stop it and take the file away; False if there was none."""
        if not self.installed:
            return False
        if self.platform == "darwin":
            self.call(["launchctl", "bootout", self._label()])
            self.file.unlink()
        else:
            self.call(["systemctl", "--user", "disable", "--now", self.file.name])
            self.file.unlink()
            self.call(["systemctl", "--user", "daemon-reload"])
        return True

    def start(self) -> None:
        """Start it through the service manager."""
        if self.platform == "darwin":
            self._must(["launchctl", "kickstart", self._label()])
        else:
            self._must(["systemctl", "--user", "start", self.file.name])

    def _label(self) -> str:
        return f"gui/{os.getuid()}/org.nearhand.{units.name(self.profile)}"

    def _need_systemd(self) -> None:
        code, said = self.call(["systemctl", "--user", "show-environment"])
        if code:
            why = said.splitlines()[-1] if said else f"exit code {code}"
            raise AgentError(f"There is no systemd of yours here that could start it at login ({why}). "
                             "Start it yourself when you log in: nearhand daemon start")  # fmt: skip

    def _fences(self, config: Config) -> tuple[Fences, list[str]]:
        """The narrowest fences in which the model still runs here, and what is missing of them."""
        every = [Fences(namespaces, no_new_code) for namespaces in (True, False) for no_new_code in (True, False)]
        here = shutil.which("systemd-run") is not None
        found = next((fences for fences in every if not here or self._runs_in(config, fences)), every[-1])
        lost = [
            *([] if found.namespaces else ["which folders it can write in"]),
            *([] if found.no_new_code else ["that no code is made at run time"]),
        ]
        said = "This system does not let the kernel enforce {}; Nearhand still checks it itself."
        return found, [said.format(each) for each in lost]

    def _runs_in(self, config: Config, fences: Fences) -> bool:
        options = units.properties(list(units.settings(self.profile, config, fences)))
        model = [sys.executable, "-P", "-m", "nearhand.models.worker", str(config.model.path), "-", "1"]
        code, said = self.call(["systemd-run", "--user", "--wait", "--collect", "--pipe", "--quiet", *options, *model])
        return code == 0 and '"threshold"' in said

    def _write(self, data: bytes) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(data)

    def _must(self, command: Sequence[str]) -> None:
        code, said = self.call(command)
        if code:
            raise AgentError(f"“{' '.join(command)}” failed ({code}): {said or 'it said nothing'}")
