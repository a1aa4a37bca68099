"""`nearhand rules`: standing rules by number: list, show, try, run, pause, resume, remove, log, undo, revoke.

A rule is paused or removed like anything else: in the journal, with its inverse. New rules are said in a sentence.
What the verbs about a rule's work do is in `rules/desk.py`; here is what is typed and what is shown.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nearhand.agent.cli import allowed, do, log
from nearhand.agent.cli.options import UsageError
from nearhand.agent.cli.session import NoPlanner, Session
from nearhand.agent.effects.outcomes import summary
from nearhand.agent.effects.records import State, Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.errors import AgentError
from nearhand.agent.policy.digest import digest
from nearhand.agent.reply import Reply, Result, Status, item_json
from nearhand.agent.rules.desk import RuleDesk
from nearhand.agent.rules.shelf import Shelf
from nearhand.agent.showing import show
from nearhand.connectors.base import Call, Item
from nearhand.connectors.errors import ConnectorError

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine
    from nearhand.connectors.base import Connector


def rules(session: Session, options: Namespace) -> int:
    """List the rules and what is always allowed, or change one of them."""
    if options.act == "revoke":
        return allowed.revoke(session, options.id)
    with session.engine(NoPlanner()) as engine:
        found = listed(engine.home.connectors["rules"])
        if options.act == "list":
            return _list(session, found, Shelf(engine))
        if options.id is None:
            raise UsageError(f"Say which rule: nearhand rules {options.act} NUMBER (as nearhand rules lists them)")
        if options.id > len(found):
            raise AgentError(f"There is no rule {options.id}. `nearhand rules` lists them.")
        return _act(session, engine, options, found[options.id - 1])


def _act(session: Session, engine: Engine, options: Namespace, item: Item) -> int:
    desk, yes = RuleDesk(engine), do.approver(session, options.yes)
    match options.act:
        case "show":
            return _told(session, desk.shown(item.ref), {"text": desk.text(item.ref)})
        case "try":
            return _told(session, desk.tried(item.ref))
        case "log" if session.json:
            entries = [log.entry_json(entry) for entry in desk.log(item.ref)]
            return _told(session, ["What the rule did."], {"entries": entries})
        case "log":
            session.say(log.lines(desk.log(item.ref), session.paint, session.columns))
            return 0
        case "run":
            return do.answered(session, desk.run(item.ref, yes))
        case "resume":
            return do.answered(session, desk.resumed(item.ref, yes))
        case "undo":
            return do.answered(session, desk.undone(item.ref, yes))
    return do.answered(session, changed(engine, f"rules.{options.act}", options.id, item))


def _told(session: Session, lines: Sequence[str], more: dict[str, object] | None = None) -> int:
    if session.json:
        session.tell({"status": "done", "answer": lines[0] if lines else "", "lines": list(lines), **(more or {})})
    else:
        session.say([show.plain(line) for line in lines])
    return 0


def listed(connector: Connector) -> list[Item]:
    """Every rule, the oldest first; its number is its place here."""
    found = []
    for ref, _ in connector.scan():
        try:
            found.append(connector.load(ref))
        except ConnectorError:
            continue  # gone between the two looks
    return sorted(found, key=lambda item: (item.when.timestamp() if item.when else 0.0, item.ref))


def changed(engine: Engine, action: str, number: int, item: Item) -> Reply:
    """Do one action to one rule, as a turn of the journal that can be undone."""
    request = f"{action.replace('.', ' ')} {number}"
    effects = tuple(engine.home.connectors["rules"].expand(Call(action, (item,))))
    reply = Reply(Status.DONE, request, "It is that way already; nothing was changed.")
    if not effects:
        return reply
    steps, plan = (Ready(effects),), f"{action} what={item.ref}"
    turn = engine.journal.begin(Turn(request, plan, engine.home.clock.now))
    named = digest(plan, steps)
    engine.journal.approve(turn, named)
    outcomes = engine.executor.run(turn, steps, named)
    failed = any(outcome.state is not State.DONE for outcome in outcomes)
    answer = summary(outcomes) if failed else " ".join(outcome.text for outcome in outcomes)
    engine.journal.answered(turn, answer)
    status = Status.FAILED if failed else Status.DONE
    return Reply(status, request, answer, results=(Result(action, outcomes=outcomes),), journal=(turn,))


def _list(session: Session, found: Sequence[Item], shelf: Shelf) -> int:
    several = f"There are {len(found)} rules." if len(found) > 1 else "There is one rule."
    said = several if found else 'There are no rules. Make one: nearhand do "from now on move newsletters to Later"'
    shelf.active()
    if session.json:
        rules = [_json(n, item, shelf) for n, item in enumerate(found, 1)]
        held = [{"id": n, **allowed.to_json(each)} for n, each in enumerate(allowed.held(session), 1)]
        session.tell({"status": "done", "answer": said, "rules": rules, "allowed": held})
        return 0
    rows = [(str(n), _standing(item, shelf), item.title, show.moment(item.when)) for n, item in enumerate(found, 1)]
    session.say([said, *show.table(rows, session.columns), *allowed.lines(allowed.held(session))])
    return 0


def _standing(item: Item, shelf: Shelf) -> str:
    if "unreadable" in item.extra:
        return f"cannot be read: {item.extra['unreadable']}"
    return "paused" if item.extra.get("paused") else shelf.idle.get(item.ref, "on")


def _json(number: int, item: Item, shelf: Shelf) -> dict[str, object]:
    return {"id": number, "state": _standing(item, shelf), "plan": item.extra.get("plan", ""), **item_json(item)}
