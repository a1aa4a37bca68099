"""What the person rejects or says otherwise is kept, the third time is proposed, and nothing is ever applied."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.agent.cli.main import main
from nearhand.agent.reply import Reply, Status
from nearhand.agent.rules.learn import proposals
from nearhand.models.trajectory import Outcome, Split, Trajectory, read

from . import rules_desk
from .rules_desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with rules_desk.opened(rules_desk.make(tmp_path)) as opened:
        yield opened


def kept(desk: Desk) -> list[Trajectory]:
    path = desk.base / "trajectories.jsonl"
    return list(read(path.read_text().splitlines())) if path.exists() else []


def said(desk: Desk, request: str, plan: str, yes: bool) -> Reply:
    desk.planner.plans[request] = plan
    return desk.engine.do(request, lambda card: yes)


def corrected(desk: Desk, number: int) -> Reply:
    desk.put(f"Downloads/scan {number}.pdf")
    plan = f'files.move what="scan {number}" to="{{}}"'
    refused = said(desk, f"scan {number} to Bills", plan.format("Bills"), False)
    assert refused.status is Status.REFUSED
    return said(desk, f"scan {number} to Receipts", plan.format("Receipts"), True)


def test_a_plan_that_was_refused_is_kept_as_a_record_of_its_own(desk: Desk) -> None:
    desk.put("Downloads/scan 1.pdf")
    said(desk, "scan 1 to Bills", 'files.move what="scan 1" to="Bills"', False)
    (record,) = kept(desk)
    assert (record.outcome, record.split, record.right) == (Outcome.REJECTED, Split.OWN, False)


def test_what_was_said_instead_is_kept_beside_it(desk: Desk) -> None:
    corrected(desk, 1)
    assert [record.outcome for record in kept(desk)] == [Outcome.REJECTED, Outcome.DONE]


def test_the_same_correction_is_proposed_the_third_time_and_never_applied(desk: Desk) -> None:
    answers = [corrected(desk, number).answer for number in (1, 2, 3, 4)]
    assert ["from now on" in answer for answer in answers] == [False, False, True, False]
    (found, *_) = [each for each in proposals(desk.engine.journal) if each.correction.slot == "to"]
    assert (found.correction.before, found.correction.after, found.count) == ("Bills", "Receipts", 4)
    assert desk.names() == []
    desk.put("Downloads/scan 9.pdf")
    said(desk, "scan 9 to Bills", 'files.move what="scan 9" to="Bills"', True)
    assert (desk.base / "Documents" / "Bills" / "scan 9.pdf").exists()


def test_nothing_is_learnt_from_what_just_works(desk: Desk) -> None:
    desk.put("Downloads/scan 1.pdf")
    said(desk, "scan 1 to Bills", 'files.move what="scan 1" to="Bills"', True)
    assert kept(desk) == []


def test_the_export_has_every_record_once_and_no_rule_of_a_rule(desk: Desk) -> None:
    desk.rule("rules.add event=file kind=pdf ; files.move what=$1 | pdfs in {in:Downloads} go to {2.to:Papers}")
    desk.go()
    corrected(desk, 1)
    desk.go()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["log", "--export", "--profile", str(desk.base)]) == 0
    records = list(read(out.getvalue().splitlines()))
    assert [record.request for record in records].count("scan 1 to Bills") == 1
    assert {record.split for record in records} == {Split.OWN}
    assert all(record.plan.steps for record in records)


def test_a_line_that_a_crash_cut_off_is_passed_over(desk: Desk) -> None:
    corrected(desk, 1)
    path = desk.base / "trajectories.jsonl"
    path.write_text(path.read_text() + '{"request": "hal')
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["log", "--export", "--profile", str(desk.base)]) == 0
    assert len(list(read(out.getvalue().splitlines()))) == 2
