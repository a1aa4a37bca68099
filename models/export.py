"""Writes a checkpoint as GGUF: architecture llama, tokenizer gpt2, f32, f16, Q8_0 or Q4_0 (needs torch and gguf).

    python -m nearhand.models.export runs/s/last.pt out.gguf --type q8_0

Norms stay f32. The reserved tokens are control tokens, so that text can never be tokenized into one.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch

from nearhand.models import tokenizer
from nearhand.models.gpt import Shape
from nearhand.models.vocab import END, IDS, PAD, REQUEST, reserved

TYPES = {
    "f32": gguf.GGMLQuantizationType.F32,
    "f16": gguf.GGMLQuantizationType.F16,
    "q8_0": gguf.GGMLQuantizationType.Q8_0,
    "q4_0": gguf.GGMLQuantizationType.Q4_0,
}
_FILE_TYPES = {
    "f32": gguf.LlamaFileType.ALL_F32,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    "q4_0": gguf.LlamaFileType.MOSTLY_Q4_0,
}


def export(checkpoint: Path, out: Path, kind: str, extra: dict[str, float] | None = None) -> None:
    """Write `checkpoint` to `out`. `extra` are numbers kept under `nearhand.*` (the calibration)."""
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    shape = Shape(**state["shape"])
    writer = gguf.GGUFWriter(str(out), "llama")
    _describe(writer, shape, kind)
    _vocabulary(writer)
    for key, number in (extra or {}).items():
        writer.add_float32(f"nearhand.{key}", number)
    for name, tensor in _tensors(state["model"], shape):
        _add(writer, name, tensor, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, shape: Shape, kind: str) -> None:
    writer.add_name("nearhand action model")
    writer.add_license("Apache-2.0")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.eps)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_vocab_size(shape.vocab)
    writer.add_file_type(_FILE_TYPES[kind])


def _vocabulary(writer: gguf.GGUFWriter) -> None:
    words, merges = tokenizer.tables(tokenizer.load().tokenizer)
    names = [*reserved(), *words]
    types = [gguf.TokenType.CONTROL] * len(reserved()) + [gguf.TokenType.NORMAL] * len(words)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(names)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(IDS[REQUEST])
    writer.add_eos_token_id(IDS[END])
    writer.add_pad_token_id(IDS[PAD])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)


def _tensors(model: dict[str, torch.Tensor], shape: Shape) -> list[tuple[str, np.ndarray]]:
    """Our names and fused matrices as llama.cpp's."""
    dim = shape.width // shape.heads
    out = [("token_embd.weight", model["embed.weight"]), ("output_norm.weight", model["norm.weight"])]
    for i in range(shape.layers):
        ours, theirs = f"blocks.{i}.", f"blk.{i}."
        sizes = [shape.heads * dim, shape.kv_heads * dim, shape.kv_heads * dim]
        q, k, v = model[ours + "qkv.weight"].split(sizes)  # type: ignore[no-untyped-call]
        gate, up = model[ours + "gate_up.weight"].chunk(2)
        out += [
            (theirs + "attn_norm.weight", model[ours + "attn_norm.weight"]),
            (theirs + "attn_q.weight", q),
            (theirs + "attn_k.weight", k),
            (theirs + "attn_v.weight", v),
            (theirs + "attn_output.weight", model[ours + "out.weight"]),
            (theirs + "ffn_norm.weight", model[ours + "ffn_norm.weight"]),
            (theirs + "ffn_gate.weight", gate),
            (theirs + "ffn_up.weight", up),
            (theirs + "ffn_down.weight", model[ours + "down.weight"]),
        ]
    return [(name, tensor.float().contiguous().numpy()) for name, tensor in out]


def _add(writer: gguf.GGUFWriter, name: str, tensor: np.ndarray, kind: str) -> None:
    if tensor.ndim == 1:
        writer.add_tensor(name, tensor.astype(np.float32))
        return
    packed = gguf.quants.quantize(tensor, TYPES[kind])
    writer.add_tensor(name, packed, raw_dtype=TYPES[kind])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--type", choices=TYPES, default="q8_0")
    parser.add_argument("--extra", type=Path, help="numbers to keep in the file (evaluate --calibrate writes them)")
    args = parser.parse_args()
    extra = json.loads(args.extra.read_text(encoding="utf-8")) if args.extra else None
    export(args.checkpoint, args.out, args.type, extra)


if __name__ == "__main__":
    main()
