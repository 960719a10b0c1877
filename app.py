"""The laboratory's page: `python app.py`. Hugging Face Spaces starts it the same way."""

import argparse
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

if os.environ.get("SPACES_ZERO_GPU"):
    with suppress(ImportError):
        import spaces  # noqa: F401 - before PyTorch, some of which it replaces

if __name__ == "__main__":
    ON_INTERRUPT = signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback from the imports

    from denoise_demo.hosting import prepare_folders, return_large_blocks, skip_stubs

    prepare_folders()  # before Gradio asks for them
    skip_stubs()
    return_large_blocks()

import gradio as gr
import torch
from starlette.middleware import Middleware

from denoise_demo import __version__
from denoise_demo.common import plain_console
from denoise_demo.data import DataError, limit_memory, load_mnist
from denoise_demo.denoisers import (
    describe_engine,
    list_denoisers,
    load_all,
    serve_page,
    warm_up,
)
from denoise_demo.hosting import ERROR_HANDLERS, Guard, guard_connections, health, limits
from denoise_demo.ui.api import build_api, wants_mcp
from denoise_demo.ui.page import Page, build_state, connect
from denoise_demo.ui.tabs.explanation.explanation import build_explanation
from denoise_demo.ui.tabs.figures.figures import build_figures_tab
from denoise_demo.ui.tabs.laboratory.laboratory import build_laboratory
from denoise_demo.ui.tabs.learn.learn import build_learn_tab, leave
from denoise_demo.ui.tabs.training.training import build_training_tab
from denoise_demo.ui.views import VIEWS
from denoise_demo.ui.web.component import MODULES
from denoise_demo.ui.web.language import Localised, LocalisedBlocks
from denoise_demo.ui.web.server import live_route
from denoise_demo.ui.web.sessions import forget_visitors
from denoise_demo.ui.web.style import CSS, HEAD, THEME

EMBEDDERS = "'self' https://huggingface.co https://*.hf.space"
TITLE = "Seeing through noise: a live laboratory for denoising autoencoders"
HELLO = (
    "# Seeing through noise\n"
    "Neural networks recover pictures from noise, in medical scans or night photos. "
    "See where they fail."
)
TABS = {  # besides the laboratory: label, contents, parameters that a link to it adds
    "learn": ("Learn", build_learn_tab, ()),
    "figures": ("Figures", build_figures_tab, ("figure",)),
    "training": ("Training", build_training_tab, ("trained",)),
    "explanation": ("How it works", build_explanation, ()),
}


def build_demo(problems: dict[str, str]) -> gr.Blocks:
    """Build the page; networks that cannot be used, by id, are left out with a message."""
    usable = [key for key in list_denoisers() if key not in problems]
    views = {key: spec.parameters for key, spec in VIEWS.items()}
    others = {key: parameters for key, (_, _, parameters) in TABS.items()}
    with LocalisedBlocks(
        title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600), fill_width=True
    ) as demo:
        gr.Markdown(HELLO, elem_id="title")
        state = build_state(usable, views, others)
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Laboratory", id="laboratory", elem_id="tab-laboratory") as first:
                parts = {"state": state, "tabs": tabs, **build_laboratory(VIEWS, state, problems)}
            opened = "() => {{ window.laboratory?.openTab('{}'); }}"
            first.select(fn=None, js=opened.format("laboratory"))
            for key, (label, build, _) in TABS.items():
                with gr.Tab(label, id=key, elem_id=f"tab-{key}") as tab:
                    parts |= build(problems)
                tab.select(fn=None, js=opened.format(key))
        gr.Markdown(f"denoise_demo {__version__}", elem_id="version")
        connect(Page(parts, usable, views, others))
        build_api(problems)
        forget_visitors(demo)
    demo._queue.max_size = limits().waiting  # demo.queue() would build the whole server again
    demo._queue.sleep_when_free = 0.01  # seconds; polling every millisecond takes 5 % of a core
    return demo


def command_line() -> argparse.ArgumentParser:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    help_text = "networks to show, as train.py --out FOLDER makes them (or DENOISE_WEIGHTS_DIR)"
    parser.add_argument("--weights", metavar="FOLDER", type=Path, help=help_text)
    return parser


def main() -> int:
    """Start the page."""
    plain_console()
    parser = command_line()
    if (folder := parser.parse_args().weights) and not folder.is_dir():
        parser.error(f"{folder} is no folder: give one that train.py --out has made")
    if folder:
        os.environ["DENOISE_WEIGHTS_DIR"] = str(folder)
    torch.set_num_threads(1)  # images are too small for several threads to help
    try:
        limit_memory(limits().upload_memory_mb)
        serve_page()
        print(f"* Networks are computed by {describe_engine()}", flush=True)
        if os.environ.get("DENOISE_DOWNLOAD") == "1":
            load_mnist("test", download=True)
    except DataError as error:
        print(f"app.py: {error}", file=sys.stderr)  # the built-in digits still work
    except ValueError as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 1
    problems = load_all()
    options: dict[str, Any] = {"routes": []}
    if wants_mcp(os.environ):
        from denoise_demo.ui import mcp  # noqa: PLC0415 - needs an optional package

        options = mcp.options(problems)
    guards = [Middleware(Guard, limits(), os.environ.get("DENOISE_EMBEDDERS") or EMBEDDERS)]
    guards += [Middleware(Localised)]
    demo = build_demo(problems)
    routes = [MODULES, live_route(demo, [leave]), *health.ROUTES, *options["routes"]]
    demo.launch(
        theme=THEME,
        css=CSS,
        head=HEAD,
        footer_links=["api", "settings"],
        app_kwargs=options
        | {"routes": routes, "middleware": guards, "exception_handlers": ERROR_HANDLERS},
        mcp_server=False,  # Gradio's own would fetch addresses; see denoise_demo/ui/mcp.py
        max_threads=2 * limits().waiting,  # jobs of the queue, most of which wait for a turn
        max_file_size=f"{limits().upload_mb}mb",
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        prevent_thread_lock=True,
        state_session_capacity=limits().sessions,
    )
    guard_connections(demo.server)
    threading.Thread(target=warm_up, name="warming up", daemon=True).start()
    demo.block_thread()
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, ON_INTERRUPT)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # Gradio closes its server
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
