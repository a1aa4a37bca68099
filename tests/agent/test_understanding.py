"""Whose plan is taken: what is in question where the action model is not sure. Whole requests: `e2e/test_handing_on.py`."""

from __future__ import annotations

from nearhand.agent.understanding import in_question
from nearhand.models.language import parse


def test_what_is_in_question() -> None:
    questions = ['files.trash what="a"', 'mail.find what="a" ; mail.trash what=$1', "none why=scope", "none why=unclear",
                 'files.open ask(what)']  # fmt: skip
    none = ['files.find what="a"', "none why=danger", "none why=chat", "none why=nothing", "agent.undo", "agent.help"]
    assert all(in_question(parse(plan)) for plan in questions)
    assert not any(in_question(parse(plan)) for plan in none)
