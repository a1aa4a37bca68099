"""A reply as a person reads it on a terminal: one sentence, then the list or the diff, then how to go on.

Returns lines; printing is done by `session.py`. Deliberately not here: the JSON form (`Reply.to_json`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nearhand.agent.effects.records import State
from nearhand.agent.reply import Reply, Result, Status
from nearhand.agent.showing import diff as show_diff
from nearhand.agent.showing import items as show_items
from nearhand.agent.showing import show
from nearhand.agent.showing.show import Paint

_ODD = (State.FAILED, State.UNKNOWN, State.SKIPPED)
_QUOTED = ("mail.read", "text.summarize", "text.compose")
"""Actions whose lines are somebody's text, shown as a quotation."""
_LONG = 200


def lines(reply: Reply, paint: Paint, columns: int = 100) -> list[str]:
    """Everything a person is told about a request."""
    told = [_colour(reply.status, paint)(line) for line in show.block(_sentence(reply)).split("\n")]
    for result in reply.results:
        told += _result(result, paint, columns, reply)
    told += choices(reply)
    return told + [paint.faint(line) for line in _onward(reply)]


def choices(reply: Reply) -> list[str]:
    """The numbered answers to a question."""
    return [f"  {n}  {show.plain(choice)}" for n, choice in enumerate(reply.choices, 1)]


def _sentence(reply: Reply) -> str:
    if reply.status is Status.APPROVE:
        return _lead(reply)
    if reply.status is Status.ASK and reply.question not in reply.answer:
        return f"{reply.answer}\n{reply.question}".strip()
    return reply.answer or reply.status.value.capitalize() + "."


def _lead(reply: Reply) -> str:
    """What is said before the list of what would be done; the list itself stands below, one line for each change."""
    lead, _, _ = reply.answer.partition("Approve it with:")
    for text in (line for result in reply.results for line in result.lines):
        lead = lead.replace(text, "", 1)
    return " ".join(lead.split()) or "This would be done:"


def _colour(status: Status, paint: Paint) -> Callable[[str], str]:
    match status:
        case Status.FAILED | Status.REFUSED:
            return paint.bad
        case Status.ASK | Status.APPROVE:
            return paint.warn
    return paint.strong


def _result(result: Result, paint: Paint, columns: int, reply: Reply) -> Iterator[str]:
    """Lines stand for the items they tell of; items that were changed are no longer as they were found."""
    answer = _sentence(reply)
    if result.skipped and result.skipped not in answer:
        yield f"  {show.plain(result.skipped)}"
    if result.action in _QUOTED:
        yield from show.shortened([f"  | {show.plain(line)}".rstrip() for line in result.lines], _LONG)
    elif result.lines:
        yield from show.bullets([line for line in result.lines if line not in answer])
    elif result.items and not result.outcomes:
        yield from show_items.rows(result.items, columns)
    if "written_by" in result.facts:
        yield paint.faint("  (This was written by others.)")
    yield from _outcomes(result, paint, answer)
    yield from (f"  {line}" for line in show_diff.lines(result.diff, paint))


def _outcomes(result: Result, paint: Paint, answer: str) -> Iterator[str]:
    """What was done, and whatever went otherwise with its reason."""
    done = [o.text for o in result.outcomes if o.state in (State.DONE, State.UNDONE)]
    if any(text.rstrip(".") not in answer for text in done):
        yield from show.shortened([f"  {paint.good('✓')} {show.plain(text)}" for text in done])
    for outcome in result.outcomes:
        if outcome.state in _ODD:
            why = f": {outcome.reason}" if outcome.reason else ""
            yield f"  {paint.bad('✗')} {show.plain(outcome.text.rstrip('.') + why)}"


def _onward(reply: Reply) -> list[str]:
    numbers = " ".join(map(str, reply.journal))
    if reply.status is Status.APPROVE and numbers:
        return [f"Nothing has been done yet. Run it: nearhand approve {numbers}   Drop it: nearhand reject {numbers}"]
    if len(reply.journal) != 1:
        return []
    acted = any(o.state is State.DONE for result in reply.results for o in result.outcomes)
    return [f"Take it back: nearhand undo {numbers}"] if acted else []
