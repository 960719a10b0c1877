"""Files that the page offers."""

from pathlib import Path

import gradio as gr
from gradio.processing_utils import hash_bytes
from gradio.utils import get_upload_folder

from denoise_demo.common import written_atomically
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


def uploaded(path: str) -> Path:
    """Return the place of a file that a page has uploaded; ValueError for any other path."""
    try:
        found = Path(path).resolve()
        arrived = found.is_relative_to(Path(get_upload_folder()).resolve()) and found.is_file()
    except (OSError, ValueError):  # too long, or with a null character
        arrived = False
    if not arrived:
        raise ValueError("The file did not arrive: choose it again.")
    return found


def keep(content: bytes, name: str) -> str:
    """Keep a file in Gradio's cache, from which the page may fetch it; gr.Error if it is full."""
    path = Path(get_upload_folder(), hash_bytes(content), name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_atomically(path) as file:  # Gradio's own function leaves half a file
            file.write(content)
    except OSError as error:
        raise gr.Error(cannot_keep(error), print_exception=False) from error
    return str(path.resolve())
