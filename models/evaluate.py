"""Measures a model file on the frozen suites, on written rows kept from training, and on real requests.

    python -m nearhand.models.evaluate MODEL.gguf [--json FILE] [--errors FILE]
    python -m nearhand.models.evaluate MODEL.gguf --kept [--files mail.txt ...]   # written rows that training never saw
    python -m nearhand.models.evaluate MODEL.gguf --seen 500                     # so many that it did see
    python -m nearhand.models.evaluate MODEL.gguf --calibrate FILE     # fits the confidence on rows kept from training

Strict means: every step, slot, value, question and guard equal to the gold plan, quotes word for word after the
canonical trimming of `written.trim`. The suites are never trained or tuned on.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import numpy as np

from nearhand.models import near, utterances, written
from nearhand.models.language import Plan, Quote
from nearhand.models.llama import Llama
from nearhand.models.planner import SHIPPED, Planned, Planner, logistic
from nearhand.models.written import Row, read_file, trimmed


@dataclass(frozen=True, slots=True)
class Case:
    """One request of a test set."""

    row: Row
    category: str
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What the model made of a case."""

    case: Case
    got: Planned
    seconds: float

    @property
    def exact(self) -> bool:
        return trimmed(self.got.plan) == trimmed(self.case.row.turn.plan)


def suite(folder: Path = near.SUITE) -> list[Case]:
    """The frozen suite; a comment line `# critical` marks the next request as a critical safety case."""
    cases = []
    for path in sorted(folder.glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for row in read_file(path):
            assert isinstance(row, Row), row
            number = int(row.source.rpartition(":")[2])
            critical = number > 1 and lines[number - 2].strip().lower().startswith("# critical")
            cases.append(Case(row, path.stem, critical))
    return cases


def kept_back(files: Collection[str] = ()) -> list[Case]:
    """Written rows that training never saw, of the named files of the corpus (else of all)."""
    return [case for case in _written(files) if written.held_out(case.row)]


def seen(count: int, files: Collection[str] = ()) -> list[Case]:
    """So many of the written rows that training did see, spread evenly."""
    cases = [case for case in _written(files) if not written.held_out(case.row)]
    return cases[:: max(1, len(cases) // count)][:count]


def _written(files: Collection[str]) -> list[Case]:
    every = [Case(row, row.source.partition(".")[0]) for row in written.rows()]
    return [case for case in every if not files or f"{case.category}.txt" in files]


def run(planner: Planner, cases: Iterable[Case]) -> list[Result]:
    """Plan every case."""
    out = []
    for case in cases:
        begun = time.perf_counter()
        before = case.row.before
        got = planner.plan(case.row.turn.request, (before.request, before.plan) if before else None)
        out.append(Result(case, got, time.perf_counter() - begun))
    return out


def share(hits: Iterable[bool]) -> float:
    """Percentage of true values, to a tenth."""
    values = list(hits)
    return round(100 * mean(values), 1) if values else math.nan


def actions(plan: Plan) -> list[str]:
    return sorted(step.action for step in plan.steps)


def asks(plan: Plan) -> bool:
    return any(step.ask for step in plan.steps)


def acts(plan: Plan) -> bool:
    """Whether a plan would do or show anything."""
    return plan.steps[0].action != "none" and not asks(plan)


def _does(plan: Plan) -> bool:
    return plan.steps[0].action != "none"


def slot_f1(results: Sequence[Result]) -> float:
    """F1 over (step, slot, value) triples."""
    right = said = wanted = 0
    for r in results:
        got, gold = (
            {(i, n, str(v)) for i, s in enumerate(trimmed(p).steps) for n, v in s.slots}
            for p in (r.got.plan, r.case.row.turn.plan)
        )
        right, said, wanted = right + len(got & gold), said + len(got), wanted + len(gold)
    return round(200 * right / max(1, said + wanted), 1)


def report(results: Sequence[Result], threshold: float) -> dict[str, object]:
    """Every figure of one test set."""
    groups: dict[str, list[Result]] = defaultdict(list)
    areas: dict[str, list[Result]] = defaultdict(list)
    for r in results:
        groups[r.case.category].append(r)
        areas[r.case.row.turn.plan.steps[0].action.partition(".")[0]].append(r)
    sure = [r for r in results if r.got.confidence >= threshold]
    asked = [r for r in results if asks(r.case.row.turn.plan)]
    idle = [r for r in results if r.case.row.turn.plan.steps[0].action == "none"]
    times = sorted(r.seconds * 1000 for r in results)
    return {
        "requests": len(results),
        "exact": share(r.exact for r in results),
        "exact by category": {k: [share(r.exact for r in v), len(v)] for k, v in sorted(groups.items())},
        "exact by area": {k: [share(r.exact for r in v), len(v)] for k, v in sorted(areas.items())},
        "action set": share(actions(r.got.plan) == actions(r.case.row.turn.plan) for r in results),
        "slot F1": slot_f1(results),
        "asks when it should": share(asks(r.got.plan) for r in asked),
        "asks only when it should": share(asks(r.case.row.turn.plan) for r in results if asks(r.got.plan)),
        "false action": share(acts(r.got.plan) for r in idle),
        "false refusal": share(not _does(r.got.plan) for r in results if _does(r.case.row.turn.plan)),
        "critical cases": sum(r.case.critical for r in results),
        "critical cases failed": sum(critical_failure(r) for r in results),
        "calibration error": calibration_error(results),
        "threshold": threshold,
        "coverage at threshold": share(r.got.confidence >= threshold for r in results),
        "exact at threshold": share(r.exact for r in sure),
        "ms p50": _percentile(times, 50),
        "ms p95": _percentile(times, 95),
    }


def apart(results: Sequence[Result]) -> list[Result]:
    """The results whose request nothing in the written corpus nearly repeats, filtered from training or not."""
    corpus = near.Near(near.said(row) for row in written.rows())
    return [r for r in results if corpus.twin(near.said(r.case.row)) is None]


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The value that `percent` of a sorted list do not exceed."""
    return round(ordered[math.ceil(len(ordered) * percent / 100) - 1], 1) if ordered else math.nan


def critical_failure(result: Result) -> bool:
    """A critical case fails if it acts where nothing may be done, or does anything but the gold actions."""
    gold, got = result.case.row.turn.plan, result.got.plan
    if not result.case.critical:
        return False
    return acts(got) if gold.steps[0].action == "none" else actions(got) != actions(gold)


def calibration_error(results: Sequence[Result], bins: int = 10) -> float:
    """Expected calibration error in points (Guo et al. 2017)."""
    cells: dict[int, list[Result]] = defaultdict(list)
    for r in results:
        cells[min(bins - 1, int(r.got.confidence * bins))].append(r)
    gaps = [abs(mean(r.exact for r in c) - mean(r.got.confidence for r in c)) * len(c) for c in cells.values()]
    return round(100 * sum(gaps) / max(1, len(results)), 1)


def false_actions(planner: Planner, limit: int = 2000) -> dict[str, object]:
    """How often a real out-of-scope request that training never saw would lead to an action."""
    rows = utterances.rows(test=True)[:limit]
    if not rows:
        return {"requests": 0}
    got = [planner.plan(row.turn.request) for row in rows]
    return {"requests": len(rows), "false action": share(acts(g.plan) for g in got),
            "asks": share(asks(g.plan) for g in got)}  # fmt: skip


def real(planner: Planner, threshold: float) -> dict[str, object]:
    """Real calendar, mail and list requests, held out by text and labelled by hand: action right, all spans covered."""
    results = run(planner, [Case(row, row.source) for row in utterances.labelled(test=True)])
    if not results:
        return {"requests": 0}
    figures = report(results, threshold)
    figures["action right"] = figures["action set"]
    figures["all spans covered"] = share(spans(r.got.plan) == spans(r.case.row.turn.plan) for r in results)
    return figures


def spans(plan: Plan) -> list[str]:
    """Every quoted word of a plan, wherever it stands."""
    return sorted(w for s in trimmed(plan).steps for _, v in s.slots if isinstance(v, Quote) for w in v.text.split())


def calibrate(results: Sequence[Result], rounds: int = 30, ridge: float = 1e-2) -> dict[str, float]:
    """Logistic regression of "the plan is right" on its total and worst log-probability (Platt 1999), by Newton."""
    facts = np.array([[1.0, total(r), r.got.worst] for r in results])
    right = np.array([float(r.exact) for r in results])
    weights = np.zeros(3)
    for _ in range(rounds):
        guess = 1 / (1 + np.exp(-np.clip(facts @ weights, -30, 30)))
        slope = facts.T @ (guess - right) + ridge * weights
        curve = facts.T @ (facts * (guess * (1 - guess))[:, None]) + ridge * np.eye(3)
        weights = weights - np.linalg.solve(curve, slope)
    return dict(zip(("calibration.bias", "calibration.total", "calibration.worst"), map(float, weights), strict=True))


def fitted(results: Sequence[Result], goal: float = 0.9) -> dict[str, float]:
    """Calibration and the threshold above which `goal` of the plans are right, both on rows kept from training."""
    scale = calibrate(results)
    bias, a, b = scale["calibration.bias"], scale["calibration.total"], scale["calibration.worst"]
    sure = [replace(r, got=replace(r.got, confidence=logistic(bias + a * total(r) + b * r.got.worst))) for r in results]
    return {**scale, "calibration.threshold": pick_threshold(sure, goal)}


def least_refusal(planner: Planner, cases: Sequence[Case], price: float = 0.2) -> float | None:
    """How likely doing nothing must be to be chosen: the least tried that costs at most `price` points of exact.

    None where each costs more, or acts wrongly no less, than leaving it to the likeliest plan.
    """
    idle = [case for case in cases if case.row.turn.plan.steps[0].action == "none"]

    def false_action() -> float:
        return share(acts(result.got.plan) for result in run(planner, idle))

    chosen, planner.refuse = None, None
    plain, least = share(result.exact for result in run(planner, cases)), false_action()
    for planner.refuse in (0.45, 0.35, 0.25, 0.15, 0.1):
        if share(result.exact for result in run(planner, cases)) < plain - price:
            break
        if (found := false_action()) < least:
            chosen, least = planner.refuse, found
    return chosen


def sooner_asked(planner: Planner, cases: Sequence[Case]) -> float:
    """What is added to the logit of asking: that with the most exact plans, and the most of those alike."""
    right = dict[float, float]()
    for planner.asking in (0.0, 0.5, 1.0, 1.5, 2.0):
        right[planner.asking] = share(result.exact for result in run(planner, cases))
    return max(right, key=lambda tried: (right[tried], tried))


def total(result: Result) -> float:
    """Log-probability of the whole plan."""
    return result.got.score * result.got.plan_tokens


def pick_threshold(results: Sequence[Result], goal: float = 0.97) -> float:
    """The lowest confidence above which at least `goal` of the plans are right."""
    ranked = sorted(results, key=lambda r: -r.got.confidence)
    right, best = 0, 0.99
    for n, r in enumerate(ranked, 1):
        right += r.exact
        tied = n < len(ranked) and ranked[n].got.confidence == r.got.confidence
        if right / n >= goal and not tied:
            best = r.got.confidence
    return best


def write_errors(path: Path, results: Sequence[Result]) -> None:
    """The rows that came out otherwise, for reading."""
    with path.open("w", encoding="utf-8") as out:
        for r in results:
            if not r.exact:
                before = f"{r.case.row.before.request}  ==>  " if r.case.row.before else ""
                print(f"{r.case.row.source} {r.got.confidence:.2f}\n  {before}{r.case.row.turn.request}\n"
                      f"  gold {r.case.row.turn.plan}\n  got  {r.got.plan}", file=out)  # fmt: skip


def _cases(args: argparse.Namespace) -> tuple[str, list[Case]]:
    if args.file:
        return args.file.stem, [Case(row, args.file.stem) for row in read_file(args.file) if isinstance(row, Row)]
    if args.seen:
        return "seen", seen(args.seen, args.files)
    return ("kept", kept_back(args.files)) if args.kept else ("suite", suite())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--errors", type=Path)
    parser.add_argument("--kept", action="store_true", help="only the written rows kept from training")
    parser.add_argument("--seen", type=int, metavar="COUNT", help="so many of the written rows that were trained on")
    parser.add_argument("--files", nargs="+", default=(), help="of these files of the corpus only (--kept, --seen)")
    parser.add_argument("--file", type=Path, help="a file in the markup of the corpus instead of the suites")
    parser.add_argument("--refuse", type=float, help="how likely doing nothing must be to be chosen")
    parser.add_argument("--ask", type=float, help="added to the logit of asking for what is missing")
    parser.add_argument("--detours", type=int, help="how often a plan that was passed by is followed")
    parser.add_argument("--calibrate", type=Path, help="fit confidence and threshold and write them here")
    args = parser.parse_args()
    runtime = Llama(args.model)
    planner = Planner(runtime)
    planner.refuse = args.refuse or planner.refuse
    planner.asking = planner.asking if args.ask is None else args.ask
    planner.detours = planner.detours if args.detours is None else args.detours
    if args.calibrate:
        cases = kept_back()
        planner.asking = sooner_asked(planner, cases)
        planner.refuse = least_refusal(planner, cases)
        numbers = {**fitted(run(planner, cases)), "calibration.ask": planner.asking}
        if planner.refuse is not None:
            numbers["calibration.refuse"] = planner.refuse
        args.calibrate.write_text(json.dumps(numbers) + "\n", encoding="utf-8")
        return
    threshold = runtime.number("nearhand.calibration.threshold") or 0.5
    name, cases = _cases(args)
    results = run(planner, cases)
    figures: dict[str, object] = {name: report(results, threshold)}
    if name == "suite":
        figures["suite, nothing like it in the corpus"] = report(apart(results), threshold)
        figures["second suite"] = report(run(planner, suite(near.SECOND)), threshold)
        figures["real out of scope"] = false_actions(planner)
        figures["real calendar, mail, lists"] = real(planner, threshold)
    text = json.dumps(figures, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n", encoding="utf-8")
    if args.errors:
        write_errors(args.errors, results)


if __name__ == "__main__":
    main()
