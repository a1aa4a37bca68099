"""Words that say the same (corpus/alike.tsv), exchanged outside the marks of a request: "bin", "throw ... away".

A wording written once with one verb is so learned with all of them. Only words that the file names for an action of
the plan are touched, never a quoted value; a phrase with "…" goes around the mark that follows it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from nearhand.models.marked import Part

FILE = Path(__file__).parent / "corpus" / "alike.tsv"
SHARE = 0.35
"""How often words that could be exchanged are."""
GAP = "…"
_CLAUSE = r"(?:^|[.,;:!?–-]\s+|\b(?:and|then|please|pls|to|you|also|just|so|but|ok|okay|hey|can't|i'll|let's)\s+)"
"""What stands before a verb that begins a clause."""


@dataclass(frozen=True, slots=True)
class Alike:
    """One line of the file: phrases for the same, and the pattern that finds the whole ones among them."""

    phrases: tuple[str, ...]
    found: re.Pattern[str]


@cache
def sets() -> dict[str, tuple[Alike, ...]]:
    """The lines of the file by action, area or `*`."""
    out: dict[str, list[Alike]] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            scopes, _, words = line.partition("\t")
            one = _alike(words, clause=scopes.startswith("^"))
            for scope in scopes.lstrip("^").split(","):
                out.setdefault(scope.strip(), []).append(one)
    return {scope: tuple(found) for scope, found in out.items()}


def _alike(words: str, clause: bool) -> Alike:
    phrases = tuple(phrase.strip() for phrase in words.split("|"))
    whole = sorted((p for p in phrases if GAP not in p), key=len, reverse=True)
    lead = _CLAUSE if clause else r"(?<![\w'-])"
    return Alike(phrases, re.compile(rf"{lead}({'|'.join(map(re.escape, whole))})(?![\w'-])", re.I))


def vary(parts: Sequence[Part], actions: Sequence[str], draw: random.Random) -> list[Part]:
    """The parts with some of their words exchanged for others that say the same."""
    scopes = dict.fromkeys(scope for action in actions for scope in (action, action.partition(".")[0]))
    out = list(parts)
    for alike in (one for scope in (*scopes, "*") for one in sets().get(scope, ())):
        out = _exchange(out, alike, draw)
    return out


def _exchange(parts: list[Part], alike: Alike, draw: random.Random) -> list[Part]:
    for i, part in enumerate(parts):
        found = None if part.roles else alike.found.search(part.text)
        if found and draw.random() < SHARE:
            return _put(parts, i, found, draw.choice(alike.phrases))
    return parts


def _put(parts: list[Part], i: int, found: re.Match[str], phrase: str) -> list[Part]:
    """Put `phrase` for what was found in part i; what stands behind its gap goes behind the next mark."""
    text = parts[i].text
    head, gap, tail = phrase.partition(GAP)
    rest = text[found.end(1) :]
    if gap and (i + 1 >= len(parts) or len(rest.split()) > 2 or re.search(r"[.,;:!?]", rest)):
        return parts
    head = head.rstrip() if gap else phrase
    if found[1][:1].isupper():
        head = head[:1].upper() + head[1:]
    out = [*parts[:i], replace(parts[i], text=text[: found.start(1)] + head + rest), *parts[i + 1 :]]
    return [*out[: i + 2], Part(f" {tail.strip()}"), *out[i + 2 :]] if gap else out
