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
from dataclasses import dataclass, replace
from pathlib import Path

from nearhand.models.language import Plan, parse
from nearhand.models.marked import split
from nearhand.models.words import normalize, pieces
from nearhand.models.written import Row, Turn, read_line

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


LABELS = Path(__file__).parent / "corpus" / "utterances.tsv"
"""Plans for real requests: hash of the text, then the plan with quotes as `first:end` character positions."""


def fingerprint(text: str) -> str:
    """The name under which a text is labelled, so that the text itself stays outside the project."""
    return hashlib.sha256(normalize(text).lower().encode()).hexdigest()[:16]


def labelled(test: bool = False) -> list[Row]:
    """Real requests that a reader labelled with plans: those to train on, or those held out."""
    if not LABELS.is_file():
        return []
    marks = dict(line.split("\t", 1) for line in LABELS.read_text(encoding="utf-8").splitlines() if line)
    return [
        replace(read_line(_unpacked(marks[key], normalize(row.text))), source=row.source)
        for row in read()
        if held_out(row.text) == test and (key := fingerprint(row.text)) in marks
    ]


def pack(line: str) -> str:
    """A corpus line without its words: `PLAN | first:end:roles ...`, positions in the normalized request."""
    head, _, marked = line.partition("|")
    at, places = 0, []
    for part in split(normalize(marked)):
        if part.roles:
            roles = ",".join(f"{step}.{slot}" for step, slot in part.roles)
            places.append(f"{at}:{at + len(part.text)}:{roles}")
        at += len(part.text)
    return f"{fingerprint(text_of(line))}\t{head.strip()}|{' '.join(places)}"


def text_of(line: str) -> str:
    """The request of a corpus line, without marks."""
    return "".join(part.text for part in split(normalize(line.partition("|")[2])))


def _unpacked(packed: str, text: str) -> str:
    head, _, places = packed.partition("|")
    for place in sorted(places.split(), key=lambda p: -int(p.split(":")[0])):
        first, end, roles = place.split(":")
        a, b = int(first), int(end)
        text = f"{text[:a]}{{{roles}:{text[a:b]}}}{text[b:]}"
    return f"{head} | {text}"
