"""Files of cleaned photographs, also with 16 bits a value in colour, which Pillow does not do."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # of PNG, by channels
DEEP = ("RGB;16B", "RGBA;16B")  # how Pillow calls these pixels of a PNG file
QUALITY = 95  # of JPEG
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def is_deep(image: ImageFile.ImageFile) -> bool:
    """Return whether an opened picture, not decoded yet, is a PNG of 16 bits in colour."""
    return image.format == "PNG" and bool(image.tile) and image.tile[0].args in DEEP


def ask_low_bytes(image: ImageFile.ImageFile) -> None:
    """Let Pillow decode the lower byte of every value, where it would take the upper one."""
    (tile,) = image.tile
    image.tile = [tile._replace(args=f"{str(tile.args)[:-1]}L")]


def encode_photo(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], picture: Image.Image, kind: str = "PNG"
) -> bytes:
    """Return cleaned pixels as a file, with the picture's colour profile and metadata.

    Args:
        pixels: (H, W) or (H, W, 2 to 4), of the picture's mode; 16 bits stay in a PNG file.
        picture: as `read_photo` gave it.
        kind: "PNG" or "JPEG".
    """
    profile, exif = picture.info.get("icc_profile"), picture.getexif()
    if kind == "PNG" and pixels.dtype == np.uint16 and pixels.ndim == 3:
        return encode_deep(pixels.astype(np.uint16), profile, exif.tobytes() if exif else b"")
    if kind == "JPEG":  # has 8 bits and no opacity
        pixels = (pixels / 257).round().astype(np.uint8) if pixels.dtype == np.uint16 else pixels
        pixels = pixels[..., : 3 if pixels.shape[2] > 2 else 1] if pixels.ndim == 3 else pixels
    file = io.BytesIO()
    cleaned = Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1:] == (1,) else pixels)
    cleaned.save(file, kind, quality=QUALITY, icc_profile=profile, exif=exif)
    return file.getvalue()


def encode_deep(pixels: NDArray[np.uint16], profile: bytes | None, exif: bytes) -> bytes:
    """Return pixels (H, W, 1 to 4) as a PNG file of 16 bits a value.

    Args:
        pixels: the second or fourth channel is the opacity.
        profile: an ICC profile.
        exif: metadata as in a TIFF file; empty for none.
    """
    height, width, channels = pixels.shape
    header = struct.pack(">2I5B", width, height, 16, COLOUR_TYPES[channels], 0, 0, 0)
    rows = pixels.astype(">u2").view(np.uint8).reshape(height, -1)
    filtered = np.full((height, rows.shape[1] + 1), 2, np.uint8)  # each less the row above
    filtered[0, 1:], filtered[1:, 1:] = rows[0], rows[1:] - rows[:-1]
    parts = [SIGNATURE, _chunk(b"IHDR", header)]
    if profile:
        parts.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)))
    if exif:
        parts.append(_chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")))
    parts += [_chunk(b"IDAT", zlib.compress(filtered.data)), _chunk(b"IEND", b"")]
    return b"".join(parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
