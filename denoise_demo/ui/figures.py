"""The figures tab: the articles' figures for any network and any digits, and the weight files."""

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import gradio as gr
from gradio.context import Context
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from denoise_demo import figures, plots, sources
from denoise_demo.checkpoints import CheckpointError, checkpoint_path, read_metadata
from denoise_demo.data import has_mnist
from denoise_demo.experiment import SEED_MAXIMUM
from denoise_demo.methods import methods
from denoise_demo.models import MODELS
from denoise_demo.noise import Corruption
from denoise_demo.recipes import ARTICLES, RECIPES, get_recipe
from denoise_demo.ui.errors import shown_errors

FIRST_FIGURE = "s0-rising-noise"
LOSSES = {
    "bce": "binary cross-entropy",
    "mse": "mean squared error",
    "cross-entropy": "cross-entropy",
}
SETTINGS = {"lr": "learning rate", "eps": "epsilon"}
SCORES = {"psnr": "PSNR {:.2f} dB", "ssim": "SSIM {:.3f}", "accuracy": "accuracy {:.2%}"}
NO_MNIST = "The MNIST test set joins the list once its files are on this computer."
# Only the page knows what is on the laboratory's stage; it goes into the last, hidden input.
_WITH_PICTURE = """(...values) => [
  ...values.slice(0, -1), window.laboratory ? window.laboratory.picture() : ""
]"""
_PRIVATE: dict[str, Any] = {"api_visibility": "private", "trigger_mode": "always_last"}


def build_figures_tab(problems: dict[str, str]) -> None:
    """Create the tab's contents; `problems` names the recipes that cannot be used."""
    tab, page = Context.block, Context.root_block
    shown = tab.select if isinstance(tab, gr.Tab) else page.load
    with gr.Row(elem_classes="figures"):
        with gr.Column(scale=1, min_width=300):
            usable = [key for key in methods() if key not in problems]
            controls = _controls(usable)
            button = gr.Button("Draw the figure", variant="primary", elem_id="figure-draw")
        with gr.Column(scale=3, min_width=320):
            outputs = [gr.Markdown(elem_id="figure-explanation"), _image("figure-image")]
            outputs += [gr.DownloadButton("Download (PNG)", elem_id="figure-download")]
    kind, recipe, source, first, seed, _ = controls.values()
    drawing = {"fn": draw_figure, "inputs_kwargs": controls, "outputs": outputs}
    drawing |= {"js": _WITH_PICTURE, "show_progress": "minimal"} | _PRIVATE
    gr.on([page.load, shown], list_sources, None, source, **_PRIVATE)
    gr.on([shown, button.click, recipe.input, first.input, seed.input], **drawing)
    follow = partial(follow_figure, usable)
    kind.input(follow, kind, [recipe, first], **_PRIVATE).success(**drawing)
    source.input(follow_source, source, first, **_PRIVATE).success(**drawing)
    _weights(shown)


def _controls(usable: list[str]) -> dict[str, Any]:
    """Create the controls, by the names that `figures.draw` gives them."""
    spec = figures.FIGURES[FIRST_FIGURE]
    last = sources.count_digits("built-in") - 1
    with gr.Group():
        kind = gr.Dropdown(
            [(figure.title, key) for key, figure in figures.FIGURES.items()],
            value=FIRST_FIGURE,
            label="Figure",
            info="Sets the network and the digit of its article.",
            elem_id="figure-kind",
        )
        recipe = gr.Dropdown(
            [(methods()[key].label, key) for key in usable],
            value=spec.recipe if spec.recipe in usable else next(iter(usable), None),
            label="Denoiser",
            elem_id="figure-recipe",
        )
        source = gr.Radio(
            [(sources.COLLECTIONS[key], key) for key in ("built-in", "laboratory")],
            value="built-in",
            label="Digits from",
            elem_id="figure-source",
        )
        first = gr.Slider(
            0, last, spec.first, step=1, precision=0, label="First digit", elem_id="figure-index"
        )
        seed = gr.Number(
            0,
            minimum=0,
            maximum=SEED_MAXIMUM,
            precision=0,
            label="Noise seed",
            info="Another seed: another pattern of the same strength.",
            elem_id="figure-seed",
        )
    picture = gr.Textbox(visible="hidden", elem_id="figure-picture")
    controls = (kind, recipe, source, first, seed, picture)
    return dict(
        zip(("kind", "recipe", "source", "first", "seed", "picture"), controls, strict=True)
    )


def _weights(shown: Any) -> None:
    """Create the section about the weight files."""
    gr.Markdown("## Trained weights\nWhat each file is, how it was trained, and the file itself.")
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            choices = [(RECIPES[key].label, key) for key in RECIPES]
            recipe = gr.Dropdown(choices, label="Network", elem_id="card-recipe")
            history = _image("card-history", "Training and validation loss over the epochs")
            with gr.Row():
                weights = gr.DownloadButton("Weights (safetensors)", elem_id="card-weights")
                file = gr.DownloadButton("Card (Markdown)", elem_id="card-file")
        with gr.Column(scale=3, min_width=320):
            card = gr.Markdown(elem_id="card")
    outputs = [card, history, weights, file]
    gr.on([shown, recipe.input], show_card, recipe, outputs, show_progress="hidden", **_PRIVATE)


def draw_figure(*, kind: str, recipe: str, **choices: Any) -> tuple[str, Any, str]:
    """Draw the figure; return its explanation, the picture and the file."""
    with shown_errors():
        figure = figures.draw(kind, recipe=recipe, **choices)
    path = _keep(plots.to_png(figure), figures.file_name(kind, recipe))
    words = figures.get_figure(kind).explanation
    return words, gr.Image(path, alt_text=words), path


def list_sources() -> Any:
    """Offer the MNIST test set when its files are there."""
    present = has_mnist("test")
    choices = [
        (label, key) for key, label in sources.COLLECTIONS.items() if present or key != "mnist"
    ]
    return gr.Radio(choices, info=None if present else NO_MNIST)


def follow_figure(usable: list[str], kind: str) -> tuple[Any, Any]:
    """Set the figure's own recipe, if it can be used, and the digit of its article."""
    spec = figures.get_figure(kind)
    value = {"value": spec.recipe} if spec.any_recipe and spec.recipe in usable else {}
    return gr.Dropdown(interactive=spec.any_recipe, **value), spec.first


def follow_source(source: str) -> Any:
    """Let the first digit span the source; the laboratory has one picture only."""
    with shown_errors():
        last = sources.count_digits(source) - 1
    span = {"maximum": last, "value": 0} if last else {}
    return gr.Slider(interactive=bool(last), **span)


def show_card(recipe: str) -> tuple[Any, ...]:
    """Return a recipe's card, the history of its losses, and the weights and the card as files."""
    path = checkpoint_path(recipe)
    try:
        metadata, content = read_metadata(path), path.read_bytes()
        card = describe_weights(metadata, content)
        plot = plots.loss_history(metadata["history"], LOSSES[metadata["recipe"]["loss"]])
    except (CheckpointError, OSError) as error:
        return _no_card(str(error))
    except (KeyError, TypeError, ValueError):
        return _no_card(f"{path.name} does not say how it was trained: train it again")
    files = [(content, path.name), (card.encode(), f"{recipe}-card.md")]
    history = gr.Image(_keep(plots.to_png(plot), f"{recipe}-history.png"), visible=True)
    return card, history, *(gr.DownloadButton(value=_keep(*f), interactive=True) for f in files)


def describe_weights(metadata: Mapping[str, Any], content: bytes) -> str:
    """Return the card of a weight file, its metadata and its bytes, in Markdown."""
    recipe, data = metadata["recipe"], metadata["data"]
    title, lesson = get_recipe(recipe["id"]).title, get_recipe(recipe["id"]).lesson
    corruption: dict[str, Any] = {  # JSON has no tuples
        key: tuple(value) if isinstance(value, list) else value
        for key, value in recipe["corruption"].items()
    }
    words = Corruption(**corruption).describe()
    drawn = " (new noise for every batch)" if recipe["fresh"] else " (noise drawn once)"
    settings = ", ".join(
        f"{SETTINGS[name]} {value:g}" for name, value in recipe["settings"].items()
    )
    metrics = metadata["metrics"]
    scores = [text.format(metrics[key]) for key, text in SCORES.items() if key in metrics]
    facts = {
        "Recipe": f"`{recipe['id']}`",
        "Article": f"{recipe['article']}: {ARTICLES[recipe['article']]}",
        "Network": MODELS[recipe["model"]].label,
        "Parameters": f"{metadata['parameters']:,}",
        "Trained on": words + (drawn if corruption["kind"] != "none" else ""),
        "Loss": LOSSES[recipe["loss"]],
        "Optimiser": f"{recipe['optimiser']}, {settings}; batches of {recipe['batch']}",
        "Epochs": f"{metadata['epochs']} of at most {recipe['epochs']}",
        "Time": f"{metadata['seconds']:,.0f} s on {metadata['device']}",
        "PyTorch": metadata["torch"],
        "Seed": metadata["seed"],
        "Data": f"{data['name']}; the last {recipe['validation']:,} training images validate",
        "Test score": f"{', '.join(scores)} at the evaluation point `{recipe['point']}`",
        "Train it again": f"`{metadata['command']}`",
        "SHA-256": f"`{hashlib.sha256(content).hexdigest()}`",
        "Licence": "Apache-2.0",
    }
    lines = "\n".join(f"- **{name}:** {fact}" for name, fact in facts.items())
    return f"### {title}\n\n{lesson}\n\n{lines}\n"


def _no_card(reason: str) -> tuple[Any, ...]:
    """Say why a network cannot be used, and offer nothing to download."""
    nothing = gr.DownloadButton(value=None, interactive=False)
    words = f"**This network cannot be used:** {reason}."
    return words, gr.Image(None, visible=False), nothing, nothing


def _image(name: str, alt_text: str | None = None) -> Any:
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


def _keep(content: bytes, name: str) -> str:
    """Keep a file in Gradio's cache, from which the page may fetch it."""
    path: str = save_bytes_to_cache(content, name, get_upload_folder())
    return path
