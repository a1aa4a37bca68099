"""Where one profile keeps its things: in one folder, or where the platform wants them.

Nothing is read or made here.
"""

from __future__ import annotations

import os
import sys
from functools import cached_property
from pathlib import Path

_NAME = "nearhand"
_LONGEST_SOCKET = 100
"""The kernel allows a path of 104 (macOS) or 108 bytes."""


class Profile:
    """The places of one profile; with a folder everything lies in it, so that it can be thrown away whole."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder.expanduser().absolute() if folder else None

    @property
    def config(self) -> Path:
        """The config file, readable and editable by hand."""
        return self._config / "config.toml"

    @property
    def base(self) -> Path:
        """The folder that relative paths of the config start from."""
        return self._config

    @property
    def journal(self) -> Path:
        """What was done, and how it is taken back."""
        return self._data / "journal.db"

    @property
    def trash(self) -> Path:
        """Where trashed files wait to be restored."""
        return self._data / "trash"

    @property
    def network(self) -> Path:
        """Every connection that was made or refused."""
        return self._data / "network.db"

    @property
    def secrets(self) -> Path:
        """Passwords and tokens, encrypted; only where there is no keyring."""
        return self._data / "secrets.vault"

    @property
    def sync(self) -> Path:
        """What this side and the servers last agreed on."""
        return self._data / "sync"

    @property
    def outbox(self) -> Path:
        """What waits for its hold to pass."""
        return self._data / "outbox"

    @property
    def rules(self) -> Path:
        """The standing rules."""
        return self._data / "rules"

    @property
    def grants(self) -> Path:
        """What the person has allowed once and for all, for a while."""
        return self._config / "grants.json"

    @property
    def app(self) -> Path:
        """What the terminal app remembers: theme, keys, where it was."""
        return self._config / "app.toml"

    @property
    def themes(self) -> Path:
        """Themes of one's own for the terminal app, one .toml file each."""
        return self._config / "themes"

    @property
    def lock(self) -> Path:
        """Held by the one daemon of this profile."""
        return self._data / "daemon.lock"

    @property
    def held(self) -> Path:
        """There while the person has stopped the daemon's rules."""
        return self._data / "daemon.held"

    @property
    def log(self) -> Path:
        """What the daemon did, without anybody's words."""
        return (self.folder or _platform("state")) / "daemon.log"

    @property
    def socket(self) -> Path:
        """Where the daemon listens; a short place of our own where the profile's path is too long for a socket."""
        path = (self.folder / "run" if self.folder else _runtime()) / "daemon.sock"
        if len(os.fsencode(path)) <= _LONGEST_SOCKET:
            return path
        import hashlib
        import tempfile

        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"{_NAME}-{os.getuid()}" / f"{name}.sock"

    @property
    def watch(self) -> Path:
        """What was seen of the world, and which rule was set off by what."""
        return self._data / "watch.db"

    @property
    def trajectories(self) -> Path:
        """Plans that the person edited or rejected, for learning; they never leave the machine."""
        return self._data / "trajectories.jsonl"

    @property
    def index(self) -> Path:
        """The search index; it can be built anew at any time."""
        return self._cache / "index.db"

    @cached_property
    def _config(self) -> Path:
        return self.folder or _platform("config")

    @cached_property
    def _data(self) -> Path:
        return self.folder or _platform("data")

    @cached_property
    def _cache(self) -> Path:
        return self.folder or _platform("cache")


def _runtime() -> Path:
    """Where sockets belong; a login without such a place (cron, su) gets one that is the person's own, not in /tmp."""
    session = os.environ.get("XDG_RUNTIME_DIR") or os.access(f"/run/user/{os.getuid()}", os.W_OK)
    return _platform("runtime") if session or sys.platform == "darwin" else _platform("state") / "run"


def _platform(kind: str) -> Path:
    import platformdirs

    find = {
        "config": platformdirs.user_config_path,
        "data": platformdirs.user_data_path,
        "cache": platformdirs.user_cache_path,
        "state": platformdirs.user_state_path,
        "runtime": platformdirs.user_runtime_path,
    }[kind]
    return find(_NAME, appauthor=False)
