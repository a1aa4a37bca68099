"""`nearhand log --verify` on a real journal: whole, meddled with, cut off, and one that is no journal."""

from __future__ import annotations

import sqlite3

import pytest

from nearhand.agent.cli.main import main

from .world import World, row

DELETE = row("files.trash | delete the {what:old letter}")


@pytest.fixture
def journal(world: World) -> World:
    """A home in which something was done and taken back."""
    with world.engine(DELETE) as engine:
        engine.do(DELETE.turn.request, approve=lambda card: True)
        engine.undo()
    return world


def meddle(world: World, statement: str) -> None:
    with sqlite3.connect(world.profile / "journal.db") as base:
        for verb in ("update", "delete"):
            base.execute(f"DROP TRIGGER no_{verb}")
        base.execute(statement)
    base.close()


def verified(world: World, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["--profile", str(world.profile), "log", "--verify"])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_a_whole_journal_is_whole(journal: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(journal, capsys) == (0, "The journal is whole.\n")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE rows SET body = body || ' ' WHERE n = 3", "entry 3"),
        ("UPDATE rows SET at = '2020-01-01T00:00:00+00:00' WHERE n = 5", "entry 5"),
        ("UPDATE rows SET turn = 2 WHERE n = 4", "entry 4"),
        ("DELETE FROM rows WHERE n = 2", "entry 2"),
    ],
)
def test_the_broken_entry_is_named(
    journal: World, capsys: pytest.CaptureFixture[str], statement: str, named: str
) -> None:
    meddle(journal, statement)
    code, told = verified(journal, capsys)
    assert code == 1 and named in told


def test_a_file_that_is_no_journal_is_said_to_be_none(journal: World, capsys: pytest.CaptureFixture[str]) -> None:
    (journal.profile / "journal.db").write_bytes(b"not a journal" * 1000)
    for more in ("-wal", "-shm"):
        (journal.profile / f"journal.db{more}").unlink(missing_ok=True)
    code, told = verified(journal, capsys)
    assert code == 1 and "journal" in told and "Traceback" not in told
