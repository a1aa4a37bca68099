"""Puts reported speech into direct speech: "ask her if she can join" is written as "Can you join?".

Only for messages told as reported speech (slot `say`); a quoted text is never touched, nor a quoted part of a message.
`before` is what the request says before the message ("tell my son's teacher"): it tells how the message was announced
(ask, thank, remind) and who is addressed. Whatever is not known stays as the person said it. The card shows the result
and lets it be edited. Deliberately not here: spelling (`polish.py`), greetings, and any guess at what was meant.
"""

from __future__ import annotations

import re

from nearhand.agent.texts.reported_address import Addressee, addressed
from nearhand.agent.texts.reported_questions import asked, yes_no
from nearhand.agent.texts.reported_words import QUESTION

_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|(?<!\w)'[^']*'(?!\w)|(?<!\w)\u2018[^\u2019]*\u2019(?!\w)")
_FIRST_MARK = 0xE000
_VERBS = {
    "ask": "ask asks asking enquire inquire check chase query request beg",
    "thank": "thank thanks thanking", "remind": "remind reminding nudge", "warn": "warn warning caution alert",
    "invite": "invite inviting", "sorry": "apologise apologize apologising apologizing", "wish": "wish wishing",
    "congratulate": "congratulate congratulating", "have": "have",
    "tell": "tell tells telling inform informing write writing say saying mail email message text reply replying "
            "answer "
            "know explain explaining confirm confirming promise assure let",
}  # fmt: skip
_VERB = {word: verb for verb, row in _VERBS.items() for word in row.split()}
_SHE = ("mum mom mama mother grandma granny aunt auntie sister wife daughter girlfriend niece mrs ms miss frau madame "
       "mme señora landlady")  # fmt: skip
_HE = "dad papa father grandpa grandad uncle brother husband son boyfriend nephew mr herr monsieur sir señor landlord"
_PRONOUNS = {
    **{word: "she" for word in ["her", *_SHE.split()]}, **{word: "he" for word in ["him", *_HE.split()]},
    **{word: "they" for word in str.split(
        "them everyone everybody all people team parents kids children neighbours"
    )},
}  # fmt: skip
_GIVE = frozenset(str.split("lift ride hand call ring discount refund receipt chance minute moment hint update time"))
_LED = re.compile(
    r"(?P<verb>asking|thanking|telling|saying|inviting|reminding|warning|apologising|apologizing|congratulating)"
    r" (?:(?:him|her|them|you)(?= (?:for|to|if|whether|that|about|not|on|when|what|where|how|why)\b) )?(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)


def direct(words: str, plural: bool = False, before: str = "") -> str:
    """The message as it would be written to the person (or, if `plural`, the people) it is for."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return chr(_FIRST_MARK + len(kept) - 1)

    plain = _QUOTED.sub(keep, words.strip())
    said = _said(plain.rstrip(".") if not plain.endswith("...") else plain, _verb(before), _who(before, plural))
    for number, quote in enumerate(kept):
        said = said.replace(chr(_FIRST_MARK + number), quote)
    return said


def _verb(before: str) -> str:
    """How the message is announced: the last such verb before it, "" if there is none."""
    found = [_VERB[word] for word in re.findall(r"\w+", before.lower()) if word in _VERB]
    if not found or (found[-1] == "have" and len(re.findall(r"\w+", before)) > 4):
        return ""
    return found[-1]


def _who(before: str, plural: bool) -> Addressee:
    if plural:
        return Addressee("they")
    last = max((m.end() for m in re.finditer(r"\w+", before) if _VERB.get(m[0].lower(), "know") != "know"), default=0)
    words = re.findall(r"[\w]+(?:['\u2019]s)?", before[last:].lower())
    words = [word for word in words if word != "know"]
    owner = any(word.endswith(("'s", "\u2019s")) or word in ("his", "their") for word in words) or ("her" in words[:-1])
    known = {_PRONOUNS[word] for word in words if word in _PRONOUNS} if not owner else set()
    office = any(word in _OFFICES for word in words)
    return Addressee(known.pop() if len(known) == 1 else "", third=owner or office)


_OFFICES = frozenset(str.split("teacher school doctor nursery insurance practice clinic surgery office hospital coach"))
"""Whom people write to about somebody else."""


def _said(words: str, verb: str, who: Addressee) -> str:
    led = _LED.match(words)
    if led:
        return _said(led["rest"], _VERB[led["verb"].lower()], who)
    first, _, rest = words.partition(" ")
    low = first.lower()
    if not rest:
        return _whole(words, _mark(words))
    if low == "that" and rest.split(" ")[0].lower() not in ("is", "was", "can", "will", "would", "should"):
        clauses = re.sub(
            r"\b(and|but) that (?=(?:i|we|he|she|they|it|there|the|my|our|an?|his|her|their)\b)", r"\1 ", rest
        )
        return _statement(clauses, who)
    if low in ("if", "whether"):
        return _whole(_questions(words, who), "?")
    if low == "to" or (low == "not" and rest.startswith("to ")):
        return _request(rest if low == "to" else f"not {rest[3:]}", verb, who)
    if low in QUESTION and verb in ("", "ask"):
        return _whole(_question(words, who), "?")
    if low in _TOPICS and verb in _TOPICS[low]:
        return _whole(_TOPICS[low][verb].format(addressed(rest, who, request=True)), ".")
    if verb == "have":
        return _whole(f"please {addressed(words, who, request=True)}", ".")
    if verb == "wish":
        return _whole(f"I wish you {words}", ".")
    if low == "for" and not re.match(r"\w{2,}ing\b(?! room)", rest):
        return _whole(_wanted(addressed(rest, who, request=True)), "?")
    return _statement(words, who)


_TOPICS = {
    "for": {"thank": "thank you for {}", "sorry": "I'm sorry for {}"},
    "about": {"": "it is about {}", "tell": "it is about {}", "ask": "I wanted to ask about {}",
              "remind": "just a reminder about {}", "warn": "just a warning about {}", "sorry": "I'm sorry about {}",
              "thank": "thank you about {}"},
    "on": {"congratulate": "congratulations on {}"},
    "of": {"remind": "just a reminder of {}", "warn": "just a warning of {}"},
}  # fmt: skip
"""What a preposition behind a verb makes of the rest."""


def _statement(words: str, who: Addressee) -> str:
    return _whole(addressed(words, who, statement=True), _mark(words))


def _questions(words: str, who: Addressee) -> str:
    """Several questions in one: "whether dogs are allowed and if the café opens before ten"."""
    parts = re.split(r",? (and|or) (?=(?:if|whether|what|when|where|who|how|why) )", words)
    turned = [part if i % 2 else _question(part, who) for i, part in enumerate(parts)]
    return " ".join(turned)


_SAME_PAST = re.compile(r"\b(she|he|it) (read|put|cut|let|set|shut|hit|cost|quit|hurt)\b", re.IGNORECASE)
"""Told of one person, a verb without an ending is a past: "she put" -> "she did put"."""


def _question(words: str, who: Addressee) -> str:
    first, _, rest = words.partition(" ")
    clause = addressed(_SAME_PAST.sub(r"\1 did \2", rest), who)
    if first.lower() in ("if", "whether"):
        return yes_no(clause)
    return asked(first, clause) if clause else first


def _request(rest: str, verb: str, who: Addressee) -> str:
    rest = addressed(rest, who, request=True)
    rest = re.sub(r",? (and|but) not to ", r" \1 don't ", rest)
    rest = re.sub(r" (and|but) to (?=[a-z])", r" \1 ", rest)
    if rest.startswith("not "):
        return _whole(f"please don't {rest[4:]}", ".")
    if verb == "invite":
        return _whole(f"would you like to {rest}", "?")
    if verb == "remind":
        return _whole(f"please remember to {rest}", ".")
    return _whole(rest if rest.lower().startswith("please ") else f"please {rest}", ".")


def _wanted(thing: str) -> str:
    noun = thing.split(" ")
    if noun[0].lower() in ("it", "them", "that", "this", "those"):
        return f"could you send {thing} to me"
    if noun[0].lower() == "help":
        return f"could you help me {' '.join(noun[1:])}".strip()
    give = any(word.lower().strip(",") in _GIVE for word in noun[:4])
    return f"could you {'give' if give else 'send'} me {thing}"


def _mark(words: str) -> str:
    return "" if words[-1:] in "?!.…)" else "."


def _whole(sentence: str, mark: str) -> str:
    sentence = re.sub(r"(?<![\w'\u2019.-])i(?=(?:['\u2019](?:m|ll|ve|d))?(?![\w'\u2019.-]))", "I", sentence.strip())
    if sentence[-1:] in "?!":
        mark = ""
    return sentence[:1].upper() + sentence[1:] + mark
