"""Moves on the server that a run which was cut off had begun: what became of them, and finishing them.

The run wrote down which copies it was about to make (`standing.py`); here they are looked for, so that neither a copy
nor its original passes for a mail that somebody else put there. Deliberately not here: making them (`moves.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from nearhand.connectors.errors import NotFoundError, RefusedError
from nearhand.connectors.imap.moves import alike
from nearhand.connectors.imap.standing import Boxes
from nearhand.connectors.imap.state import Copy, Known, MailState


@dataclass(frozen=True, slots=True)
class Half:
    """A mail that has arrived where a run was moving it."""

    mail: Known
    """As the state has it."""
    moved: Known
    """As it is once the move is finished."""
    alive: bool
    """Whether the original is still where it was."""


def finish(boxes: Boxes, state: MailState) -> None:
    """Take note of the moves of a run that was cut off, so that they do not pass for somebody else's.

    Where a server cannot move by itself and there is a copy that the run made, the original is given up.
    """
    known = {mail.id: mail for mail in state.mails()}
    for folder, copies in _pending(state).items():
        with suppress(NotFoundError, RefusedError):  # the next sync tries again
            for place, some in _by_place(_halves(boxes, folder, copies, known)).items():
                alive = [half.mail.uid for half in some if half.alive]
                if alive:
                    boxes.go(place)
                    boxes.session.remove(alive)
                state.save(half.moved for half in some)
            state.settle(copy.mail for copy in copies)


def halves(boxes: Boxes, state: MailState) -> Iterator[Half]:
    """What `finish` would work on, without changing anything."""
    known = {mail.id: mail for mail in state.mails()}
    for folder, copies in _pending(state).items():
        with suppress(NotFoundError, RefusedError):
            yield from _halves(boxes, folder, copies, known)


def _pending(state: MailState) -> Mapping[str, list[Copy]]:
    found: dict[str, list[Copy]] = defaultdict(list)
    for copy in state.copies():
        found[copy.folder].append(copy)
    return found


def _halves(boxes: Boxes, folder: str, copies: Sequence[Copy], known: Mapping[int, Known]) -> list[Half]:
    if folder not in boxes.layout.boxes or boxes.is_new(folder):
        return []
    stand = boxes.refresh(folder)
    ours = [copy for copy in copies if copy.validity in (0, stand.validity) and copy.mail in known]
    taken = {mail.uid for mail in known.values() if mail.place == folder}
    oldest = min((copy.uidnext for copy in ours), default=0)
    strange = {uid for uid in boxes.session.living() - taken if uid >= oldest} if ours else set[int]()
    found = alike(boxes.session, strange, {copy.size for copy in ours}, {copy.key for copy in ours})
    made = {known[copy.mail]: found[copy.key].pop(0).uid for copy in ours if found.get(copy.key)}
    alive = {each for place in {mail.place for mail in made} - {folder} for each in _alive_in(boxes, place, made)}
    return [
        Half(mail, replace(mail, place=folder, validity=stand.validity, uid=uid), mail in alive)
        for mail, uid in made.items()
        if mail.place != folder and not (boxes.session.moves and mail in alive)
    ]


def _alive_in(boxes: Boxes, place: str, mails: Collection[Known]) -> set[Known]:
    """Those of some mails that are where they were; goes there."""
    if place not in boxes.layout.boxes or boxes.is_new(place):
        return set()
    boxes.go(place)
    living = boxes.session.living()
    return {m for m in mails if m.place == place and m.uid in living and m.validity == boxes.session.validity}


def _by_place(some: Sequence[Half]) -> dict[str, list[Half]]:
    found: dict[str, list[Half]] = defaultdict(list)
    for half in sorted(some, key=lambda each: each.mail.place):
        found[half.mail.place].append(half)
    return found
