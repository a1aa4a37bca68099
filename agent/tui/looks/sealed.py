"""What the seal holds, and what the network ledger says, as lines for the Privacy pane. In the engine's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearhand.agent.privacy.sealing import seal_engine
from nearhand.agent.showing import show
from nearhand.connectors.network.ledger import Connection, NetworkLedger

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

Line = tuple[str, str, str]
"""Mark, text, tone."""


def enforced(engine: Engine) -> list[Line]:
    """What the kernel enforces on this very process, and what it does not, each with its reason."""
    sealed = seal_engine(engine.config)  # this process is sealed already; being asked again it says how
    found = [("✓", f"enforced by the kernel: {text}", "good") for text in sealed.kernel]
    found += [("!", f"checked only: {text}", "warn") for text in sealed.missing]
    return [*found, ("·", "`nearhand privacy --verify` tries to break out of every process", "faint")]


def connections(engine: Engine, most: int = 100) -> list[str]:
    """The last connections, the newest first."""
    found = NetworkLedger(engine.home.profile.network).connections(most)
    return [_line(each, engine) for each in found]


def _line(each: Connection, engine: Engine) -> str:
    at = show.moment(each.at, engine.home.zone)
    bytes_ = f"{show.size(each.received)} in, {show.size(each.sent)} out"
    return f"{at}  {each.host}:{each.port}  {each.purpose}  {bytes_}  {each.outcome or 'open, or cut off'}"
