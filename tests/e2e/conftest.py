"""A fresh home for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from .world import World, make


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A whole home in a temporary folder."""
    return make(tmp_path)
