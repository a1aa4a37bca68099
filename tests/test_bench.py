"""The benchmark itself: that it runs, small, and prints its table. No figure is looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nearhand.models.bench import SHIPPED, Figure, as_json, percentile, table

SCRIPT = Path(__file__).parent / "bench.py"


def _bench(*words: str) -> str:
    command = [sys.executable, str(SCRIPT), "--quick", "--scale", "200", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout


def test_it_measures_the_index_and_acting_and_prints_a_table() -> None:
    printed = _bench("--only", "index", "connectors")
    for line in ("The index", "files: first build", "mail: search, p95", "Acting", "undo the move of a file"):
        assert line in printed


@pytest.mark.skipif(not SHIPPED.is_file(), reason="there is no model in models/weights yet")
def test_it_measures_the_model_and_a_cold_start_as_json() -> None:
    told = json.loads(_bench("--only", "model", "start", "--json"))
    assert told["model"]["request to plan, warm, p50"]["limit of"] == "llama.cpp alone"
    assert told["start"]["cold start to the plan, p50"]["unit"] == "ms"


def test_a_percentile_is_the_value_that_so_many_do_not_exceed() -> None:
    assert [percentile(range(1, 101), p) for p in (50, 95, 100)] == [50, 95, 100]
    assert percentile([7.0], 95) == 7.0


def test_a_figure_stands_beside_its_limit_in_the_table_and_in_json() -> None:
    figure = Figure("request to plan, p50", 41.26, "ms", 38.0, "llama.cpp alone")
    assert table("The model", [figure]).split() == (
        "The model request to plan, p50 41.3 ms 38 ms llama.cpp alone".split()
    )
    assert as_json([figure]) == {
        "request to plan, p50": {"value": 41.26, "unit": "ms", "limit": 38.0, "limit of": "llama.cpp alone"}
    }
