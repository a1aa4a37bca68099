"""`nearhand model add`: a larger model is tried before it is taken, listed, looked after, and taken away again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nearhand.agent import sample
from nearhand.agent.cli import main as cli
from nearhand.agent.config.settings import SHIPPED_MODEL, ConfigError, load
from nearhand.agent.loop import open_engine
from nearhand.agent.paths import Profile
from nearhand.models import generalist
from nearhand.models.worker import PlanSource, ScriptedPlanner

from ...conftest import write_model

Run = Callable[..., tuple[int, str]]
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
PLANS = {
    "write a toast": 'text.compose what="a toast"',
    "write Viktor a note and send it": 'text.compose what="a note" ; mail.send to="Viktor" ask(text)',
    "what is on tomorrow?": 'calendar.find when="tomorrow"',
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return sample.build(tmp_path / "home", NOW)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    def opened(profile: Path | None, now: datetime | None, planner: PlanSource | None = None, progress: object = None):  # type: ignore[no-untyped-def]
        return open_engine(profile, now, planner or ScriptedPlanner(PLANS))

    monkeypatch.setattr(cli, "open_engine", opened)

    def runs(*words: str) -> tuple[int, str]:
        code = cli.main(("--profile", str(home), *words))
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return runs


def test_a_larger_model_is_tried_pinned_listed_used_and_taken_away(run: Run, home: Path, writing_gguf: Path) -> None:
    before = (home / "config.toml").read_text()
    code, said = run("model", "add", str(writing_gguf))
    assert code == 0 and "a test that writes" in said and "pinned" in said
    chosen = load(Profile(home)).model
    assert chosen.generalist == writing_gguf and len(chosen.generalist_sha256) == 64 and chosen.path == SHIPPED_MODEL
    code, said = run("model", "list")
    assert f"larger: {writing_gguf}" in said and "writes texts" in said
    rows = json.loads(run("model", "list", "--json")[1])["models"]
    assert [row["model"] for row in rows] == ["shipped", "larger"] and rows[1]["state"] == "fine"
    code, said = run("--now", "2026-03-04T09:30", "do", "write a toast")
    assert code == 0 and "| Dear Olga, I am ill and cannot come." in said and "it may be wrong" in said
    code, said = run("model", "add", "none")
    assert code == 0 and "no longer used" in said and writing_gguf.is_file()
    assert (home / "config.toml").read_text().startswith(before.rstrip("\n"))
    assert "nearhand model add" in run("do", "write a toast")[1]
    assert "none to take away" in run("model", "add", "none")[1]


def test_yes_never_sends_what_nobody_has_read(run: Run, home: Path, writing_gguf: Path) -> None:
    run("model", "add", str(writing_gguf))
    code, said = run("--now", "2026-03-04T09:30", "do", "write Viktor a note and send it", "--yes")
    assert code == 5 and "Dear Olga, I am ill and cannot come." in said and "nearhand approve" in said
    assert not list((home / "Mail/.Outbox").glob("*/*"))
    _, listed = run("--now", "2026-03-04T09:30", "approve")
    assert "Dear Olga, I am ill and cannot come." in listed  # it is read before it is approved, here too
    number = next(word for word in listed.split() if word.isdigit())
    assert run("--now", "2026-03-04T09:30", "approve", number)[0] == 0
    assert len(list((home / "Mail/.Outbox").glob("*/*"))) == 1


def test_what_cannot_write_is_refused_in_a_sentence_and_changes_nothing(
    run: Run, home: Path, tmp_path: Path, writing_gguf: Path
) -> None:
    before = (home / "config.toml").read_text()
    base, cut, text = write_model(tmp_path / "base.gguf", template=None), tmp_path / "cut.gguf", tmp_path / "x.gguf"
    cut.write_bytes(writing_gguf.read_bytes()[:100_000])
    text.write_text("no model")
    for path, why in (
        (base, "nearhand model use"), (cut, "damaged"), (text, "not a GGUF"), (tmp_path / "none.gguf", "No such file"),
    ):  # fmt: skip
        code, said = run("model", "add", str(path))
        assert code == 1 and why in said, said
    assert (home / "config.toml").read_text() == before


@pytest.mark.skipif(not SHIPPED_MODEL.is_file(), reason="there is no model in models/weights yet")
def test_the_action_model_is_no_larger_model_and_a_larger_model_no_action_model(run: Run, writing_gguf: Path) -> None:
    code, said = run("model", "add", str(SHIPPED_MODEL))
    assert code == 1 and "no chat template" in said and "nearhand model use" in said
    assert run("model", "use", str(writing_gguf))[0] == 1


def test_the_doctor_looks_after_it(run: Run, home: Path, tmp_path: Path) -> None:
    path = write_model(tmp_path / "own.gguf")
    run("model", "add", str(path))
    found = {c["what"]: c for c in json.loads(run("doctor", "--json")[1])["checks"]}
    assert found["larger model"]["ok"] and "never acts" in found["larger model"]["said"]
    path.write_bytes(path.read_bytes() + b"\0")
    found = {c["what"]: c for c in json.loads(run("doctor", "--json")[1])["checks"]}
    assert not found["larger model"]["ok"] and "nearhand model add" in found["larger model"]["fix"]
    code, said = run("do", "write a toast")
    assert code == 1 and "SHA-256" in said
    path.unlink()
    code, said = run("model", "list")
    assert code == 1 and "nearhand model add none" in said


def test_the_config_wants_its_pin(home: Path) -> None:
    text = (home / "config.toml").read_text()
    for keys, why in (('generalist = "x.gguf"', "generalist_sha256"), ('generalist_sha256 = "12"', "64 hexadecimal")):
        (home / "config.toml").write_text(f"{text}\n[model]\n{keys}\n")
        with pytest.raises(ConfigError, match=why):
            load(Profile(home))


def test_one_that_is_too_big_is_refused(writing_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generalist, "memory", lambda: 1)
    with pytest.raises(generalist.ModelError, match="too big for this machine"):
        generalist.check_room(writing_gguf)
