"""`nearhand approve` and `reject`: without a number they list what waits; with numbers they answer.

Deliberately not here: what waits and why (`approvals.py`).
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from nearhand.agent.cli.do import WORST, answered
from nearhand.agent.cli.session import NoPlanner, Session
from nearhand.agent.showing import diff as show_diff
from nearhand.agent.showing import show
from nearhand.connectors.base import Risk

if TYPE_CHECKING:
    from nearhand.agent.daemon.remote import Agent
    from nearhand.agent.policy.approvals import Waiting
    from nearhand.agent.reply import Reply

_LINES, _LETTER = 5, 200
"""Lines of one plan in the list, and of its mails; all of them are in `--json`."""


def approve(session: Session, options: Namespace) -> int:
    """Run what waits."""
    return _each(session, options.ids, lambda agent, number: agent.approve(number))


def reject(session: Session, options: Namespace) -> int:
    """Drop what waits."""
    return _each(session, options.ids, lambda agent, number: agent.reject(number))


def _each(session: Session, ids: Sequence[int], answer: Callable[[Agent, int], Reply]) -> int:
    if not ids:
        return _list(session)
    with session.agent(NoPlanner()) as agent:
        return max((answered(session, answer(agent, number)) for number in ids), key=WORST.index)


def _list(session: Session) -> int:
    from nearhand.agent.policy.approvals import waiting

    with session.engine(NoPlanner()) as engine:
        found = waiting(engine)
    said = heading(len(found))
    if session.json:
        session.tell({"status": "done", "answer": said, "waiting": [each.to_json() for each in found]})
    else:
        session.say([said, *(line for each in found for line in lines(each, session))])
    return 0


def heading(count: int) -> str:
    """How many wait, and what to do about it."""
    if not count:
        return "Nothing waits for you."
    what = "One plan waits for you." if count == 1 else f"{count} plans wait for you."
    return f"{what} Run it: nearhand approve NUMBER   Drop it: nearhand reject NUMBER"


def lines(found: Waiting, session: Session) -> Iterator[str]:
    """One plan of the queue: its number, since when, what was asked, and what would be done."""
    paint = session.paint
    yield show.cut(f"  {found.id}  {show.moment(found.at.astimezone())}  {show.plain(found.request)}", session.columns)
    if found.risk is Risk.OUTWARD:
        yield paint.warn("      Other people will see this.")
    if found.cut_off:
        yield paint.warn("      It was approved, but cut off before anything was done.")
    yield from (f"      {show.plain(line)}" for line in found.lines[:_LINES])
    if len(found.lines) > _LINES:
        yield f"      ... and {len(found.lines) - _LINES} more"
    yield from show.shortened([f"      {line}" for line in show_diff.lines(found.letters, paint)], _LETTER)
