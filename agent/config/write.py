"""The first config.toml of a person, with a comment on every line that they may want to change.

It is checked before it is written, and never written over one that is there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from nearhand.agent.config.settings import Config, parse
from nearhand.agent.config.table import ConfigError
from nearhand.agent.paths import Profile
from nearhand.connectors import atomic
from nearhand.connectors.base import Person
from nearhand.connectors.errors import ExistsError


def write_default(
    profile: Profile,
    me: Person,
    roots: Sequence[Path],
    maildir: Path | None = None,
    calendars: Path | None = None,
    contacts: Path | None = None,
    timezone: str = "",
) -> Config:
    """Write the first config of a profile and read it back; raises ConfigError if it would not be valid."""
    text = default_text(me, roots, maildir, calendars, contacts, timezone)
    found = parse(text, profile)
    profile.config.parent.mkdir(parents=True, exist_ok=True)
    try:
        atomic.create(profile.config, text.encode())
    except ExistsError:
        raise ConfigError(f"{profile.config} is already there and was left alone. Change it with an editor.") from None
    return found


def default_text(
    me: Person,
    roots: Sequence[Path],
    maildir: Path | None = None,
    calendars: Path | None = None,
    contacts: Path | None = None,
    timezone: str = "",
) -> str:
    """The text of a first config; what is not given stands there as a comment."""
    return "\n".join(
        (
            "# Nearhand. Every line can be changed by hand; a mistake is told with its line.",
            "",
            "[me]",
            _line("name", me.name, "how you sign"),
            _line("email", me.address, "the address you write from"),
            _line("timezone", timezone, "default: the system's", "Europe/Berlin"),
            'week_start = "monday"',
            'work_hours = "09:00-17:00"   # where free time is looked for',
            "",
            "[files]",
            f"roots = [{', '.join(_quoted(root) for root in roots)}]   # the only folders it may see",
            "",
            *_section(
                "mail", "maildir", maildir, "a Maildir++: INBOX at the top, .Sent .Drafts ... beside it", "~/Mail"
            ),
            *_section("calendar", "vdir", calendars, "one folder per calendar, one .ics per event", "~/.calendars"),
            *_section("contacts", "vdir", contacts, "one .vcf per person", "~/.contacts"),
            "[privacy]",
            'mode = "local"   # no network at all; "accounts" allows the servers of your [[account]]s and nothing else',
            "",
            "[policy]",
            "auto_reversible = false   # true: what can be taken back is done without asking",
            "hold_seconds = 10         # how long a mail waits before it goes",
            "max_objects = 20          # more than this is always asked",
            "",
        )
    )


def _line(key: str, value: str, comment: str, example: str = "") -> str:
    said = f"{key} = {_quoted(value or example)}"
    return f"{said}   # {comment}" if value or not example else f"# {said}   # {comment}"


def _section(name: str, key: str, folder: Path | None, comment: str, example: str) -> tuple[str, ...]:
    mark = "" if folder else "# "
    return f"{mark}[{name}]", f"{mark}{key} = {_quoted(folder or example)}   # {comment}", ""


def _quoted(value: str | Path) -> str:
    """A TOML basic string; JSON's escapes are a part of TOML's, but for DEL."""
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
