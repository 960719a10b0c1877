"""All controls of the laboratory at once, set as one article's figure has them."""

from dataclasses import dataclass

from denoise_demo.noise import Corruption
from denoise_demo.recipes import POINTS


@dataclass(frozen=True)
class Preset:
    """One article's figure: the corruption, the network and the picture.

    `split` and `index` name the MNIST image; `digit` is its label, so that a built-in digit of
    the same class can stand in for it.
    """

    label: str
    corruption: Corruption
    recipe: str
    note: str
    index: int = 0
    digit: int = 7
    split: str = "test"


_RISING_NOTE = (
    "The article labels this level r = {label:g}, but its code adds uniform noise of ±{true:g}."
)
_RISING = {
    f"s0-rising-{i}": Preset(
        label=f"S0 · rising noise, step {i} of 5",
        corruption=POINTS[f"s0-level-{i}"],
        recipe="conv-pool",
        index=3,
        digit=0,
        note=(_RISING_NOTE.format(label=0.2 * i, true=0.4 * i) if i else "No noise at all yet.")
        + (" That is outside the ±1.5 it trained on." if i > 3 else ""),
    )
    for i in range(6)
}
_UNITS = {
    f"s2-units-{units}": Preset(
        label=f"S2 · a digit through {units} unit{'s' if units > 1 else ''}",
        corruption=POINTS["clean"],
        recipe=f"dense-{units}",
        note="No noise here: this network was trained to copy clean digits through its code.",
    )
    for units in (1, 2, 8, 32)
}

PRESETS: dict[str, Preset] = {
    "s0-blur-noise": Preset(
        label="S0 · blur, then noise",
        corruption=Corruption("uniform", level=1.0, blur_sigma=1.0, clip=False),
        recipe="conv-pool",
        split="train",
        index=1,
        digit=0,
        note="The article's first figure: blur sigma 1, then uniform noise of ±1, never clipped.",
    ),
    **_RISING,
    "s0-digits": Preset(
        label="S0 · different digits",
        corruption=POINTS["s0-digits"],
        recipe="conv-pool",
        note="Blur sigma 1 and uniform noise of ±0.8. Try other digits at the same level.",
    ),
    "s1-one-sided": Preset(
        label="S1 · one-sided noise and the classifier",
        corruption=POINTS["s1"],
        recipe="dense-64",
        note="Noise that only brightens, up to 0.9. The classifier fails on it and recovers after "
        "denoising. Set the noise to none, and this network makes things worse.",
    ),
    **_UNITS,
    "s2-dense": Preset(
        label="S2 · Gaussian noise, dense 16",
        corruption=POINTS["s2"],
        recipe="dense-16",
        note="Gaussian noise of sigma 0.5 through sixteen numbers.",
    ),
    "s2-conv": Preset(
        label="S2 · Gaussian noise, convolutional",
        corruption=POINTS["s2"],
        recipe="conv-flat",
        note="The same noise through a convolutional network without a bottleneck.",
    ),
    "s3-fixed": Preset(
        label="S3 · trained on one level",
        corruption=POINTS["s2"],
        recipe="dense-300-fixed",
        note="Trained at exactly this level. Lower the noise: it hardly gets better.",
    ),
    "s3-random": Preset(
        label="S3 · trained on every level",
        corruption=POINTS["s2"],
        recipe="dense-300-random",
        note="Trained on levels from 0 to 1. Lower the noise, and it follows.",
    ),
    "s3-published": Preset(
        label="S3 · as published, with dead outputs",
        corruption=POINTS["s2"],
        recipe="dense-300-published",
        note="The article's own output layer and learning rate: most pixels are dead.",
    ),
}
