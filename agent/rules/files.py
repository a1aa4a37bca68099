"""One rule as a TOML file that a person can read and edit: parsing it strictly, writing it, changing one thing in it.

Deliberately not here: files and folders, and what a trigger or a plan means.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from rapidfuzz import process

from nearhand.agent.rules.grants import MOST, Grant, Permit
from nearhand.connectors.catalogue import ACTIONS, SLOTS
from nearhand.connectors.errors import UnreadableError

MAX_BYTES = 64 * 1024
_KEYS = ("name", "created", "paused", "request", "plan", "trigger", "grant")
ON = "on"
"""The one key of a trigger that is no slot: new, changed, or start (of an event, or when a task is due)."""
_ON = ("new", "changed", "start")
_TRIGGER = (*ACTIONS["rules.add"].slots, ON)
_SLUG = re.compile(r"[^\W_][\w.@-]{0,120}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_GRANT = re.compile(r"^[ \t]*\[grant\b[^\n]*\n(?:(?![ \t]*\[[a-z])[^\n]*\n?)*", re.MULTILINE)
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
    """Slots of rules.add with their words: event, from, kind, when, repeat, ...; and `on`."""
    grant: Grant = field(default_factory=Grant)


def parsed(data: bytes, where: str) -> Rule:
    """Read a rule; raises UnreadableError that names the file, the key, and the nearest right one."""
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"{where} is larger than 64 KB. Shorten it.")
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits
        raise UnreadableError(f"{where} is not valid TOML: {error}. Mend it in an editor.") from error
    known(table, _KEYS, where)
    trigger = table.get("trigger", {})
    if not isinstance(trigger, dict):
        raise UnreadableError(f'"trigger" in {where} must be a table. Write [trigger] on a line of its own.')
    known(trigger, _TRIGGER, f"[trigger] of {where}")
    return Rule(
        name=_slug(_text(table, "name", where), where),
        created=_created(table, where),
        paused=_switch(table, where),
        request=_text(table, "request", where),
        plan=_text(table, "plan", where),
        trigger={key: _words(key, value, where) for key, value in trigger.items()},
        grant=grant_of(table.get("grant", {}), where),
    )


def known(table: Mapping[str, object], keys: tuple[str, ...], where: str) -> None:
    """Raise UnreadableError for a key that means nothing, naming the nearest one that does."""
    for key in table:
        if key not in keys:
            raise UnreadableError(f'"{_CONTROL.sub("?", key)[:40]}" in {where} means nothing. {_near(key, keys)}')


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
    if not words or (len(words) > 1 and (key == ON or not SLOTS[key].many)):
        raise UnreadableError(f'"{key}" in [trigger] of {where} takes one value.')
    allowed = _ON if key == ON else SLOTS[key].values
    for word in words:
        if allowed and word not in allowed:
            raise UnreadableError(f'"{word[:40]}" is nothing that "{key}" can be in {where}. {_near(word, allowed)}')
    return words


def written(rule: Rule) -> str:
    """The text of a rule's file."""
    lines = [
        f"name = {quoted(rule.name)}",
        f"created = {rule.created.isoformat()}",
        f"paused = {'true' if rule.paused else 'false'}",
        f"request = {quoted(rule.request)}",
        f"plan = {quoted(rule.plan)}",
    ]
    if rule.trigger:
        lines += ["", "[trigger]", *(f"{_key(key)} = {_value(words)}" for key, words in rule.trigger.items())]
    lines += grant_lines(rule.grant)
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)


def _value(words: tuple[str, ...]) -> str:
    return quoted(words[0]) if len(words) == 1 else f"[{', '.join(quoted(word) for word in words)}]"


def quoted(text: str) -> str:
    """A TOML basic string; what cannot stand in one as it is, is escaped."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    escaped = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)
    return f'"{escaped}"'


def grant_of(value: object, where: str) -> Grant:
    """Read [grant]: until, most, may and means."""
    if not isinstance(value, dict):
        raise UnreadableError(f'"grant" in {where} must be a table. Write [grant] on a line of its own.')
    known(value, ("until", "most", "may", "means"), f"[grant] of {where}")
    until, most = value.get("until"), value.get("most", MOST)
    if not (until is None or (isinstance(until, date) and not isinstance(until, datetime))):
        raise UnreadableError(f'"until" in [grant] of {where} must be a day, such as 2027-01-31, without quotes.')
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= 1_000_000:
        raise UnreadableError(f'"most" in [grant] of {where} must be a whole number from 1 to 1,000,000.')
    return Grant(_permits(value.get("may", []), where), until, most, _means(value.get("means", {}), where))


def _permits(value: object, where: str) -> tuple[Permit, ...]:
    rows = value if isinstance(value, list) else [value]
    found = []
    for row in rows:
        if not isinstance(row, dict):
            raise UnreadableError(f'"may" in [grant] of {where} is a list such as [{{ action = "mail.archive" }}].')
        known(row, ("action", "to", "in"), f'"may" of {where}')
        action = _text(row, "action", f'"may" of {where}')
        if action not in ACTIONS:
            raise UnreadableError(f'"{action[:40]}" in "may" of {where} is no action. {_near(action, tuple(ACTIONS))}')
        places = [_text(row, key, where) if key in row else "" for key in ("to", "in")]
        found.append(Permit(action, *places))
    return tuple(found)


def _means(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise UnreadableError(f'"means" in [grant] of {where} must be a table.')
    return {key: _text(value, key, f"[grant.means] of {where}") for key in value}


def _near(word: str, allowed: tuple[str, ...]) -> str:
    near = process.extractOne(word, allowed, score_cutoff=50)
    return f'Did you mean "{near[0]}"?' if near else f"Known are: {', '.join(allowed)}."


def grant_lines(grant: Grant) -> list[str]:
    """The lines of [grant]; none for a rule that may do nothing alone."""
    if grant == Grant():
        return []
    rows = [("action", "to", "in"), *((p.action, p.to, p.within) for p in grant.may)]
    lines = ["", "[grant]   # what it does without asking"]
    lines += [f"until = {grant.until.isoformat()}"] if grant.until else []
    lines += [f"most = {grant.most}   # at once"]
    if grant.may:
        lines += ["may = [", *(f"  {{ {_row(rows[0], row)} }}," for row in rows[1:]), "]"]
    if grant.means:
        lines += ["", "[grant.means]", *(f"{_key(key)} = {quoted(text)}" for key, text in grant.means.items())]
    return lines


def _row(keys: tuple[str, ...], values: tuple[str, ...]) -> str:
    return ", ".join(f"{key} = {quoted(text)}" for key, text in zip(keys, values, strict=True) if text)


def edited(text: str, rule: Rule) -> str:
    """The text of a rule's file with `paused` set as in `rule`; comments and layout stay where that can be done."""
    mark = "true" if rule.paused else "false"
    regranted = "\n".join([_GRANT.sub("", text).rstrip(), *grant_lines(rule.grant), ""])
    switched = [_PAUSED.sub(rf"\g<1>{mark}", base, count=1) for base in (text, regranted)]
    for changed in (*switched, *(f"paused = {mark}\n{base}" for base in (text, regranted))):
        try:
            if parsed(changed.encode("utf-8", "surrogateescape"), rule.name) == rule:
                return changed
        except UnreadableError:
            continue
    return written(rule)
