"""The user's photo: uploaded, taken or pasted, and its crop box.

photo.js passes every file to one upload button, shows the photo that the server returns with the
digits or the face on it, and sends the square in the crop box to the stage while the box moves.
"""

import base64
import io
import json
import time

import gradio as gr
import torch
from gradio.blocks import Block
from gradio.data_classes import FileData
from PIL import Image

from denoise_demo.data import (
    LEAST,
    find_digits,
    find_face,
    middle_box,
    original_size,
    read_image,
    to_digit,
)
from denoise_demo.lab import pixels_source
from denoise_demo.ui.web.component import LAST, component
from denoise_demo.ui.web.errors import shown_errors
from denoise_demo.ui.web.events import in_turn

INVERT = {"Automatic": None, "Yes": True, "No": False}
PORTRAIT = 0.4  # of the picture's shorter side; smaller faces are not what a photo is of
SMALLEST_DIGIT = 12  # pixels a side of the crop box


def build_photo() -> None:
    """Create the photo of a face with its crop box."""
    file, photo = _build("faces", "photo", "photo", LEAST)
    gr.on([file.upload], in_turn(receive_face), [file], photo, **LAST)


def build_page() -> dict[str, Block]:
    """Create the photo of digits with its crop box and options; return the options by name."""
    file, photo = _build("digits", "upload", "page-photo", SMALLEST_DIGIT)
    invert = gr.Radio(
        list(INVERT),
        value="Automatic",
        label="Dark ink on light paper: invert",
        elem_id="upload-invert",
    )
    centre = gr.Checkbox(True, label="Centre like MNIST", elem_id="centre-upload")
    events = [file.upload, invert.input, centre.input]
    gr.on(events, in_turn(receive_page), [file, invert, centre], photo, **LAST)
    return {"file": file, "invert": invert, "centre_upload": centre}


def receive_face(path: str) -> str:
    """Read a photo; return it as JSON for the page, with the box around its face."""
    with shown_errors():
        picture = read_image(path)
        if min(picture.size) < LEAST:
            width, height = original_size(picture)
            remedy = f"give at least {LEAST} x {LEAST}"
            if min(width, height) >= LEAST:
                remedy = "cut out a part that is not so long and narrow"
            raise ValueError(f"The photo has {width} x {height} pixels: {remedy}.")
    face = find_face(picture)
    return _reply(picture, box=face or middle_box(picture), found=face is not None)


def receive_page(path: str | None, invert: str, centre: bool) -> object:
    """Read a photo of a page; return it as JSON for the page, with the digits on it."""
    if path is None:
        return gr.skip()
    with shown_errors():
        picture = read_image(path)
        middle = middle_box(picture)
        if centre:
            found = find_digits(picture, invert=INVERT[invert])
            digits = [(digit.box, torch.from_numpy(digit.pixels)[None, None]) for digit in found]
        else:
            digits = [(middle, to_digit(picture, invert=INVERT[invert], centre=False))]
    choices = [{"box": box, "source": pixels_source(digit)} for box, digit in digits]
    options = {"invert": INVERT[invert], "centre": centre}
    portrait = _is_portrait(picture)
    return _reply(
        picture, box=middle, found=True, portrait=portrait, digits=choices, options=options
    )


def _is_portrait(picture: Image.Image) -> bool:
    """Say whether a face fills much of the picture; ink seldom looks like a large one."""
    face = find_face(picture)
    return face is not None and face[2] - face[0] > PORTRAIT * min(picture.size)


def _build(domain: str, tab: str, name: str, least: int) -> tuple[gr.UploadButton, gr.HTML]:
    """Create a tab's upload button and its photo; the crop box has at least `least` pixels."""
    # gr.Image would open the file before we can reject it, and does not report a blocked webcam.
    file = gr.UploadButton("Upload a photo", visible="hidden", elem_id=f"{tab}-file")
    file.preprocess = _path_of  # Gradio's own leaves an empty file behind each time
    own = {"elem_id": name, "tab": tab, "domain": domain, "least": least}
    return file, gr.HTML("", **component(__file__, "photo"), **own)


def _path_of(payload: FileData | None) -> str | None:
    """Return the path of an uploaded file."""
    return payload and payload.path


def _reply(picture: Image.Image, **values: object) -> str:
    """Return the photo as JSON for photo.js, with the values that it needs."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95, subsampling=0)
    pixels = base64.b64encode(file.getvalue()).decode()
    reply = {"picture": f"data:image/jpeg;base64,{pixels}", **values}
    # Boxes count pixels of this smaller picture; the time makes a repeated photo a new one.
    ratio = max(original_size(picture)) / max(picture.size)
    return json.dumps(reply | {"ratio": ratio, "time": time.time()})
