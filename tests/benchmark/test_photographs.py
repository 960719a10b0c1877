"""The benchmark of photographs, on a few small pictures."""

import numpy as np
import pytest
import torch
from PIL import Image

from denoise_demo.benchmark import photo_tables, photographs, report, results
from denoise_demo.benchmark.rows import NOTHING
from denoise_demo.denoisers import FILTERS, PHOTOS


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A data folder with three small pictures for each set, and few denoisers and noises."""
    for name in photographs.SETS:
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for index in range(3):
            pixels = np.random.default_rng(index).integers(0, 255, (24, 20 + index, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{index}.png")
    monkeypatch.setattr(photographs, "SETS", dict.fromkeys(photographs.SETS, 3))
    monkeypatch.setattr(photographs, "CROPS", 2)
    monkeypatch.setattr(photographs, "SIDE", 16)
    monkeypatch.setattr(photographs, "LEVELS", {"poisson": (64.0, 4.0)})
    chosen = {NOTHING: lambda noisy, sigma=None: noisy, "wiener": FILTERS["wiener"]}
    monkeypatch.setattr(photographs, "contenders", lambda: chosen)
    file = tmp_path / "results-photos.json"
    for module in (photographs, report, results):
        monkeypatch.setattr(module, "PHOTO_RESULTS", file)
    monkeypatch.setattr(report, "write_page", lambda found: None)
    return file


def run(small, *words):
    return photographs.main(["--data-dir", str(small.parent), *words])


def test_every_denoiser_is_measured_at_every_point_and_level(small):
    assert run(small) == 0

    found = results.load_results(small)
    assert not found.left_out
    assert {(r.domain, r.denoiser, r.point) for r in found.rows} == {
        (domain, name, point)
        for domain in ("cbsd68", "kodak24")
        for name in (NOTHING, "wiener")
        for point in ("clean", "gaussian-15", "gaussian-25", "gaussian-50")
    }
    assert {(r.denoiser, r.level, r.n) for r in found.sweep} == {
        (name, level, 2) for name in (NOTHING, "wiener") for level in (64.0, 4.0)
    }
    noisy = found.at_points("cbsd68")[NOTHING, "gaussian-25"].score("psnr").mean
    assert 20.17 < noisy < 21.5  # it is limited to [0, 1] before it is measured


def test_a_stopped_run_goes_on_where_it_was(small, monkeypatch, capsys):
    asked = []
    measure = photographs.scored

    def stop(pictures, corruption, denoisers):
        asked.append(corruption)
        if len(asked) == 6:
            raise KeyboardInterrupt
        return measure(pictures, corruption, denoisers)

    monkeypatch.setattr(photographs, "scored", stop)
    assert run(small) == 130
    assert "--resume" in capsys.readouterr().err

    assert run(small, "--resume") == 0
    assert len(asked) == 6 + 5  # the rest of ten points
    assert len(results.load_results(small).rows) == 16


def test_missing_pictures_are_one_line(tmp_path, capsys):
    assert photographs.main(["--data-dir", str(tmp_path)]) == 1
    assert "0 pictures instead of 68" in capsys.readouterr().err


def test_the_tables_show_measured_and_published_numbers(small):
    run(small)

    text = "\n".join(photo_tables.sections(results.load_results(small)))

    (line,) = [row for row in text.splitlines() if row.startswith("| CBM3D")]
    assert "33.52 | 30.71 | 27.38" in line
    assert text.count("| `wiener` |") == 3
    assert "peak 64 | peak 4" in text


def test_the_shipped_results_are_up_to_date_and_the_network_is_best_in_gaussian_noise():
    found = results.load_results(results.PHOTO_RESULTS)

    assert not found.left_out
    for name in ("cbsd68", "kodak24"):
        rows = found.at_points(name)
        for point in photo_tables.POINTS:
            values = {n: r.score("psnr").mean for (n, p), r in rows.items() if p == point}
            assert max(values, key=values.get) == PHOTOS
        assert rows[PHOTOS, "clean"].score("psnr").mean > 45


def test_crops_are_spread_over_the_pictures_and_lie_in_their_middles(monkeypatch):
    pictures = [torch.full((1, 3, 200, 300), float(index)) for index in range(68)]

    found = photographs.crops(pictures)

    assert [float(crop.mean()) for crop in found] == [0, 6, 13, 20, 27, 34, 40, 47, 54, 61]
    assert {crop.shape for crop in found} == {(1, 3, 192, 192)}
