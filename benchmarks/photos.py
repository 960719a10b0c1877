"""Measure the denoiser of photographs on test pictures that it has never seen.

    python -m benchmarks.photos FOLDER [--levels 15 25 50]

FOLDER holds the pictures, such as the 68 colour ones of the Berkeley set (CBSD68). Gaussian noise,
not clipped, sigma in grey levels; the mean PSNR in colour, with its 95 % interval. Prints Markdown.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from denoise_demo.benchmark.metrics import psnr
from denoise_demo.data import SUFFIXES
from denoise_demo.denoisers import load_photo_denoiser


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--levels", nargs="+", type=float, default=[0, 15, 25, 50, 75])
    options = parser.parse_args()
    torch.set_num_threads(1)
    denoiser = load_photo_denoiser()
    paths = sorted(p for p in options.folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    print(f"{len(paths)} pictures\n\n| sigma | noisy, dB | denoised, dB | 95 % |")
    print("|---|---|---|---|")
    for level in options.levels:
        scores = []
        for seed, path in enumerate(paths):
            pixels = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32) / 255
            clean = torch.from_numpy(pixels).permute(2, 0, 1)[None]
            field = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
            noisy = clean + level / 255 * field
            scores.append([float(psnr(x, clean)) for x in (noisy, denoiser(noisy))])
        before, after = np.array(scores).T
        error = 1.96 * after.std(ddof=1) / len(after) ** 0.5
        means = f"{before.mean():.2f} | {after.mean():.2f}"
        print(f"| {level:g} | {means} | ± {error:.2f} |", flush=True)


if __name__ == "__main__":
    main()
