"""What a client can have done, each operation by the engine of that client. One line of the table is one operation.

Nothing is decided here that is not decided for somebody who works alone: the same engine, cards and policy.
Deliberately not here: lines and connections (`talk.py`), and what has no reply (status, queue, sync).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nearhand.agent.approve import Approve
from nearhand.agent.daemon.protocol import Request
from nearhand.agent.daemon.protocol_cards import pointed_read
from nearhand.agent.errors import AgentError
from nearhand.agent.loop import Engine
from nearhand.agent.outgoing import withdrawn
from nearhand.agent.reply import Reply
from nearhand.connectors.base import Item
from nearhand.models.language import Plan, PlanError, parse

_Operation = Callable[[Request, Engine, Approve | None], Reply]


def done(job: Request, engine: Engine, approve: Approve | None) -> Reply:
    """Do what was asked for; raises AgentError for what is none of these, or lacks something."""
    if job.op not in _OPERATIONS:
        raise AgentError(f"“{job.op}” is nothing that can be done.")
    return _OPERATIONS[job.op](job, engine, approve)


def _pointed(job: Request, engine: Engine, approve: Approve | None) -> Reply:
    return engine.point(job.text, _plan(job), _whole(pointed_read(job.items), engine), approve)


def _whole(items: Sequence[Item], engine: Engine) -> list[Item]:
    """The items as the index has them, if they are the same: their text did not come along."""
    found = [(item, engine.home.index.get(item.connector, item.ref)) for item in items]
    return [near if near and near.version == item.version else item for item, near in found]


def _plan(job: Request) -> Plan:
    try:
        return parse(job.plan)
    except PlanError as error:
        raise AgentError(f"“plan” is not a plan: {error}") from error


def _rule(job: Request, engine: Engine, approve: Approve | None) -> Reply:
    from nearhand.agent.rules.desk import RuleDesk  # only few who connect want it

    desk = RuleDesk(engine)
    does = {"run": desk.run, "resume": desk.resumed, "undo": desk.undone}
    if job.text not in does:
        raise AgentError(f"A rule can be told to {', '.join(does)}; not to “{job.text}”.")
    return does[job.text](job.ref, approve)


def _one(job: Request) -> int:
    if len(job.numbers) != 1:
        raise AgentError(f"Say which one: {job.op} takes the number of one turn.")
    return job.numbers[0]


_OPERATIONS: Mapping[str, _Operation] = {
    "do": lambda job, engine, approve: engine.do(job.text, approve),
    "plan": lambda job, engine, _: engine.plan(job.text),
    "point": _pointed,
    "change": lambda job, engine, approve: engine.do_plan(_plan(job), approve),
    "undo": lambda job, engine, approve: engine.undo(job.numbers, approve),
    "redo": lambda job, engine, approve: engine.redo(approve),
    "approve": lambda job, engine, _: engine.approve(_one(job)),
    "reject": lambda job, engine, _: engine.reject(_one(job)),
    "withdraw": lambda job, engine, _: withdrawn(engine, job.ref),
    "rule": _rule,
}
