"""Names of files and folders: which ones Nearhand gives, and which ones it refuses to give.

Deliberately not here: what already exists (see `files/plans.py`). Names that a thing already has are left alone.
"""

from __future__ import annotations

import unicodedata

from nearhand.connectors.errors import DeniedError

MAX_BYTES = 255
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DOUBLE = (".tar.gz", ".tar.bz2", ".tar.xz")


def _invisible(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


def shown(name: str) -> str:
    """The name as it may be printed: characters that steer a terminal or hide something are escaped."""
    return "".join(c.encode("unicode_escape").decode() if _invisible(c) else c for c in name)


def check_name(name: str) -> str:
    """Return the name in its composed form if Nearhand may give it; raises DeniedError otherwise."""
    composed = unicodedata.normalize("NFC", name)
    reason = _objection(composed)
    if reason:
        raise DeniedError(f'"{shown(name)[:80]}" cannot be a name: {reason}. Choose another one.')
    return composed


def check_part(name: str) -> None:
    """Raise DeniedError if a name that comes with a thing (in an archive) is unacceptable; it may be hidden."""
    reason = "it leads elsewhere" if name in ("", ".", "..") else _objection(name.lstrip(".") or "_")
    if reason:
        raise DeniedError(f'"{shown(name)[:80]}" is not acceptable as a name: {reason}. It was left as it is.')


def _objection(name: str) -> str:
    if not name or not name.strip():
        return "it is empty"
    if "/" in name:
        return "it contains a slash"
    if any(_invisible(c) for c in name):
        return "it contains invisible characters"
    if name.startswith("."):
        return "it begins with a dot, which would hide it"
    if len(name.encode("utf-8")) > MAX_BYTES:
        return f"it is longer than {MAX_BYTES} bytes"
    return ""


def clean_name(name: str, default: str = "unnamed") -> str:
    """Make an acceptable name out of one that came from outside: no path, nothing hidden, nothing too long."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in base if not _invisible(c)).strip().lstrip(".").strip()
    return shorten(kept or default)


def shorten(name: str, limit: int = MAX_BYTES) -> str:
    """Cut the stem until the name fits, keeping a short ending."""
    stem, ending = split_name(name)
    if len(ending.encode()) > 32:
        stem, ending = name, ""
    room = limit - len(ending.encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + ending if len(name.encode()) > limit else name


def split_name(name: str) -> tuple[str, str]:
    """Stem and ending; the ending has its dot, and .tar.gz counts as one."""
    for double in _DOUBLE:
        if name.lower().endswith(double) and len(name) > len(double):
            return name[: -len(double)], name[-len(double) :]
    stem, dot, word = name.rpartition(".")
    if not stem.strip(".") or not word or " " in word or "/" in word or word.isdigit():
        return name, ""
    return stem, dot + word


def numbered(name: str, number: int) -> str:
    """The name with " (2)" before its ending, still at most 255 bytes long."""
    stem, ending = split_name(name)
    mark = f" ({number}){ending}"
    return shorten(stem, MAX_BYTES - len(mark.encode())) + mark
