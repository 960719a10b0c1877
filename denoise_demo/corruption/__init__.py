"""Corruption of clean images: kinds of noise, blur, mixtures and evaluation points.

May import `common`. Offers the registry `NOISES`, the function `corrupt`, the classes `Corruption`
and `Mixture` for recipes and evaluation points, and the frozen points.
"""

from denoise_demo.corruption.blur import BLUR_MAXIMUM, gaussian_blur
from denoise_demo.corruption.camera import Camera
from denoise_demo.corruption.fields import Place
from denoise_demo.corruption.mixture import Corruption, Mixture, recorded
from denoise_demo.corruption.noise import NOISES, NoiseSpec, corrupt, noise_deviation
from denoise_demo.corruption.points import BLIND_DIGITS, BLIND_FACES, BLIND_PHOTOS, POINTS, points

__all__ = [
    "BLIND_DIGITS",
    "BLIND_FACES",
    "BLIND_PHOTOS",
    "BLUR_MAXIMUM",
    "NOISES",
    "POINTS",
    "Camera",
    "Corruption",
    "Mixture",
    "NoiseSpec",
    "Place",
    "corrupt",
    "gaussian_blur",
    "noise_deviation",
    "points",
    "recorded",
]
