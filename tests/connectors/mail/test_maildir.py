"""The store: folders, unique names, flags, moves and deliveries in real Maildirs, with other programs at work."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.connectors import atomic
from nearhand.connectors.errors import ConflictError, DeniedError, ExistsError, LimitError, NotFoundError
from nearhand.connectors.mail import mailboxes
from nearhand.connectors.mail.maildir import Maildir
from nearhand.connectors.mail.maildir_files import identity, portable

MAIL = b"From: olga@example.org\nSubject: hello\n\nHi\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for sub in ("cur", "new", "tmp"):
        (tmp_path / "Mail" / sub).mkdir(parents=True)
    return tmp_path / "Mail"


@pytest.fixture
def store(root: Path) -> Maildir:
    return Maildir(root)


def put(root: Path, place: str, data: bytes = MAIL) -> Path:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def files(root: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file() and p.name != "maildirfolder"
    }


def version(store: Maildir, ref: str) -> str:
    return store.version(store.find(ref))


def test_a_scan_finds_every_mail_of_every_folder_once(root: Path, store: Maildir) -> None:
    put(root, "new/1.a")
    put(root, "cur/2.b:2,S")
    put(root, ".Family.School/cur/3.c:2,")
    put(root, ".Family.School/tmp/4.d")
    put(root, "cur/.hidden")
    assert {ref for ref, _ in store.scan()} == {"INBOX/1.a", "INBOX/2.b", ".Family.School/3.c"}


def test_a_missing_maildir_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Is it there"):
        list(Maildir(tmp_path / "unmounted").scan())
    with pytest.raises(NotFoundError):
        Maildir(tmp_path / "unmounted").add(".Sent", "1.a", "S", MAIL)
    assert not (tmp_path / "unmounted").exists()


def test_links_are_not_followed(root: Path, store: Maildir, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x")
    (root / "cur" / "1.a:2,").symlink_to(secret)
    (tmp_path / "elsewhere" / "cur").mkdir(parents=True)
    (root / ".Sent").symlink_to(tmp_path / "elsewhere")
    assert list(store.scan()) == []
    with pytest.raises(DeniedError):
        store.add(".Sent", "2.b", "S", MAIL)


def test_a_version_follows_the_flags_and_the_bytes_but_not_the_way_from_new_to_cur(root: Path, store: Maildir) -> None:
    path = put(root, "new/1.a")
    before = version(store, "INBOX/1.a")
    path = path.rename(root / "cur" / "1.a:2,")
    assert version(store, "INBOX/1.a") == before
    path = path.rename(root / "cur" / "1.a:2,S")
    seen = version(store, "INBOX/1.a")
    assert seen != before and identity(seen) == identity(before)
    path.write_bytes(MAIL + b"more")
    assert identity(version(store, "INBOX/1.a")) != identity(seen)


def test_a_new_mail_that_is_flagged_goes_to_cur(root: Path, store: Maildir) -> None:
    put(root, "new/1.a")
    store.flag("INBOX/1.a", version(store, "INBOX/1.a"), "FS", "")
    assert list(files(root)) == ["cur/1.a:2,FS"]


def test_flags_of_others_stay_when_one_is_cleared(root: Path, store: Maildir) -> None:
    put(root, "cur/1.a:2,FRSab")
    store.flag("INBOX/1.a", version(store, "INBOX/1.a"), "", "S")
    assert list(files(root)) == ["cur/1.a:2,FRab"]


def test_a_move_keeps_flags_bytes_and_whether_it_is_new(root: Path, store: Maildir) -> None:
    put(root, "new/1.a")
    put(root, "cur/2.b:2,RS")
    for ref in ("INBOX/1.a", "INBOX/2.b"):
        store.move(ref, version(store, ref), ".Bank", ref.partition("/")[2])
    assert files(root) == {".Bank/new/1.a": MAIL, ".Bank/cur/2.b:2,RS": MAIL}
    assert (root / ".Bank" / "maildirfolder").exists()
    assert store.folders() == ["INBOX", ".Bank"]


def test_a_move_never_overwrites(root: Path, store: Maildir) -> None:
    put(root, "cur/1.a:2,S", b"From: one\n\n")
    put(root, ".Bank/cur/1.a:2,", b"From: two\n\n")
    with pytest.raises(ExistsError):
        store.move("INBOX/1.a", version(store, "INBOX/1.a"), ".Bank", "1.a")
    assert len(files(root)) == 2


def test_a_stale_version_is_a_conflict_and_makes_no_folder(root: Path, store: Maildir) -> None:
    path = put(root, "cur/1.a:2,")
    seen = version(store, "INBOX/1.a")
    path.rename(root / "cur" / "1.a:2,S")
    with pytest.raises(ConflictError):
        store.move("INBOX/1.a", seen, ".Bank", "1.a")
    with pytest.raises(ConflictError):
        store.flag("INBOX/1.a", seen, "F", "")
    assert list(files(root)) == ["cur/1.a:2,S"] and not (root / ".Bank").exists()


def test_a_mail_is_found_again_after_another_program_changed_its_flags(root: Path, store: Maildir) -> None:
    path = put(root, "new/1.a")
    store.find("INBOX/1.a")
    path.rename(root / "cur" / "1.a:2,RS")
    assert store.find("INBOX/1.a").flags == "RS"


def test_a_rename_under_way_elsewhere_is_waited_out(
    root: Path, store: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(root, "cur/1.a:2,S")
    seen = identity(version(store, "INBOX/1.a"))
    real, raced = atomic.move, []

    def race(source: Path, target: Path) -> None:
        if not raced:
            raced.append(path.rename(root / "cur" / "1.a:2,RS"))
        real(source, target)

    monkeypatch.setattr(atomic, "move", race)
    assert store.move("INBOX/1.a", seen, ".Bank", "1.a").flags == "RS"


def test_two_files_of_one_unique_name_are_two_mails(root: Path, store: Maildir) -> None:
    put(root, "cur/1.a:2,", b"From: one\n\n")
    put(root, "cur/1.a:2,S", b"From: two\n\n")
    assert {ref for ref, _ in store.scan()} == {"INBOX/1.a", "INBOX/1.a:2,S"}
    store.flag("INBOX/1.a:2,S", version(store, "INBOX/1.a:2,S"), "F", "")
    assert sorted(files(root).values()) == [b"From: one\n\n", b"From: two\n\n"]
    assert {ref for ref, _ in store.scan()} == {"INBOX/1.a", "INBOX/1.a-S"}


def test_a_uid_of_mbsync_does_not_travel_to_another_folder() -> None:
    assert portable("1.M2P3.host,U=17") == "1.M2P3.host"
    assert portable("1.M2P3.host,S=99,W=100") == "1.M2P3.host,S=99,W=100"


def test_a_delivery_is_complete_private_and_never_twice(root: Path, store: Maildir) -> None:
    entry = store.add(".Drafts", "1.a", "DS", MAIL)
    assert entry.path.read_bytes() == MAIL and entry.path.stat().st_mode & 0o077 == 0
    assert (root / ".Drafts").stat().st_mode & 0o077 == 0
    with pytest.raises(ExistsError):
        store.add(".Drafts", "1.a", "S", MAIL)


@pytest.mark.parametrize(
    "ref", ["", "INBOX", "../1.a", ".Bank/../../x", "INBOX/../x", "INBOX/.a", ".A..B/1", "INBOX/a\r\nb"]
)
def test_a_ref_cannot_leave_the_maildir(store: Maildir, ref: str) -> None:
    with pytest.raises(DeniedError):
        store.find(ref)


@pytest.mark.parametrize("folder", ["..", ".", "./x", ".a/b", "/etc", ".a\nb", "Bank"])
def test_a_folder_cannot_lie_outside(root: Path, store: Maildir, folder: str) -> None:
    put(root, "cur/1.a:2,")
    with pytest.raises((DeniedError, ExistsError)):
        store.move("INBOX/1.a", version(store, "INBOX/1.a"), folder, "1.b")
    assert list(files(root)) == ["cur/1.a:2,"]


def test_a_mail_beyond_the_limit_is_not_read(root: Path, store: Maildir) -> None:
    with put(root, "cur/1.a:2,").open("ab") as file:
        file.truncate(51 * 1024 * 1024)
    with pytest.raises(LimitError):
        store.read(store.find("INBOX/1.a"))


def test_what_a_person_calls_a_mailbox_and_its_folder_name_each_other() -> None:
    assert mailboxes.folder_for("Family/School") == ".Family.School"
    assert mailboxes.folder_for("inbox") == "INBOX"
    assert mailboxes.folder_for("Entwürfe") == ".Entw&APw-rfe"
    assert mailboxes.folder_for("v1.2 & more") == ".v1&AC4-2 &- more"
    assert mailboxes.display(".Entw&APw-rfe.v1&AC4-2 &- more") == "Entwürfe/v1.2 & more"
    assert mailboxes.folder_for("A\r\nDELETE B") == ".ADELETE B" or "\r" not in mailboxes.folder_for("A\r\nDELETE B")


@given(st.text(min_size=1, max_size=40))
def test_any_words_make_a_safe_folder_or_are_denied(name: str) -> None:
    try:
        folder = mailboxes.folder_for(name)
    except DeniedError:
        return
    assert mailboxes.acceptable(folder) and folder.isascii() and folder.isprintable()
    assert mailboxes.folder_for(mailboxes.display(folder)) == folder


def test_moving_hundreds_of_mails_does_not_list_the_folder_each_time(root: Path, store: Maildir) -> None:
    for number in range(300):
        put(root, f"cur/{number}.a:2,S")
    refs = [(ref, seen) for ref, seen in store.scan()]
    for ref, seen in refs:
        store.move(ref, seen, ".Bank", ref.partition("/")[2])
    assert {ref for ref, _ in store.scan()} == {f".Bank/{n}.a" for n in range(300)}


def test_no_mail_is_lost_while_another_program_changes_flags(root: Path, store: Maildir) -> None:
    for number in range(60):
        put(root, f"cur/{number}.a:2,")
    stop = threading.Event()

    def flip() -> None:
        while not stop.is_set():
            for path in list((root / "cur").iterdir()):
                other = path.with_name(path.name[:-1] if path.name.endswith("S") else path.name + "S")
                try:
                    path.rename(other)
                except FileNotFoundError:
                    continue

    other = threading.Thread(target=flip)
    other.start()
    moved = 0
    try:
        for number in range(60):
            ref = f"INBOX/{number}.a"
            for _ in range(200):
                try:
                    store.move(ref, identity(version(store, ref)), ".Bank", f"{number}.a")
                    moved += 1
                    break
                except (ConflictError, NotFoundError, FileNotFoundError):
                    continue
    finally:
        stop.set()
        other.join()
    assert moved == 60 and len(files(root)) == 60


CRASH = """
import sys
from pathlib import Path
from nearhand.connectors.mail.maildir import Maildir
store = Maildir(Path(sys.argv[1]))
if sys.argv[2] == "add":
    store.add(".Sent", "9.new", "S", b"From: me\\n\\nnew")
else:
    ref = "INBOX/1.a"
    seen = store.version(store.find(ref))
    store.move(ref, seen, ".Bank", "1.a") if sys.argv[2] == "move" else store.flag(ref, seen, "F", "")
"""


@pytest.mark.parametrize("what", ["add", "move", "flag"])
@pytest.mark.parametrize(
    "point", [p for p in atomic.FAILPOINTS if p.split(".")[0] in ("write", "fsync", "rename", "mkdir")]
)
def test_a_kill_at_any_step_leaves_each_mail_exactly_once_and_whole(root: Path, what: str, point: str) -> None:
    put(root, "cur/1.a:2,S")
    environment = {**os.environ, "NEARHAND_FAILPOINT": point}
    subprocess.run([sys.executable, "-c", CRASH, str(root), what], env=environment, check=False, timeout=30)
    store = Maildir(root)
    found = [store.read(store.find(ref)) for ref, _ in store.scan()]
    assert found.count(MAIL) == 1
    assert [data for data in found if data != MAIL] in ([], [b"From: me\n\nnew"])
    if what == "add" and len(found) == 1:
        store.add(".Sent", "9.new", "S", b"From: me\n\nnew")
