"""From prepared acts to what the executor runs, and to the card that the person sees; policy has its say here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nearhand.agent import turns
from nearhand.agent.approve import Card
from nearhand.agent.asking import CLASH, QuestionError, RefusedError
from nearhand.agent.calls import act as acting
from nearhand.agent.calls.act import Act
from nearhand.agent.calls.prepare import Prepared
from nearhand.agent.effects.steps import Later, Ready
from nearhand.agent.effects.steps import Step as Part
from nearhand.agent.home import Home
from nearhand.agent.policy import grants, reaching
from nearhand.agent.policy.rules import Ask, Case, Deny, Origin, Setting, judge_plan
from nearhand.agent.showing.card_steps import steps_of
from nearhand.connectors.base import Effect, Preview, Risk
from nearhand.connectors.errors import ExistsError
from nearhand.models.language import Plan


def parts_of(home: Home, prepared: Prepared) -> tuple[Part, ...]:
    """What the executor runs: effects that are fixed, and calls that wait for what earlier ones make."""
    parts: list[Part] = []
    touched: set[str] = set()
    for act in prepared.acts:
        refs = {item.ref for item in act.call.items}
        if act.effects is not None:
            parts.append(Ready(act.effects))
        elif act.waits or refs & touched:
            parts.append(Later(act.connector, act.call, act.text or turns.sentence(act), act.made))
        else:
            parts.append(Ready(_expanded(home, act)))
        touched |= refs
    return tuple(parts)


def _expanded(home: Home, act: Act) -> tuple[Effect, ...]:
    """The effects of an act; a name that is taken is asked about."""
    try:
        return tuple(home.need(act.connector).expand(act.call))
    except ExistsError as error:
        if act.call.args.get("on_clash") != "ask":
            raise
        choices = ("keep both", "leave it")
        raise QuestionError("name", f"{error} Keep both, with a number?", choices, choices, CLASH) from error


def card_of(
    home: Home, plan: Plan, prepared: Prepared, parts: Sequence[Part], confidence: float, sure: float,
    larger: bool = False, left_out: tuple[str, ...] = (),
) -> Card:  # fmt: skip
    """The card; its reasons are empty when nothing has to be asked. Raises RefusedError for what may never run.

    `larger` says that a larger model made the plan; `left_out` are times that were said and that it does not use.
    """
    setting = setting_of(home, sure)
    cases = [
        Case(plan.steps[owner].action, _count(act, part), act.values, confidence, larger=larger, left_out=left_out)
        for act, part, owner in zip(prepared.acts, parts, prepared.owners, strict=True)
    ]
    for act, part in zip(prepared.acts, parts, strict=True):
        if isinstance(part, Ready):
            reaching.require(acting.addresses(act.values), part.effects)
    verdict = judge_plan(cases, setting)
    if isinstance(verdict, Deny):
        raise RefusedError(verdict.reason)
    shown = [_shown(home, act, part) for act, part in zip(prepared.acts, parts, strict=True)]
    ordered = sorted(shown, key=lambda one: -one[0])
    return Card(
        lines=(*(line for _, lines, _ in ordered for line in lines), *_standing(home, parts)),
        reasons=(verdict.reason,) if isinstance(verdict, Ask) else (),
        diff=_diff([preview for _, _, previews in shown for preview in previews]),
        risk=max((risk for risk, _, _ in shown), default=Risk.READ),
        confidence=confidence,
        sure=sure,
        plan=plan,
        steps=steps_of(
            plan, prepared.acts, prepared.owners, [(r, told, _diff(seen)) for r, told, seen in shown], setting.roots
        ),
        grants=() if larger else grants.wanted(prepared.acts, home.clock.now),
        unread=larger or any(value.origin is Origin.MODEL for act in prepared.acts for value in act.values),
    )


def _diff(previews: Sequence[Preview]) -> str:
    return "\n".join(preview.diff for preview in previews if preview.diff)


def _count(act: Act, part: Part) -> int:
    """How many things an act touches."""
    return max(len(part.effects) if isinstance(part, Ready) else 0, len(act.call.items), 1)


def _shown(home: Home, act: Act, part: Part) -> tuple[Risk, list[str], list[Preview]]:
    """Risk, lines and previews of one act."""
    effects = part.effects if isinstance(part, Ready) else ()
    previews = [home.need(effect.connector).preview(effect) for effect in effects]
    lines = [preview.text for preview in previews] or [act.text or turns.sentence(act)]
    if act.text and act.values and previews:
        lines[0] = act.text
    return turns.risk(act), lines, previews


def _standing(home: Home, parts: Sequence[Part]) -> list[str]:
    """What a rule that is to be kept will do, tried on the last 30 days."""
    new = [e for part in parts if isinstance(part, Ready) for e in part.effects if e.connector == "rules" and not e.ref]
    if not new:
        return []
    from nearhand.agent.rules.card import standing
    from nearhand.agent.rules.files import parsed
    from nearhand.connectors.vdir.connector import unpacked

    return [line for effect in new for line in standing(parsed(unpacked(effect), effect.args["to"]), home)]


def setting_of(home: Home, sure: float) -> Setting:
    """What the person has decided, and where things are."""
    config = home.config
    roots = tuple(str(Path(root).resolve()) for root in config.files.roots) if config.files else ()
    held = frozenset((grant.action, grant.scope) for grant in grants.valid(home.profile, home.clock.now))
    return Setting(roots, config.policy.auto_reversible, turns.written_to(home), config.policy.max_objects, sure, held)
