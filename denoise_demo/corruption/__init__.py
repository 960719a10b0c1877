"""From clean to noisy: noise with its blur, corruptions and mixtures of them, evaluation points."""

from denoise_demo.corruption.blind_mixtures import DIGITS_MIX, FACES_MIX
from denoise_demo.corruption.blur import BLUR_MAXIMUM, gaussian_blur
from denoise_demo.corruption.mixture import Corruption, Mixture, recorded
from denoise_demo.corruption.noise import NOISES, NoiseSpec, corrupt, noise_deviation
from denoise_demo.corruption.points import POINTS, points

__all__ = [
    "BLUR_MAXIMUM",
    "DIGITS_MIX",
    "FACES_MIX",
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
