"""What the app remembers between runs: theme, first pane, keys, themes of one's own. Read once at start.

    theme = "nearhand-dark"       first = "today"
    [keys]
    "card.approve" = "a,f8"
A file with a mistake in it changes nothing and is said; it is never overwritten with less than it held.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from textual.theme import Theme

from nearhand.agent.paths import Profile

_HIGH = Theme(
    "nearhand-contrast", primary="#ffff00", secondary="#00ffff", warning="#ffb000", error="#ff5555", success="#00ff00",
    accent="#ffff00", foreground="#ffffff", background="#000000", surface="#000000", panel="#000000", dark=True,
    variables={"foreground-muted": "#ffffff", "footer-key-foreground": "#ffff00", "panel-lighten-1": "#ffffff"},
)  # fmt: skip
_DARK = Theme(
    "nearhand-dark", primary="#5aa9a3", secondary="#3f6d8c", warning="#e2b65b", error="#d9706b", success="#7fb77e",
    accent="#e2b65b", foreground="#d9dee3", background="#14181d", surface="#1b2027", panel="#232a33", dark=True,
)  # fmt: skip
_LIGHT = Theme(
    "nearhand-light", primary="#1f7a74", secondary="#3f6d8c", warning="#9a6200", error="#b3382f", success="#2f7d32",
    accent="#9a4f00", foreground="#1d242b", background="#fbfaf7", surface="#f1efe9", panel="#e6e3da", dark=False,
)  # fmt: skip
THEMES = (_DARK, _LIGHT, _HIGH)
ANSI = ("ansi-dark", "ansi-light")
"""The terminal's own sixteen colours, for terminals that are dark or light."""
_COLOURS = frozenset(each.name for each in fields(Theme)) - {"name", "variables", "ansi"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is remembered."""

    theme: str = "nearhand-dark"
    first: str = "today"
    keys: Mapping[str, str] = field(default_factory=dict)
    themes: tuple[Theme, ...] = THEMES
    problems: tuple[str, ...] = ()
    """Sentences about what could not be read."""


def load(profile: Profile) -> Settings:
    """Read what is remembered; what cannot be read is named and left out."""
    problems: list[str] = []
    own = [found for path in _theme_files(profile) if (found := _theme(path, problems))]
    table = _table(profile.app, problems)
    keys = table.get("keys", {})
    usual = Settings()
    held = keys.items() if isinstance(keys, dict) else ()
    remapped = {str(name): value for name, value in held if isinstance(value, str)}
    theme, first = table.get("theme", usual.theme), table.get("first", usual.first)
    return Settings(str(theme), str(first), remapped, (*THEMES, *own), tuple(problems))


def save(profile: Profile, settings: Settings) -> None:
    """Write what is remembered, unless the file has a mistake that a person should mend."""
    from nearhand.agent.config.edit import write_private, written

    problems: list[str] = []
    _table(profile.app, problems)
    if problems:
        return
    lines = [f"theme = {written(settings.theme)}", f"first = {written(settings.first)}", "", "[keys]"]
    lines += [f"{written(name)} = {written(keys)}" for name, keys in settings.keys.items()]
    profile.app.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(profile.app, "\n".join(lines) + "\n")


def _table(path: Path, problems: list[str]) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problems.append(f"{path} cannot be read, so it was left aside: {error}.")
        return {}


def _theme_files(profile: Profile) -> list[Path]:
    return sorted(profile.themes.glob("*.toml")) if profile.themes.is_dir() else []


def _theme(path: Path, problems: list[str]) -> Theme | None:
    table = _table(path, problems)
    if not table:
        return None
    try:
        theme = Theme(name=path.stem, **{k: v for k, v in table.items() if k in _COLOURS})  # type: ignore[arg-type]
        theme.to_color_system().generate()
    except Exception as error:
        problems.append(f"The theme {path} cannot be used, so it was left aside: {error}.")
        return None
    return theme
