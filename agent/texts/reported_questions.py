"""Word order of questions: "you can join" -> "can you join", "what time it starts" -> "what time does it start".

A clause whose verb is not known is never turned round wrongly: it is asked as "Can you tell me ...?". Deliberately not
here: pronouns.
"""

from __future__ import annotations

import re

from nearhand.agent.texts.reported_words import (
    ADVERBS,
    AUXILIARIES,
    BASES,
    DETERMINERS,
    MARKERS,
    MEASURED,
    PAST,
    THIRD,
    is_participle,
)

_PLURAL = frozenset(["you", "i", "we", "they", "these", "those", "people"])
_SHORT = re.compile(r"^(\w+)'(s|re|ve|ll|d|m)$")
_LONG = {"re": "are", "ve": "have", "ll": "will", "m": "am"}
_DEEP = 8
"""Words within which the verb of a clause is looked for."""


def yes_no(clause: str) -> str:
    """Ask whether a clause holds: "you can join" becomes "can you join"."""
    clause = re.sub(r"^or not |,? or not$", "", clause)
    if clause.startswith("to "):
        return f"should I {clause[3:]}"
    words = _expanded(clause.split(" "))
    return _turned(words, 0) or f"can you tell me if {clause}"


def asked(word: str, clause: str) -> str:
    """Ask for what a question word stands for; `clause` is what follows it."""
    if clause.startswith("to ") or (re.match(r"(?:\w+ )(?:\w+ )?to (?!the\b|my\b|a\b)\w+$", clause) and word != "who"):
        before, _, rest = f" {clause}".partition(" to ")
        return " ".join(f"{word}{before} should I {rest}".split())
    words = _expanded(clause.split(" "))
    at = _subject(word, words)
    if at is None:
        return f"{word} {clause}"
    turned = _turned(words[at:], at)
    return " ".join([word, *words[:at], turned]) if turned else f"can you tell me {word} {clause}"


def _expanded(words: list[str]) -> list[str]:
    """The first contraction written out, so that its verb can move: "she'd like" -> "she would like"."""
    for at, word in enumerate(words[:4]):
        match = _SHORT.match(word.replace("\u2019", "'"))
        if match and (match[1].lower() in MARKERS | {"here", "what", "who"} or match[2] != "s"):
            after = words[at + 1].strip(",.?") if at + 1 < len(words) else ""
            return [*words[:at], match[1], _full(match[2], after), *words[at + 1 :]]
    return words


def _full(short: str, after: str) -> str:
    if short == "s":
        return "has" if after in ("been", "got", "had", "gone", "come") else "is"
    if short == "d":
        return "had" if after in ("been", "better") or (is_participle(after) and after != "like") else "would"
    return _LONG[short]


def _subject(word: str, words: list[str]) -> int | None:
    """Where the subject begins; None if the question word is the subject, or belongs to it ("who is coming")."""
    if _verb_at(words, 0):
        return 0 if word.lower() in ("when", "where", "why") and words[0].lower() in BASES else None
    if word.lower() in ("when", "where", "why", "who", "whom"):
        return 0
    if word.lower() == "how" and words[0].lower() not in ("many", "much"):
        return 1 if words[0].lower() in MEASURED else 0
    marks = (
        i
        for i, each in enumerate(words)
        if each.lower().split("'")[0] in MARKERS or (each[:1].isupper() and each != "I")
    )
    first = next(marks, None)
    verb = next((i for i in range(1, len(words)) if _main(words, i)), len(words))
    return first if first is not None and first < verb else None


def _verb_at(words: list[str], at: int) -> bool:
    low = words[at].lower().strip(",.?") if at < len(words) else ""
    if low in AUXILIARIES:
        return True
    before = words[at - 1].lower() if at else ""
    noun = before in DETERMINERS and not (at == 1 and before in ("this", "that", "these", "those"))
    return not noun and (low in THIRD or low in PAST or is_participle(low))


def _turned(words: list[str], offset: int) -> str | None:
    """The clause with its verb before its subject, "do" helping where there is no auxiliary; None without a verb."""
    for at in range(1, min(len(words), _DEEP)):
        low = words[at].lower()
        if low in AUXILIARIES and _helps(words, at):
            return " ".join([low, *words[:at], *words[at + 1 :]])
        if low in AUXILIARIES or _main(words, at):
            return _with_do(words, at)
    return None


def _helps(words: list[str], at: int) -> bool:
    """Whether "have" and "do" are auxiliaries here: "have seen", "do not"; but "have a key", "did the dishes"."""
    low = words[at].lower()
    rest = [w.lower().strip(",.?") for w in words[at + 1 :] if w.lower().strip(",.?") not in ADVERBS - {"not"}]
    after = rest[0] if rest else ""
    if low in ("has", "have", "had"):
        return is_participle(after) or after == "not"
    if low in ("do", "does", "did"):
        return after == "not" or after in BASES or not after
    return True


def _main(words: list[str], at: int) -> bool:
    low = words[at].lower().strip(",.?")
    if low in ADVERBS:
        return False
    before = words[at - 1].lower()
    if low in BASES and at == 1 and before in _PLURAL | {"everyone"}:
        return True
    if (
        low in BASES
        and before not in DETERMINERS
        and (before.endswith("s") or before in ADVERBS or before in ("children", "people", "kids"))
    ):
        return True
    if at == 1 and before in _PLURAL and low.isalpha():
        return True
    return _verb_at(words, at)


def _with_do(words: list[str], at: int) -> str:
    tail = re.sub(r"^[\w'\u2019-]+", "", words[at])
    low = words[at].lower().removesuffix(tail)
    if low in PAST or low == "had":
        do, base = "did", PAST.get(low, "have")
    elif low in THIRD:
        do, base = "does", THIRD[low]
    elif is_participle(low) and low not in BASES:
        do, base = "did", _base(low)
    else:
        do, base = "do", low
    return " ".join([do, *words[:at], base + tail, *words[at + 1 :]])


def _base(past: str) -> str:
    """The base of a regular past that is in no list: "hesitated" -> "hesitate"."""
    stem = past[:-2]
    if past.endswith("ied"):
        return past[:-3] + "y"
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "ls":
        return stem[:-1]
    return (
        stem + "e"
        if stem.endswith(("v", "c", "s", "u", "z", "at", "g", "ir", "ur")) and not stem.endswith("ss")
        else stem
    )
