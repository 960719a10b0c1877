"""Conversions between float tensors and PIL images, 8-bit pixels and base64 text."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

Array = NDArray[Any]
_BLANK = "The picture is blank: draw or give a digit that stands out from its background."
_CENTRE = 14  # the pixel that holds the centre of mass of MNIST's digits
_FAINTEST = 0.5 / 255  # fainter ink rounds to black
LUMA = (0.299, 0.587, 0.114)
_LEVELS = np.arange(256, dtype=np.float32) / 255


def to_face(image: Image.Image) -> NDArray[np.uint8]:
    """Crop a picture to a centred square and shrink it: colour pixels (3, 28, 28).

    Raises:
        ValueError: when the picture is smaller; enlarging it would only blur it.
    """
    side = min(image.size)
    if side < 28:
        raise ValueError(
            f"The picture has {image.width} x {image.height} pixels: give at least 28 x 28."
        )
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    small = image.convert("RGB").resize((28, 28), Image.Resampling.LANCZOS, box)
    return np.ascontiguousarray(np.asarray(small).transpose(2, 0, 1))


def in_channels(image: torch.Tensor, channels: int) -> torch.Tensor:
    """Convert images (N, 1 or 3, H, W) to 1 channel, the luma, or to 3 equal channels.

    Reference: ITU-R BT.601, the weights of red, green and blue.
    """
    if image.shape[1] == channels:
        return image
    if channels == 3:
        return image.expand(-1, 3, -1, -1)
    return (image * torch.tensor(LUMA, device=image.device).view(3, 1, 1)).sum(1, keepdim=True)


def centre_digit(ink: Array) -> Array:
    """Normalise ink (H, W) in [0, 1], light on black, like MNIST.

    Crop to the ink, fit it into 20 x 20 keeping the aspect, put its centre of mass at the centre
    of (28, 28), round to multiples of 1/255. Nothing is enlarged more than twofold, so that a dot
    stays a dot; thin faint strokes are brightened to the level of MNIST's.

    Raises:
        ValueError: when the picture is blank.

    Reference: LeCun et al., 1998, doi:10.1109/5.726791.
    """
    ink = _checked(ink)
    rows = np.flatnonzero(ink.max(axis=1) >= _FAINTEST)
    columns = np.flatnonzero(ink.max(axis=0) >= _FAINTEST)
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(20 / max(crop.shape), 2)
    height, width = (max(1, round(side * scale)) for side in crop.shape)
    digit = _resize(crop, height, width, Image.Resampling.HAMMING)
    digit /= digit.max()
    digit *= max(1, 0.55 / digit[digit > 0.02].mean())
    mass = digit.sum()
    top = round(_CENTRE - float(np.arange(height) @ digit.sum(axis=1) / mass))
    left = round(_CENTRE - float(np.arange(width) @ digit.sum(axis=0) / mass))
    top, left = min(max(top, 0), 28 - height), min(max(left, 0), 28 - width)
    centred = np.zeros((28, 28), dtype=np.float32)
    centred[top : top + height, left : left + width] = digit
    return _quantise(centred)


def shrink_digit(ink: Array) -> Array:
    """Resize ink (H, W) in [0, 1] to (28, 28) without cropping, in multiples of 1/255.

    Raises:
        ValueError: when the picture is blank.
    """
    return _quantise(_resize(_checked(ink), 28, 28))


def _checked(ink: Array) -> Array:
    """Return ink (H, W) in [0, 1]; ValueError for another shape, or when it is blank."""
    ink = np.asarray(ink, dtype=np.float32)
    if ink.ndim != 2 or not np.isfinite(ink).all():
        raise ValueError(f"Ink must be finite and of shape (H, W); it has shape {ink.shape}.")
    if not ink.size or ink.max() < _FAINTEST:
        raise ValueError(_BLANK)
    return ink.clip(0, 1)


def _resize(values: Array, height: int, width: int, method: int = Image.Resampling.BOX) -> Array:
    """Resize (H, W), antialiased and without overshoot."""
    image = Image.fromarray(np.ascontiguousarray(values))
    return np.array(image.resize((width, height), method))


def _quantise(values: Array) -> Array:
    """Round to multiples of 1/255 in [0, 1]."""
    levels: Array = _LEVELS[np.rint(values.clip(0, 1) * 255).astype(np.uint8)]
    return levels


def draw_strokes(
    strokes: Sequence[Sequence[tuple[float, float]]], *, pen: float, size: int = 280
) -> Array:
    """Draw polylines in the unit box (x to the right, y down) with a round pen.

    `pen` is its width as a fraction of the box; a stroke of one point is a dot. Returns
    antialiased ink, shape (size, size), float32 in [0, 1].
    """
    fine, reach = 4 * size, 2 * size * pen
    canvas = Image.new("L", (fine, fine))
    draw = ImageDraw.Draw(canvas)
    for stroke in strokes:
        points = [(x * fine, y * fine) for x, y in stroke]
        draw.line(points, fill=255, width=max(1, round(2 * reach)))
        for x, y in points:  # round caps and joins
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
    return np.asarray(canvas.reduce(4), dtype=np.float32) / 255


def to_bytes(image: torch.Tensor) -> bytes:
    """Return the 8-bit pixels (H, W, C) of an image (C, H, W) or (H, W), by rows.

    Values are clipped to [0, 1]; NaN is black.
    """
    return _to_pixels(image).tobytes()


def encode_pixels(image: torch.Tensor) -> str:
    """Return what `to_bytes` returns as base64 text."""
    return binascii.b2a_base64(to_bytes(image), newline=False).decode("ascii")


def decode_pixels(text: str, *, height: int, width: int, channels: int = 1) -> torch.Tensor:
    """Decode the text of `encode_pixels` to (1, C, H, W) float32 in [0, 1].

    Raises:
        ValueError: when it is not text, not base64 or of the wrong size.
    """
    given = f"{len(text)} characters" if isinstance(text, str) else type(text).__name__
    try:
        raw = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
        return from_bytes(raw, height=height, width=width, channels=channels)
    except ValueError as error:
        wanted = f"base64 text of {height} x {width} x {channels} bytes"
        raise ValueError(f"The pixels are {given}: send {wanted}.") from error


def from_bytes(data: bytes, *, height: int, width: int, channels: int = 1) -> torch.Tensor:
    """Return the bytes of `to_bytes` as (1, C, H, W) float32; ValueError for a wrong number."""
    values = _LEVELS[np.frombuffer(data, dtype=np.uint8).reshape(height, width, channels)]
    return torch.from_numpy(values.transpose(2, 0, 1)[None].copy())


def to_pil(image: torch.Tensor, scale: int = 1) -> Image.Image:
    """Convert (1, C, H, W) or (C, H, W), C being 1 or 3, to a picture enlarged `scale` times."""
    pixels = _to_pixels(image[0] if image.ndim == 4 else image)
    picture = Image.fromarray(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels)
    return ImageOps.scale(picture, scale, Image.Resampling.NEAREST)


def _to_pixels(image: torch.Tensor) -> NDArray[np.uint8]:
    """Round an image (C, H, W) or (H, W) to 8-bit pixels (H, W, C)."""
    if image.ndim not in (2, 3):
        raise ValueError(f"An image must have shape (C, H, W) or (H, W), not {tuple(image.shape)}.")
    values = image.detach().cpu().numpy() * np.float32(255)
    values += np.float32(0.5)
    np.fmin(np.fmax(values, 0, out=values), 255, out=values)
    pixels = values.astype(np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels.transpose(1, 2, 0)
