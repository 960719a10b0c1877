"""The portraits that ship with the app, and face detection."""

from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from denoise_demo.common import Lazy, once
from denoise_demo.data.images import Images
from denoise_demo.data.pixels import to_face
from denoise_demo.data.uploads import read_image

if TYPE_CHECKING:
    from skimage.feature import Cascade

NAMES = ("Eileen Collins, astronaut (NASA)", "Grace Hopper, computer scientist (US Navy)")
# The crop's size and its shift down, in widths of the detected face. They put eyes and mouth where
# the training faces have them; networks do worse otherwise.
CROP_SIZE, CROP_SHIFT = 1.1, 0.08
LEAST = 28  # pixels; enlarging would only blur
HOPPER = "matplotlib/mpl-data/sample_data/grace_hopper.jpg"
SMALLEST = 0.15  # of the picture's shorter side; smaller detections are seldom faces

Box = tuple[int, int, int, int]
feature, samples = Lazy("skimage.feature"), Lazy("skimage.data")


@once
def cropped_portraits() -> tuple[Image.Image, ...]:
    """Return the faces that scikit-image and matplotlib ship, both in the public domain."""
    hopper = distribution("matplotlib").locate_file(HOPPER)
    pictures = (Image.fromarray(samples.astronaut()), read_image(Path(str(hopper))))
    return tuple(picture.crop(face_box(picture)) for picture in pictures)


@once
def load_portraits() -> Images:
    """Return the portraits as a data set."""
    pixels = np.stack([to_face(picture) for picture in cropped_portraits()])
    return Images(torch.from_numpy(pixels), torch.full((len(pixels),), -1), "portraits")


def face_box(image: Image.Image) -> Box:
    """Return a square (left, top, right, bottom) around the largest face, or the middle one."""
    return find_face(image) or middle_box(image)


def find_face(image: Image.Image) -> Box | None:
    """Return a square around the largest face, if one is found.

    Reference: Ahonen et al. 2006, doi:10.1109/TPAMI.2006.244, for the local binary patterns.
    """
    shorter = min(image.size)
    least = max(24, round(SMALLEST * shorter))
    if least >= shorter:
        return None
    found = _cascade().detect_multi_scale(
        np.asarray(image.convert("RGB")), 1.2, 1, (least, least), (shorter, shorter)
    )
    if not found:
        return None
    face = max(found, key=lambda box: box["width"])
    x = face["c"] + face["width"] / 2
    y = face["r"] + face["height"] / 2 + CROP_SHIFT * face["height"]
    return _square(image, x, y, min(max(CROP_SIZE * face["width"], LEAST), shorter))


def middle_box(image: Image.Image) -> Box:
    """Return the largest square in the middle."""
    return _square(image, image.width / 2, image.height / 2, min(image.size))


def _square(image: Image.Image, x: float, y: float, side: float) -> Box:
    """Return the square around a point, moved inside the picture."""
    left = round(min(max(x - side / 2, 0), image.width - side))
    top = round(min(max(y - side / 2, 0), image.height - side))
    return left, top, left + int(side), top + int(side)


@once
def _cascade() -> "Cascade":
    return feature.Cascade(samples.lbp_frontal_face_cascade_filename())
