"""The values of config.toml that have a meaning to check: folders, times, zones, addresses.

Folders are looked at, servers are not.
"""

from __future__ import annotations

import os
import re
from datetime import time
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nearhand.agent.config.table import Table

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*[-\u2013]\s*(\d{1,2}):(\d{2})")
_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")


def mail_address(table: Table, key: str) -> str:
    """An address, or "" if there is none."""
    found = table.text(key, "")
    if found and not _ADDRESS.fullmatch(found):
        table.fail(key, f"“{found}” is no mail address. Write it like robin@example.org, without a name")
    return found


def time_zone(table: Table, key: str) -> str:
    """The name of a time zone; the system's if none is given."""
    found = table.text(key, "") or _system_zone()
    try:
        ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.fail(key, f"“{found}” is no time zone that is known here. Use an IANA name such as Europe/Berlin")
    return found


def _system_zone() -> str:
    import tzlocal

    try:
        return tzlocal.get_localzone_name() or "UTC"
    except (ZoneInfoNotFoundError, ValueError, LookupError):
        return "UTC"


def week_start(table: Table, key: str) -> int:
    """The number of the day that a week begins with."""
    return _DAYS.index(table.choice(key, _DAYS, "monday"))


def clock_hours(table: Table, key: str, default: tuple[time, time]) -> tuple[time, time]:
    """Two times of day, the first before the second."""
    found = table.text(key, "")
    if not table.has(key):
        return default
    match = _HOURS.fullmatch(found)
    try:
        hours = [int(part) for part in match.groups()] if match else [99] * 4
        start, end = time(hours[0], hours[1]), time(hours[2], hours[3])
    except ValueError:
        table.fail(key, f"“{found}” are no hours. Write them like 09:00-17:00")
    if start >= end:
        table.fail(key, f"“{found}” ends before it begins. Write the earlier time first, as in 09:00-17:00")
    return start, end


def folder(table: Table, key: str, base: Path) -> Path:
    """A folder that is there."""
    return _folder(table, key, base, table.required(key))


def roots(table: Table, key: str, base: Path) -> tuple[Path, ...]:
    """The folders of the allow-list: each there, none the whole disk, the home or a hidden folder, none in another."""
    found: list[Path] = []
    for text in table.texts(key):
        path = _folder(table, key, base, text)
        _allowed(table, key, path, text)
        for other in found:
            if path.is_relative_to(other) or other.is_relative_to(path):
                table.fail(key, f"“{text}” and {other} are the same or lie in each other. Keep only the outer one")
        found.append(path)
    return tuple(found)


def url(table: Table, key: str, schemes: tuple[str, ...]) -> str:
    """The URL of a server, or "" if there is none."""
    found = table.text(key, "")
    parts = urlsplit(found) if found else None
    if parts is not None and (parts.scheme not in schemes or not parts.hostname):
        table.fail(key, f"“{_bare(found)}” is no {schemes[0]}:// address. Write it like {schemes[0]}://host.example/")
    if parts is not None and parts.password:
        table.fail(key, "there is a password in it. Take it out; passwords belong in the keyring (nearhand connect)")
    return found


def _bare(text: str) -> str:
    """The text without what may be a password."""
    return re.sub(r"//[^/@]*@", "//", text)


def _folder(table: Table, key: str, base: Path, text: str) -> Path:
    if not text.strip():
        table.fail(key, "a folder without a name is in it. Take it out")
    try:
        path = Path(os.path.realpath(base / os.path.expanduser(text)))
        there = path.exists()
    except (OSError, ValueError):  # longer than any name can be, or with characters that no name has
        table.fail(key, f"“{text[:60]}” cannot be the name of a folder. Correct it")
    if not there:
        table.fail(key, f"the folder {path} is not there. Make it, connect its disk, or correct the name")
    if not path.is_dir():
        table.fail(key, f"{path} is no folder. Name the folder that it lies in")
    return path


def _allowed(table: Table, key: str, path: Path, text: str) -> None:
    home = Path(os.path.realpath(Path.home()))
    if path == Path(path.anchor):
        table.fail(key, f"“{text}” is the whole disk. Name the folders that Nearhand may see, such as ~/Documents")
    if home.is_relative_to(path):
        table.fail(key, f"“{text}” holds your whole home with its settings and keys. Name folders in it: ~/Documents")
    if path.is_relative_to(home) and any(part.startswith(".") for part in path.relative_to(home).parts):
        table.fail(key, f"“{text}” is hidden; settings and keys live in such folders. Name a visible folder")
