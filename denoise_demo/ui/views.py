"""The views of the laboratory: a view is a folder in panels/ and an entry here."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from gradio.blocks import Block

from denoise_demo.ui.panels.bottleneck.bottleneck import build_bottleneck
from denoise_demo.ui.panels.compare.compare import build_compare
from denoise_demo.ui.panels.curves.curves import build_curves
from denoise_demo.ui.panels.matrix.matrix import build_matrix
from denoise_demo.ui.panels.photos.photos import build_photos
from denoise_demo.ui.panels.stage.stage import build_stage


@dataclass(frozen=True)
class ViewSpec:
    """A way to look at the laboratory's picture.

    `build` gets the recipes that cannot be used and returns, by name, the controls that a link
    sets. It must not return a gr.HTML: one that is updated before it is shown loses its props.
    `lead` is what to do there; the stage has the page's own. `parameters` are the keys of CHOICES
    that a link to this view has.
    """

    label: str
    build: Callable[[Collection[str]], dict[str, Block]]
    lead: str
    parameters: tuple[str, ...] = ()


VIEWS: dict[str, ViewSpec] = {
    "stage": ViewSpec(
        "Stage",
        build_stage,
        "",
        ("expected",),
    ),
    "compare": ViewSpec(
        "Compare",
        build_compare,
        "**Drag the noise level up** and compare all denoisers on the same picture.",
        ("sort", "pinned"),
    ),
    "curves": ViewSpec(
        "Curves",
        build_curves,
        "**Choose a noise and drag its level** along the curves: where does each denoiser fail?",
        ("score", "lines"),
    ),
    "matrix": ViewSpec(
        "Matrix",
        build_matrix,
        "**Read along a row**, one denoiser under many noises: it removes the noise it was trained "
        "on and often makes other pictures worse. Click a cell to see an example.",
        ("cells",),
    ),
    "codes": ViewSpec(
        "Bottleneck",
        build_bottleneck,
        "**Choose a network and change its code**, the few numbers from which it reconstructs the "
        "digit.",
        ("network", "code"),
    ),
    "photos": ViewSpec(
        "Photos",
        build_photos,
        "**Drag the window**, or open a photo of yours.",
        ("photo", "cleaner", "already", "strength"),
    ),
}
