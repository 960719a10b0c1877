"""Random square patches of pictures of any size, cut and turned on the pictures' own device."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Patches:
    """Pictures in one array of pixels, from which batches of random patches are cut.

    Every place of every picture is equally likely, times its picture's weight; patches are turned
    and mirrored at random.

    Attributes:
        pixels: (pixels, 3) uint8, all pictures row by row, one after the other.
        starts: (pictures,), each one's first pixel.
        heights, widths: (pictures,).
        chances: (pictures,), how likely a patch comes from each.
    """

    pixels: Tensor
    starts: Tensor
    heights: Tensor
    widths: Tensor
    chances: Tensor

    def draw(self, count: int, size: int, generator: torch.Generator) -> Tensor:
        """Return random patches, (count, 3, size, size) uint8 in channels-last layout.

        Args:
            count: number of patches.
            size: at most the smallest side of any picture.
            generator: on the pixels' device.
        """

        def below(limit: Tensor) -> Tensor:
            drawn = torch.rand(count, generator=generator, device=limit.device, dtype=torch.float64)
            return (drawn * limit).long()

        chosen = self.chances.multinomial(count, replacement=True, generator=generator)
        width = self.widths[chosen]
        top, left = below(self.heights[chosen] - size + 1), below(width - size + 1)
        rows, columns = (axis.view(-1, 1) for axis in (top, left))
        along = torch.arange(size, device=chosen.device)
        mirrored = size - 1 - along
        turn = torch.randint(8, (count, 1), generator=generator, device=chosen.device)
        rows = rows + torch.where(turn % 2 == 0, along, mirrored)  # (count, size)
        columns = columns + torch.where(turn // 2 % 2 == 0, along, mirrored)
        down, across = (rows * width.view(-1, 1)).unsqueeze(2), columns.unsqueeze(1)
        places = down + across + self.starts[chosen].view(-1, 1, 1)  # (count, size, size)
        places = torch.where(turn.unsqueeze(2) < 4, places, places.transpose(1, 2))
        return self.pixels[places].permute(0, 3, 1, 2)

    def to(self, device: torch.device) -> "Patches":
        """Return the same on another device."""
        return Patches(*(values.to(device) for values in vars(self).values()))


def patches_of(pictures: Sequence[Tensor], size: int, weights: Sequence[float]) -> Patches:
    """Return patches of pictures.

    Args:
        pictures: (H, W, 3) uint8 each; those with a side below `size` are left out.
        size: of the patches.
        weights: of each picture; multiplied by the number of places for a patch in it.

    Raises:
        ValueError: when no picture is large enough.
    """
    large = [(p, w) for p, w in zip(pictures, weights, strict=True) if min(p.shape[:2]) >= size]
    if not large:
        raise ValueError(f"no picture has {size} x {size} pixels: give larger ones")
    heights, widths = (torch.tensor([p.shape[axis] for p, _ in large]) for axis in (0, 1))
    places = (heights - size + 1) * (widths - size + 1)
    areas = heights * widths
    return Patches(
        pixels=torch.cat([picture.reshape(-1, 3) for picture, _ in large]),
        starts=areas.cumsum(0) - areas,
        heights=heights,
        widths=widths,
        chances=places * torch.tensor([float(weight) for _, weight in large]),
    )
