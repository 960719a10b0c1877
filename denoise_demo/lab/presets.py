"""Presets: all controls of the laboratory, set for a scene or as in an article's figure."""

from dataclasses import dataclass
from typing import cast

from denoise_demo.common import once
from denoise_demo.corruption import POINTS, Corruption
from denoise_demo.data import DataError, load_examples, load_mnist
from denoise_demo.denoisers import get_recipe
from denoise_demo.lab.settings import Settings
from denoise_demo.lab.sources import COLLECTIONS, pixels_source


@dataclass(frozen=True)
class Preset:
    """A scene, or an article's figure: the corruption, the denoiser and the picture.

    `split` and `index` choose the MNIST image; `digit` is its label, so that a built-in digit of
    the same class can replace it. A network for faces gets a portrait instead, and so does one for
    digits if the picture is `foreign` to it. `expected` shows the expected error.
    """

    label: str
    corruption: Corruption
    denoiser: str
    note: str
    index: int = 0
    digit: int = 7
    split: str = "test"
    portrait: int = 0
    foreign: bool = False
    expected: bool = False

    @property
    def domain(self) -> str:
        """The domain of its picture."""
        return "faces" if self.foreign else get_recipe(self.denoiser).domain

    @property
    def settings(self) -> Settings:
        """Its settings, with the noise of seed 0."""
        level, blur_sigma = self.corruption.level, self.corruption.blur_sigma
        numbers = cast("float", level), cast("float", blur_sigma)
        return Settings(self.corruption.kind, *numbers, self.denoiser, 0)


def preset_picture(preset: Preset) -> tuple[dict[str, str | int], str]:
    """Return a preset's picture as a source, and a sentence that names it.

    A built-in digit replaces one of MNIST's that is not on this computer.
    """
    if preset.domain == "faces":
        return {"kind": "portrait", "index": preset.portrait}, ""
    name = f"MNIST {preset.split} image {preset.index}, a {preset.digit}"
    try:
        if preset.split == "train":
            return _train_digit(preset.index), f"This is {name}."
        COLLECTIONS["mnist"].load()
        return {"kind": "mnist", "index": preset.index}, f"This is {name}."
    except DataError:
        index = load_examples().labels.tolist().index(preset.digit)
        words = f"A built-in digit stands in for {name}, which is not on this computer."
        return {"kind": "example", "index": index}, words


@once
def _train_digit(index: int) -> dict[str, str | int]:
    """Read one of MNIST's training digits, once."""
    return pixels_source(load_mnist("train").clean(slice(index, index + 1)))


_BLIND = {
    "blind-lost": Preset(
        label="Our network · the strongest noise",
        corruption=POINTS["s0-level-5"],
        denoiser="blind-digits",
        index=3,
        digit=0,
        expected=True,
        note="The last step of article 1's rising noise. Many digits could explain this picture: "
        "the network returns a blurred average of them. Expected error shows where it is unsure.",
    ),
    "blind-grey": Preset(
        label="Our network · the same network on a grey background",
        corruption=Corruption("one-sided-uniform", level=0.9, clip=False),
        denoiser="blind-digits",
        note="Article 2's noise, not clipped at white. The network is not told which noise it is.",
    ),
    "blind-invented": Preset(
        label="Our network · a face becomes a digit",
        corruption=Corruption("gaussian", level=0.3, clip=False),
        denoiser="blind-digits",
        foreign=True,
        expected=True,
        note="The network has seen nothing but digits, so it finds one in a face. It invents what "
        "is not there, sharp and plausible. Its expected error is the witness: four times what it "
        "is for a digit under the same noise.",
    ),
    "blind-clean": Preset(
        label="Our network · a digit without noise",
        corruption=POINTS["clean"],
        denoiser="blind-digits",
        note="There is no noise, and the network returns the digit almost unchanged.",
    ),
    "blind-face": Preset(
        label="Our network · a face under Gaussian noise",
        corruption=Corruption("gaussian", level=0.32, clip=False),
        denoiser="blind-faces",
        note="The network knows neither that the noise is Gaussian nor its level.",
    ),
    "blind-specks": Preset(
        label="Our network · a few specks on a face",
        corruption=Corruption("salt-pepper", level=0.03, clip=False),
        denoiser="blind-faces",
        portrait=1,
        note="The same network under salt & pepper noise: it repairs the specks and leaves the "
        "other pixels unchanged.",
    ),
}
_RISING_NOTE = (
    "The article labels this level r = {label:g}, but its code adds uniform noise of ±{true:g}."
)
_RISING = {
    f"s0-rising-{i}": Preset(
        label=f"Article 1 · rising noise, step {i} of 5",
        corruption=POINTS[f"s0-level-{i}"],
        denoiser="conv-pool",
        index=3,
        digit=0,
        note=(_RISING_NOTE.format(label=0.2 * i, true=0.4 * i) if i else "Step 0 has no noise.")
        + (" The network was trained on at most ±1.5." if i > 3 else ""),
    )
    for i in range(6)
}
_UNITS = {
    f"s2-units-{units}": Preset(
        label=f"Article 3 · a digit as a code of {units} number{'s' if units > 1 else ''}",
        corruption=POINTS["clean"],
        denoiser=f"dense-{units}",
        note="There is no noise: this network was trained to reconstruct clean digits from a code "
        "that is much smaller than the picture.",
    )
    for units in (1, 2, 8, 32)
}
_NOTHING_IS_BETTER = (
    "This noise is so light that a code of 100 numbers loses more detail than the noise destroys: "
    "the noisy picture is better than the denoised one."
)
# words, corruption, note on the strided autoencoder, note on pix2pix
_FACE_NOISES: dict[str, tuple[str, Corruption, str, str]] = {
    "gaussian": (
        "Gaussian noise",
        Corruption("gaussian", level=0.32),  # the slider's nearest to the square root of 0.1
        "Noise of variance 0.1. A code of 100 numbers cannot store the noise, nor much detail.",
        "Noise of variance 0.1. The skip connections of this U-Net carry detail past the "
        "bottleneck.",
    ),
    "poisson": (
        "Poisson noise",
        POINTS["s4-poisson"],
        f"256 photons at white. {_NOTHING_IS_BETTER}",
        "256 photons at white. The output gate keeps values that are nearly correct, so the "
        "network reduces even this light noise.",
    ),
    "salt-pepper": (
        "salt & pepper",
        POINTS["s4-salt-pepper"],
        f"Four values in a thousand are set to 0 or 1. {_NOTHING_IS_BETTER}",
        "Four values in a thousand are set to 0 or 1. The network repairs those and leaves the "
        "others unchanged.",
    ),
    "speckle": (
        "speckle",
        POINTS["s4-speckle"],
        "Bright areas get the most noise, dark ones the least. The article's text calls this noise "
        "uniform; its code draws it from a normal distribution.",
        "Bright areas get the most noise, dark ones the least. Compare with the strided "
        "autoencoder under the same noise.",
    ),
}
_STRIDED = {
    f"s4-strided-{noise}": Preset(
        label=f"Article 5 · a face under {words}, autoencoder",
        corruption=corruption,
        denoiser=f"strided-conv-{noise}",
        note=note,
    )
    for noise, (words, corruption, note, _) in _FACE_NOISES.items()
}
_PIX2PIX = {
    f"s4-pix2pix-{noise}": Preset(
        label=f"Article 5 · a face under {words}, pix2pix",
        corruption=corruption,
        denoiser=f"pix2pix-{noise}",
        note=note,
    )
    for noise, (words, corruption, _, note) in _FACE_NOISES.items()
}

PRESETS: dict[str, Preset] = {
    **_BLIND,
    "s0-blur-noise": Preset(
        label="Article 1 · blur, then noise",
        corruption=Corruption("uniform", level=1.0, blur_sigma=1.0, clip=False),
        denoiser="conv-pool",
        split="train",
        index=1,
        digit=0,
        note="The article's first figure: blur sigma 1, then uniform noise of ±1, not clipped.",
    ),
    **_RISING,
    "s0-digits": Preset(
        label="Article 1 · different digits",
        corruption=POINTS["s0-digits"],
        denoiser="conv-pool",
        note="Blur sigma 1 and uniform noise of ±0.8. Try other digits at the same level.",
    ),
    "s1-one-sided": Preset(
        label="Article 2 · one-sided noise and the classifier",
        corruption=POINTS["s1"],
        denoiser="dense-64",
        note="This noise only brightens pixels, by up to 0.9. The classifier often misreads noisy "
        "digits, but reads most denoised ones correctly. Set the noise to none: now the network "
        "damages the digit.",
    ),
    **_UNITS,
    "s2-dense": Preset(
        label="Article 3 · Gaussian noise, dense 16",
        corruption=POINTS["s2"],
        denoiser="dense-16",
        note="Gaussian noise of sigma 0.5. The network reconstructs the digit from a code of 16 "
        "numbers.",
    ),
    "s2-conv": Preset(
        label="Article 3 · Gaussian noise, convolutional",
        corruption=POINTS["s2"],
        denoiser="conv-flat",
        note="Gaussian noise of sigma 0.5. This convolutional network has no bottleneck.",
    ),
    "s3-fixed": Preset(
        label="Article 4 · trained on one level",
        corruption=POINTS["s2"],
        denoiser="dense-300-fixed",
        note="Trained at exactly this level. Lower the noise: the result hardly improves.",
    ),
    "s3-random": Preset(
        label="Article 4 · trained on every level",
        corruption=POINTS["s2"],
        denoiser="dense-300-random",
        note="Trained on levels from 0 to 1. Lower the noise: the result improves.",
    ),
    "s3-published": Preset(
        label="Article 4 · as published, with dead outputs",
        corruption=POINTS["s2"],
        denoiser="dense-300-published",
        note="The article's own output layer and learning rate: most output pixels are dead, which "
        "means black for every input.",
    ),
    **_STRIDED,
    **_PIX2PIX,
    "s4-notebook-gaussian": Preset(
        label="Article 5 · a face under the notebook's Gaussian noise",
        corruption=POINTS["s4-gaussian-notebook"],
        denoiser="strided-conv-gaussian",
        portrait=1,
        note="The notebook's variance is 0.01; the article's text says 0.1. Most faces are better "
        "denoised than noisy; a face unlike those in the training data may be worse.",
    ),
    "s4-notebook-salt-pepper": Preset(
        label="Article 5 · a face under the notebook's salt & pepper",
        corruption=POINTS["s4-salt-pepper-notebook"],
        denoiser="strided-conv-salt-pepper",
        portrait=1,
        note="The notebook sets three values in a hundred to 0 or 1; the article's text says four "
        "in a thousand. Denoising improves the PSNR, in which large errors weigh most, but worsens "
        "the mean absolute error.",
    ),
}

# The scenes offered first, with their short titles: each shows another thing that can happen.
SCENES: dict[str, str] = {
    "s0-rising-3": "Classic",
    "blind-lost": "Too noisy",
    "blind-face": "Face",
    "s2-units-2": "2 units",
    "s3-published": "Dead",
    "blind-invented": "Made up",
}
