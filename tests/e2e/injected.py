"""What a request comes to, in a form that can be compared between two homes, and a planner that notes what it hears."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import getaddresses

from nearhand.agent.approve import Card
from nearhand.agent.effects.steps import Later, Ready
from nearhand.agent.effects.steps import Step as Part
from nearhand.agent.loop import Engine
from nearhand.agent.reply import Reply
from nearhand.connectors.base import Effect, Item
from nearhand.models.language import Plan
from nearhand.models.worker import Answer, ScriptedPlanner

from .world import parsed

_BYTES = ("raw", "data", "text", "old_text", "sha256", "like", "unique", "entry", "as", "encoding")
"""Arguments that hold contents, or names made of contents; what matters in them is compared apart."""

_NEW = re.compile(r"[0-9a-f]{32}(?=@nearhand)")
"""What a new card is called, by chance."""


class Listening(ScriptedPlanner):
    """Plans from the table, and keeps everything that reaches it."""

    def __init__(self, plans: dict[str, str]) -> None:
        super().__init__(plans)
        self.heard: list[tuple[str, tuple[str, str] | None]] = []

    def plan(self, request: str, before: tuple[str, Plan] | None = None) -> Answer:
        self.heard.append((request, (before[0], str(before[1])) if before else None))
        return super().plan(request, before)


@dataclass
class Come:
    """What a request came to, up to the moment where the person says no."""

    reply: Reply
    cards: list[Card] = field(default_factory=list)
    parts: Sequence[Part] = ()

    @property
    def effects(self) -> list[Effect]:
        return [effect for part in self.parts if isinstance(part, Ready) for effect in part.effects]


def come(engine: Engine, request: str) -> Come:
    """Ask, look at the card, and say no."""
    engine.waiting = None
    cards: list[Card] = []
    reply = engine.do(request, approve=lambda card: cards.append(card) is not None)
    parts = engine.journal.entry(reply.journal[0]).steps if reply.journal else ()
    return Come(reply, cards, parts)


def shape(come: Come, base: str) -> list[object]:
    """Everything that would happen, without contents and versions, and with paths below the home."""
    return parts_shape(come.parts, base)


def parts_shape(parts: Sequence[Part], base: str) -> list[object]:
    """The same of the parts of any turn."""
    return [_shape(part, base) for part in parts]


def _shape(part: Part, base: str) -> object:
    if isinstance(part, Later):
        args = {name: _plain(value, base) for name, value in part.call.args.items() if name != "date"}
        return ("later", part.connector, part.call.action, [_plain(i, base) for i in part.call.items], args, part.made)
    return [(e.connector, e.verb, _below(e.ref, base), _arguments(e, base)) for e in part.effects]


def _arguments(effect: Effect, base: str) -> Mapping[str, object]:
    kept: dict[str, object] = {n: _below(v, base) for n, v in effect.args.items() if n not in _BYTES and n != "items"}
    if "items" in effect.args:
        kept["items"] = [_below(ref, base) for ref, _ in json.loads(effect.args["items"])]
    if effect.verb == "trash":
        kept.pop("to", None)  # its place in the trash is named after the version
    if effect.args.get("raw"):
        kept |= {"reaches": sorted(reaches(effect)), "attached": attached(effect)}
    if effect.connector == "calendar" and effect.args.get("text"):
        kept["parts"] = sorted(n for n in effect.args["text"].split("\r\n") if n.startswith(("BEGIN:", "ATTENDEE")))
    return kept


def _plain(value: object, base: str) -> object:
    return _below(value.ref, base) if isinstance(value, Item) else _below(value, base) if isinstance(value, str) else value


def _below(path: str, base: str) -> str:
    return _NEW.sub("new", path.replace(base, "~"))


def reaches(effect: Effect) -> set[str]:
    """Every address in the final bytes of a mail, as any mail program reads them."""
    mail = parsed(base64.b64decode(effect.args["raw"]))
    heads = [str(value) for name in ("To", "Cc", "Bcc") for value in mail.get_all(name, [])]
    return {address.casefold() for _, address in getaddresses(heads) if address}


def attached(effect: Effect) -> list[str]:
    """The names of what is attached."""
    return [str(part.get_filename()) for part in parsed(base64.b64decode(effect.args["raw"])).iter_attachments()]


def live(text: str) -> str:
    """The characters in a text that could act on a terminal, turn its direction, or hide something; "" if there are none."""
    return "".join(c for c in text if c != "\n" and (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or _hides(c)))


def _hides(char: str) -> bool:
    return char in "\u200b\u200e\u200f\u061c\ufeff\u00ad" or "\u202a" <= char <= "\u202e" or (
        "\u2060" <= char <= "\u206f" or "\U000e0000" <= char <= "\U000e007f"
    )
