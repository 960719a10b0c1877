"""The training tab: what each weight file is, how it was trained, and the file itself."""

import hashlib

import gradio as gr
from gradio.blocks import Block
from gradio.context import Context

from denoise_demo.common import JsonObject
from denoise_demo.denoisers import (
    ARTICLES,
    RECIPES,
    CheckpointError,
    checkpoint_path,
    get_recipe,
    in_its_folder,
    read_metadata,
)
from denoise_demo.training import LICENCES, loss_label, training_facts
from denoise_demo.ui.web.files import keep
from denoise_demo.ui.web.vega import chart

SCORES = {"psnr": "PSNR {:.2f} dB", "ssim": "SSIM {:.3f}", "accuracy": "accuracy {:.2%}"}


def build_training_tab(_: object) -> dict[str, Block]:
    """Create the tab's contents; return the choice of the network, which a link may set."""
    tab, page = Context.block, Context.root_block
    shown = tab.select if isinstance(tab, gr.Tab) else page.load
    gr.Markdown(
        "**Choose a network and see how it was trained**: its *losses* epoch by *epoch*, every "
        "setting, and the command that trains it again.",
        elem_classes="lead",
    )
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            choices = [(RECIPES[key].label, key) for key in RECIPES]
            recipe = gr.Dropdown(choices, label="Network", elem_id="card-recipe")
            card = gr.Markdown(elem_id="card")
        with gr.Column(scale=3, min_width=320):
            history = gr.Plot(show_label=False, elem_id="card-history")
            with gr.Row():
                weights = gr.DownloadButton("Weights (safetensors)", elem_id="card-weights")
                file = gr.DownloadButton("Card (Markdown)", elem_id="card-file")
    outputs = [card, history, weights, file]
    gr.on(
        [shown, recipe.input],
        show_card,
        recipe,
        outputs,
        show_progress="hidden",
        api_visibility="private",
        trigger_mode="always_last",
        js="(recipe) => (window.laboratory?.chosen('trained', recipe), [recipe])",
    )
    return {"trained": recipe}


def show_card(recipe: str) -> tuple[object, ...]:
    """Return a recipe's card, the history of its losses, and the weights and the card as files."""
    from denoise_demo.figures.curves import loss_curves  # noqa: PLC0415 - see `figures`

    path = checkpoint_path(recipe)
    try:
        metadata, content = read_metadata(in_its_folder(path)), path.read_bytes()
        card = describe_weights(metadata, content)
        history = chart(loss_curves(metadata["history"], loss_label(metadata["recipe"]["loss"])))
        files = [(content, path.name), (card.encode(), f"{recipe}-card.md")]
    except CheckpointError as error:
        return _no_card(str(error))
    except OSError as error:
        return _no_card(f"{path.name} cannot be read ({error.strerror}): restore the file")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return _no_card(f"{path.name} does not say how it was trained: train it again")
    return card, history, *(gr.DownloadButton(value=keep(*f), interactive=True) for f in files)


def describe_weights(metadata: JsonObject, content: bytes) -> str:
    """Return the card of a weight file, its metadata and its bytes, in Markdown."""
    recipe = metadata["recipe"]
    title, lesson = get_recipe(recipe["id"]).title, get_recipe(recipe["id"]).lesson
    metrics = metadata["metrics"]
    scores = [text.format(metrics[key]) for key, text in SCORES.items() if key in metrics]
    facts = {
        "Recipe": f"`{recipe['id']}`",
        "Article": f"{recipe['article']}: {ARTICLES[recipe['article']]}",
        **training_facts(metadata),
        "Time": f"{metadata['seconds']:,.0f} s on {metadata['device']}",
        "PyTorch": metadata["torch"],
        "Test score": f"{', '.join(scores)} at the evaluation point `{recipe['point']}`",
        "Train it again": f"`{metadata['command']}`",
        "SHA-256": f"`{hashlib.sha256(content).hexdigest()}`",
        "Licence": LICENCES[get_recipe(recipe["id"]).domain],
    }
    rows = "\n".join(f"- **{name}:** {fact}" for name, fact in facts.items())
    return f"## {title}\n\n{lesson}\n\n{rows}\n"


def _no_card(reason: str) -> tuple[object, ...]:
    """Say why a network cannot be used, and offer nothing to download."""
    nothing = gr.DownloadButton(value=None, interactive=False)
    words = f"**This network cannot be used:** {reason}."
    return words, None, nothing, nothing
