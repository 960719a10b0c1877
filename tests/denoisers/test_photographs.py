"""The denoiser of photographs: any size, tiles without seams, what stays as it is."""

import numpy as np
import pytest
import skimage.data
import torch

from denoise_demo.denoisers import load_denoiser, load_photo_denoiser, photographs, sessions


def noisy_photo(height, width, sigma=25, seed=0):
    """A part of a photograph with Gaussian noise, limited to 8 bits, and the clean part."""
    clean = skimage.data.astronaut()[:height, :width]
    noise = np.random.default_rng(seed).normal(0, sigma, clean.shape)
    return np.clip(np.round(clean + noise), 0, 255).astype(np.uint8), clean


def psnr(image, clean):
    return -10 * np.log10(np.mean((image / 255.0 - clean / 255.0) ** 2))


@pytest.fixture(scope="module")
def denoiser():
    return load_photo_denoiser("cpu")


@pytest.mark.parametrize(("sigma", "gain"), [(15, 6), (25, 8), (50, 11)])
def test_noise_is_removed_at_any_level_without_being_told(denoiser, sigma, gain):
    noisy, clean = noisy_photo(192, 192, sigma)

    assert psnr(denoiser.clean(noisy), clean) > psnr(noisy, clean) + gain


def test_a_clean_photo_is_left_alone(denoiser):
    clean = skimage.data.astronaut()[:192, :192]

    assert psnr(denoiser.clean(clean), clean) > 42


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (37, 53), (16, 16)])
@pytest.mark.parametrize("channels", [1, 3])
def test_it_takes_pictures_of_any_size(denoiser, size, channels):
    noisy = torch.rand(2, channels, *size)

    denoised = load_denoiser("blind-photos", "cpu")(noisy)

    assert denoised.shape == noisy.shape
    assert 0 <= denoised.min() <= denoised.max() <= 1


def test_onnx_runtime_computes_pictures_of_any_size(denoiser, cache_folder, monkeypatch):
    noisy = torch.rand(1, 3, 37, 83)
    expected = denoiser(noisy)
    monkeypatch.setenv("DENOISE_ENGINE", "onnx")
    sessions._futures.clear()

    found = denoiser(noisy)

    assert denoiser._fastest() is not denoiser.module
    sessions._futures.clear()
    assert (found - expected).abs().max() < 1e-5


def test_tiles_have_no_seams(denoiser, monkeypatch):
    noisy, _ = noisy_photo(301, 403)
    whole = denoiser.clean(noisy).astype(int)
    monkeypatch.setattr(photographs, "TILE", 128)

    tiled = denoiser.clean(noisy).astype(int)

    assert abs(tiled - whole).max() <= 1  # half a grey level, rounded


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_opacity_and_depth_stay(denoiser, dtype):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (20, 30, 4), dtype=dtype)

    cleaned = denoiser.clean(pixels)

    assert cleaned.dtype == dtype
    assert np.array_equal(cleaned[..., 3], pixels[..., 3])
    assert not np.array_equal(cleaned[..., :3], pixels[..., :3])


def test_strength_mixes_the_picture_and_the_result(denoiser):
    noisy, _ = noisy_photo(64, 64)
    full, half = denoiser.clean(noisy).astype(int), denoiser.clean(noisy, 0.5).astype(int)

    assert np.array_equal(denoiser.clean(noisy, 0), noisy)
    assert abs(half - (full + noisy) / 2).max() <= 1


def test_progress_counts_the_tiles(denoiser, monkeypatch):
    monkeypatch.setattr(photographs, "TILE", 32)
    told = []

    denoiser.clean(np.zeros((33, 64), np.uint8), progress=lambda *done: told.append(done))

    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
