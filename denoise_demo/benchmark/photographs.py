"""Quality on photographs: `python -m denoise_demo.benchmark.photographs --data-dir DATA`.

Measures the network for photographs and every filter on two test sets that nothing was trained or
chosen on, and under every kind of noise on ten fixed crops. Writes
weights/results-photos.json and docs/results.md. --resume continues a stopped run. --bm3d measures
CBM3D, too, on the crops with Gaussian noise, if its package, which is free for non-commercial use
only, is installed.
"""

import argparse
import hashlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from denoise_demo.benchmark import report
from denoise_demo.benchmark.evaluation import (
    NOISE_SEED,
    RESAMPLES,
    Scene,
    Summary,
    score,
    summarise,
)
from denoise_demo.benchmark.results import (
    PHOTO_RESULTS,
    load_results,
    save_results,
    sweep_corruption,
    weights_hash,
)
from denoise_demo.benchmark.rows import NOTHING, PointRow, Results, SweepRow
from denoise_demo.common import WriteError, plain_console
from denoise_demo.corruption import Corruption, Mixture, points
from denoise_demo.data import SUFFIXES, DataError, data_place
from denoise_demo.denoisers import FILTERS, PHOTOS, Denoiser, load_photo_denoiser

SETS = {"cbsd68": 68, "kodak24": 24}  # and their numbers of pictures
CROPPED, CROPS, SIDE = "cbsd68-crops", 10, 192  # the middle of every seventh picture of CBSD68
LEVELS: dict[str, tuple[float, float, float]] = {
    "gaussian": (15 / 255, 25 / 255, 50 / 255),
    "uniform": (0.1, 0.3, 0.6),
    "one-sided-uniform": (0.1, 0.3, 0.6),
    "poisson": (64.0, 16.0, 4.0),
    "salt-pepper": (0.02, 0.1, 0.3),
    "speckle": (0.1, 0.4, 0.8),
}
KEPT = ("psnr", "ssim", "mae")
BM3D = "bm3d"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write the results and their page; return the exit code."""
    plain_console()
    options = _parser().parse_args(arguments)
    try:
        done = _measure(options)
        save_results(done, PHOTO_RESULTS)
        report.write_page(load_results())
        _partial().unlink(missing_ok=True)
    except KeyboardInterrupt:
        print("\nbenchmark: stopped; continue with --resume", file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:
        then = "; continue with --resume" if isinstance(error, WriteError) else ""
        print(f"benchmark: {error}{then}", file=sys.stderr)
        return 1
    print(f"wrote {len(done.rows)} rows of points and {len(done.sweep)} rows of sweeps")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m denoise_demo.benchmark.photographs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data-dir", metavar="FOLDER", help="holds photos/cbsd68/ and photos/kodak24/")
    add("--bm3d", action="store_true", help="measure CBM3D on some crops; needs its package")
    add("--resume", action="store_true", help="continue a stopped run")
    return parser


def _measure(options: argparse.Namespace) -> Results:
    """Measure whatever is not measured yet, and save it after each point."""
    sets = {name: load_set(name, options.data_dir) for name in SETS}
    denoisers = contenders()
    extra = {BM3D: _bm3d()} if options.bm3d else {}
    photo_points = points("photos")
    done = Results(
        noise_seed=NOISE_SEED,
        resamples=RESAMPLES,
        weights={PHOTOS: weights_hash(PHOTOS)},
        points=photo_points,
        sweeps={kind: sweep_corruption(kind) for kind in LEVELS},
        data={name: [_hash(pictures)] for name, pictures in sets.items()},
    )
    if options.resume and _partial().exists():
        found = load_results(_partial())
        done.rows, done.sweep = found.rows, found.sweep
    todo = [(name, point, 0.0) for name in SETS for point in photo_points]
    todo += [(CROPPED, kind, level) for kind, levels in LEVELS.items() for level in levels]
    measured = {(row.domain, row.point, 0.0) for row in done.rows}
    measured |= {(row.domain, row.kind, row.level) for row in done.sweep}
    for where in tqdm(todo, unit=" points", disable=None):
        if where in measured:
            continue
        name, what, level = where
        if name == CROPPED:
            pictures = crops(sets["cbsd68"])
            several = denoisers | (extra if what == "gaussian" else {})
            for key, summary in scored(pictures, sweep_corruption(what, level), several):
                facts = {"domain": name, "denoiser": key, "kind": what, "level": level}
                row = facts | {"n": len(pictures)} | summary
                done.sweep.append(SweepRow.model_validate(row))
        else:
            for key, summary in scored(sets[name], photo_points[what], denoisers):
                facts = {"domain": name, "denoiser": key, "point": what}
                row = facts | {"n": len(sets[name])} | summary
                done.rows.append(PointRow.model_validate(row))
        save_results(done, _partial())
    return done


def load_set(name: str, data_dir: str | None) -> list[Tensor]:
    """Return the test pictures of a set, (1, 3, H, W) in [0, 1] each.

    Raises:
        DataError: when the set is not there, or not complete.
    """
    place = data_place(data_dir)
    folder = place / "photos" / name if place else Path("photos", name)
    paths = sorted(p for p in folder.glob("*") if p.suffix.lower() in SUFFIXES)
    if len(paths) != SETS[name]:
        raise DataError(
            f"{folder} holds {len(paths)} pictures instead of {SETS[name]}: name the folder that "
            f"contains photos/{name}/ with --data-dir"
        )
    pixels = [np.array(Image.open(path).convert("RGB")) for path in paths]
    return [torch.from_numpy(each).permute(2, 0, 1)[None] / 255 for each in pixels]


def crops(pictures: Sequence[Tensor]) -> list[Tensor]:
    """Return the middles of ten pictures, spread over all."""
    chosen = [pictures[index * len(pictures) // CROPS] for index in range(CROPS)]
    corners = [((p.shape[2] - SIDE) // 2, (p.shape[3] - SIDE) // 2) for p in chosen]
    pairs = zip(chosen, corners, strict=True)
    return [p[..., top : top + SIDE, left : left + SIDE] for p, (top, left) in pairs]


def contenders() -> dict[str, Denoiser]:
    """Return what is measured by name: nothing, the network and the filters."""
    return {NOTHING: lambda noisy, sigma=None: noisy, PHOTOS: load_photo_denoiser(), **FILTERS}


def scored(
    pictures: Sequence[Tensor],
    corruption: Corruption | Mixture,
    denoisers: Mapping[str, Denoiser],
) -> Iterator[tuple[str, Summary]]:
    """Yield the summary of every denoiser's scores over pictures of different sizes."""
    scenes = []
    for index, clean in enumerate(pictures):  # a picture has the same noise for all
        generator = torch.Generator().manual_seed(NOISE_SEED + index)
        noisy, sigma = corruption.measured(clean, generator)
        scenes.append(Scene(clean, noisy, torch.full((1,), -1), sigma))
    for name, denoiser in denoisers.items():
        found = [score(denoiser, scene) for scene in scenes]
        yield name, summarise({key: torch.cat([each[key] for each in found]) for key in KEPT})


def _bm3d() -> Denoiser:
    """Return CBM3D, which is told the noise's deviation; ValueError without its package."""
    try:
        function: Callable[..., NDArray[np.float64]] = import_module("bm3d").bm3d_rgb
    except ImportError as error:
        raise ValueError("--bm3d needs its package: pip install bm3d") from error

    def denoise(noisy: Tensor, sigma: float | Tensor | None = None) -> Tensor:
        image = noisy[0].permute(1, 2, 0).double().numpy()
        denoised = function(image, float(torch.as_tensor(sigma)))
        return torch.from_numpy(denoised).float().permute(2, 0, 1)[None]

    return denoise


def _hash(pictures: Sequence[Tensor]) -> str:
    """Return the SHA-256 of pictures' 8-bit values, one after the other."""
    found = hashlib.sha256()
    for picture in pictures:
        found.update((picture * 255).round().byte().contiguous().numpy().data)
    return found.hexdigest()


def _partial() -> Path:
    return PHOTO_RESULTS.with_suffix(".partial.json")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    raise SystemExit(main())
