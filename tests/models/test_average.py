"""The mean of two checkpoints: every weight half of each, and only of models of one shape."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")


def test_every_weight_is_the_mean_and_the_rest_is_the_later_ones(tmp_path: Path) -> None:
    from nearhand.models.average import average

    for name, weight, step in (("old", 1.0, 5), ("new", 4.0, 9)):
        held = {"shape": {"width": 2}, "model": {"w": torch.full((2, 2), weight)}, "run": {"step": step}}
        torch.save(held, tmp_path / f"{name}.pt")
    average(tmp_path / "old.pt", tmp_path / "new.pt", tmp_path / "mean.pt")
    mean = torch.load(tmp_path / "mean.pt", weights_only=True)
    assert mean["model"]["w"].tolist() == [[2.5, 2.5], [2.5, 2.5]] and mean["run"] == {"step": 9}


def test_models_of_two_shapes_have_no_mean(tmp_path: Path) -> None:
    from nearhand.models.average import average

    for name in ("a", "b"):
        torch.save({"shape": {"width": name}, "model": {}}, tmp_path / f"{name}.pt")
    with pytest.raises(ValueError, match="different shapes"):
        average(tmp_path / "a.pt", tmp_path / "b.pt", tmp_path / "mean.pt")
