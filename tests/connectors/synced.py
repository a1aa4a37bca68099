"""A store whose changes are on a server as soon as they are made, for the connector contract over real servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nearhand.connectors.base import Connector, Effect, Receipt

C = TypeVar("C", bound=Connector)


def synced(connector: C, bring: Callable[[], None]) -> C:
    """The same connector, in step with its server before each effect and after it; its caller has brought it there."""
    apply = connector.apply

    def applied(effect: Effect) -> Receipt:
        receipt = apply(effect)
        bring()
        return receipt

    vars(connector)["apply"] = applied
    return connector
