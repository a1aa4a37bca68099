"""The files by which systemd and launchd start the daemon when the person logs in. Pure text.

systemd's fences are as narrow as the config: nothing outside the home but the connected folders can be written, keys
and keyrings in the home cannot even be seen, and in `local` mode no network socket of any kind can be made. The home is
one writable whole, not a list of folders: a move between two separate mounts would be a copy, not a rename.
"""

from __future__ import annotations

import hashlib
import os
import plistlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearhand.agent.config.settings import Config
from nearhand.agent.paths import Profile

_SECRETS = (
    ".ssh", ".gnupg", ".password-store", ".aws", ".kube", ".docker", ".netrc", ".git-credentials", ".mozilla",
    ".config/google-chrome", ".config/chromium", ".local/share/keyrings",
)  # fmt: skip
"""What no request of anybody is about. The keyring is asked over the desktop's bus, not by its files."""
_PLAIN = """\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @debug @mount @swap @reboot @raw-io @obsolete @cpu-emulation
SystemCallFilter=seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
SystemCallErrorNumber=EPERM
UMask=0077
LimitCORE=0
LimitNOFILE=4096
OOMPolicy=continue
MemoryMax=1G
TasksMax=128
"""
"""Needs nothing but seccomp. The last filter is for the seals that Nearhand's processes put on themselves."""
_FENCED = """\
ProtectSystem=strict
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectHostname=yes
RestrictNamespaces=yes
"""
"""Needs user namespaces, which some systems do not allow. Not here: ProtectKernelModules, ProtectClock, PrivateDevices.
They take rights away that no user's service has; systemd 252 fails at that and starts nothing (218)."""
_NO_NEW_CODE = "MemoryDenyWriteExecute=yes\n"


@dataclass(frozen=True, slots=True)
class Fences:
    """How much of it this machine can do."""

    namespaces: bool = True
    no_new_code: bool = True


def name(profile: Profile) -> str:
    """What the service of a profile is called; a profile in a folder of its own has one beside the usual one."""
    if profile.folder is None:
        return "nearhand"
    return f"nearhand-{hashlib.sha256(os.fsencode(profile.folder)).hexdigest()[:8]}"


def command(profile: Profile, python: str) -> list[str]:
    """What is started."""
    where = ["--profile", str(profile.folder)] if profile.folder else []
    return [python, "-P", "-m", "nearhand.agent.cli.main", *where, "daemon", "run"]


def systemd(profile: Profile, config: Config, python: str, fences: Fences) -> str:
    """The text of the user unit."""
    said = f" ({profile.folder})" if profile.folder else ""
    return (
        f"[Unit]\nDescription=Nearhand, rules and approvals{_escaped(said)}\n"
        "StartLimitIntervalSec=300\nStartLimitBurst=5\n\n"
        "[Service]\nType=notify\nNotifyAccess=main\n"
        f"ExecStart={' '.join(map(_quoted, command(profile, python)))}\n"
        "Restart=on-failure\nRestartSec=5\nWatchdogSec=120\nTimeoutStartSec=60\nTimeoutStopSec=10\nKillMode=mixed\n"
        f"Nice=5\n{''.join(settings(profile, config, fences))}\n[Install]\nWantedBy=default.target\n"
    )


def settings(profile: Profile, config: Config, fences: Fences) -> Iterator[str]:
    """The lines of the unit that fence it in."""
    yield _PLAIN
    yield f"RestrictAddressFamilies={families(config.privacy.mode)}\n"
    if fences.no_new_code:
        yield _NO_NEW_CODE
    if fences.namespaces:
        yield _FENCED
        yield from (f"ReadWritePaths={_quoted(str(path))}\n" for path in writable(profile, config, Path.home()))
        yield from (f"InaccessiblePaths=-{_quoted(str(Path.home() / hidden))}\n" for hidden in _SECRETS)


def families(mode: str) -> str:
    """The kinds of sockets it may make: in `local` mode none that reaches a network."""
    return "AF_UNIX" if mode == "local" else "AF_UNIX AF_INET AF_INET6"


def writable(profile: Profile, config: Config, home: Path) -> list[Path]:
    """The folders that it may write in; what lies in the home is the home, so that it stays one mount."""
    wanted = [profile.base, profile.journal.parent, profile.index.parent, profile.log.parent, profile.socket.parent]
    wanted += [Path(root) for root in config.files.roots]
    wanted += [config.mail.maildir] if config.mail else []
    wanted += [each.vdir for each in (config.calendar, config.contacts) if each]
    found: list[Path] = []
    for path in sorted({home if path.is_relative_to(home) else path for path in wanted}):
        if not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return found


def launchd(profile: Profile, python: str) -> bytes:
    """The property list of the launch agent."""
    return plistlib.dumps({
        "Label": f"org.nearhand.{name(profile)}",
        "ProgramArguments": command(profile, python),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "Umask": 0o077,
        "SoftResourceLimits": {"Core": 0, "NumberOfFiles": 4096},
    })  # fmt: skip


def properties(lines: Sequence[str]) -> list[str]:
    """The same settings as options of systemd-run, to try them out."""
    return [f"--property={line}" for text in lines for line in text.splitlines() if "=" in line]


def _quoted(text: str) -> str:
    """A word of a unit file: quotes, and % and $ as themselves."""
    escaped = _escaped(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%").replace("\n", " ")
