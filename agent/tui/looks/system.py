"""What the machine is doing: privacy, the seal, the network ledger, and the model. Runs in the engine's thread.

The figures and sentences are those of the command line; this only arranges them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearhand.agent.showing import show
from nearhand.agent.tui.looks.values import Cell, Page, cell

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

_MEANS = {
    "local": "Nothing leaves this machine: no network at all. Mail to send waits in the Outbox folder.",
    "accounts": "Only the servers of your accounts, and nothing else.",
}


def privacy(engine: Engine) -> Page:
    """The mode, the accounts, what is enforced, and every connection that was made."""
    mode = engine.config.privacy.mode
    told = [cell(f"Mode: {mode}", "strong"), cell(_MEANS.get(mode, ""), ""), Cell("")]
    told += [cell("Accounts", "accent")] if engine.config.accounts else []
    for account in engine.config.accounts:
        hosts = ", ".join(filter(None, (account.imap, account.smtp, account.caldav)))
        told.append(cell(f"  {account.name}: {hosts}"))
    told += [*_enforced(engine), Cell(""), *_connections(engine), Cell(""), *_folders(engine)]
    return Page("Privacy", tuple(told))


def _enforced(engine: Engine) -> list[Cell]:
    """What the kernel enforces on the processes of Nearhand, tried out when this is asked."""
    from nearhand.agent.tui.looks.sealed import enforced

    return [cell("What holds", "accent"), *(cell(f"  {mark} {text}", tone) for mark, text, tone in enforced(engine))]


def _connections(engine: Engine) -> list[Cell]:
    from nearhand.agent.tui.looks.sealed import connections

    rows = connections(engine)
    told = [cell(f"  {line}") for line in rows] or [cell("  No connection was ever made.", "good")]
    return [cell("Network ledger", "accent"), *told]


def _folders(engine: Engine) -> list[Cell]:
    config = engine.config
    places = [("Files", ", ".join(map(str, config.files.roots)))]
    places += [("Mail", str(config.mail.maildir))] if config.mail else []
    places += [("Calendars", str(config.calendar.vdir))] if config.calendar else []
    places += [("Contacts", str(config.contacts.vdir))] if config.contacts else []
    places += [("Journal", str(engine.home.profile.journal)), ("Index", str(engine.home.profile.index))]
    return [cell("What Nearhand may see", "accent"), *(cell(f"  {name}: {path}") for name, path in places if path)]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The model, and how fast it has been."""

    lines: tuple[Cell, ...]


def model(engine: Engine) -> ModelFacts:
    """The file that plans: where, how large, and what it is."""
    from nearhand.agent import model_file
    from nearhand.connectors.errors import NearhandError

    path = engine.config.model.path
    told = [cell(str(path), "strong")]
    try:
        held = model_file.read(path)
    except NearhandError as error:
        return ModelFacts((*told, cell(str(error), "bad")))
    told.append(
        cell(f"{held.name}: {held.parameters / 1e6:.1f} million parameters, {held.kind}, {show.size(held.size)}")
    )
    shape = [(key, held.number(key)) for key in ("block_count", "embedding_length", "context_length", "vocab_size")]
    known = [f"{number} {_SHAPE[key]}" for key, number in shape if number is not None]
    told.append(cell(", ".join(known), "faint"))
    if getattr(engine.planner, "awake", True):
        told.append(cell(f"Asks when it is less than {engine.planner.threshold:.0%} sure.", "faint"))
    else:
        told.append(cell("It runs in the background service; none is loaded here.", "faint"))
    return ModelFacts(tuple(told))


_SHAPE = {
    "block_count": "layers",
    "embedding_length": "wide",
    "context_length": "tokens of context",
    "vocab_size": "tokens known",
}


def speed(plan_ms: Sequence[float], token_ms: Sequence[float]) -> str:
    """How fast the last plans were made; `token_ms` is what a token of each took, 0 where that is not known."""
    if not plan_ms:
        return "No plan was made yet in this session."
    ordered = sorted(plan_ms)
    known = [(plan, plan / token) for plan, token in zip(plan_ms, token_ms, strict=True) if token]
    rate = f", {1000 * sum(n for _, n in known) / sum(ms for ms, _ in known):.0f} tokens a second" if known else ""
    middle, last = ordered[len(ordered) // 2], plan_ms[-1]
    return f"{len(plan_ms)} plans: {middle:.0f} ms in the middle, the last {last:.0f} ms{rate}."
