"""The one place that knows llama.cpp: loads a GGUF, tokenizes pieces, and gives the logits after each token.

Only the low-level API is used: no chat template is ever read, and nothing is printed. Not thread-safe; one owner.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import cast

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # its threads would spin away the core they wait for
_package = find_spec("llama_cpp")
if _package is not None:  # its __init__ would load templates, caches and servers that are never used, for 250 ms
    sys.modules.setdefault("llama_cpp", module_from_spec(_package))
import llama_cpp.llama_cpp as llama  # noqa: E402

from nearhand.connectors.errors import NearhandError  # noqa: E402

__all__ = ["Llama", "ModelError", "llama", "sha256"]
MAGIC = b"GGUF"


class ModelError(NearhandError):
    """The model file cannot be used; says why and what to do."""


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _silent(level: int, text: bytes, data: ctypes.c_void_p) -> None:
    """Swallow the library's log, which would be written over the person's terminal."""


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Llama:
    """A loaded model with one sequence. `feed` adds tokens and returns the logits after the last of them.

    The first tokens fed are the prompt: its words see one another in both directions (a prefix language model, Raffel
    et al. 2020), for a request is known whole before its plan begins. What is fed later sees what stands before it.
    """

    def __init__(self, path: Path, context: int = 1024, threads: int = 1) -> None:
        _check_file(path)
        self._load(path)
        self._open(path, context, context, threads)  # a prompt is read in one piece

    def _load(self, path: Path) -> None:
        """Map the file; nothing is run yet."""
        llama.llama_log_set(_silent, ctypes.c_void_p(0))
        llama.llama_backend_init()
        model_params = llama.llama_model_default_params()
        model_params.n_gpu_layers = 0
        model_params.use_mmap = True
        self._model = llama.llama_model_load_from_file(os.fsencode(path), model_params)
        if not self._model:
            raise ModelError(f"{path} is not a model this llama.cpp can load (damaged, or made for a newer version).")
        self._vocab = llama.llama_model_get_vocab(self._model)
        self.size = int(llama.llama_vocab_n_tokens(self._vocab))

    def _open(self, path: Path, context: int, batch: int, threads: int) -> None:
        """Take the memory for a sequence of `context` tokens, read in pieces of `batch`."""
        self.context = context
        params = llama.llama_context_default_params()
        params.n_ctx = context
        params.n_batch = params.n_ubatch = batch
        params.n_threads = params.n_threads_batch = threads
        params.no_perf = True
        self._context = llama.llama_init_from_model(self._model, params)
        if not self._context:
            raise ModelError(f"There is not enough memory to run {path.name}.")
        self._memory = llama.llama_get_memory(self._context)
        self._logits = ctypes.POINTER(ctypes.c_float * self.size)
        self.fed: list[int] = []

    def close(self) -> None:
        """Free the model's memory."""
        if self._context:
            llama.llama_free(self._context)
            llama.llama_model_free(self._model)
            self._context = self._model = None

    def token_text(self, token: int) -> str:
        """The text of a token as the file writes it."""
        return cast(bytes, llama.llama_vocab_get_text(self._vocab, token)).decode("utf-8", "replace")

    def tokenize(self, text: str) -> list[int]:
        """Ids of a piece of text; no reserved token can come out."""
        raw = text.encode("utf-8")
        room = len(raw) + 8
        out = (llama.llama_token * room)()
        n = llama.llama_tokenize(self._vocab, raw, len(raw), out, room, False, False)
        if n < 0:
            raise ModelError("The text could not be tokenized.")
        return list(out[:n])

    def number(self, key: str) -> float | None:
        """A number from the file's metadata."""
        room = ctypes.create_string_buffer(64)
        n = llama.llama_model_meta_val_str(self._model, key.encode(), room, len(room))
        try:
            return float(room.value) if n > 0 else None
        except ValueError:
            return None

    def restart(self, keep: int = 0) -> None:
        """Forget everything after the first `keep` tokens."""
        llama.llama_memory_seq_rm(self._memory, 0, keep, -1)
        del self.fed[keep:]

    def feed(self, tokens: Sequence[int]) -> memoryview[float]:
        """Add tokens; returns the logits (vocab,) after the last. The view is valid until the next call."""
        if len(self.fed) + len(tokens) > self.context:
            raise ModelError("The request is too long for the model.")
        llama.llama_set_causal_attn(self._context, bool(self.fed))
        array = (llama.llama_token * len(tokens))(*tokens)  # kept alive: the batch only points at it
        if llama.llama_decode(self._context, llama.llama_batch_get_one(array, len(tokens))):
            raise ModelError("The model failed to run; nothing was changed.")
        self.fed += tokens
        return self.after()

    def after(self) -> memoryview[float]:
        """The logits (vocab,) after the last token; valid until the next is fed."""
        logits = ctypes.cast(llama.llama_get_logits_ith(self._context, -1), self._logits)
        return memoryview(logits.contents).cast("B").cast("f")


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ModelError(
            f"There is no model file at {path}. Install Nearhand again, or name one: nearhand model use PATH."
        )
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            raise ModelError(f"{path} is not a GGUF file: it does not begin with 'GGUF'.")
