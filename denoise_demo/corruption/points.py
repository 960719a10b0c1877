"""Named corruptions: the evaluation points, and the training mixtures of the blind networks.

All are frozen: a new kind of noise or another slider range must not change them, because weight
files and results record the corruptions they were trained or measured under.
"""

from dataclasses import replace

from denoise_demo.corruption.camera import Camera
from denoise_demo.corruption.mixture import Corruption, Mixture, Range, mixture

Weighted = tuple[float, Corruption]
Bands = dict[str, tuple[Range, Range, Range]]

POINTS: dict[str, Corruption] = {
    "clean": Corruption("none"),
    "s0-train": Corruption("uniform", level=(0.01, 1.5), blur_sigma=(0.0, 2.0), clip=False),
    "s0-level-0": Corruption("uniform", level=0.0, blur_sigma=0.0, clip=False),
    "s0-level-1": Corruption("uniform", level=0.4, blur_sigma=0.5, clip=False),
    "s0-level-2": Corruption("uniform", level=0.8, blur_sigma=1.0, clip=False),
    "s0-level-3": Corruption("uniform", level=1.2, blur_sigma=1.5, clip=False),
    "s0-level-4": Corruption("uniform", level=1.6, blur_sigma=2.0, clip=False),
    "s0-level-5": Corruption("uniform", level=2.0, blur_sigma=2.5, clip=False),
    "s0-digits": Corruption("uniform", level=0.8, blur_sigma=1.0, clip=False),
    "s1": Corruption("one-sided-uniform", level=0.9),
    "s2": Corruption("gaussian", level=0.5),
    "s3-random": Corruption("gaussian", level=(0.0, 1.0)),
    "s4-gaussian": Corruption("gaussian", level=0.1**0.5),
    "s4-gaussian-notebook": Corruption("gaussian", level=0.1),
    "s4-poisson": Corruption("poisson", level=256),
    "s4-salt-pepper": Corruption("salt-pepper", level=0.004),
    "s4-salt-pepper-notebook": Corruption("salt-pepper", level=0.03),
    "s4-speckle": Corruption("speckle", level=1.0),
}

# Light, medium and strong levels of each kind of noise: INSIDE over the sliders' ranges when this
# was frozen, BEYOND over ranges 1.2 times as large. A lower Poisson peak is noisier.
INSIDE_BLUR = 4.0  # pixels
INSIDE: Bands = {
    "gaussian": ((0, 0.05), (0.05, 0.3), (0.3, 1.0)),
    "uniform": ((0, 0.1), (0.1, 0.6), (0.6, 2.0)),
    "one-sided-uniform": ((0, 0.1), (0.1, 0.6), (0.6, 2.0)),
    "poisson": ((1.0, 8.0), (8.0, 40.0), (40.0, 256.0)),
    "salt-pepper": ((0, 0.05), (0.05, 0.3), (0.3, 1.0)),
    "speckle": ((0, 0.1), (0.1, 0.6), (0.6, 2.0)),
}
BEYOND_BLUR = 4.8
BEYOND: Bands = {
    "gaussian": ((0, 0.06), (0.06, 0.36), (0.36, 1.2)),
    "uniform": ((0, 0.12), (0.12, 0.72), (0.72, 2.4)),
    "one-sided-uniform": ((0, 0.12), (0.12, 0.72), (0.72, 2.4)),
    "poisson": ((0.8333333333333334, 8.0), (8.0, 40.0), (40.0, 307.2)),
    "salt-pepper": ((0, 0.05), (0.05, 0.3), (0.3, 1.0)),
    "speckle": ((0, 0.12), (0.12, 0.72), (0.72, 2.4)),
}


def _everything(weight: float, bands: Bands, blur: float) -> list[Weighted]:
    """Return all kinds and bands, with and without blur, clipped or not, in equal shares."""
    blurs: tuple[float | Range, ...] = (0.0, (0.0, blur))
    parts = [Corruption("none", blur_sigma=blur) for blur in blurs]
    parts += [
        Corruption(kind, level=levels, blur_sigma=blur, clip=clip)
        for kind, ranges in bands.items()
        for levels in ranges
        for blur in blurs
        for clip in (True, False)
    ]
    return [(weight / len(parts), part) for part in parts]


def _visible(bands: Bands, blur: float) -> list[Weighted]:
    """Return the corruptions that change every image; an unchanged one has infinite PSNR."""
    pairs = [(weight, _stronger(part)) for weight, part in _everything(1, bands, blur)]
    return [(weight, part) for weight, part in pairs if part != Corruption("none")]


def _stronger(part: Corruption) -> Corruption:
    """Exclude the weakest blurs and salt & pepper amounts, which may leave images unchanged."""
    if part.kind == "none" and isinstance(part.blur_sigma, tuple):
        return replace(part, blur_sigma=(0.5, part.blur_sigma[1]))
    if part.kind == "salt-pepper" and isinstance(part.level, tuple):
        return replace(part, level=(max(0.02, part.level[0]), part.level[1]))
    return part


# Weight files and results record the titles, too.
MIXED_POINTS: dict[str, Mixture] = {
    "blind": mixture("any noise and blur of the laboratory", *_visible(INSIDE, INSIDE_BLUR)),
    "blind-beyond": mixture(
        "any noise and blur of the laboratory, up to 1.2 times", *_visible(BEYOND, BEYOND_BLUR)
    ),
}
# About a third of a blind network's training images get any corruption; the rest get the articles'
# corruptions and the strongest ones.
BLIND_DIGITS: Mixture = mixture(
    "any noise and blur at any level, clipped or not",
    *_everything(34, BEYOND, BEYOND_BLUR),
    # Blur and uniform noise rising together, as in S0, are the hardest for digits.
    (14, Corruption("uniform", level=(0.01, 1.5), blur_sigma=(0.0, 2.0), clip=False)),
    (5, Corruption("uniform", level=(0.2, 0.8), blur_sigma=(0.25, 1.0), clip=False)),
    (12, Corruption("uniform", level=(0.8, 1.6), blur_sigma=(1.0, 2.0), clip=False)),
    (14, Corruption("uniform", level=(1.6, 2.4), blur_sigma=(2.0, 3.0), clip=False)),
    (8, Corruption("one-sided-uniform", level=(0.3, 1.2))),
    (8, Corruption("gaussian", level=(0.1, 1.0))),
    (5, Corruption("gaussian", level=(0.0, 1.2), clip=False)),
    (3, Corruption("gaussian", level=(1.2, 4.0), clip=False)),  # the first steps of `lab.dream`
)
BLIND_FACES: Mixture = mixture(
    "any noise and blur at any level, clipped or not",
    *_everything(30, BEYOND, BEYOND_BLUR),
    (11, Corruption("gaussian", level=(0.05, 0.4))),
    (11, Corruption("gaussian", level=(0.1, 0.8), clip=False)),
    (13, Corruption("poisson", level=(64.0, 300.0))),
    (13, Corruption("salt-pepper", level=(0.0, 0.05))),
    (5, Corruption("salt-pepper", level=(0.05, 0.6))),
    (9, Corruption("speckle", level=(0.2, 1.2))),
    (8, Corruption("speckle", level=(0.3, 2.0), clip=False)),
)
# Photographs are mostly judged by Gaussian noise that is not clipped; the rest gets every other
# noise of the page over its whole range, light levels more often, and what cameras leave.
BLIND_PHOTOS: Mixture = mixture(
    "any noise and blur at any level, clipped or not; camera noise, JPEG",
    (36, Corruption("gaussian", level=(0.0, 0.22), clip=False)),  # 0 to 56 of 255
    (9, Corruption("gaussian", level=(0.0, 0.06), clip=False)),
    (7, Corruption("gaussian", level=(0.2, 0.4), clip=False)),
    (2, Corruption("gaussian", level=(0.4, 1.0), clip=False)),
    (5, Corruption("gaussian", level=(0.0, 0.3))),
    (1.5, Corruption("gaussian", level=(0.3, 1.0))),
    (2, Corruption("uniform", level=(0.0, 0.6), clip=False)),
    (1, Corruption("uniform", level=(0.6, 2.0), clip=False)),
    (1.5, Corruption("uniform", level=(0.0, 0.6))),
    (0.5, Corruption("uniform", level=(0.6, 2.0))),
    (1.5, Corruption("one-sided-uniform", level=(0.0, 0.6), clip=False)),
    (1, Corruption("one-sided-uniform", level=(0.6, 2.0), clip=False)),
    (2, Corruption("one-sided-uniform", level=(0.0, 1.0))),
    (0.5, Corruption("one-sided-uniform", level=(1.0, 2.0))),
    (2, Corruption("poisson", level=(16.0, 256.0), clip=False)),
    (2, Corruption("poisson", level=(1.0, 32.0), clip=False)),
    (1, Corruption("poisson", level=(4.0, 256.0))),
    (0.5, Corruption("poisson", level=(1.0, 4.0))),
    (2.5, Corruption("salt-pepper", level=(0.0, 0.1))),
    (2, Corruption("salt-pepper", level=(0.1, 0.5))),
    (0.5, Corruption("salt-pepper", level=(0.5, 1.0))),
    (1.5, Corruption("speckle", level=(0.0, 0.4), clip=False)),
    (1, Corruption("speckle", level=(0.4, 2.0), clip=False)),
    (1.5, Corruption("speckle", level=(0.0, 1.0))),
    (0.5, Corruption("speckle", level=(1.0, 2.0))),
    (4, Corruption("none")),
    (1.5, Corruption("none", blur_sigma=(0.3, 2.0))),
    (1.5, Corruption("gaussian", level=(0.0, 0.2), blur_sigma=(0.0, 2.0), clip=False)),
    (1, Corruption("gaussian", level=(0.0, 0.3), blur_sigma=(0.0, 2.0))),
    (0.5, Corruption("uniform", level=(0.0, 1.0), blur_sigma=(0.0, 2.0))),
    (0.5, Corruption("one-sided-uniform", level=(0.0, 1.0), blur_sigma=(0.0, 2.0))),
    (0.5, Corruption("poisson", level=(4.0, 256.0), blur_sigma=(0.0, 2.0))),
    (0.5, Corruption("salt-pepper", level=(0.0, 0.3), blur_sigma=(0.0, 2.0))),
    (0.5, Corruption("speckle", level=(0.0, 1.0), blur_sigma=(0.0, 2.0))),
    (5, Camera(level=(0.0, 0.2))),
    (1, Camera(level=(0.0, 0.0), quality=(10.0, 90.0))),
)

# As in the literature: Gaussian noise in 256 grey levels, not clipped.
PHOTO_POINTS: dict[str, Corruption | Mixture] = {
    "clean": POINTS["clean"],
    **{
        f"gaussian-{sigma}": Corruption("gaussian", level=sigma / 255, clip=False)
        for sigma in (15, 25, 50)
    },
}


def points(domain: str) -> dict[str, Corruption | Mixture]:
    """Return a domain's evaluation points; for faces only clean, S4's and mixtures."""
    if domain == "photos":
        return PHOTO_POINTS
    articles = {
        key: corruption
        for key, corruption in POINTS.items()
        if domain == "digits" or key == "clean" or key.startswith("s4-")
    }
    return articles | MIXED_POINTS
