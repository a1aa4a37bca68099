"""A tiny model with random weights, as the training side would write it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a network too small to be of use, with the vocabulary of the shipped tokenizer."""
    torch = pytest.importorskip("torch", reason="the training side is not installed")
    pytest.importorskip("tokenizers", reason="the training side is not installed")
    from nearhand.models import tokenizer
    from nearhand.models.gpt import GPT, Shape

    torch.set_num_threads(1)
    torch.manual_seed(7)
    shape = Shape(vocab=tokenizer.load().size, width=64, layers=2, heads=4, kv_heads=2, hidden=96)
    model = GPT(shape)
    torch.nn.init.normal_(model.embed.weight, std=0.5)  # so that the logits differ by more than rounding
    path = tmp_path_factory.mktemp("tiny") / "last.pt"
    torch.save({"shape": asdict(shape), "model": model.state_dict()}, path)
    return path


@pytest.fixture(scope="session")
def tiny_gguf(tiny_checkpoint: Path) -> Path:
    """The same as GGUF, in 32 bits."""
    pytest.importorskip("gguf", reason="the training side is not installed")
    from nearhand.models.export import export

    out = tiny_checkpoint.with_name("tiny.gguf")
    export(tiny_checkpoint, out, "f32", {"calibration.threshold": 0.25})
    return out
