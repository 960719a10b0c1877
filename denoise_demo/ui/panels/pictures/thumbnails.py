"""The pictures that ship with the app as buttons; the stage's script listens to them."""

import base64
import io
from collections.abc import Iterable

from PIL import Image

from denoise_demo.data import NAMES, cropped_portraits, load_examples, to_pil

FIRST_EXAMPLE = 14  # a four: the classifier misreads it under the first noise, and not denoised
THUMBNAIL = 144  # pixels a side of a portrait's button


def digit_buttons() -> str:
    """Return the built-in digits as buttons."""
    digits = load_examples()
    buttons = (
        _button("example", i, to_pil(digits.clean(slice(i, i + 1))), f"A built-in {label}")
        for i, label in enumerate(digits.labels.tolist())
    )
    return _thumbnails(buttons)


def portrait_buttons() -> str:
    """Return the portraits as buttons with their names."""
    size = (THUMBNAIL, THUMBNAIL)
    buttons = (
        _button("portrait", i, picture.resize(size, Image.Resampling.LANCZOS), name, name)
        for i, (picture, name) in enumerate(zip(cropped_portraits(), NAMES, strict=True))
    )
    return _thumbnails(buttons)


def _thumbnails(buttons: Iterable[str]) -> str:
    return f'<div class="thumbnails">{"".join(buttons)}</div>'


def _button(source: str, index: int, picture: Image.Image, title: str, words: str = "") -> str:
    """Return one picture as a button, with words under it."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    pixels = base64.b64encode(file.getvalue()).decode()
    pressed = str(source == "example" and index == FIRST_EXAMPLE).lower()
    return (
        f'<button type="button" data-{source}="{index}" aria-pressed="{pressed}" title="{title}">'
        f'<img alt="{title}" src="data:image/png;base64,{pixels}">'
        f"{words and f'<span>{words}</span>'}</button>"
    )
