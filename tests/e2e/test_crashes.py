"""kill -9 at every failpoint of a turn, through the whole engine: the next start knows what happened and can undo it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nearhand.agent.effects.execute import FAILPOINTS

from .world import World, restored, row

REQUESTS = {
    "move": "files.move | move the {what:budget} to {to:Taxes}",
    "trash": "files.trash | delete the {what:old letter}",
    "file a mail": "mail.move | put {from:Jonas}'s mail about {what:the birthday} into {to:Family}",
    "move an event": "calendar.move | move {what:the dentist} to {to:Friday at 9}",
    "send": "mail.send | tell {to:Jonas} {say:I'm running late}",
}
RUN = """
import sys
from pathlib import Path
from datetime import datetime
from nearhand.agent.loop import open_engine
from nearhand.models.worker import ScriptedPlanner
with open_engine(Path(sys.argv[1]), datetime(2026, 11, 18, 10), ScriptedPlanner({sys.argv[2]: sys.argv[3]})) as engine:
    print(engine.do(sys.argv[2], approve=lambda card: True).answer)
"""


def crash(world: World, line: str, failpoint: str) -> int:
    turn = row(line).turn
    command = [sys.executable, "-c", RUN, str(world.profile), turn.request, str(turn.plan)]
    return subprocess.run(command, env={**os.environ, "NEARHAND_FAILPOINT": failpoint}, timeout=120).returncode


@pytest.mark.parametrize("what", REQUESTS)
@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_a_turn_that_was_cut_off_is_decided_by_looking_and_can_be_undone(
    world: World, what: str, failpoint: str
) -> None:
    before = world.look()
    assert crash(world, REQUESTS[what], failpoint) == 137
    happened = world.look() != before
    assert happened is (failpoint in ("execute.after_apply", "execute.after_receipt"))
    with world.engine() as engine:  # recovers when it opens
        assert not engine.journal.open_intents() and engine.verify() is None
        undone = engine.undo(approve=lambda card: True)
        assert (str(undone.status) == "done") is happened, undone.answer
        assert restored(before, world.look())


def test_the_world_is_whole_wherever_a_move_is_cut_off(world: World, tmp_path: Path) -> None:
    data = (world.home / "Downloads/budget.xlsx").read_bytes()
    assert crash(world, REQUESTS["move"], "rename.done") == 137
    assert (world.home / "Documents/Taxes/budget.xlsx").read_bytes() == data
    with world.engine() as engine:
        assert engine.undo().status == "done"
    assert (world.home / "Downloads/budget.xlsx").read_bytes() == data
