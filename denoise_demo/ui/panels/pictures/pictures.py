"""The ways to choose the laboratory's picture: one row of tabs for digits, another for faces."""

import json
import time
from dataclasses import dataclass
from typing import Any

import gradio as gr

from denoise_demo.data import faces_test, has_faces, has_mnist, load_mnist, read_image, to_digit
from denoise_demo.lab import pixels_source
from denoise_demo.ui.panels.pictures.photo import build_photo
from denoise_demo.ui.panels.pictures.thumbnails import digit_buttons, portrait_buttons
from denoise_demo.ui.web.errors import shown_errors

INVERT = {"Automatic": None, "Yes": True, "No": False}
MNIST_COUNT = 10_000
PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}
_RANDOM = """() => {
  const { max } = document.querySelector("#%s input[type=range]");
  return Math.floor(Math.random() * (Number(max) + 1));
}"""


@dataclass(frozen=True)
class Pictures:
    """The tabs of each domain, and the controls in them that others set."""

    digits: gr.Column
    faces: gr.Column
    digit_tabs: gr.Tabs
    face_tabs: gr.Tabs
    mnist_index: gr.Slider
    face_index: gr.Slider | None  # without faces there is none
    mnist_absent: gr.Column
    mnist_present: gr.Column
    centre_drawing: gr.Checkbox
    file: gr.UploadButton
    centre_upload: gr.Checkbox
    invert: gr.Radio
    photo: gr.HTML

    @property
    def shown(self) -> list[gr.blocks.BlockContext]:
        """What `open_tab` sets."""
        return [self.digits, self.faces, self.digit_tabs, self.face_tabs]

    @property
    def forgotten(self) -> list[gr.blocks.Block]:
        """What `FORGOTTEN` sets, to be as at the start."""
        drawn, uploaded = [self.centre_drawing], [self.file, self.centre_upload, self.invert]
        return [self.mnist_index, *drawn, *uploaded, self.photo]


FORGOTTEN = (0, True, None, True, "Automatic", "")


def build_pictures(stage: gr.HTML) -> Pictures:
    """Lay out one tab for each way to choose a picture, and send what is chosen to the stage."""
    with gr.Column() as digits, gr.Tabs(elem_id="source") as digit_tabs:
        with gr.Tab("Digits", id="example") as examples:
            gr.HTML(digit_buttons(), elem_id="examples", apply_default_css=False)
        with gr.Tab("MNIST", id="mnist") as mnist:
            absent, present, mnist_index = _mnist_controls()
        with gr.Tab("Draw", id="drawing", elem_id="source-draw") as drawing:
            centre_drawing = _drawing_controls()
        with gr.Tab("Upload", id="upload") as upload:
            file, invert, centre_upload = _upload_controls(stage)
    with gr.Column(visible=False) as faces, gr.Tabs(elem_id="face-source") as face_tabs:
        with gr.Tab("Portraits", id="portrait") as portraits:
            gr.HTML(portrait_buttons(), elem_id="portraits", apply_default_css=False)
        with gr.Tab("Your photo", id="photo") as own:
            photo = build_photo()
        with gr.Tab("Faces", id="face") as more_faces:
            face_index = _face_controls()
    for tab in (examples, mnist, drawing, upload, portraits, own, more_faces):
        tell = f"(index) => {{ window.laboratory?.openTab('{tab.id}', index); }}"
        opened = tab.select(fn=None, inputs=mnist_index, js=tell)
        if tab is more_faces and face_index:
            spanned = opened.then(span_faces, outputs=face_index, **PRIVATE)
            spanned.success(fn=None, inputs=face_index, js=_show("face"))
    return Pictures(
        digits=digits,
        faces=faces,
        digit_tabs=digit_tabs,
        face_tabs=face_tabs,
        mnist_index=mnist_index,
        face_index=face_index,
        mnist_absent=absent,
        mnist_present=present,
        centre_drawing=centre_drawing,
        file=file,
        centre_upload=centre_upload,
        invert=invert,
        photo=photo,
    )


def open_tab(domain: str, tab: str) -> list[Any]:
    """Show the tabs of a domain, with this one open."""
    digits = domain == "digits"
    chosen = gr.Tabs(selected=tab)
    tabs = [chosen, gr.skip()] if digits else [gr.skip(), chosen]
    return [gr.Column(visible=digits), gr.Column(visible=not digits), *tabs]


def message(
    source: dict[str, Any],
    tab: str,
    *,
    domain: str = "digits",
    note: str = "",
    settings: dict[str, Any] | None = None,
    fresh: bool = False,
) -> str:
    """Tell the stage which picture to show.

    Args:
        source: the picture, as `sources.clean_picture` takes it.
        tab: the tab it belongs to.
        domain: what it is a picture of.
        note: what to say of it, as long as picture and `settings` are what is shown.
        settings: the values that the controls get at the same time; the stage waits for them.
        fresh: whether to forget drawings, uploads and photos.
    """
    values = {"source": source, "tab": tab, "domain": domain, "note": note, "fresh": fresh}
    # The time makes a repeated message a new one.
    return json.dumps(values | {"settings": settings, "time": time.time()})


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


def span_faces() -> gr.Slider:
    """Let the index span the test split; the first time, the pictures are read."""
    with shown_errors():
        return gr.Slider(maximum=len(faces_test()) - 1)


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
        index = _index_controls("mnist", "digit", MNIST_COUNT - 1)
    got = get.click(get_mnist, outputs=[without, with_digits], api_visibility="private")
    got.success(fn=None, inputs=index, js=_show("mnist"))
    return without, with_digits, index


def _face_controls() -> gr.Slider | None:
    """Create what the tab of the faces shows; with none at hand it says how to get them."""
    if not has_faces():
        gr.Markdown(
            "There are no other faces on this computer: name a folder or zip of face pictures in "
            "`DENOISE_DATA_DIR`, and start again."
        )
        return None
    return _index_controls("face", "face", 1)


def _index_controls(source: str, noun: str, last: int) -> gr.Slider:
    """Create the controls that choose from a test split: an index, and a random one."""
    name = f"{source}-index"
    index = gr.Slider(
        0, last, 0, step=1, label=f"Test {noun}", interactive=True, buttons=[], elem_id=name
    )
    index.change(fn=None, js=f"() => {{ window.laboratory?.syncNumbered('{source}'); }}")
    draw_lot = gr.Button(f"A random {noun}", size="sm", elem_id=f"{source}-random")
    draw_lot.click(fn=None, outputs=index, js=_RANDOM % name)
    return index


def _show(source: str) -> str:
    """Return the script that shows one picture of a test split."""
    return f"(index) => {{ window.laboratory?.showNumbered('{source}', index); }}"


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


def _upload_controls(stage: gr.HTML) -> tuple[gr.UploadButton, gr.Radio, gr.Checkbox]:
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
        trigger_mode="always_last",
        **PRIVATE,
    )
    return file, invert, centre
