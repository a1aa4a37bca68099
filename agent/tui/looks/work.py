"""What was done, what stands and what waits: journal, rules, permissions, outbox. Runs in the engine's thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nearhand.agent.effects.records import Entry, Kind, State
from nearhand.agent.policy import grants
from nearhand.agent.showing import show
from nearhand.agent.tui.looks import items
from nearhand.agent.tui.looks.values import Cell, Listing, Page, Row, brief, cell, heading, lines, listed, row
from nearhand.connectors.base import Item, Risk
from nearhand.connectors.errors import ConnectorError

if TYPE_CHECKING:
    from nearhand.agent.effects.outbox import Waiting
    from nearhand.agent.loop import Engine
    from nearhand.agent.policy.grants import Grant

TURNS = 300
FILTERS = ("everything", "changes", "undone", "waiting", "failed")
_WORDS = (
    (State.INTENT, "cut off", "warn"), (State.UNKNOWN, "unclear", "warn"), (State.FAILED, "failed", "bad"),
    (State.UNDONE, "undone", "faint"), (State.DONE, "done", "good"),
)  # fmt: skip


def activity(engine: Engine, text: str, wanted: str) -> Listing:
    """The journal, the newest first."""
    now = engine.home.clock.now
    entries = [entry for entry in engine.entries(TURNS, text) if _fits(entry, wanted)]
    rows = [_turn(entry, now) for entry in entries]
    return listed(rows, "" if rows else "Nothing here yet. What you ask for is written down, with its undo.")


def _fits(entry: Entry, wanted: str) -> bool:
    match wanted:
        case "changes":
            return any(effect.state in (State.DONE, State.UNDONE) for effect in entry.effects)
        case "undone":
            return any(effect.state is State.UNDONE for effect in entry.effects) or entry.turn.kind is Kind.UNDO
        case "waiting":
            return entry.open
        case "failed":
            return bool(entry.halted) or any(e.state in (State.FAILED, State.UNKNOWN) for e in entry.effects)
    return True


def _turn(entry: Entry, now: datetime) -> Row:
    word, tone = standing(entry)
    mark = cell("▲", "warn") if entry.turn.risk is Risk.OUTWARD else cell(" ")
    cells = (mark, cell(entry.turn.request), cell(word, tone), cell(items.short(entry.turn.now, now), "faint"))
    return Row(str(entry.id), cells, number=entry.id)


def standing(entry: Entry) -> tuple[str, str]:
    """How a turn stands, in a word, and its tone."""
    if entry.open:
        return "waits for you", "warn"
    if entry.rejected:
        return "rejected", "faint"
    states = {effect.state for effect in entry.effects}
    if {State.UNDONE, State.DONE} <= states:
        return "partly undone", "warn"
    return next(((word, tone) for state, word, tone in _WORDS if state in states), ("answered", "faint"))


def turn(engine: Engine, number: int) -> Page:
    """One turn with all that became of it."""
    entry = engine.journal.entry(number)
    word, tone = standing(entry)
    zone = engine.home.zone
    told = [cell(f"{show.moment(entry.turn.now, zone)} ({zone.key})", "faint"), cell(f"It is {word}.", tone), Cell("")]
    answer = entry.halted or entry.answer
    told += [cell(line) for line in show.block(answer).split("\n")] if answer else []
    for effect in entry.effects:
        told += [Cell(""), cell(f"{_mark(effect.state)} {effect.text}", "strong" if effect.state is State.DONE else "")]
        told += [cell(f"  {effect.reason}", "faint")] if effect.reason else []
        told += [cell(f"  taken back by turn {effect.undone_by}", "faint")] if effect.undone_by else []
    told += [Cell(""), cell(f"Plan: {entry.turn.plan}", "faint"), cell(f"Turn {entry.id}", "faint")]
    return Page(cell(entry.turn.request).text, tuple(told), copy=show.block(f"{entry.turn.request}\n{answer}"))


def _mark(state: State) -> str:
    return {State.DONE: "✓", State.UNDONE: "↩", State.FAILED: "✗", State.UNKNOWN: "?"}.get(state, "·")


def taken_back_by(engine: Engine, number: int) -> int | None:
    """The turn that undid this one, which a redo takes back."""
    by = [effect.undone_by for effect in engine.journal.entry(number).effects if effect.undone_by]
    return max(by) if by else None


def verified(engine: Engine) -> str:
    """Whether the journal is whole."""
    broken = engine.verify()
    count, _ = engine.journal.head()
    return (
        f"Broken at entry {broken.n}: {broken.why}." if broken else f"The journal is whole: {count} entries, one chain."
    )


# --- rules and permissions ------------------------------------------------------------------------------------------


def rules(engine: Engine, text: str) -> Listing:
    """Every rule with how it stands, then the permissions that were given."""
    now = engine.home.clock.now
    found = []
    for ref, _ in engine.home.connectors["rules"].scan():
        try:
            found.append(engine.home.connectors["rules"].load(ref))
        except ConnectorError:
            continue  # gone between the two looks
    fits = [item for item in found if text.casefold() in item.title.casefold()]
    rows = [_rule(item, now) for item in sorted(fits, key=lambda item: (str(item.when), item.ref))]
    held = [_grant(each, now) for each in grants.valid(engine.home.profile, now)]
    rows = [*(rows and [heading("Rules")]), *rows, *(held and [heading("Always allowed")]), *held]
    return listed(rows, "" if rows else "No rules yet. Say one: from now on move newsletters to Later")


def _rule(item: Item, now: datetime) -> Row:
    word, tone = ("paused", "warn") if item.extra.get("paused") else ("on", "good")
    if "unreadable" in item.extra:
        word, tone = "cannot be read", "bad"
    since = cell(items.short(item.when, now), "faint")
    return row(items.key(item), cell("⟳", tone), cell(item.title), cell(word, tone), since, item=item)


def rule(engine: Engine, item: Item) -> Page:
    """A rule to read: when it runs, what it does alone, and what it would have done lately."""
    if "unreadable" in item.extra:
        return Page(cell(item.title).text, (cell(item.extra["unreadable"], "bad"),))
    from nearhand.agent.rules.desk import RuleDesk

    _, stands, *told = RuleDesk(engine).shown(item.ref)
    return Page(cell(item.title).text, (cell(stands, "strong"), *(line for text in told for line in lines(text))))


def _grant(grant: Grant, now: datetime) -> Row:
    until = f"until {grant.until.day} {grant.until:%b %Y}"
    return row(f"grant {grant.action} {grant.scope}", cell("✓", "warn"), cell(f"{grant.action} · {brief(grant.scope)}"),
               cell("allowed", "warn"), cell(until, "faint"))  # fmt: skip


def revoke(engine: Engine, key: str) -> None:
    """Take back the permission that a row stands for."""
    now = engine.home.clock.now
    for grant in grants.valid(engine.home.profile, now):
        if key == f"grant {grant.action} {grant.scope}":
            grants.revoke(engine.home.profile, grant, now)


# --- the outbox -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail on its way out."""

    ref: str
    subject: str
    people: str
    state: str
    detail: str
    held_until: datetime | None
    mine: bool
    """Whether Nearhand put it there."""


def outbox(engine: Engine, text: str = "") -> tuple[Letter, ...]:
    """What waits to go, the oldest first."""
    from nearhand.agent.outgoing import box  # with the whole engine, which is there by now

    if "mail" not in engine.home.connectors:
        return ()
    found = [_letter(waiting) for waiting in box(engine).queue()]
    return tuple(each for each in found if text.casefold() in f"{each.subject} {each.people}".casefold())


def _letter(waiting: Waiting) -> Letter:
    going = waiting.departure
    people = ", ".join(map(str, going.people)) or ", ".join(going.recipients) if going else ""
    return Letter(
        waiting.ref, cell(going.subject if going else waiting.ref).text, cell(people).text, waiting.stand.value,
        cell(waiting.detail).text, going.not_before if going else None, waiting.effect is not None,
    )  # fmt: skip
