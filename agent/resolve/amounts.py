"""How large and how many: "over 100 MB", "under a gig", "both", "a dozen".

Deliberately not here: lengths of time (`when/lengths.py`).
"""

from __future__ import annotations

import re

_UNITS = {
    "b": 1, "byte": 1, "k": 10**3, "kb": 10**3, "kilobyte": 10**3, "kib": 2**10, "kibibyte": 2**10,
    "m": 10**6, "mb": 10**6, "meg": 10**6, "megabyte": 10**6, "mib": 2**20, "mebibyte": 2**20,
    "g": 10**9, "gb": 10**9, "gig": 10**9, "gigabyte": 10**9, "gib": 2**30, "gibibyte": 2**30,
    "t": 10**12, "tb": 10**12, "terabyte": 10**12, "tib": 2**40, "tebibyte": 2**40,
}  # fmt: skip
"""Bytes; file managers count in thousands, so MB does too."""
_ATLEAST = ("at least", "no less than", "not less than", "no smaller than", "from")
_ATMOST = ("at most", "up to", "no more than", "not more than", "no bigger than", "no larger than", "maximum", "max")
_OVER = ("over", "above", "more than", "bigger than", "larger than", "greater than", "heavier than", "beyond", ">")
_UNDER = ("under", "below", "less than", "smaller than", "lighter than", "fewer than", "<")
_ABOUT = ("about", "around", "roughly", "some", "approximately", "circa", "ca")
_WORDS = {"huge": (100 * 10**6 + 1, None), "big": (10 * 10**6 + 1, None), "large": (10 * 10**6 + 1, None),
          "gigantic": (10**9 + 1, None), "tiny": (None, 10_000), "small": (None, 100_000),
          "empty": (None, 0)}  # fmt: skip
_COUNTS = {
    "one": 1, "a": 1, "an": 1, "single": 1, "two": 2, "both": 2, "couple": 2, "pair": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12,
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_MULTIPLES = {"dozen": 12, "hundred": 100, "thousand": 1000}
_AMOUNT = re.compile(r"(?P<number>\d[\d.,]*|[a-z ]+?)\s*(?P<unit>[a-z]+)")

Range = tuple[int | None, int | None]
"""Bytes, at least and at most; None is open."""


def size(text: str) -> Range | None:
    """The range of bytes that words mean; None if they mean none."""
    said = _tidy(text)
    if said in _WORDS:
        return _WORDS[said]
    between = re.fullmatch(r"(?:between|from) (.+?) (?:and|to) (.+)", said)
    if between:
        return _between(between[1], between[2])
    for words, bound in ((_ATLEAST, _least), (_ATMOST, _most), (_OVER, _over), (_UNDER, _under), (_ABOUT, _near)):
        for word in sorted(words, key=len, reverse=True):
            if said.startswith(word):
                amount = _bytes(said[len(word) :].strip())
                return None if amount is None else bound(amount)
    for tail, bound in (("or more", _least), ("plus", _least), ("+", _least), ("or less", _most), ("at most", _most)):
        amount = _bytes(said.removesuffix(tail).strip()) if said.endswith(tail) else None
        if amount is not None:
            return bound(amount)
    amount = _bytes(said)
    return None if amount is None else _near(amount)


def count(text: str) -> int | None:
    """The number of things that words mean; None if they mean none."""
    said = _tidy(text).removeprefix("the ").removeprefix("all ").removesuffix(" of them")
    if said.isdecimal():
        return int(said) if len(said) < 7 else None
    total = 0
    words = [word for word in re.split(r"[\s-]+", said) if word not in ("of", "and")]
    if not words or len(words) > 6:
        return None
    for position, word in enumerate(words):
        if word in _MULTIPLES and (total or word != "dozen"):
            total = max(total, 1) * _MULTIPLES[word]
        elif word in _COUNTS:
            value = _COUNTS[word]
            total = value if word in ("couple", "pair") and position else total + value
        else:
            return None
    return total


def _tidy(text: str) -> str:
    return " ".join(text.casefold().replace("\u00a0", " ").split()).strip(" .,!?")


def _bytes(text: str) -> int | None:
    match = _AMOUNT.fullmatch(text.removeprefix("about ").removeprefix("than "))
    if not match:
        return None
    unit = _UNITS.get(match["unit"]) or _UNITS.get(match["unit"].removesuffix("s"))
    number = _number(match["number"].strip())
    return None if unit is None or number is None else round(number * unit)


def _number(text: str) -> float | None:
    if not text[:1].isdigit():
        return {"half a": 0.5, "half": 0.5, "a quarter of a": 0.25}.get(text) or count(text)
    plain = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", text).replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def _between(low: str, high: str) -> Range | None:
    most = _bytes(high)
    unit = re.search(r"[a-z]+$", high)
    least = _bytes(low) if _bytes(low) is not None or unit is None else _bytes(f"{low} {unit[0]}")
    return None if least is None or most is None or least > most else (least, most)


def _least(amount: int) -> Range:
    return amount, None


def _most(amount: int) -> Range:
    return None, amount


def _over(amount: int) -> Range:
    return amount + 1, None


def _under(amount: int) -> Range:
    return None, max(amount - 1, 0)


def _near(amount: int) -> Range:
    """A size said without a bound is rounded, so a tenth more or less is meant too."""
    return amount - amount // 10, amount + amount // 10
