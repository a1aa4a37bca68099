"""What a client of the daemon gets: the same as alone; and what becomes of it when either side misbehaves."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearhand.agent.approve import Card
from nearhand.agent.cli import reply as cli_reply
from nearhand.agent.daemon import main as daemon
from nearhand.agent.daemon import protocol as wire
from nearhand.agent.daemon import socket as daemon_socket
from nearhand.agent.daemon.clients import MOST, Clients
from nearhand.agent.daemon.remote import Agent, connect
from nearhand.agent.daemon.talk import MOST_WAITING
from nearhand.agent.errors import AgentError, VersionError
from nearhand.agent.loop import open_engine
from nearhand.agent.paths import Profile
from nearhand.agent.reply import Status
from nearhand.agent.showing.card_steps import edited
from nearhand.agent.showing.show import Paint
from nearhand.models.language import parse
from nearhand.models.worker import Answer, ScriptedPlanner

from .daemon_world import PLANS, Given, answers, client, make_home, raw, served, until

HELLO = wire.line({"op": "hello", "protocol": wire.PROTOCOL, "version": "test"})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "p")


@contextmanager
def talking(home: Path, *lines: bytes, hello: bytes = HELLO) -> Iterator[Iterator[dict[str, object]]]:
    """What the daemon answers to these bytes, line by line."""
    with raw(home) as line:
        line.sendall(b"".join((hello, *lines)))
        with line.makefile("rb") as answers:
            next(answers)  # the greeting
            yield (json.loads(answer) for answer in answers)


def ended(answers: Iterator[dict[str, object]]) -> Iterator[dict[str, object]]:
    """The answers that end a request."""
    return (answer for answer in answers if "progress" not in answer)


def seen(agent: Agent) -> list[list[str]]:
    """What a person sees of a few requests, and of the cards they are shown."""
    cards: list[list[str]] = []

    def approve(card: Card) -> bool:
        cards.append([*card.lines, *card.reasons, card.diff])
        return len(cards) > 1

    replies = [agent.do("where are the notes?"), agent.plan("pack the notes"), agent.do("bin the notes"),
               agent.reject(2), agent.do("bin the notes", approve), agent.do("bin the notes", approve), agent.undo(),
               agent.do("read plan b"), agent.do("nobody planned this")]  # fmt: skip
    codes = [[reply.status, str(reply.journal), str(reply.choices), str(reply.plan)] for reply in replies]
    return [*codes, *cards, *(cli_reply.lines(reply, Paint()) for reply in replies)]


def test_a_client_sees_what_it_would_have_seen_alone(tmp_path: Path) -> None:
    for name in ("near", "far"):
        make_home(tmp_path / name)
        for plan in ("plan b 1.txt", "plan b 2.txt"):
            (tmp_path / name / "Documents" / plan).write_text("x")
    for path in tmp_path.rglob("*.txt"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    with open_engine(tmp_path / "near", None, ScriptedPlanner(PLANS)) as engine:
        near = seen(engine)
    with served(tmp_path / "far"), client(tmp_path / "far") as remote:
        assert seen(remote) == near


def test_a_question_is_answered_on_the_same_connection_and_on_no_other(home: Path) -> None:
    for name in ("plan b old.txt", "plan b new.txt"):
        (home / "Documents" / name).write_text("x")
    plans = {**PLANS, "rename plan b": 'files.rename what="plan b" name="plan c"'}
    with served(home, Given(plans)), client(home) as one, client(home) as other:
        asked = one.do("rename plan b")
        assert asked.status is Status.ASK and len(asked.choices) == 2
        assert other.do(asked.choices[0]).status is Status.FAILED  # nobody asked this one
        assert one.do(asked.choices[0]).status is Status.APPROVE


def test_a_plan_is_changed_things_are_pointed_at_and_an_undo_is_undone(home: Path) -> None:
    notes = home / "Documents/notes.txt"
    (home / "Documents/page.txt").write_text("x")
    with served(home), client(home) as remote:
        cards: list[Card] = []
        remote.do("bin the notes", lambda card: bool(cards.append(card)))
        plan = cards[0].plan
        assert plan is not None and cards[0].steps[0].items[0].title == "notes.txt" and cards[0].grants
        done = remote.do_plan(edited(plan, 0, "what", "page"), lambda card: True)
        assert done.status is Status.DONE and notes.exists() and not (home / "Documents/page.txt").exists()
        done = remote.point("bin this", parse("files.trash what=$0"), cards[0].steps[0].items, lambda card: True)
        assert done.status is Status.DONE and not notes.exists()
        assert remote.undo().status is Status.DONE and notes.exists()
        assert remote.redo().status is Status.DONE and not notes.exists()


def test_an_answer_that_falls_over_is_a_no(home: Path) -> None:
    def falls(card: Card) -> bool:
        raise ZeroDivisionError

    with served(home), client(home) as remote:
        with pytest.raises(ZeroDivisionError):
            remote.do("bin the notes", falls)
        assert remote.do("where are the notes?").status is Status.DONE
    assert (home / "Documents/notes.txt").exists()


def test_what_a_person_does_not_answer_waits_in_the_queue(home: Path) -> None:
    with served(home):
        with raw(home) as line:
            line.sendall(HELLO + wire.line({"op": "do", "id": 1, "text": "bin the notes", "asks": True}))
            with line.makefile("rb") as answers:
                assert any(b'"card"' in answer for answer in answers)
        # the client has gone without a word
        with client(home) as remote:
            until(lambda: bool(remote.ask("queue", "queue")))
            waiting = remote.ask("queue", "queue")
            assert isinstance(waiting, list) and waiting[0]["lines"] == ["Move notes.txt to the trash."]
            assert (home / "Documents/notes.txt").exists()
            assert remote.approve(waiting[0]["id"]).status is Status.DONE
            assert remote.ask("queue", "queue") == []
    assert not (home / "Documents/notes.txt").exists()


def test_a_card_that_is_left_for_later_waits_in_the_queue(home: Path) -> None:
    with served(home), client(home) as remote:
        reply = remote.do("bin the notes", lambda card: None)
        assert reply.status is Status.APPROVE and (home / "Documents/notes.txt").exists()
        assert remote.approve(reply.journal[0]).status is Status.DONE
    assert not (home / "Documents/notes.txt").exists()


def test_a_client_that_goes_while_something_is_done_does_not_cut_it_off(home: Path) -> None:
    with served(home):
        with raw(home) as line:
            lines = ({"op": "do", "id": 1, "text": "bin the notes", "asks": True}, {"op": "say", "id": 1, "yes": True})
            line.sendall(HELLO + b"".join(map(wire.line, lines)))
        until(lambda: not (home / "Documents/notes.txt").exists())


def test_stop_in_the_middle_leaves_the_rest_undone_and_the_done_part_undoable(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p", pages=400)
    pages = home / "Documents"
    with served(home), client(home) as remote:
        begun = threading.Timer(0.0, lambda: (until(lambda: len(list(pages.iterdir())) < 390), remote.stop.set()))
        begun.start()
        reply = remote.do("bin them all", lambda card: True)
        begun.join()
        left = len(list(pages.iterdir()))
        assert reply.status is Status.FAILED and "You stopped it" in reply.answer
        assert 10 < left < 390
        assert remote.undo((reply.journal[0],)).status is Status.DONE
        assert len(list(pages.iterdir())) == 401


def test_holding_stops_the_requests_of_everybody(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p", pages=400)
    pages = home / "Documents"
    with served(home) as daemon, client(home) as one, client(home) as other:
        stopping = threading.Timer(0.0, lambda: (until(lambda: len(list(pages.iterdir())) < 390), other.hold()))
        stopping.start()
        reply = one.do("bin them all", lambda card: True)
        stopping.join()
        assert reply.status is Status.FAILED and "You stopped it" in reply.answer
        assert len(list(pages.iterdir())) > 10
        assert daemon.status()["held"] is True
        assert one.do("where are the notes?").status is Status.DONE  # what is asked anew is done
        assert other.ask("resume") == "The rules go on."


def test_what_waits_in_the_row_can_be_stopped_before_it_begins(home: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    class Slow(ScriptedPlanner):
        def plan(self, request: str, before: object = None) -> Answer:
            begun.set()
            assert go.wait(60)
            return super().plan(request)

    slow = Given(make_planner=lambda: Slow(PLANS))
    yes = {"op": "do", "text": "bin the notes", "asks": True}
    with served(home, slow), talking(home, wire.line({"op": "do", "id": 1, "text": "where are the notes?"}),
                                     wire.line({**yes, "id": 2}), wire.line({"op": "stop", "id": 2}),
                                     wire.line({"op": "status", "id": 3})) as answers:  # fmt: skip
        assert begun.wait(60)
        assert next(answers)["id"] == 3  # so the stop has been read
        go.set()
        first, second = next(ended(answers)), next(ended(answers))
        assert (first["id"], second["id"]) == (1, 2)
        assert "You stopped it. Nothing was done." in str(second["reply"])
    assert (home / "Documents/notes.txt").exists()


def test_a_daemon_of_another_version_is_told_of(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(home):
        monkeypatch.setattr("nearhand.agent.daemon.remote.version", lambda: "9.0")
        with pytest.raises(VersionError, match=r"older; this is 9\.0\. Restart it"):
            connect(home)
        monkeypatch.setattr("nearhand.agent.daemon.remote.version", lambda: "0.0.1")
        with pytest.raises(VersionError, match="newer"):
            connect(home)


def test_a_client_of_another_protocol_is_told_and_sent_away(home: Path) -> None:
    other = wire.line({"op": "hello", "protocol": 99, "version": "7.0"})
    with served(home), talking(home, hello=other) as answers:
        told = list(answers)
        assert len(told) == 1 and "7.0 speaks otherwise" in str(told[0]["error"])


def test_who_does_not_greet_is_asked_to(home: Path) -> None:
    with served(home), talking(home, wire.line({"op": "do", "id": 1, "text": "x"}), hello=b"") as answers:
        assert next(answers) == {"id": 1, "error": "Say hello first, with your protocol and version."}


def test_another_users_process_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "Clients", lambda path, host: Clients(path, host, lambda connection: os.getuid() + 1))
    with served(home), raw(home) as line, line.makefile("rb") as told:
        assert [json.loads(each)["error"] for each in told] == ["This Nearhand belongs to another user."]


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert daemon_socket.peer(one) == os.getuid()


def test_the_socket_is_for_its_owner_alone(home: Path) -> None:
    with served(home):
        path = Profile(home).socket
        assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_somebody_else_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nearhand.agent.daemon.socket.os.getuid", lambda: os.geteuid() + 1)
    with pytest.raises(AgentError, match="belongs to somebody else"):
        daemon_socket.listen(tmp_path / "run" / "daemon.sock")


def test_a_deep_profile_has_its_socket_in_a_short_place(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a long folder name"] * 8)
    make_home(deep)
    assert len(os.fsencode(Profile(deep).socket)) < 100
    with served(deep), client(deep) as remote:
        assert remote.do("where are the notes?").status is Status.DONE


def test_too_many_programs_are_told_so(home: Path) -> None:
    lines = []
    with served(home):
        try:
            for _ in range(MOST + 1):
                lines.append(socket.socket(socket.AF_UNIX))
                lines[-1].connect(str(Profile(home).socket))
            assert b"Too many programs" in lines[-1].recv(4096)
        finally:
            for line in lines:
                line.close()
        until(lambda: answers(home))


def test_too_many_requests_at_once_are_told_so_and_the_others_are_answered(home: Path) -> None:
    asked = [wire.line({"op": "do", "id": n, "text": "what about it?"}) for n in range(1, MOST_WAITING + 40)]
    with served(home), talking(home, *asked) as answers:
        found = {answer["id"]: answer for answer in (next(ended(answers)) for _ in asked)}
    assert all("reply" in found[n] or "not more than 64" in str(found[n]["error"]) for n in range(1, len(asked) + 1))
    assert "reply" in found[1]


@pytest.mark.parametrize(("line", "said"), [
    (b"\xff\xfe\n", "not text in UTF-8"), (b"{\n", "not one JSON object"), (b"[]\n", "not one JSON object"),
    (b"\n", "not one JSON object"), (b'{"op": "fly", "id": 3}\n', "must be one of"),
    (b'{"op": "approve", "id": 3}\n', "takes the number of one turn"),
    (b'{"op": "approve", "id": 3, "numbers": [9]}\n', "There is no turn 9"),
    (b'{"op": "change", "id": 3, "plan": "files.trash what=1"}\n', "is not a plan"),
    (b'{"op": "change", "id": 3, "plan": "files.trash what=$0"}\n', "no request whose plan"),
    (b'{"op": "point", "id": 3, "plan": "files.trash what=$0", "items": [{"$": "Call"}]}\n', "holds something that is no item"),
    (b'{"op": "rule", "id": 3, "text": "dance", "ref": "x.toml"}\n', "can be told to run, resume, undo"),
    (b'{"op": "withdraw", "id": 3, "ref": "x"}\n', "No mail is connected"),
    (b'{"op": "sync", "id": 3}\n', "No account is connected"), (b'{"op": "do", "text": "x"}\n', "Give each request a new"),
    pytest.param(b"x" * (wire.MOST_ASKED + 1) + b"\n", "is longer than", id="a line of a megabyte"),
])  # fmt: skip
def test_a_bad_line_is_answered_with_a_sentence_and_the_next_one_is_done(home: Path, line: bytes, said: str) -> None:
    good = wire.line({"op": "do", "id": 9, "text": "where are the notes?"})
    with served(home), talking(home, line, good) as answers:
        first = next(answers)
        assert said in str(first["error"])
        assert any(answer.get("id") == 9 and "reply" in answer for answer in answers)


_PIECES = st.lists(
    st.binary(max_size=60) | st.sampled_from([HELLO, b'{"op":"do","id":1,"text":"what about it?"}\n', b'{"op":"stop"}\n',
    b'{"op":"say","id":1,"yes":true}\n', b'{"op":"plan","id":2,"text":"pack the notes"}\n', b"\n", b"{", b'"', b"\x00" * 9]),
    max_size=12)  # fmt: skip


def test_no_garbage_takes_the_daemon_down_or_costs_another_client_anything(home: Path) -> None:
    with served(home) as daemon, client(home) as remote:

        @settings(max_examples=int(os.environ.get("NEARHAND_SOAK", "0")) * 5000 or 60, deadline=None,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(_PIECES)
        def thrown(pieces: list[bytes]) -> None:
            with raw(home) as line:
                line.sendall(b"".join(pieces))
                line.shutdown(socket.SHUT_WR)
                with line.makefile("rb") as answers:
                    assert all(isinstance(json.loads(answer), dict) for answer in answers)

        thrown()
        assert remote.do("where are the notes?").status is Status.DONE
        until(lambda: daemon.status()["clients"] == 1)
    assert (home / "Documents/notes.txt").exists()


def test_who_subscribes_is_told_what_others_do(home: Path) -> None:
    with served(home), client(home) as one, client(home) as other:
        events = other.events()
        found: list[dict[str, object]] = []
        listening = threading.Thread(target=lambda: found.append(next(events)))
        listening.start()
        until(lambda: one.do("where are the notes?").status is Status.DONE and bool(found))
        listening.join()
        assert found[0]["event"] == "turn" and found[0]["status"] == "done"


def test_without_a_daemon_there_is_nobody(home: Path) -> None:
    assert connect(home) is None
    path = Profile(home).socket
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.exists() and connect(home) is None
