"""Where the clean picture comes from: built-in digits, MNIST, the drawing pad, an upload."""

from collections.abc import Callable, Mapping
from functools import cache
from reprlib import repr as brief
from typing import Any

import torch
from torch import Tensor

from denoise_demo.data import Digits, load_examples, load_mnist
from denoise_demo.experiment import check_keys, integer
from denoise_demo.images import centre_digit, decode_pixels, encode_pixels, shrink_digit
from denoise_demo.registry import lookup

LARGEST_RASTER = 560  # pixels a side of a drawing
LARGEST_PICTURE = 64  # pixels a side of a picture that is ready for a network


@cache
def mnist_test() -> Digits:
    """Return MNIST's test digits, read once; DataError when they are not there."""
    return load_mnist("test")


def clean_picture(source: Any) -> tuple[Tensor, int | None]:
    """Return the picture that a request names, (1, C, H, W) in [0, 1], and its label if known.

    Args:
        source: an object with `kind` and what that kind needs: "example" or "mnist" with
            `index`; "drawing" with `pixels`, `size` and `centre`; "pixels" with `pixels`,
            `height`, `width` and `channels`. Pixels are base64 text of bytes, row by row.

    Raises:
        ValueError: for anything malformed, a blank drawing, or MNIST when it is not there.
    """
    if not isinstance(source, Mapping):
        raise ValueError(f"the source is {brief(source)}: give an object with its kind")
    reader, names = lookup(_READERS, source.get("kind"), "source")
    check_keys(source, {"kind", *names}, f"the source {source['kind']}")
    return reader(*(source[name] for name in names))


def pixels_source(picture: Tensor) -> dict[str, Any]:
    """Describe a picture (1, C, H, W) as a "pixels" source."""
    _, channels, height, width = picture.shape
    pixels = encode_pixels(picture[0])
    return {
        "kind": "pixels",
        "pixels": pixels,
        "height": height,
        "width": width,
        "channels": channels,
    }


def _numbered(digits: Digits, index: Any) -> tuple[Tensor, int]:
    """Return one digit of a data set."""
    if not 0 <= integer(index, "index") < len(digits):
        raise ValueError(f"index {index} is outside the {digits.source}: 0 to {len(digits) - 1}")
    return digits.clean(slice(index, index + 1)), int(digits.labels[index])


def _drawing(pixels: Any, size: Any, centre: Any) -> tuple[Tensor, None]:
    """Normalise the pad's ink as MNIST was made, or only shrink it."""
    if not 28 <= integer(size, "size") <= LARGEST_RASTER:
        raise ValueError(f"a drawing of {size} pixels a side: give 28 to {LARGEST_RASTER}")
    if not isinstance(centre, bool):
        raise ValueError(f"centre is {brief(centre)}: give true or false")
    ink = decode_pixels(pixels, height=size, width=size)[0, 0].numpy()
    normalise = centre_digit if centre else shrink_digit
    return torch.from_numpy(normalise(ink))[None, None], None


def _ready(pixels: Any, height: Any, width: Any, channels: Any) -> tuple[Tensor, None]:
    """Decode a picture that is ready for a network."""
    for name, side in (("height", height), ("width", width)):
        if not 11 <= integer(side, name) <= LARGEST_PICTURE:
            raise ValueError(f"{name} {side}: give 11 to {LARGEST_PICTURE} pixels")
    if integer(channels, "channels") not in (1, 3):
        raise ValueError(f"channels is {channels}: give 1 (grey) or 3 (colour)")
    return decode_pixels(pixels, height=height, width=width, channels=channels), None


_Reader = Callable[..., tuple[Tensor, int | None]]
_READERS: dict[str, tuple[_Reader, tuple[str, ...]]] = {
    "example": (lambda index: _numbered(load_examples(), index), ("index",)),
    "mnist": (lambda index: _numbered(mnist_test(), index), ("index",)),
    "drawing": (_drawing, ("pixels", "size", "centre")),
    "pixels": (_ready, ("pixels", "height", "width", "channels")),
}
