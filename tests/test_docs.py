"""Generated pages are what they are generated from."""

from __future__ import annotations

from pathlib import Path

from nearhand.connectors.catalogue import ACTIONS
from nearhand.models import reference

PAGE = Path(__file__).parent.parent / "docs" / "actions.md"


def test_the_reference_of_actions_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page(), "python -m nearhand.models.reference > docs/actions.md"


def test_every_action_has_an_example() -> None:
    asked = reference.examples()
    assert [name for name in ACTIONS if not asked[name]] == []
