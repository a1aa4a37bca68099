"""Starts the planner that a config names; light to import, so that the model loads while the rest is being imported."""

from __future__ import annotations

from nearhand.agent.config.settings import SHIPPED_MODEL, Config
from nearhand.models.worker import Worker, pinned


def start(config: Config) -> Worker:
    """The model the person chose, pinned when they chose it, or the shipped one, pinned by the project."""
    own = config.model.path != SHIPPED_MODEL
    return Worker(config.model.path, (config.model.sha256 or None) if own else pinned())
