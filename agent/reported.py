"""Puts reported speech into direct speech: "ask her if she can join" is written as "Can you join?".

Only for messages told as reported speech (slot `say`); a quoted text is never touched. It works on word order,
pronouns of the person addressed, and end marks; whatever it does not know it leaves as the person said it. The card
shows the result and lets it be edited.
"""

from __future__ import annotations

import re

_YOU = {
    "she": "you", "he": "you", "they": "you", "her": "your", "his": "your", "him": "you", "them": "you",
    "their": "your", "hers": "yours", "theirs": "yours", "she's": "you're", "he's": "you're", "they're": "you're",
    "she'll": "you'll", "he'll": "you'll", "they'll": "you'll", "she'd": "you'd", "he'd": "you'd", "they'd": "you'd",
    "they've": "you've", "herself": "yourself", "himself": "yourself", "themselves": "yourselves",
}  # fmt: skip
_BE = {"is": "are", "was": "were", "has": "have", "does": "do", "isn't": "aren't", "wasn't": "weren't", "hasn't": "haven't",
       "doesn't": "don't", "needs": "need", "wants": "want", "likes": "like", "knows": "know", "comes": "come", "gets": "get"}  # fmt: skip
_FRONT = frozenset(
    ["can", "could", "will", "would", "is", "are", "am", "was", "were", "has", "have", "had", "should", "shall", "must", "may", "might", "did", "do", "does", "needn't", "can't", "couldn't", "won't", "wouldn't", "isn't", "aren't", "wasn't", "weren't", "hasn't", "haven't", "hadn't", "shouldn't", "didn't", "don't", "doesn't"]
)
_QUESTION = frozenset(["what", "when", "where", "who", "why", "how", "which", "whose", "whom"])
_ADDRESSED = frozenset(
    ["can", "could", "should", "must", "needs", "has", "promised", "left", "forgot", "owes", "may", "is", "might", "will", "won"]
)  # fmt: skip


def direct(words: str, plural: bool = False) -> str:
    """The message as it would be written to the person (or, if `plural`, the people) it is for."""
    words = words.strip().rstrip(".")
    first, _, rest = words.partition(" ")
    match first.lower():
        case "that":
            return direct(rest, plural)
        case "if" | "whether":
            return _polish(_yes_no(_to_you(rest)), "?")
        case "to" | "not" if rest:
            return _request(first.lower(), _to_you(rest))
        case "for" if rest:
            return _polish(f"could you send me {rest}", "?")
        case "about" if rest:
            return _polish(f"it is about {rest}", ".")
        case question if question in _QUESTION:
            return _polish(_asked(first, _to_you(rest)), "?")
        case "he" | "she" if rest.split(" ")[0].lower().rstrip("'") in _ADDRESSED:
            return _polish(_to_you(words), _mark(words))
    return _polish(words, _mark(words))


def _request(how: str, rest: str) -> str:
    if how == "not":
        rest = "don't " + rest.removeprefix("to ")
    elif rest.startswith("not "):
        rest = "don't " + rest[4:]
    return _polish(f"please {rest}", ".")


def _yes_no(clause: str) -> str:
    """ "you can join" becomes "can you join"; without an auxiliary, "do" is put before it."""
    words = clause.split(" ")
    for i, word in enumerate(words[:6]):
        if word.lower() in _FRONT and i:
            return " ".join([word.lower(), *words[:i], *words[i + 1 :]])
    subject = words[0].lower()
    verb = words[1] if len(words) > 1 else ""
    if verb.endswith("ed") or verb in _PAST:
        return f"did {clause.replace(verb, _PAST.get(verb) or _base(verb), 1)}"
    return f"{'do' if subject in ('you', 'i', 'we', 'they') else 'does'} {clause}"


_PAST = {"got": "get", "found": "find", "saw": "see", "sent": "send", "went": "go", "came": "come", "took": "take",
         "made": "make", "paid": "pay", "heard": "hear", "left": "leave", "read": "read", "brought": "bring",
         "bought": "buy", "spoke": "speak", "wrote": "write", "forgot": "forget", "liked": "like"}  # fmt: skip


def _base(past: str) -> str:
    stem = past[:-2]
    if past.endswith("ied"):
        return past[:-3] + "y"
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "ls":
        return stem[:-1]
    return stem + "e" if stem[-1:] in "vcsuz" and not stem.endswith("ss") else stem


def _asked(word: str, rest: str) -> str:
    """ "when you can come" becomes "when can you come"; "what time it starts" keeps its order with "does"."""
    words = rest.split(" ")
    for i, candidate in enumerate(words[:5]):
        if candidate.lower() in _FRONT:
            return " ".join([word, *_noun_first(words[:i], candidate), *words[i + 1 :]])
    return f"can you tell me {word.lower()} {rest}"


def _noun_first(before: list[str], verb: str) -> list[str]:
    """Put the verb before the subject, but behind a noun that belongs to the question word ("what time")."""
    subjects = {"you", "i", "we", "it", "they", "the", "my", "your", "this", "that", "there"}
    at = next((i for i, w in enumerate(before) if w.lower() in subjects), len(before))
    return [*before[:at], verb, *before[at:]]


def _to_you(clause: str) -> str:
    """Address the person: third-person pronouns become "you", and the verb behind a subject follows."""
    out: list[str] = []
    for word in clause.split(" "):
        bare = word.rstrip(",.!?")
        tail = word[len(bare) :]
        previous = out[-1].lower() if out else ""
        if bare.lower() in _YOU:
            out.append(_object(bare.lower(), clause, word) + tail)
        elif previous == "you" and bare.lower() in _BE:
            out.append(_BE[bare.lower()] + tail)
        else:
            out.append(word)
    return " ".join(out)


def _object(pronoun: str, clause: str, word: str) -> str:
    """ "her" is "your" before a noun and "you" elsewhere."""
    if pronoun != "her":
        return _YOU[pronoun]
    after = clause[clause.index(word) + len(word) :].strip().split(" ")[0]
    return "your" if re.match(r"[a-z]", after) and after not in _NOT_NOUNS else "you"


_NOT_NOUNS = frozenset(["to", "at", "on", "in", "by", "for", "with", "and", "or", "if", "when", "before", "after", "tomorrow", "today", "tonight", "there", "here", "a", "the"])


def _mark(words: str) -> str:
    return "" if words[-1:] in "?!.…)" else "."


def _polish(sentence: str, mark: str) -> str:
    sentence = re.sub(r"\bi\b", "I", sentence.strip())
    sentence = re.sub(r"\bi('(?:m|ll|ve|d))\b", r"I\1", sentence)
    if sentence[-1:] in "?!":
        mark = ""
    return sentence[:1].upper() + sentence[1:] + mark
