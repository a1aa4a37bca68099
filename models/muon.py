"""Muon: momentum whose update is made orthogonal (Jordan et al. 2024).

torch.optim.Muon always computes in bfloat16, which a CPU without bf16 instructions emulates: a step took longer than
the rest of the training together. This one multiplies in what `train.half` chooses. Here all matrices are done at
once, and on their small square side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

_A, _B, _C = 3.4445, -4.7750, 2.0315
"""The quintic of Jordan et al.: a few rounds of it bring every singular value near one."""


def orthogonal(matrices: Sequence[Tensor], rounds: int = 5) -> list[Tensor]:
    """For each matrix the nearest semi-orthogonal one, roughly, by Newton-Schulz.

    Every round is a polynomial of the same Gram matrix, so all rounds are done on Gram matrices (n, k, k), and the
    matrices themselves are touched twice.
    """
    wide = [(m if m.shape[0] <= m.shape[1] else m.T) for m in matrices]
    wide = [m / (m.norm() + 1e-7) for m in wide]
    out: list[Tensor] = list(wide)
    by_side: dict[int, list[int]] = defaultdict(list)
    for i, m in enumerate(wide):
        by_side[m.shape[0]].append(i)
    for side, places in by_side.items():
        gram = torch.stack([wide[i] @ wide[i].T for i in places])
        eye = torch.eye(side)
        product = eye.expand_as(gram)
        for _ in range(rounds):
            factor = torch.baddbmm(_A * eye + _B * gram, gram, gram, alpha=_C)
            product = factor @ product
            gram = factor @ gram @ factor
        for i, each in zip(places, product, strict=True):
            out[i] = each @ wide[i]
    return [o if m.shape[0] <= m.shape[1] else o.T for o, m in zip(out, matrices, strict=True)]


class Muon(torch.optim.Optimizer):
    """Orthogonalized Nesterov momentum for matrices; the step is scaled so that AdamW's learning rate fits."""

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient."""
        for group in self.param_groups:
            moving = [p for p in group["params"] if p.grad is not None]
            for p, update in zip(moving, orthogonal([self._ahead(p, group["momentum"]) for p in moving]), strict=True):
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update, alpha=-group["lr"] * 0.2 * max(p.shape) ** 0.5)

    def _ahead(self, p: Tensor, share: float) -> Tensor:
        """Nesterov: the gradient moved towards the momentum."""
        assert p.grad is not None
        state = self.state[p]
        momentum: Tensor = state.setdefault("momentum", torch.zeros_like(p))
        momentum.lerp_(p.grad, 1 - share)
        return p.grad.lerp(momentum, share)
