"""One rule as a TOML file that a person can read and edit: parsing it strictly, writing it, changing one thing in it.

Deliberately not here: files and folders, and what a trigger or a plan means.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rapidfuzz import process

from nearhand.connectors.catalogue import ACTIONS, SLOTS
from nearhand.connectors.errors import UnreadableError

MAX_BYTES = 64 * 1024
_KEYS = ("name", "created", "paused", "request", "plan", "trigger")
_TRIGGER = ACTIONS["rules.add"].slots
_SLUG = re.compile(r"[^\W_][\w.@-]{0,120}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_PAUSED = re.compile(r"^([ \t]*paused[ \t]*=[ \t]*)(?:true|false)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A standing wish: when the trigger holds, the plan runs."""

    name: str
    """A slug; also the name of its file."""
    created: datetime
    paused: bool
    request: str
    """The person's own words."""
    plan: str
    """The plan in its text form."""
    trigger: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Slots of rules.add with their words: event, from, kind, when, repeat, ..."""


def parsed(data: bytes, where: str) -> Rule:
    """Read a rule; raises UnreadableError that names the file, the key, and the nearest right one."""
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"{where} is larger than 64 KB. Shorten it.")
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(f"{where} is not valid TOML: {error}. Mend it in an editor.") from error
    _known(table, _KEYS, where)
    trigger = table.get("trigger", {})
    if not isinstance(trigger, dict):
        raise UnreadableError(f'"trigger" in {where} must be a table. Write [trigger] on a line of its own.')
    _known(trigger, _TRIGGER, f"[trigger] of {where}")
    return Rule(
        name=_slug(_text(table, "name", where), where),
        created=_created(table, where),
        paused=_switch(table, where),
        request=_text(table, "request", where),
        plan=_text(table, "plan", where),
        trigger={key: _words(key, value, where) for key, value in trigger.items()},
    )


def _known(table: Mapping[str, object], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            near = process.extractOne(key, keys, score_cutoff=50)
            hint = f'Did you mean "{near[0]}"?' if near else f"Known are: {', '.join(keys)}."
            raise UnreadableError(f'"{_CONTROL.sub("?", key)[:40]}" in {where} means nothing. {hint}')


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UnreadableError(f'"{key}" is missing in {where}, or is no text. Write {key} = "..." into it.')
    if _CONTROL.search(value):
        raise UnreadableError(f'"{key}" in {where} holds invisible characters. Type it anew.')
    return value


def _slug(name: str, where: str) -> str:
    if not _SLUG.fullmatch(name):
        raise UnreadableError(
            f'"name" in {where} may have letters, digits and dashes only. Give it the name of the file.'
        )
    return name


def _created(table: Mapping[str, object], where: str) -> datetime:
    value = table.get("created")
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise UnreadableError(f'"created" in {where} must be a time with its zone, such as 2026-11-22T10:00:00+01:00.')
    return value


def _switch(table: Mapping[str, object], where: str) -> bool:
    value = table.get("paused", False)
    if not isinstance(value, bool):
        raise UnreadableError(f'"paused" in {where} must be true or false, without quotes.')
    return value


def _words(key: str, value: object, where: str) -> tuple[str, ...]:
    given = value if isinstance(value, list) else [value]
    words = tuple(_text({key: each}, key, f"[trigger] of {where}") for each in given)
    if not words or (len(words) > 1 and not SLOTS[key].many):
        raise UnreadableError(f'"{key}" in [trigger] of {where} takes one value.')
    allowed = SLOTS[key].values
    for word in words:
        if allowed and word not in allowed:
            near = process.extractOne(word, allowed, score_cutoff=50)
            hint = f'Did you mean "{near[0]}"?' if near else f"Known are: {', '.join(allowed)}."
            raise UnreadableError(f'"{word[:40]}" is nothing that "{key}" can be in {where}. {hint}')
    return words


def written(rule: Rule) -> str:
    """The text of a rule's file."""
    lines = [
        f"name = {_quoted(rule.name)}",
        f"created = {rule.created.isoformat()}",
        f"paused = {'true' if rule.paused else 'false'}",
        f"request = {_quoted(rule.request)}",
        f"plan = {_quoted(rule.plan)}",
    ]
    if rule.trigger:
        lines += ["", "[trigger]", *(f"{_key(key)} = {_value(words)}" for key, words in rule.trigger.items())]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _value(words: tuple[str, ...]) -> str:
    return _quoted(words[0]) if len(words) == 1 else f"[{', '.join(_quoted(word) for word in words)}]"


def _quoted(text: str) -> str:
    """A TOML basic string; what cannot stand in one as it is, is escaped."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    escaped = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)
    return f'"{escaped}"'


def edited(text: str, rule: Rule) -> str:
    """The text of a rule's file with `paused` set as in `rule`; comments and layout stay where that can be done."""
    mark = "true" if rule.paused else "false"
    for changed in (_PAUSED.sub(rf"\g<1>{mark}", text, count=1), f"paused = {mark}\n{text}"):
        try:
            if changed != text and parsed(changed.encode("utf-8", "surrogateescape"), rule.name) == rule:
                return changed
        except UnreadableError:
            continue
    return written(rule)
