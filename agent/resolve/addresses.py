"""Addresses that a person typed or dictated: "olga@example.org", "olga at example dot org"."""

from __future__ import annotations

import re

from nearhand.connectors.base import Person

_LOCAL, _HOST = r"[\w.!#$%&'*+/=?^`{|}~-]+", r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+"
_ADDRESS = re.compile(rf"{_LOCAL}@{_HOST}")
_NAMED = re.compile(rf"(?P<name>[^<>@]*?)\s*<\s*(?:mailto:)?(?P<address>{_LOCAL}@{_HOST})\s*>")
_BESIDE = re.compile(rf"[^<>@]*?(?:\s(?:at|on|via|under)\s+|,\s*|\s\(\s*)(?P<address>{_LOCAL}@{_HOST})\s*\)?")
"""Who it is, said beside the address: "her boss at support@fibra.example"."""
_SPOKEN = (
    ("dot", "."),
    ("point", "."),
    ("period", "."),
    ("underscore", "_"),
    ("dash", "-"),
    ("hyphen", "-"),
    ("at", "@"),
)
_MOST = 254


def typed(text: str) -> Person | None:
    """The person with the address that the text is, or None if it is none; nothing is completed or corrected."""
    plain = " ".join(text.split()).strip(" .,;:!?\"'")
    if len(plain) > _MOST:
        return None
    named = _NAMED.fullmatch(text.strip())
    if named:
        return Person(named["name"].strip(' "'), named["address"])
    beside = _BESIDE.fullmatch(plain)
    if beside:
        return Person("", beside["address"])
    plain = plain.removeprefix("mailto:").removeprefix("<").removesuffix(">")
    if _ADDRESS.fullmatch(plain):
        return Person("", plain)
    spoken = _written(plain)
    return Person("", spoken) if spoken != plain and _ADDRESS.fullmatch(spoken) else None


def _written(text: str) -> str:
    for word, sign in _SPOKEN:
        text = re.sub(rf"\s*\(?\s*\b{word}\b\s*\)?\s*" if word == "at" else rf"\s+{word}\s+", sign, text, flags=re.I)
    return text
