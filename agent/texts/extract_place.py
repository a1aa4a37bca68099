"""Places and postal addresses inside running text, told by their labels, their street words and their prepositions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nearhand.agent.texts.extract_text import Page
from nearhand.agent.texts.extract_types import MAX_VALUE, Candidate

_UP = r"[A-ZÀ-ÖØ-ÞĀ-Ž]"
_NAME = rf"{_UP}[\w'\u2019&-]{{0,40}}"
_STREETS = ("Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Square|Sq|Close|Court|Ct|Place|Pl|Way"
           "|Terrace|Crescent|Row|Hill|Gardens|Mews|Parade|Highway|Quay|Walk")  # fmt: skip
_POST = rf"(?:[A-Z]{{1,2}}-?)?\d{{4,5}}(?:-\d{{4}})?(?:\ [A-Z]{{2}})?\ {_NAME}(?:\ {_NAME}){{0,3}}"
_UK = r"[A-Z]{1,2}\d[A-Z\d]?\ ?\d[A-Z]{2}"
_CITY = rf"{_NAME}(?:\ {_NAME}){{0,2}}?"
_TAIL = (
    rf"(?:(?:,\ ?\n?\ ?|\ ?\n\ ?)(?:{_POST}|{_CITY},?\ (?:[A-Z]{{2}}\ \d{{5}}(?:-\d{{4}})?|{_UK})"
    rf"|{_UK}|{_NAME}(?:\ {_NAME}){{0,2}}))"
)
_ADDRESS = re.compile(
    rf"(?<!\w)(?:\d{{1,5}}[a-z]?(?:[-/]\d{{1,4}})?,?\ (?:{_NAME}\ ){{1,4}}(?:{_STREETS})\b\.?"
    rf"|(?:{_UP}[\w-]{{0,30}}(?:straße|strasse|str\.|weg|platz|gasse|allee|ufer|damm|ring|laan|straat|gracht|plein"
    rf"|gatan|vej)"
    rf"|(?:{_NAME}[ -]){{1,3}}(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Ufer|Damm|Ring)"
    rf"|(?:Rue|rue|Avenue|avenue|Boulevard|Via|Viale|Piazza|Calle|Plaza|Rua|ul\.)(?:\ (?:de|del|della|la|le|des|du"
    rf"|{_NAME})){{1,5}},?)"
    rf"\ \d{{1,4}}\ ?[a-z]?\b(?:[-/]\d{{1,4}})?){_TAIL}{{0,3}}",
    re.VERBOSE,
)
_LABEL = re.compile(
    r"^[ \t>*•-]{0,6}(?P<label>where|location|venue|place|room|address|meeting point|ort|adresse|lieu"
    r"|treffpunkt)[ \t]{0,3}[:=][ \t]{0,3}"
    r"(?P<place>[^\n]{2,200})$",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBERED = re.compile(
    rf"\b(?i:(?:meeting\ |conference\ |consulting\ |lecture\ )?(?:room|hall|gate|platform|suite|building|studio"
    rf"|court|theatre|terminal|ward|floor|track|pier|door|bay|table))"
    rf"\ (?:[A-Z]?\d(?:[\w.]{{0,6}}\w)?|[A-Z]\b|{_NAME})",
    re.VERBOSE,
)
_LEAD = r"(?P<lead>\b(?:at|in|outside|opposite|behind|near|inside))"
_NAMED = re.compile(
    rf"{_LEAD} (?P<place>(?:(?:the|our|my|your|their) )?{_NAME}(?: (?:of|the|de|am|an|der|and|&|zum|zur|la|le|on"
    rf"|upon|{_NAME}|\d{{1,4}}[a-z]?\b)){{0,6}})"
)
_COMMON = re.compile(r"\b(?:meet|come|party|dinner|lunch|see you|gather|held|takes? place|start"
                     r"|pick[- ]?up)\b[^\n.]{0,30}? (?:at|in|outside|by) (?P<place>(?:the|our"
                     r"|my) [a-zà-ž-]{3,25}(?: [a-zà-ž-]{3,25}(?= (?:on|at)\b|[.,!?\n]|$))?)", re.I)  # fmt: skip
_TIMES = frozenset(
    str.split(
        "january february march april may june july august september october november december monday tuesday "
        "wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed "
        "thu fri sat sun easter christmas noon midnight spring summer autumn winter english german french spanish "
        "i"
    )
)  # fmt: skip
_NO_PLACE = frozenset(
    str.split(
        "moment latest end time same weekend beginning least first last morning afternoon evening meantime past "
        "future case event following next start day week month year name"
    )
)  # fmt: skip
_LOOSE_END = re.compile(r"(?:[ ,]+(?:of|the|de|am|an|der|and|&|zum|zur|la|le|on|upon))+$")


def addresses(page: Page) -> Iterator[Candidate]:
    """Yield every postal address: what an "Address:" line says, and what has a street with a number."""
    for match in _LABEL.finditer(page.text):
        if match["label"].casefold() in ("address", "adresse") and "@" not in match["place"]:
            yield _candidate(page, match.start("place"), match.end("place"), 0.6)
    for match in _ADDRESS.finditer(page.text):
        yield _candidate(page, match.start(), match.end(), 0.3 + 0.2 * bool(re.search(r"\d{4}", match[0])))


def places(page: Page) -> Iterator[Candidate]:
    """Yield every place: a labelled line first, then addresses, numbered rooms, names behind "at" and "in"."""
    taken: list[tuple[int, int]] = []
    for found in _in_order(page):
        if not any(at < found.end and found.at < end for at, end in taken):
            taken.append((found.at, found.end))
            yield found


def _in_order(page: Page) -> Iterator[Candidate]:
    for match in _LABEL.finditer(page.text):
        if "@" not in match["place"] and "://" not in match["place"]:
            yield _candidate(page, match.start("place"), match.end("place"), 0.8)
    yield from addresses(page)
    for match in _NUMBERED.finditer(page.text):
        yield _candidate(page, match.start(), match.end(), 0.35)
    for match in _NAMED.finditer(page.text):
        yield from _name(page, match)
    for match in _COMMON.finditer(page.text):
        if match["place"].split()[1].casefold() not in _NO_PLACE | _TIMES:
            yield _candidate(page, match.start("place"), match.end("place"), 0.25)


def _name(page: Page, match: re.Match[str]) -> Iterator[Candidate]:
    written = _LOOSE_END.sub("", match["place"].rstrip(".,"))
    words = [word.strip(".,").casefold() for word in written.split()]
    first = next((word for word in words if word not in ("the", "our", "my", "your", "their")), "")
    if first not in _TIMES and first not in _NO_PLACE:
        kept = next((i for i, word in enumerate(words) if word in _TIMES), len(words))
        written = _LOOSE_END.sub("", " ".join(written.split()[:kept]))
        cue = 0.4 if match["lead"] == "at" else 0.3
        yield _candidate(page, match.start("place"), match.start("place") + len(written), cue)


def _candidate(page: Page, at: int, end: int, cue: float) -> Candidate:
    value = re.sub(r"\s*\n\s*", ", ", page.text[at:end].strip(" ,;\t")).rstrip(".") or "?"
    return Candidate(" ".join(value.split())[:MAX_VALUE], at, end, cue)
