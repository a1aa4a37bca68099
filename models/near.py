"""Finds texts that nearly repeat a request of the frozen suite, so that none of them is trained on.

Likeness is the Jaccard index of the three-letter runs of the normalized texts; above a half is a near-duplicate. A
request of one or two words, which everybody says alike, counts only if it is the very same. A second turn is compared
together with its first. `python -m nearhand.models.near` prints how many rows that costs.
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from nearhand.models import utterances, written
from nearhand.models.words import normalize
from nearhand.models.written import Row

SUITE = Path(__file__).parent / "suite"
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


def likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """The Jaccard index of two sets: what they share, of all they hold."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if shared else 0.0


class Near:
    """An inverted index of texts, to find the one that another text nearly repeats."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = sorted({plain(text) for text in texts})
        self._known = frozenset(self._texts)
        self._grams = [grams(text) for text in self._texts]
        self._long = [not _short(text) for text in self._texts]
        self._postings: dict[str, list[int]] = {}
        for i, runs in enumerate(self._grams):
            for run in runs if self._long[i] else ():
                self._postings.setdefault(run, []).append(i)
        self._count = Counter({run: len(where) for run, where in self._postings.items()})

    def twin(self, text: str) -> str | None:
        """The text that this one repeats, or nearly repeats; None if there is none."""
        mine = plain(text)
        if mine in self._known:
            return mine
        if _short(mine):
            return None
        runs = grams(mine)
        best = max(self._candidates(runs), key=lambda i: (likeness(runs, self._grams[i]), -i), default=None)
        return self._texts[best] if best is not None and likeness(runs, self._grams[best]) > LIMIT else None

    def _candidates(self, runs: frozenset[str]) -> set[int]:
        """Texts that share one of the rarer runs. Whatever shares more than half of all must share one of those."""
        rarest = sorted(runs, key=lambda run: (self._count[run], run))
        enough = len(runs) - math.floor(len(runs) * LIMIT)
        return {i for run in rarest[:enough] for i in self._postings.get(run, ())}


def _short(text: str) -> bool:
    return text.count(" ") < SHORT


def said(row: Row) -> str:
    """What a row is compared by: its request, behind that of the turn before."""
    return f"{row.before.request} {row.turn.request}" if row.before else row.turn.request


@cache
def suite() -> Near:
    """The index of the frozen suite."""
    return Near(said(row) for row in written.rows(SUITE))


def apart(rows: Iterable[Row]) -> list[Row]:
    """The rows that do not nearly repeat a request of the suite."""
    index = suite()
    return [row for row in rows if index.twin(said(row)) is None]


def _report(name: str, rows: Sequence[Row], show: bool) -> None:
    index = suite()
    twins = [(row, twin) for row in rows if (twin := index.twin(said(row)))]
    print(f"{name}: {len(twins)} of {len(rows)} rows nearly repeat a request of the suite")
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
