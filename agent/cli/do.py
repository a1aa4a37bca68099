"""The verbs that ask and act: do, plan, undo, and the batch form.

Whoever sits at a terminal is asked and can answer; a pipe is never asked, so what needs an approval waits for it.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from nearhand.agent.cli import reply as cli_reply
from nearhand.agent.cli.options import BROKEN_OFF, UsageError
from nearhand.agent.cli.session import NoPlanner, Session
from nearhand.agent.effects.outcomes import words
from nearhand.agent.reply import Reply, Status
from nearhand.agent.showing import diff as show_diff
from nearhand.agent.showing import show

if TYPE_CHECKING:
    from nearhand.agent.approve import Approve, Card
    from nearhand.agent.daemon.remote import Agent

Turn = Callable[["Agent", str], Reply]
WORST = (0, 3, 5, 4, 1, BROKEN_OFF)
"""Exit codes, the better before the worse."""


def do(session: Session, options: Namespace) -> int:
    """Plan, show, ask and act; goes on while the person answers questions."""
    approve = approver(session, options.yes)
    if options.batch:
        return batch(session, lambda agent, text: agent.do(text, approve))
    text = _words(options, "do")
    with session.agent() as agent:
        reply = agent.do(text, approve)
        code = answered(session, reply)
        while reply.status is Status.ASK and session.interactive:
            answer = session.ask("> ")
            if not answer:
                break
            reply = agent.do(picked(answer, reply.choices), approve)
            code = answered(session, reply)
        return code


def plan(session: Session, options: Namespace) -> int:
    """The plan only."""
    if options.batch:
        return batch(session, lambda agent, text: agent.plan(text))
    text = _words(options, "plan")
    with session.agent() as agent:
        reply = agent.plan(text)
        code = answered(session, reply)
        if reply.plan is not None and not session.json:
            session.say([session.paint.faint(f"Plan: {show.plain(str(reply.plan))}")])
        return code


def undo(session: Session, options: Namespace) -> int:
    """Take turns back."""
    with session.agent(NoPlanner()) as agent:
        return answered(session, agent.undo(tuple(options.ids), approver(session, options.yes)))


def answered(session: Session, reply: Reply) -> int:
    """Print a reply; returns its exit code."""
    if session.json:
        session.tell(reply.to_json())
    elif reply.status is Status.FAILED and not reply.results:
        session.warn(reply.answer)
    else:
        session.say(cli_reply.lines(reply, session.paint, session.columns))
    return session.code(reply)


def approver(session: Session, yes: bool) -> Approve | None:
    """Who says yes: the option, the person at the terminal, or nobody."""
    if yes:
        from nearhand.agent.approve import beforehand

        return beforehand
    return (lambda card: _asked(session, card)) if session.interactive else None


def _asked(session: Session, card: Card) -> bool:
    from nearhand.agent.cli import allowed

    session.say(card_lines(card, session))
    if card.grants:
        session.say([allowed.offer(session, card.grants)])
    said = session.ask("Do it? [y/N] ").casefold()
    if said == "always" and card.grants:
        allowed.allow(session, card.grants)
        return True
    return said in ("y", "yes")


def card_lines(card: Card, session: Session) -> Iterator[str]:
    """What a person reads before they say yes."""
    paint, count = session.paint, len(card.lines)
    yield paint.strong("This is what will be done:" if count == 1 else f"This is what will be done ({count} changes):")
    yield from show.shortened([f"  {n}. {show.plain(line)}" for n, line in enumerate(card.lines, 1)])
    yield from (f"     {line}" for line in show_diff.lines(card.diff, paint))
    yield from (paint.warn(show.plain(reason)) for reason in card.reasons)


def picked(answer: str, choices: Sequence[str]) -> str:
    """The choice that a number means; anything else is the person's own words."""
    if answer.isascii() and answer.isdigit() and 1 <= int(answer[:9]) <= len(choices):
        return choices[int(answer) - 1]
    return answer


def batch(session: Session, turn: Turn) -> int:
    """Answer every line of stdin with one JSON object; returns the worst exit code."""
    worst = 0
    with session.agent() as agent:
        for raw in _lines():
            code = _one(session, agent, turn, raw)
            worst = max(worst, code, key=WORST.index)
            if session.stop.is_set():
                return BROKEN_OFF if worst == 0 else worst
    return worst


def _one(session: Session, agent: Agent, turn: Turn, raw: bytes) -> int:
    text = raw.decode("utf-8", "replace").strip()
    try:
        raw.decode("utf-8")
        reply = turn(agent, text) if text else failure("", "The line is empty: there is no request in it.")
    except UnicodeDecodeError:
        reply = failure(text, "The line is not text in UTF-8, so it was not read.")
    except Exception as error:
        reply = failure(text, words(error))
    session.tell(reply.to_json())
    return session.code(reply)


def failure(request: str, sentence: str) -> Reply:
    """A request that came to nothing."""
    return Reply(Status.FAILED, request, sentence, confidence=0.0)


def _lines() -> Iterable[bytes]:
    source = getattr(sys.stdin, "buffer", None)
    return source if source is not None else (line.encode("utf-8", "surrogateescape") for line in sys.stdin)


def _words(options: Namespace, verb: str) -> str:
    text = " ".join(options.text).strip()
    if not text:
        raise UsageError(f'Say what it is about: nearhand {verb} "put last month\'s scans into Receipts"')
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise UsageError("The request is not text in UTF-8. Type it again.")
    return text
