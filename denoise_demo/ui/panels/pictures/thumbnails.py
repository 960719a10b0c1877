"""Built-in pictures as buttons; the page's script listens to them."""

import base64
import io

from PIL import Image

from denoise_demo.data import NAMES, cropped_portraits, to_pil
from denoise_demo.lab import COLLECTIONS

THUMBNAIL = 144  # pixels a side of a portrait's button


def thumbnails(key: str) -> str:
    """Return the pictures of a collection as buttons; portraits with their names."""
    if key == "portrait":
        size = (THUMBNAIL, THUMBNAIL)
        portraits = [p.resize(size, Image.Resampling.LANCZOS) for p in cropped_portraits()]
        buttons = [_button(key, i, p, NAMES[i], NAMES[i]) for i, p in enumerate(portraits)]
    else:
        images = COLLECTIONS[key].load()
        buttons = [
            _button(key, i, to_pil(images.clean(slice(i, i + 1))), _title(images.label(i), i))
            for i in range(len(images))
        ]
    return f'<div class="thumbnails">{"".join(buttons)}</div>'


def _title(label: int | None, index: int) -> str:
    return f"Picture {index}" if label is None else f"A built-in {label}"


def _button(key: str, index: int, picture: Image.Image, title: str, words: str = "") -> str:
    """Return one picture as a button, with words under it."""
    alternative = "" if words else title
    return (
        f'<button type="button" data-{key}="{index}" aria-pressed="false" title="{title}">'
        f'<img alt="{alternative}" src="{picture_address(picture)}">'
        f"{words and f'<span>{words}</span>'}</button>"
    )


def picture_address(picture: Image.Image) -> str:
    """Return a picture as a data address for the page."""
    file = io.BytesIO()
    kind = "PNG" if picture.mode == "L" else "JPEG"  # of a digit, of a photograph
    picture.save(file, kind, quality=90)
    pixels = base64.b64encode(file.getvalue()).decode()
    return f"data:image/{kind.lower()};base64,{pixels}"
