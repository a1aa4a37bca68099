"""Standing rules as a connector: a folder of readable TOML files, one for each rule, like any other items.

    name = "newsletters-to-later"          created = 2026-11-22T10:00:00+01:00       paused = false
    request = "from now on newsletters land in Later"          plan = "mail.move what=$1 to=Later"
    [trigger]
    event = "mail"
    kind = "newsletter"

A rule that was edited by hand and cannot be read is shown with what is wrong in it, and never dropped. Deliberately not
here: what a plan means, when a rule is due, and what runs it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path

from nearhand.agent.rules.files import Rule, edited, grant_of, parsed, written
from nearhand.agent.rules.grants import Grant
from nearhand.agent.texts.folding import telling
from nearhand.connectors.atomic import make_folders
from nearhand.connectors.base import Call, Effect, Item
from nearhand.connectors.errors import ConnectorError, DeniedError, UnreadableError
from nearhand.connectors.names import shown
from nearhand.connectors.vdir.connector import VdirConnector
from nearhand.connectors.vdir.store import TRASH, Vdir

__all__ = ["Rule", "RulesConnector"]

_SUFFIX = ".toml"
_SLUG_WORDS = 5
_OF_THE_RULE = ("request", "plan", "grant", "number")
"""What the arguments of rules.add say beside the trigger; `number` counts the rules that one request asks for."""


def _now() -> datetime:
    return datetime.now().astimezone().replace(microsecond=0)


class RulesConnector(VdirConnector):
    """The rules of one profile; `now` is asked for the date of a new one."""

    name = "rules"

    def __init__(self, folder: Path, now: Callable[[], datetime] = _now) -> None:
        make_folders(folder)
        super().__init__(Vdir(folder, _SUFFIX))
        self._now = now

    def holds(self, data: bytes) -> bool:
        """Every .toml file of the folder is a rule, readable or not."""
        return True

    def rule(self, ref: str) -> Rule:
        """Read one rule; raises NotFoundError, or UnreadableError that says what to mend."""
        rule = parsed(self.store.read(ref), shown(ref))
        if "/" not in ref and f"{rule.name}{_SUFFIX}" != ref:
            raise UnreadableError(
                f'The name in {shown(ref)} is "{shown(rule.name)}". Give the file and the rule one name.'
            )
        return rule

    def load(self, ref: str) -> Item:
        """One rule as an item; one that cannot be read has the reason in its text and in extra["unreadable"]."""
        if not ref.endswith(_SUFFIX):
            raise DeniedError(f"{shown(ref)[:80]} is not a rule. Look at the list of rules and pick one.")
        version = self.store.version(ref)
        try:
            rule = self.rule(ref)
        except UnreadableError as error:
            stem = shown(ref.rpartition("/")[2].removesuffix(_SUFFIX))
            return Item(self.name, ref, version, "rule", stem, text=str(error), extra={"unreadable": str(error)})
        extra = {"paused": "yes" if rule.paused else "", "plan": rule.plan, "name": rule.name}
        words = " ".join([rule.request, *(value for values in rule.trigger.values() for value in values)])
        return Item(self.name, ref, version, "rule", rule.request, when=rule.created, text=words, extra=extra)

    def expand(self, call: Call) -> Sequence[Effect]:
        """The effects of rules.add (args: request, plan, grant as TOML, number, the trigger's slots), pause, remove."""
        if call.action == "rules.add":
            return [self._added(call.args)]
        if call.action == "rules.pause":
            return [effect for item in call.items for effect in self._paused(item)]
        if call.action == "rules.remove":
            return [self.trash(item.ref, item.version) for item in call.items]
        raise DeniedError(f'"{call.action}" is nothing that can be done to rules.')

    def _added(self, args: Mapping[str, object]) -> Effect:
        request, plan = " ".join(str(args.get("request", "")).split()), str(args.get("plan", "")).strip()
        stem = "-".join(telling(request)[:_SLUG_WORDS])[:60] or "rule"
        number = str(args.get("number", "1"))
        ref = self._free(stem if number == "1" else f"{stem}-rule-{number}")
        trigger = {key: _texts(value) for key, value in args.items() if key not in _OF_THE_RULE}
        grant = grant_of(tomllib.loads(str(args.get("grant", ""))).get("grant", {}), shown(ref))
        rule = Rule(ref.removesuffix(_SUFFIX), self._now(), False, request, plan, trigger, grant)
        text = written(rule)
        # What cannot be read back is refused now, not when the rule is due.
        if parsed(text.encode(), shown(ref)) != rule:
            raise ConnectorError("The rule cannot be written down as it is. Say it in other words.")
        return self.new(ref, text)

    def _free(self, stem: str) -> str:
        numbers = (f"{stem}{f'-{n}' if n > 1 else ''}{_SUFFIX}" for n in count(1))
        return next(ref for ref in numbers if not self.store.exists(ref))

    def _paused(self, item: Item) -> Sequence[Effect]:
        rule = self.rule(item.ref)
        if rule.paused:
            return []
        return [self.put(item.ref, item.version, edited(self.text(item.ref), replace(rule, paused=True)))]

    def allowed(self, ref: str, grant: Grant) -> Effect:
        """The effect that lets a rule go on as its file says now, with this grant; its comments stay if they can."""
        rule = replace(self.rule(ref), paused=False, grant=grant)
        return self.put(ref, self.store.version(ref), edited(self.text(ref), rule))

    def describe(self, old: str, new: str, ref: str) -> str:
        """Say in one sentence what becomes of a rule."""
        before, after = _read(old, ref), _read(new, ref)
        known = after or before
        called = f"“{shown(known.request)}”" if known else shown(ref)
        if not old:
            return f"The rule {called} is saved."
        if before and after and before.paused != after.paused:
            return f"The rule {called} {'is paused' if after.paused else 'goes on'}."
        return f"The rule {called} is changed."

    def _renaming(self, effect: Effect) -> str:
        gone = effect.verb == "trash"
        title = self.load(effect.ref).title if self.store.exists(effect.ref) else effect.ref.removeprefix(f"{TRASH}/")
        return f"The rule “{shown(title)}” {'goes to the trash' if gone else 'comes back from the trash'}."


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else (str(value),)


def _read(text: str, ref: str) -> Rule | None:
    try:
        return parsed(text.encode("utf-8", "surrogateescape"), shown(ref))
    except UnreadableError:
        return None
