"""The strip of scenes: a preset each, with a picture that is half noisy and half denoised."""

from collections.abc import Collection

import torch

from denoise_demo.common import JsonObject
from denoise_demo.data import to_pil
from denoise_demo.denoisers import list_denoisers
from denoise_demo.lab import PRESETS, SCENES, clean_picture, preset_picture, run
from denoise_demo.ui.panels.pictures.thumbnails import picture_address


def list_scenes(problems: Collection[str]) -> list[JsonObject]:
    """Return the scenes whose network can be used: preset, title, label and picture."""
    usable = [key for key in list_denoisers() if key not in problems]
    return [
        {"preset": key, "title": title, "label": PRESETS[key].label, "picture": _picture(key)}
        for key, title in SCENES.items()
        if PRESETS[key].denoiser in usable
    ]


def _picture(key: str) -> str:
    """Return the address of a scene's picture: noisy on the left, denoised on the right."""
    source, _ = preset_picture(PRESETS[key])
    outcome = run(clean_picture(source)[0], PRESETS[key].settings)
    left, _ = outcome.noisy.clamp(0, 1).chunk(2, dim=3)
    _, right = outcome.denoised.chunk(2, dim=3)
    return picture_address(to_pil(torch.cat([left, right], dim=3)))
