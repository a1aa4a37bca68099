"""A text that others wrote, made safe to look through: bounded, without control characters, cut into sentences.

Every change keeps the length, so that positions are those of the text as it came. Deliberately not here: what is
looked for.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from nearhand.agent.texts.folding import fold, stem

MAX_TEXT = 200_000
"""Characters that are looked at; what comes after is left out."""
MAX_QUOTE = 200

_WRAPPED = re.compile(r"\n(?:(?<=[^\n]{45}[^\n.!?:;]\n)(?=[^\W\d_])|(?<=[^\n]{20},\n)(?=\w))(?=[^\n:]{0,400}(?:\n|$))")
_END = re.compile(r"[.!?…][\"'”\u2019)\]]?(?=\s+[^\sa-z])|\n+")
_SHORT = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Str|str|approx|incl|ca|vs|e\.g|i\.e|z\.B|a\.m|p\.m|Jan|Feb|Mar|Apr|Jun|Jul|Aug"
    r"|Sept?|Oct|Nov|Dec)|\b[A-Z]|(?<!\d)\d{1,2})\.$"
)  # fmt: skip
_NUMERAL = re.compile(r"\s{1,5}(?:\d{1,2}[.\s]|[A-Z][a-zä]+ (?:19|20)\d\d)")
"""What follows a day of the month in "26. 11." and "26. November 2026"."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")


def cleaned(text: str) -> str:
    """At most `MAX_TEXT` characters, each invisible one a space, lines that a mail program broke made whole."""
    kept = text[:MAX_TEXT]
    hidden = {ord(c): " " for c in set(kept) if c != "\n" and unicodedata.category(c) in _HIDDEN}
    return _WRAPPED.sub(" ", kept.translate(hidden))


_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


class Page:
    """A cleaned text with its sentences and its words."""

    def __init__(self, text: str) -> None:
        self.text = cleaned(text)
        self.sentences = _sentences(self.text)
        self._starts = [start for start, _ in self.sentences]
        self._words: dict[str, list[int]] | None = None

    def sentence(self, at: int) -> tuple[int, int]:
        """Where the sentence begins and ends that holds a position."""
        number = bisect_right(self._starts, at) - 1
        return self.sentences[number] if number >= 0 else (0, 0)

    def quote(self, at: int, end: int) -> str:
        """The sentence around a stretch, cut to `MAX_QUOTE` characters, on one line."""
        first, last = self.sentence(at)
        last = max(last, end)
        room = MAX_QUOTE - 2 - (end - at)
        start = max(first, at - max(room // 2, 0))
        stop = min(last, start + MAX_QUOTE - 2)
        cut = ("…" if start > first else "") + self.text[start:stop] + ("…" if stop < last else "")
        return " ".join(cut.split())[:MAX_QUOTE]

    def places(self, word: str) -> list[int]:
        """Where a word stands, in any of its forms, with or without accents."""
        if self._words is None:
            self._words = {}
            for match in _WORD.finditer(self.text):
                self._words.setdefault(root(match[0]), []).append(match.start())
        return self._words.get(root(word), [])


def _sentences(text: str) -> list[tuple[int, int]]:
    found, start = [], 0
    for match in _END.finditer(text):
        if _abbreviation(text, start, match.start()):
            continue
        end = match.start() if text[match.start()] == "\n" else match.end()
        found.append((start, end))
        start = match.end()
    found.append((start, len(text)))
    trimmed = ((s + len(text[s:e]) - len(text[s:e].lstrip()), e) for s, e in found)
    return [(s, e) for s, e in trimmed if s < e]


def _abbreviation(text: str, start: int, at: int) -> bool:
    short = text[at] == "." and _SHORT.search(text[max(start, at - 8) : at + 1])
    return bool(short) and (not text[at - 1].isdigit() or _NUMERAL.match(text, at + 1) is not None)


@lru_cache(maxsize=10_000)
def root(word: str) -> str:
    """What the forms of an English word share, folded: "expires" and "expired" have one root."""
    bare = stem(fold(re.sub(r"['\u2019]s?$", "", word)))
    for ending in ("ing", "ed", "e"):
        if bare.endswith(ending) and len(bare) - len(ending) >= 3:
            bare = bare.removesuffix(ending)
            return bare[:-1] if len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] not in "ls" else bare
    return bare


def roots(words: Sequence[str]) -> list[str]:
    """The roots of all words in some phrases."""
    return [root(each) for phrase in words for each in _WORD.findall(phrase)]
