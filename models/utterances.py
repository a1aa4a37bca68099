"""Real requests that people gave to assistants (shared/data/utterances; see the model card for sources and licences).

Their labels are turned into the one catalogue before anything is mixed: what no action here serves becomes `none`.
A tenth, chosen by a hash of the text, is never trained on and measures false actions. The text itself stays outside
the project; without the folder these rows are simply absent.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nearhand.models.language import Plan, parse
from nearhand.models.words import normalize, pieces
from nearhand.models.written import Row, Turn

FOLDER = Path(os.environ.get("NEARHAND_SHARED", Path(__file__).resolve().parent.parent.parent / "shared")) / "data"
FILE = FOLDER / "utterances" / "utterances.jsonl"

_CHAT = frozenset(
    "general_praise general_quirky general_greet greeting goodbye thank_you are_you_a_bot who_made_you "
    "what_are_your_hobbies what_is_your_name where_are_you_from how_old_are_you do_you_have_pets who_do_you_work_for "
    "meaning_of_life".split()
)
_NOTHING = frozenset({"general_commandstop", "general_dontcare", "cancel"})
_OURS = (
    "calendar", "email", "lists", "reminder", "todo_list", "shopping_list", "schedule_meeting", "meeting_schedule",
    "what_can_i_ask_you", "general_", "yes", "no", "maybe", "repeat", "alarm_query",
)  # fmt: skip
"""Labels that name something of ours, or nothing by themselves; they are not taken as out of scope."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One real request: its text, source label and labelled spans (type, words)."""

    text: str
    source: str
    label: str
    spans: tuple[tuple[str, str], ...]


def read(path: Path = FILE) -> Iterator[Utterance]:
    """Every utterance, or none if the file is not there."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            spans = tuple((kind, row["text"][a:b].strip()) for kind, a, b in row["entities"])
            yield Utterance(row["text"], row["source"], row["label"], spans)


def held_out(text: str) -> bool:
    """Whether a text belongs to the tenth that is never trained on."""
    return hashlib.sha256(normalize(text).lower().encode()).digest()[0] < 26


def negative(row: Utterance) -> Plan | None:
    """The `none` plan of an utterance that no action serves; None if its label does not settle that."""
    if row.label in _CHAT:
        return parse("none why=chat")
    if row.label in _NOTHING:
        return parse("none why=nothing")
    return None if row.label.startswith(_OURS) or row.label == "no" else parse("none why=scope")


def rows(test: bool = False) -> list[Row]:
    """Out-of-scope and chat rows: those to train on, or those held out."""
    return [
        Row(Turn(normalize(row.text), plan), None, row.source, normalize(row.text))
        for row in read()
        if held_out(row.text) == test and (plan := negative(row)) is not None and pieces(row.text)
        and not set("{}|") & set(row.text)
    ]  # fmt: skip
