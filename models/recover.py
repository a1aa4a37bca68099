"""Makes a checkpoint of a shipped model file, so that training goes on where only the file is left (needs torch, gguf).

    python -m nearhand.models.recover models/weights/nearhand-action.gguf --log models/weights/training.jsonl --out RUN

The weights are those of the file, rounded as it stores them; the optimizers begin anew.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import gguf
import numpy as np
import torch

from nearhand.models.gpt import GPT, Shape
from nearhand.models.train import Run, optimizers

Tensors = dict[str, torch.Tensor]


def recover(model: Path, out: Path, log: Path | None = None) -> None:
    """Write out/last.pt from a GGUF file of export.py; `log` tells how many steps and tokens lie behind it."""
    reader = gguf.GGUFReader(model)
    shape = _shape(reader)
    network = GPT(shape)
    network.load_state_dict(_ours(_tensors(reader), shape.layers))
    out.mkdir(parents=True, exist_ok=True)
    engines = [engine.state_dict() for engine in optimizers(network, 0.0, muon=True)]
    state = {"shape": asdict(shape), "model": network.state_dict(), "engines": engines, "run": asdict(_behind(log))}
    torch.save(state, out / "last.pt")


def _shape(reader: gguf.GGUFReader) -> Shape:
    def number(name: str) -> int:
        return int(reader.fields[f"llama.{name}"].contents())

    return Shape(
        vocab=number("vocab_size"),
        width=number("embedding_length"),
        layers=number("block_count"),
        heads=number("attention.head_count"),
        kv_heads=number("attention.head_count_kv"),
        hidden=number("feed_forward_length"),
        context=number("context_length"),
    )


def _tensors(reader: gguf.GGUFReader) -> Tensors:
    return {
        t.name: torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32))
        for t in reader.tensors
    }


def _ours(theirs: Tensors, layers: int) -> Tensors:
    """llama.cpp's names and matrices as ours; the inverse of `export`."""
    out = {"embed.weight": theirs["token_embd.weight"], "norm.weight": theirs["output_norm.weight"]}
    parts = {
        "attn_norm": ["attn_norm"],
        "qkv": ["attn_q", "attn_k", "attn_v"],
        "out": ["attn_output"],
        "ffn_norm": ["ffn_norm"],
        "gate_up": ["ffn_gate", "ffn_up"],
        "down": ["ffn_down"],
    }
    for i in range(layers):
        for name, pieces in parts.items():
            out[f"blocks.{i}.{name}.weight"] = torch.cat([theirs[f"blk.{i}.{piece}.weight"] for piece in pieces])
    return out


def _behind(log: Path | None) -> Run:
    if log is None:
        return Run()
    last = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    return Run(step=last["step"], tokens=last["tokens"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--log", type=Path, help="the training log of the file")
    args = parser.parse_args()
    recover(args.model, args.out, args.log)


if __name__ == "__main__":
    main()
