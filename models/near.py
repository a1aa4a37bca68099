"""Finds texts that nearly repeat a request of a frozen suite, so that none of them is trained on.

Likeness is the Jaccard index of the three-letter runs of the normalized texts; above a half is a near-duplicate. A
request of one or two words, which everybody says alike, counts only if it is the very same. A second turn is compared
together with its first. `python -m nearhand.models.near` prints how many rows that costs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from nearhand.models import utterances, written
from nearhand.models.words import normalize
from nearhand.models.written import Row

SUITE = Path(__file__).parent / "suite"
SECOND = SUITE / "second"
"""Another one, by a writer who saw neither the corpus nor the first."""
LIMIT = 0.5
SHORT = 2
"""Up to so many words, only the same text is a duplicate."""
_MARKS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """Small letters and digits, with single spaces between the words."""
    return _MARKS.sub(" ", normalize(text).lower()).strip()


def grams(text: str) -> frozenset[str]:
    """The three-letter runs of a plain text, word edges included."""
    padded = f" {text} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


class Near:
    """An index of texts, to find the one that another nearly repeats: a row for each run, a column for each text."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = sorted({plain(text) for text in texts})
        self._known = frozenset(self._texts)
        runs = [frozenset[str]() if _short(text) else grams(text) for text in self._texts]
        self._sizes = np.array([len(each) for each in runs], dtype=np.int32)
        self._row = {run: i for i, run in enumerate(sorted(frozenset().union(*runs)))}
        self._table = np.zeros((len(self._row), len(runs)), dtype=np.uint8)
        for column, each in enumerate(runs):
            self._table[[self._row[run] for run in each], column] = 1

    def twin(self, text: str) -> str | None:
        """The text that this one repeats, or else the one it most nearly repeats; None if there is none."""
        mine = plain(text)
        if mine in self._known:
            return mine
        runs = frozenset() if _short(mine) else grams(mine)
        rows = [self._row[run] for run in runs if run in self._row]
        if not rows:
            return None
        shared = self._table[rows].sum(axis=0, dtype=np.int32)
        alike = shared / (self._sizes + len(runs) - shared)
        best = int(alike.argmax())
        return self._texts[best] if alike[best] > LIMIT else None


def _short(text: str) -> bool:
    return text.count(" ") < SHORT


def said(row: Row) -> str:
    """What a row is compared by: its request, behind that of the turn before."""
    return f"{row.before.request} {row.turn.request}" if row.before else row.turn.request


@cache
def suite() -> Near:
    """The index of both frozen suites."""
    return Near(said(row) for folder in (SUITE, SECOND) for row in written.rows(folder))


def apart(rows: Iterable[Row]) -> list[Row]:
    """The rows that do not nearly repeat a request of a suite."""
    index = suite()
    return [row for row in rows if index.twin(said(row)) is None]


def _report(name: str, rows: Sequence[Row], show: bool) -> None:
    index = suite()
    twins = [(row, twin) for row in rows if (twin := index.twin(said(row)))]
    print(f"{name}: {len(twins)} of {len(rows)} rows nearly repeat a request of a suite")
    for row, twin in twins if show else ():
        print(f"  {row.source}: {said(row)}  ~  {twin}")


def main(arguments: Sequence[str]) -> int:
    """Print how many rows are too near to the suite, and with --show which."""
    show = "--show" in arguments
    _report("written", written.rows(), show)
    _report("labelled", utterances.labelled(), show)
    _report("out of scope", utterances.rows(), show)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
