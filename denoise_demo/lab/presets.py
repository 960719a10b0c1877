"""Presets: all controls of the laboratory, set for a scene or as in an article's figure."""

from dataclasses import dataclass

from denoise_demo.corruption import POINTS, Corruption
from denoise_demo.denoisers import get_recipe


@dataclass(frozen=True)
class Preset:
    """A scene, or an article's figure: the corruption, the denoiser and the picture.

    `split` and `index` choose the MNIST image; `digit` is its label, so that a built-in digit of
    the same class can replace it. A network for faces gets a portrait instead.
    """

    label: str
    corruption: Corruption
    denoiser: str
    note: str
    index: int = 0
    digit: int = 7
    split: str = "test"
    portrait: int = 0

    @property
    def domain(self) -> str:
        """The domain of its network."""
        return get_recipe(self.denoiser).domain


_BLIND = {
    "blind-lost": Preset(
        label="Blind · where digits get lost",
        corruption=POINTS["s0-level-5"],
        denoiser="blind-digits",
        index=3,
        digit=0,
        note="The last step of S0's rising noise. Where many digits could lie beneath, the best "
        "guess is a blur of them all: Expected error shows where the network is unsure.",
    ),
    "blind-grey": Preset(
        label="Blind · the same network on a grey background",
        corruption=Corruption("one-sided-uniform", level=0.9, clip=False),
        denoiser="blind-digits",
        note="S1's noise without clipping at white. The network does not know which noise it is.",
    ),
    "blind-clean": Preset(
        label="Blind · nothing to clean",
        corruption=POINTS["clean"],
        denoiser="blind-digits",
        note="There is no noise, and the network returns the digit almost unchanged.",
    ),
    "blind-face": Preset(
        label="Blind · a face under Gaussian noise",
        corruption=Corruption("gaussian", level=0.32, clip=False),
        denoiser="blind-faces",
        note="The network knows neither that the noise is Gaussian nor its level.",
    ),
    "blind-specks": Preset(
        label="Blind · a few specks on a face",
        corruption=Corruption("salt-pepper", level=0.03, clip=False),
        denoiser="blind-faces",
        portrait=1,
        note="The same network on salt & pepper: it mends the specks and leaves the rest alone.",
    ),
}
_RISING_NOTE = (
    "The article labels this level r = {label:g}, but its code adds uniform noise of ±{true:g}."
)
_RISING = {
    f"s0-rising-{i}": Preset(
        label=f"S0 · rising noise, step {i} of 5",
        corruption=POINTS[f"s0-level-{i}"],
        denoiser="conv-pool",
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
        denoiser=f"dense-{units}",
        note="No noise here: this network was trained to copy clean digits through its code.",
    )
    for units in (1, 2, 8, 32)
}
_NOTHING_IS_BETTER = (
    "This noise is so light that a code of 100 numbers loses more than the noise takes away: doing "
    "nothing is better."
)
# words, corruption, note on the strided autoencoder, note on pix2pix
_FACE_NOISES: dict[str, tuple[str, Corruption, str, str]] = {
    "gaussian": (
        "Gaussian noise",
        Corruption("gaussian", level=0.32),  # the slider's nearest to the square root of 0.1
        "Noise of variance 0.1. The code of 100 numbers holds no noise, and little detail either.",
        "Noise of variance 0.1 through a U-Net, whose shortcuts carry detail past the bottleneck.",
    ),
    "poisson": (
        "Poisson noise",
        POINTS["s4-poisson"],
        f"256 photons at white. {_NOTHING_IS_BETTER}",
        "256 photons at white. The gate keeps what is nearly right, and even this light noise gets "
        "lighter.",
    ),
    "salt-pepper": (
        "salt & pepper",
        POINTS["s4-salt-pepper"],
        f"Four values in a thousand are hit. {_NOTHING_IS_BETTER}",
        "Four values in a thousand are hit: the network mends those and leaves the rest alone.",
    ),
    "speckle": (
        "speckle",
        POINTS["s4-speckle"],
        "Light skin suffers most, shadows least. The text calls this noise uniform; its code draws "
        "it from a normal distribution.",
        "Light skin suffers most, shadows least. Compare the strided autoencoder on this noise.",
    ),
}
_STRIDED = {
    f"s4-strided-{noise}": Preset(
        label=f"S4 · a face under {words}, strided",
        corruption=corruption,
        denoiser=f"strided-conv-{noise}",
        note=note,
    )
    for noise, (words, corruption, note, _) in _FACE_NOISES.items()
}
_PIX2PIX = {
    f"s4-pix2pix-{noise}": Preset(
        label=f"S4 · a face under {words}, pix2pix",
        corruption=corruption,
        denoiser=f"pix2pix-{noise}",
        note=note,
    )
    for noise, (words, corruption, _, note) in _FACE_NOISES.items()
}

PRESETS: dict[str, Preset] = {
    **_BLIND,
    "s0-blur-noise": Preset(
        label="S0 · blur, then noise",
        corruption=Corruption("uniform", level=1.0, blur_sigma=1.0, clip=False),
        denoiser="conv-pool",
        split="train",
        index=1,
        digit=0,
        note="The article's first figure: blur sigma 1, then uniform noise of ±1, never clipped.",
    ),
    **_RISING,
    "s0-digits": Preset(
        label="S0 · different digits",
        corruption=POINTS["s0-digits"],
        denoiser="conv-pool",
        note="Blur sigma 1 and uniform noise of ±0.8. Try other digits at the same level.",
    ),
    "s1-one-sided": Preset(
        label="S1 · one-sided noise and the classifier",
        corruption=POINTS["s1"],
        denoiser="dense-64",
        note="Noise that only brightens, up to 0.9. The classifier fails on it and recovers after "
        "denoising. Set the noise to none, and this network makes things worse.",
    ),
    **_UNITS,
    "s2-dense": Preset(
        label="S2 · Gaussian noise, dense 16",
        corruption=POINTS["s2"],
        denoiser="dense-16",
        note="Gaussian noise of sigma 0.5 through sixteen numbers.",
    ),
    "s2-conv": Preset(
        label="S2 · Gaussian noise, convolutional",
        corruption=POINTS["s2"],
        denoiser="conv-flat",
        note="The same noise through a convolutional network without a bottleneck.",
    ),
    "s3-fixed": Preset(
        label="S3 · trained on one level",
        corruption=POINTS["s2"],
        denoiser="dense-300-fixed",
        note="Trained at exactly this level. Lower the noise: it hardly gets better.",
    ),
    "s3-random": Preset(
        label="S3 · trained on every level",
        corruption=POINTS["s2"],
        denoiser="dense-300-random",
        note="Trained on levels from 0 to 1. Lower the noise, and it follows.",
    ),
    "s3-published": Preset(
        label="S3 · as published, with dead outputs",
        corruption=POINTS["s2"],
        denoiser="dense-300-published",
        note="The article's own output layer and learning rate: most pixels are dead.",
    ),
    **_STRIDED,
    **_PIX2PIX,
    "s4-notebook-gaussian": Preset(
        label="S4 · a face under the notebook's Gaussian noise",
        corruption=POINTS["s4-gaussian-notebook"],
        denoiser="strided-conv-gaussian",
        portrait=1,
        note="The notebook's variance is 0.01; the article's text says 0.1. On most faces the "
        "network wins in so much noise; on a face unlike its training faces it may lose.",
    ),
    "s4-notebook-salt-pepper": Preset(
        label="S4 · a face under the notebook's salt & pepper",
        corruption=POINTS["s4-salt-pepper-notebook"],
        denoiser="strided-conv-salt-pepper",
        portrait=1,
        note="The notebook hits three values in a hundred; the article's text four in a thousand. "
        "The PSNR, which counts large errors most, gains; the mean absolute error loses.",
    ),
}
