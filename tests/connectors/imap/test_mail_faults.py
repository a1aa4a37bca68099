"""Lines that break at any byte, processes that die at any step, two Nearhands on one account: nothing lost or doubled.

By default 18 cuts, 16 kills, some of the server, and 15 interleavings; with NEARHAND_SOAK=1 300 cuts, 1,000 kills and 1,000 interleavings, with
a larger number that many kills and interleavings. NEARHAND_SEED draws others, so that a long run can be done in pieces.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.connectors.errors import ConnectorError, NetworkError
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.sync import sync_mail
from nearhand.connectors.imap.sync_apply import ASIDE
from nearhand.connectors.imap.sync_types import Verb

from ...servers import certificates, dovecot
from ...servers.cutting import Cutting
from ...servers.dovecot import PASSWORD
from ..conftest import Post
from .interrupted import BEYOND, broken_off, moved_on_after_a_cut, session_of
from .test_mail_sync import NOW, fill, here, in_step, mail, reader, there

_ASKED = os.environ.get("NEARHAND_SOAK", "")
SOAK = int(_ASKED) if _ASKED.isdigit() else 0
MANY = 1000 if SOAK == 1 else SOAK
SEED = int(os.environ.get("NEARHAND_SEED", "7"))
SCRIPT = Path(__file__).parents[2] / "servers" / "sync_once.py"
PLACES = ("INBOX", ".Archive", ".Trash", ".Family")


def ids(mails: dict[str, list[tuple[bytes, str]]]) -> Counter[bytes]:
    """How often each mail is there, by its Message-ID."""
    return Counter(re.search(rb"<(.*?)>", raw)[1] for folder in mails.values() for raw, _ in folder)  # type: ignore[index]


class Life:
    """Somebody who works on both sides, and remembers which mails must exist."""

    def __init__(self, post: Post, seed: int) -> None:
        self.post, self.draw = post, random.Random(seed)
        self.number = 0
        self.expected: Counter[bytes] = Counter()

    def new(self) -> bytes:
        self.number += 1
        self.expected[b"%d@test" % self.number] += 1
        return mail(self.number, "x" * self.draw.randrange(2000))

    def arrives(self, session: ImapSession) -> None:
        session.append("INBOX", self.new(), self.draw.choice(("", "S", "F")), NOW)

    def writes(self, name: str = "one") -> None:
        path = self.post.account(name).maildir / "cur" / f"{1700000000 + self.number}.M{self.number}.{name}:2,S"
        path.write_bytes(self.new())

    def works_here(self, name: str = "one") -> None:
        store = reader(self.post.account(name)).store
        refs = sorted(store.scan())
        if not refs:
            return
        ref, version = self.draw.choice(refs)
        folder, unique = ref.split("/", 1)
        to = self.draw.choice(PLACES)
        flags = version.partition(":2,")[2]
        if to != folder and self.draw.random() < 0.6:
            store.move(ref, version, to, unique)
        else:
            flag = self.draw.choice("SFR")
            store.flag(ref, version, *(("", flag) if flag in flags else (flag, "")))

    def works_there(self, session: ImapSession) -> None:
        boxes = [name for name, stand in session.mailboxes()[1].items() if stand.messages]
        if not boxes:
            return
        box = self.draw.choice(sorted(boxes))
        session.select(box)
        uid = self.draw.choice(sorted(session.uids()))
        if self.draw.random() < 0.6:
            to = self.draw.choice(("INBOX", "Archive", "Trash"))
            if session.moves:
                session.move([uid], to)
            elif to != box:
                session.copy([uid], to)
                session.remove([uid])
        else:
            session.mark([uid], self.draw.choice("SFR"), "")

    def both(self) -> None:
        """A little on each side."""
        with self.post.session() as session:
            self.arrives(session)
            self.works_there(session)
        self.writes()
        self.works_here()
        self.works_here()

    def nothing_is_lost_or_doubled(self, *names: str) -> None:
        with self.post.session() as session:
            assert ids(there(session)) == self.expected
        for name in names or ("one",):
            assert ids(here(self.post.account(name))) == self.expected
            aside = self.post.account(name).maildir / ASIDE
            assert not aside.exists() or not list(aside.rglob("*nearhand*"))


def settle(post: Post, *names: str) -> None:
    """Sync until nothing changes any more."""
    for _ in range(6):
        if all(post.sync(name).plan.empty for name in names or ("one",)):
            return
    pytest.fail("the sides never agree")


@pytest.fixture
def life(post: Post) -> Life:
    found = Life(post, SEED)
    with post.session() as session:
        for _ in range(5):
            found.arrives(session)
    post.sync()
    return found


def cuts(total: int, count: int) -> Iterator[int]:
    return iter(sorted({1 + total * step // count for step in range(count)}))


@pytest.mark.parametrize("way", ["sent", "received"])
def test_a_line_that_breaks_anywhere_loses_and_doubles_nothing(life: Life, way: str) -> None:
    life.both()
    with Cutting(life.post.server.endpoint) as line:
        life.post.sync(endpoint=line.endpoint)
        total = line.counted[way]
    for at in cuts(total, 150 if SOAK else 9):
        life.both()
        with Cutting(life.post.server.endpoint, **{f"after_{way}": at}) as line:
            try:
                life.post.sync(endpoint=line.endpoint)
            except NetworkError as error:
                assert re.search(r"broke|hung up|no sense|reached", str(error)), error
        settle(life.post)
        life.nothing_is_lost_or_doubled()
        assert in_step(life.post)


def test_a_line_that_breaks_after_any_command_loses_and_doubles_nothing(life: Life) -> None:
    at = 0
    for at in range(1, BEYOND):
        life.both()
        cut = broken_off(life.post, at)
        settle(life.post)
        life.nothing_is_lost_or_doubled()
        if not cut:
            break
    assert 9 < at < BEYOND and in_step(life.post)


def test_a_server_that_is_killed_at_any_command_loses_and_doubles_nothing(tmp_path: Path) -> None:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    with dovecot.Dovecot.started(certificates.make(tmp_path, "127.0.0.1")) as server:
        life = Life(Post(server, tmp_path / "post"), SEED)
        life.both()
        settle(life.post)
        for at in range(1, BEYOND, 1 if SOAK else 4):
            life.both()
            with session_of(life.post) as session:
                session.at, session.before = at, server.kill
                try:
                    sync_mail(session, life.post.account())
                    break
                except NetworkError as error:
                    assert re.search(r"broke|hung up", str(error)), error
                finally:
                    session.before = None
            server.start()
            settle(life.post)
            life.nothing_is_lost_or_doubled()
        assert 8 < at < BEYOND and in_step(life.post)


@pytest.mark.parametrize(("to", "folder"), [("Family", ".Family"), ("Inbox", "INBOX")])
def test_a_mail_whose_move_was_cut_off_goes_where_it_was_moved_here_since(post: Post, to: str, folder: str) -> None:
    moved_on_after_a_cut(post, to, folder)


def run_once(post: Post, die_at: int = 0) -> subprocess.CompletedProcess[str]:
    account = post.account()
    words = [str(post.server.endpoint.port), post.user, PASSWORD, str(account.maildir), str(account.state)]
    command = [sys.executable, str(SCRIPT), *words, *([str(die_at)] if die_at else [])]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_sync_that_is_killed_anywhere_converges(life: Life) -> None:
    life.both()
    done = run_once(life.post)
    assert done.returncode == 0, done.stderr
    most = int(done.stdout)
    for round_ in range(MANY or 16):
        if round_ % 2 == 0:
            life.both()  # every second kill hits the recovery from the one before
        done = run_once(life.post, life.draw.randint(1, most + 10))
        assert done.returncode in (0, 137), done.stderr
        if round_ % 8 == 7:
            settle(life.post)
            life.nothing_is_lost_or_doubled()
            assert in_step(life.post)


def test_a_first_sync_that_is_killed_in_a_batch_fetches_nothing_again(post: Post, tmp_path: Path) -> None:
    with post.session() as session:
        fill(session, 60)
    whole = int(run_once(Post(post.server, tmp_path / "another computer", post.user)).stdout)
    assert run_once(post, whole - 30).returncode == 137  # what comes last are the mails, one by one
    arrived = here(post.account())["INBOX"]
    assert 0 < len(arrived) < 60
    assert post.sync().done[Verb.PULL] == 60 - len(arrived) and in_step(post)


def test_two_nearhands_on_one_account_lose_nothing(life: Life) -> None:
    post = life.post
    post.sync("two")
    for _ in range(MANY or 15):
        for _ in range(life.draw.randint(1, 4)):
            life.works_here("one")
            life.works_here("two")
        if life.draw.random() < 0.5:
            life.writes(life.draw.choice(("one", "two")))
        at = life.draw.randint(1, 12)
        asked = 0

        def meanwhile(at: int = at) -> bool:
            """In the middle of the one, after it has looked, the other does all of its sync."""
            nonlocal asked
            asked += 1
            if asked == at:
                post.sync("two")
            return False

        with post.session() as session:
            sync_mail(session, post.account("one"), stop=meanwhile)
    settle(post, "one", "two", "one", "two")
    life.nothing_is_lost_or_doubled("one", "two")
    assert in_step(post, "one", "two")


def test_a_server_that_drips_is_given_up_and_the_next_sync_goes_on(life: Life) -> None:
    life.both()
    with Cutting(life.post.server.endpoint, drip=0.02) as line, pytest.raises(NetworkError, match="too slow"):
        life.post.session(line.endpoint, timeout=1.0)
    settle(life.post)
    life.nothing_is_lost_or_doubled()


def test_a_full_mailbox_is_told_and_the_mail_stays_here(post: Post, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    made = certificates.make(tmp_path / "c", "127.0.0.1")
    quota = "mail_plugins = quota\nplugin {\n quota = count:User quota\n quota_rule = *:storage=10k\n quota_vsizes = yes\n}\n"
    with dovecot.Dovecot.started(made, quota) as server:
        small = Post(server, tmp_path / "small")
        with small.session() as session:
            fill(session, 1)
        cur = small.account().maildir / "cur"
        (cur / "1700000001.big:2,").write_bytes(mail(5, "x" * 20_000))
        (cur / "1700000002.small:2,").write_bytes(mail(6))
        report = small.sync()
        (problem,) = report.problems
        assert "is full" in problem and report.done[Verb.PULL] == 1
        assert len(here(small.account())["INBOX"]) == 3
        assert "secs" not in problem and small.sync().problems == [problem]


@pytest.mark.parametrize("offered", ["IMAP4rev1 LITERAL+ UIDPLUS", "IMAP4rev1", "IMAP4rev1 UIDPLUS CONDSTORE ENABLE MOVE"])
def test_a_server_that_can_do_little_is_kept_in_step_too(tmp_path: Path, offered: str) -> None:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    made = certificates.make(tmp_path, "127.0.0.1")
    with dovecot.Dovecot.started(made, f"protocol imap {{\n imap_capability = {offered}\n}}\n") as server:
        post = Post(server, tmp_path / "post")
        life = Life(post, 3)
        with post.session() as session:
            assert set(offered.upper().split()) <= session.capabilities and "QRESYNC" not in session.capabilities
            for _ in range(4):
                life.arrives(session)
        post.sync()
        for _ in range(4):
            life.both()
            post.sync()
        settle(post)
        with post.session() as session:
            assert ids(there(session)) == life.expected
        assert ids(here(post.account())) == life.expected and in_step(post)


def test_the_person_is_told_when_a_server_hangs_up_at_once(post: Post) -> None:
    with Cutting(post.server.endpoint, after_received=1) as line, pytest.raises(ConnectorError) as told:
        post.session(line.endpoint)
    assert "127.0.0.1" in str(told.value)
