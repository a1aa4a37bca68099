"""Sets single keys of config.toml and leaves every other line as it is: comments, order, spelling.

What comes out is read again before it stays; a change that the config does not allow is taken back at once.
Deliberately not here: what the keys mean (`settings.py`).
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from nearhand.agent.config.settings import Config, ConfigError, load
from nearhand.agent.paths import Profile

Value: TypeAlias = "str | Sequence[str] | None"
"""Text, a list of texts, or None: the key goes."""
_HEADER = re.compile(r"\s*\[{1,2}[^\[\]]+\]{1,2}\s*(?:#.*)?")


def change(profile: Profile, section: str, values: Mapping[str, Value]) -> Config:
    """Set keys of one section in the file of a profile; raises ConfigError, and changes nothing then."""
    text = _present(profile)
    for key, value in values.items():
        text = edited(text, section, key, value)
    return _kept(profile, text)


def set_account(profile: Profile, name: str, values: Mapping[str, Value], privacy: Mapping[str, Value]) -> Config:
    """Set keys of the [[account]] of a name (a new one if there is none) and of [privacy], together or not at all."""
    text = _present(profile)
    for key, value in privacy.items():
        text = edited(text, "privacy", key, value)
    return _kept(profile, with_account(text, name, values))


def with_account(text: str, name: str, values: Mapping[str, Value]) -> str:
    """The text of a config with keys of one account set."""
    lines = text.splitlines()
    start, end = _account_at(lines, name)
    block = lines[start:end] or ["[[account]]"]
    for key, value in {"name": name, **values}.items():
        first, last = _where(block, 1, len(block), key)
        block = [*block[:first], *([] if value is None else [f"{key} = {written(value)}"]), *block[last:]]
    gap = [""] if start == len(lines) and lines and lines[-1].strip() else []
    return _joined([*lines[:start], *gap, *block, *lines[end:]])


def _account_at(lines: Sequence[str], name: str) -> tuple[int, int]:
    """The lines of an account; the end of the file if it is not there."""
    for start, line in enumerate(lines):
        if line.split("#")[0].strip() == "[[account]]":
            end = next((n for n in range(start + 1, len(lines)) if _HEADER.fullmatch(lines[n])), len(lines))
            block = lines[start:end]
            if _whole(block) and tomllib.loads("\n".join(block))["account"][0].get("name") == name:
                return start, end
    return len(lines), len(lines)


def _present(profile: Profile) -> str:
    return profile.config.read_text(encoding="utf-8") if profile.config.is_file() else ""


def _kept(profile: Profile, text: str) -> Config:
    """Write a config and read it back; one that does not read is taken back at once."""
    path = profile.config
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, text)
    try:
        return load(profile)
    except ConfigError:
        if before is None:
            path.unlink()
        else:
            write_private(path, before)
        raise


def edited(text: str, section: str, key: str, value: Value) -> str:
    """The text of a config with one key set, or taken out."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.split("#")[0].strip() == f"[{section}]"), None)
    new = [] if value is None else [f"{key} = {written(value)}"]
    if start is None:
        gap = [""] if lines and lines[-1].strip() else []
        return _joined([*lines, *gap, f"[{section}]", *new] if new else lines)
    end = next((n for n in range(start + 1, len(lines)) if _HEADER.fullmatch(lines[n])), len(lines))
    first, last = _where(lines, start + 1, end, key)
    return _joined([*lines[:first], *new, *lines[last:]])


def written(value: str | Sequence[str]) -> str:
    """A value as TOML."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(map(written, value))}]"


def _where(lines: Sequence[str], start: int, end: int, key: str) -> tuple[int, int]:
    """The lines of a key; those behind the last line of the section that says something if it is not there."""
    for first in range(start, end):
        if re.match(rf"\s*{re.escape(key)}\s*=", lines[first]):
            return first, next((n for n in range(first + 1, end + 1) if _whole(lines[first:n])), first + 1)
    while end > start and not lines[end - 1].strip():
        end -= 1
    return end, end


def _whole(lines: Sequence[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError):
        return False
    return True


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".config-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
