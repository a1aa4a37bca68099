"""`nearhand rules` on a real profile: what is shown, tried, run, resumed, logged and undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.agent.cli.main import main
from nearhand.agent.reply import Status
from nearhand.agent.rules.desk import RuleDesk

from . import rules_desk
from .rules_desk import Desk

SCANS = "rules.add event=file kind=pdf ; files.move what=$1 | Any PDF that lands in {in:Downloads} should end up in {2.to:Bills}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with rules_desk.opened(rules_desk.make(tmp_path)) as opened:
        yield opened


def rules(desk: Desk, *words: str) -> tuple[int, str]:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(["rules", *words, "--profile", str(desk.base)])
    return code, out.getvalue()


def test_trying_says_what_would_have_been_done_and_does_nothing(desk: Desk) -> None:
    desk.put("Downloads/water.pdf")
    desk.rule(SCANS)
    code, told = rules(desk, "try", "1")
    assert code == 0 and "once" in told and "Move water.pdf" in told
    assert desk.files("Downloads") == ["water.pdf"]


def test_running_now_acts_on_what_is_there_and_the_log_tells_it(desk: Desk) -> None:
    desk.put("Downloads/water.pdf")
    desk.rule(SCANS)
    assert rules(desk, "run", "1")[0] == 0
    assert desk.files("Downloads") == [] and desk.files("Documents") == ["water.pdf"]
    assert "water.pdf" in rules(desk, "log", "1")[1]
    assert rules(desk, "undo", "1")[0] == 0
    assert desk.files("Downloads") == ["water.pdf"]
    assert "nothing" in rules(desk, "undo", "1")[1]


def test_running_on_very_many_asks_first(desk: Desk) -> None:
    for number in range(51):
        desk.put(f"Downloads/{number}.pdf")
    desk.rule(SCANS)
    assert rules(desk, "run", "1")[0] == 5 and len(desk.files("Downloads")) == 51


def test_a_rule_changed_by_hand_is_listed_as_waiting_and_resumes_with_a_yes(desk: Desk) -> None:
    ref = desk.rule(SCANS)
    path = desk.base / "rules" / ref
    path.write_text("# mine\n" + desk.text(ref).replace('kind = "pdf"', 'kind = "scan"'))
    assert "changed by hand" in rules(desk, "list")[1]
    assert rules(desk, "run", "1")[0] == 1
    assert rules(desk, "resume", "1")[0] == 5
    assert rules(desk, "resume", "1", "--yes")[0] == 0
    assert json.loads(rules(desk, "list", "--json")[1])["rules"][0]["state"] == "on"
    assert path.read_text().startswith("# mine\n") and 'kind = "scan"' in path.read_text()


def test_a_key_that_means_nothing_is_named_with_the_nearest_one(desk: Desk) -> None:
    ref = desk.rule(SCANS)
    path = desk.base / "rules" / ref
    path.write_text(desk.text(ref).replace("most = 50", "mots = 50"))
    assert 'Did you mean "most"?' in rules(desk, "list")[1]


def test_showing_says_what_it_does_alone_and_where_its_file_is(desk: Desk) -> None:
    ref = desk.rule(SCANS)
    told = rules(desk, "show", "1")[1]
    assert "Runs for each new file" in told and "without asking until" in told and str(desk.base / "rules" / ref) in told


def test_an_undo_of_the_rule_itself_ends_it(desk: Desk) -> None:
    desk.rule(SCANS)
    assert desk.engine.undo().status is Status.DONE
    assert desk.names() == []


def test_a_rule_that_lost_its_grant_by_hand_asks_for_everything(desk: Desk) -> None:
    ref = desk.rule(SCANS)
    text = desk.text(ref)
    (desk.base / "rules" / ref).write_text(text[: text.index("[grant]")])
    RuleDesk(desk.engine).resumed(ref, lambda card: True)
    assert "[grant]" in desk.text(ref)
