"""The domains: kinds of pictures that networks are trained on, and their data."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from denoise_demo.common import lookup
from denoise_demo.data.examples import load_examples
from denoise_demo.data.faces import load_faces
from denoise_demo.data.images import Images
from denoise_demo.data.mnist import load_mnist
from denoise_demo.data.portraits import load_portraits
from denoise_demo.networks import DIGIT, FACE, Shape


@dataclass(frozen=True)
class Domain:
    """A kind of picture.

    `load` takes a split, "train" or "test", and `data_dir` and `download` as `load_mnist` does;
    `examples` returns the pictures that ship with the app.
    """

    label: str
    noun: str
    shape: Shape
    load: Callable[..., Images]
    examples: Callable[[], Images]


def get_domain(name: object) -> Domain:
    """Return a domain by name; ValueError lists the known ones."""
    return lookup(DOMAINS, name, "domain")


def domain_of(picture: Tensor) -> str:
    """Return the domain of pictures (N, C, H, W) by their shape; ValueError if there is none."""
    for name, domain in DOMAINS.items():
        if picture.shape[1:] == domain.shape:
            return name
    raise ValueError(
        f"no network takes pictures of {tuple(picture.shape[1:])}: give another picture"
    )


DOMAINS: dict[str, Domain] = {
    "digits": Domain("Digits", "digit", DIGIT, load_mnist, load_examples),
    "faces": Domain("Faces", "face", FACE, load_faces, load_portraits),
}
