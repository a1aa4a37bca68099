"""Where one quote ends and the next begins, when the words alone cannot tell: decided by what is there.

"Call the holiday snap beach.jpg" names a file and its new name without a word between them; only the files tell where
the first one ends. Deliberately not here: any change of what is done, or a word that was not said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from nearhand.agent.home import Home
from nearhand.agent.left_out import with_hour
from nearhand.agent.resolve.when.untouched import said_before
from nearhand.agent.search.query import Query
from nearhand.agent.texts.folding import stem, telling, words
from nearhand.connectors.catalogue import ACTIONS
from nearhand.models.language import Enum, Plan, Quote, Ref, Step, ordered

_BOTH = re.compile(r"(both) (?:of )?(?:the |my )?(\S.*)", re.I)
_WHICH = {"latest": "latest", "newest": "latest", "most recent": "latest", "oldest": "oldest", "biggest": "largest",
          "largest": "largest", "smallest": "smallest"}  # fmt: skip
_FILE_NAME = re.compile(r"(\S.*) (\S+\.[^\W_]{1,5})")


def settled(text: str, plan: Plan, home: Home) -> Plan:
    """The plan, with words that one quote holds by oversight given to the slots that they are for."""

    def names(said: str) -> bool:
        return _names_a_file(said, home)

    steps = (_counted(text, _called(text, step, names)) for step in plan.steps)
    told = [_picked(text, _longer(text, _untouched(text, step))) for step in steps]
    return Plan(_found_first(text, with_hour(text, told[0])) if len(told) == 1 else tuple(told))


def _picked(text: str, step: Step) -> Step:
    """ "The newest offer" is the newest of the offers, where the plan has only the offer."""
    word = _which(text, _said(step, "what"))
    if not word or "which" not in ACTIONS[step.action].slots or step.has("which", "count"):
        return step
    return replace(step, slots=ordered([*step.slots, ("which", Enum(word))]))


def _found_first(text: str, step: Step) -> tuple[Step, ...]:
    """ "Mail Viktor the most recent offer": the file is looked for, then it goes."""
    said = _said(step, "attach")
    word = _which(text, said)
    if not word:
        return (step,)
    kept = [pair for pair in step.slots if pair[0] != "attach"]
    found = Step("files.find", ordered([("what", Quote(said)), ("which", Enum(word))]))
    return found, replace(step, slots=ordered([*kept, ("attach", Ref(1))]))


def _which(text: str, said: str) -> str:
    """The word of the catalogue for a superlative right before these words; "" if there is none."""
    found = re.search(rf"\b({'|'.join(_WHICH)}) {re.escape(said)}(?!\w)", text, re.I) if said else None
    return _WHICH[found[1].lower()] if found else ""


def _untouched(text: str, step: Step) -> Step:
    """ "Not opened since March": with the "not", which the time alone would turn around."""
    when = _said(step, "when") if step.action.startswith("files.") else ""
    found = said_before(text, when) if when else ""
    return _with(step, when=found) if found else step


def _longer(text: str, step: Step) -> Step:
    """ "Half an hour longer" is not half an hour."""
    length = _said(step, "for")
    found = re.search(rf"\b{re.escape(length)} (?:longer|shorter|more|less|extra)\b", text, re.I) if length else None
    return _with(step, **{"for": found[0]}) if found else step


def _called(text: str, step: Step, names: Callable[[str], bool]) -> Step:
    """Old and new name of a file, said without a word between: the old one is the longest that is there."""
    whole = _old_and_new(text, step)
    if not whole:
        return step
    renamed = re.search(r"\brename", text, re.I)  # "rename the picture IMG_1.jpg" says one name, and no new one
    gaps = [] if renamed and names(whole) else [gap.start() for gap in re.finditer(" ", whole)]
    cut = next((gap for gap in reversed(gaps) if names(whole[:gap])), None)
    if cut is None and not renamed:
        plain = _FILE_NAME.fullmatch(whole) if step.ask else None
        cut = plain.end(1) if plain else None
    return step if cut is None else _with(step, what=whole[:cut], name=whole[cut + 1 :])


def _old_and_new(text: str, step: Step) -> str:
    """The words of both names, if they stand side by side; "" if something stands between them or this is no naming."""
    old = _said(step, "what")
    if step.action != "files.rename" or not old or not re.search(r"\b(?:re)?(?:call|name|title|label)\b", text, re.I):
        return ""
    if step.ask == "name":
        return old
    both = f"{old} {_said(step, 'name')}"
    return both if not step.ask and both in text else ""


def _names_a_file(said: str, home: Home) -> bool:
    wanted = Counter(map(stem, telling(said)))
    found = home.find(Query(area="files", words=(said,))) if home.has("files") else []
    return any(wanted <= Counter(map(stem, words(item.title))) for item in found)


def _counted(text: str, step: Step) -> Step:
    """ "both contracts" is two of the contracts, whether "both" is in the quote or was left out before it."""
    what = _said(step, "what")
    outside = re.search(rf"\b(both) (?:of )?(?:the |my )?({re.escape(what)})", text, re.I) if what else None
    both = _BOTH.fullmatch(what) or outside
    if not both or "count" not in ACTIONS[step.action].slots or any(name == "count" for name, _ in step.slots):
        return step
    return _with(step, count=both[1], what=both[2])


def _with(step: Step, **quotes: str) -> Step:
    kept = [pair for pair in step.slots if pair[0] not in quotes]
    said = [(name, Quote(text)) for name, text in quotes.items()]
    return replace(step, slots=ordered([*kept, *said]), ask=None if step.ask in quotes else step.ask)


def _said(step: Step, slot: str) -> str:
    """What a slot holds, if one quote says it."""
    said = [value.text for name, value in step.slots if name == slot and isinstance(value, Quote)]
    return said[0] if len(said) == 1 else ""
