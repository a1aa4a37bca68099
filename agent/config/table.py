"""One table of config.toml, read key by key: a wrong type, a missing key or one too many is a clear error.

Knows TOML and where a key stands in the file; what the keys mean is said in `settings.py`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

from nearhand.agent.errors import AgentError

_T = TypeVar("_T")
_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_PAIR = re.compile(r"""\s*["']?([^"'=\s]+)["']?\s*=""")
_KINDS = {str: "text in quotes", bool: "true or false", int: "a whole number", list: "a list", dict: "a section"}


class ConfigError(AgentError):
    """The config cannot be used; the text says what is wrong, where, and what to do."""


def document(path: Path) -> Table:
    """Read a file; raises ConfigError if it is not there or is no TOML."""
    try:
        return table_of(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise ConfigError(f"There is no {path} yet. Make one with: nearhand connect files") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. Check that it is a text file that you may read.") from error


def table_of(text: str, path: Path) -> Table:
    """Read a text that is, or will be, in a file; raises ConfigError if it is no TOML."""
    try:
        return Table(path, text, "", tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # also for numbers of thousands of digits
        raise ConfigError(f"{path} is no valid TOML: {error}. Correct that place.") from error


class Table:
    """Keys and values under one [section]; "" is the top of the file."""

    def __init__(self, path: Path, text: str, name: str, values: Mapping[str, object], number: int = 0) -> None:
        self._path, self._text, self._name, self._values, self._number = path, text, name, values, number
        self._asked: list[str] = []

    def has(self, key: str) -> bool:
        """Whether a key is there."""
        self._asked.append(key)
        return key in self._values

    def text(self, key: str, default: str) -> str:
        """A text in quotes."""
        return self._get(key, str, default).strip()

    def required(self, key: str) -> str:
        """A text in quotes that must be there."""
        found = self.text(key, "")
        if not found:
            self.fail(key, f'it is missing. Add a line: {key} = "..."')
        return found

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        return self._get(key, bool, default)

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number in a range."""
        found = self._get(key, int, default)
        if not least <= found <= most:
            self.fail(key, f"{found} is out of range. Choose a number from {least} to {most}")
        return found

    def choice(self, key: str, words: Sequence[str], default: str) -> str:
        """One of a few words."""
        found = self.text(key, default).casefold()
        if found not in words:
            self.fail(key, f"“{found}” is not one of {', '.join(words)}{_nearest(found, words)}")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self._get(key, list, [])
        if not all(isinstance(one, str) for one in found):
            self.fail(key, 'it must be a list of texts in quotes, such as ["~/Documents"]')
        return tuple(found)

    def table(self, key: str) -> Table:
        """The section of this name; an empty one if it is not there."""
        return Table(self._path, self._text, key, self._get(key, dict, {}))

    def tables(self, key: str) -> list[Table]:
        """Every [[section]] of this name."""
        found = self._get(key, list, [])
        if not all(isinstance(one, dict) for one in found):
            self.fail(key, f"write each as [[{key}]], with its keys below")
        return [Table(self._path, self._text, key, one, number) for number, one in enumerate(found)]

    def finish(self) -> None:
        """Raise ConfigError if there is a key that nobody has asked for."""
        for key in self._values:
            if key not in self._asked:
                known = tuple(dict.fromkeys(self._asked))
                what = "section" if not self._name else "key"
                hint = _nearest(key, known) or f". Known are: {', '.join(known)}"
                self.fail(key, f"there is no such {what}{hint}")

    def finished(self, value: _T) -> _T:
        """The value, after `finish`."""
        self.finish()
        return value

    def fail(self, key: str, why: str) -> NoReturn:
        """Raise ConfigError about a key."""
        line = self._line(key)
        where = f"{self._path}, line {line}" if line else str(self._path)
        said = f"[{self._name}] {key}" if self._name else f"[{key}]"
        raise ConfigError(f"{where}: {said}: {why}.")

    def _get(self, key: str, kind: type[_T], default: _T) -> _T:
        self._asked.append(key)
        found = self._values.get(key, default)
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
            self.fail(key, f"it must be {_KINDS[kind]}")
        return found

    def _line(self, key: str) -> int:
        """The line of a key or a section, as far as the bare text tells; 0 if it does not."""
        section, seen = "", -1
        for number, line in enumerate(self._text.splitlines(), 1):
            header, pair = _HEADER.match(line), _PAIR.match(line)
            if header:
                section = header[1].strip("\"'")
                seen += section == self._name
                if not self._name and section == key:
                    return number
            elif pair and pair[1] == key and section == self._name and (not section or seen == self._number):
                return number
        return 0


def _nearest(word: str, words: Sequence[str]) -> str:
    found = difflib.get_close_matches(word.casefold(), words, 1, 0.6)
    return f"; did you mean “{found[0]}”" if found else ""
