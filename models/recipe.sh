#!/usr/bin/env bash
# The whole way from the written corpus to the shipped model file. Needs `pip install .[train]` and a quiet machine.
#   models/recipe.sh [size: xs|s|l|m] [minutes]
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-l} minutes=${2:-300} out=runs/${1:-l}
python=${PYTHON:-.venv/bin/python}
jemalloc=$(ls /usr/lib/*/libjemalloc.so.2 2>/dev/null | head -n1 || true)
if [ -n "$jemalloc" ]; then   # half the time of a step goes to page faults without it; kept for ever, pages fill the memory
    export LD_PRELOAD=$jemalloc MALLOC_CONF=background_thread:false,dirty_decay_ms:20000,muzzy_decay_ms:20000
fi
export THP_MEM_ALLOC_ENABLE=1
"$python" -m nearhand.models.written
[ -f models/weights/tokenizer.json ] || "$python" -m nearhand.models.tokenizer
"$python" -m nearhand.models.train --out "$out" --size "$size" --minutes "$minutes"
model=models/weights/nearhand-action.gguf
"$python" -m nearhand.models.export "$out/last.pt" "$model"
"$python" -m nearhand.models.evaluate "$model" --calibrate "$out/calibration.json"
"$python" -m nearhand.models.export "$out/last.pt" "$model" --extra "$out/calibration.json"
(cd models/weights && sha256sum nearhand-action.gguf > nearhand-action.sha256)   # the worker refuses any other file
cp "$out/log.jsonl" models/weights/training.jsonl
"$python" -m nearhand.models.evaluate "$model" --json models/weights/evaluation.json --errors "$out/errors.txt"
"$python" -m nearhand.models.compare "$out/last.pt" --json models/weights/types.json
"$python" -m nearhand.models.card > models/weights/MODEL_CARD.md
