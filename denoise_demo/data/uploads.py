"""Uploaded pictures of any common format, bit depth and rotation, read in little memory."""

import contextlib
import io
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import IO, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from denoise_demo.data.photo_files import ask_low_bytes, is_deep

MAX_PIXELS = 50_000_000
MAX_SIDE = 1024
DECODED = 930_000  # bytes of a megabyte of memory that decoding itself may take
_memory = {"megabytes": 300}
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")  # brands of its content
_ORIGINAL = "original size"
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif")
_WANTED = "give a PNG, JPEG, GIF, WebP, BMP, TIFF or AVIF picture that opens in other programs"


def limit_memory(megabytes: int) -> None:
    """Set how much memory reading a picture may take, at any time and in all; 300 MB at first."""
    _memory["megabytes"] = megabytes


def read_image(source: str | Path | bytes) -> Image.Image:
    """Read an uploaded picture, whatever its format, depth, colours and rotation.

    Args:
        source: a file's path or its bytes; PNG, JPEG, GIF, WebP, BMP, TIFF or AVIF (first frame).

    Returns:
        The upright picture, mode "L" or "RGB", its longest side at most `MAX_SIDE`; transparent
        parts become white around dark content and black around light content.

    Raises:
        ValueError: when the file has another format, is damaged, has more than `MAX_PIXELS` or
            is fully transparent.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as stream:
            image = _open(stream)
            if image.width * image.height <= MAX_SIDE**2:
                return _shrink(image)
            del image  # large ones are decoded one at a time: their memory does not add up
            return _large().submit(lambda: _shrink(_open(stream))).result()
    except OSError as error:
        raise ValueError(f"The file cannot be opened ({error.strerror}): {_WANTED}.") from error


def read_photo(source: str | Path | bytes, most: int = MAX_PIXELS) -> Image.Image:
    """Read a picture at its full size for a result of the same kind.

    Args:
        source: a file's path or its bytes.
        most: pixels; a larger picture is refused before it is decoded.

    Returns:
        The upright picture (first frame), mode "L", "LA", "RGB", "RGBA" or "I;16"; `info` keeps
        the colour profile and the other metadata, and says under "frames" how many there were.

    Raises:
        ValueError: as for `read_image`.
    """
    image = _loaded(source, most=most)
    deep = image.mode.startswith("I;16")
    alpha = image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info
    grey = image.mode in {"1", "L", "LA", "La"}
    mode = "I;16" if deep else ("L" if grey else "RGB") + ("A" if alpha else "")
    upright = ImageOps.exif_transpose(image)
    upright = upright if upright.mode == mode else upright.convert(mode)
    upright.info["frames"] = image.info["frames"]
    return upright


def pixels_of(
    source: str | Path | bytes, picture: Image.Image
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return the pixels of what `read_photo` read from a source: 16 bits where the file has them.

    Returns:
        (H, W) or (H, W, 2 to 4), uint8 or, for grey pictures and PNG files of 16 bits, uint16.
    """
    upper: NDArray[np.uint8] = np.asarray(picture)
    image = _loaded(source, lower=True)
    if image is None or image.mode != picture.mode:
        return upper
    lower: NDArray[np.uint8] = np.asarray(ImageOps.exif_transpose(image))
    return 256 * upper.astype(np.uint16) + lower.astype(np.uint16)


@overload
def _loaded(source: str | Path | bytes, *, most: int) -> Image.Image: ...
@overload
def _loaded(source: str | Path | bytes, *, lower: bool) -> Image.Image | None: ...
def _loaded(
    source: str | Path | bytes, *, lower: bool = False, most: int = MAX_PIXELS
) -> Image.Image | None:
    """Decode a picture; with `lower` only the lower bytes of one with 16 bits in colour."""
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as stream:
            image = _open(stream, most)
            kind = image.format
            if lower and not is_deep(image):
                return None
            try:
                image.info["frames"] = getattr(image, "n_frames", 1)
                if lower:
                    ask_low_bytes(image)
                image.load()
            except Exception as error:
                raise _damaged(kind) from error
            return image
    except OSError as error:
        raise ValueError(f"The file cannot be opened ({error.strerror}): {_WANTED}.") from error


@cache
def _large() -> ThreadPoolExecutor:
    """Return the thread for large pictures; always the same, since it reuses its memory."""
    return ThreadPoolExecutor(1, thread_name_prefix="large-picture")


def _open(stream: IO[bytes], limit: int = MAX_PIXELS) -> ImageFile.ImageFile:
    """Open a picture without decoding it; a too large one is refused by its header."""
    stream.seek(0)
    head = stream.read(64)
    stream.seek(0)
    if head[4:8] == b"ftyp" and any(brand in head[8:] for brand in _HEIC):
        raise ValueError(
            "The file is a HEIC picture, which cannot be opened here: save it as JPEG, or choose "
            "Settings, Camera, Formats, Most Compatible on an iPhone."
        )
    Image.init()
    # Image.open would warn about large pictures, by a limit for the whole process.
    known = ((name, *Image.OPEN[name]) for name in _FORMATS if name in Image.OPEN)
    kind, reader = next(((n, r) for n, r, fits in known if fits and fits(head) is True), ("", None))
    if reader is None:
        raise ValueError(f"The file is {'not a picture' if head else 'empty'}: {_WANTED}.")
    try:
        image = reader(stream, "")
        tags = getattr(image, "tag_v2", {})  # TIFF decodes whole tiles, which may be larger
        width, height = max(image.width, tags.get(322, 0)), max(image.height, tags.get(323, 0))
    except Exception as error:  # readers raise almost any exception for a damaged file
        raise _damaged(kind) from error
    cost = {"AVIF": 20, "WEBP": 16, "TIFF": 10}.get(
        kind, 4
    )  # bytes per pixel at the decoder's peak
    if "progressive" in image.info:  # the decoder holds all coefficients
        cost = 2 * len(image.getbands())
    most = min(limit, int(_memory["megabytes"] * DECODED // cost))
    if width * height > most or max(width, height) > 65_535:
        raise ValueError(
            f"The {kind} picture has {width:,} x {height:,} pixels, more than the limit of "
            f"{most:,} (65,535 per side): shrink it first."
        )
    return image


def _shrink(image: Image.Image) -> Image.Image:
    """Decode an opened picture: upright, mode L or RGB, at most `MAX_SIDE`."""
    full = image.size
    try:
        shrink = MAX_SIDE / max(full)
        image.draft(None, (max(1, int(image.width * shrink)), max(1, int(image.height * shrink))))
        image.load()
        small = _reduce(image)
    except Exception as error:
        raise _damaged(image.format) from error
    small = _composite(small) if small.mode == "RGBA" else small
    small = small.convert("L") if image.mode in {"1", "L", "LA", "La"} else small
    with contextlib.suppress(Exception):  # damaged metadata must not spoil the picture
        small.getexif()[0x0112] = image.getexif().get(0x0112, 1)
    upright = ImageOps.exif_transpose(small)
    turned = (small.width < small.height) != (upright.width < upright.height)
    upright.info[_ORIGINAL] = full[::-1] if turned else full
    return upright


def original_size(image: Image.Image) -> tuple[int, int]:
    """Return the width and height that a picture of `read_image` had in its file, upright."""
    width, height = image.info.get(_ORIGINAL, image.size)
    return width, height


def _damaged(kind: str | None) -> ValueError:
    return ValueError(f"The {kind} picture is damaged or has no pixels: {_WANTED}.")


def _reduce(image: Image.Image) -> Image.Image:
    """Convert a decoded picture to mode L, RGB or RGBA and `MAX_SIDE`, in little memory."""
    deep = image.mode.startswith(("I", "F"))
    alpha = image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info
    mode = "F" if deep else "RGBA" if alpha else "L" if image.mode in {"1", "L"} else "RGB"
    width, height = image.size
    factor = max(1, max(width, height) // MAX_SIDE)
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    rows = factor * max(1, 2**20 // (factor * width))  # about a million pixels at a time
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height)))
        band = band.convert("I") if image.mode.startswith("I;") else band
        small.paste(band.convert(mode).reduce(factor), (0, top // factor))
    if deep:  # 32-bit files do not record their white level: infer it from the largest value
        grey = np.nan_to_num(np.asarray(small), posinf=0, neginf=0)
        low, high = min(0.0, float(grey.min())), float(grey.max())
        wide = image.mode.startswith("I;") or image.format == "PNG"
        white = 65_535 if wide else next((w for w in (1, 255, 65_535) if high <= w), high)
        small = Image.fromarray(np.rint((grey - low) * (255 / (white - low))).astype(np.uint8))
    small.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=None)
    return small


def _composite(image: Image.Image) -> Image.Image:
    """Put an RGBA picture on the background, white or black, that contrasts with its content."""
    alpha = np.asarray(image.getchannel("A"), dtype=np.float32)
    if not alpha.any():
        raise ValueError(f"The picture is fully transparent, with nothing to see: {_WANTED}.")
    lightness = np.average(np.asarray(image.convert("L")), weights=alpha)
    paper = Image.new("RGBA", image.size, "white" if lightness < 128 else "black")
    return Image.alpha_composite(paper, image).convert("RGB")
