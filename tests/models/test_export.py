"""The model file: it must say what the training side says, and a bad one must never be more than a clear message."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the training side is not installed")
pytest.importorskip("gguf", reason="the training side is not installed")

import numpy as np
import torch
from numpy.typing import NDArray

from nearhand.connectors.errors import NearhandError
from nearhand.models import evaluate, tokenizer, utterances, written
from nearhand.models.export import export
from nearhand.models.gpt import GPT, Shape
from nearhand.models.grammar import Grammar
from nearhand.models.llama import Llama, ModelError
from nearhand.models.planner import Planner, RequestError, check_catalogue, ranked
from nearhand.models.recover import recover
from nearhand.models.vocab import IDS, encode, prompt, reserved, segment
from nearhand.models.words import normalize, pieces
from nearhand.models.worker import Worker, WorkerError
from nearhand.models.written import Row

NAUGHTY = utterances.FOLDER / "hostile" / "naughty-strings.json"
ROUNDING = 0.05
"""llama.cpp keeps keys and values in 16 bits; choices closer than this may fall either way."""


@pytest.fixture(scope="module")
def runtime(tiny_gguf: Path) -> Llama:
    return Llama(tiny_gguf, threads=1)


def _odd_strings(count: int) -> list[str]:
    """The naughty strings, if they are there, and random ones from all over Unicode."""
    strings = json.loads(NAUGHTY.read_text(encoding="utf-8")) if NAUGHTY.is_file() else []
    draw = random.Random(5)
    blocks = [(32, 127), (160, 592), (592, 1424), (1424, 3072), (0x3040, 0x9FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1FAFF)]
    while len(strings) < count:
        low, high = draw.choice(blocks)
        strings.append("".join(chr(draw.randrange(low, high)) for _ in range(draw.randrange(1, 12))))
    return strings[:count]


def test_the_file_tokenizes_exactly_as_training_did(runtime: Llama, corpus: Sequence[Row]) -> None:
    tokenize = tokenizer.load()
    texts = [row.turn.request for row in corpus] + [case.row.turn.request for case in evaluate.suite()]
    cut = {piece for text in [*texts, *_odd_strings(3000)] for piece in pieces(text)}
    assert len(cut) > 5000
    assert [piece for piece in sorted(cut) if runtime.tokenize(piece) != tokenize(piece)] == []


def test_the_first_tokens_of_the_file_are_those_of_the_catalogue(runtime: Llama) -> None:
    names = [runtime.token_text(i) for i in range(len(IDS))]
    assert names == reserved()
    check_catalogue(names)
    with pytest.raises(RequestError, match="another catalogue"):
        check_catalogue(names[:-1])
    with pytest.raises(RequestError, match="another catalogue"):
        check_catalogue([*names[:20], names[21], names[20], *names[22:]])


def test_text_never_becomes_a_reserved_token(runtime: Llama) -> None:
    for name in reserved():
        assert min(runtime.tokenize(name)) >= len(IDS)


def test_numbers_kept_in_the_file_can_be_read_and_others_are_absent(runtime: Llama) -> None:
    assert runtime.number("nearhand.calibration.threshold") == 0.25
    assert runtime.number("nearhand.calibration.bias") is None
    assert runtime.number("general.name") is None


def _logits(model: GPT, ids: Sequence[int], head: int) -> NDArray[np.float32]:
    with torch.no_grad():
        return model(torch.tensor([ids]), torch.tensor([head]))[0, -1].numpy()  # type: ignore[no-any-return]


def test_torch_and_the_file_choose_the_same_tokens(tiny_checkpoint: Path, runtime: Llama) -> None:
    state = torch.load(tiny_checkpoint, weights_only=True)
    model = GPT(Shape(**state["shape"]))
    model.load_state_dict(state["model"])
    model.eval()
    asked = [case.row.turn for case in evaluate.suite() if len(case.row.turn.request) < 40][::12][:30]
    assert len(asked) == 30
    compared = 0
    for turn in asked:
        request = segment(turn.request, runtime.tokenize)
        ids, grammar = prompt(request), Grammar(request)
        head = len(ids)
        state_, theirs = grammar.start(), runtime.feed(ids) if not runtime.restart() else None
        for _ in range(24):
            ours, allowed = _logits(model, ids, head), grammar.allowed(state_)
            assert theirs is not None
            assert np.abs(ours - theirs).max() < ROUNDING
            token = ranked(theirs, allowed)[0][0]
            mine = ranked(ours, allowed)[0][0]
            assert mine == token or abs(ours[mine] - ours[token]) < 2 * ROUNDING
            compared += mine == token
            state_, ids = grammar.advance(state_, token), [*ids, token]
            if state_.done:
                break
            theirs = runtime.feed([token])
    assert compared > 300


def test_eight_bits_make_a_file_that_plans_too(tiny_checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "q8.gguf"
    export(tiny_checkpoint, out, "q8_0")
    runtime = Llama(out, threads=1)
    assert Planner(runtime).plan("move the scans to Trips").plan.steps
    runtime.close()
    runtime.close()


def test_a_checkpoint_can_be_made_of_the_file_again(tiny_checkpoint: Path, tiny_gguf: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"step": 50, "tokens": 900}\n{"step": 100, "tokens": 2000}\n', encoding="utf-8")
    recover(tiny_gguf, tmp_path / "run", log)
    before, after = (torch.load(p, weights_only=True) for p in (tiny_checkpoint, tmp_path / "run" / "last.pt"))
    assert after["shape"] == before["shape"]
    assert all(torch.equal(after["model"][name], weight) for name, weight in before["model"].items())
    assert after["run"] == {"step": 100, "seconds": 0.0, "tokens": 2000}


def test_a_request_too_long_for_the_model_is_a_message(runtime: Llama) -> None:
    with pytest.raises(ModelError, match="too long"):
        Planner(runtime).plan("🙂" * 390)


def test_a_conversation_is_planned_with_the_turn_before(runtime: Llama) -> None:
    row = written.read_line(
        "calendar.add | {name:dinner} {when:Saturday} ==> calendar.move what=$0 | make it {to:Sunday}"
    )
    assert row.before is not None
    planned = Planner(runtime).plan(row.turn.request, (row.before.request, row.before.plan))
    said, now = segment(row.before.request, runtime.tokenize), segment(normalize(row.turn.request), runtime.tokenize)
    assert planned.prompt_tokens == len(prompt(now, said, encode(row.before.plan, [said])[:-1]))


def _foreign(path: Path) -> None:
    """A sound model of somebody else: the same network with other names for its tokens."""
    import gguf

    from nearhand.models import export as exporting

    shape = Shape(vocab=300, width=64, layers=1, heads=4, kv_heads=2, hidden=96)
    writer = gguf.GGUFWriter(str(path), "llama")
    exporting._describe(writer, shape, "f32")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"w{i}" for i in range(300)])
    writer.add_token_types([1] * 300)
    writer.add_token_merges(["w 1"])
    for name, tensor in exporting._tensors(GPT(shape).state_dict(), shape):
        exporting._add(writer, name, tensor, "f32")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _damaged(good: bytes, how: str) -> bytes:
    draw = random.Random(how)
    if how.startswith("cut"):
        return good[: int(len(good) * float(how[3:]))]
    if how == "empty":
        return b""
    if how == "no GGUF":
        return b"PK\x03\x04" + good[4:]
    if how == "only magic":
        return b"GGUF"
    noisy = bytearray(good)
    for _ in range(200):  # in the header and vocabulary
        noisy[draw.randrange(8, 60_000)] = draw.randrange(256)
    return bytes(noisy)


@pytest.mark.parametrize(
    "how", ["empty", "no GGUF", "only magic", "cut0.001", "cut0.9", "noise 1", "noise 2", "foreign"]
)
def test_a_bad_file_costs_a_message_and_never_the_engine(how: str, tiny_gguf: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    if how == "foreign":
        _foreign(path)
    else:
        path.write_bytes(_damaged(tiny_gguf.read_bytes(), how))
    worker = Worker(path, threads=1)
    try:
        with pytest.raises(WorkerError) as caught:
            worker.plan("move the scans to Trips")
    finally:
        worker.close()
    assert len(str(caught.value)) > 20


@pytest.mark.parametrize("content", [None, b"", b"plain text"])
def test_a_file_that_is_missing_or_no_gguf_is_refused_before_llama_cpp_sees_it(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        Llama(path)
    assert isinstance(caught.value, NearhandError) and str(path) in str(caught.value)
