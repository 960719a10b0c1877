"""The user's photo: uploaded, taken or pasted, and its crop box.

photo.js passes every file to one upload button, shows the photo that the server returns, and sends
the square in the crop box to the stage while the box moves.
"""

import base64
import io
import json
import time

import gradio as gr

from denoise_demo.data import LEAST, find_face, middle_box, read_image
from denoise_demo.ui.web.component import component
from denoise_demo.ui.web.errors import shown_errors
from denoise_demo.ui.web.events import in_turn


def build_photo() -> None:
    """Create the photo with its crop box."""
    # gr.Image would open the file before we can reject it, and does not report a blocked webcam.
    file = gr.UploadButton("Upload a photo", visible="hidden", elem_id="photo-file")
    photo = gr.HTML(
        "",
        **component(__file__, "photo"),
        elem_id="photo",
        least=LEAST,
    )
    file.upload(
        in_turn(receive_photo),
        file,
        photo,
        api_visibility="private",
        show_progress="hidden",
        concurrency_limit=None,
        trigger_mode="always_last",
    )


def receive_photo(path: str) -> str:
    """Read a photo; return it as JSON for the page, with the box around its face."""
    with shown_errors():
        picture = read_image(path)
        if min(picture.size) < LEAST:
            raise ValueError(
                f"The photo has {picture.width} x {picture.height} pixels: "
                f"give at least {LEAST} x {LEAST}."
            )
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95, subsampling=0)
    pixels = base64.b64encode(file.getvalue()).decode()
    address = f"data:image/jpeg;base64,{pixels}"
    face = find_face(picture)
    reply = {"picture": address, "box": face or middle_box(picture), "found": face is not None}
    return json.dumps(reply | {"time": time.time()})  # the time makes a repeated photo a new one
