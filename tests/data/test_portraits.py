"""The portraits that ship with the app, and face detection."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image

from denoise_demo.data import portraits
from denoise_demo.data.pixels import to_face
from denoise_demo.data.portraits import NAMES, face_box, find_face, load_portraits

ROOT = Path(portraits.__file__).parents[2]
FACE = (225, 121)  # the middle of the astronaut's face in scikit-image's picture, x and y


@pytest.fixture(scope="module")
def astronaut() -> Image.Image:
    """A picture of 512 x 512 with a face left of the middle, near the top."""
    return Image.fromarray(skimage.data.astronaut())


def noise(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def assert_square_inside(box: portraits.Box, image: Image.Image) -> None:
    left, top, right, bottom = box
    assert right - left == bottom - top > 0
    assert 0 <= left < right <= image.width
    assert 0 <= top < bottom <= image.height


# The portraits


def test_there_are_two_named_portraits_in_colour() -> None:
    loaded = load_portraits()

    assert loaded.pixels.shape == (2, 3, 28, 28)
    assert loaded.pixels.dtype == torch.uint8
    assert loaded.labels.tolist() == [-1, -1]
    assert len(NAMES) == 2
    first, second = loaded.clean()
    assert (first - second).abs().mean() > 0.1
    assert (first[0] - first[2]).abs().mean() > 0.02
    assert load_portraits() is loaded


def test_the_first_portrait_is_the_astronauts_face(astronaut: Image.Image) -> None:
    x, y = FACE
    by_hand = to_face(astronaut.crop((x - 53, y - 53, x + 53, y + 53)))

    difference = load_portraits().pixels[0].numpy().astype(int) - by_hand

    assert np.abs(difference).mean() < 12


@pytest.mark.slow
def test_portraits_need_no_network_plotting_library_or_home(tmp_path: Path) -> None:
    script = """
import socket, sys
def refuse(*arguments): raise SystemExit("reached for the network")
socket.socket.connect = refuse
from denoise_demo.data.portraits import load_portraits
print(len(load_portraits()), *sorted({name.partition(".")[0] for name in sys.modules}))
"""
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}

    shown = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert shown[0] == "2"
    assert not {"matplotlib", "gradio"} & set(shown)
    assert not [path for path in home.rglob("*") if path.is_file()]


# Face detection


def test_the_astronauts_face_is_found(astronaut: Image.Image) -> None:
    box = face_box(astronaut)

    assert_square_inside(box, astronaut)
    left, top, right, bottom = box
    assert abs((left + right) / 2 - FACE[0]) < 8
    assert abs((top + bottom) / 2 - FACE[1]) < 8
    assert 90 <= right - left <= 125


@pytest.mark.parametrize(("dx", "dy"), [(60, 0), (0, 40), (150, 100)])
def test_a_shifted_face_is_found_where_it_is(dx: int, dy: int, astronaut: Image.Image) -> None:
    canvas = Image.new("RGB", (700, 640), (90, 90, 90))
    canvas.paste(astronaut, (dx, dy))

    left, top, right, bottom = face_box(canvas)

    assert abs((left + right) / 2 - FACE[0] - dx) < 12
    assert abs((top + bottom) / 2 - FACE[1] - dy) < 12


def test_the_larger_of_two_faces_is_taken(astronaut: Image.Image) -> None:
    canvas = Image.new("RGB", (900, 600), (90, 90, 90))
    canvas.paste(astronaut.resize((320, 320)), (0, 0))
    canvas.paste(astronaut, (360, 40))

    left, _, right, _ = face_box(canvas)

    assert abs((left + right) / 2 - FACE[0] - 360) < 16


def test_a_face_that_fills_the_picture_is_taken_whole(astronaut: Image.Image) -> None:
    close = astronaut.crop((165, 55, 285, 175)).resize((240, 240))

    box = face_box(close)

    assert_square_inside(box, close)
    assert box[2] - box[0] > 150


def test_a_small_face_is_cropped_to_at_least_the_networks_size(astronaut: Image.Image) -> None:
    left, _, right, _ = face_box(astronaut.resize((140, 140)))

    assert right - left >= 28


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_a_face_is_found_in_every_kind_of_picture(mode: str, astronaut: Image.Image) -> None:
    left, top, right, bottom = face_box(astronaut.convert(mode))

    assert abs((left + right) / 2 - FACE[0]) < 16
    assert abs((top + bottom) / 2 - FACE[1]) < 16


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((300, 300), (0, 0, 300, 300)),
        ((400, 300), (50, 0, 350, 300)),
        ((300, 420), (0, 60, 300, 360)),
        ((24, 24), (0, 0, 24, 24)),
        ((25, 60), (0, 18, 25, 43)),
        ((60, 10), (25, 0, 35, 10)),
        ((1, 1), (0, 0, 1, 1)),
    ],
)
def test_without_a_face_the_middle_is_taken(size: tuple[int, int], expected: portraits.Box) -> None:
    image = noise(*size)

    assert find_face(image) is None
    assert face_box(image) == expected


@pytest.mark.parametrize("size", [(101, 64), (64, 101), (333, 200), (57, 58), (3, 2), (2, 3)])
def test_the_box_is_a_square_inside_the_picture(size: tuple[int, int]) -> None:
    image = noise(*size)

    assert_square_inside(face_box(image), image)


@pytest.mark.parametrize(("dx", "dy"), [(-160, 0), (0, -50), (210, 0), (-155, -48)])
def test_a_face_at_the_border_keeps_the_box_inside(
    dx: int, dy: int, astronaut: Image.Image
) -> None:
    canvas = Image.new("RGB", (501, 333), (90, 90, 90))
    canvas.paste(astronaut, (dx, dy))

    assert_square_inside(face_box(canvas), canvas)
