"""A grown model says what the smaller one said."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (pip install .[train])")

from nearhand.models import grow, train  # noqa: E402
from nearhand.models.gpt import GPT, Shape  # noqa: E402


def test_a_grown_model_says_the_same_and_can_learn_on(tmp_path: Path) -> None:
    torch.manual_seed(1)
    small = GPT(Shape(vocab=60, **train.SIZES["s"]))
    state = {"shape": asdict(small.shape), "model": small.state_dict(), "engines": [], "run": {"step": 7, "tokens": 9}}
    torch.save(state, tmp_path / "small.pt")
    grow.grow(tmp_path / "small.pt", "l", tmp_path)
    saved = torch.load(tmp_path / "last.pt", weights_only=True)
    large = GPT(Shape(**saved["shape"]))
    large.load_state_dict(saved["model"])
    ids, heads = torch.randint(60, (3, 12)), torch.tensor([4, 12, 1])
    assert large.shape.layers > small.shape.layers and large.shape.hidden > small.shape.hidden
    torch.testing.assert_close(large(ids, heads), small(ids, heads), rtol=1e-4, atol=1e-4)
    assert saved["run"] == {"step": 7, "tokens": 9, "seconds": 0.0}
    large(ids, heads).logsumexp(-1).sum().backward()
    assert all(block.down.weight.grad.abs().sum() > 0 for block in large.blocks)


def test_a_size_that_does_not_hold_the_model_is_refused(tmp_path: Path) -> None:
    small = GPT(Shape(vocab=60, **train.SIZES["s"]))
    torch.save({"shape": asdict(small.shape), "model": small.state_dict(), "run": {}}, tmp_path / "small.pt")
    for size, why in (("m", "more than blocks"), ("xs", "smaller")):
        with pytest.raises(ValueError, match=why):
            grow.grow(tmp_path / "small.pt", size, tmp_path)
