"""The first tab: choose a picture, corrupt it, and watch a network clean it."""

import base64
import io
import json
import time
from typing import Any

import gradio as gr

from denoise_demo.checks import lookup
from denoise_demo.data import DataError, has_mnist, load_examples, load_mnist, mnist_test
from denoise_demo.experiment import SEED_MAXIMUM
from denoise_demo.images import read_image, to_digit, to_pil
from denoise_demo.noise import BLUR_MAXIMUM, NOISES
from denoise_demo.presets import PRESETS, Preset
from denoise_demo.recipes import denoisers
from denoise_demo.sources import pixels_source
from denoise_demo.ui.stage import FIELDS, build_stage

INVERT = {"Automatic": None, "Yes": True, "No": False}
DEFAULT_KIND, DEFAULT_BLUR, DEFAULT_RECIPE = "uniform", 0.5, "conv-pool"
MNIST_COUNT = 10_000
PRIVATE = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}


def build_laboratory(problems: dict[str, str], demo: gr.Blocks) -> None:
    """Lay out the tab and connect it.

    Args:
        problems: what is wrong with the recipes that cannot be used.
        demo: the page, for what happens when it loads.
    """
    usable = [key for key in denoisers() if key not in problems]
    first = DEFAULT_RECIPE if DEFAULT_RECIPE in usable else next(iter(usable), None)
    gr.Markdown(
        "**Drag a slider, or draw a digit**, and watch a real network clean it on the next frame.",
        elem_classes="lead",
    )
    with gr.Row(elem_classes="laboratory"):
        with gr.Column(scale=1, min_width=300, elem_classes="controls"):
            with gr.Group():
                kind, level, blur, seed, new_noise = _noise_controls()
            with gr.Group():
                recipe = gr.Dropdown(
                    choices=[(_recipe_label(key), key) for key in usable],
                    value=first,
                    label="Network",
                    info="S0 to S3 is the article it comes from",
                    interactive=True,
                    elem_id=FIELDS["recipe"],
                )
                gr.HTML('<p class="network"></p>', elem_id="network", apply_default_css=False)
            with gr.Column(elem_classes="card"):
                sources = _source_controls()
            with gr.Group():
                preset = gr.Dropdown(
                    choices=[(p.label, key) for key, p in PRESETS.items() if p.recipe in usable],
                    value=None,
                    label="An article's figure",
                    info="sets every control at once",
                    interactive=True,
                    elem_id="preset",
                )
            reset = gr.Button("Reset everything", size="sm", elem_id="reset")
        with gr.Column(scale=3, min_width=320, elem_classes="stage-column"):
            if problems:
                lines = "\n".join(f"- {problem}" for problem in problems.values())
                gr.Markdown(
                    f"**Some networks cannot be used**; the others work.\n{lines}",
                    elem_id="problems",
                )
            stage = build_stage(_initial(first))

    controls = [kind, level, blur, recipe, seed]
    everything = [*controls, stage, sources["tabs"], sources["index"], preset]
    gr.on(
        [control.change for control in controls],
        fn=None,
        inputs=[kind, recipe],
        js="(kind, recipe) => { window.laboratory?.sync(kind, recipe); }",
    )
    kind.input(level_slider, kind, level, **PRIVATE)
    new_noise.click(fn=None, outputs=seed, js="() => Math.floor(Math.random() * 1e6)")
    preset.input(apply_preset, preset, everything, **PRIVATE)
    reset.click(lambda: reset_all(first), outputs=everything, **PRIVATE)
    _connect_sources(sources, stage)
    demo.load(show_mnist, outputs=[sources["absent"], sources["present"]], **PRIVATE)


def level_slider(kind: str, level: float | None = None) -> gr.Slider:
    """Return the level slider with the span, unit and default of this kind of noise."""
    spec = _friendly(lookup, NOISES, kind, "noise")
    return gr.Slider(
        spec.minimum,
        spec.maximum,
        spec.default if level is None else level,
        step=spec.step,
        label="Noise level",
        info=f"{spec.level_name}: {spec.unit}" if spec.unit else "no noise, no level",
        interactive=kind != "none",
        elem_id=FIELDS["level"],
    )


def apply_preset(key: str) -> list[Any]:
    """Set every control as the article's figure has it."""
    preset = _friendly(lookup, PRESETS, key, "preset")
    corruption = preset.corruption
    source, tab, note = _preset_picture(preset)
    return [
        corruption.kind,
        level_slider(corruption.kind, corruption.level),
        corruption.blur_sigma,
        preset.recipe,
        0,
        message(source, note),
        gr.Tabs(selected=tab),
        preset.index if tab == "mnist" else gr.skip(),
        key,
    ]


def reset_all(recipe: str | None) -> list[Any]:
    """Set every control as it was at the start."""
    source = message({"kind": "example", "index": 0})
    tabs = gr.Tabs(selected="example")
    level = level_slider(DEFAULT_KIND)
    return [DEFAULT_KIND, level, DEFAULT_BLUR, recipe, 0, source, tabs, 0, None]


def receive_upload(path: str | None, invert: str, centre: bool) -> str:
    """Read an uploaded picture and send it to the stage."""
    if path is None:
        return message(None)
    picture = _friendly(read_image, path)
    digit = _friendly(to_digit, picture, invert=INVERT[invert], centre=centre)
    return message(pixels_source(digit))


def get_mnist(progress: gr.Progress = gr.Progress()) -> tuple[Any, Any]:  # noqa: B008 - Gradio's way
    """Download the MNIST test digits."""
    progress(0, desc="Getting the MNIST test digits (1.6 MB)")
    _friendly(load_mnist, "test", download=True)
    return show_mnist()


def show_mnist() -> tuple[gr.Column, gr.Column]:
    """Show the MNIST controls, or the button that gets the digits."""
    present = has_mnist("test")
    return gr.Column(visible=not present), gr.Column(visible=present)


def message(source: dict[str, Any] | None, note: str = "") -> str:
    """Tell the stage which picture to show; the time makes a repeated message a new one."""
    return json.dumps({"source": source, "note": note, "time": time.time()})


def _initial(recipe: str | None) -> dict[str, Any]:
    return {
        "kind": DEFAULT_KIND,
        "level": NOISES[DEFAULT_KIND].default,
        "blur_sigma": DEFAULT_BLUR,
        "recipe": recipe,
        "seed": 0,
    }


def _recipe_label(key: str) -> str:
    recipe = denoisers()[key]
    return f"{recipe.article} · {recipe.title}"


def _noise_controls() -> tuple[gr.Dropdown, gr.Slider, gr.Slider, gr.Number, gr.Button]:
    """Create the controls of the corruption."""
    blur = gr.Slider(
        0,
        BLUR_MAXIMUM,
        DEFAULT_BLUR,
        step=0.01,
        label="Blur sigma",
        info="pixels; comes before the noise",
        interactive=True,
        elem_id=FIELDS["blur_sigma"],
    )
    kind = gr.Dropdown(
        choices=[(spec.label, key) for key, spec in NOISES.items()],
        value=DEFAULT_KIND,
        label="Noise",
        interactive=True,
        elem_id=FIELDS["kind"],
    )
    level = level_slider(DEFAULT_KIND)
    with gr.Row(equal_height=True):
        seed = gr.Number(
            0,
            precision=0,
            minimum=0,
            maximum=SEED_MAXIMUM,
            label="Noise seed",
            interactive=True,
            min_width=120,
            elem_id=FIELDS["seed"],
        )
        new_noise = gr.Button("New noise", size="sm", min_width=120, elem_id="new-noise")
    return kind, level, blur, seed, new_noise


def _source_controls() -> dict[str, Any]:
    """Create the ways to choose a picture, one tab each."""
    made: dict[str, Any] = {}
    with gr.Tabs(elem_id="source") as made["tabs"]:
        with gr.Tab("Digits", id="example") as made["example"]:
            gr.HTML(_thumbnails(), elem_id="examples", apply_default_css=False)
        with gr.Tab("MNIST", id="mnist") as made["mnist"]:
            present = has_mnist("test")
            with gr.Column(visible=not present) as made["absent"]:
                gr.Markdown("The 10,000 MNIST test digits are not on this computer yet.")
                made["get"] = gr.Button("Get the MNIST test digits", elem_id="get-mnist")
            with gr.Column(visible=present) as made["present"]:
                made["index"] = gr.Slider(
                    0,
                    MNIST_COUNT - 1,
                    0,
                    step=1,
                    label="Test digit",
                    interactive=True,
                    elem_id="mnist-index",
                )
                made["random"] = gr.Button("A random digit", size="sm", elem_id="mnist-random")
        with gr.Tab("Draw", id="drawing", elem_id="source-draw") as made["drawing"]:
            gr.Markdown("Draw on the **clean** panel, with a finger, a pen or the mouse.")
            made["centre drawing"] = gr.Checkbox(
                True,
                label="Centre like MNIST",
                info="Off: see what a digit out of place does to networks that never saw one",
                elem_id="centre-drawing",
            )
        with gr.Tab("Upload", id="upload") as made["upload"]:
            made["file"] = gr.UploadButton(
                "Upload a picture of a digit", file_types=["image"], elem_id="upload-file"
            )
            made["invert"] = gr.Radio(
                list(INVERT),
                value="Automatic",
                label="Dark ink on light paper: invert",
                elem_id="upload-invert",
            )
            made["centre upload"] = gr.Checkbox(
                True, label="Centre like MNIST", elem_id="centre-upload"
            )
    return made


def _connect_sources(sources: dict[str, Any], stage: gr.HTML) -> None:
    """Send each way to choose a picture to the stage."""
    index, upload = sources["index"], [sources["file"], sources["invert"], sources["centre upload"]]
    show_mnist_digit = "(index) => { window.laboratory?.showMnist(index); }"
    sources["example"].select(fn=None, js="() => { window.laboratory?.showExample(); }")
    sources["mnist"].select(fn=None, inputs=index, js=show_mnist_digit)
    sources["drawing"].select(fn=None, js="() => { window.laboratory?.showPad(); }")
    sources["random"].click(
        fn=None, outputs=index, js=f"() => Math.floor(Math.random() * {MNIST_COUNT})"
    ).then(fn=None, inputs=index, js=show_mnist_digit)
    sources["get"].click(
        get_mnist, outputs=[sources["absent"], sources["present"]], api_visibility="private"
    ).then(fn=None, inputs=index, js=show_mnist_digit)
    sources["centre drawing"].input(
        fn=None,
        inputs=sources["centre drawing"],
        js="(centre) => { window.laboratory?.setCentre(centre); }",
    )
    sources["file"].upload(receive_upload, upload, stage, **PRIVATE)
    gr.on(
        [sources["invert"].input, sources["centre upload"].input, sources["upload"].select],
        receive_upload,
        upload,
        stage,
        **PRIVATE,
    )


def _thumbnails() -> str:
    """Return the built-in digits as buttons; the stage's script listens to them."""
    digits = load_examples()
    buttons = []
    for i, label in enumerate(digits.labels.tolist()):
        file = io.BytesIO()
        to_pil(digits.clean(slice(i, i + 1))).save(file, "PNG")
        picture = base64.b64encode(file.getvalue()).decode()
        buttons.append(
            f'<button type="button" data-example="{i}" aria-pressed="{str(i == 0).lower()}" '
            f'title="A built-in {label}"><img alt="digit {label}" '
            f'src="data:image/png;base64,{picture}"></button>'
        )
    return f'<div class="thumbnails">{"".join(buttons)}</div>'


def _preset_picture(preset: Preset) -> tuple[dict[str, Any], str, str]:
    """Return a preset's picture, the source tab that holds it, and the note to show."""
    name = f"MNIST {preset.split} image {preset.index}"
    try:
        if preset.split == "train":
            digit = load_mnist("train").clean(slice(preset.index, preset.index + 1))
            return pixels_source(digit), "upload", f"{name}. {preset.note}"
        mnist_test()
        source = {"kind": "mnist", "index": preset.index}
        return source, "mnist", f"{name}. {preset.note}"
    except DataError:
        index = load_examples().labels.tolist().index(preset.digit)
        source = {"kind": "example", "index": index}
        note = f"A built-in digit stands in for {name}, which is not on this computer."
        return source, "example", f"{preset.note} {note}"


def _friendly(function: Any, *arguments: Any, **options: Any) -> Any:
    """Call a function of ours; its ValueError becomes a message on the page."""
    try:
        return function(*arguments, **options)
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
