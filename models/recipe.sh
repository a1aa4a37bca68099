#!/usr/bin/env bash
# The whole way from the written corpus to the shipped model file. Needs `pip install .[train]` and a quiet machine.
#   models/recipe.sh [size: xs|s|m] [minutes]
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-s} minutes=${2:-100} out=runs/${1:-s}
python=${PYTHON:-.venv/bin/python}
jemalloc=$(ls /usr/lib/*/libjemalloc.so.2 2>/dev/null | head -n1 || true)
if [ -n "$jemalloc" ]; then   # half the time of a step goes to page faults without it
    export LD_PRELOAD=$jemalloc MALLOC_CONF=background_thread:false,dirty_decay_ms:-1,muzzy_decay_ms:-1
fi
export THP_MEM_ALLOC_ENABLE=1
"$python" -m nearhand.models.written
[ -f models/weights/tokenizer.json ] || "$python" -m nearhand.models.tokenizer
"$python" -m nearhand.models.train --out "$out" --size "$size" --minutes "$minutes"
"$python" -m nearhand.models.export "$out/last.pt" models/weights/nearhand-action.gguf --type q8_0
(cd models/weights && sha256sum nearhand-action.gguf > nearhand-action.sha256)   # the worker refuses any other file
"$python" -m nearhand.models.evaluate models/weights/nearhand-action.gguf
