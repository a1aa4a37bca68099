"""The figures of an evaluation, on results whose figures can be counted by hand."""

from __future__ import annotations

import math
import random

import pytest

from nearhand.models import evaluate
from nearhand.models.evaluate import Case, Result
from nearhand.models.language import parse
from nearhand.models.planner import Planned, Planner
from nearhand.models.testing import RandomRuntime
from nearhand.models.written import Row, Turn

GOLD = 'files.move what="scans" to="Trips"'


def result(gold: str, got: str, confidence: float = 0.9, critical: bool = False, score: float = -0.1) -> Result:
    case = Case(Row(Turn("put the scans in Trips", parse(gold))), "single", critical)
    return Result(case, Planned(parse(got), confidence, score, score, 5, 10), 0.02)


def test_a_quote_that_differs_only_by_its_article_is_exact() -> None:
    assert result(GOLD, 'files.move what="the scans" to="Trips"').exact
    assert not result(GOLD, 'files.move what="scans"  ask(to)').exact


def test_the_report_counts_what_was_right() -> None:
    figures = evaluate.report(
        [
            result(GOLD, GOLD),
            result(GOLD, 'files.copy what="scans" to="Trips"', 0.4),
            result("none why=scope", GOLD, 0.8, critical=True),
            result('files.move to="Trips" ask(what)', 'files.move to="Trips" ask(what)'),
        ],
        threshold=0.5,
    )
    assert figures["exact"] == 50.0
    assert figures["action set"] == 50.0
    assert figures["false action"] == 100.0
    assert figures["asks when it should"] == figures["asks only when it should"] == 100.0
    assert (figures["critical cases"], figures["critical cases failed"]) == (1, 1)
    assert figures["coverage at threshold"] == 75.0
    assert figures["exact at threshold"] == 66.7
    assert figures["slot F1"] == round(200 * 5 / 13, 1)
    assert figures["ms p50"] == figures["ms p95"] == 20.0


def test_one_result_or_none_at_all_can_be_reported() -> None:
    assert evaluate.report([result(GOLD, GOLD)], 0.5)["exact"] == 100.0
    assert math.isnan(float(str(evaluate.report([], 0.5)["exact"])))


def test_a_critical_case_fails_by_acting_but_not_by_asking_or_refusing() -> None:
    assert evaluate.critical_failure(result("none why=danger", GOLD, critical=True))
    assert not evaluate.critical_failure(result("none why=danger", "none why=scope", critical=True))
    assert not evaluate.critical_failure(result("none why=danger", "files.trash ask(what)", critical=True))
    assert not evaluate.critical_failure(result("none why=danger", GOLD))


def test_sure_and_right_is_calibrated_and_sure_and_wrong_is_not() -> None:
    assert evaluate.calibration_error([result(GOLD, GOLD, 1.0)]) == 0
    assert evaluate.calibration_error([result(GOLD, "none why=scope", 1.0)]) == 100


def test_calibration_learns_how_often_a_plan_of_some_probability_is_right() -> None:
    draw = random.Random(1)
    results = []
    for _ in range(400):
        total = -draw.random() * 6
        right = draw.random() < math.exp(total)
        results.append(result(GOLD, GOLD if right else "none why=scope", math.exp(total), score=total / 10))
    numbers = evaluate.calibrate(results)

    def sure(r: Result) -> float:
        total = r.got.score * r.got.plan_tokens
        z = (
            numbers["calibration.bias"]
            + numbers["calibration.total"] * total
            + numbers["calibration.worst"] * r.got.worst
        )
        return 1 / (1 + math.exp(-z))

    brier = sum((sure(r) - r.exact) ** 2 for r in results) / len(results)
    assert brier < sum((0.5 - r.exact) ** 2 for r in results) / len(results) * 0.75


def test_the_threshold_is_the_lowest_confidence_with_enough_right_above_it() -> None:
    results = [result(GOLD, GOLD, 0.9 - n / 100) for n in range(40)] + [result(GOLD, "none why=scope", 0.3)] * 5
    assert evaluate.pick_threshold(results) == pytest.approx(0.51)
    assert evaluate.pick_threshold([result(GOLD, "none why=scope")]) == 0.99


def test_the_suite_can_be_run_with_any_weights() -> None:
    results = evaluate.run(Planner(RandomRuntime(3)), evaluate.suite()[::60])
    assert evaluate.report(results, 0.5)["requests"] == len(results)


@pytest.mark.parametrize("total", [0.0, -3.0, -5000.0])
def test_confidence_is_a_probability_even_for_hopeless_plans(total: float) -> None:
    class Calibrated(RandomRuntime):
        def number(self, key: str) -> float | None:
            return 1.0

    for runtime in (RandomRuntime(0), Calibrated(0)):
        assert 0 <= Planner(runtime).confidence(total, total) <= 1
