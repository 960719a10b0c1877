"""Mixtures of corruptions: what the blind networks train on, and are measured under.

About a third of what a blind network trains on is the general part: every kind of noise at every
level of the app and a step beyond, with and without blur and clipping. The rest is spent where the
articles work, and where a picture is hardest to see.
"""

from dataclasses import replace

from denoise_demo.corruption.blur import BLUR_MAXIMUM
from denoise_demo.corruption.mixture import Corruption, Mixture, Range, mixture
from denoise_demo.corruption.noise import NOISES

STEP_BEYOND = 1.2  # times the app's largest level and blur
Weighted = tuple[float, Corruption]


def _everything(weight: float, beyond: float) -> list[Weighted]:
    """Return every kind of noise at every level, clipped or not, half of it blurred.

    A kind's weight is shared by its light, middle and strong levels, so that all are seen.
    """
    blurs = (0.0, (0.0, beyond * BLUR_MAXIMUM))
    parts = [Corruption("none", blur_sigma=blur) for blur in blurs]
    parts += [
        Corruption(kind, level=levels, blur_sigma=blur, clip=clip)
        for kind in NOISES
        if kind != "none"
        for levels in _bands(kind, beyond)
        for blur in blurs
        for clip in (True, False)
    ]
    return [(weight / len(parts), part) for part in parts]


def _bands(kind: str, beyond: float) -> list[Range]:
    """Cut the levels of a noise where they change its face; a peak is noisier the lower it is."""
    spec = NOISES[kind]
    if kind == "poisson":
        return [(spec.minimum / beyond, 8.0), (8.0, 40.0), (40.0, beyond * spec.maximum)]
    most = 1.0 if kind == "salt-pepper" else beyond * spec.maximum
    return [(spec.minimum, 0.05 * most), (0.05 * most, 0.3 * most), (0.3 * most, most)]


def _spoilt(beyond: float) -> list[Weighted]:
    """Return everything that changes a picture; a copy's PSNR would be infinite."""
    pairs = [(weight, _visible(part)) for weight, part in _everything(1, beyond)]
    return [(weight, part) for weight, part in pairs if part != Corruption("none")]


def _visible(part: Corruption) -> Corruption:
    """Leave out the weakest blur and the fewest specks, which may change nothing."""
    if part.kind == "none" and isinstance(part.blur_sigma, tuple):
        return replace(part, blur_sigma=(0.5, part.blur_sigma[1]))
    if part.kind == "salt-pepper" and isinstance(part.level, tuple):
        return replace(part, level=(max(0.02, part.level[0]), part.level[1]))
    return part


EVERYTHING: Mixture = mixture("any noise and blur of the laboratory", *_spoilt(1.0))
BEYOND: Mixture = mixture(
    "any noise and blur of the laboratory, up to 1.2 times", *_spoilt(STEP_BEYOND)
)
DIGITS_MIX: Mixture = mixture(
    "any noise and blur at any level, clipped or not",
    *_everything(34, STEP_BEYOND),
    # Blur and uniform noise rising together, S0's way, is where digits get lost.
    (14, Corruption("uniform", level=(0.01, 1.5), blur_sigma=(0.0, 2.0), clip=False)),
    (5, Corruption("uniform", level=(0.2, 0.8), blur_sigma=(0.25, 1.0), clip=False)),
    (12, Corruption("uniform", level=(0.8, 1.6), blur_sigma=(1.0, 2.0), clip=False)),
    (14, Corruption("uniform", level=(1.6, 2.4), blur_sigma=(2.0, 3.0), clip=False)),
    (8, Corruption("one-sided-uniform", level=(0.3, 1.2))),
    (8, Corruption("gaussian", level=(0.1, 1.0))),
    (5, Corruption("gaussian", level=(0.0, 1.2), clip=False)),
    (3, Corruption("gaussian", level=(1.2, 4.0), clip=False)),  # where dreams begin
)
FACES_MIX: Mixture = mixture(
    "any noise and blur at any level, clipped or not",
    *_everything(30, STEP_BEYOND),
    (11, Corruption("gaussian", level=(0.05, 0.4))),
    (11, Corruption("gaussian", level=(0.1, 0.8), clip=False)),
    (13, Corruption("poisson", level=(64.0, 300.0))),
    (13, Corruption("salt-pepper", level=(0.0, 0.05))),
    (5, Corruption("salt-pepper", level=(0.05, 0.6))),
    (9, Corruption("speckle", level=(0.2, 1.2))),
    (8, Corruption("speckle", level=(0.3, 2.0), clip=False)),
)
