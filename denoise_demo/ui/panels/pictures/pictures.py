"""The picture chooser of the laboratory: one row of tabs for digits, another for faces."""

import json
import time
from functools import partial

import gradio as gr
from gradio.blocks import Block

from denoise_demo.common import JsonObject
from denoise_demo.data import load_mnist
from denoise_demo.lab import COLLECTIONS, collections_of
from denoise_demo.ui.panels.pictures.photo import build_page, build_photo
from denoise_demo.ui.panels.pictures.thumbnails import thumbnails
from denoise_demo.ui.web.component import PRIVATE
from denoise_demo.ui.web.errors import shown_errors
from denoise_demo.ui.web.events import in_turn

SHORT = {"example": "Digits", "mnist": "MNIST", "portrait": "Portraits", "face": "Faces"}
ROWS = {"digits": "source", "faces": "face-source"}  # element id of each domain's row of tabs
FORGOTTEN = {  # as at the start, by the names that `build_pictures` gives
    "centre_drawing": True,
    "file": None,
    "centre_upload": True,
    "invert": "Automatic",
}


def build_pictures(state: gr.HTML, views: gr.Tabs) -> dict[str, Block]:
    """Lay out a tab for each collection, drawing, uploads and photos.

    Args:
        state: receives messages for the page's script.
        views: the tabs of the laboratory's views; drawing opens the stage.

    Returns:
        Components that a view sets: `pictures_DOMAIN`, a column, and its tabs `tabs_DOMAIN`,
        the slider `index_COLLECTION` of each larger collection, and those of FORGOTTEN.
    """
    parts: dict[str, Block] = {}
    for domain, row in ROWS.items():
        with (
            gr.Column(visible=domain == "digits") as parts[f"pictures_{domain}"],
            gr.Tabs(elem_id=row) as parts[f"tabs_{domain}"],
        ):
            known = collections_of(domain)
            built_in = [key for key, entry in known.items() if entry.built_in]
            others = [key for key in known if key not in built_in]
            for key in built_in:
                with _tab(SHORT.get(key, known[key].label), key, views):
                    gr.HTML(thumbnails(key), elem_id=f"{key}s", apply_default_css=False)
            if domain == "faces":
                with _tab("Your photo", "photo", views):
                    build_photo()
            for key in others:
                with _tab(SHORT.get(key, known[key].label), key, views) as tab:
                    parts[f"index_{key}"] = _collection_controls(key, tab, state)
            if domain == "digits":
                with _tab("Draw", "drawing", views, elem_id="source-draw"):
                    parts["centre_drawing"] = _drawing_controls()
                with _tab("Upload", "upload", views):
                    parts |= build_page()
    return parts


def show_picture(domain: str, tab: str, source: JsonObject | None) -> JsonObject:
    """Return the updates of the picture chooser for a picture and its tab."""
    updates: JsonObject = {f"pictures_{name}": gr.Column(visible=name == domain) for name in ROWS}
    updates[f"tabs_{domain}"] = gr.Tabs(selected=tab)
    if source and "index" in source and not COLLECTIONS[source["kind"]].built_in:
        last = len(COLLECTIONS[source["kind"]].load()) - 1
        updates[f"index_{source['kind']}"] = gr.Slider(value=source["index"], maximum=last)
    return updates


def message(**values: object) -> str:
    """Return a message to the page's script; the time makes each one different."""
    return json.dumps(values | {"time": time.time()})


def open_collection(key: str) -> tuple[gr.Column, gr.Column, object, object]:
    """Show the controls of a collection and one of its pictures, or how to get it."""
    collection = COLLECTIONS[key]
    if not collection.available():
        return gr.Column(visible=True), gr.Column(visible=False), gr.skip(), gr.skip()
    with shown_errors():
        count = len(collection.load())  # read the first time
    index, opened = gr.Slider(maximum=count - 1), message(opened=key, count=count)
    return gr.Column(visible=False), gr.Column(visible=True), index, opened


def _tab(label: str, key: str, views: gr.Tabs, **options: str) -> gr.Tab:
    """Create a tab that notifies the page's script when it opens."""
    tab = gr.Tab(label, id=key, **options)
    opened = f"() => window.laboratory?.openPictures('{key}')"
    tab.select(fn=None, outputs=views, js=opened)
    return tab


def _collection_controls(key: str, tab: gr.Tab, state: gr.HTML) -> gr.Slider:
    """Create the choice by index or at random, and a hint for a collection that is missing."""
    collection = COLLECTIONS[key]
    present = collection.available()
    with gr.Column(visible=not present) as absent:
        if key == "mnist":
            gr.Markdown("The 10,000 MNIST test digits are not on this computer yet.")
            get = gr.Button("Get the MNIST test digits", elem_id="get-mnist")
        else:
            gr.Markdown(collection.missing)
            get = None
    with gr.Column(visible=present) as chooser:
        index = gr.Slider(
            0,
            1,
            0,
            step=1,
            label=collection.noun.removeprefix("MNIST ").capitalize(),
            interactive=True,
            buttons=[],
            elem_id=f"{key}-index",
        )
        noun = collection.noun.rpartition(" ")[2]
        lot = gr.Button(f"A random {noun}", size="sm", elem_id=f"{key}-random")
        lot.click(fn=None, outputs=index, js=f"() => window.laboratory?.drawIndex('{key}')")
    outputs = [absent, chooser, index, state]
    tab.select(in_turn(partial(open_collection, key)), outputs=outputs, **PRIVATE)
    if get:
        get.click(get_mnist, outputs=outputs, api_visibility="private")
    return index


def get_mnist(
    progress: gr.Progress = gr.Progress(),  # noqa: B008
) -> tuple[gr.Column, gr.Column, object, object]:
    """Download the MNIST test digits."""
    progress(0, desc="Getting the MNIST test digits (1.6 MB)")
    with shown_errors():
        load_mnist("test", download=True)
    return open_collection("mnist")


def _drawing_controls() -> gr.Checkbox:
    """Create the options of drawing; the pad is the stage's clean panel."""
    gr.Markdown("Draw on the **clean** panel, with a finger, a pen or the mouse.")
    centre = gr.Checkbox(
        True,
        label="Centre like MNIST",
        info="The networks were trained on centred digits: switch it off to see the effect",
        elem_id="centre-drawing",
    )
    js = "(centre) => { window.laboratory?.centreDrawing(centre); }"
    centre.input(fn=None, inputs=centre, js=js)
    return centre
