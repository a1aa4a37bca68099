"""The index over a large home: building it, looking again when nothing has changed, and searching.

Beside it, in the same run: opening and reading every file, walking the folders as `find -newer` does, and looking for
the words with LIKE in a plain SQLite table of titles and texts.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC
from functools import partial
from pathlib import Path

from bench_world import NOW, files, mails, questions

from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.search.index import Index
from nearhand.agent.search.query import Query
from nearhand.connectors.base import Connector, Person
from nearhand.connectors.files.connector import FilesConnector
from nearhand.connectors.mail.connector import MailConnector
from nearhand.models.bench import Figure, spread

Tell = Callable[[str], None]
_QUERIES, _PEER_QUERIES = 200, 20
_SHOWN = 20
"""How many of the found items are read, as for a screen."""


def measure(folder: Path, scale: int, tell: Tell) -> list[Figure]:
    """Every figure of the index at so many files and so many mails."""
    home, maildir = folder / "home", folder / "mail"
    tell(f"writing {scale:,} files and {scale:,} mails")
    files(home, scale)
    mails(maildir, scale)
    me = Person("Robin Keller", "robin@keller.example")
    made: list[Connector] = [FilesConnector([home], folder / "trash"), MailConnector(maildir, me, UTC)]
    with Index(folder / "index.db", made) as index:
        figures: list[Figure] = []
        for area, root in (("files", home), ("mail", maildir)):
            tell(f"building and refreshing the index of {area}")
            figures += _built(index, area, root, scale)
        figures.append(Figure("size of the index", (folder / "index.db").stat().st_size / 2**20, "MiB"))
        peer = _plain_table(folder / "index.db", folder / "peer.db")
        for area in ("files", "mail"):
            tell(f"searching {area}")
            figures += _searched(index, peer, area)
        peer.close()
    return figures


def _built(index: Index, area: str, root: Path, scale: int) -> list[Figure]:
    reading, build = _taken(lambda: _read(root)), _taken(lambda: index.refresh([area]))
    walking, again = _taken(lambda: _walk(root)), _taken(lambda: index.refresh([area]))
    touched = _taken(lambda: _refreshed_after_changes(index, area, root))
    return [
        Figure(f"{area}: first build", scale / build, "items/s", scale / reading, "open and read every file"),
        Figure(f"{area}: refresh, nothing changed", 1000 * again, "ms", 1000 * walking, "walk and stat every file"),
        Figure(f"{area}: refresh, 10 new", 1000 * touched, "ms"),
    ]


def _refreshed_after_changes(index: Index, area: str, root: Path) -> None:
    where = root / "cur" if area == "mail" else root
    for number in range(10):
        (where / f"{1763000000 + number}.new{number}.home").write_bytes(b"Subject: new\r\n\r\nnew\r\n")
    index.refresh([area])


def _searched(index: Index, peer: sqlite3.Connection, area: str) -> list[Figure]:
    asked = list(questions(area, _QUERIES))
    seconds = [_taken(partial(_find, index, area, words, sender)) for words, sender in asked]
    limits = [_taken(partial(_like, peer, area, words)) for words, _ in asked[:_PEER_QUERIES]]
    return spread(f"{area}: search", seconds, limits, "LIKE over a plain table")


def _find(index: Index, area: str, words: str, sender: str | None) -> None:
    people = (("from", sender),) if sender else ()
    index.find(Query(area=area, words=(words.split()[0] if sender else words,), people=people), Clock(NOW), _SHOWN)


def _plain_table(index: Path, path: Path) -> sqlite3.Connection:
    """What the index holds as one plain table, which is what LIKE is given to search."""
    base = sqlite3.connect(path)
    base.execute("ATTACH ? AS built", (str(index),))
    base.execute(
        "CREATE TABLE plain AS SELECT item.area AS area, words.title || ' ' || words.text AS text"
        " FROM built.item JOIN built.words ON words.rowid = item.id"
    )
    base.commit()
    return base


def _like(peer: sqlite3.Connection, area: str, words: str) -> None:
    each = words.split()
    holds = " AND ".join("text LIKE ?" for _ in each)
    peer.execute(f"SELECT rowid FROM plain WHERE area = ? AND {holds}", (area, *(f"%{w}%" for w in each))).fetchall()


def _walk(root: Path) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            os.lstat(f"{folder}/{name}")


def _read(root: Path) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            with open(f"{folder}/{name}", "rb") as file:
                file.read()


def _taken(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
