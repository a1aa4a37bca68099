"""A request turned into its denial ("don't ..."), after which nothing is done; and openings that only look like one.

For plain commands: a verb first, one step. Written denials teach the wordings; these teach that any command can be
denied, whatever it is about, and that a "not" somewhere before it is not yet a denial.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from nearhand.models.marked import Part

_DENY = (
    "don't ", "dont ", "do not ", "please don't ", "please do not ", "never ", "no need to ", "there's no need to ",
    "you don't have to ", "you needn't ", "you need not ", "it isn't necessary to ", "it's not necessary to ",
    "you shouldn't ", "you mustn't ", "you must not ", "you are not to ", "don't you dare ", "whatever you do, don't ",
    "whatever happens, do not ", "under no circumstances ", "on no account ", "I don't want you to ",
    "I do not want you to ", "I wouldn't want you to ", "I'd rather you didn't ", "I'd prefer you not to ",
    "I didn't ask you to ", "I never asked you to ", "I'm not asking you to ", "nobody asked you to ",
    "be careful not to ", "take care not to ", "make sure you don't ",
    "make sure not to ", "for heaven's sake don't ", "no, don't ", "just don't ", "ok but don't ", "stop, don't ",
    "you'd better not ", "better not ", "let's not ", "we don't want to ", "we shouldn't ", "I've decided not to ",
    "I'd rather not ", "I don't want to ", "I do not wish to ", "we'd better not ", "not going to ", "I won't ",
)  # fmt: skip
_TAKE_BACK = (
    " - no, don't", ", no, leave it", ", no wait, don't", ", actually don't", ", actually no", ", or rather don't",
    ". No, forget it", ". No, leave it as it is", " - never mind", ", never mind", ", oh forget it", ", not!",
    ". Or no, don't", ". On second thoughts, don't", ". I take that back", ", scratch that", ", no no, leave it",
)  # fmt: skip
_SEEM = (
    "why don't you ", "don't ask why, just ", "no hurry, but ", "not urgent, but ", "I can't do it myself, so ",
    "I don't mind how, but ", "I never got round to it, so ", "nobody else will, so ", "if you don't mind, ",
    "I don't know how, so ", "I won't have time, so ", "don't wait, ", "not a question, just ", "no more waiting: ",
    "no excuses, ", "I hate to ask, but ", "no need to ask me again, just ", "it's not much, but ",
    "never mind the rest, just ", "don't worry about the time, ", "I haven't yet, so ", "you never know, so ",
)  # fmt: skip
_VERBS = frozenset(
    "accept add answer archive ask bin block book bring call cancel change chuck clean clear compose compress copy "
    "correct count create decline delete download draft drop email empty enter extract file find fix flag forward fwd "
    "get give inform invite jot kill list look mail make mark move name note nudge open pack pass pause pop postpone "
    "pull push put read remind remove rename reply reschedule respond retitle rsvp save schedule scrap search send set "
    "shift shove show sort star stick strike swap take tell throw tick tidy trash undo unflag unpack unstar unzip wipe "
    "write zip".split()
)
DENIED = 0.25
"""Share of plain commands that are denied."""
SEEMING = 0.06
"""Share of them that only seem so."""
_OPEN_ENDED = frozenset({"text", "say", "subject", "name"})


def commands(parts: Sequence[Part]) -> bool:
    """Whether a request begins with a plain command."""
    word = parts[0].text.split(" ", 1)[0].lower()
    return not parts[0].roles and word in _VERBS and not parts[-1].text.rstrip().endswith("?")


def denied(parts: Sequence[Part], draw: random.Random) -> list[Part]:
    """The same command, forbidden beforehand or taken back afterwards: no word of it is a value any more."""
    bare = [replace(part, roles=()) for part in parts]
    if draw.random() < 0.15 and not any(slot in _OPEN_ENDED for _, slot in parts[-1].roles):
        return [*bare[:-1], replace(bare[-1], text=bare[-1].text.rstrip(" .!") + draw.choice(_TAKE_BACK))]
    return _after(draw.choice(_DENY), bare)


def seeming(parts: Sequence[Part], draw: random.Random) -> list[Part]:
    """The same command after words that deny something else."""
    return _after(draw.choice(_SEEM), parts)


def _after(lead: str, parts: Sequence[Part]) -> list[Part]:
    first = parts[0].text
    return [replace(parts[0], text=lead + first[:1].lower() + first[1:]), *parts[1:]]
