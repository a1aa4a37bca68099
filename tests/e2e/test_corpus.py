"""Gold plans of the written corpus, run in a sandbox home: code must be able to resolve what writers meant.

Every 60th request by default (about 20 seconds); all of them with NEARHAND_SOAK=1. Nothing is approved, so nothing is
changed: what is tested is that each plan comes to an answer, a card or a question, and that its times are understood.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from nearhand.agent import sample
from nearhand.agent.loop import open_engine
from nearhand.agent.reply import Reply, Status
from nearhand.models.worker import ScriptedPlanner
from nearhand.models.written import Row

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))
EVERY = 1 if os.environ.get("NEARHAND_SOAK") else 60


def _failing(reply: Reply) -> str:
    """Why a reply is no sensible end for a plan that is right; "" if it is one."""
    if "do not understand" in reply.question:
        return "words not understood"
    expected = ("outside the folders", "no desktop", "is not invited")  # true of the sample home
    return "failed" if reply.status is Status.FAILED and not any(e in reply.answer for e in expected) else ""


def test_gold_plans_of_the_corpus_resolve_in_a_sandbox_home(tmp_path: Path, corpus: Sequence[Row]) -> None:
    home = tmp_path / "home"
    sample.build(home, NOW)
    rows = [row for row in corpus if row.before is None][::EVERY]
    assert len(rows) > 150
    plans = {row.turn.request: str(row.turn.plan) for row in rows}
    bad: Counter[str] = Counter()
    told = []
    with open_engine(home, NOW, ScriptedPlanner(plans)) as engine:
        for row in rows:
            reply = engine.plan(row.turn.request)  # an exception fails the test
            if why := _failing(reply):
                bad[why] += 1
                told.append(f"{row.source} {row.turn.request!r}: {reply.question or reply.answer}")
    print("\n".join(told))
    assert sum(bad.values()) <= len(rows) * 0.03, told
