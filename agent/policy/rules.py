"""What may run at once, what must be asked, and what never runs: small pure functions over the facts of a step.

Every policy gives a verdict of its own and the strictest wins. A policy that raises, an action nobody knows, or no
verdict at all means Deny. Deliberately not here: asking (`approve.py`), and any reading of mails, files or models.
"""

from __future__ import annotations

import os.path
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS


@dataclass(frozen=True, slots=True)
class Allow:
    """It may run at once."""


@dataclass(frozen=True, slots=True)
class Ask:
    """It may run when the person says so."""

    reason: str


@dataclass(frozen=True, slots=True)
class Deny:
    """It may not run, whatever anybody says."""

    reason: str


Verdict: TypeAlias = Allow | Ask | Deny


class Origin(StrEnum):
    """How a value came to be in a step."""

    TYPED = "typed"
    """It stands in the request."""
    PICKED = "picked"
    """The person chose it from a list."""
    CONTACT = "contact"
    """It belongs to a contact that the person's words matched."""
    SENDER = "sender"
    """It is an address of the very mail or invitation that the person answers."""
    OWN = "own"
    """Code found it among the person's own things: a folder by its name, the default calendar."""
    MODEL = "model"
    """A larger model wrote it, and nobody has read it yet."""
    OUTSIDE = "outside"
    """Others wrote it."""


class Role(StrEnum):
    """What a value is used as."""

    RECIPIENT = "recipient"
    PATH = "path"
    ACCOUNT = "account"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Value:
    """A value that matters for safety: an address, an absolute path, an account, or text."""

    role: Role
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of one step."""

    action: str
    count: int = 1
    """How many things it touches."""
    values: tuple[Value, ...] = ()
    confidence: float = 1.0
    risk: Risk = Risk.READ
    """At least this risk, whatever the action says; for taking back the undo of a mail, say."""
    larger: bool = False
    """Whether a larger model planned it, because the action model was not sure."""
    left_out: tuple[str, ...] = ()
    """Times that the person said and the whole plan does not use."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the person has decided, and where things are."""

    roots: tuple[str, ...] = ()
    """Absolute real paths; nothing outside them is touched."""
    auto_reversible: bool = False
    """Whether reversible steps run without a key."""
    written_to: frozenset[str] = frozenset()
    """Addresses that the person has written to before."""
    most: int = 20
    """How many things a plan may touch without asking."""
    sure: float = 0.5
    """Below this confidence it is asked."""
    granted: frozenset[tuple[str, str]] = frozenset()
    """(action, recipient or folder) that the person has allowed for a while (`grants.py`)."""


Policy: TypeAlias = Callable[[Case, Setting], Verdict]

READ_FIRST = "A model on this machine wrote the text, and it may be wrong: read it first."
PLANNED = "The larger model on this machine planned this, and it may be wrong: look at it first."
LOOK_FIRST = (READ_FIRST, PLANNED)
"""Reasons that nobody's yes can answer but that of a person who has seen the card."""
_TRUSTED = frozenset({Origin.TYPED, Origin.PICKED, Origin.CONTACT})
_ANSWERS = frozenset({"mail.reply", "mail.reply_all", "calendar.respond"})


def risk_of(case: Case) -> Risk:
    """How much a step can matter; whatever reaches other people is OUTWARD, and a draft reaches nobody."""
    own = ACTIONS[case.action].risk if case.action in ACTIONS else Risk.OUTWARD
    reaches = case.action != "mail.draft" and any(value.role is Role.RECIPIENT for value in case.values)
    return max(own, case.risk, Risk.OUTWARD if reaches else Risk.READ)


def known_action(case: Case, setting: Setting) -> Verdict:
    """Only actions of the catalogue exist."""
    if case.action in ACTIONS:
        return Allow()
    return Deny(f"There is no action called “{case.action}”.")


def by_risk(case: Case, setting: Setting) -> Verdict:
    """Reading runs, changing runs if the person chose so, what others will see is always asked."""
    match risk_of(case):
        case Risk.READ:
            return Allow()
        case _ if _granted(case, setting):
            return Allow()
        case Risk.REVERSIBLE if setting.auto_reversible or case.action == "agent.undo":
            return Allow()
        case Risk.REVERSIBLE:
            return Ask("This changes something; it can be undone.")
    return Ask("Other people will see this.")


def _granted(case: Case, setting: Setting) -> bool:
    """Whether everybody it reaches and every folder it works in was allowed for this action."""
    held = {scope for action, scope in setting.granted if action == case.action}
    people = {value.text.casefold() for value in _of(case, Role.RECIPIENT)}
    paths = [value.text for value in _of(case, Role.PATH)]
    inside = all(os.path.normpath(path) in held or path.rpartition("/")[0] in held for path in paths)
    return bool(held) and bool(people or paths) and people <= held and inside


def by_standing(case: Case, setting: Setting) -> Verdict:
    """A permission that lasts is asked for, whatever the person chose for single changes."""
    return Ask("This goes on by itself from now on.") if case.action == "rules.add" else Allow()


def by_count(case: Case, setting: Setting) -> Verdict:
    """Many things at once are asked, with their number."""
    if risk_of(case) is not Risk.READ and case.count > setting.most:
        return Ask(f"This touches {case.count} things.")
    return Allow()


def by_confidence(case: Case, setting: Setting) -> Verdict:
    """What was perhaps misunderstood is asked, unless it only reads."""
    if risk_of(case) is not Risk.READ and not case.confidence >= setting.sure:
        return Ask("It is not certain that this is what you meant.")
    return Allow()


def by_words(case: Case, setting: Setting) -> Verdict:
    """A time that was said and is not used is pointed at, unless the step only reads."""
    if risk_of(case) is Risk.READ or not case.left_out:
        return Allow()
    return Ask(f"You also said {', '.join(f'“{_shown(words)}”' for words in case.left_out)}, which this leaves out.")


def by_provenance(case: Case, setting: Setting) -> Verdict:
    """What others or a model wrote never becomes a recipient, a path or an account."""
    for value in case.values:
        if value.role is not Role.TEXT and value.origin in (Origin.OUTSIDE, Origin.MODEL):
            whose = "others wrote" if value.origin is Origin.OUTSIDE else "a model wrote"
            return Deny(f"The {value.role} “{_shown(value.text)}” is something that {whose}. Type it yourself.")
    return Allow()


def by_authorship(case: Case, setting: Setting) -> Verdict:
    """A text that no person wrote is read by the person each time, whatever was granted."""
    if any(value.role is Role.TEXT and value.origin is Origin.MODEL for value in case.values):
        return Ask(READ_FIRST)
    return Allow()


def by_planner(case: Case, setting: Setting) -> Verdict:
    """What a larger model planned is looked at by the person each time, whatever was granted; reading runs."""
    return Ask(PLANNED) if case.larger and risk_of(case) is not Risk.READ else Allow()


def by_recipient(case: Case, setting: Setting) -> Verdict:
    """An address is used only if the person typed it, picked it, has it in the contacts, or answers its mail."""
    for value in _of(case, Role.RECIPIENT):
        answered = value.origin is Origin.SENDER and case.action in _ANSWERS
        if value.origin not in _TRUSTED and not answered:
            return Deny(f"The address “{_shown(value.text)}” was neither typed nor picked, and is in no contact.")
        if not _is_address(value.text):
            return Deny(f"“{_shown(value.text)}” is not an e-mail address.")
    return Allow()


def by_acquaintance(case: Case, setting: Setting) -> Verdict:
    """Somebody never written to before is shown with the full address."""
    known = {address.casefold() for address in setting.written_to}
    new = [value.text for value in _of(case, Role.RECIPIENT) if value.text.casefold() not in known]
    if new and risk_of(case) is Risk.OUTWARD:
        return Ask(f"You have never written to {', '.join(new)} before.")
    return Allow()


def by_place(case: Case, setting: Setting) -> Verdict:
    """Paths lie inside the roots."""
    for value in _of(case, Role.PATH):
        if not _inside(value.text, setting.roots):
            return Deny(f"{_shown(value.text)} lies outside the folders Nearhand may touch.")
    return Allow()


POLICIES: tuple[Policy, ...] = (
    known_action, by_risk, by_standing, by_count, by_confidence, by_words, by_provenance, by_authorship, by_planner,
    by_recipient, by_acquaintance, by_place,
)  # fmt: skip


def judge(case: Case, setting: Setting, policies: Sequence[Policy] = POLICIES) -> Verdict:
    """The strictest verdict of all policies on one step."""
    return strictest([_asked(policy, case, setting) for policy in policies])


def judge_plan(cases: Sequence[Case], setting: Setting, policies: Sequence[Policy] = POLICIES) -> Verdict:
    """The strictest verdict over a whole plan; many small steps count as many things."""
    acting = [case.count for case in cases if risk_of(case) is not Risk.READ]
    several = len(acting) > 1  # of one step `by_count` says it
    many = Ask(f"This touches {sum(acting)} things.") if several and sum(acting) > setting.most else Allow()
    verdicts = [judge(case, setting, policies) for case in cases]
    return strictest([*verdicts, many] if verdicts else [])


def strictest(verdicts: Sequence[Verdict]) -> Verdict:
    """Deny over Ask over Allow, with every reason of that strictness once; no verdict at all means Deny."""
    denied = _reasons(each.reason for each in verdicts if isinstance(each, Deny))
    asked = _reasons(each.reason for each in verdicts if isinstance(each, Ask))
    if denied or not verdicts or not all(isinstance(each, Allow | Ask) for each in verdicts):
        return Deny(denied or "No rule allows this.")
    return Ask(asked) if asked else Allow()


def with_yes(verdict: Verdict) -> Verdict:
    """What `--yes` makes of a verdict: it answers questions, it never lifts a refusal."""
    return Allow() if isinstance(verdict, Ask) else verdict


def _asked(policy: Policy, case: Case, setting: Setting) -> Verdict:
    try:
        verdict = policy(case, setting)
    except Exception as error:
        return Deny(f"A safety rule could not be checked ({type(error).__name__}), so nothing is done.")
    return verdict if isinstance(verdict, Allow | Ask | Deny) else Deny("A safety rule gave no answer.")


def _of(case: Case, role: Role) -> list[Value]:
    return [value for value in case.values if value.role is role]


def _reasons(reasons: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(reasons))


def _is_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    return bool(local and domain) and text.isprintable() and not any(c.isspace() or c in '<>,;"' for c in text)


def _inside(path: str, roots: Sequence[str]) -> bool:
    plain = path.startswith("/") and ".." not in path.split("/") and "\0" not in path
    return plain and any(os.path.commonpath((root, path)) == os.path.normpath(root) for root in roots if root)


def _shown(text: str) -> str:
    return "".join(c for c in text[:200] if unicodedata.category(c)[0] != "C")
