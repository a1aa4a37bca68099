"""Numbers in words: "twenty first", "two thousand and twenty six". What is counted is not its concern."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nearhand.agent.resolve.when.words import Token


def _words(row: str) -> list[str]:
    return row.split()


_SMALL = {
    word: number
    for number, word in enumerate(
        _words(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
            "fifteen sixteen seventeen eighteen nineteen"
        )
    )
}
_TENS = {word: 10 * (i + 2) for i, word in enumerate(_words("twenty thirty forty fifty sixty seventy eighty ninety"))}
_TENS["fourty"] = 40
_ORDINALS = {
    word: number + 1
    for number, word in enumerate(
        _words(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        )
    )
} | {"thirtieth": 30, "twelveth": 12, "nineth": 9}
NUMBER_WORDS = frozenset((*_SMALL, *_TENS, *_ORDINALS, "hundred", "thousand"))


def numerals(found: list[Token]) -> list[Token]:
    """Replace every run of number words by one number or ordinal token."""
    result: list[Token] = []
    i = 0
    while i < len(found):
        number = _number(found, i)
        if number is None:
            result.append(found[i])
            i += 1
        else:
            value, kind, i = number
            text = f"{value}th" if kind == "o" else str(value)
            result.append(found[0]._replace(kind=kind, text=text, value=value, spelled=True))
    return result


def _word(found: list[Token], i: int) -> str:
    return found[i].text if i < len(found) and found[i].kind == "w" else ""


def _number(found: list[Token], i: int) -> tuple[int, str, int] | None:
    first = _below_hundred(found, i)
    if first is None or first[1] == "o":
        return first
    value, kind, j = first
    for name, factor in (("thousand", 1000), ("hundred", 100)):
        if _word(found, j) == name:
            value, j = value * factor, j + 1
            rest = _number(found, j + (_word(found, j) == "and"))
            if rest is not None and rest[0] < factor:
                return value + rest[0], rest[1], rest[2]
            return value, kind, j
    return value, kind, j


def _below_hundred(found: list[Token], i: int) -> tuple[int, str, int] | None:
    word, following = _word(found, i), _word(found, i + 1)
    if word in _TENS:
        if 1 <= _SMALL.get(following, 0) <= 9:
            return _TENS[word] + _SMALL[following], "n", i + 2
        if _ORDINALS.get(following, 99) <= 9:
            return _TENS[word] + _ORDINALS[following], "o", i + 2
        return _TENS[word], "n", i + 1
    if word in _SMALL:
        return _SMALL[word], "n", i + 1
    if word in _ORDINALS:
        return _ORDINALS[word], "o", i + 1
    return None
