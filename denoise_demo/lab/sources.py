"""Where clean pictures come from: built-in ones, a test set, the drawing pad, an upload."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from torch import Tensor

from denoise_demo.common import brief, check_keys, integer, lookup
from denoise_demo.data import (
    Domain,
    Images,
    centre_digit,
    decode_pixels,
    encode_pixels,
    get_domain,
    load_examples,
    load_faces,
    load_portraits,
    mnist_test,
    shrink_digit,
    to_face,
    to_pil,
)

LABORATORY = {"laboratory": "The picture in the laboratory"}
COLLECTIONS: dict[str, dict[str, str]] = {  # by domain; the first is always there
    "digits": {"built-in": "Built-in digits", "mnist": "MNIST test set"} | LABORATORY,
    "faces": {"portraits": "Built-in portraits", "faces": "Face test split"} | LABORATORY,
}
LONGEST_PICTURE = 20_000  # characters; a digit takes some 1,100, the largest in colour 16,500
LARGEST_RASTER = 560  # pixels a side of a drawing or a photo
LARGEST_PICTURE = 64  # pixels a side of a picture that is ready for a network


def clean_picture(source: Any) -> tuple[Tensor, int | None]:
    """Return the picture that a request names, (1, C, H, W) in [0, 1], and its label if known.

    Args:
        source: an object with `kind` and what that kind needs: "example", "mnist", "portrait" or
            "face" with `index`; "drawing" with `pixels`, `size` and `centre`; "photo" with
            `pixels` and `size`; "pixels" with `pixels`, `height`, `width` and `channels`. Pixels
            are base64 text of bytes, row by row; a photo has three bytes a pixel.

    Raises:
        ValueError: for anything malformed, a blank drawing, or a data set that is not there.
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


@cache
def faces_test() -> Images:
    """Return the test split of the faces, read once; DataError when they are not there."""
    return load_faces("test")


def count_pictures(domain: str, source: str) -> int:
    """Return how many pictures of a domain a source has to start from."""
    lookup(COLLECTIONS[domain], source, f"source of {domain}")
    return 1 if source == "laboratory" else len(_LOADERS[source]())


def choose_pictures(
    domain: str, source: str, first: int, count: int, picture: str = ""
) -> tuple[Tensor, list[int | None], str]:
    """Return pictures (count, C, 28, 28), their labels and where they come from in words.

    The laboratory's picture is followed by built-in ones where a figure shows several.
    """
    kind, built_in = get_domain(domain), next(iter(COLLECTIONS[domain]))
    lookup(COLLECTIONS[domain], source, f"source of {domain}")
    if not count:
        return torch.empty(0, *kind.shape), [], "none"
    if source == "laboratory":
        own = laboratory_picture(picture, kind)
        if count == 1:
            return own, [None], "the laboratory's picture"
        clean, labels, _ = choose_pictures(domain, built_in, 0, count - 1)
        words = f"the laboratory's picture, then built-in {domain}"
        return torch.cat([own, clean]), [None, *labels], words
    images = _LOADERS[source]()
    if not 0 <= integer(first, f"first {kind.noun}") < len(images):
        raise ValueError(
            f"first {kind.noun} {brief(first)}: the {images.source} has 0 to {len(images) - 1}"
        )
    rows = (first + torch.arange(count)) % len(images)
    words = f"{images.source}, number {first}" + (" and following" if count > 1 else "")
    labels = [label if label >= 0 else None for label in images.labels[rows].tolist()]
    return images.clean(rows), labels, words


def laboratory_picture(text: str, domain: Domain) -> Tensor:
    """Read the laboratory's picture (1, C, 28, 28) from JSON of a "pixels" source.

    Raises:
        ValueError: when it is empty, malformed or no picture of this domain's shape.
    """
    remedy = f"show a {domain.noun} there, or take the {domain.noun}s from another source"
    if not text:
        raise ValueError(f"nothing is on the laboratory's stage yet: {remedy}")
    try:
        if not isinstance(text, str) or len(text) > LONGEST_PICTURE:
            raise ValueError("not a short text")
        source = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("the laboratory's picture is not valid JSON: show it again") from error
    picture, _ = clean_picture(source)
    _, channels, height, width = picture.shape
    if (channels, height, width) != domain.shape:
        colour = "grey" if channels == 1 else "in colour"
        raise ValueError(
            f"the laboratory's picture is {colour}, {height} x {width} pixels, and this figure "
            f"shows {domain.noun}s: {remedy}"
        )
    return picture


def _numbered(images: Images, index: Any) -> tuple[Tensor, int | None]:
    """Return one picture of a data set."""
    if not 0 <= integer(index, "index") < len(images):
        raise ValueError(
            f"index {brief(index)} is outside the {images.source}: choose 0 to {len(images) - 1}"
        )
    label = int(images.labels[index])
    return images.clean(slice(index, index + 1)), None if label < 0 else label


def _drawing(pixels: Any, size: Any, centre: Any) -> tuple[Tensor, None]:
    """Normalise the pad's ink as MNIST was made, or only shrink it."""
    if not 28 <= integer(size, "size") <= LARGEST_RASTER:
        raise ValueError(f"a drawing of {brief(size)} pixels a side: give 28 to {LARGEST_RASTER}")
    if not isinstance(centre, bool):
        raise ValueError(f"centre is {brief(centre)}: give true or false")
    ink = decode_pixels(pixels, height=size, width=size)[0, 0].numpy()
    normalise = centre_digit if centre else shrink_digit
    return torch.from_numpy(normalise(ink))[None, None], None


def _photo(pixels: Any, size: Any) -> tuple[Tensor, None]:
    """Shrink the square that was cut out of a photo."""
    if not 28 <= integer(size, "size") <= LARGEST_RASTER:
        raise ValueError(f"a photo of {brief(size)} pixels a side: give 28 to {LARGEST_RASTER}")
    square = to_pil(decode_pixels(pixels, height=size, width=size, channels=3))
    return torch.tensor(to_face(square))[None] / 255, None


def _ready(pixels: Any, height: Any, width: Any, channels: Any) -> tuple[Tensor, None]:
    """Decode a picture that is ready for a network."""
    for name, side in (("height", height), ("width", width)):
        if not 11 <= integer(side, name) <= LARGEST_PICTURE:
            raise ValueError(f"{name} {brief(side)}: give 11 to {LARGEST_PICTURE} pixels")
    if integer(channels, "channels") not in (1, 3):
        raise ValueError(f"channels is {brief(channels)}: give 1 (grey) or 3 (colour)")
    return decode_pixels(pixels, height=height, width=width, channels=channels), None


_LOADERS: dict[str, Callable[[], Images]] = {
    "built-in": load_examples,
    "mnist": mnist_test,
    "portraits": load_portraits,
    "faces": faces_test,
}
_Reader = Callable[..., tuple[Tensor, int | None]]
_READERS: dict[str, tuple[_Reader, tuple[str, ...]]] = {
    "example": (lambda index: _numbered(load_examples(), index), ("index",)),
    "mnist": (lambda index: _numbered(mnist_test(), index), ("index",)),
    "portrait": (lambda index: _numbered(load_portraits(), index), ("index",)),
    "face": (lambda index: _numbered(faces_test(), index), ("index",)),
    "drawing": (_drawing, ("pixels", "size", "centre")),
    "photo": (_photo, ("pixels", "size")),
    "pixels": (_ready, ("pixels", "height", "width", "channels")),
}
