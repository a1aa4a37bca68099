"""The command line over the real engine in the sample home; only the plans are written down beforehand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nearhand.agent import sample
from nearhand.agent.cli import demo
from nearhand.agent.cli import main as cli
from nearhand.agent.cli import privacy as cli_privacy
from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.paths import Profile
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.sealed.seal import Sealed
from nearhand.models.worker import PlanSource, ScriptedPlanner

PLANS = dict(zip(demo.TOUR, (
    'calendar.find when="this week"',
    'files.move what="scans" in="Downloads" to="Receipts"',
    'files.rename what="floor plan v2" name="Floor plan final"',
    'files.usage in="Downloads"',
    'mail.save_attachments from="Lindenhof School" to="School trip"',
    'mail.find from="Viktor" state=unread',
    'tasks.add in="shopping list" name="coffee" ; tasks.add in="shopping list" name="oats"',
    'calendar.move what="dentist" by="an hour later"',
    'agent.lookup what="parcel" field=code',
    'mail.archive from="Nordbank"',
    'mail.send to="Viktor" text="You will have the offer tomorrow."',
    "none why=danger",
), strict=True)) | {
    "what is on tomorrow?": 'calendar.find when="tomorrow"',
    "from now on file newsletters": 'rules.add event=mail kind=newsletter ; mail.move what=$1 to="newsletters"',
}  # fmt: skip
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
Run = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def plans(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(
        profile: Path | None, now: datetime | None, planner: PlanSource | None = None, progress: object = None
    ) -> AbstractContextManager[Engine]:
        return open_engine(profile, now, planner or ScriptedPlanner(PLANS))

    monkeypatch.setattr(cli, "open_engine", opened)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def runs(*words: str) -> tuple[int, str]:
        code = cli.main(words)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return runs


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield sample.build(tmp_path / "home", NOW)


def test_the_demo_really_acts_and_ends_with_undo_and_the_log(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    code, said = run("demo", "--keep", str(folder))
    assert code == 0, said
    assert (folder / "Documents/Receipts/scan_0001.pdf").is_file() and not (folder / "Downloads/scan_0001.pdf").exists()
    assert (folder / "Documents/School trip/permission form.pdf").is_file()
    for text in demo.TOUR:
        assert f"> {text}" in said
    assert said.index("> undo") < said.index("newest first") < said.index(f'nearhand --profile {folder} do "')


def test_the_demo_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    code, said = run("demo", "--keep", str(tmp_path))
    assert code == 1 and "is not an empty folder" in said and list(tmp_path.iterdir()) == [tmp_path / "mine"]


def test_the_demo_speaks_json_too(run: Run, tmp_path: Path) -> None:
    code, said = run("demo", "--json", "--keep", str(tmp_path / "kept"))
    told = json.loads(said)
    assert code == 0 and len(told["tour"]) == len(demo.TOUR) + 1 and told["profile"] == str(tmp_path / "kept")


def checks(run: Run, home: Path) -> dict[str, tuple[bool, str, str]]:
    _, said = run("doctor", "--json", "--profile", str(home))
    return {check["what"]: (check["ok"], check["said"], check["fix"]) for check in json.loads(said)["checks"]}


def test_what_is_answered_with_always_is_not_asked_again_is_listed_and_taken_back(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["always"]
    monkeypatch.setattr("builtins.input", lambda prompt="": answers.pop(0))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    scans = "move the scans from Downloads to Receipts"
    told = ("--profile", str(home), "--now", NOW.isoformat())
    code, said = run(*told, "do", scans)
    assert code == 0 and "Answer always to allow" in said and "files.move with" in said
    assert run(*told, "undo")[0] == 0
    assert run(*told, "do", scans)[0] == 0 and not answers  # nobody was asked
    listed = run(*told, "rules")[1]
    assert "Always allowed" in listed and "Receipts" in listed
    assert len(json.loads(run(*told, "--json", "rules")[1])["allowed"]) == 2
    assert "you are asked again: files.move" in run(*told, "rules", "revoke", "1")[1]
    assert run(*told, "rules", "revoke", "2")[0] == 1
    assert run(*told, "undo")[0] == 0
    answers.append("n")
    assert run(*told, "do", scans)[0] == 4 and not answers


def test_the_doctor_looks_at_everything(run: Run, home: Path) -> None:
    found = checks(run, home)
    assert {"python", "runtime", "config", "files", "mail", "calendar", "contacts", "disk", "model", "planner",
            "journal", "index", "tasks items", "rules items"} <= found.keys()  # fmt: skip
    assert all(ok for what, (ok, _, _) in found.items() if what != "model" and not what.startswith("seal")), found
    assert {"seal of engine", "seal of model", "seal of reader"} <= found.keys()
    assert "chain is whole" in found["journal"][1]


def test_the_doctor_names_what_is_wrong_and_how_to_mend_it(run: Run, home: Path) -> None:
    (home / "Mail/cur").rename(home / "Mail/gone")
    ok, _, fix = checks(run, home)["mail"]
    assert not ok and "nearhand connect mail" in fix
    text = (home / "config.toml").read_text()
    (home / "config.toml").write_text(text.replace("[mail]", "[mial]"))
    code, said = run("doctor", "--profile", str(home))
    assert code == 1 and "mial" in said and "->" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_the_doctor_sees_a_folder_that_cannot_be_written(run: Run, home: Path) -> None:
    (home / "Stick").chmod(0o500)
    try:
        _, said = run("doctor", "--profile", str(home))
    finally:
        (home / "Stick").chmod(0o700)
    assert "chmod u+w" in said


def test_the_doctor_without_a_profile_says_how_to_begin(run: Run, tmp_path: Path) -> None:
    code, said = run("doctor", "--profile", str(tmp_path / "none"))
    assert code == 1 and "nearhand connect files" in said


@pytest.fixture
def no_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    """What modules import is tested by itself."""
    monkeypatch.setattr(cli_privacy, "own_imports", lambda: iter(()))


def test_privacy_says_what_the_kernel_enforces_in_each_process(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, no_imports: None
) -> None:
    whole, part = Sealed(("Landlock 7", "seccomp")), Sealed(("seccomp",), ("Landlock 4 or newer (the kernel offers 1)",))
    monkeypatch.setattr(cli_privacy, "held", lambda config: {"engine": whole, "model": whole, "reader": whole})
    code, said = run("privacy", "--profile", str(home))
    assert code == 0 and "Mode local: no network at all, enforced by the kernel" in said and "No connection" in said
    monkeypatch.setattr(cli_privacy, "held", lambda config: {"engine": part, "model": whole, "reader": whole})
    code, said = run("privacy", "--profile", str(home))
    assert code == 0 and "NOT all of it" in said and "the kernel offers 1" in said
    told = json.loads(run("privacy", "--json", "--profile", str(home))[1])
    assert told["seals"]["engine"]["missing"] and not told["seals"]["model"]["missing"]


def test_a_way_that_is_open_fails_and_is_named(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, no_imports: None
) -> None:
    ways = {"engine": {"TCP": "stopped by kernel", "UDP": "open"}, "nothing": {"TCP": "open", "UDP": "open"}}
    monkeypatch.setattr(cli_privacy, "_verified", lambda session, config: ways)
    code, said = run("privacy", "--verify", "--profile", str(home))
    assert code == 1 and "OPEN: UDP (engine, app, daemon)" in said and "TCP  " in said
    ways["engine"]["UDP"] = "stopped by check"
    code, said = run("privacy", "--verify", "--profile", str(home))
    assert code == 0 and "1 stopped by the kernel, 1 by a check, none open" in said


def test_privacy_shows_the_ledger_of_connections(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_privacy, "held", lambda config: {})
    ledger = NetworkLedger(Profile(home).network)
    ledger.closed(ledger.opened("imap.example", 993, "mail of work"), 2048, 512, "ok")
    said = run("privacy", "--profile", str(home))[1]
    assert "imap.example:993" in said and "mail of work" in said
    (told,) = json.loads(run("privacy", "--json", "--profile", str(home))[1])["connections"]
    assert (told["host"], told["port"], told["sent"], told["received"]) == ("imap.example", 993, 512, 2048)


def test_only_the_doors_import_what_opens_a_connection() -> None:
    assert [(where, name) for where, name in cli_privacy.own_imports() if where not in cli_privacy.DOORS] == []


def test_privacy_finds_an_import_that_opens_a_network(tmp_path: Path) -> None:
    for part in ("agent", "connectors", "models"):
        (tmp_path / part).mkdir()
    (tmp_path / "agent/x.py").write_text("def f():\n    from urllib import request\n    import socket as s\n")
    assert list(cli_privacy.own_imports(tmp_path)) == [("agent/x.py", "urllib.request"), ("agent/x.py", "socket")]


def test_rules_are_listed_paused_removed_and_come_back(run: Run, home: Path) -> None:
    profile = ("--profile", str(home))
    assert "There are no rules" in run("rules", *profile)[1]
    code, said = run("do", "from now on file newsletters", "--yes", *profile)
    assert code == 0, said
    assert "on" in run("rules", *profile)[1]
    assert run("rules", "pause", "1", *profile)[0] == 0
    assert json.loads(run("rules", "--json", *profile)[1])["rules"][0]["state"] == "paused"
    assert run("undo", *profile)[0] == 0
    assert run("rules", "remove", "1", *profile)[0] == 0
    assert "There are no rules" in run("rules", *profile)[1]
    assert run("rules", "remove", "1", *profile)[0] == 1
    assert run("rules", "pause", *profile)[0] == 2


def test_what_waits_is_approved_later_and_undone(run: Run, home: Path) -> None:
    profile = ("--profile", str(home), "--now", NOW.isoformat())
    assert run("do", demo.TOUR[2], *profile)[0] == 5
    assert (home / "Documents/floor plan v2.pdf").exists()
    assert run("approve", "1", *profile)[0] == 0
    assert (home / "Documents/Floor plan final.pdf").exists()
    assert run("undo", *profile)[0] == 0
    assert (home / "Documents/floor plan v2.pdf").exists()
    assert run("do", demo.TOUR[2], *profile)[0] == 5
    assert run("reject", "3", *profile)[0] == 0
    assert run("approve", "3", *profile)[0] == 1
