"""The tables of the index: what is in them, and how one item goes in and out.

    item        one row for each item: a card (see `card.py`) and the columns that searches narrow by
    words       full text over title, place, people and text; its rowid is the item's id
    place       each folder, mailbox, calendar or list once, with the key it is compared by
    person      each (name, address) once;  part: who takes part in what, in which role
    seen        the last scan: ref and version of everything, small enough to be read whole
Deliberately not here: when to refresh, and what to look for.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

from nearhand.agent.showing import card
from nearhand.agent.texts import folding
from nearhand.connectors.base import Item
from nearhand.connectors.catalogue import KINDS, STATES

TAGS = {tag: 1 << place for place, tag in enumerate(dict.fromkeys((*KINDS, *STATES)))}
"""The bit of each word of the catalogue that an item can be tagged with."""
FORMAT = f"2 {' '.join(TAGS)}"
"""Changes whenever an index of before cannot be used any more; it is then built anew."""
_ENDLESS = 1e12
_DAY = 86400
_TABLES = """
CREATE TABLE meta (format TEXT NOT NULL);
CREATE TABLE place (id INTEGER PRIMARY KEY, area TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
    UNIQUE (area, name));
CREATE TABLE item (id INTEGER PRIMARY KEY, area TEXT NOT NULL, ref TEXT NOT NULL, kind TEXT NOT NULL,
    place INTEGER NOT NULL, at REAL, until REAL, size INTEGER NOT NULL, tags INTEGER NOT NULL,
    title TEXT NOT NULL, stem TEXT NOT NULL, card TEXT NOT NULL);
CREATE UNIQUE INDEX item_ref ON item (area, ref);
CREATE INDEX item_at ON item (area, at);
CREATE INDEX item_kind ON item (area, kind, at);
CREATE INDEX item_size ON item (area, size);
CREATE INDEX item_place ON item (place);
CREATE INDEX item_title ON item (title);
CREATE INDEX item_stem ON item (stem);
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, key TEXT NOT NULL,
    UNIQUE (name, address));
CREATE TABLE part (item INTEGER NOT NULL, person INTEGER NOT NULL, role TEXT NOT NULL,
    PRIMARY KEY (person, item, role)) WITHOUT ROWID;
CREATE INDEX part_item ON part (item);
CREATE TABLE seen (area TEXT NOT NULL, ref TEXT NOT NULL, version TEXT NOT NULL, problem TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (area, ref)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (title, place, people, text, tokenize = 'unicode61 remove_diacritics 2');
"""
_CAMEL = re.compile(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])")


def create(base: sqlite3.Connection, settings: str) -> None:
    """Make the tables in an empty file. What items look like may depend on `settings` (the roots, the zone)."""
    with base:
        base.executescript("BEGIN;" + _TABLES)
        base.execute("INSERT INTO meta VALUES (?)", (f"{FORMAT}\n{settings}",))


def usable(base: sqlite3.Connection, settings: str) -> bool:
    """Whether the file holds the tables that this program writes, made with the same settings."""
    if base.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is None:
        return False
    return bool(base.execute("SELECT format FROM meta").fetchone() == (f"{FORMAT}\n{settings}",))


class Store:
    """Writes items into the tables; the caller commits."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self.base = base
        self._places: dict[tuple[str, str], int] = {}
        self._people: dict[tuple[str, str], int] = {}

    def seen(self, area: str) -> dict[str, str]:
        """The version of every ref at the last refresh."""
        return dict(self.base.execute("SELECT ref, version FROM seen WHERE area = ?", (area,)))

    def put(self, area: str, item: Item, version: str) -> None:
        """Take one item in, in place of its older self; `version` is the one that the scan gave."""
        self.drop(area, [item.ref])
        self.base.execute("INSERT INTO seen VALUES (?, ?, ?, '')", (area, item.ref, version))
        title, stem = title_keys(item)
        mask = sum(TAGS.get(tag, 0) for tag in item.tags)
        row = (area, item.ref, item.kind, self._place(area, item), *_times(item), item.size, mask, title, stem)
        number = self.base.execute(
            "INSERT INTO item (area, ref, kind, place, at, until, size, tags, title, stem, card)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, _storable(card.written(item))),
        ).lastrowid
        assert number is not None
        self.base.execute(
            "INSERT INTO words (rowid, title, place, people, text) VALUES (?, ?, ?, ?, ?)",
            (number, _split(item.title), folding.key(item.place), _names(item), _storable(item.text)),
        )
        parts = {(self._person(who.name, who.address), role) for role, who in item.people}
        self.base.executemany("INSERT INTO part (item, person, role) VALUES (?, ?, ?)", [(number, *p) for p in parts])

    def put_problem(self, area: str, ref: str, version: str, problem: str) -> None:
        """Remember that this version of an item cannot be read, so that it is not tried again and again."""
        self.drop(area, [ref])
        self.base.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (area, ref, version, problem))

    def drop(self, area: str, refs: Iterable[str]) -> None:
        """Forget items."""
        for ref in refs:
            self.base.execute("DELETE FROM seen WHERE area = ? AND ref = ?", (area, ref))
            found = self.base.execute("SELECT id FROM item WHERE area = ? AND ref = ?", (area, ref)).fetchone()
            if found is not None:
                self.base.execute("DELETE FROM words WHERE rowid = ?", found)
                self.base.execute("DELETE FROM part WHERE item = ?", found)
                self.base.execute("DELETE FROM item WHERE id = ?", found)

    def _place(self, area: str, item: Item) -> int:
        name = item.ref.rpartition("/")[0] if area == "files" else item.place
        if (area, name) not in self._places:
            row = (area, _storable(name), path_key(name))
            self.base.execute("INSERT OR IGNORE INTO place (area, name, key) VALUES (?, ?, ?)", row)
            query = "SELECT id FROM place WHERE area = ? AND name = ?"
            self._places[area, name] = self.base.execute(query, row[:2]).fetchone()[0]
        return self._places[area, name]

    def _person(self, name: str, address: str) -> int:
        pair = (_storable(name), _storable(address))
        if pair not in self._people:
            text = folding.key(f"{name} {address}")
            row = (*pair, f" {text} ")
            self.base.execute("INSERT OR IGNORE INTO person (name, address, key) VALUES (?, ?, ?)", row)
            query = "SELECT id FROM person WHERE name = ? AND address = ?"
            self._people[pair] = self.base.execute(query, pair).fetchone()[0]
        return self._people[pair]


def title_keys(item: Item) -> tuple[str, str]:
    """What exact names are compared by: the whole title, and without the ending of a file name."""
    whole = folding.key(item.title)
    ending = folding.key(item.title.rpartition(".")[2]) if "." in item.title and item.kind == "file" else ""
    return whole, whole.removesuffix(f" {ending}") if ending else whole


def path_key(path: str) -> str:
    """A path as it is compared: "/documents/tax returns/" for "Documents/Tax_Returns"."""
    keys = [folding.key(part) for part in path.split("/")]
    return "/" + "".join(part + "/" for part in keys if part)


def _times(item: Item) -> tuple[float | None, float | None]:
    if item.when is None:
        return None, None
    start = item.when.timestamp()
    if "recurring" in item.tags:
        return start, _ENDLESS
    return start, item.end.timestamp() if item.end else start + (_DAY if item.all_day else 0)


def _split(title: str) -> str:
    """The folded words of a title; those of "FloorPlan" are there both joined and apart."""
    apart = _CAMEL.sub(" ", title)
    return folding.key(title) if apart == title else f"{folding.key(title)} {folding.key(apart)}"


def _names(item: Item) -> str:
    return folding.key(" ".join(f"{who.name} {who.address}" for _, who in item.people))


def _storable(text: str) -> str:
    """SQLite takes no lone surrogates; the card and the text stay readable without them."""
    return text.encode("utf-8", "replace").decode("utf-8")
