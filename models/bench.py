"""How fast a model plans, beside raw llama.cpp on the same file, in the same run.

    python -m nearhand.models.bench [MODEL.gguf] [--requests N] [--json]

Requests go one by one to a warm worker, as the agent sends them. Beside each, llama.cpp alone reads the same prompt and
takes as many greedy steps with no grammar, no tokenizing and no process between: the limit. Nothing is asserted, and
how often the model is right is measured elsewhere (`evaluate.py`).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nearhand.connectors.errors import NearhandError
from nearhand.models.footprint import children, peak, peak_of_ended
from nearhand.models.worker import Worker

if TYPE_CHECKING:
    from nearhand.models.evaluate import Case
    from nearhand.models.llama import Llama
    from nearhand.models.planner import Planner

SHIPPED = Path(__file__).parent / "weights" / "nearhand-action.gguf"
REQUESTS = 200


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    """The same, measured in the same run without Nearhand."""
    limit_name: str = ""
    """What was done to measure the limit."""


@dataclass(frozen=True, slots=True)
class Bare:
    """What llama.cpp alone needed for one request."""

    prompt_tokens: int
    steps: int
    prefill: float
    """Seconds."""
    decode: float
    """Seconds."""


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else math.nan


def spread(name: str, seconds: Sequence[float], limits: Sequence[float] = (), limit_name: str = "") -> list[Figure]:
    """The median and the 95th percentile in milliseconds, each beside its limit."""
    return [
        Figure(
            f"{name}, p{percent}",
            1000 * percentile(seconds, percent),
            "ms",
            1000 * percentile(limits, percent) if limits else None,
            limit_name,
        )
        for percent in (50, 95)
    ]


def chosen(requests: int) -> list[Case]:
    """So many requests of the suite, spread evenly over it."""
    from nearhand.models.evaluate import suite

    cases = suite()
    count = min(requests, len(cases))
    return [cases[n * len(cases) // count] for n in range(count)]


def measure(model: Path, requests: int = REQUESTS, threads: int = 1) -> list[Figure]:
    """Plan requests with a warm worker and repeat each with llama.cpp alone."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as in the worker; before llama.cpp is loaded
    from nearhand.models.llama import Llama
    from nearhand.models.planner import Planner

    cases, runtime = chosen(requests), Llama(model, threads=threads)
    planner, seconds, bare = Planner(runtime), list[float](), list[Bare]()
    with _worker(model, threads) as (worker, process):
        for case in (cases[0], *cases):  # the first only warms both
            before = (case.row.before.request, case.row.before.plan) if case.row.before else None
            seconds.append(worker.plan(case.row.turn.request, before).seconds)
            bare.append(_alone(runtime, planner, case))
        memory = peak(process)
    runtime.close()
    return _figures(seconds[1:], bare[1:], memory or peak_of_ended())


@contextmanager
def _worker(model: Path, threads: int) -> Iterator[tuple[Worker, int]]:
    """A worker that has loaded the model, and its process id."""
    others = set(children(os.getpid()))
    worker = Worker(model, threads=threads)
    try:
        _ = worker.threshold  # waits until the model is loaded
        yield worker, next(iter(set(children(os.getpid())) - others), 0)
    finally:
        worker.close()


def _alone(runtime: Llama, planner: Planner, case: Case) -> Bare:
    """The prompt of a request and as many greedy steps as its plan has, by llama.cpp and nothing else."""
    import numpy as np

    before = (case.row.before.request, case.row.before.plan) if case.row.before else None
    planned = planner.plan(case.row.turn.request, before)
    head, steps = runtime.fed[: planned.prompt_tokens], planned.plan_tokens - 1
    runtime.restart()
    begun = time.perf_counter()
    logits = runtime.feed(head)
    read = time.perf_counter()
    for _ in range(steps):
        logits = runtime.feed([int(np.argmax(logits))])
    return Bare(len(head), steps, read - begun, time.perf_counter() - read)


def _figures(seconds: Sequence[float], bare: Sequence[Bare], memory: int) -> list[Figure]:
    prompt, steps = sum(b.prompt_tokens for b in bare), sum(b.steps for b in bare)
    limits = [b.prefill + b.decode for b in bare]
    return [
        *spread("request to plan, warm", seconds, limits, "llama.cpp alone"),
        Figure("requests", len(seconds), ""),
        Figure("prompt tokens of a request", prompt / len(bare), ""),
        Figure("plan tokens of a request", steps / len(bare) + 1, ""),
        Figure("prefill, llama.cpp alone", prompt / sum(b.prefill for b in bare), "tokens/s"),
        Figure("decode, llama.cpp alone", steps / max(1e-9, sum(b.decode for b in bare)), "tokens/s"),
        *([Figure("peak memory of the worker", memory / 2**20, "MiB")] if memory else []),
    ]


def table(title: str, figures: Sequence[Figure]) -> str:
    """Figures as plain text, aligned."""
    wide = max((len(f.name) for f in figures), default=0)
    rows = [f"  {f.name:<{wide}}  {_number(f.value):>9} {f.unit:<9}{_beside(f)}".rstrip() for f in figures]
    return "\n".join([title, *rows])


def _beside(figure: Figure) -> str:
    if figure.limit is None:
        return ""
    return f"  {_number(figure.limit):>9} {figure.unit:<9} {figure.limit_name}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def as_json(figures: Sequence[Figure]) -> dict[str, object]:
    """Figures by name, for a program."""
    return {
        f.name: {"value": f.value, "unit": f.unit, **({"limit": f.limit, "limit of": f.limit_name} if f.limit else {})}
        for f in figures
    }


def main(words: Sequence[str] | None = None) -> int:
    """Measure one model file and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(words)
    try:
        figures = measure(options.model, max(1, options.requests), options.threads)
    except NearhandError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(as_json(figures)) if options.json else table(f"{options.model.name}", figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
