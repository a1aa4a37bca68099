"""A reply as the conversation shows it: one sentence, then what is behind it, then how to go on. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from nearhand.agent.effects.records import State
from nearhand.agent.reply import Reply, Result, Status
from nearhand.agent.showing import diff as show_diff
from nearhand.agent.showing import items as show_items
from nearhand.agent.showing import show
from nearhand.agent.showing.show import Paint
from nearhand.agent.tui.looks.values import Cell, cell, lines

_TONES = {
    Status.DONE: "strong", Status.ASK: "warn", Status.APPROVE: "warn", Status.REFUSED: "", Status.FAILED: "bad",
}  # fmt: skip
_MOST = 12
_ODD = (State.FAILED, State.UNKNOWN, State.SKIPPED)


def told(reply: Reply, columns: int) -> list[Cell]:
    """Everything that is said about a request."""
    from nearhand.agent import (
        turns,  # with all that the engine needs; it is there by now, and not before the first frame
    )

    done = [o for result in reply.results for o in result.outcomes if o.state is State.DONE]
    each = reply.status is Status.DONE and len(done) > 1
    answer = reply.answer.replace(turns.said(done), "").strip() or "Done:" if each else reply.answer
    cells = [Cell(line.text, _TONES[reply.status]) for line in lines(answer or reply.status.value)]
    cells += _few([cell(f"  ✓ {turns.past(o.text)}", "good") for o in done]) if each else []
    if reply.status is Status.ASK and reply.question not in reply.answer:
        cells.append(cell(reply.question, "warn"))
    for result in reply.results:
        cells += _result(result, reply, columns)
    cells += [cell(f"  {number}  {choice}") for number, choice in enumerate(reply.choices, 1)]
    return [*cells, *_onward(reply)]


def _result(result: Result, reply: Reply, columns: int) -> Iterator[Cell]:
    if result.skipped and result.skipped not in reply.answer:
        yield cell(f"  {result.skipped}")
    if result.lines:
        quoted = "│ " if result.action == "mail.read" or "author" in result.facts else ""
        shown = [cell(f"  {quoted}{line}") for line in result.lines if line not in reply.answer]
        yield from shown if "author" in result.facts else _few(shown)
    elif result.items and not result.outcomes:
        yield from _few([Cell(line) for line in show_items.rows(result.items, columns - 2, _MOST)])
    if "written_by" in result.facts:
        yield cell("  (This was written by others.)", "faint")
    yield from _outcomes(result, reply.answer)
    yield from (Cell(f"  {line}", _diff_tone(line)) for line in show_diff.lines(result.diff, Paint(False))[:_MOST])


def _outcomes(result: Result, answer: str) -> Iterator[Cell]:
    for outcome in result.outcomes:
        if outcome.state in _ODD and outcome.reason not in answer:
            yield cell(f"  ✗ {outcome.text.rstrip('.')}{f': {outcome.reason}' if outcome.reason else ''}", "bad")


def _few(cells: list[Cell]) -> list[Cell]:
    more = [cell(f"  … and {len(cells) - _MOST} more", "faint")] if len(cells) > _MOST else []
    return [*cells[:_MOST], *more]


def _diff_tone(line: str) -> str:
    return {"+": "good", "-": "bad"}.get(line[:1], "faint")


def _onward(reply: Reply) -> list[Cell]:
    acted = any(o.state is State.DONE for result in reply.results for o in result.outcomes)
    if reply.status is Status.ASK:
        return [cell("Type a number, or answer in your words.", "faint")] if reply.choices else []
    if acted and reply.results and reply.results[0].action == "agent.undo":
        return [cell("Ctrl+Y does it again.", "faint")]
    return [cell("Ctrl+Z takes it back.", "faint")] if acted else []


def brief(reply: Reply) -> str:
    """The answer in one line, for a message that goes away by itself."""
    return show.cut(show.plain(reply.answer[:2000]), 160)
