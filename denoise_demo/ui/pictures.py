"""The ways to choose the laboratory's picture: built-in digits, MNIST, drawing, uploading."""

import base64
import io
import json
import time
from dataclasses import dataclass
from typing import Any

import gradio as gr

from denoise_demo.data import has_mnist, load_examples, load_mnist
from denoise_demo.images import to_digit, to_pil
from denoise_demo.sources import pixels_source
from denoise_demo.ui.errors import shown_errors
from denoise_demo.uploads import read_image

FIRST_EXAMPLE = 14  # a four: the classifier misreads it under the first noise, and not denoised
INVERT = {"Automatic": None, "Yes": True, "No": False}
MNIST_COUNT = 10_000
PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}
_SHOW_MNIST = "(index) => { window.laboratory?.showMnist(index); }"


@dataclass(frozen=True)
class Pictures:
    """The tabs, their controls, and the two faces of the MNIST tab."""

    tabs: gr.Tabs
    mnist_index: gr.Slider
    mnist_absent: gr.Column
    mnist_present: gr.Column
    centre_drawing: gr.Checkbox
    centre_upload: gr.Checkbox
    invert: gr.Radio


def build_pictures(stage: gr.HTML) -> Pictures:
    """Lay out one tab for each way to choose a picture, and send what is chosen to the stage."""
    with gr.Tabs(elem_id="source") as tabs:
        with gr.Tab("Digits", id="example") as examples:
            gr.HTML(_thumbnails(), elem_id="examples", apply_default_css=False)
        with gr.Tab("MNIST", id="mnist") as mnist:
            absent, present, index = _mnist_controls()
        with gr.Tab("Draw", id="drawing", elem_id="source-draw") as drawing:
            centre_drawing = _drawing_controls()
        with gr.Tab("Upload", id="upload") as upload:
            invert, centre_upload = _upload_controls(stage)
    for tab in (examples, mnist, drawing, upload):
        opened = f"(index) => {{ window.laboratory?.openTab('{tab.id}', index); }}"
        tab.select(fn=None, inputs=index, js=opened)
    return Pictures(tabs, index, absent, present, centre_drawing, centre_upload, invert)


def message(
    source: dict[str, Any],
    tab: str,
    *,
    note: str = "",
    settings: dict[str, Any] | None = None,
    fresh: bool = False,
) -> str:
    """Tell the stage which picture to show.

    Args:
        source: the picture, as `sources.clean_picture` takes it.
        tab: the tab it belongs to.
        note: what to say of it, as long as picture and `settings` are what is shown.
        settings: the controls' values that the note is about.
        fresh: whether to forget drawings and uploads.
    """
    values = {"source": source, "tab": tab, "note": note, "settings": settings, "fresh": fresh}
    return json.dumps(values | {"time": time.time()})  # the time makes a repeated message a new one


def show_mnist() -> tuple[gr.Column, gr.Column]:
    """Show the MNIST controls, or the button that gets the digits."""
    present = has_mnist("test")
    return gr.Column(visible=not present), gr.Column(visible=present)


def get_mnist(progress: gr.Progress = gr.Progress()) -> tuple[gr.Column, gr.Column]:  # noqa: B008
    """Download the MNIST test digits."""
    progress(0, desc="Getting the MNIST test digits (1.6 MB)")
    with shown_errors():
        load_mnist("test", download=True)
    return show_mnist()


def receive_upload(path: str | None, invert: str, centre: bool) -> Any:
    """Read an uploaded picture and send it to the stage."""
    if path is None:
        return gr.skip()
    with shown_errors():
        digit = to_digit(read_image(path), invert=INVERT[invert], centre=centre)
    return message(pixels_source(digit), "upload")


def _mnist_controls() -> tuple[gr.Column, gr.Column, gr.Slider]:
    """Create what the MNIST tab shows without the digits and with them."""
    present = has_mnist("test")
    with gr.Column(visible=not present) as without:
        gr.Markdown("The 10,000 MNIST test digits are not on this computer yet.")
        get = gr.Button("Get the MNIST test digits", elem_id="get-mnist")
    with gr.Column(visible=present) as with_digits:
        index = gr.Slider(
            0,
            MNIST_COUNT - 1,
            0,
            step=1,
            label="Test digit",
            interactive=True,
            elem_id="mnist-index",
        )
        draw_lot = gr.Button("A random digit", size="sm", elem_id="mnist-random")
    show = {"fn": None, "inputs": index, "js": _SHOW_MNIST}
    lot = f"() => Math.floor(Math.random() * {MNIST_COUNT})"
    draw_lot.click(fn=None, outputs=index, js=lot).then(**show)
    got = get.click(get_mnist, outputs=[without, with_digits], api_visibility="private")
    got.success(**show)
    return without, with_digits, index


def _drawing_controls() -> gr.Checkbox:
    """Create what belongs to drawing; the pad itself is the stage's clean panel."""
    gr.Markdown("Draw on the **clean** panel, with a finger, a pen or the mouse.")
    centre = gr.Checkbox(
        True,
        label="Centre like MNIST",
        info="Off: see what a digit out of place does to networks that never saw one",
        elem_id="centre-drawing",
    )
    tell = "(centre) => { window.laboratory?.setCentre(centre); }"
    centre.input(fn=None, inputs=centre, js=tell)
    return centre


def _upload_controls(stage: gr.HTML) -> tuple[gr.Radio, gr.Checkbox]:
    """Create what belongs to uploading."""
    file = gr.UploadButton(
        "Upload a picture of a digit", file_types=["image"], elem_id="upload-file"
    )
    invert = gr.Radio(
        list(INVERT),
        value="Automatic",
        label="Dark ink on light paper: invert",
        elem_id="upload-invert",
    )
    centre = gr.Checkbox(True, label="Centre like MNIST", elem_id="centre-upload")
    gr.on(
        [file.upload, invert.input, centre.input],
        receive_upload,
        [file, invert, centre],
        stage,
        **PRIVATE,
    )
    return invert, centre


def _thumbnails() -> str:
    """Return the built-in digits as buttons; the stage's script listens to them."""
    digits = load_examples()
    buttons = []
    for i, label in enumerate(digits.labels.tolist()):
        file = io.BytesIO()
        to_pil(digits.clean(slice(i, i + 1))).save(file, "PNG")
        picture = base64.b64encode(file.getvalue()).decode()
        pressed = str(i == FIRST_EXAMPLE).lower()
        buttons.append(
            f'<button type="button" data-example="{i}" aria-pressed="{pressed}" '
            f'title="A built-in {label}"><img alt="digit {label}" '
            f'src="data:image/png;base64,{picture}"></button>'
        )
    return f'<div class="thumbnails">{"".join(buttons)}</div>'
