"""The network: a llama-architecture decoder in plain PyTorch, small enough to read at one sitting.

It is a prefix language model (Raffel et al. 2020): the words of the prompt see one another in both directions, the plan
sees what stands before it; llama.cpp does the same when causal attention is switched off for the prompt.

RMSNorm, rotary positions on interleaved pairs (llama.cpp's own order for the architecture "llama", so that weights are
exported without permutation), grouped-query attention, SwiGLU, tied embeddings, no biases. Shapes: B batch, T time,
C width, H heads, K key/value heads, D = C / H.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a model."""

    vocab: int
    width: int = 256
    layers: int = 8
    heads: int = 4
    kv_heads: int = 2
    hidden: int = 768
    context: int = 1024
    rope_base: float = 10_000.0
    eps: float = 1e-5


class RMSNorm(nn.Module):
    """Scale to unit root mean square, then by a learned weight (Zhang & Sennrich 2019)."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


def rotation(shape: Shape) -> tuple[Tensor, Tensor]:
    """Cosines and sines for every position, (context, D/2) each (Su et al. 2021)."""
    half = shape.width // shape.heads // 2
    speed = shape.rope_base ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(shape.context, dtype=torch.float64)[:, None] * speed
    return angle.cos().float(), angle.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate interleaved pairs of the last axis of x (B, heads, T, D)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


def visible(heads: Tensor, length: int) -> Tensor:
    """Which position may look at which (B, 1, T, T): all before it; inside the prompt, heads (B,) long, all of it.

    0 where it may and minus infinity where not, to be added to the scores.
    """
    at = torch.arange(length, device=heads.device)
    inside = at < heads[:, None]
    seen = (at <= at[:, None]) | (inside[:, None, :] & inside[:, :, None])
    return torch.zeros(seen.shape, device=heads.device).masked_fill(~seen, -torch.inf)[:, None]


class Dropout:
    """Dropout (Srivastava et al. 2014) whose masks are cut out of one long one at random places.

    Drawing a number for every element of every branch took a sixth of a step.
    """

    def __init__(self, share: float, size: int = 1 << 23) -> None:
        self._mask = (torch.rand(size) >= share) / (1 - share)

    def __call__(self, x: Tensor) -> Tensor:
        """x, some of its elements zero and the others scaled up."""
        at = int(torch.randint(len(self._mask) - x.numel(), ()))
        return x * self._mask[at : at + x.numel()].view_as(x)


Drop = Callable[[Tensor], Tensor]
"""What is done to the embedding and to every branch."""


def whole(x: Tensor) -> Tensor:
    """No dropout."""
    return x


class Block(nn.Module):
    """Attention and feed-forward, each behind a norm and a residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.kv_heads = shape.heads, shape.kv_heads
        self.dim = shape.width // shape.heads
        self.attn_norm = RMSNorm(shape.width, shape.eps)
        self.qkv = nn.Linear(shape.width, (shape.heads + 2 * shape.kv_heads) * self.dim, bias=False)
        self.out = nn.Linear(shape.heads * self.dim, shape.width, bias=False)
        self.ffn_norm = RMSNorm(shape.width, shape.eps)
        self.gate_up = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, seen: Tensor, drop: Drop) -> Tensor:
        x = x + drop(self._attend(self.attn_norm(x), cos, sin, seen))
        gate, up = self.gate_up(self.ffn_norm(x)).chunk(2, dim=-1)
        return x + drop(self.down(F.silu(gate) * up))

    def _attend(self, x: Tensor, cos: Tensor, sin: Tensor, seen: Tensor) -> Tensor:
        b, t, _ = x.shape
        sizes = [self.heads * self.dim, self.kv_heads * self.dim, self.kv_heads * self.dim]
        q, k, v = (part.view(b, t, -1, self.dim).transpose(1, 2) for part in self.qkv(x).split(sizes, dim=-1))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        groups = self.heads // self.kv_heads
        k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
        weight = torch.softmax(q @ k.transpose(-1, -2) / self.dim**0.5 + seen, dim=-1)
        y = weight.to(v.dtype) @ v  # written out: a third of the time of torch's own at such lengths
        return self.out(y.transpose(1, 2).reshape(b, t, -1))  # type: ignore[no-any-return]


class GPT(nn.Module):
    """The whole decoder. `forward` maps ids (B, T), whose first heads (B,) are the prompt, to logits (B, T, vocab)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.width, shape.eps)
        self.cos: Tensor
        self.sin: Tensor
        cos, sin = rotation(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.apply(self._init)

    def _init(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)

    def hidden(self, ids: Tensor, heads: Tensor, drop: Drop = whole) -> Tensor:
        """The normalized last hidden states (B, T, C). `heads` (B,) is the length of each prompt."""
        x = drop(self.embed(ids))
        cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        seen = visible(heads, ids.shape[1])
        for block in self.blocks:
            x = block(x, cos, sin, seen, drop)
        return self.norm(x)  # type: ignore[no-any-return]

    def forward(self, ids: Tensor, heads: Tensor) -> Tensor:
        return F.linear(self.hidden(ids, heads), self.embed.weight)
