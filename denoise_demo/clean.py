"""Clean photographs of any size with the blind network for photographs, or a filter.

python -m denoise_demo.clean IN... --out FOLDER [--strength 0.8] [--format png]

Results keep the size, the orientation, the colour profile and the transparency; grey pictures and
PNG files of 16 bits stay so. The noise is estimated, for filters that need its strength. A result
that is there already is left alone, so that a stopped run goes on.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from denoise_demo.common import WriteError, plain_console, write_atomically
from denoise_demo.data import SUFFIXES, encode_photo, pixels_of, read_photo
from denoise_demo.denoisers import (
    FILTERS,
    PHOTOS,
    CheckpointError,
    Denoiser,
    clean_tiles,
    estimate_sigma,
    load_photo_cleaner,
)

FORMATS = {"png": "PNG", "jpg": "JPEG"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Clean all pictures; return 0, or 1 when one was refused, 130 when interrupted."""
    plain_console()
    options = _parser().parse_args(arguments)
    try:
        denoiser = load_photo_cleaner(options.denoiser)
        options.out.mkdir(parents=True, exist_ok=True)
        refused = 0
        for path in _pictures(options.pictures):
            refused += not _clean(path, options, denoiser)
        return 1 if refused else 0
    except KeyboardInterrupt:
        print("\nclean: stopped; the same command goes on", file=sys.stderr)
        return 130
    except (CheckpointError, OSError, ValueError, WriteError) as error:
        print(f"clean: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m denoise_demo.clean", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("pictures", nargs="+", type=Path, metavar="IN", help="pictures or folders")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for the results")
    parser.add_argument(
        "--denoiser", choices=[PHOTOS, *FILTERS], default=PHOTOS, help="the network, or a filter"
    )
    parser.add_argument(
        "--strength", type=_share, default=1.0, help="0 for the picture as it is, 1 for all of it"
    )
    parser.add_argument("--format", choices=FORMATS, default="png", help="of the results")
    return parser


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _pictures(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the pictures, and those in the folders, by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        else:
            yield path


def _clean(path: Path, options: argparse.Namespace, denoiser: Denoiser) -> bool:
    """Clean one picture; say in a line why not, and return False."""
    result = options.out / f"{path.stem}.{options.format}"
    if result.exists():
        if result.samefile(path):
            print(f"{path.name}: the result would replace it: give another folder", file=sys.stderr)
            return False
        print(f"{path.name}: done before")
        return True
    started = time.perf_counter()
    try:
        picture = read_photo(path)
        noisy = pixels_of(path, picture)
    except ValueError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return False
    with tqdm(desc=path.name, unit="tile", leave=False, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        sigma = estimate_sigma(noisy)
        pixels = clean_tiles(denoiser, noisy, options.strength, show, sigma)
    write_atomically(result, encode_photo(pixels, picture, FORMATS[options.format]))
    seconds = time.perf_counter() - started
    size = f"{picture.width} x {picture.height}"
    noise = f"noise of about {255 * sigma:.1f} of 255"
    print(f"{path.name}: {size}, {noise}, {seconds:.1f} s", flush=True)
    return True


if __name__ == "__main__":
    raise SystemExit(main())
