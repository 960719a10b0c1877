"""The figures tab: the articles' figures for any recipe and any digits, and the trained weights."""

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import gradio as gr
from gradio.context import Context
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from denoise_demo import figures, plots
from denoise_demo.checkpoints import CheckpointError, checkpoint_path, read_metadata
from denoise_demo.data import has_mnist
from denoise_demo.experiment import SEED_MAXIMUM
from denoise_demo.models import MODELS
from denoise_demo.noise import Corruption
from denoise_demo.recipes import ARTICLES, RECIPES, denoisers

CSS = """
#figure-image img { width: 100%; max-height: 80vh; object-fit: contain; }
#card td { overflow-wrap: anywhere; }
#card td:first-child { white-space: nowrap; }
"""
FIRST_FIGURE = "s0-rising-noise"
LOSSES = {
    "bce": "binary cross-entropy",
    "mse": "mean squared error",
    "cross-entropy": "cross-entropy",
}
SCORES = {
    "psnr": "PSNR {:.2f} dB",
    "ssim": "SSIM {:.3f}",
    "bce": "binary cross-entropy {:.4f}",
    "accuracy": "accuracy {:.2%}",
}
NO_MNIST = "The MNIST test set joins the list once its files are in DENOISE_DATA_DIR."
# Only the page knows what is on the laboratory's stage; it goes into the last, hidden input.
_WITH_PICTURE = """(...values) => [
  ...values.slice(0, -1), window.laboratory ? window.laboratory.picture() : ""
]"""
_PRIVATE: dict[str, Any] = {"api_visibility": "private", "trigger_mode": "always_last"}


def build_figures_tab(problems: dict[str, str]) -> None:
    """Create the tab's contents; `problems` names the recipes that cannot be used, with reasons."""
    # Inside a tab, the first picture waits until somebody looks.
    tab, page = Context.block, Context.root_block
    shown = tab.select if isinstance(tab, gr.Tab) else page.load
    _build_drawing(problems, shown, page)
    _build_weights(shown)


def _build_drawing(problems: dict[str, str], shown: Any, page: Any) -> None:
    """Create the controls and the figure, and connect them."""
    spec = figures.FIGURES[FIRST_FIGURE]
    recipes = [key for key in denoisers() if key not in problems]
    with gr.Row():
        with gr.Column(scale=1, min_width=280):
            kind = gr.Dropdown(
                [(figure.title, key) for key, figure in figures.FIGURES.items()],
                value=FIRST_FIGURE,
                label="Figure",
                info="Choosing one sets the recipe and the digit of its article.",
                elem_id="figure-kind",
            )
            recipe = gr.Dropdown(
                [(f"{key} · {RECIPES[key].title}", key) for key in recipes],
                value=spec.recipe if spec.recipe in recipes else next(iter(recipes), None),
                label="Recipe",
                info="The trained network.",
                elem_id="figure-recipe",
            )
            source = gr.Radio(
                [(figures.SOURCES[key], key) for key in ("built-in", "laboratory")],
                value="built-in",
                label="Digits from",
                elem_id="figure-source",
            )
            first = gr.Slider(
                0,
                figures.count_digits("built-in") - 1,
                value=spec.first,
                step=1,
                precision=0,
                label="First digit",
                elem_id="figure-index",
            )
            seed = gr.Number(
                0,
                minimum=0,
                maximum=SEED_MAXIMUM,
                precision=0,
                label="Noise seed",
                info="Another seed, another pattern of the same strength.",
                elem_id="figure-seed",
            )
            button = gr.Button("Draw the figure", variant="primary")
        with gr.Column(scale=3, min_width=320):
            explanation = gr.Markdown(spec.explanation, elem_id="figure-explanation")
            image = gr.Image(
                format="png",
                type="filepath",
                show_label=False,
                buttons=["download", "fullscreen"],
                interactive=False,
                elem_id="figure-image",
            )
            download = gr.DownloadButton("Download the figure (PNG)", elem_id="figure-download")
    picture = gr.Textbox(visible="hidden", elem_id="figure-picture")

    drawing = {
        "fn": draw_figure,
        "inputs_kwargs": {
            "kind": kind,
            "recipe": recipe,
            "source": source,
            "first": first,
            "seed": seed,
            "picture": picture,
        },
        "outputs": [explanation, image, download],
        "js": _WITH_PICTURE,
        "show_progress_on": image,
        **_PRIVATE,
    }
    page.load(list_sources, None, source, **_PRIVATE)
    gr.on([shown, button.click, recipe.input, first.input, seed.input], **drawing)
    follow = partial(follow_figure, recipes)
    kind.input(follow, kind, [recipe, first], **_PRIVATE).success(**drawing)
    source.input(follow_source, source, first, **_PRIVATE).success(**drawing)


def _build_weights(shown: Any) -> None:
    """Create the section about the weight files."""
    gr.Markdown("### Trained weights\nWhat each file is, how it was trained, and the file itself.")
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            recipe = gr.Dropdown(
                [(f"{key} · {RECIPES[key].title}", key) for key in RECIPES],
                label="Recipe",
                elem_id="card-recipe",
            )
            history = gr.Image(
                format="png",
                type="filepath",
                show_label=False,
                buttons=["fullscreen"],
                interactive=False,
                elem_id="card-history",
                alt_text="Training and validation loss over the epochs",
            )
            with gr.Row():
                weights = gr.DownloadButton("Weights (safetensors)", elem_id="card-weights")
                file = gr.DownloadButton("Card (Markdown)", elem_id="card-file")
        with gr.Column(scale=3, min_width=320):
            card = gr.Markdown(elem_id="card")
    outputs = [card, history, weights, file]
    gr.on([shown, recipe.input], show_card, recipe, outputs, **_PRIVATE)


def draw_figure(*, kind: str, recipe: str, **choices: Any) -> tuple[str, Any, str]:
    """Draw the figure; return its explanation, the picture and the file."""
    try:
        figure = figures.draw(kind, recipe=recipe, **choices)
    except ValueError as error:
        raise _failure(error) from error
    path = _keep(plots.to_png(figure), figures.file_name(kind, recipe))
    words = figures.get_figure(kind).explanation
    return words, gr.Image(path, alt_text=words), path


def list_sources() -> Any:
    """Offer the MNIST test set when its files are there."""
    present = has_mnist("test")
    keys = [key for key in figures.SOURCES if present or key != "mnist"]
    choices = [(figures.SOURCES[key], key) for key in keys]
    return gr.Radio(choices, info=None if present else NO_MNIST)


def follow_figure(usable: list[str], kind: str) -> tuple[Any, Any]:
    """Set the figure's own recipe, if it can be used, and the digit of its article."""
    spec = figures.get_figure(kind)
    value = {"value": spec.recipe} if spec.any_recipe and spec.recipe in usable else {}
    return gr.Dropdown(interactive=spec.any_recipe, **value), spec.first


def follow_source(source: str) -> Any:
    """Let the first digit span the source; the laboratory has one picture only."""
    try:
        last = figures.count_digits(source) - 1
    except ValueError as error:
        raise _failure(error) from error
    return (
        gr.Slider(maximum=last, value=0, interactive=True) if last else gr.Slider(interactive=False)
    )


def show_card(recipe: str) -> tuple[Any, ...]:
    """Return a recipe's card, the history of its losses, and the weights and the card as files."""
    path = checkpoint_path(recipe)
    try:
        metadata = read_metadata(path)
        content = path.read_bytes()
        card = describe_weights(metadata, content)
        plot = plots.loss_history(metadata["history"], LOSSES[metadata["recipe"]["loss"]])
    except (CheckpointError, OSError) as error:
        return _no_card(str(error))
    except (KeyError, TypeError, ValueError):
        return _no_card(f"{path.name} does not say how it was trained: train it again.")
    files = [(content, path.name), (card.encode(), f"{recipe}-card.md")]
    history = _keep(plots.to_png(plot), f"{recipe}-history.png")
    return card, history, *(gr.DownloadButton(_keep(*file), interactive=True) for file in files)


def describe_weights(metadata: Mapping[str, Any], content: bytes) -> str:
    """Return the card of a weight file in Markdown.

    Args:
        metadata: what the file says of its training.
        content: the file's bytes.
    """
    recipe, data = metadata["recipe"], metadata["data"]
    corruption: dict[str, Any] = {  # JSON has no tuples
        key: tuple(value) if isinstance(value, list) else value
        for key, value in recipe["corruption"].items()
    }
    settings = ", ".join(f"{name} {value:g}" for name, value in recipe["settings"].items())
    scores = [
        text.format(metadata["metrics"][key])
        for key, text in SCORES.items()
        if key in metadata["metrics"]
    ]
    facts = {
        "Article": f"{recipe['article']}: {ARTICLES[recipe['article']]}",
        "Network": MODELS[recipe["model"]].label,
        "Parameters": f"{metadata['parameters']:,}",
        "Trained on": f"{Corruption(**corruption).describe()}; "
        + ("new noise for every batch" if recipe["fresh"] else "noise drawn once"),
        "Loss": LOSSES[recipe["loss"]],
        "Optimiser": f"{recipe['optimiser']}, {settings}; batches of {recipe['batch']}",
        "Epochs": f"{metadata['epochs']}",
        "Time": f"{metadata['seconds']:,.0f} s on {metadata['device']}",
        "PyTorch": metadata["torch"],
        "Seed": f"{metadata['seed']}",
        "Data": f"{data['name']}; the last {recipe['validation']:,} training images validate",
        "Test score": f"{', '.join(scores)} at its own point, {recipe['point']}",
        "Train it again": f"`{metadata['command']}`",
        "SHA-256": f"`{hashlib.sha256(content).hexdigest()}`",
        "Licence": "Apache-2.0",
    }
    table = [f"| {name} | {fact} |" for name, fact in facts.items()]
    head = [
        f"#### {recipe['title']}",
        "",
        recipe["lesson"],
        "",
        f"| `{recipe['id']}` | |",
        "| --- | --- |",
    ]
    return "\n".join([*head, *table, ""])


def _no_card(reason: str) -> tuple[Any, ...]:
    """Say why a network cannot be used, and offer nothing to download."""
    nothing = gr.DownloadButton(value=None, interactive=False)
    return f"**This network cannot be used.** {_sentence(reason)}", None, nothing, nothing


def _keep(content: bytes, name: str) -> str:
    """Keep a file in Gradio's cache, from which the page may fetch it."""
    path: str = save_bytes_to_cache(content, name, get_upload_folder())
    return path


def _failure(error: ValueError) -> Exception:
    """Put what is wrong into a message on the page."""
    failure: Exception = gr.Error(_sentence(str(error)), print_exception=False)
    return failure


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
