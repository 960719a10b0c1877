"""Files that the page offers."""

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from denoise_demo.hosting import cannot_keep


def image_place(name: str, alt_text: str | None = None) -> gr.Image:
    """Create a place for a figure."""
    return gr.Image(
        format="png",
        type="filepath",
        show_label=False,
        buttons=["download", "fullscreen"],
        interactive=False,
        alt_text=alt_text,
        elem_id=name,
    )


def keep(content: bytes, name: str) -> str:
    """Keep a file in Gradio's cache, from which the page may fetch it; gr.Error if it is full."""
    try:
        path: str = save_bytes_to_cache(content, name, get_upload_folder())
    except OSError as error:
        raise gr.Error(cannot_keep(error), print_exception=False) from error
    return path
