"""S4's benchmark with its mistakes: each is reproduced, and no other."""

from functools import cache

import numpy as np
import pytest
import torch
from skimage.color import rgb2hsv

from denoise_demo.benchmark import article
from denoise_demo.benchmark.article import AUTOENCODER, BASELINES, GAN, NOTEBOOK, PLACES
from denoise_demo.data.faces import has_faces, load_faces
from denoise_demo.denoisers.filters import FILTERS

TRAINED_ON, TESTED_ON = 0.2, 0.3  # the brightness of the faces; too dark to become white


@cache
def bars() -> dict[tuple[str, str], float]:
    """Measure six dim training faces and four test faces, with a GAN that changes nothing."""
    faces = torch.cat(
        [torch.full((6, 3, 28, 28), TRAINED_ON), torch.full((4, 3, 28, 28), TESTED_ON)]
    )
    rows = article.as_computed(faces, 6, load=lambda recipe_id: lambda noisy: noisy)
    return {(row.point, row.denoiser): row.mae for row in rows}


def test_every_noise_has_every_bar() -> None:
    assert bars().keys() == {(p, m) for p in PLACES for m in (*BASELINES, AUTOENCODER, GAN)}


@pytest.mark.parametrize("point", PLACES)
def test_a_black_picture_is_compared_with_a_face_of_the_training_split(point: str) -> None:
    assert bars()[point, "mean-3"] == pytest.approx(TRAINED_ON)


@pytest.mark.parametrize("point", PLACES)
def test_the_autoencoder_shows_the_last_filter_for_the_last_noise(point: str) -> None:
    assert bars()[point, AUTOENCODER] == bars()["s4-speckle", "majority-3"]


@pytest.mark.parametrize("point", PLACES)
def test_changing_nothing_is_perfect_for_the_gan(point: str) -> None:
    assert bars()[point, GAN] == 0


def test_each_noise_has_its_own_gan() -> None:
    loaded: list[str] = []

    def load(recipe_id: str) -> article.Network:
        loaded.append(recipe_id)
        return lambda noisy: noisy

    article.as_computed(torch.rand(4, 3, 12, 12), 2, load)

    assert loaded == [f"pix2pix-{corruption.kind}" for corruption in PLACES.values()]


@pytest.mark.parametrize(("value", "left"), [(0, 0), (0.5, 0), (254 / 255, 0), (1, 1)])
def test_only_full_white_survives_the_whole_number_division(value: float, left: float) -> None:
    assert article.blackened(torch.tensor([value])).tolist() == [left]


@pytest.mark.parametrize("name", BASELINES)
def test_a_filter_of_the_value_keeps_hue_and_saturation(
    name: str, generator: torch.Generator
) -> None:
    images = 0.2 + 0.8 * torch.rand(2, 3, 12, 12, generator=generator)

    filtered = article.filter_value(images, name)

    before, after = (rgb2hsv(x.double().numpy(), channel_axis=1) for x in (images, filtered))
    value = FILTERS[name](images.amax(1, keepdim=True), 0.0)[:, 0].numpy()
    lit = np.broadcast_to(value[:, None] > 0, (2, 2, 12, 12))  # the majority may vote for black
    assert np.allclose(before[:, :2][lit], after[:, :2][lit], atol=1e-5)
    assert np.allclose(after[:, 2], value, atol=1e-6)


def test_a_black_pixel_becomes_the_grey_of_its_neighbours() -> None:
    images = torch.ones(1, 3, 5, 5)
    images[..., 2, 2] = 0

    assert article.filter_value(images, "median-3")[0, :, 2, 2].tolist() == [1, 1, 1]


def test_salt_and_pepper_spares_last_row_last_column_and_blue(generator: torch.Generator) -> None:
    clean = torch.full((200, 3, 28, 28), 0.5)

    hit = article.corrupt(clean, PLACES["s4-salt-pepper-notebook"], generator) != clean

    assert not any(part.any() for part in (hit[:, 2], hit[..., -1, :], hit[..., -1]))
    assert float(hit.float().mean()) == pytest.approx(0.03, rel=0.05)


def test_published_errors_are_divided_by_three_channels() -> None:
    rows = {(row.point, row.denoiser): row.mae for row in article.published()}

    assert rows["s4-gaussian-notebook", GAN] == pytest.approx(0.0759)
    assert ("s4-poisson", GAN) not in rows
    assert {point for point, _ in rows} == set(NOTEBOOK)
    assert len(rows) == 4 * 5 - 1


@pytest.mark.data
def test_real_faces_give_the_published_bars() -> None:
    if not has_faces():
        pytest.skip("needs faces in DENOISE_DATA_DIR")
    train, test = (load_faces(split)[:400].clean() for split in ("train", "test"))

    rows = article.as_computed(torch.cat([train, test]), 400, lambda recipe_id: lambda x: x)

    errors = {(row.point, row.denoiser): row.mae for row in rows}
    for row in article.published():
        if row.denoiser != GAN:
            assert errors[row.point, row.denoiser] == pytest.approx(row.mae, rel=0.1)
