"""Words as they are compared: without case, accents, punctuation and the ending of the plural.

The text that is searched is folded by SQLite's unicode61 tokenizer, the words that are looked for by this module; both
cut at everything that is neither letter nor digit. What words mean (kin, mailboxes) is said in `resolve/`.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "\u0131": "i", "þ": "th", "ð": "d"}
)
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_POSSESSIVE = re.compile(r"['\u2019]s?(?!\w)")
_ARTICLES = (
    "a",
    "an",
    "the",
    "this",
    "that",
    "these",
    "those",
    "some",
    "any",
    "all",
    "my",
    "our",
    "your",
    "his",
    "her",
)
_LINKS = ("its", "their", "of", "for", "from", "to", "with", "about", "on", "in", "at", "and", "or", "re", "regarding")
_SMALL = frozenset((*_ARTICLES, *_LINKS, "concerning", "please"))


def fold(text: str) -> str:
    """Text without case and accents."""
    lower = unicodedata.normalize("NFC", text).casefold().translate(_LETTERS)
    apart = unicodedata.normalize("NFKD", lower).casefold()
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


def words(text: str) -> tuple[str, ...]:
    """The folded words of a text; a possessive ending is not part of one."""
    return tuple(_WORD.findall(fold(_POSSESSIVE.sub(" ", text))))


def key(text: str) -> str:
    """The folded words with one space between them: equal for "Floor plan" and "floor_plan"."""
    return " ".join(words(text))


def spellings(text: str) -> frozenset[str]:
    """Every key that a name goes by: "Jörg Müller" is also "joerg mueller"."""
    lower = unicodedata.normalize("NFC", text).casefold()
    return frozenset({key(text), key(lower.translate(_TWO_LETTERS))} - {""})


def telling(text: str) -> tuple[str, ...]:
    """The folded words of a quote that say something; articles and prepositions only if there is nothing else."""
    return tuple(fold(word) for word in _raw(text))


def stem(word: str) -> str:
    """The singular of an English plural, as far as its ending tells."""
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-1] if len(word) < 6 else word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def forms(word: str) -> frozenset[str]:
    """The word itself, its singular and its plural; a word with a digit in it, or a very short one, only as it is."""
    if len(word) < 3 or any(c.isdigit() for c in word):
        return frozenset({word})
    one = stem(word)
    ending = "es" if one.endswith(("s", "x", "z", "ch", "sh")) else "s"
    many = one[:-1] + "ies" if one.endswith("y") and one[-2] not in "aeiou" else one + ending
    return frozenset({word, one, many} | ({word[:-1]} if word.endswith("ies") else set()))


def sought(text: str) -> tuple[frozenset[str], ...]:
    """For each telling word of a quote, the words of which one must be there; umlauts written out or not."""
    return tuple(frozenset().union(*(forms(each) for each in _umlauts(word))) for word in _raw(text))


def _raw(text: str) -> tuple[str, ...]:
    found = _WORD.findall(_POSSESSIVE.sub(" ", unicodedata.normalize("NFC", text).casefold()))
    return tuple(word for word in found if word not in _SMALL) or tuple(found)


def _umlauts(word: str) -> frozenset[str]:
    plain = fold(word)
    short = plain.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    return frozenset({plain, fold(word.translate(_TWO_LETTERS)), short})
