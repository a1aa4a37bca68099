"""Who is addressed: which third-person words of a reported message mean the person it is for, and become "you".

"ask her if she can join" means her; "ask her if Max can bring his drill" means him. Where the words leave it open, a
statement stays as it was said; the card shows it. Deliberately not here: word order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nearhand.agent.texts.reported_words import ADVERBS, AUXILIARIES, BE, DETERMINERS, MARKERS, MODALS, THIRD, base_of

_FAMILY = {
    "she": "she her hers herself she's she'll she'd", "he": "he him his himself he's he'll he'd",
    "they": "they them their theirs themselves they're they'll they'd they've themself",
}  # fmt: skip
GENDER = {word: family for family, row in _FAMILY.items() for word in row.split()}
"""Which pronoun a word belongs to."""
_YOU = {
    "she": "you", "he": "you", "they": "you", "him": "you", "them": "you", "their": "your", "hers": "yours",
    "theirs": "yours", "she's": "you're", "he's": "you're", "they're": "you're", "she'll": "you'll", "he'll": "you'll",
    "they'll": "you'll", "she'd": "you'd", "he'd": "you'd", "they'd": "you'd", "they've": "you've",
    "herself": "yourself", "himself": "yourself", "themselves": "yourselves", "themself": "yourself",
}  # fmt: skip
_SUBJECTS = frozenset(str.split("she he they she's he's they're she'll he'll they'll she'd he'd they'd they've"))
_OBJECTS = frozenset(["her", "him", "them"])
_WITH = frozenset(["with"])
_NOT_NOUNS = frozenset(
    str.split(
        "to at on in by for with and or if when before after tomorrow today tonight there here a an the back up "
        "again about from of as too that it what how where why this soon now is are some any my our your know"
    )
)
_WORD = re.compile(r"([^\w\ue000-\uefff]*)([\w'\u2019\ue000-\uefff-]*)(.*)", re.DOTALL)
_NO_NAMES = (
    MARKERS
    | DETERMINERS
    | GENDER.keys()
    | frozenset(
        str.split(
            "i i'm i'll i've i'd monday tuesday wednesday thursday friday saturday sunday january february march "
            "april may june july august september october november december"
        )
    )
)


@dataclass(frozen=True, slots=True)
class Addressee:
    """What the request tells about the person (or people) a message is for."""

    pronoun: str = ""
    """she, he, they, or "" where it is not known."""
    third: bool = False
    """Whether somebody else was named together with them ("my son's teacher"), so that "he" may be that one."""


def addressed(clause: str, who: Addressee, request: bool = False, statement: bool = False) -> str:
    """The clause with the words for the addressed person in the second person, verbs agreeing.

    In a request its object ("send her the list") is never the addressed person, who is the one asked to do it.
    """
    words = [_cut(word) for word in clause.split(" ")]
    family = _family(words, who, request, statement)
    if not family:
        return clause
    return " ".join(_rewritten(words, family, request))


def _cut(word: str) -> tuple[str, str, str]:
    match = _WORD.fullmatch(word)
    assert match is not None
    return match[1], match[2], match[3]


def _family(words: list[tuple[str, str, str]], who: Addressee, request: bool, statement: bool) -> str:
    """The pronoun that means the addressed person in these words, or ""."""
    said = [(i, w.lower().replace("\u2019", "'")) for i, (_, w, _) in enumerate(words)]
    spoken = [(i, w) for i, w in said if w in GENDER]
    if who.pronoun:
        return who.pronoun
    if statement:
        spoken = [(i, w) for i, w in spoken if GENDER[w] != "they" and _surely(said, i, who)]
    if request:
        spoken = [(i, w) for i, w in spoken if w not in _OBJECTS or _owns(words, i) or _is_with(words, i)]
    named = next((i for i, (_, w, _) in enumerate(words) if _is_name(w)), len(words))
    first = next(((i, w) for i, w in spoken if w in _SUBJECTS), None) or next(iter(spoken), None)
    if first is None or first[0] > named:
        return ""
    return GENDER[first[1]]


def _surely(said: list[tuple[int, str]], at: int, who: Addressee) -> bool:
    """In a statement: he "must", she "can", "his order" at the beginning, "I'll call her"; not "he is ill"."""
    word = said[at][1]
    after = said[at + 1][1] if at + 1 < len(said) else ""
    if word in _SUBJECTS:
        return after in MODALS or (not who.third and (after in _SECOND or word.endswith(("'ll", "'d"))))
    if who.third:
        return False
    mine = any(w in ("i", "we", "i'm", "i'll", "we'll", "i've", "we've", "my", "our") for _, w in said[:at])
    return at == 0 or mine


_SECOND = frozenset(["is", "has", "promised", "left", "forgot", "won", "was", "gets"])


def _is_name(word: str) -> bool:
    return word[:1].isupper() and not word.isupper() and word.lower().replace("\u2019", "'") not in _NO_NAMES


def _owns(words: list[tuple[str, str, str]], at: int) -> bool:
    """Whether "her" (or his, their) stands before a noun."""
    word = words[at][1].lower()
    if word in ("his", "their"):
        return True
    after = words[at + 1][1] if at + 1 < len(words) and not words[at][2] else ""
    return word == "her" and re.match(r"\w", after) is not None and after.lower() not in _NOT_NOUNS


def _is_with(words: list[tuple[str, str, str]], at: int) -> bool:
    return at > 0 and words[at - 1][1].lower() in _WITH


def _rewritten(words: list[tuple[str, str, str]], family: str, request: bool) -> list[str]:
    out: list[str] = []
    other = False  # whether somebody else of the same pronoun has come up
    follows = False  # whether the next verb has "you" as its subject
    for at, (lead, word, tail) in enumerate(words):
        low = word.lower().replace("\u2019", "'")
        if GENDER.get(low) == family and not (
            request and low in _OBJECTS and not _owns(words, at) and not _is_with(words, at)
        ):
            stays = other and (low not in _SUBJECTS) and _owns_or_is(words, at)
            you = word if stays else _second(words, at, low)
            out.append(lead + (you.upper() if len(word) > 1 and word.isupper() else you) + tail)
            follows = not stays and low in _SUBJECTS and "'" not in low
            other = other and low not in _SUBJECTS
            continue
        other = other or (request and GENDER.get(low) == family) or _another(words, at)
        out.append(lead + (_agreeing(word) if follows else word) + tail)
        follows = follows and low in ADVERBS and low not in BE
        if low in ("and", "or", "but") and at + 1 < len(words) and _you_before(out) and words[at + 1][1] in THIRD:
            follows = True
    return out


def _owns_or_is(words: list[tuple[str, str, str]], at: int) -> bool:
    return _owns(words, at) or words[at][1].lower() in ("hers", "theirs", "herself", "himself", "themselves")


def _second(words: list[tuple[str, str, str]], at: int, low: str) -> str:
    if low in ("her", "his"):
        return ("your" if low == "her" else "yours" if at + 1 == len(words) else "your") if _owns(words, at) else "you"
    if low in ("she's", "he's") and at + 1 < len(words):
        return "you've" if words[at + 1][1].lower() in ("been", "got", "had", "done") else "you're"
    return _YOU[low]


def _agreeing(verb: str) -> str:
    low = verb.lower()
    if low in BE:
        return BE[low]
    return verb if low in AUXILIARIES or low in ADVERBS else base_of(low) if verb.islower() else verb


def _you_before(out: list[str]) -> bool:
    """Whether "you" is the subject of the sentence so far."""
    return any(word.lower().strip(",") == "you" for word in out[:4])


def _another(words: list[tuple[str, str, str]], at: int) -> bool:
    """Whether a word brings a third person in: a name, or a noun that is somebody's ("my brother")."""
    word = words[at][1]
    if _is_name(word):
        return True
    before = words[at - 1][1].lower() if at else ""
    return before in DETERMINERS and word.lower() in _KIN


_KIN = frozenset(
    str.split(
        "brother sister mother father mum mom dad son daughter wife husband partner friend boss colleague "
        "neighbour neighbor aunt uncle cousin grandma grandpa teacher doctor assistant boyfriend girlfriend child "
        "baby dog cat"
    )
)
