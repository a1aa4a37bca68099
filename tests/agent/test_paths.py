"""A profile with a folder lies in it whole; without one it lies where the platform wants it."""

from pathlib import Path

import pytest

from nearhand.agent.paths import Profile

_PLACES = ("config", "journal", "trash", "outbox", "rules", "index")


@pytest.mark.parametrize("place", _PLACES)
def test_everything_of_a_profile_lies_in_its_folder(tmp_path: Path, place: str) -> None:
    assert getattr(Profile(tmp_path), place).parent == tmp_path


def test_without_a_folder_the_platform_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    profile = Profile()
    assert profile.config == tmp_path / "CONFIG" / "nearhand" / "config.toml"
    assert profile.trash == tmp_path / "DATA" / "nearhand" / "trash"
    assert profile.index == tmp_path / "CACHE" / "nearhand" / "index.db"


def test_a_tilde_is_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Profile(Path("~/p")).config == tmp_path / "p" / "config.toml"


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    assert Profile(tmp_path / "new").journal and not (tmp_path / "new").exists()


def test_a_login_without_a_place_for_sockets_has_one_of_its_own_and_no_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert Profile(None).socket == tmp_path / "nearhand" / "run" / "daemon.sock"
