"""The parts of the app on their own: settings, themes, keys, suggestions, first steps, what is drawn when."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from argparse import Namespace
from datetime import date
from pathlib import Path

import pytest

from nearhand.agent.cli import main as cli
from nearhand.agent.cli.session import Session
from nearhand.agent.config.settings import load as load_config
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.agent.showing.card_steps import edited
from nearhand.agent.tui import launch
from nearhand.agent.tui.looks import day, pictures
from nearhand.agent.tui.screens.first import Answers, write
from nearhand.agent.tui.settings import Settings, load, save
from nearhand.agent.tui.widgets.suggest import best
from nearhand.connectors.errors import NearhandError
from nearhand.models.language import PlanError, parse

from .stage import FILE, NOW, Stage, home, press, running, say, settled, text


def test_settings_are_kept_and_a_broken_file_is_left_alone(tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    assert load(profile) == Settings()
    save(profile, Settings(theme="nearhand-light", first="mail", keys={"card.approve": "f8"}))
    assert (load(profile).theme, load(profile).first, dict(load(profile).keys)) == ("nearhand-light", "mail", {"card.approve": "f8"})
    profile.app.write_text("theme = [")
    found = load(profile)
    assert found.theme == Settings().theme and "cannot be read" in found.problems[0]
    save(profile, Settings())
    assert profile.app.read_text() == "theme = ["


def test_a_theme_of_ones_own_is_used_and_a_broken_one_is_named(tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    profile.themes.mkdir()
    (profile.themes / "sea.toml").write_text('primary = "#123456"\nbackground = "#000000"\n')
    (profile.themes / "bad.toml").write_text('primary = "no colour"\n')
    found = load(profile)
    assert "sea" in {theme.name for theme in found.themes} and "bad" not in {theme.name for theme in found.themes}
    assert "bad.toml" in found.problems[0]


def test_suggestions_begin_like_what_is_typed_then_come_near() -> None:
    folders = ("Receipts", "Recipes", "Taxes", "School trip")
    assert best("rec", folders)[:2] == ["Receipts", "Recipes"]
    assert "School trip" in best("trip", folders)
    assert best("", folders, 2) == ["Receipts", "Recipes"]


def test_an_argument_is_replaced_added_and_taken_out() -> None:
    plan = parse('files.move what="scans" to="Receipts"')
    assert str(edited(plan, 0, "to", "Taxes")) == 'files.move what="scans" to="Taxes"'
    assert str(edited(plan, 0, "to", "")) == 'files.move what="scans" ask(to)'
    assert str(edited(plan, 0, "kind", "pdf, scan")) == 'files.move what="scans" kind=pdf kind=scan to="Receipts"'
    mail = parse('mail.send to="Olga" say="I am late"')
    assert str(edited(mail, 0, "to", "Olga; Max")) == 'mail.send to="Olga" to="Max" say="I am late"'
    assert str(edited(mail, 0, "text", "Late.")) == 'mail.send to="Olga" text="Late."'
    for slot, words in (("kind", "blue"), ("repeat", "daily")):
        with pytest.raises(PlanError):
            edited(plan, 0, slot, words)


def test_a_text_of_several_lines_is_typed_in_one_and_keeps_its_lines() -> None:
    from nearhand.agent.approve import Argument
    from nearhand.agent.tui.widgets import card

    typed = card._one_line(Argument("text", "what step 1 found", "Dear Olga,\n\nI am ill.\nMira"))
    assert typed == "Dear Olga, ⏎ ⏎ I am ill. ⏎ Mira"
    assert card._lines_of(f" {typed} ") == "Dear Olga,\n\nI am ill.\nMira"
    assert card._one_line(Argument("name", "Site visit")) == card._lines_of("Site visit")


def test_views_of_the_calendar_begin_where_the_person_begins_a_week() -> None:
    wednesday = date(2026, 3, 4)
    assert day.span_of("week", wednesday, 0) == (date(2026, 3, 2), date(2026, 3, 9))
    assert day.span_of("week", wednesday, 6) == (date(2026, 3, 1), date(2026, 3, 8))
    assert day.span_of("month", date(2026, 12, 31), 0) == (date(2026, 12, 1), date(2027, 1, 1))


def test_the_first_steps_write_a_config_that_can_be_read_and_nothing_wrong(tmp_path: Path) -> None:
    profile = Profile(tmp_path / "profile")
    (tmp_path / "Documents").mkdir()
    with pytest.raises(NearhandError, match="not a folder"):
        write(profile, Answers("Robin", "robin@keller.example", str(tmp_path / "gone"), "", "", ""))
    with pytest.raises(NearhandError, match="at least one"):
        write(profile, Answers("Robin", "", " , ", "", "", ""))
    assert not profile.config.exists()
    write(profile, Answers("Robin", "robin@keller.example", str(tmp_path / "Documents"), "", "", ""))
    assert load_config(profile).me.name == "Robin" and load_config(profile).files.roots == (tmp_path / "Documents",)


async def test_in_an_empty_home_the_first_steps_come_up_and_lead_to_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Documents").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    async with running(Stage(tmp_path / "profile")) as (app, pilot):
        assert "Welcome" in text(app) and app.screen.query_one("#first-files").value == "~/Documents"  # type: ignore[attr-defined]
        await press(pilot, *"Robin", "enter", *"r@k.example")
        assert app.screen.query_one("#first-email").value == "r@k.example"  # type: ignore[attr-defined]
        app.screen.query_one("#first-files").value = str(tmp_path / "gone")  # type: ignore[attr-defined]
        await press(pilot, "ctrl+s")
        words = "".join(letter for letter in text(app) if letter.isalpha())  # however the line was broken
        assert "isnotafolderthatisthere" in words
        app.screen.query_one("#first-files").value = str(tmp_path / "Documents")  # type: ignore[attr-defined]
        await press(pilot, "ctrl+s")
        await settled(pilot)
        assert app.facts is not None and app.facts.name == "Robin" and "Today" in text(app)


async def test_connecting_later_begins_with_what_is_connected(tmp_path: Path) -> None:
    stage = Stage(home(tmp_path / "home"))
    async with running(stage) as (app, pilot):
        await press(pilot, "f2", "down", "down", "enter")
        assert app.screen.query_one("#first-name").value == "Robin Keller"  # type: ignore[attr-defined]
        before = load_config(Profile(stage.profile))
        await press(pilot, "ctrl+s")
        assert load_config(Profile(stage.profile)) == before and not app.shut


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "nearhand-contrast"])
async def test_every_theme_can_be_chosen_and_is_remembered(tmp_path: Path, theme: str) -> None:
    stage = Stage(home(tmp_path / "home"))
    async with running(stage) as (app, pilot):
        await press(pilot, "f2")
        while app.theme != theme:
            await pilot.press("right")
        await press(pilot, "escape")
        assert load(Profile(stage.profile)).theme == theme and "Saturday?" in text(app)
        app.theme = "nord"  # as the palette does
        await settled(pilot)
        assert load(Profile(stage.profile)).theme == "nord"


async def test_a_config_with_a_mistake_is_said_and_tried_again(tmp_path: Path) -> None:
    profile = home(tmp_path / "home")
    good = (profile / "config.toml").read_text()
    (profile / "config.toml").write_text(good.replace("[mail]", "[mial]"))
    async with running(Stage(profile)) as (app, pilot):
        assert "mial" in text(app)
        (profile / "config.toml").write_text(good)
        await press(pilot, "f5")
        assert app.facts is not None


async def test_keys_are_remapped_by_their_id(tmp_path: Path) -> None:
    stage = Stage(home(tmp_path / "home"), settings=Settings(keys={"card.approve": "f8"}))
    async with running(stage) as (app, pilot):
        await say(pilot, FILE)
        await press(pilot, "a")
        assert app.desk.deciding
        await press(pilot, "f8")
        assert not app.desk.deciding


async def test_settings_are_changed_in_the_app_and_written_down(tmp_path: Path) -> None:
    stage = Stage(home(tmp_path / "home"))
    async with running(stage) as (app, pilot):
        await press(pilot, "f2", "right")
        assert app.theme == "nearhand-light" and load(Profile(stage.profile)).theme == "nearhand-light"


async def test_no_colour_and_a_low_confidence_are_still_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(Stage(home(tmp_path / "home"), confidence=0.2)) as (app, pilot):
        await say(pilot, FILE)
        assert app.no_color and "Only 20% sure" in text(app)


@pytest.mark.parametrize("module", ["nearhand.agent.tui.app", "nearhand.agent.tui.launch"])
def test_the_first_frame_waits_for_nothing_heavy(module: str) -> None:
    heavy = ("llama_cpp", "numpy", "caldav", "keyring", "watchdog", "pypdf", "docx", "icalendar", "nearhand.agent.loop", "nearhand.agent.home")
    code = f"import sys, {module}; print(*sorted(set({heavy!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_picture_becomes_half_blocks_in_a_sealed_process(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is optional")
    made = image.new("RGB", (40, 40), "#ff0000")
    made.paste("#0000ff", (0, 20, 40, 40))
    made.save(tmp_path / "flag.png")
    found = pictures.half_blocks(str(tmp_path / "flag.png"), 20, 10)
    assert len(found) == 10 and len(found[0]) == 20
    assert found[0][0] == ("#ff0000", "#ff0000") and found[-1][0] == ("#0000ff", "#0000ff")


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"GIF89a\xff\xff\xff\xff" + b"\xff" * 500])
def test_a_broken_picture_costs_a_sentence(tmp_path: Path, data: bytes) -> None:
    pytest.importorskip("PIL", reason="Pillow is optional")
    (tmp_path / "bad.png").write_bytes(data)
    with pytest.raises(pictures.PictureError, match="not shown"):
        pictures.half_blocks(str(tmp_path / "bad.png"), 20, 10)


def test_serve_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "find_spec", lambda name: None)
    with pytest.raises(AgentError, match="pip install textual-serve"):
        launch.serve(Session(opener=lambda *wanted: None), Namespace())  # type: ignore[arg-type,return-value]


def test_without_a_verb_and_without_a_terminal_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert "nearhand do" in capsys.readouterr().out


def test_the_command_opens_the_app_in_a_real_terminal_and_leaves_it_as_it_was(tmp_path: Path) -> None:
    profile, (ours, theirs) = home(tmp_path / "home"), os.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    command = [sys.executable, "-P", "-m", "nearhand.agent.cli.main", "--profile", str(profile), "--now", NOW.isoformat()]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
    os.close(theirs)
    seen, asked = b"", False
    try:
        while chunk := _read(ours):
            seen += chunk
            if not asked and b"Saturday?" in seen:
                os.write(ours, b"\x11")  # Ctrl+Q
                asked = True
    finally:
        os.close(ours)
        process.kill() if process.wait(20) is None else None
    assert process.returncode == 0 and b"Saturday?" in seen
    assert seen.rindex(b"\x1b[?1049l") > seen.index(b"\x1b[?1049h")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536) if select.select([terminal], [], [], 60)[0] else b""
    except OSError:  # the other side has closed it
        return b""
