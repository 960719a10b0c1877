"""The digits that ship with the app, drawn as pen strokes."""

import json
from pathlib import Path

import numpy as np
import torch

from denoise_demo.common import once
from denoise_demo.data.images import Images
from denoise_demo.data.pixels import centre_digit, draw_strokes

EXAMPLES_FILE = Path(__file__).with_name("examples.json")


@once
def load_examples() -> Images:
    """Return the built-in digits: pen strokes, rendered and normalised like MNIST."""
    drawings = json.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))
    rasters = [centre_digit(draw_strokes(d["strokes"], pen=d["pen"])) for d in drawings]
    pixels = np.rint(np.stack(rasters) * 255).astype(np.uint8)
    labels = torch.tensor([d["label"] for d in drawings])
    return Images(torch.from_numpy(pixels).unsqueeze(1), labels, "built-in digits")
