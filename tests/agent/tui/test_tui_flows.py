"""Every way through the app, with real keys over the real engine in the sample home; only the plans are written down."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from nearhand.agent.config.settings import SHIPPED_MODEL
from nearhand.agent.loop import Engine
from nearhand.agent.paths import Profile
from nearhand.agent.policy import grants
from nearhand.agent.reply import Status
from nearhand.agent.tui.app import NearhandApp
from nearhand.agent.tui.widgets.card import PlanCard
from nearhand.connectors.errors import ConnectorError
from nearhand.models.worker import Answer, Worker, WorkerError, pinned

from .stage import ANSWER, ASK, BOTH, FILE, LOOK, LUNCH, NOW, RULE, Stage, home, press, running, say, settled, text


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(home(tmp_path / "home"))


def scans(stage: Stage, folder: str) -> int:
    return len(list((stage.profile / folder).glob("scan_*.pdf")))


async def test_a_card_says_everything_and_approving_does_it(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, FILE)
        seen = text(app)
        assert "3 things" in seen and "scan_0001.pdf" in seen and "“Receipts” → Documents/Receipts" in seen
        assert scans(stage, "Downloads") == 3
        await press(pilot, "a")
        assert scans(stage, "Documents/Receipts") == 3
        assert "Moved scan_0001.pdf" in text(app) and "Ctrl+Z" in text(app)


async def test_enter_on_a_card_never_approves(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, FILE)
        await press(pilot, "enter", "enter")
        assert scans(stage, "Downloads") == 3 or app.desk.deciding


async def test_what_is_typed_while_a_card_appears_does_not_answer_it(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        app.prompt.line.value = "a"
        app.prompt.line.focus()
        app.do(FILE, lambda engine, approve: engine.do(FILE, approve))
        await settled(pilot)
        await press(pilot, "a", "a")
        assert app.prompt.line.value == "aaa" and scans(stage, "Downloads") == 3 and app.desk.deciding


async def test_a_yes_before_the_card_can_be_read_does_not_count(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        PlanCard.GRACE = 1000.0
        await say(pilot, FILE)
        await press(pilot, "a")
        assert app.desk.deciding and scans(stage, "Downloads") == 3


@pytest.mark.parametrize("key", ["r", "escape"])
async def test_no_means_that_nothing_happens(stage: Stage, key: str) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, FILE)
        await press(pilot, key)
        assert scans(stage, "Downloads") == 3 and "nothing was done" in text(app)
        assert not app.desk.deciding and app.prompt.line.has_focus


async def test_saying_something_else_is_not_a_yes(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, FILE)
        await say(pilot, LOOK)
        assert scans(stage, "Downloads") == 3 and "Site visit" in text(app)


async def test_an_argument_is_changed_in_its_place_with_suggestions(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, FILE)
        await press(pilot, "down", "down", "e")
        line = app.talk.card.lines[1].line if app.talk.card else None
        assert line is not None and line.value == "Receipts" and "Taxes" in line.choices
        line.value = "Tax"
        await press(pilot, "tab")
        assert line.value == "Taxes"
        await press(pilot, "enter")
        assert app.desk.deciding and "“Taxes” → Documents/Taxes" in text(app)
        await press(pilot, "a")
        assert scans(stage, "Documents/Taxes") == 3 and scans(stage, "Documents/Receipts") == 0


async def test_a_body_is_changed_on_the_card_and_goes_out_as_it_was_typed(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, ANSWER)
        seen = text(app)
        assert "Viktor Okafor <viktor@okafor.example>" in seen and "other people will see this" in seen
        await press(pilot, "down", "down", "down", "e")
        assert app.talk.card is not None
        line = next(each for each in app.talk.card.lines if each.line is not None)
        assert line.argument.slot == "say" and line.line is not None
        line.line.value = "It comes on Monday, sorry."
        await press(pilot, "enter")
        await press(pilot, "a")
        waiting = b"".join(path.read_bytes() for path in (stage.profile / "Mail/.Outbox").rglob("*") if path.is_file())
        assert b"It comes on Monday, sorry." in waiting


async def test_what_cannot_stand_in_an_argument_is_said_there(stage: Stage) -> None:
    stage.plans["mark it"] = "mail.flag state=unread"
    async with running(stage) as (app, pilot):
        await say(pilot, "mark it")
        await press(pilot, "e")
        assert app.talk.card is not None and app.talk.card.lines[0].line is not None
        app.talk.card.lines[0].line.value = "blue"
        await press(pilot, "enter")
        assert "“blue” is not possible here" in text(app) and app.desk.deciding
        await press(pilot, "escape")
        assert app.desk.deciding and app.talk.card.lines[0].line is None


async def test_an_argument_can_be_added(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, ANSWER)
        await press(pilot, "plus")
        await press(pilot, *"subject", "enter")
        await press(pilot, *"Offer", "enter")
        assert "“Offer”" in text(app) and app.desk.deciding


async def test_always_is_narrow_shown_and_revocable(stage: Stage) -> None:
    profile = Profile(stage.profile)
    async with running(stage) as (app, pilot):
        await say(pilot, FILE)
        assert "[A] would allow" in text(app)
        await press(pilot, "A")
        held = grants.valid(profile, NOW)
        assert {grant.action for grant in held} == {"files.move"}
        await press(pilot, "ctrl+z")
        assert scans(stage, "Downloads") == 3
        await say(pilot, FILE)
        assert scans(stage, "Documents/Receipts") == 3 and not app.desk.deciding
        await press(pilot, "escape", "6", "d")
        assert len(grants.valid(profile, NOW)) == len(held) - 1


async def test_a_question_is_answered_by_picking(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, ASK)
        assert "max@lindqvist.example" in text(app) and app.talk.choices is not None
        await press(pilot, "down", "enter")
        assert app.desk.deciding and "Max Moreau <max.moreau@atelier.example>" in text(app).replace("\n", " ")


async def test_a_question_is_answered_by_its_number_and_no_pane_takes_the_key(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, ASK)
        await press(pilot, "9")
        assert app.pane is not None and app.pane.TITLE == "Today" and not app.desk.deciding
        await press(pilot, "2")
        assert app.desk.deciding and "max.moreau@atelier.example" in text(app)


async def test_letters_at_a_question_begin_an_answer_in_words(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, ASK)
        await press(pilot, *"moreau", "enter")
        assert app.desk.deciding and "max.moreau@atelier.example" in text(app)


async def test_a_question_is_answered_by_typing(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, ASK)
        await say(pilot, "1")
        assert app.desk.deciding and "max@lindqvist.example" in text(app)


class Slow:
    """A planner that takes its time until it is broken off."""

    threshold = 0.5

    def __init__(self) -> None:
        self.asked, self.broken = threading.Event(), threading.Event()

    def plan(self, request: str, before: object = None) -> Answer:
        self.asked.set()
        self.broken.wait(20)
        raise WorkerError("The planner stopped unexpectedly; nothing was done.")

    def interrupt(self) -> None:
        self.broken.set()

    def close(self) -> None:
        self.broken.set()


async def test_escape_stops_while_the_model_plans(stage: Stage) -> None:
    slow = Slow()

    def prepare(engine: Engine) -> None:
        engine.planner = slow

    stage.prepare = prepare
    async with running(stage) as (app, pilot):
        app.prompt.line.value = FILE
        await pilot.press("enter")
        while not slow.asked.is_set():
            await pilot.pause(0.01)
        await press(pilot, "escape")
        assert slow.broken.is_set() and "You stopped it. Nothing was done." in text(app)


async def test_escape_stops_in_the_middle_and_what_was_done_can_be_undone(stage: Stage) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def prepare(engine: Engine) -> None:
        apply = engine.home.connectors["files"].apply

        def slowly(effect: object) -> object:
            receipt = apply(effect)  # type: ignore[arg-type]
            reached.set()
            go_on.wait(20)
            return receipt

        engine.home.connectors["files"].apply = slowly  # type: ignore[method-assign,assignment]

    stage.prepare = prepare
    async with running(stage) as (app, pilot):
        await say(pilot, FILE)
        await pilot.press("a")
        while not reached.is_set():
            await pilot.pause(0.01)
        await pilot.press("escape")
        assert stage.engine is not None and stage.engine.stop.is_set()
        go_on.set()
        await settled(pilot)
        assert scans(stage, "Documents/Receipts") == 1 and "You stopped it before this." in text(app).replace("\n", " ")
        await press(pilot, "ctrl+z")
        assert scans(stage, "Downloads") == 3


async def test_a_file_that_changed_under_the_card_is_not_touched(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, FILE)
        (stage.profile / "Downloads/scan_0001.pdf").write_bytes(b"something else")
        await press(pilot, "a")
        assert (stage.profile / "Downloads/scan_0001.pdf").read_bytes() == b"something else"
        assert "Not done" in text(app) or "changed" in text(app)


async def test_a_planner_that_falls_costs_one_request(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, "something that nobody wrote a plan for")
        assert "No plan is written down" in text(app)
        await say(pilot, LOOK)
        assert "Site visit" in text(app)


class Falling(Worker):
    """The real process of the model, killed by somebody in the middle of its first plan."""

    fell = False

    def _send(self, process: subprocess.Popen[str], message: dict[str, object]) -> None:
        if not self.fell:
            self.fell = True
            process.kill()
            process.wait()
        super()._send(process, message)


@pytest.mark.skipif(not SHIPPED_MODEL.is_file(), reason="there is no model in models/weights yet")
async def test_a_model_that_is_killed_while_it_plans_costs_one_request(stage: Stage) -> None:
    worker = Falling(SHIPPED_MODEL, pinned(), threads=1)
    stage.prepare = lambda engine: setattr(engine, "planner", worker)
    try:
        async with running(stage) as (app, pilot):
            await say(pilot, "move the scans to Receipts")
            assert "stopped unexpectedly; nothing was done" in text(app).replace("\n", " ")
            assert scans(stage, "Downloads") == 3 and not app.desk.deciding
            await say(pilot, "move the scans to Receipts")
            assert app.desk.deciding and "scan_0001.pdf" in text(app)
            await press(pilot, "9")
            await press(pilot, "escape", "escape", "9")
            assert "tokens a second" in text(app)
    finally:
        worker.close()


async def test_an_unexpected_error_in_the_engine_is_said_and_survived(stage: Stage) -> None:
    def broken(engine: Engine, approve: object) -> None:
        raise ZeroDivisionError("oops")

    async with running(stage) as (app, pilot):
        app.do("break", broken)  # type: ignore[arg-type]
        await settled(pilot)
        assert "Something unexpected happened (ZeroDivisionError: oops)" in text(app).replace("\n", " ")
        await say(pilot, LOOK)
        assert "Site visit" in text(app)


async def test_a_lost_connection_is_said_and_what_was_there_stays(stage: Stage) -> None:
    lost = threading.Event()

    def prepare(engine: Engine) -> None:
        scan = engine.home.connectors["mail"].scan

        def unsure() -> object:
            if lost.is_set():
                raise ConnectorError("imap.example does not answer. Nothing was changed; try again later.")
            return scan()

        engine.home.connectors["mail"].scan = unsure  # type: ignore[method-assign,assignment]

    stage.prepare = prepare
    async with running(stage) as (app, pilot):
        await press(pilot, "escape", "2")
        assert "Offer?" in text(app)
        lost.set()
        await press(pilot, "f5")
        assert "imap.example does not answer" in text(app).replace("\n", " ") and "Offer?" in text(app)


async def test_undo_and_redo_by_key_and_of_the_second_in_activity(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        for request in (LUNCH, FILE, BOTH):
            await say(pilot, request)
            await press(pilot, "a")
        await press(pilot, "escape", "5", "down", "u")
        assert scans(stage, "Downloads") == 3 and (stage.profile / "Documents/Flat.pdf").exists()
        await press(pilot, "ctrl+z")
        assert not (stage.profile / "Documents/Flat.pdf").exists()
        await press(pilot, "ctrl+y")
        assert (stage.profile / "Documents/Flat.pdf").exists()
        await press(pilot, "v")
        assert "The journal is whole" in text(app)


async def test_again_history_and_filters(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, LOOK)
        await say(pilot, "again")
        assert [e.turn.request for e in stage.engine.entries(5)] == [LOOK, LOOK] if stage.engine else False
        await press(pilot, "up")
        assert app.prompt.line.value == "again"
        await press(pilot, "up")
        assert app.prompt.line.value == LOOK
        await press(pilot, "down", "down")
        assert app.prompt.line.value == ""
    async with running(stage) as (app, pilot):
        await press(pilot, "up")
        assert app.prompt.line.value == LOOK


Doing = Callable[[NearhandApp, Pilot[None]], None]


async def test_a_mail_is_answered_archived_and_read_with_its_thread(stage: Stage) -> None:
    async with running(stage, (140, 32)) as (app, pilot):
        await press(pilot, "escape", "2", "slash", *"offer", "enter")
        assert "newest offer" in text(app) and "Statement" not in text(app)
        await press(pilot, "r")
        await press(pilot, *"Soon", "enter")
        assert "Answer “Offer?” to Viktor Okafor <viktor@okafor.example>" in text(app).replace("\n", " ") or app.desk.deciding
        await press(pilot, "a")
        app.pane.focus_list() if app.pane else None
        await press(pilot, "a")
        await press(pilot, "a")
        assert any("Offer" in p.read_text() for p in (stage.profile / "Mail/.Archive/cur").iterdir())


async def test_a_file_is_renamed_in_its_pane_and_folders_are_walked(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await press(pilot, "escape", "4", "o", "down", "enter")
        assert "scan_0001.pdf" in text(app)
        await press(pilot, "backspace")
        assert "Documents/" in text(app)
        await press(pilot, "o", "slash", *"budget", "enter", "n")
        app.prompt.line.value = "plan.xlsx"
        await press(pilot, "enter")
        await press(pilot, "a")
        assert (stage.profile / "Downloads/plan.xlsx").exists()


ACCOUNT = '\n[privacy]\nmode = "accounts"\n[[account]]\nname = "work"\nsmtp = "smtps://robin@127.0.0.1:9"\n'


@pytest.mark.parametrize(("config", "stands"), [("", "waits"), (ACCOUNT, "goes in 10 s")])
async def test_a_mail_in_the_outbox_is_stopped(stage: Stage, config: str, stands: str) -> None:
    with (stage.profile / "config.toml").open("a") as file:
        file.write(config)
    async with running(stage) as (app, pilot):
        await say(pilot, ANSWER)
        await press(pilot, "a")
        await press(pilot, "escape", "7")
        assert stands in text(app)
        await press(pilot, "c")
        assert "Stopped: it was taken out" in text(app) and "Nothing waits to go" in text(app)


async def test_a_rule_is_made_paused_and_removed(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, RULE)
        await press(pilot, "a")
        await press(pilot, "escape", "6", "p")
        await press(pilot, "a")
        app.pane.focus_list() if app.pane else None
        await pilot.pause()
        assert "paused" in text(app)


async def test_one_search_over_everything_opens_what_it_found(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await press(pilot, "f3", *"boiler", "enter")
        assert "I can come on Thursday at nine" in text(app)


async def test_a_number_of_things_is_done_without_a_mouse_or_with_one(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await pilot.click("#tab-mail")
        await settled(pilot)
        assert app.pane is not None and app.pane.TITLE == "Mail"
        await press(pilot, "ctrl+o")
        await press(pilot, "escape", "f1")
        assert app.screen.query("HelpPanel")


def test_every_status_of_a_reply_can_be_told() -> None:
    from nearhand.agent.reply import Reply
    from nearhand.agent.tui.replies import told

    for status in Status:
        assert told(Reply(status, "x", "said"), 80)[0].text == "said"
