"""Where one profile keeps its things: in one folder, or where the platform wants them.

Nothing is read or made here.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

_NAME = "nearhand"


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
    def outbox(self) -> Path:
        """What waits for its hold to pass."""
        return self._data / "outbox"

    @property
    def rules(self) -> Path:
        """The standing rules."""
        return self._data / "rules"

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


def _platform(kind: str) -> Path:
    import platformdirs

    find = {
        "config": platformdirs.user_config_path,
        "data": platformdirs.user_data_path,
        "cache": platformdirs.user_cache_path,
    }[kind]
    return find(_NAME, appauthor=False)
