"""The command line: exit codes, JSON, batches, questions, approvals, and one sentence for every mistake."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nearhand.agent.approve import Approve, Card
from nearhand.agent.cli import main as cli
from nearhand.agent.effects.ledger import Broken
from nearhand.agent.effects.outcomes import Outcome
from nearhand.agent.effects.records import Entry, Record, State, Turn
from nearhand.agent.errors import AgentError
from nearhand.agent.reply import EXIT_CODES, Reply, Result, Status
from nearhand.connectors.base import Effect, Item, Person
from nearhand.connectors.errors import NearhandError

NOW = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
CARD = Card(("Send a mail to Olga <olga@brandt.example>.", "Move a.pdf to Receipts."), ("Other people will see this.",))


@dataclass
class FakeEngine:
    """Says what it was told to say, and remembers what it was asked."""

    replies: dict[str, Reply | Exception] = field(default_factory=dict)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    turns: tuple[Entry, ...] = ()
    broken: Broken | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    opened: tuple[object, ...] = ()
    during: Callable[[], None] = lambda: None

    def do(self, text: str, approve: Approve | None = None) -> Reply:
        self.asked.append(("do", text, approve))
        self.during()
        found = self.replies.get(text, Reply(Status.DONE, text, "Done."))
        if isinstance(found, Exception):
            raise found
        if found.status is Status.APPROVE and approve is not None:
            done = approve(CARD)
            told = "Moved." if done else "All right, nothing was done."
            return Reply(Status.DONE if done else Status.REFUSED, text, told, journal=found.journal)
        return replace(found, request=text)

    def plan(self, text: str) -> Reply:
        self.asked.append(("plan", text))
        return self.do(text)

    def undo(self, ids: Sequence[int] = (), approve: Approve | None = None) -> Reply:
        self.asked.append(("undo", tuple(ids), approve))
        outcome = Outcome("Moved a.pdf back", State.DONE, "it is there")
        return Reply(Status.DONE, "undo", "Undone.", results=(Result("agent.undo", outcomes=(outcome,)),), journal=(9,))

    def approve(self, number: int) -> Reply:
        self.asked.append(("approve", number))
        if number > 99:
            raise NearhandError(f"There is no turn {number}. `nearhand log` lists them.")
        return Reply(Status.DONE, "x", "Approved.")

    def reject(self, number: int) -> Reply:
        self.asked.append(("reject", number))
        return Reply(Status.DONE, "x", "All right, it will not be done.")

    def entries(self, limit: int = 20, text: str = "") -> tuple[Entry, ...]:
        self.asked.append(("entries", limit, text))
        return self.turns[:limit]

    def verify(self) -> Broken | None:
        return self.broken

    @contextmanager
    def open(
        self, profile: Path | None, now: datetime | None, planner: object = None, progress: object = None
    ) -> Iterator[FakeEngine]:
        """What stands in for `open_engine`."""
        self.opened = (profile, now, planner)
        yield self


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    made = FakeEngine()
    monkeypatch.setattr(cli, "open_engine", made.open)
    return made


@dataclass
class Said:
    """What a run of the command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        return dict(json.loads(self.out))


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def runs(*words: str) -> Said:
        code = cli.main(words)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return runs


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[str]], list[str]]:
    """Somebody at a terminal who types these lines; returns the questions they saw."""

    def sits(lines: Sequence[str]) -> list[str]:
        left, seen = list(lines), list[str]()

        def ask(prompt: str = "") -> str:
            seen.append(prompt)
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr("builtins.input", ask)
        monkeypatch.setattr("sys.stdin", io.StringIO())
        for stream in (sys.stdin, sys.stdout):
            monkeypatch.setattr(stream, "isatty", lambda: True)
        monkeypatch.setenv("NO_COLOR", "1")
        return seen

    return sits


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_exit_code(engine: FakeEngine, run: Run, status: Status) -> None:
    engine.replies["x"] = Reply(status, "x", "This is how it went.", journal=(3,))
    said = run("do", "x")
    assert said.code == EXIT_CODES[status]
    told = said.err if status is Status.FAILED else said.out
    assert told.startswith("This is how it went.")


def test_words_need_no_quotes(engine: FakeEngine, run: Run) -> None:
    assert run("do", "--yes", "put", "the", "scans", "away").code == 0
    assert engine.asked[0][1] == "put the scans away"


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--profile", "/p", "--now", "2026-03-03T14:05", "do", "x"),
        ("do", "--json", "--profile", "/p", "--now", "2026-03-03T14:05", "x"),
        ("do", "x", "--json", "--now", "2026-03-03T14:05", "--profile", "/p"),
        ("--json", "do", "x", "--now", "2026-03-03T14:05", "--profile", "/p"),
    ],
)
def test_global_options_stand_before_or_after_the_verb(engine: FakeEngine, run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).json["status"] == "done"
    assert engine.opened[:2] == (Path("/p"), datetime(2026, 3, 3, 14, 5))


def test_json_is_one_object_of_plain_ascii(engine: FakeEngine, run: Run) -> None:
    item = Item("files", "/a", "1", "file", "ü\x1b[31m\u202e.pdf", size=3)
    engine.replies["x"] = Reply(Status.DONE, "x", "Found.", results=(Result("files.find", (item,)),))
    said = run("do", "x", "--json")
    assert said.out.isascii() and "\x1b" not in said.out and said.out.count("\n") == 1
    found = {"ref": "/a", "kind": "file", "title": "ü\x1b[31m\u202e.pdf", "place": "", "source": "own", "size": 3}
    assert said.json["results"] == [{"action": "files.find", "items": [found]}]


def test_yes_approves_and_without_anybody_it_waits(engine: FakeEngine, run: Run) -> None:
    engine.replies["x"] = Reply(Status.APPROVE, "x", "", journal=(7,))
    assert run("do", "x").code == 5
    assert engine.asked[-1][2] is None
    assert run("do", "x", "--yes").code == 0


def test_what_waits_says_how_to_go_on(engine: FakeEngine, run: Run) -> None:
    lines = tuple(f"Move {n}.pdf to Receipts." for n in range(30))
    answer = f"{' '.join(lines)} Approve it with: nearhand approve 7"
    engine.replies["x"] = Reply(Status.APPROVE, "x", answer, results=(Result("files.move", lines=lines),), journal=(7,))
    said = run("do", "x")
    assert said.out.splitlines()[0] == "This would be done:"
    assert said.out.count("pdf") == 20
    assert "... and 10 more" in said.out
    assert "nearhand approve 7" in said.out and "nearhand reject 7" in said.out


def test_a_person_sees_the_card_and_says_yes(engine: FakeEngine, run: Run, terminal: Callable[..., list[str]]) -> None:
    engine.replies["x"] = Reply(Status.APPROVE, "x", "", journal=(7,))
    seen = terminal(["y"])
    said = run("do", "x")
    assert said.code == 0 and seen == ["Do it? [y/N] "]
    assert "(2 changes)" in said.out and "1. Send a mail to Olga <olga@brandt.example>." in said.out
    assert "Other people will see this." in said.out


@pytest.mark.parametrize("answer", [[""], ["n"], ["maybe"], []])
def test_anything_but_yes_means_no(
    engine: FakeEngine, run: Run, terminal: Callable[..., list[str]], answer: list[str]
) -> None:
    engine.replies["x"] = Reply(Status.APPROVE, "x", "", journal=(7,))
    terminal(answer)
    assert run("do", "x").code == 4


def test_a_question_is_answered_by_a_number_or_in_words(
    engine: FakeEngine, run: Run, terminal: Callable[..., list[str]]
) -> None:
    ask = Reply(Status.ASK, "x", "Which one?", question="Which one?", missing="who", choices=("Max L", "Max M"))
    engine.replies |= {"x": ask, "Max M": ask}
    terminal(["2", "the plumber"])
    said = run("do", "x")
    assert [each[1] for each in engine.asked] == ["x", "Max M", "the plumber"]
    assert said.code == 0 and said.out.count("Which one?") == 2 and "  2  Max M" in said.out


def test_no_answer_to_a_question_leaves_it(engine: FakeEngine, run: Run, terminal: Callable[..., list[str]]) -> None:
    engine.replies["x"] = Reply(Status.ASK, "x", "Which one?", question="Which one?")
    terminal([""])
    assert run("do", "x").code == 3


def test_a_batch_answers_every_line_and_stops_at_none(
    engine: FakeEngine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.replies = {"b": AgentError("It broke."), "c": ValueError("bug"), "d": Reply(Status.ASK, "d", "What?")}
    stdin(monkeypatch, b"a\nb\nc\n\nd\n\xff\xfe\nlast")
    said = run("do", "--batch")
    told = [json.loads(line) for line in said.out.splitlines()]
    assert [each["status"] for each in told] == ["done", "failed", "failed", "failed", "ask", "failed", "done"]
    assert told[1]["answer"] == "It broke." and told[1]["request"] == "b"
    assert said.code == 1


def test_a_batch_ends_with_the_worst_exit_code(engine: FakeEngine, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.replies = {"ask": Reply(Status.ASK, "", "?"), "no": Reply(Status.REFUSED, "", "No.")}
    stdin(monkeypatch, b"fine\nask\nno\nask\n")
    assert run("do", "--batch").code == 4
    stdin(monkeypatch, b"fine\nfine\n")
    assert run("plan", "--batch").code == 0


def test_plan_does_nothing(engine: FakeEngine, run: Run) -> None:
    assert run("plan", "x").code == 0
    assert engine.asked[0] == ("plan", "x")


def test_undo_approve_and_reject_take_numbers(engine: FakeEngine, run: Run) -> None:
    assert [run(*words).code for words in (("undo",), ("undo", "3", "4"), ("approve", "5"), ("reject", "6"))] == [0] * 4
    assert [each[:2] for each in engine.asked] == [("undo", ()), ("undo", (3, 4)), ("approve", 5), ("reject", 6)]


def test_looking_at_the_journal_loads_no_model(engine: FakeEngine, run: Run) -> None:
    run("log")
    assert engine.opened[2] is not None
    run("do", "x")
    assert engine.opened[2] is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("do",), "Say what it is about"),
        (("do", "  "), "Say what it is about"),
        (("undo", "abc"), "not a number from `nearhand log`"),
        (("undo", "-1"), "not a number from `nearhand log`"),
        (("approve", "x"), "not a number from `nearhand log`"),
        (("fly",), "invalid choice: 'fly'"),
        (("do", "x", "--now", "yesterday"), "not a time like"),
        (("do", "x", "--ye"), "Unrecognized arguments: --ye"),
        (("model",), "required: ACT"),
        (("do", "half \udce9"), "not text in UTF-8"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    engine: FakeEngine, run: Run, words: tuple[str, ...], sentence: str
) -> None:
    said = run(*words)
    assert said.code == 2 and said.out == ""
    assert sentence in said.err and said.err.count("\n") == 1 and "Traceback" not in said.err
    told = run(*words, "--json")
    assert told.code == 2 and sentence in str(told.json["answer"]) and told.json["status"] == "failed"


@pytest.mark.parametrize(
    "error", [AgentError("It\x1b[2J broke."), ValueError("bug"), PermissionError(13, "denied", "/x")]
)
def test_errors_are_one_plain_sentence_and_exit_code_1(engine: FakeEngine, run: Run, error: Exception) -> None:
    engine.replies["x"] = error
    said = run("do", "x")
    assert said.code == 1 and said.err.count("\n") == 1 and "\x1b" not in said.err and said.out == ""
    assert run("do", "x", "--json").json["status"] == "failed"


def test_a_turn_that_is_not_there_is_said(engine: FakeEngine, run: Run) -> None:
    assert run("approve", "100").err == "There is no turn 100. `nearhand log` lists them.\n"


def test_ctrl_c_stops_before_the_next_step_and_says_what_was_done(engine: FakeEngine, run: Run) -> None:
    outcomes = (Outcome("Moved a.pdf", State.DONE), Outcome("Move b.pdf", State.SKIPPED, "You stopped it before this."))
    results = (Result("files.move", outcomes=outcomes),)
    engine.replies["x"] = Reply(Status.FAILED, "x", "You stopped it. Done: Moved a.pdf", results=results)
    engine.during = lambda: os.kill(os.getpid(), signal.SIGINT)
    before = signal.getsignal(signal.SIGINT)
    said = run("do", "x")
    assert engine.stop.is_set() and said.code == 1
    assert "✗ Move b.pdf: You stopped it before this." in said.out
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_before_anything_was_done_is_130(engine: FakeEngine, run: Run) -> None:
    engine.replies["x"] = Reply(Status.FAILED, "x", "Nothing was done.")
    engine.during = lambda: os.kill(os.getpid(), signal.SIGINT)
    assert run("do", "x").code == 130
    engine.stop.clear()
    engine.replies["x"] = KeyboardInterrupt()  # type: ignore[assignment]
    engine.during = _broken_off
    assert run("do", "x").code == 130


def _broken_off() -> None:
    raise KeyboardInterrupt


def entry(number: int, state: State | None = State.DONE, **more: object) -> Entry:
    effect = Effect("files", "move", "/a")
    records = (Record(1, number, effect, effect, "Moved a.pdf", NOW, state),) if state else ()
    return Entry(number, Turn(f"request {number}", "files.move", NOW), NOW, effects=records, **more)  # type: ignore[arg-type]


def test_the_log_shows_how_every_turn_stands(engine: FakeEngine, run: Run) -> None:
    engine.turns = (
        entry(5, None, waiting="digest"), entry(4, State.UNDONE), entry(3, State.FAILED, halted="It broke."),
        entry(2, answer="Moved a.pdf."), entry(1, None),
    )  # fmt: skip
    said = run("log")
    rows = [line.split("  ") for line in said.out.splitlines()]
    states = ("waits for you", "undone", "failed", "done", "answered")
    assert [state for state in states if any(state in [cell.strip() for cell in row] for row in rows)] == list(states)
    assert "Tue 3 Mar 2026 14:05" in said.out and "      It broke." in said.out
    assert run("log", "--limit", "2", "a", "b").code == 0
    assert engine.asked[-1] == ("entries", 2, "a b")


def test_the_log_as_json_has_every_effect(engine: FakeEngine, run: Run) -> None:
    engine.turns = (entry(2),)
    (told,) = run("log", "--json").json["entries"]  # type: ignore[misc, attr-defined]
    assert told["id"] == 2 and told["state"] == "done" and told["effects"][0]["text"] == "Moved a.pdf"


def test_verify_names_the_broken_entry(engine: FakeEngine, run: Run) -> None:
    assert run("log", "--verify").out == "The journal is whole.\n"
    engine.broken = Broken(4, "entry 4 was changed after it was written")
    said = run("log", "--verify")
    assert said.code == 1 and "entry 4" in said.out
    assert run("log", "--verify", "--json").json["broken_at"] == 4


def test_a_list_is_readable_and_plain(engine: FakeEngine, run: Run) -> None:
    mails = tuple(
        Item("mail", str(n), "1", "mail", f"Hello\x1b[2J {n}", "Inbox", NOW + timedelta(n),
             people=(("from", Person("Olga", "o@x.example")),), tags=frozenset({"unread"}))
        for n in range(32)
    )  # fmt: skip
    results = (Result("mail.find", mails),)
    engine.replies["x"] = Reply(Status.DONE, "x", "I found 32 mails.", results=results, journal=(1,))
    said = run("do", "x")
    lines = said.out.splitlines()
    assert lines[0] == "I found 32 mails." and len(lines) == 22
    assert lines[1].split() == ["●", "Olga", "Hello", "0", "Tue", "3", "Mar", "2026", "14:05"]
    assert "... and 12 more" in lines[-1] and "\x1b" not in said.out


def test_a_mail_is_quoted_line_by_line(engine: FakeEngine, run: Run) -> None:
    result = Result("mail.read", lines=("Dear Robin,", "", "\x1b]0;x\x07see you"))
    engine.replies["x"] = Reply(Status.DONE, "x", "It says:", results=(result,))
    assert run("do", "x").out == "It says:\n  | Dear Robin,\n  |\n  | see you\n"


def test_without_a_verb_it_helps(run: Run) -> None:
    said = run()
    assert said.code == 0 and "exit codes" in said.out


def test_connect_writes_the_config(run: Run, tmp_path: Path) -> None:
    for name in ("Documents", "Mail/cur", "cal"):
        (tmp_path / name).mkdir(parents=True)
    profile = ("--profile", str(tmp_path / "profile"))
    assert run("connect", "files", str(tmp_path / "Documents"), *profile).code == 0
    assert run("connect", "mail", str(tmp_path / "Mail"), *profile).code == 0
    assert run("connect", "calendar", str(tmp_path / "cal"), *profile, "--json").json["status"] == "done"
    text = (tmp_path / "profile/config.toml").read_text()
    assert f'roots = ["{tmp_path}/Documents"]' in text and f'vdir = "{tmp_path}/cal"' in text
    assert "is not a folder that is there" in run("connect", "mail", str(tmp_path / "no"), *profile).err
    assert run("connect", "mail", *profile).code == 2
    assert run("connect", "mail", str(tmp_path), str(tmp_path), *profile).code == 2


def test_connecting_other_folders_says_which_are_no_longer_seen(run: Run, tmp_path: Path) -> None:
    first, other = tmp_path / "first", tmp_path / "other"
    first.mkdir()
    other.mkdir()
    profile = ("--profile", str(tmp_path / "profile"))
    assert "No longer seen" not in run("connect", "files", str(first), *profile).out
    assert f"No longer seen: {first}." in run("connect", "files", str(other), *profile).out
    assert "No longer seen" not in run("connect", "files", str(first), str(other), *profile).out


def test_connect_asks_at_a_terminal(run: Run, tmp_path: Path, terminal: Callable[..., list[str]]) -> None:
    seen = terminal([str(tmp_path / "new"), "", "y", "Robin Keller", "robin@keller.example"])
    assert run("connect", "files", "--profile", str(tmp_path / "p")).code == 0
    assert any("Make it?" in question for question in seen)
    text = (tmp_path / "p/config.toml").read_text()
    assert 'name = "Robin Keller"' in text and (tmp_path / "new").is_dir()


def test_model_list_and_use_speak_plainly_about_bad_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"no model")
    said = run("model", "use", str(tmp_path / "x.gguf"), "--profile", str(tmp_path))
    assert said.code == 1 and "is not a GGUF file" in said.err and not (tmp_path / "config.toml").exists()
    assert run("model", "use", "shipped", "--profile", str(tmp_path)).code in (0, 1)
    (row,) = run("model", "list", "--json", "--profile", str(tmp_path)).json["models"]  # type: ignore[misc, attr-defined]
    assert row["model"] == "shipped" and row["used"]


HEAVY = ("llama_cpp", "textual", "caldav", "keyring", "icalendar", "numpy", "torch", "watchdog", "sqlite3")


@pytest.mark.parametrize("words", [("--version",), ("do", "--help"), ("--help",), ("fly",)])
def test_nothing_heavy_is_imported_to_read_the_command_line(words: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom nearhand.agent.cli import main as cli\n"
        f"try: cli.main({words!r})\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_no_front_end_module_imports_a_heavy_one() -> None:
    verbs = ("main", "do", "log", "model", "connect", "rules", "privacy", "reply", "doctor", "demo")
    names = ", ".join(f"nearhand.agent.cli.{name}" for name in verbs)
    code = f"import sys, {names}\nprint([name for name in {HEAVY[:-1]!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "import sys\nfrom nearhand.agent.cli import main as cli\nsys.exit(cli.main(['--help']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
