"""The random fields that noise is made from: drawn by a generator, or fixed by a seed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

BLOCK = 128  # pixels a side of what is drawn at once in a large picture
Draw = Callable[..., Tensor]


@dataclass(frozen=True)
class Place:
    """Where an image lies in a larger picture, whose noise is fixed by a seed.

    The larger picture's field consists of blocks, each drawn from a seed of its own: a part that
    is corrupted alone gets the noise that it has in the whole.
    """

    seed: int
    top: int = 0
    left: int = 0

    def field(self, draw: Draw, shape: torch.Size) -> Tensor:
        """Return the field of one image of this shape, (1, C, H, W), at its place."""
        _, channels, height, width = shape
        rows = range(self.top // BLOCK, -(-(self.top + height) // BLOCK))
        columns = range(self.left // BLOCK, -(-(self.left + width) // BLOCK))
        blocks = [
            torch.cat([_kept_block(draw, channels, self.seed, r, c) for c in columns], 3)
            for r in rows
        ]
        top, left = self.top - rows[0] * BLOCK, self.left - columns[0] * BLOCK
        return torch.cat(blocks, 2)[..., top : top + height, left : left + width]


Randomness = torch.Generator | int | Place  # a seed stands for a new generator on the CPU


def uniforms(like: Tensor, generator: Randomness) -> Tensor:
    """Return uniform numbers in [0, 1) of the image's shape."""
    return _field(torch.rand, like, generator)


def normals(like: Tensor, generator: Randomness) -> Tensor:
    """Return normal numbers, N(0, 1), of the image's shape."""
    return _field(torch.randn, like, generator)


def _field(draw: Draw, like: Tensor, generator: Randomness) -> Tensor:
    if isinstance(generator, Place):
        return generator.field(draw, like.shape).to(like.device)
    if isinstance(generator, int):
        if len(like) == 1:
            return _kept_field(draw, like.shape, generator).to(like.device)
        generator = torch.Generator().manual_seed(generator)
    return draw(like.shape, generator=generator, device=generator.device).to(like.device)


@lru_cache(maxsize=64)
def _kept_field(draw: Draw, shape: torch.Size, seed: int) -> Tensor:
    """Return the field of a seed for one image, which stays while its level moves."""
    return draw(shape, generator=torch.Generator().manual_seed(seed))


@lru_cache(maxsize=128)
def _kept_block(draw: Draw, channels: int, seed: int, row: int, column: int) -> Tensor:
    """Return a block of a large picture's field, which stays while a window moves."""
    name = hashlib.blake2b(f"{seed} {row} {column}".encode(), digest_size=7).digest()
    own = torch.Generator().manual_seed(int.from_bytes(name, "big"))
    return draw((1, channels, BLOCK, BLOCK), generator=own)
