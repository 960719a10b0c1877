"""From clean to noisy: kinds of noise, blur, corruptions, mixtures of them, evaluation points.

It may import `common`. It offers the registry `NOISES`, `corrupt`, `Corruption` and `Mixture` as
recipes and evaluation points use them, and the frozen points themselves.
"""

from denoise_demo.corruption.blur import BLUR_MAXIMUM, gaussian_blur
from denoise_demo.corruption.mixture import Corruption, Mixture, recorded
from denoise_demo.corruption.noise import NOISES, NoiseSpec, corrupt, noise_deviation
from denoise_demo.corruption.points import BLIND_DIGITS, BLIND_FACES, POINTS, points

__all__ = [
    "BLIND_DIGITS",
    "BLIND_FACES",
    "BLUR_MAXIMUM",
    "NOISES",
    "POINTS",
    "Corruption",
    "Mixture",
    "NoiseSpec",
    "corrupt",
    "gaussian_blur",
    "noise_deviation",
    "points",
    "recorded",
]
