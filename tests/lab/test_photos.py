"""Photographs: a window as in the whole, any size, noise of their own, files."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from denoise_demo.corruption import NOISES
from denoise_demo.data import load_photograph
from denoise_demo.lab import Photograph, Treatment, Whole, photo_denoisers, photos, treat

PLAIN = Treatment("gaussian", 0.1, 0.0, "blind-photos", 3, already=False, strength=1.0)
ODD = (301, 403)  # rows and columns that divide nothing


@pytest.fixture(scope="module")
def photo():
    return Photograph.from_picture(load_photograph("osprey").crop((300, 100, 703, 401)))


def grey(*shape):
    return Photograph(np.full(shape, 128, np.uint8))


def levels(image):
    return (image.clamp(0, 1) * 255).round().int()


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("blur", [0.0, 1.7])
def test_a_window_has_the_noise_of_the_whole_to_the_grey_level(photo, kind, blur):
    treatment = replace(PLAIN, kind=kind, level=NOISES[kind].default, blur_sigma=blur)
    area = photo.window(131, 37)

    whole = photos.noisy_part(photo, treatment, photo.whole)
    part = photos.noisy_part(photo, treatment, area)

    rows, columns = area.within(photo.whole)
    assert torch.equal(levels(part), levels(whole[..., rows, columns]))


@pytest.mark.parametrize("denoiser", ["blind-photos", "median-3", "bilateral"])
def test_a_window_is_cleaned_as_in_the_whole_to_the_grey_level(photo, denoiser):
    treatment = replace(PLAIN, denoiser=denoiser)
    area = photo.window(131, 37)

    whole = treat(photo, treatment, photo.whole).denoised
    part = treat(photo, treatment, area).denoised

    rows, columns = area.within(photo.whole)
    assert (levels(part) - levels(whole[..., rows, columns])).abs().max() <= 1


def test_without_a_margin_a_window_differs_at_its_edges_only(photo):
    area = photo.window(128, 32)

    exact, quick = (treat(photo, PLAIN, area, margin).denoised for margin in (64, 0))

    inner = (..., slice(64, -64), slice(64, -64))
    assert (levels(exact) - levels(quick))[inner].abs().max() <= 1
    assert not torch.equal(exact, quick)


def test_tiles_make_the_whole_photo(photo, monkeypatch):
    monkeypatch.setattr(photos, "TILE", 128)
    whole = Whole(photo, PLAIN)
    assert len(whole.tiles) == 12
    with pytest.raises(ValueError, match="not clean yet"):
        whole.encoded("png")

    for index in reversed(range(12)):
        whole.clean(index)

    saved = np.asarray(Image.open(io.BytesIO(whole.encoded("png"))))
    expected = levels(treat(photo, PLAIN, photo.whole).denoised)[0].permute(1, 2, 0).numpy()
    assert abs(saved.astype(int) - expected).max() <= 1
    with pytest.raises(ValueError, match="tile 12 is not one of 12"):
        whole.clean(12)


@pytest.mark.parametrize("shape", [(1, 1, 3), (17, 400, 1), (300, 1, 3), (9, 12, 3)])
@pytest.mark.parametrize("denoiser", ["blind-photos", "wavelet", "non-local-means"])
def test_every_size_works(shape, denoiser):
    photo = grey(*shape)
    area = photo.window(0, 0)

    part = treat(photo, replace(PLAIN, denoiser=denoiser), area)

    height, width = min(shape[0], 256), min(shape[1], 256)
    assert part.denoised.shape == part.noisy.shape == (1, shape[2], height, width)
    assert set(part.scores()["noisy"]) >= {"psnr", "mae"}
    assert ("ssim" in part.scores()["noisy"]) == (min(height, width) >= 11)


@pytest.mark.parametrize("denoiser", photo_denoisers())
def test_every_denoiser_treats_a_photo_in_colour(photo, denoiser):
    part = treat(photo, replace(PLAIN, denoiser=denoiser), photo.window(0, 0), 0)

    scores = part.scores()
    assert scores["denoised"]["psnr"] > scores["noisy"]["psnr"]


def test_a_window_outside_is_an_error(photo):
    for corner in ((-1, 0), (148, 0), (0, 46)):
        with pytest.raises(
            ValueError, match="outside the photo of 403 x 301 pixels: give 0 to 147"
        ):
            photo.window(*corner)


def test_nothing_is_added_to_a_noisy_photo(photo):
    noisy = levels(photos.noisy_part(photo, replace(PLAIN, level=0.08), photo.whole))
    own = Photograph(noisy[0].permute(1, 2, 0).byte().numpy())
    treatment = replace(PLAIN, already=True)

    part = treat(own, treatment, own.window(10, 20))

    assert torch.equal(part.noisy, part.clean)
    assert abs(own.sigma - 0.08) < 0.008
    assert abs(part.removed - 0.08) < 0.012


def test_strength_mixes_the_noisy_picture_and_the_result(photo):
    area = photo.window(0, 0)
    none, half, full = (
        treat(photo, replace(PLAIN, strength=share), area).denoised for share in (0.0, 0.5, 1.0)
    )
    noisy = photos.noisy_part(photo, PLAIN, area).clamp(0, 1)

    assert torch.allclose(none, noisy)
    assert (half - (noisy + full) / 2).abs().median() < 1e-6


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"strength": 1.5}, "strength"),
        ({"denoiser": "blind-faces"}, "unknown denoiser of photos"),
        ({"level": 7.0}, "outside the range"),
        ({"kind": "fog"}, "unknown noise"),
    ],
)
def test_a_wrong_treatment_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(PLAIN, **change)


def test_opacity_profile_and_orientation_stay():
    picture = Image.new("RGBA", (40, 30), (200, 90, 40, 255))
    picture.putpixel((3, 4), (0, 0, 0, 7))
    picture.info["icc_profile"] = b"profile of colours"
    whole = Whole(Photograph.from_picture(picture), replace(PLAIN, already=True))
    whole.clean(0)

    saved = Image.open(io.BytesIO(whole.encoded("png")))
    flat = Image.open(io.BytesIO(whole.encoded("jpg")))

    assert saved.mode == "RGBA"
    assert saved.getpixel((3, 4))[3] == 7
    assert saved.info["icc_profile"] == flat.info["icc_profile"] == b"profile of colours"
    assert (flat.format, flat.size) == ("JPEG", (40, 30))


def test_a_photo_says_what_the_page_does_not_show():
    deep = Image.fromarray(np.full((20, 30), 40_000, np.uint16))
    animated = Image.new("L", (5, 5))
    animated.info["frames"] = 3

    assert "16 bits" in Photograph.from_picture(deep).notes
    assert Photograph.from_picture(deep).pixels[0, 0, 0] == round(40_000 / 257)
    assert "first frame" in Photograph.from_picture(animated).notes
