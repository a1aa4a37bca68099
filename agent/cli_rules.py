"""`nearhand rules` lists, pauses and removes standing rules by number; `nearhand daemon` says that it is not there yet.

A rule is paused or removed like anything else: in the journal, with its inverse. New rules are said in a sentence.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nearhand.agent import cli_do, show
from nearhand.agent.cli_options import UsageError
from nearhand.agent.cli_session import NoPlanner, Session
from nearhand.agent.digest import digest
from nearhand.agent.errors import AgentError
from nearhand.agent.outcomes import summary
from nearhand.agent.records import State, Turn
from nearhand.agent.reply import Reply, Result, Status, item_json
from nearhand.agent.steps import Ready
from nearhand.connectors.base import Call, Item
from nearhand.connectors.errors import ConnectorError

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine
    from nearhand.connectors.base import Connector


def rules(session: Session, options: Namespace) -> int:
    """List the rules, or change one of them."""
    with session.engine(NoPlanner()) as engine:
        found = listed(engine.home.connectors["rules"])
        if options.act == "list":
            return _list(session, found)
        if options.id is None:
            raise UsageError(f"Say which rule: nearhand rules {options.act} NUMBER (as nearhand rules lists them)")
        if options.id > len(found):
            raise AgentError(f"There is no rule {options.id}. `nearhand rules` lists them.")
        return cli_do.answered(session, changed(engine, f"rules.{options.act}", options.id, found[options.id - 1]))


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


def _list(session: Session, found: Sequence[Item]) -> int:
    several = f"There are {len(found)} rules." if len(found) > 1 else "There is one rule."
    said = several if found else 'There are no rules. Make one: nearhand do "from now on move newsletters to Later"'
    if session.json:
        session.tell({"status": "done", "answer": said, "rules": [_json(n, item) for n, item in enumerate(found, 1)]})
        return 0
    rows = [(str(n), _standing(item), item.title, show.moment(item.when)) for n, item in enumerate(found, 1)]
    session.say([said, *show.table(rows, session.columns)])
    return 0


def _standing(item: Item) -> str:
    if "unreadable" in item.extra:
        return f"cannot be read: {item.extra['unreadable']}"
    return "paused" if item.extra.get("paused") else "on"


def _json(number: int, item: Item) -> dict[str, object]:
    return {"id": number, "state": _standing(item), "plan": item.extra.get("plan", ""), **item_json(item)}


def daemon(session: Session, options: Namespace) -> int:
    """The background service does not exist yet."""
    raise AgentError("The background service is not there yet, so rules do not run by themselves. All else works.")
