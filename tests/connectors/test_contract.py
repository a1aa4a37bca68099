"""The files connector, on one device and across two, and the memory connector keep the contract."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from nearhand.connectors.base import Call, Connector, Effect, Item
from nearhand.connectors.files.connector import FilesConnector
from nearhand.connectors.files.versions import bytes_like
from nearhand.connectors.memory import MemoryConnector
from nearhand.connectors.testing import ConnectorContract


def tree(*folders: Path) -> dict[str, object]:
    """Everything a person can notice in some folders."""
    found: dict[str, object] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            info = path.lstat()
            if path.is_symlink():
                found[str(path)] = str(path.readlink())
            elif path.is_dir():
                found[str(path)] = "folder"
            else:
                found[str(path)] = (path.read_bytes(), info.st_mtime_ns, info.st_mode)
    return found


def furnish(root: Path) -> None:
    (root / "Taxes" / "old").mkdir(parents=True)
    (root / "Receipts").mkdir()
    (root / "Taxes" / "2023.txt").write_text("tax")
    (root / "Taxes" / "old" / "2019.txt").write_text("old tax")
    (root / "Taxes" / ".hidden").write_text("x")
    (root / "scan_001.pdf").write_bytes(b"%PDF-")
    (root / "café.txt").write_text("coffee")
    (root / "link").symlink_to("café.txt")
    shutil.make_archive(str(root / "pack"), "zip", root / "Taxes")
    os.utime(root / "scan_001.pdf", ns=(1, 1_700_000_000_123_456_789))


def samples(files: FilesConnector, root: Path, other: Path) -> Sequence[Effect]:
    def item(name: str) -> Item:
        return files.load(str(root / name))

    everything = (item("scan_001.pdf"), item("Taxes"), item("link"))
    calls = (
        Call("files.move", everything, {"to": str(other)}),
        Call("files.copy", everything, {"to": str(other)}),
        Call("files.rename", (item("café.txt"),), {"name": "tea"}),
        Call("files.rename", (item("Taxes"),), {"name": "Steuern"}),
        Call("files.trash", everything),
        Call("files.new_folder", (), {"name": "New", "in": str(other)}),
        Call("files.zip", everything, {"to": str(other), "name": "all"}),
        Call("files.unzip", (item("pack.zip"),), {"to": str(other)}),
    )
    effects = [effect for call in calls for effect in files.expand(call)]
    data = b"attached"
    digest = hashlib.sha256(data).hexdigest()
    coded = base64.b64encode(data).decode()
    args = {"to": f"{other}/a.bin", "sha256": digest, "data": coded, "like": bytes_like(digest)}
    return [*effects, Effect("files", "put", "", "", args), Effect("files", "rmdir", f"{root}/Receipts", "like:empty")]


class TestFilesOnOneDevice(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path: Path) -> FilesConnector:
        furnish(tmp_path / "home")
        (tmp_path / "home" / "target").mkdir()
        return FilesConnector([tmp_path / "home"], tmp_path / "trash")

    def effects(self, connector: Connector) -> Sequence[Effect]:
        assert isinstance(connector, FilesConnector)
        root = connector.roots.tops[0]
        return samples(connector, root, root / "target")

    def snapshot(self, connector: Connector) -> object:
        assert isinstance(connector, FilesConnector)
        return tree(*connector.roots.tops)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second device")
class TestFilesAcrossDevices(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path: Path) -> Iterator[FilesConnector]:
        furnish(tmp_path / "home")
        with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
            (Path(other) / "target").mkdir()
            yield FilesConnector([tmp_path / "home", Path(other)], tmp_path / "trash")

    def effects(self, connector: Connector) -> Sequence[Effect]:
        assert isinstance(connector, FilesConnector)
        root, other = connector.roots.tops
        return samples(connector, root, other / "target")

    def snapshot(self, connector: Connector) -> object:
        assert isinstance(connector, FilesConnector)
        found = tree(*connector.roots.tops)
        return {path: what for path, what in found.items() if "/.Trash-" not in path}


class TestMemory(ConnectorContract):
    @pytest.fixture
    def connector(self) -> MemoryConnector:
        return MemoryConnector([Item("", "a", "", "task", "Milk", "Shopping"), Item("", "b", "", "task", "Bread")])

    def effects(self, connector: Connector) -> Sequence[Effect]:
        item = connector.load("a")
        calls = (
            Call("tasks.add", (), {"name": "Butter", "in": "Shopping"}),
            Call("tasks.rename", (item,), {"name": "Oat milk"}),
            Call("tasks.move", (item,), {"to": "Later"}),
            Call("tasks.complete", (item,)),
            Call("tasks.remove", (item,)),
        )
        return [effect for call in calls for effect in connector.expand(call)]

    def snapshot(self, connector: Connector) -> object:
        assert isinstance(connector, MemoryConnector)
        return dict(connector.items)
