"""What many tests share: the written corpus, and larger models, tiny files that are real to llama.cpp."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from nearhand.models import written
from nearhand.models.families import PLAIN, family
from nearhand.models.instructions import rules
from nearhand.models.written import Row

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + "
    "'\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SAID = ("Dear", " Olga", ",", " I", " am", " ill", " and", " cannot", " come", ".", "<|im_end|>")
"""What the model that knows what it wants says, whatever it is told."""
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def _letters() -> list[str]:
    """The 256 bytes as the tokenizer of GPT-2 writes them."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    shifted = {byte: 256 + n for n, byte in enumerate(b for b in range(256) if b not in own)}
    return [chr(shifted.get(byte, byte)) for byte in range(256)]


def _spelled(word: str, letters: Sequence[str]) -> str:
    """A word as its token is named."""
    return "".join(letters[byte] for byte in word.encode())


def _merged(text: str, count: int, space: str) -> list[tuple[str, str]]:
    """The first pairs that byte pair encoding joins in a text of ASCII."""
    words = Counter(word.replace(" ", space) for word in re.findall(r" ?[a-z]+| ?[^\sa-z]+", text))
    split = {word: list(word) for word in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in split.items():
            for pair in pairwise(parts):
                pairs[pair] += words[word]
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for word, parts in split.items():
            split[word] = _joined(parts, best)
    return merges


def _joined(parts: list[str], pair: tuple[str, str]) -> list[str]:
    out: list[str] = []
    for part in parts:
        if out and (out[-1], part) == pair:
            out[-1] += part
        else:
            out.append(part)
    return out


def write_model(
    path: Path, *, says: bool = True, template: str | None = CHATML, marks: bool = True, layers: int = 1,
    said: Sequence[str] = SAID, learnt: str = "", special: Sequence[str] = _SPECIAL,
) -> Path:  # fmt: skip
    """A llama of random weights; with `says` it is sure of each next word, and says those of `said`.

    Its vocabulary has the bytes and, with `learnt`, what byte pair encoding makes of that text.
    """
    gguf = pytest.importorskip("gguf", reason="the training side is not installed")
    import numpy as np

    letters = _letters()
    words = [_spelled(word, letters) for word in said if len(word) > 1 and word not in special]
    merges = _merged(learnt, 300, letters[32]) if learnt else [("a", "b")]
    plain = list(dict.fromkeys([*letters, *words, *("".join(pair) for pair in merges if learnt)]))
    names = [*plain, *(special if marks else ())]
    kinds = [gguf.TokenType.NORMAL] * len(plain) + [gguf.TokenType.CONTROL] * (len(names) - len(plain))
    size, width, hidden, heads = len(names), 128 if learnt else 320, 64, 4
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("a test that writes")
    writer.add_context_length(8192)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_vocab_size(size)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(names)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in merges])
    if marks:
        writer.add_bos_token_id(names.index("<|endoftext|>"))
        writer.add_eos_token_id(names.index("<|im_end|>"))
    writer.add_add_bos_token(False)
    if template:
        writer.add_chat_template(template)
    noise = np.random.default_rng(7)

    def some(*shape: int) -> object:
        scale = 0.0 if says else 0.05
        return (noise.normal(size=shape) * scale).astype(np.float32)

    apart = says and not learnt
    embed = np.eye(size, width, dtype=np.float32) if apart else noise.normal(size=(size, width)).astype(np.float32)
    out = np.zeros((size, width), np.float32) if says else noise.normal(size=(size, width)).astype(np.float32)
    if says:
        spoken = [letters[10], *(_spelled(word, letters) for word in said)]
        for now, then in pairwise(spoken):
            out[names.index(then)] = 10.0 * embed[names.index(now)]
    writer.add_tensor("token_embd.weight", embed)
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    writer.add_tensor("output.weight", out)
    for n in range(layers):
        writer.add_tensor(f"blk.{n}.attn_norm.weight", np.ones(width, np.float32))
        writer.add_tensor(f"blk.{n}.ffn_norm.weight", np.ones(width, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{n}.{name}.weight", some(width, width))
        writer.add_tensor(f"blk.{n}.ffn_gate.weight", some(hidden, width))
        writer.add_tensor(f"blk.{n}.ffn_up.weight", some(hidden, width))
        writer.add_tensor(f"blk.{n}.ffn_down.weight", some(width, hidden))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="session")
def corpus() -> Sequence[Row]:
    """Every written row, read once."""
    return tuple(written.rows())


@pytest.fixture(scope="session")
def writing_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instruction-tuned model as small as it can be: it says SAID and ends by itself."""
    return write_model(tmp_path_factory.mktemp("writing") / "writing.gguf")


PLANNED = 'files.trash what="scan_0101"'
"""What the model that plans says, whatever it is asked."""
_CALLS = (
    "<tool_call>", '\n{"name": "', "files_trash", '", "arguments": {"what": [', '"scan', '_0101"', "]}}\n",
    "</tool_call>", "<|im_end|>",
)  # fmt: skip
HERMES = CHATML + "{% if tools %}<tool_call>{% endif %}"


@pytest.fixture(scope="session")
def planning_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of the family of Hermes that says PLANNED as its calls, if the grammar of the request lets it."""
    path = tmp_path_factory.mktemp("planning") / "planning.gguf"
    special = (*_SPECIAL, "<tool_call>", "</tool_call>")
    return write_model(path, template=HERMES, said=_CALLS, learnt=rules(family(HERMES)), special=special)


@pytest.fixture(scope="session")
def guessing_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of random weights that has room for the instruction of a plan."""
    path = tmp_path_factory.mktemp("guessing") / "guessing.gguf"
    return write_model(path, says=False, learnt=rules(PLAIN))


@pytest.fixture(scope="session")
def rambling_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of random weights, which goes on until it is ended."""
    return write_model(tmp_path_factory.mktemp("rambling") / "rambling.gguf", says=False, layers=4)
