"""Corrects a text offline: misspellings, doubled words, capitals, spaces around punctuation, end marks, greeting.

Only what is certainly wrong is changed. Quoted text, addresses, links, numbers, paths and words with capitals of their
own (names) stay as they are. Deliberately not here: grammar, style, and a dictionary.
"""

from __future__ import annotations

import difflib
import re

from nearhand.agent.texts.polish_words import PHRASES, PROPER, REPEATABLE, SPELLINGS

_KEPT = re.compile(
    r"(?P<quote>\"[^\"\n]*\"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|(?<!\w)'[^'\n]*'(?!\w)"
    r"|(?<!\w)\u2018[^\u2019\n]*\u2019(?!\w)|`[^`\n]*`)"
    r"|(?:https?://|www\.|mailto:)[^\s<>\"]{1,2000}?(?=[.,;:!?)]*(?:\s|$))"
    r"|[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
    r"|(?<!\w)[~.]{0,2}/[\w./-]{1,200}\w|\b[A-Za-z]:\\\S{1,200}|(?<!\w)[#@]\w{1,60}"
    r"|(?<![^\W\d])[€$£+-]?\d[\d.,:/'\u2019%-]*\d(?:\w|[%€$£°])*|\b\w{1,60}\.(?:[a-z]{2,4}\d?)\b(?=[\s,;:!?)]|\.?\s"
    r"|\.?$)"
    r"|\.{3,}|:-?[()DPp]|;-?\)|^>[^\n]*$",
    re.MULTILINE,
)
_FIRST, _QUOTED = 0xE000, 0xF400
"""Private characters that stand for kept parts; from `_QUOTED` on they are quotes."""
_MARKS = f"[{chr(_FIRST)}-{chr(0xF8FF)}]"
_WORD = re.compile(r"(?<![\w'\u2019-])[^\W\d_]+(?:['\u2019][^\W\d_]+)?(?![\w'\u2019-])")
_GREETING = re.compile(
    r"\A(?P<word>hi|hello|hey|dear|good morning|good afternoon|good evening)(?P<name>(?: (?!(?:i|we|just|can|could"
    r"|this|the|it|my|how|what|thanks|thank"
    r"|is|are|do|did|will|would|please|there's|you|if|when"
    r"|hope)\b)[^\W\d_][\w'\u2019.-]{0,30}){0,3}?)[ \t]?(?P<end>[,!]?)[ \t]*(?:\n\s*|(?<=,)[ ]+|(?<=!)[ ]+|\Z)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:thanks|many thanks|thank you|best|best wishes|kind regards|best regards|warm regards|regards|yours"
    r"|yours sincerely"
    r"|yours faithfully|sincerely|cheers|love|see you|bye|greetings)[,!.]?$",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?…:,;*_-]$|[\"'”\u2019»]$")
_ASKS = re.compile(
    r"^(?:can|could|would|will|are|is|do|does|did|have|has|shall|should|may|what|when|where|who|why|how|which) (?:i"
    r"|you|we|he|she|it|they"
    r"|the|your|my|our|this|that|there|is|are|do|does|did|can|could|would|should|much|many|long|time|about)\b[^.;:]*$",
    re.IGNORECASE,
)


def polish(text: str) -> str:
    """The text with what is certainly wrong in it corrected; polishing twice changes nothing more."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        base = _QUOTED if match["quote"] else _FIRST
        return chr(base + len(kept) - 1) if len(kept) <= _QUOTED - _FIRST - 1 else match[0]

    if re.search(_MARKS, text):
        return text  # somebody's own private characters: nothing can be told apart
    work = _KEPT.sub(keep, text)
    for step in (_spaced, _spelled, _greeted, _capitals, _ends):
        work = step(work)
    return re.sub(_MARKS, lambda m: kept[(ord(m[0]) - _FIRST) % (_QUOTED - _FIRST)], work)


def _spaced(text: str) -> str:
    text = re.sub(r"(?<=\S)[ \t\u00a0]{2,}(?=\S)", " ", text)
    text = re.sub(r"[ \t]+(?=\n|\Z)", "", text)
    text = re.sub(rf"(?<=[\w{chr(_FIRST)}-{chr(0xF8FF)}]) +(?=[,;!?](?:\s|\Z|[^\W\d])|[.:](?:\s|\Z))", "", text)
    text = re.sub(r"(?<=[^\W\d]{2})([,;!?])(?=[^\W\d])", r"\1 ", text)
    text = re.sub(r"(?<=[a-zà-ž]{2})\.(?=[A-ZÀ-Ž][a-zà-ž]+\b(?!\.))", ". ", text)
    text = re.sub(r",{2,}", ",", text)
    text = re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)
    return re.sub(r"\( +| +\)", lambda m: m[0].strip(), text)


def _spelled(text: str) -> str:
    text = re.sub(r"\b(?:should|could|would|must) of\b", lambda m: _like(m[0], PHRASES[m[0].lower()]), text, flags=re.I)
    text = _WORD.sub(lambda m: _right(m[0]), text)
    return re.sub(r"(?<![\w'\u2019-])([^\W\d_]+)(?: \1)+(?![\w'\u2019-])", _once, text, flags=re.IGNORECASE)


def _right(word: str) -> str:
    right = SPELLINGS.get(word.lower().replace("\u2019", "'"))
    return _like(word, right) if right and (word.islower() or word.istitle()) else word


def _like(word: str, right: str) -> str:
    return right[:1].upper() + right[1:] if word[:1].isupper() else right


def _once(match: re.Match[str]) -> str:
    low = match[1].lower()
    named = match[0].split()[1][:1].isupper()
    return match[0] if low in REPEATABLE or named else match[1]


def _greeted(text: str) -> str:
    """ "hi olga" on a line of its own becomes "Hi Olga,"."""
    match = _GREETING.match(text)
    if not match:
        return text
    names = [_named(name) for name in match["name"].split()]
    word = match["word"][:1].upper() + match["word"][1:].lower()
    tail = text[match.end("end") : match.end()]
    rest = text[match.end() :]
    return " ".join([word, *names]) + (match["end"] or ("," if rest else "")) + (tail if rest else "") + rest


_SMALL = frozenset(str.split("all everyone everybody both team there and sir madam again van de von der"))


def _named(name: str) -> str:
    return name if name.lower() in _SMALL or not name.islower() else name[:1].upper() + name[1:]


def _capitals(text: str) -> str:
    text = re.sub(r"(?<![\w'\u2019.@/-])i(?=(?:['\u2019](?:m|ve|ll|d)\b)?(?![\w'\u2019.@/-])|[.](?:\s|\Z))", "I", text)
    text = _WORD.sub(lambda m: PROPER.get(m[0], m[0]), text)
    return re.sub(
        r"(?P<before>\A[\s(]*|(?<=[^\W\d]{2})[.!?]+[ \n]+|\n\s*\n[\s(]*)(?P<word>[^\W\d_][\w'\u2019-]*)", _begun, text
    )


def _begun(match: re.Match[str]) -> str:
    word = match["word"]
    short = re.search(r"\b(?:e\.g|i\.e|etc|approx|incl|vs|no|nr|ca|dr|mr|mrs|ms|st)\.\s*$", _left(match), re.IGNORECASE)
    changed = word[:1].upper() + word[1:] if word.islower() and not short else word
    return match["before"] + changed


def _left(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 8) : match.start("word")]


def _ends(text: str) -> str:
    """An end mark for each paragraph that is a sentence; greetings, closings, lists and signatures have none."""
    parts = re.split(r"(\n\s*\n)", text)
    return "".join(part if i % 2 else _ended(part) for i, part in enumerate(parts))


def _ended(paragraph: str) -> str:
    lines = paragraph.split("\n")
    if len(lines) > 1 and _CLOSING.match(lines[-2].strip()) and len(lines[-1].split()) < 4:
        head = "\n".join(lines[:-2])
        return (_ended(head) + "\n" if head else "") + "\n".join(lines[-2:])
    line = lines[-1]
    words = line.split()
    listed = bool(re.match(r"\s*(?:[-*•#>]|\d+[.)])", line))
    if not words or listed or _ENDED.search(line) or _CLOSING.match(line.strip()) or re.search(_MARKS + r"\Z", line):
        return paragraph
    if len(words) < 3:
        return paragraph  # a name, a heading
    sentence = re.split(r"(?<=[.!?]) ", line)[-1]
    return paragraph + ("?" if _ASKS.match(sentence) else ".")


def diff(old: str, new: str) -> str:
    """What was changed as a unified diff, one sentence a line; "" where nothing was."""
    before, after = _sentences(old), _sentences(new)
    return "\n".join(difflib.unified_diff(before, after, "before", "after", lineterm="", n=1))


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])[ \t]+|\n+", text) if part.strip()]
