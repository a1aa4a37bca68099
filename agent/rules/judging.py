"""Whether a rule may do alone what it is about to do: policy, its grant, and how many things it touches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nearhand.agent import turns
from nearhand.agent.asking import RefusedError
from nearhand.agent.calls.prepare import Prepared
from nearhand.agent.effects.steps import Ready, Step
from nearhand.agent.home import Home
from nearhand.agent.policy.rules import Ask, Case, Deny, Setting, judge_plan, risk_of
from nearhand.agent.rules.shelf import Active
from nearhand.connectors.base import Risk


def ask_first(home: Home, rule: Active, prepared: Prepared, parts: Sequence[Step]) -> tuple[Risk, str]:
    """The risk of what is about to be done, and why the person is asked first ("" if not); raises RefusedError."""
    cases = cases_of(rule, prepared, parts)
    risk = max((risk_of(case) for case in cases), default=Risk.READ)
    grant = rule.rule.grant
    known = turns.written_to(home) if risk is Risk.OUTWARD else frozenset()
    roots = tuple(str(Path(root).resolve()) for root in home.config.files.roots) if home.config.files else ()
    verdict = judge_plan(cases, Setting(roots, True, known, grant.most, 0.0))
    if isinstance(verdict, Deny):
        raise RefusedError(verdict.reason)
    reasons = [verdict.reason] if isinstance(verdict, Ask) else []
    if not grant.holds(home.clock.today):
        reasons.append("What the rule may do alone has ended. Renew it with: nearhand rules resume")
    reasons += [why] if (why := grant.refuses(prepared.acts)) else []
    return risk, " ".join(reasons)


def cases_of(rule: Active, prepared: Prepared, parts: Sequence[Step]) -> list[Case]:
    """The facts of each act, as policy sees them."""
    return [
        Case(rule.work.steps[owner].action, _count(part), act.values)
        for act, part, owner in zip(prepared.acts, parts, prepared.owners, strict=True)
    ]


def _count(part: Step) -> int:
    return max(len(part.effects) if isinstance(part, Ready) else len(part.call.items), 1)
