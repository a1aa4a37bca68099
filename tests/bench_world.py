"""A large invented home to measure the index with: small real files and mails, the same ones every time.

Written as fast as the disk takes it: one open, one write, no fsync. Nothing here is measured.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import accumulate
from pathlib import Path

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PER_FOLDER = 200
_WORDS = (
    "lease invoice offer contract report plan budget receipt letter summary draft minutes boiler garden school choir "
    "holiday insurance tax bike kitchen recipe travel ticket hotel statement survey review proposal agenda notes slides "
    "photo scan passport permit warranty manual list order delivery appointment reminder newsletter concert party lake"
).split()
_PLACES = (
    "Rome Berlin Oslo Porto Lyon Turin Ghent Malmo Leeds Cork Basel Graz Brno Riga Split Bergen Nantes Vigo".split()
)
_SYLLABLES = "ba del fi gor hul jem ka lin mo nur pes qua rit sol tu vaz wen xi yor zet".split()
_VOCABULARY = [f"{a}{b}{c}" for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES]
_SHARES = list(accumulate(1 / rank for rank in range(1, len(_VOCABULARY) + 1)))
"""As often as words come in a language: the n-th most frequent one n times as rarely as the first (Zipf 1935)."""
_ENDINGS = ("pdf", "txt", "md", "jpg", "xlsx", "docx")
_GIVEN = "Olga Viktor Anna Tom Jonas Max Petra Ines Ada Ben Cleo Dora Emil Finn Greta Hugo Ida Jan Kira Lars".split()
_FAMILY = "Brandt Okafor Weber Keller Novak Moreau Lindqvist Amato Sato Silva Diaz Khan Berg Rossi Vogel Popov".split()


def _written(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    os.write(handle, data)
    os.close(handle)


def files(folder: Path, count: int) -> None:
    """So many files under a folder, some with text in them."""
    draw = random.Random(1)
    for number in range(count):
        if number % PER_FOLDER == 0:
            where = folder / draw.choice(_WORDS).title() / f"{draw.choice(_PLACES)} {number // PER_FOLDER}"
            where.mkdir(parents=True)
        name = f"{' '.join(draw.choices(_WORDS, k=2))} {draw.choice(_PLACES)} {number}.{draw.choice(_ENDINGS)}"
        text = _prose(draw, 40) if name.endswith((".txt", ".md")) else "not much"
        _written(f"{where}/{name}", text.encode())


def mails(maildir: Path, count: int) -> None:
    """So many mails in a Maildir, nine in ten in the archive."""
    for folder in (maildir, maildir / ".Archive"):
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True)
    draw = random.Random(2)
    for number in range(count):
        when = NOW - timedelta(minutes=5 * number)
        where = maildir if number < count // 10 else maildir / ".Archive"
        name = f"{int(when.timestamp())}.M{number}P1.home:2,{'' if number % 20 == 0 else 'S'}"
        _written(f"{where}/cur/{name}", _mail(draw, number, when))


def _prose(draw: random.Random, count: int) -> str:
    return " ".join((*draw.choices(_VOCABULARY, cum_weights=_SHARES, k=count), *draw.choices(_WORDS, k=2)))


def _mail(draw: random.Random, number: int, when: datetime) -> bytes:
    given, family = draw.choice(_GIVEN), draw.choice(_FAMILY)
    lines = (
        f"From: {given} {family} <{given.lower()}.{family.lower()}@example.org>",
        "To: Robin Keller <robin@keller.example>",
        f"Subject: {' '.join(draw.choices(_WORDS, k=2)).capitalize()} {draw.choice(_PLACES)}",
        f"Date: {format_datetime(when)}",
        f"Message-ID: <{number}@bench.example>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "",
        _prose(draw, 80),
        "",
    )
    return "\r\n".join(lines).encode()


def questions(area: str, count: int) -> Iterator[tuple[str, str | None]]:
    """(words, sender or None) to look for, some of which are nowhere."""
    draw = random.Random(3)
    for number in range(count):
        words = f"{draw.choice(_WORDS)} {draw.choice(_PLACES) if number % 3 else draw.choice(_WORDS)}"
        if number % 10 == 9:
            words = f"{words} zeppelin"
        sender = f"{draw.choice(_GIVEN)} {draw.choice(_FAMILY)}" if area == "mail" and number % 2 else None
        yield words, sender
