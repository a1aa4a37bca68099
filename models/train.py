"""Trains an action model from the written corpus (needs torch; see recipe.sh for the whole way to a model file).

    python -m nearhand.models.train --out runs/s --size s --minutes 90
    python -m nearhand.models.train --out runs/s --size s --minutes 120        # goes on where it stopped

Data is drawn without end from synth.py, bucketed by length and padded; the loss weighs what matters (an action 4,
values and slots 2, structure 1.5: there are few action tokens and all hangs on them). Some words of the request are
hidden, to be guessed from the others (Devlin et al. 2019): the plan must not hang on one word, and words learn from
their company.
Matrices are trained by Muon, the rest by AdamW; the rate is constant, then falls linearly over the last part of the
time. A log line holds the loss of every class of token.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import torch

from nearhand.models import near, tokenizer, utterances, written
from nearhand.models.gpt import GPT, Drop, Dropout, Shape
from nearhand.models.muon import Muon
from nearhand.models.synth import Synth
from nearhand.models.vocab import IDS, PAD, encode, prompt, segment
from nearhand.models.written import Row

SIZES = {
    "xs": {"width": 256, "layers": 4, "heads": 4, "kv_heads": 2, "hidden": 768},
    "s": {"width": 256, "layers": 6, "heads": 4, "kv_heads": 2, "hidden": 768},
    "l": {"width": 256, "layers": 8, "heads": 4, "kv_heads": 2, "hidden": 1280},
    "m": {"width": 512, "layers": 10, "heads": 8, "kv_heads": 4, "hidden": 1536},
}
"""The size dial: about 4, 6, 10 and 28 million parameters. `models/grow.py` makes an l of an s."""
VALUE, ACTION, SLOT, STRUCTURE, TEXT, SHOWN = range(6)
"""What a token is; `TEXT` is the prompt, `SHOWN` those tokens of it that are never hidden."""
CLASS_WEIGHT = (2.0, 4.0, 2.0, 1.5)
CLASS_NAMES = ("value", "action", "slot", "structure", "text")
HIDDEN = 0.1
"""Share of the words of a request that are hidden; never those that the plan quotes."""
HIDDEN_WEIGHT = 0.05
"""What guessing them counts beside the plan."""
DROP = 0.1
"""Dropout on the embedding and on every branch."""
MAX_TOKENS = 256
NEGATIVE_SHARE = 0.10
"""Share of real out-of-scope utterances; the written corpus has its own negatives besides."""
REFUSAL_SHARE = 0.12
"""Share of written refusals, withdrawals and dangers drawn on top: few rows, and each one that acts does harm."""
REAL_SHARE = 0.05
"""Share of real requests of ours drawn on top; they are 2 in 100 rows, and the words of the people it is for."""

Sample = tuple[list[int], list[int]]
"""Ids, and the class of each id (as a thing to be predicted)."""


def token_class(token: int) -> int:
    """Which class of the loss a plan token belongs to."""
    name = _NAMES.get(token)
    if name is None or name.startswith(("<=", "<$")):
        return VALUE
    if name.endswith("=>"):
        return SLOT
    return ACTION if "." in name or name == "<none>" else STRUCTURE


_NAMES = {i: name for name, i in IDS.items()}


def sample(row: Row, tokenize: tokenizer.Pieces) -> Sample:
    """A row as ids and classes."""
    request = segment(row.turn.request, tokenize)
    before = segment(row.before.request, tokenize) if row.before else None
    earlier = encode(row.before.plan, [before])[:-1] if row.before and before else []
    head = prompt(request, before, earlier)
    plan = encode(row.turn.plan, [request] if before is None else [request, before])
    return head + plan, [TEXT] * len(head) + [token_class(t) for t in plan]


def drawn(seed: int) -> Iterator[Row]:
    """Rows to train on without end: the written corpus multiplied, and real out-of-scope requests among them."""
    draw = random.Random(seed)
    real, foreign = near.apart(utterances.labelled()), near.apart(utterances.rows())
    rows = near.apart([row for row in written.rows() if not written.held_out(row)]) + real
    made = iter(Synth(rows, seed))
    plain = iter(Synth(foreign, seed + 1, swap=0.0, join=0.0)) if foreign else made
    refused = iter(Synth([row for row in rows if row.turn.plan.steps[0].action == "none"], seed + 2))
    spoken = iter(Synth(real, seed + 3)) if real else made
    shares = (NEGATIVE_SHARE, REFUSAL_SHARE, REAL_SHARE)
    while True:
        yield next(draw.choices((plain, refused, spoken, made), (*shares, 1 - sum(shares)))[0])


def examples(seed: int, tokenize: tokenizer.Pieces) -> Iterator[Sample]:
    """Training samples without end."""
    for row in drawn(seed):
        ids, classes = sample(row, tokenize)
        if len(ids) <= MAX_TOKENS:
            yield ids, classes


def batches(stream: Iterator[Sample], tokens: int, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Padded (ids, classes) of about `tokens` tokens, rows of like length together. Class -1 is padding."""
    draw = random.Random(seed)
    while True:
        pool = sorted(islice(stream, 3000), key=lambda s: len(s[0]))
        cut: list[list[Sample]] = [[]]
        for one in pool:
            if (len(cut[-1]) + 1) * len(one[0]) > tokens:
                cut.append([])
            cut[-1].append(one)
        draw.shuffle(cut)
        for group in cut:
            if group:
                yield _padded(group)


def _padded(group: list[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(ids) for ids, _ in group)
    ids = torch.full((len(group), width), IDS[PAD])
    classes = torch.full((len(group), width), -1)
    for i, (one, kinds) in enumerate(group):
        ids[i, : len(one)] = torch.tensor(one)
        classes[i, : len(kinds)] = torch.tensor(kinds)
    return ids, classes


@dataclass(slots=True)
class Run:
    """Where a training run stands; what a checkpoint holds beside the weights."""

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0


def optimizers(model: GPT, rate: float, muon: bool) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks (rate matched to AdamW's), AdamW for embeddings and norms."""
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2] if muon else []
    rest = [p for p in model.parameters() if all(p is not m for m in matrices)]
    out: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    ]
    if matrices:
        out.append(Muon(matrices, lr=rate, momentum=0.95, weight_decay=0.02))
    return out


def pace(progress: float, step: int, warm: int = 100, decay_from: float = 0.3) -> float:
    """Share of the full rate: a rise over a sitting's first steps, constant, a fall to 2 % at the end of the time."""
    fall = 1.0 if progress < decay_from else max(0.02, (1 - progress) / (1 - decay_from))
    return min(1.0, (step + 1) / warm) * fall


def hide(ids: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Which tokens (B, T) to hide: some of a request's own words, but none that its plan repeats."""
    plan = torch.where(classes == VALUE, ids, -1)
    quoted = (ids[:, :, None] == plan[:, None, :]).any(2)
    return (classes == TEXT) & (ids >= len(IDS)) & ~quoted & (torch.rand(ids.shape) < HIDDEN)


def half() -> torch.autocast:
    """Multiplies in bfloat16 where the processor can (AVX-512 BF16): twice the tokens a second; else as ever."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def learn(
    model: GPT,
    ids: torch.Tensor,
    classes: torch.Tensor,
    drop: Drop,
    weights: Sequence[float] = CLASS_WEIGHT,
) -> torch.Tensor:
    """Backward one batch; returns the summed loss and count of every class, (5, 2); `text` is the hidden words."""
    hidden = hide(ids, classes)
    shown = ids.masked_fill(hidden, IDS[PAD])
    kinds = classes[:, 1:].flatten()
    at = ((kinds >= 0) & (kinds < TEXT)).nonzero().squeeze(1)
    gaps = hidden[:, :-1].flatten().nonzero().squeeze(1)
    with half():
        states = model.hidden(shown[:, :-1], (classes >= TEXT).sum(1), drop).flatten(0, 1)
        each, kinds = _loss(model, states[at], ids[:, 1:].flatten()[at]), kinds[at]
        guess = _loss(model, states[gaps], ids[:, :-1].flatten()[gaps])
    weight = torch.tensor(weights)[kinds]
    total = (each * weight).sum() / weight.sum() + HIDDEN_WEIGHT * guess.sum() / max(1, len(gaps))
    total.backward()  # type: ignore[no-untyped-call]
    sums = torch.zeros(5, 2)
    sums[:, 0].index_add_(0, kinds, each.detach())
    sums[:, 1].index_add_(0, kinds, torch.ones_like(each))
    sums[TEXT] = torch.tensor([float(guess.detach().sum()), float(len(gaps))])
    return sums


def _loss(model: GPT, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(
        torch.nn.functional.linear(states, model.embed.weight), targets, reduction="none"
    )


def advance(model: GPT, engines: list[torch.optim.Optimizer], rate: float) -> None:
    """One step of every optimizer along the gradients, which are cleared."""
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for engine in engines:
        for group in engine.param_groups:
            group["lr"] = rate
        with half():
            engine.step()
        engine.zero_grad()


def train(out: Path, size: str, minutes: float, rate: float, tokens: int, seed: int, muon: bool = True) -> None:
    """Train until `minutes` of training time are used up, saving every few minutes."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    tokenize = tokenizer.load()
    shape = Shape(vocab=tokenize.size, **SIZES[size])
    model, run = GPT(shape), Run()
    engines = optimizers(model, rate, muon)
    run = _resume(out, model, engines) or run
    log = (out / "log.jsonl").open("a", encoding="utf-8")
    stream = batches(examples(seed + run.step, tokenize), tokens, seed + run.step)
    drop = Dropout(DROP)
    begun_at = run.step
    sums, since, saved, mark = torch.zeros(5, 2), time.time(), time.time(), run.tokens
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while run.seconds < minutes * 60 and not stop.is_set():
        begun = time.time()
        share = pace(run.seconds / (minutes * 60), run.step - begun_at)
        ids, classes = next(stream)
        sums += learn(model, ids, classes, drop)
        advance(model, engines, rate * share)
        run.step, run.tokens = run.step + 1, run.tokens + ids.numel()
        run.seconds += time.time() - begun
        if run.step % 50 == 0:
            _report(log, run, sums, share, (run.tokens - mark) / (time.time() - since))
            sums, since, mark = torch.zeros(5, 2), time.time(), run.tokens
        if time.time() - saved > 240:
            _save(out, model, engines, run)
            saved = time.time()
    _save(out, model, engines, run)


def _report(log: TextIO, run: Run, sums: torch.Tensor, share: float, speed: float) -> None:
    losses = {name: round(float(s / max(n, 1)), 4) for name, (s, n) in zip(CLASS_NAMES, sums, strict=True)}
    line = {**asdict(run), "rate": round(share, 3), "tokens_per_s": round(speed), **losses}
    line["seconds"] = round(run.seconds)
    print(json.dumps(line), file=log, flush=True)


def _save(out: Path, model: GPT, engines: list[torch.optim.Optimizer], run: Run) -> None:
    state = {
        "shape": asdict(model.shape),
        "model": model.state_dict(),
        "engines": [engine.state_dict() for engine in engines],
        "run": asdict(run),
    }
    torch.save(state, out / "last.pt.new")
    (out / "last.pt.new").replace(out / "last.pt")


def _resume(out: Path, model: GPT, engines: list[torch.optim.Optimizer]) -> Run | None:
    path = out / "last.pt"
    if not path.exists():
        return None
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    for engine, saved in zip(engines, state["engines"], strict=True):
        engine.load_state_dict(saved)
    return Run(**state["run"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", choices=SIZES, default="s")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--tokens", type=int, default=2048, help="tokens a step")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--adamw", action="store_true", help="AdamW for everything")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)  # tiny numbers are trapped in microcode and made steps 20 times slower
    train(args.out, args.size, args.minutes, args.rate, args.tokens, args.seed, not args.adamw)


if __name__ == "__main__":
    main()
