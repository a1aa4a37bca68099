"""Cuts a request into pieces: the units that are tokenized, and the places where a quote may begin or end.

A piece is a word with the space before it, a possessive ending, one digit, or one other character. A quote is a run
of whole pieces; it never begins or ends between two digits.
"""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"""\s?(?:
        ['’][sS](?![^\W\d_])                      # a possessive ending, so that "Olga's" gives Olga
      | [^\W\d_]+(?:['’](?![sS](?![^\W\d_]))[^\W\d_]+)*  # a word, with apostrophes inside ("don't", "o'clock")
      | \d                                        # one digit
      | \S                                        # any other single character
    )""",
    re.VERBOSE,
)
MAX_PIECES = 400
"""A longer request is cut here; nobody types one, and the model never saw one."""


def normalize(text: str) -> str:
    """Collapse every run of white space and control characters to one space, and trim."""
    kept = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return " ".join(kept.split())


def pieces(text: str) -> list[str]:
    """Cut a normalized text into pieces whose concatenation, less the first space, is the text."""
    found = _PIECE.findall(" " + normalize(text))
    return found[:MAX_PIECES]


def may_cut(left: str, right: str) -> bool:
    """Whether a quote may end after `left` and another begin at `right`."""
    return not (left[-1:].isdigit() and right[:1].isdigit())


def spans(request: str, quote: str) -> list[tuple[int, int]]:
    """Every (first, end) run of pieces of `request` that reads exactly `quote`, between legal cuts."""
    return find_run(pieces(request), pieces(quote))


def find_run(whole: list[str], part: list[str]) -> list[tuple[int, int]]:
    """Every place where the pieces `part` stand in `whole`, the space before the first one aside."""
    if not part:
        return []
    head, tail, n = part[0].lstrip(), part[1:], len(part)
    return [
        (i, i + n)
        for i in range(len(whole) - n + 1)
        if whole[i].lstrip() == head
        and whole[i + 1 : i + n] == tail
        and (i == 0 or may_cut(whole[i - 1], whole[i]))
        and (i + n == len(whole) or may_cut(whole[i + n - 1], whole[i + n]))
    ]
