"""Sources of clean pictures: numbered collections, the drawing pad, a photo, ready pixels."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from denoise_demo.common import brief, integer, lookup, parse
from denoise_demo.data import (
    Domain,
    Images,
    centre_digit,
    decode_pixels,
    encode_pixels,
    faces_test,
    get_domain,
    has_faces,
    has_mnist,
    load_examples,
    load_portraits,
    mnist_test,
    shrink_digit,
    to_digit,
    to_face,
    to_pil,
)

LONGEST_PICTURE = 20_000  # characters; a digit takes about 1,100, the largest in colour 16,500
LABORATORY = "laboratory"  # the source of figures that is the picture on the stage
ALIASES = {"built-in": "example", "portraits": "portrait", "faces": "face"}  # in older links

Raster = Annotated[int, Field(ge=28, le=560)]  # pixels a side of a drawing or a photo
Side = Annotated[int, Field(ge=11, le=64)]  # pixels a side of a picture ready for a network
Labelled = tuple[Tensor, int | None]


@dataclass(frozen=True)
class Collection:
    """Pictures of one domain, chosen by number.

    `noun` names one of them; `load` returns all, cached; `available` says whether they can be
    loaded; `missing` is a sentence on how to get them. The first built-in collection of a domain
    replaces collections that are missing.
    """

    label: str
    domain: str
    noun: str
    load: Callable[[], Images]
    available: Callable[[], bool] = lambda: True
    missing: str = ""
    built_in: bool = False


class Source(BaseModel, ABC):
    """A picture described by a request; each kind adds the fields that it needs."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    kind: str

    @abstractmethod
    def read(self) -> Labelled:
        """Return the picture, (1, C, H, W) in [0, 1], and its label if known."""


class Numbered(Source):
    """One picture of a collection; `kind` is its key."""

    index: int

    def read(self) -> Labelled:
        """Return the picture; ValueError for an index out of range."""
        images = COLLECTIONS[self.kind].load()
        if not 0 <= self.index < len(images):
            raise ValueError(
                f"index {brief(self.index)} is outside the {images.source}: "
                f"choose 0 to {len(images) - 1}"
            )
        return images.clean(slice(self.index, self.index + 1)), images.label(self.index)


class Drawing(Source):
    """Ink of the drawing pad, base64 text of one byte per pixel; centred like MNIST if asked."""

    pixels: str
    size: Raster
    centre: bool

    def read(self) -> Labelled:
        """Return the digit; ValueError for a blank pad."""
        ink = decode_pixels(self.pixels, height=self.size, width=self.size)[0, 0].numpy()
        normalise = centre_digit if self.centre else shrink_digit
        return torch.from_numpy(normalise(ink))[None, None], None


class Photo(Source):
    """A square cut out of a photo, base64 text of three bytes per pixel."""

    pixels: str
    size: Raster

    def read(self) -> Labelled:
        """Return the square shrunk to a face's size."""
        square = decode_pixels(self.pixels, height=self.size, width=self.size, channels=3)
        return torch.tensor(to_face(to_pil(square)))[None] / 255, None


class Paper(Source):
    """A square cut out of a photo of a written page, in the same form; options as of `to_digit`."""

    pixels: str
    size: Raster
    invert: bool | None
    centre: bool

    def read(self) -> Labelled:
        """Return the digit with most ink in it; ValueError if there is none."""
        square = decode_pixels(self.pixels, height=self.size, width=self.size, channels=3)
        return to_digit(to_pil(square), invert=self.invert, centre=self.centre), None


class Pixels(Source):
    """A picture ready for a network: base64 text of bytes, row by row; grey or in colour."""

    pixels: str
    height: Side
    width: Side
    channels: int

    def read(self) -> Labelled:
        """Return the picture; ValueError unless it has 1 or 3 channels."""
        if self.channels not in (1, 3):
            raise ValueError(f"channels is {brief(self.channels)}: give 1 (grey) or 3 (colour)")
        size = {"height": self.height, "width": self.width, "channels": self.channels}
        return decode_pixels(self.pixels, **size), None


def clean_picture(source: object) -> Labelled:
    """Return the picture that a request describes, (1, C, H, W) in [0, 1], and any known label.

    Args:
        source: an object with `kind`, a key of COLLECTIONS or "drawing", "paper", "photo" or
            "pixels", and the fields of its model.

    Raises:
        ValueError: for a malformed source, a blank drawing, or a missing data set.
    """
    if not isinstance(source, Mapping):
        raise ValueError(f"the source is {brief(source)}: give an object with its kind")
    models: dict[str, type[Source]] = dict.fromkeys(COLLECTIONS, Numbered)
    models |= {"drawing": Drawing, "paper": Paper, "photo": Photo, "pixels": Pixels}
    model = lookup(models, source.get("kind"), "source")
    return parse(model, source, f"the source {source['kind']}").read()


def pixels_source(picture: Tensor) -> dict[str, str | int]:
    """Describe a picture (1, C, H, W) as a "pixels" source."""
    _, channels, height, width = picture.shape
    size = {"height": height, "width": width, "channels": channels}
    return {"kind": "pixels", "pixels": encode_pixels(picture[0]), **size}


def collections_of(domain: str) -> dict[str, Collection]:
    """Return a domain's collections; the first is built in."""
    found = {key: entry for key, entry in COLLECTIONS.items() if entry.domain == domain}
    return dict(sorted(found.items(), key=lambda pair: not pair[1].built_in))


def figure_sources(domain: str) -> dict[str, str]:
    """Return the labels of a domain's sources for figures: collections and the stage."""
    labels = {key: entry.label for key, entry in collections_of(domain).items()}
    return labels | {LABORATORY: "The picture in the laboratory"}


def figure_source(domain: str, source: object) -> str:
    """Return a figure source's key from its key or older name; ValueError for others."""
    known = figure_sources(domain)
    if isinstance(source, str) and ALIASES.get(source) in known:
        return ALIASES[source]
    lookup(known, source, f"source of {domain}")
    return str(source)


def count_pictures(domain: str, source: str) -> int:
    """Return the number of pictures in a figure's source; 1 for the laboratory's picture."""
    key = figure_source(domain, source)
    return 1 if key == LABORATORY else len(COLLECTIONS[key].load())


def choose_pictures(
    domain: str, source: str, first: int, count: int, picture: str = ""
) -> tuple[Tensor, list[int | None], str]:
    """Return pictures (count, C, 28, 28), their labels, and their source in words.

    Built-in pictures follow the laboratory's where a figure shows several; collections wrap
    around at the end.
    """
    kind, key = get_domain(domain), figure_source(domain, source)
    if not count:
        return torch.empty(0, *kind.shape), [], "none"
    if key == LABORATORY:
        own = laboratory_picture(picture, kind)
        if count == 1:
            return own, [None], "the laboratory's picture"
        built_in = next(iter(collections_of(domain)))
        clean, labels, _ = choose_pictures(domain, built_in, 0, count - 1)
        words = f"the laboratory's picture, then built-in {domain}"
        return torch.cat([own, clean]), [None, *labels], words
    images = COLLECTIONS[key].load()
    if not 0 <= integer(first, f"first {kind.noun}") < len(images):
        raise ValueError(
            f"first {kind.noun} {brief(first)} is outside the {images.source}: "
            f"choose 0 to {len(images) - 1}"
        )
    rows = (first + torch.arange(count)) % len(images)
    words = f"{images.source}, number {first}" + (" and following" if count > 1 else "")
    return images.clean(rows), [images.label(row) for row in rows.tolist()], words


def laboratory_picture(text: str, domain: Domain) -> Tensor:
    """Read the laboratory's picture (1, C, 28, 28) from JSON of a "pixels" source.

    Raises:
        ValueError: when it is empty, malformed or not of this domain's shape.
    """
    remedy = f"show a {domain.noun} there, or take the {domain.noun}s from another source"
    if not text:
        raise ValueError(f"nothing is on the laboratory's stage yet: {remedy}")
    try:
        if not isinstance(text, str) or len(text) > LONGEST_PICTURE:
            raise ValueError("not a text, or too long")
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


COLLECTIONS: dict[str, Collection] = {
    "example": Collection(
        "Built-in digits", "digits", "built-in digit", load_examples, built_in=True
    ),
    "mnist": Collection(
        "MNIST test set",
        "digits",
        "MNIST test digit",
        mnist_test,
        available=lambda: has_mnist("test"),
        missing="The MNIST test set is offered once its files are on this computer.",
    ),
    "portrait": Collection(
        "Built-in portraits", "faces", "portrait", load_portraits, built_in=True
    ),
    "face": Collection(
        "Face test split",
        "faces",
        "test face",
        faces_test,
        available=has_faces,
        missing="A test split is offered once DENOISE_DATA_DIR names a folder or zip of faces.",
    ),
}
