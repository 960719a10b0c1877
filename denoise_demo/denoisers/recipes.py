"""What each shipped weight file is and how it was trained."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from denoise_demo.common import lookup
from denoise_demo.corruption import DIGITS_MIX, FACES_MIX, POINTS, Corruption, Mixture

ARTICLES: dict[str, str] = {
    "S0": "Denoise with autoencoders (A. Amico, 2019)",
    "S1": "Image Denoising Using Auto Encoders",
    "S2": "Remove Noisy From Images Using Autoencoders",
    "S3": "Using Auto-Encoders to denoise domain specific images (2018)",
    "S4": "Autoencoders - remoção de ruídos (2020)",
    "Blind": "this laboratory's own, in no article",
}

SPREADING = ("psnr-spread", "psnr-mae-spread")  # losses that also train the expected error
KERAS_ADAM: Mapping[str, float] = {"lr": 0.001, "eps": 1e-7}


@dataclass(frozen=True)
class Recipe:
    """One trained network: its data, corruption, loss, optimiser and what it teaches.

    `point` is the evaluation point the recipe was made for. `fresh` says whether noise is drawn
    anew for every batch or once for the whole data set. `optimiser` is one of torch's, or our
    "Muon", beside which Adam learns what is no matrix. `schedule` is a key of SCHEDULES, for the
    learning rate. With `mirror` half of the images are mirrored. `precision` is that of the
    network's arithmetic in training, "float32" or "bfloat16"; weights, loss and the measuring stay
    in float32. `max_norm` limits the norm of the gradient. With `ema` the result is a moving
    average of the weights, that keeps this share of itself at every step. `adversarial` is the
    weight of a discriminator's verdict beside the loss; without one there is none. `validation` is
    the number of images at the end of the training set that validate, or below 1 their share.
    `patience` stops early, in epochs without a better validation loss.
    """

    id: str
    title: str
    article: str
    model: str
    corruption: Corruption | Mixture
    point: str
    loss: str
    epochs: int
    batch: int
    lesson: str
    domain: str = "digits"
    optimiser: str = "Adam"
    settings: Mapping[str, Any] = field(default_factory=lambda: KERAS_ADAM)
    steps: int | None = None
    fresh: bool = True
    mirror: bool = False
    schedule: str = "constant"
    precision: str = "float32"
    max_norm: float | None = None
    ema: float = 0.0
    adversarial: float = 0.0
    patience: int | None = None
    validation: float = 10_000
    glorot: bool = True
    seed: int = 0

    @property
    def label(self) -> str:
        """The article and the title."""
        return f"{self.article} · {self.title}"

    @property
    def clip(self) -> bool:
        """Whether the network expects its input limited to [0, 1]."""
        return self.corruption.clip

    @property
    def denoises(self) -> bool:
        """Whether the network returns an image; the classifier returns classes."""
        return self.loss != "cross-entropy"

    @property
    def spreads(self) -> bool:
        """Whether the network also says how far off it expects to be, value by value."""
        return self.loss in SPREADING


def get_recipe(recipe_id: object) -> Recipe:
    """Return the recipe; ValueError naming the known ones when there is none."""
    return lookup(RECIPES, recipe_id, "recipe")


def denoising_recipes(domain: str | None = None) -> dict[str, Recipe]:
    """Return the recipes of a domain, or of all, that return images."""
    return {
        key: recipe
        for key, recipe in RECIPES.items()
        if recipe.denoises and domain in (None, recipe.domain)
    }


def settings_of(recipe: Recipe) -> dict[str, Any]:
    """Return what decides a recipe's training, as JSON values; not its title and lesson."""
    plain = {key: value for key, value in vars(recipe).items() if key not in ("title", "lesson")}
    plain |= {"settings": dict(recipe.settings), "corruption": asdict(recipe.corruption)}
    settings: dict[str, Any] = json.loads(json.dumps(plain))
    return settings


def changed_settings(recipe: Recipe, recorded: Any) -> list[str]:
    """Return the names of the settings in which a recorded training differs from the recipe.

    What did not exist yet when it was recorded had its default.
    """
    ours = settings_of(recipe)
    if not isinstance(recorded, dict):
        return list(ours)
    known = {entry.name: entry.default for entry in fields(Recipe)} | recorded
    return [key for key, value in ours.items() if value != known[key]]


def _plain(units: int, lesson: str) -> Recipe:
    """Return a clean -> clean autoencoder of S2."""
    return Recipe(
        id=f"dense-{units}",
        title=f"Dense {units}, clean to clean",
        article="S2",
        model=f"dense-{units}",
        corruption=POINTS["clean"],
        point="clean",
        loss="mse",
        epochs=10,
        batch=32,
        lesson=lesson,
    )


def _dense_300(name: str, title: str, corruption: Corruption, point: str, lesson: str) -> Recipe:
    """Return one of the three trainings of S3."""
    return Recipe(
        id=f"dense-300-{name}",
        title=title,
        article="S3",
        model="dense-300",
        corruption=corruption,
        point=point,
        loss="mse",
        epochs=30,
        batch=64,
        optimiser="RMSprop",
        settings={"lr": 0.001},
        glorot=False,
        lesson=lesson,
    )


# Each network sees its noise at the article's strength, at its notebook's and around them.
_FACE_NOISES: dict[str, tuple[str, Corruption, str]] = {
    "gaussian": ("Gaussian", Corruption("gaussian", level=(0.05, 0.4)), "s4-gaussian"),
    "poisson": ("Poisson", Corruption("poisson", level=(16, 256)), "s4-poisson"),
    "salt-pepper": ("salt & pepper", Corruption("salt-pepper", level=(0.0, 0.3)), "s4-salt-pepper"),
    "speckle": ("speckle", Corruption("speckle", level=(0.2, 1.2)), "s4-speckle"),
}


def _strided_conv(noise: str, lesson: str) -> Recipe:
    """Return one of S4's four autoencoders."""
    name, corruption, point = _FACE_NOISES[noise]
    return Recipe(
        id=f"strided-conv-{noise}",
        title=f"Strided autoencoder, {name}",
        article="S4",
        model="strided-conv",
        domain="faces",
        corruption=corruption,
        point=point,
        loss="mse",
        epochs=25,
        batch=32,
        schedule="one-cycle",
        settings={"lr": 0.008, "eps": 1e-7},  # in the article constant, 0.001
        precision="bfloat16",
        max_norm=1.0,
        validation=0.1,
        lesson=lesson,
    )


def _pix2pix(noise: str, lesson: str) -> Recipe:
    """Return one of S4's four generators."""
    name, corruption, point = _FACE_NOISES[noise]
    return Recipe(
        id=f"pix2pix-{noise}",
        title=f"pix2pix, {name}",
        article="S4",
        model="pix2pix",
        domain="faces",
        corruption=corruption,
        point=point,
        loss="l1",
        adversarial=0.01,  # 1 to 100 for the L1 loss, as in the article
        epochs=40,  # ten in the article, at a constant rate of 0.0002
        batch=32,
        schedule="one-cycle",
        settings={"lr": 0.002, "betas": (0.5, 0.999)},
        precision="bfloat16",
        max_norm=1.0,
        validation=0.1,
        glorot=False,
        lesson=lesson,
    )


def _blind(domain: str, corruption: Mixture, lesson: str, **training: Any) -> Recipe:
    """Return the network of a domain that takes any noise."""
    return Recipe(
        id=f"blind-{domain}",
        title=f"Any noise, {domain}",
        article="Blind",
        model=f"blind-{domain}",
        domain=domain,
        corruption=corruption,
        point="blind",
        schedule="one-cycle",
        precision="bfloat16",
        max_norm=5.0,
        glorot=False,
        lesson=lesson,
        **training,
    )


_RECIPES = (
    _blind(
        "digits",
        DIGITS_MIX,
        "Nobody tells it which noise it is, nor how strong: it sees that for itself.",
        loss="psnr-spread",
        optimiser="Muon",
        settings={"lr": 0.004},
        epochs=36,
        batch=256,
        validation=2_000,  # of the final fit; designs were chosen on the last 10,000
    ),
    Recipe(
        id="conv-pool",
        title="Convolutional, pooled",
        article="S0",
        model="conv-pool",
        corruption=POINTS["s0-train"],
        point="s0-train",
        loss="bce",
        epochs=200,  # fifty in the article, at a constant rate of 0.003
        batch=256,
        steps=230,
        schedule="one-cycle",
        settings={"lr": 0.02, "eps": 1e-7},
        precision="bfloat16",
        max_norm=1.0,
        seed=1,  # some seeds start with dead channels
        lesson="Few parameters learn blur and heavy noise together, at the cost of fine detail: "
        "a clean digit comes back a little worse than it was.",
    ),
    Recipe(
        id="dense-64",
        title="Dense 64, one-sided noise",
        article="S1",
        model="dense-64",
        corruption=POINTS["s1"],
        point="s1",
        loss="bce",
        epochs=100,
        batch=512,
        fresh=False,
        seed=3,  # of four seeds the best on validation images
        patience=5,
        validation=12_000,
        lesson="Learns that the background is grey: it rescues the classifier from one-sided "
        "noise, and spoils a digit that has none.",
    ),
    _plain(
        1,
        "One number for a whole digit: hardly more than its amount of ink. A lone ReLU unit can "
        "die in training; with this seed it lives.",
    ),
    _plain(2, "Two numbers: digits fall into a few blurred families."),
    _plain(8, "Eight numbers: the digit is readable, the handwriting is lost."),
    _plain(32, "Thirty-two numbers keep the handwriting. It never saw noise, and copies some."),
    Recipe(
        id="dense-16",
        title="Dense 16, Gaussian noise",
        article="S2",
        model="dense-16",
        corruption=POINTS["s2"],
        point="s2",
        loss="mse",
        epochs=10,
        batch=32,
        fresh=False,
        seed=1,  # of four seeds the best on validation images
        lesson="A narrow code cannot store noise, so it removes it, and some of the digit too.",
    ),
    Recipe(
        id="conv-flat",
        title="Convolutional, flat",
        article="S2",
        model="conv-flat",
        corruption=POINTS["s2"],
        point="s2",
        loss="bce",
        epochs=30,  # ten in the article, on 60,000 images, at a constant rate of 0.001
        batch=32,
        schedule="one-cycle",
        settings={"lr": 0.02, "eps": 1e-7},
        precision="bfloat16",
        fresh=False,
        seed=1,
        lesson="No bottleneck at all, and the sharpest of the articles' digits: 3,217 parameters "
        "that look only at the neighbourhood of a pixel.",
    ),
    _dense_300(
        "clean",
        "Dense 300, clean to clean",
        POINTS["clean"],
        "clean",
        "Trained on clean digits only: it copies, and copies the noise as well.",
    ),
    _dense_300(
        "fixed",
        "Dense 300, one noise level",
        POINTS["s2"],
        "s2",
        "Trained at sigma 0.5 only: it expects that much, and does no better when there is less.",
    ),
    _dense_300(
        "random",
        "Dense 300, random noise level",
        POINTS["s3-random"],
        "s3-random",
        "Trained on every level from 0 to 1: no worse at sigma 0.5, and far better below.",
    ),
    Recipe(
        id="dense-300-published",
        title="Dense 300, as published",
        article="S3",
        model="dense-300-relu",
        corruption=POINTS["s3-random"],
        point="s3-random",
        loss="mse",
        epochs=30,
        batch=64,
        optimiser="RMSprop",
        settings={"lr": 0.01},
        glorot=False,
        lesson="The published code, kept for the contrast: a ReLU output and a learning rate of "
        "0.01 leave most output pixels dead, black for every image.",
    ),
    Recipe(
        id="mlp-classifier",
        title="Digit classifier",
        article="S1",
        model="mlp-classifier",
        corruption=POINTS["clean"],
        point="clean",
        loss="cross-entropy",
        epochs=5,
        batch=512,
        seed=1,  # of six seeds the best on validation images
        lesson="Reads clean digits well and collapses on noise it never saw.",
    ),
    _blind(
        "faces",
        FACES_MIX,
        "One network for every noise: it tells a speck from an eye, and light noise from heavy, by "
        "the picture alone.",
        loss="psnr-mae-spread",
        optimiser="Muon",
        settings={"lr": 0.004},
        epochs=180,
        batch=256,
        validation=0.1,
        mirror=True,
    ),
    _strided_conv(
        "gaussian",
        "A whole face in a hundred numbers: strong noise goes, and with it whatever made the face "
        "this person's.",
    ),
    _strided_conv(
        "poisson",
        "The noise of 256 photons is lighter than what a hundred numbers lose: doing nothing is "
        "better. Lower the peak, and the network wins.",
    ),
    _strided_conv(
        "salt-pepper",
        "It repaints every pixel to mend a few: with one value in 250 hit, doing nothing is far "
        "better.",
    ),
    _strided_conv(
        "speckle",
        "Speckle hits bright parts most; the network guesses a plausible face from the dark ones.",
    ),
    _pix2pix(
        "gaussian",
        "Skips carry the detail around the bottleneck, so it keeps the person.",
    ),
    _pix2pix(
        "poisson",
        "Its gate keeps what is nearly right, so that even light noise gets lighter.",
    ),
    _pix2pix(
        "salt-pepper",
        "Its gate stays shut except where a value is wrong: it mends those and leaves the rest.",
    ),
    _pix2pix(
        "speckle",
        "It takes brightness from dark neighbours, where speckle is weak.",
    ),
)
RECIPES: dict[str, Recipe] = {recipe.id: recipe for recipe in _RECIPES}
