"""A larger model that plans: the talk it is given, and its calls token by token under the grammar of the request.

Greedy: the likeliest token, or the likeliest of those that the grammar allows. The instruction is read first and in
pieces of its own, and kept until something else is read, so that a plan is the same whether it was still there or not.
What comes out is read as a plan and checked like any other. Deliberately not here: the process (`writer.py`).
"""

from __future__ import annotations

import ctypes
import math
import time
from array import array
from collections.abc import Sequence
from dataclasses import replace

from nearhand.models.callgrammar import call_grammar
from nearhand.models.families import family
from nearhand.models.generalist import BATCH, Generalist
from nearhand.models.grammar import MAX_VALUES
from nearhand.models.instructions import request, rules
from nearhand.models.language import Plan, PlanError, check, sweeps
from nearhand.models.llama import ModelError, llama
from nearhand.models.planner import RequestError
from nearhand.models.tasks import Asked
from nearhand.models.words import normalize, pieces

Candidates = llama.llama_token_data_array
_LATE = "The larger model found no plan in time."


class Caller:
    """Plans requests with one loaded model."""

    def __init__(self, runtime: Generalist) -> None:
        self.runtime, self._family = runtime, family(runtime.template)
        self._head = runtime.opening(runtime.marked(rules(self._family)))
        self._closing = runtime.closing()
        self._tokens = _Tokens(runtime.size)

    def plan(self, asked: Asked) -> Plan:
        """The likeliest plan of a request. Raises NearhandError if there is none that is legal, or none in time."""
        until = time.monotonic() + asked.seconds
        asked = replace(asked, request=normalize(asked.request))
        if not pieces(asked.request):
            raise RequestError("There is nothing to do: the request is empty.")
        before = normalize(asked.before[0]) if asked.before else None
        self._told(asked, until)
        plan = self._family.read(self._said(call_grammar(asked.request, before, self._family), asked.most, until))
        check(plan, asked.request, before or "")
        if any(len(step.slots) > MAX_VALUES for step in plan.steps):
            raise PlanError(f"a step has at most {MAX_VALUES} values")
        if sweeps(plan):
            raise PlanError("everything of an area at once is refused")
        return plan

    def _told(self, asked: Asked, until: float) -> None:
        """Read the talk up to where the model's words begin."""
        rest = [*self.runtime.plain(request(asked, self._family)), *self._closing]
        if len(self._head) + len(rest) + asked.most > self.runtime.context:
            raise ModelError("The request is too long for this model. Say it in fewer words.")
        self._read(self._head[self.runtime.keep(self._head) :], until)
        self._read(rest, until)

    def _read(self, tokens: Sequence[int], until: float) -> None:
        for at in range(0, len(tokens), BATCH):
            self.runtime.read(tokens[at : at + BATCH])
            if time.monotonic() > until:
                raise ModelError(_LATE)

    def _said(self, grammar: str, most: int, until: float) -> str:
        """What it says under a grammar, to the end."""
        out, lock = b"", _Lock(self.runtime, grammar)
        try:
            for _ in range(most):
                token = self._tokens.choose(lock, self.runtime.after())
                if self.runtime.ends(token):
                    return out.decode("utf-8", "replace")
                out += self.runtime.text([token], marks=True)
                if time.monotonic() > until:
                    raise ModelError(_LATE)
                self.runtime.read([token])
        finally:
            lock.free()
        raise PlanError("the plan of the larger model has no end")


class _Lock:
    """A grammar that goes along with what is said."""

    def __init__(self, runtime: Generalist, grammar: str) -> None:
        self._grammar = llama.llama_sampler_init_grammar(runtime.vocabulary, grammar.encode("utf-8"), b"root")
        if not self._grammar:
            raise ModelError("The grammar of the request could not be made.")
        self._greedy = llama.llama_sampler_init_greedy()

    def narrow(self, tokens: Candidates) -> None:
        """Make every token impossible that may not follow."""
        llama.llama_sampler_apply(self._grammar, tokens)

    def likeliest(self, tokens: Candidates) -> int:
        """The place of the likeliest token."""
        llama.llama_sampler_apply(self._greedy, tokens)
        return int(tokens.selected)

    def advance(self, token: int) -> None:
        """Go on after a token that may follow; the library ends the process over any other."""
        llama.llama_sampler_accept(self._grammar, token)

    def free(self) -> None:
        """Give its memory back."""
        for sampler in (self._grammar, self._greedy):
            llama.llama_sampler_free(sampler)


class _Tokens:
    """Every token of a vocabulary with its logit, as the library wants them: three numbers each."""

    def __init__(self, size: int) -> None:
        raw = bytearray(ctypes.sizeof(llama.llama_token_data) * size)
        self._size, self._all = size, (llama.llama_token_data * size).from_buffer(raw)
        memoryview(raw).cast("i")[0::3] = memoryview(array("i", range(size)))
        self._logits = memoryview(raw).cast("f")[1::3]

    def choose(self, lock: _Lock, logits: memoryview[float]) -> int:
        """The likeliest token that may follow, which is then taken as said."""
        self._logits[:] = logits
        every = llama.llama_token_data_array(self._all, self._size, -1, False)
        token = lock.likeliest(every)
        one = (llama.llama_token_data * 1)(llama.llama_token_data(token, self._logits[token], 0.0))
        lock.narrow(llama.llama_token_data_array(one, 1, -1, False))
        if one[0].logit == -math.inf:  # all of them are looked at only where the likeliest may not follow
            lock.narrow(every)
            token = lock.likeliest(every)
            if self._logits[token] == -math.inf:
                raise ModelError("This model has no token for what may follow.")
        lock.advance(token)
        return token
