"""The laboratory's page: `python app.py`. Hugging Face Spaces starts it the same way."""

import os
import sys

import gradio as gr
import torch

from denoise_demo.data import DataError, load_mnist
from denoise_demo.denoisers import choose_device, warm_up
from denoise_demo.ui.api import build_api
from denoise_demo.ui.following import connect_links
from denoise_demo.ui.tabs.explanation.explanation import build_explanation
from denoise_demo.ui.tabs.figures.figures import build_figures_tab
from denoise_demo.ui.tabs.laboratory.laboratory import build_laboratory
from denoise_demo.ui.tabs.training.training import build_training_tab
from denoise_demo.ui.web.style import CSS, HEAD, THEME

TITLE = "denoise_demo: a live laboratory for denoising autoencoders"


def build_demo() -> gr.Blocks:
    """Build the page; networks whose weights cannot be used are left out with a message."""
    problems = warm_up()
    with gr.Blocks(
        title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600), fill_width=True
    ) as demo:
        gr.Markdown("# denoise_demo\nA live laboratory for denoising autoencoders", elem_id="title")
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Laboratory", id="laboratory", elem_id="tab-laboratory"):
                laboratory = build_laboratory(problems)
            with gr.Tab("The articles' figures", id="figures", elem_id="tab-figures"):
                figure = build_figures_tab(problems)
            with gr.Tab("Training", id="training", elem_id="tab-training"):
                trained = build_training_tab()
            with gr.Tab("How it works", id="explanation", elem_id="tab-explanation"):
                build_explanation()
        connect_links(demo, tabs, laboratory, figure, trained)
        build_api(problems)
    return demo


def main() -> int:
    """Start the page."""
    torch.set_num_threads(1)  # images are small; threads only get in each other's way
    try:
        choose_device()
        if os.environ.get("DENOISE_DOWNLOAD") == "1":
            load_mnist("test", download=True)
    except DataError as error:
        print(f"app.py: {error}", file=sys.stderr)  # the built-in digits still work
    except ValueError as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 1
    build_demo().launch(
        theme=THEME,
        css=CSS,
        head=HEAD,
        footer_links=["api", "settings"],
        max_file_size="50mb",
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        show_error=True,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
