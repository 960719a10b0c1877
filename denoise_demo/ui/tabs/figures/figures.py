"""The figures tab: the articles' figures for any network and any pictures."""

from collections.abc import Collection
from functools import partial

import gradio as gr
from gradio.blocks import Block
from gradio.context import Context

from denoise_demo.benchmark import ResultsError
from denoise_demo.common import SEED_MAXIMUM, JsonObject
from denoise_demo.data import get_domain
from denoise_demo.denoisers import list_denoisers
from denoise_demo.figures import canvas, registry
from denoise_demo.hosting import on_gpu
from denoise_demo.lab import collections_of, count_pictures, figure_sources
from denoise_demo.ui.web.errors import shown_errors
from denoise_demo.ui.web.events import in_turn
from denoise_demo.ui.web.files import image_place, keep

FIRST_FIGURE = "s0-rising-noise"
# The page's script fills the last two inputs, which are hidden: the laboratory's picture, and
# whether the page is dark.
_WITH_PICTURE = "(...values) => window.laboratory?.figureDrawn(values) ?? values"
_CHANGED = "(kind, source) => [window.laboratory?.isDrawn(kind) ? null : kind, source]"
Drawn = tuple[str, gr.Image, gr.DownloadButton]  # explanation, picture, file
Choices = tuple[gr.Dropdown, gr.Radio, gr.Slider, gr.Number]  # denoiser, source, first, seed
CHOICES = ("kind", "denoiser", "source", "first", "seed")  # by the names that `figures.draw` gives
_PRIVATE: JsonObject = {
    "api_visibility": "private",
    "trigger_mode": "always_last",
    "concurrency_limit": None,
}


def build_figures_tab(problems: Collection[str]) -> dict[str, Block]:
    """Create the tab's contents; return the choices in it, which a link may set.

    `problems` names the networks that cannot be used.
    """
    tab, page = Context.block, Context.root_block
    shown = tab.select if isinstance(tab, gr.Tab) else page.load
    gr.Markdown(
        "**Choose an article's figure** and put another network or other pictures into it.",
        elem_classes="lead",
    )
    with gr.Row(elem_classes="figures"):
        with gr.Column(scale=1, min_width=300):
            usable = [key for key in list_denoisers() if key not in problems]
            controls = _controls(usable)
            button = gr.Button("Draw the figure", variant="primary", elem_id="figure-draw")
        with gr.Column(scale=3, min_width=320):
            outputs = [gr.Markdown(elem_id="figure-explanation"), image_place("figure-image")]
            outputs += [gr.DownloadButton("Download (PNG)", elem_id="figure-download")]
    kind, denoiser, source, first, seed, *_ = controls.values()
    chosen = [denoiser, source, first, seed]
    drawing = {"fn": in_turn(draw_figure), "inputs_kwargs": controls, "outputs": outputs}
    drawing |= {"js": _WITH_PICTURE, "show_progress": "minimal"} | _PRIVATE
    gr.on([page.load, shown], list_sources, kind, source, **_PRIVATE)
    gr.on([shown, button.click, denoiser.input, first.input, seed.input], **drawing)
    follow = partial(follow_figure, usable)
    # Gradio reports a dropdown's choice twice, the second time with a source of the old list.
    followed = kind.input(follow, [kind, source], chosen, preprocess=False, js=_CHANGED, **_PRIVATE)
    followed.success(**drawing)
    source.input(follow_source, [kind, source], first, **_PRIVATE).success(**drawing)
    return {f"figure_{name}": controls[name] for name in CHOICES}


def _controls(usable: list[str]) -> JsonObject:
    """Create the controls, by the names that `figures.draw` gives them."""
    spec = registry.FIGURES[FIRST_FIGURE]
    with gr.Group():
        kind = gr.Dropdown(
            [(figure.title, key) for key, figure in registry.FIGURES.items()],
            value=FIRST_FIGURE,
            label="Figure",
            info="Also selects the article's network and picture.",
            elem_id="figure-kind",
        )
        denoiser = gr.Dropdown(
            **_denoisers(usable, spec), label="Denoiser", elem_id="figure-recipe"
        )
        source = gr.Radio(**_sources(spec.domain), value="example", elem_id="figure-source")
        first = gr.Slider(
            0,
            **_span(spec.domain, "example") | {"value": spec.first},
            step=1,
            precision=0,
            buttons=[],
            elem_id="figure-index",
        )
        seed = gr.Number(
            0,
            minimum=0,
            maximum=SEED_MAXIMUM,
            precision=0,
            label="Noise seed",
            info="Another seed gives another noise pattern of the same strength.",
            elem_id="figure-seed",
        )
    picture = gr.Textbox(visible="hidden", elem_id="figure-picture")
    dark = gr.Checkbox(visible="hidden", elem_id="figure-dark")
    controls = (kind, denoiser, source, first, seed, picture, dark)
    return dict(zip((*CHOICES, "picture", "dark"), controls, strict=True))


def draw_figure(
    *, kind: str, denoiser: str, **choices: object
) -> tuple[str, gr.Image, gr.DownloadButton]:
    """Draw the figure; return its explanation, the picture and the file."""
    with shown_errors():
        return _draw(kind, denoiser, choices)


def _draw(kind: str, denoiser: str, choices: JsonObject) -> Drawn:
    """Draw the figure, or say that the benchmark has to run first."""
    spec = registry.get_figure(kind)
    words = f"{spec.explanation}\n\n{spec.details}"
    paint = _paint_on_gpu if spec.is_dreamt else _paint
    try:
        shown, content = paint(kind, denoiser, choices)
    except ResultsError as error:
        text = f"**This figure has no numbers yet:** {error}.\n\n{words}"
        return text, gr.Image(None), gr.DownloadButton(value=None, interactive=False)
    name = registry.file_name(kind, denoiser)
    file = gr.DownloadButton(value=keep(content, name), interactive=True)
    return words, gr.Image(keep(shown, name), alt_text=spec.explanation), file


def _paint(kind: str, denoiser: str, choices: JsonObject) -> tuple[bytes, bytes]:
    """Draw a figure; return its PNG file in the page's colours, and that for white paper."""
    dark = choices.pop("dark", False)
    figure = registry.draw(kind, denoiser=denoiser, **choices)
    paper = canvas.to_png(figure)
    return canvas.to_png(canvas.darken(figure)) if dark else paper, paper


@on_gpu(seconds=30)
def _paint_on_gpu(kind: str, denoiser: str, choices: JsonObject) -> tuple[bytes, bytes]:
    """Draw a figure that takes seconds; of its errors only messages reach another process."""
    with shown_errors():
        return _paint(kind, denoiser, choices)


def list_sources(kind: str) -> gr.Radio:
    """Offer the sources of the figure's domain whose files are available."""
    return gr.Radio(**_sources(registry.get_figure(kind).domain))


def follow_figure(
    usable: Collection[str], kind: str | None, source: str
) -> tuple[gr.Dropdown, gr.Radio, gr.Slider, gr.Number]:
    """Set the figure's own denoiser, if it can be used, and the picture of its article.

    Nothing changes with `kind` None, when the list was closed without another choice.

    The lists follow the figure's domain; a figure of the benchmark's results takes no pictures.
    """
    if kind is None:
        return gr.skip(), gr.skip(), gr.skip(), gr.skip()
    with shown_errors():
        spec = registry.get_figure(kind)
        known, drawn = figure_sources(spec.domain), bool(spec.pictures)
        source = source if source in known else next(iter(known))
        span = _span(spec.domain, source)
    span |= {"value": spec.first if span["interactive"] else 0}
    return (
        gr.Dropdown(**_denoisers(usable, spec), visible=spec.any_denoiser),
        gr.Radio(**_sources(spec.domain), value=source, interactive=drawn),
        gr.Slider(**span | {"interactive": drawn and span["interactive"]}),
        gr.Number(interactive=spec.has_seed),
    )


def set_figure(usable: Collection[str], text: str) -> JsonObject:
    """Return what a link's figure, KIND:DENOISER:SOURCE:FIRST:SEED, sets of the choices."""
    kind, denoiser, source, first, seed = text.split(":")
    values = (denoiser, source, int(first), int(seed))
    controls = follow_figure(usable, kind, source)
    updates = {
        f"figure_{name}": type(control)(**control.constructor_args | {"value": value})
        for name, control, value in zip(CHOICES[1:], controls, values, strict=True)
    }
    return {"figure_kind": kind, **updates}


def follow_source(kind: str, source: str) -> gr.Slider:
    """Set the range of the first picture's number to that of the source."""
    with shown_errors():
        return gr.Slider(**_span(registry.get_figure(kind).domain, source))


def _denoisers(usable: Collection[str], spec: registry.FigureSpec) -> JsonObject:
    """Return the denoisers that a figure offers, and the article's own."""
    names = [key for key in list_denoisers(spec.domain) if key in usable]
    own = spec.denoiser if spec.denoiser in names else next(iter(names), None)
    return {"choices": [(list_denoisers()[key].label, key) for key in names], "value": own}


def _sources(domain: str) -> JsonObject:
    """Return a domain's sources of pictures, and how to get those that are missing."""
    missing = {key: entry for key, entry in collections_of(domain).items() if not entry.available()}
    choices = [(name, key) for key, name in figure_sources(domain).items() if key not in missing]
    info = " ".join(entry.missing for entry in missing.values()) or None
    return {"choices": choices, "info": info, "label": f"{domain.capitalize()} from"}


def _span(domain: str, source: str) -> JsonObject:
    """Return the range of the first picture's number; the laboratory has one picture only."""
    last = count_pictures(domain, source) - 1
    span = {"maximum": last, "value": 0} if last else {}
    label = f"First {get_domain(domain).noun}"
    return span | {"label": label, "interactive": bool(last)}
