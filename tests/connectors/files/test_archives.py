"""Archives from anybody are either wholly acceptable or refused before anything is written."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.connectors.base import Call
from nearhand.connectors.errors import ConnectorError, DeniedError, LimitError, UnreadableError
from nearhand.connectors.files import archives
from nearhand.connectors.files.connector import FilesConnector


def zipped(entries: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return file


def tarred(entries: Iterable[tuple[str, bytes]], mode: str = "w:gz", sort: bytes = tarfile.REGTYPE) -> io.BytesIO:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname, info.mtime = sort, len(data), "/etc/passwd", 1_600_000_000
            archive.addfile(info, io.BytesIO(data))
    return file


Pack = Callable[[list[tuple[str, bytes]]], io.BytesIO]


def unpacked(home: Path, name: str, data: bytes) -> dict[str, bytes]:
    """Everything that unpacking makes, by its path under the home."""
    (home / name).write_bytes(data)
    files = FilesConnector([home], home.parent / "trash")
    for effect in files.expand(Call("files.unzip", (files.load(str(home / name)),))):
        files.apply(effect)
    found = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return {path: content for path, content in found.items() if path != name}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_several_things_get_a_folder_of_their_own(home: Path) -> None:
    data = zipped([("a.txt", b"a"), ("b/c.txt", b"c")]).getvalue()
    assert unpacked(home, "trip.zip", data) == {"trip/a.txt": b"a", "trip/b/c.txt": b"c"}


def test_a_single_top_folder_is_the_folder(home: Path) -> None:
    data = zipped([("Trip/", b""), ("Trip/a.txt", b"a"), ("__MACOSX/Trip/._a.txt", b"junk")]).getvalue()
    assert unpacked(home, "download (3).zip", data) == {"Trip/a.txt": b"a"}


@pytest.mark.parametrize(("mode", "name"), [("w:gz", "t.tar.gz"), ("w:bz2", "t.tar.bz2"), ("w", "t.tar")])
def test_tar_archives_are_read_too(mode: str, name: str, home: Path) -> None:
    assert unpacked(home, name, tarred([("a", b"1"), ("b/c", b"22")], mode).getvalue()) == {"t/a": b"1", "t/b/c": b"22"}
    assert (home / "t" / "a").stat().st_mtime == 1_600_000_000


@pytest.mark.parametrize(
    "name", ["../up.txt", "/etc/x", "a/../../x", "C:/x", "..\\up.txt", "a\nb", "a\u202eb", "x" * 256]
)
def test_names_that_lead_out_or_hide_something_are_denied(name: str, home: Path) -> None:
    other = name.replace("\\", "/")
    for data in (zipped([("ok.txt", b"ok"), (name, b"x")]), tarred([("ok.txt", b"ok"), (other, b"x")])):
        with pytest.raises(DeniedError):
            unpacked(home, "bad.zip", data.getvalue())
    assert [path.name for path in home.iterdir()] == ["bad.zip"]


@pytest.mark.parametrize("sort", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_denied(sort: bytes) -> None:
    with pytest.raises(DeniedError):
        archives.entries_in(tarred([("x", b"")], sort=sort))


def test_a_link_in_a_zip_is_denied() -> None:
    info = zipfile.ZipInfo("x")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(DeniedError):
        archives.entries_in(zipped([(info, b"/etc/passwd")]))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_what_grows_more_than_a_hundred_times_is_beyond_the_limit(pack: Pack, home: Path) -> None:
    data = pack([("zeros", bytes(5_000_000))]).getvalue()
    with pytest.raises(LimitError):
        unpacked(home, "bomb", data)
    assert [path.name for path in home.iterdir()] == ["bomb"]


def test_more_than_ten_thousand_entries_are_beyond_the_limit() -> None:
    many = [(str(number), b"") for number in range(10_001)]
    with pytest.raises(LimitError):
        archives.entries_in(zipped(many))
    assert len(archives.entries_in(zipped(many[1:]))) == 10_000


def test_a_zip_that_lies_about_a_size_is_unreadable_and_leaves_nothing(home: Path) -> None:
    data = bytearray(zipped([("a.txt", os.urandom(1000))]).getvalue())
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")
    with pytest.raises(UnreadableError):
        unpacked(home, "lie.zip", bytes(data))
    assert [path.name for path in home.iterdir()] == ["lie.zip"]


@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b"), ("a/b", "a")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_for_one_place_are_refused(names: tuple[str, str]) -> None:
    for data in (zipped([(name, b"x") for name in names]), tarred([(name, b"x") for name in names])):
        with pytest.raises(UnreadableError):
            archives.entries_in(data)


def test_a_password_is_asked_of_nobody() -> None:
    data = bytearray(zipped([("a", b"a")]).getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableError, match="password"):
        archives.entries_in(io.BytesIO(bytes(data)))


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9"]))
def test_any_bytes_are_understood_or_refused(data: bytes, magic: bytes) -> None:
    try:
        archives.entries_in(io.BytesIO(magic + data))
    except ConnectorError as error:
        assert str(error)


@given(st.data())
def test_a_damaged_archive_is_understood_or_refused(data: st.DataObject) -> None:
    pack = zipped if data.draw(st.booleans()) else tarred
    whole = bytearray(pack([("a/b.txt", b"hello" * 20), ("c", b"c")]).getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        archives.entries_in(io.BytesIO(bytes(whole)))
    except ConnectorError as error:
        assert str(error)


def test_programs_stay_programs_but_gain_no_other_rights(home: Path) -> None:
    info = zipfile.ZipInfo("run.sh")
    info.external_attr = (stat.S_IFREG | 0o6755) << 16
    unpacked(home, "p.zip", zipped([(info, b"#!/bin/sh"), ("b", b"")]).getvalue())
    assert stat.S_IMODE((home / "p" / "run.sh").stat().st_mode) & 0o7100 == 0o100
