"""The noise of typing and the manners of asking, applied to the parts of a marked request.

Words inside marks are copied by the plan as they stand, misspelt or not: the model must quote, not correct.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from nearhand.models.marked import Part

_BEFORE = (
    "please ", "please, ", "pls ", "could you ", "can you ", "can you please ", "would you ", "could you please ",
    "hey, ", "hi, ", "ok ", "okay, ", "so ", "um ", "well, ", "now ", "right, ", "also ", "quickly ", "just ",
    "I need you to ", "I'd like you to ", "I want you to ", "nearhand, ", "hey nearhand, ", "go ahead and ", "let's ",
)  # fmt: skip
_AFTER = (
    " please", ", please", " pls", " thanks", ", thanks", ", thank you", " thx", " now", " for me", ", would you?",
    " if you can", ", ok?", " asap", " when you get a chance", "!", " :)", " cheers",
)  # fmt: skip
_KEYS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "r": "et", "s": "ad", "t": "ry", "u": "yi",
    "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip


def disturb(parts: list[Part], draw: random.Random, framed: bool) -> list[Part]:
    """Maybe add manners, maybe change case and end mark, maybe misspell. Roles are kept."""
    if framed and draw.random() < 0.15:
        parts = _frame(parts, draw)
    parts = _end(parts, draw)
    if draw.random() < 0.10:
        parts = _misspell(parts, draw)
    roll = draw.random()
    if roll < 0.18:
        return _each(parts, str.lower)
    if roll < 0.19:
        return _each(parts, str.upper)
    if roll < 0.25 and parts:
        first = parts[0].text
        return [replace(parts[0], text=first[:1].upper() + first[1:]), *parts[1:]]
    return parts


def _each(parts: list[Part], change: Callable[[str], str]) -> list[Part]:
    return [replace(part, text=change(part.text)) for part in parts]


def _frame(parts: list[Part], draw: random.Random) -> list[Part]:
    plain = not parts[0].roles and not _asks(parts)
    if plain and draw.random() < 0.6:
        first = parts[0].text
        if first[:1].isupper() and not first.startswith(("I ", "I'")):
            first = first[:1].lower() + first[1:]
        lead = draw.choice(_BEFORE)
        return [replace(parts[0], text=lead + first), *parts[1:]]
    last = parts[-1]
    if last.roles:
        return [*parts, replace(last, text=draw.choice(_AFTER), roles=())] if _short(last) else parts
    return [*parts[:-1], replace(last, text=last.text.rstrip(" .!?") + draw.choice(_AFTER))]


def _short(part: Part) -> bool:
    """A message at the end would swallow what is put behind it."""
    return all(slot not in ("text", "say", "subject", "name") for _, slot in part.roles)


def _asks(parts: list[Part]) -> bool:
    text = parts[0].text.lower()
    return parts[-1].text.rstrip().endswith("?") or text.startswith(
        ("please", "pls", "could", "can", "would", "hey", "hi", "i ", "i'", "when", "what", "where", "who", "how",
         "is ", "are ", "do ", "did ", "any", "if ", "unless", "was", "has", "have", "will", "should", "which")
    )  # fmt: skip


def _end(parts: list[Part], draw: random.Random) -> list[Part]:
    last = parts[-1]
    roll = draw.random()
    if last.roles:
        return [*parts, replace(last, text=".", roles=())] if roll < 0.1 and last.text[-1:].isalnum() else parts
    if roll < 0.25 and last.text.rstrip(".?! "):
        return [*parts[:-1], replace(last, text=last.text.rstrip(".?! "))]
    return parts


def _misspell(parts: list[Part], draw: random.Random) -> list[Part]:
    parts = list(parts)
    for _ in range(draw.choice((1, 1, 2))):
        i = draw.randrange(len(parts))
        words = parts[i].text.split(" ")
        j = draw.randrange(len(words))
        if len(words[j]) > 3 and words[j].isalpha():
            words[j] = typo(words[j], draw)
            parts[i] = replace(parts[i], text=" ".join(words))
    return parts


def typo(word: str, draw: random.Random) -> str:
    """Swap, drop, double or mistype one letter after the first."""
    i = draw.randrange(1, len(word) - 1)
    match draw.randrange(4):
        case 0:
            return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        case 1:
            return word[:i] + word[i + 1 :]
        case 2:
            return word[:i] + word[i] + word[i:]
        case _:
            near = _KEYS.get(word[i].lower(), word[i])
            return word[:i] + draw.choice(near) + word[i + 1 :]
