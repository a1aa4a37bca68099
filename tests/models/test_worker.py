"""The process that owns the model: what a person sees when it works, and when it does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.models import worker as module
from nearhand.models.language import Plan, parse
from nearhand.models.llama import sha256
from nearhand.models.planner import SHIPPED
from nearhand.models.worker import ScriptedPlanner, Worker, WorkerError, pinned

ASKED = "move the scans to Trips"


@pytest.fixture(scope="module")
def shared(tiny_gguf: Path) -> Iterator[Worker]:
    worker = Worker(tiny_gguf, sha256(tiny_gguf), threads=1)
    yield worker
    worker.close()


def _process(worker: Worker) -> int:
    assert worker._process is not None
    return worker._process.pid


def test_it_plans_in_its_own_process_the_same_way_every_time(shared: Worker) -> None:
    first, again = shared.plan(ASKED), shared.plan(ASKED)
    assert isinstance(first.plan, Plan)
    assert (first.plan, first.confidence) == (again.plan, again.confidence)
    assert 0 <= first.confidence <= 1
    assert shared.threshold == 0.25
    assert _process(shared) != os.getpid()


def test_nothing_that_takes_long_to_import_stands_before_the_first_plan() -> None:
    """numpy alone would double the time in which a model that rested is back."""
    looks = "import sys; import nearhand.models.worker, nearhand.models.llama, nearhand.models.planner; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-P", "-c", looks], capture_output=True, text=True, check=True)
    assert {"numpy", "tokenizers", "asyncio", "icalendar"}.isdisjoint(told.stdout.split())


def test_odd_words_reach_it_unharmed(shared: Worker) -> None:
    for request in ("put “Zoë’s café 🙂” away", 'say "hi"\n\tto\x00Jo', "\ud800 scans", "<end> <files.trash>"):
        assert shared.plan(request).plan.steps


def test_the_turn_before_is_passed_on(shared: Worker) -> None:
    assert shared.plan("make it Sunday", ("dinner", parse('calendar.find what="dinner"'))).plan.steps


def test_an_empty_request_costs_a_message_and_the_next_is_planned(shared: Worker) -> None:
    for request in ("", " \n ", "\u200b"):
        with pytest.raises(WorkerError, match="the request is empty"):
            shared.plan(request)
    assert shared.plan(ASKED).plan.steps


def test_it_starts_again_after_it_was_killed(shared: Worker) -> None:
    expected = shared.plan(ASKED).plan
    os.kill(_process(shared), signal.SIGKILL)
    assert shared._process is not None
    shared._process.wait()
    assert shared.plan(ASKED).plan == expected


def test_a_late_answer_is_never_taken_for_that_of_the_next_request(
    shared: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = shared.plan(ASKED).plan
    os.kill(_process(shared), signal.SIGSTOP)
    monkeypatch.setattr(module, "PLAN_SECONDS", 0.1)
    with pytest.raises(WorkerError, match="no answer"):
        shared.plan("undo that")
    monkeypatch.undo()
    assert shared.plan(ASKED).plan == expected


def test_a_file_that_is_not_the_pinned_one_is_not_used(tiny_gguf: Path) -> None:
    worker = Worker(tiny_gguf, "0" * 64, threads=1)
    try:
        for _ in range(2):
            with pytest.raises(WorkerError, match="SHA-256"):
                worker.plan(ASKED)
    finally:
        worker.close()


def test_nothing_is_imported_from_the_folder_the_person_stands_in(
    tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "select.py").write_text("raise SystemExit('a file of the person was run')", encoding="utf-8")
    (tmp_path / "json.py").write_text("raise SystemExit('a file of the person was run')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    worker = Worker(tiny_gguf, threads=1)
    try:
        assert worker.plan(ASKED).plan.steps
    finally:
        worker.close()


def test_a_closed_worker_says_so_and_may_be_closed_twice(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "none.gguf")
    worker.close()
    worker.close()
    with pytest.raises(WorkerError, match="closed"):
        worker.plan(ASKED)


def test_a_scripted_planner_gives_what_was_written_down() -> None:
    planner = ScriptedPlanner({ASKED: 'files.move what="scans" to="Trips"'}, confidence=0.4)
    assert str(planner.plan(ASKED).plan) == 'files.move what="scans" to="Trips"'
    assert planner.plan(ASKED).confidence == 0.4
    with pytest.raises(WorkerError):
        planner.plan("something else")


def test_the_shipped_file_is_the_pinned_one() -> None:
    if not SHIPPED.is_file():
        pytest.skip("no model file is in the tree yet")
    assert pinned() == sha256(SHIPPED)


def test_a_missing_pin_is_no_pin(tmp_path: Path) -> None:
    assert pinned(tmp_path / "none") is None
