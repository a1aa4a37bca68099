"""Words that reported speech turns on: forms of common verbs, auxiliaries, and who a word can stand for."""

from __future__ import annotations

_REGULAR = (
    "accept agree allow answer apply approve arrive ask attend believe belong bother call cancel care carry change "
    "charge "
    "check close collect confirm contain cook cover decide deliver depend enjoy exist expect expire explain finish fix "
    "fit forward happen hate help hope include intend invite join last like live look love manage matter mean mention "
    "mind move need offer open order own owe pack park pass pick plan play prefer prepare print promise publish reach "
    "receive recommend reply repair report require return ring save seem serve ship show sign sound start stay stop "
    "study suggest suit suppose talk taste tend text thank travel travel try turn use visit vote wait walk want wash "
    "watch wish wonder work worry"
)
_IRREGULAR = (
    "become became become|begin began begun|break broke broken|bring brought brought|build built built|buy bought "
    "bought|"
    "catch caught caught|choose chose chosen|come came come|cost cost cost|cut cut cut|do did done|draw drew drawn|"
    "drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feel felt felt|find found found|fly flew "
    "flown|"
    "forget forgot forgotten|get got got|give gave given|go went gone|grow grew grown|have had had|hear heard heard|"
    "hold held held|keep kept kept|know knew known|lead led led|leave left left|lend lent lent|let let let|lose lost "
    "lost|"
    "make made made|mean meant meant|meet met met|pay paid paid|put put put|read read read|ride rode ridden|rise "
    "rose risen|"
    "run ran run|say said said|see saw seen|sell sold sold|send sent sent|set set set|show showed shown|shut shut shut|"
    "sing sang sung|sit sat sat|sleep slept slept|speak spoke spoken|spend spent spent|stand stood stood|swim swam "
    "swum|"
    "take took taken|teach taught taught|tell told told|think thought thought|understand understood understood|"
    "wake woke woken|wear wore worn|win won won|write wrote written"
)
AUXILIARIES = frozenset(
    str.split(
        "can could will would is are am was were has have had should shall must may might do does did can't "
        "cannot couldn't won't wouldn't isn't aren't wasn't weren't hasn't haven't hadn't shouldn't mustn't "
        "didn't don't doesn't needn't"
    )
)
MODALS = frozenset(
    str.split("can could should must needs owes may might will would can't cannot couldn't shouldn't mustn't")
)
ADVERBS = frozenset(
    str.split(
        "always also really still ever already never just even often usually sometimes actually now then soon "
        "probably definitely only perhaps maybe not both all"
    )
)
BE = {"is": "are", "was": "were", "has": "have", "does": "do", "isn't": "aren't", "wasn't": "weren't",
      "hasn't": "haven't", "doesn't": "don't"}  # fmt: skip
QUESTION = frozenset(["what", "when", "where", "who", "why", "how", "which", "whose", "whom"])
MARKERS = frozenset(
    str.split(
        "you i we it they he she the a an my your our his her its their this that these those there everyone "
        "everybody someone somebody anyone anybody"
    )
)
"""Words that a subject begins with."""
DETERMINERS = frozenset(str.split("the a an my your our his her its their this that these those any some every no"))
MEASURED = frozenset(
    str.split(
        "long often far old big large small late early soon well fast expensive tall high deep heavy wide good "
        "bad quickly busy hot cold hungry tired safe"
    )
)
"""What "how" asks the degree of."""


def _third(base: str) -> str:
    if base.endswith(("s", "x", "ch", "sh", "o", "z")):
        return {"do": "does", "go": "goes"}.get(base, base + "es")
    return base[:-1] + "ies" if base.endswith("y") and base[-2] not in "aeiou" else base + "s"


_DOUBLED = frozenset(["plan", "stop", "fit", "travel", "ship", "prefer"])


def _past(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    return base + (base[-1] if base in _DOUBLED else "") + "ed"


THIRD: dict[str, str] = {}
"""comes -> come"""
PAST: dict[str, str] = {}
"""came -> come"""
BASES: set[str] = set()
PARTICIPLES = {"been"}
for _verb in _REGULAR.split():
    THIRD[_third(_verb)] = PAST[_past(_verb)] = _verb
    PARTICIPLES.add(_past(_verb))
    BASES.add(_verb)
for _forms in _IRREGULAR.split("|"):
    _base, _was, _done = _forms.split()
    THIRD["has" if _base == "have" else _third(_base)] = PAST[_was] = _base
    PARTICIPLES.add(_done)
    BASES.add(_base)
PAST = {past: base for past, base in PAST.items() if past != base}


def base_of(verb: str) -> str:
    """The base of a third-person form, also of an unknown verb: "hesitates" -> "hesitate"."""
    if verb in THIRD:
        return THIRD[verb]
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if verb.endswith(("ches", "shes", "sses", "xes", "zes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith(("ss", "us")) and len(verb) > 3 else verb


def is_participle(word: str) -> bool:
    """Whether "have" before this word is an auxiliary."""
    return word in PARTICIPLES or (word.endswith("ed") and len(word) > 4 and word not in ("need", "indeed", "speed"))
