"""Words of time, and the cutting of a text into tokens. What the tokens mean together is the grammar's business."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

from rapidfuzz.distance import OSA

from nearhand.agent.resolve.when.numbers import NUMBER_WORDS, numerals
from nearhand.agent.resolve.when.spelling import SPELLINGS, prepared


class Token(NamedTuple):
    """One word, number or sign. Kind: w word, n number, o ordinal, t 5:30, f 7.30, d 3/4, - range, end."""

    kind: str
    text: str
    value: int = -1
    spelled: bool = False


T = TypeVar("T")
END = Token("end", "")
LONGEST = 40
"""Tokens; nobody says a time in more."""


def _table(*rows: str) -> dict[str, int]:
    return {word: number for number, row in enumerate(rows) for word in row.split()}


PLURAL_DAYS = _table("mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays")
WEEKDAYS = _table(
    "monday mon", "tuesday tue tues", "wednesday wed weds", "thursday thu thur thurs",
    "friday fri", "saturday sat", "sunday sun",
)  # fmt: skip
MONTHS = {
    word: number + 1
    for word, number in _table(
        "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
        "september sep sept", "october oct", "november nov", "december dec",
    ).items()
}  # fmt: skip
UNITS = {
    word: unit
    for unit, words in {
        "second": "second seconds sec secs", "minute": "minute minutes min mins m", "hour": "hour hours hr hrs h",
        "day": "day days d", "week": "week weeks wk wks w", "fortnight": "fortnight fortnights",
        "month": "month months mth mths", "quarter": "quarter quarters", "year": "year years yr yrs y",
        "weekend": "weekend weekends",
    }.items()
    for word in words.split()
}  # fmt: skip
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""Meteorological: the month each begins with; it lasts three."""

_CERTAIN = tuple(
    word for word in (*WEEKDAYS, *MONTHS, "tomorrow", "yesterday", "tonight", "weekend", "morning", "afternoon",
                      "evening", "fortnight", "midnight", "christmas", "thanksgiving", "halloween") if len(word) > 5
)  # fmt: skip
_KNOWN = frozenset((*_CERTAIN, *SPELLINGS, *WEEKDAYS, *MONTHS, *UNITS, *SEASONS, *NUMBER_WORDS, "evenings",
                    "mornings"))  # fmt: skip
_FILLERS = "the please pls plz sometime thanks um uh er erm exactly sharp promptly precisely maybe probably"
_IDLE = frozenset(_FILLERS.split())
_EDGE_WORDS = frozenset((*WEEKDAYS, *MONTHS, "am", "pm", "noon", "midnight", "today", "tomorrow", "now"))

_TOKEN = re.compile(
    r"""(?P<d>\d{4}([-/.])\d\d?\2\d\d?(?!\d) | \d\d?([-/.])\d\d?\3(?:\d{4}|\d\d)(?!\d)
           | \d\d?/\d\d?(?![\d/]) | \d\d?\.\d\d?\.(?!\d))
      | (?P<t>\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?!\d))
      | (?P<f>\d+\.\d+)
      | (?P<o>\d+(?=(?:st|nd|rd|th)\b))(?:st|nd|rd|th)
      | (?P<n>\d+)
      | (?P<w>[^\W\d_]+)
      | (?P<dash>[-\u2010-\u2015])
      | (?P<idle>[\s,.;!?()"\u201c\u201d])
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS = {"&": "and", "@": "at", "~": "around", "+": "plus", "\u2212": "minus"}


def tokens(text: str) -> tuple[Token, ...]:
    """Cut a text into tokens, spelled numbers made digits, idle words dropped, sure misspellings mended."""
    found = list(_raw(prepared(text)))
    return tuple(t for t in numerals(list(_dashes(found))) if t.text not in _IDLE)


def _raw(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        found = match[0]
        if kind in ("n", "o"):
            yield Token(kind, match[kind] + ("th" if kind == "o" else ""), int(match[kind][:9]))
        elif kind == "w":
            yield Token("w", _mended(found))
        elif kind == "sign":
            yield Token("w", _SIGNS.get(found, found))
        elif kind != "idle":
            yield Token("-" if kind == "dash" else kind, found)


def _mended(word: str) -> str:
    if word in SPELLINGS:
        return SPELLINGS[word]
    if len(word) < 6 or word in _KNOWN:
        return word
    near = sorted((slips, known) for known in _CERTAIN if (slips := _slips(word, known)) <= 2)
    alone = len(near) == 1 or (len(near) > 1 and near[0][0] < near[1][0])
    return near[0][1] if alone else word


def _slips(word: str, known: str) -> int:
    """By how many slips of the finger the word differs, 3 where it is another word."""
    if word[0] != known[0] or word.startswith(known):  # "augusta" and "mondays" are other words
        return 3
    allowed = 2 if len(known) >= 8 else 1
    slips = OSA.distance(word, known, score_cutoff=allowed)
    return slips if slips <= allowed else 3


def _dashes(found: list[Token]) -> Iterator[Token]:
    """Keep a dash that means "to" or a minus sign in front, drop the one inside a word and the T of ISO times."""
    for i, token in enumerate(found):
        before = found[i - 1] if i else END
        after = found[i + 1] if i + 1 < len(found) else END
        if token.kind == "-":
            if i == 0:
                yield Token("w", "minus")
            elif _ends(before) and _ends(after) and after is not END:
                yield Token("-", "to")
            elif before.text in ("gmt", "utc"):
                yield Token("w", "minus")
        elif not (token.text == "t" and before.kind == "d" and after.kind == "t"):
            yield token


def _ends(token: Token) -> bool:
    return token.kind in ("n", "o", "t", "f", "d") or token.text in _EDGE_WORDS


class Text:
    """Tokens with a soft end: every position may be asked for."""

    __slots__ = ("length", "tokens")

    def __init__(self, found: tuple[Token, ...]) -> None:
        self.tokens = found
        self.length = len(found)

    def __getitem__(self, i: int) -> Token:
        return self.tokens[i] if 0 <= i < self.length else END

    def word(self, i: int) -> str:
        """The text at a position, or "" at the end."""
        return self[i].text

    def number(self, i: int, low: int, high: int) -> int | None:
        """The number at a position if it lies within the bounds."""
        token = self[i]
        return token.value if token.kind == "n" and low <= token.value <= high else None

    def phrase(self, i: int, phrase: str) -> int | None:
        """The position after a phrase, if it stands here."""
        words = phrase.split()
        fits = all(self.word(i + k) == word for k, word in enumerate(words))
        return i + len(words) if fits else None


class Phrases(Generic[T]):
    """A table of phrases; the longest one that fits wins."""

    def __init__(self, table: dict[str, T]) -> None:
        self._by_first: dict[str, list[tuple[str, T]]] = {}
        for phrase, value in sorted(table.items(), key=lambda row: -len(row[0].split())):
            self._by_first.setdefault(phrase.split()[0], []).append((phrase, value))

    def match(self, text: Text, i: int) -> Iterator[tuple[T, int]]:
        """Yield the value and the position after each phrase that stands here, longest first."""
        for phrase, value in self._by_first.get(text.word(i), ()):
            after = text.phrase(i, phrase)
            if after is not None:
                yield value, after
